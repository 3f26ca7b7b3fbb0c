"""Papers of bonded trade as records, handed to their procedures one after another, the law proven after each."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.makers import NOON
from wms.customs.effects import Desk, Effect
from wms.customs.intake import PROCEDURES
from wms.customs.messages.jg2.bonded_list import (
    BondedListBooked,
    BondedListDraft,
    BondedListHead,
    BondedListLine,
    BondedListRecord,
    BondedListReview,
    DeclarationMade,
    DeclarationResult,
)
from wms.customs.messages.jg2.business_filing import (
    BusinessFilingDraft,
    BusinessFilingReview,
    FilingRecord,
    FilingRecordLine,
)
from wms.customs.messages.jg2.gate_pass import (
    GatePassDraft,
    GatePassHead,
    GatePassLine,
    GatePassPassage,
    GatePassRecord,
    GatePassReview,
)
from wms.customs.messages.jg2.receipt import ApprovalResult
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.messages.jg2.stock_bill import SlipRecord, SlipRecordLine, StockBillDraft, StockBillReview
from wms.ledger.book import AccountBook
from wms.ledger.queries import BookRow, book_rows
from wms.ledger.verify import verify

BOOK = "T8899W000001"
FIRM: dict[str, Any] = {"operator_code": "9999W00001", "operator_name": "测试企业1"}
_PEOPLE = {
    "declarant_code": "9999W00001", "declarant_name": "测试企业1", "consignee_code": "9999W00001",
    "consignee_name": "测试企业1", "entered_by_code": "9999W00001", "entered_by_name": "测试企业1",
}  # fmt: skip


@dataclass(kw_only=True)
class Papers:
    """Hands papers in; each is a minute later than the one before, and the ledgers are proven after each."""

    session: Session
    at: datetime = NOON
    rules: CustomsRules = field(default_factory=CustomsRules.load)
    _numbers: Any = field(default_factory=lambda: count(1))

    def hand_in(self, body: object) -> Effect:
        self.at += timedelta(minutes=1)
        desk = Desk(settings=Settings.load({}), rules=self.rules, by_id=1, at=self.at)
        effect = PROCEDURES[type(body)](self.session, body, desk=desk)
        self.session.flush()
        assert verify(self.session) == []
        return effect

    def result(self, pre_entry_no: str, number: str, code: str) -> ApprovalResult:
        decided_at = self.at + timedelta(minutes=1)
        return ApprovalResult(
            pre_entry_no=pre_entry_no, document_no=number, result=code, decided_at=decided_at
        )

    def declare(self, side: str, quantity: int, *, answer: str = "0", **head: Any) -> str:
        """A list of tea, answered by the client; gives the number its receipts are joined by."""
        number = next(self._numbers)
        inner, pre_entry = f"OWN{number}", f"{number:018}"
        values = {"book_no": BOOK, "supervision_mode": "1210", "country_code": "125", "list_type": "0"} | head
        draft = BondedListDraft(
            head=BondedListHead(
                inner_no=inner, direction=side, material_mark="I", transport_mode="4", port_customs_code="8899",
                customs_code="8899", declaration_flag=values.pop("declaration_flag", "2"),
                **{**FIRM, **_PEOPLE}, **values,
            ),
            lines=(self._line(quantity),),
        )  # fmt: skip
        self.hand_in(draft)
        self.hand_in(ClientResponse(pre_entry_no=pre_entry, inner_no=inner, deal_flag=answer))
        return pre_entry

    def _line(self, quantity: int) -> BondedListLine:
        return BondedListLine(
            line_no=1, hs10="0902409000", item_no="NP-TEA-001", name="茶", specification="250克/盒",
            legal_unit="035", legal_quantity=Decimal(quantity) / 4, unit="140", quantity=Decimal(quantity),
            currency="142", price=Decimal(10), total=Decimal(10) * quantity, origin="125", destination="142",
            levy_mode="1", change_mark="3",
        )  # fmt: skip

    def review(self, pre_entry: str, number: str, code: str = "4", **record: str) -> Effect:
        """INV201; with `record` it carries the list's declaration too."""
        kept = BondedListRecord(list_no=number, **record) if record else None
        return self.hand_in(BondedListReview(result=self.result(pre_entry, number, code), bonded_list=kept))

    def book(self, number: str, **record: str) -> Effect:
        """INV211."""
        booked = BondedListRecord(list_no=number, booked_at=self.at + timedelta(minutes=1), **record)
        return self.hand_in(BondedListBooked(bonded_list=booked))

    def draft_declaration(self, pre_entry: str, number: str, code: str = "1") -> Effect:
        """INV202."""
        made = DeclarationResult(
            pre_entry_no=pre_entry, list_no=number, declaration_pre_entry_no="I" + pre_entry[1:], result=code,
            made_at=self.at + timedelta(minutes=1),
        )  # fmt: skip
        return self.hand_in(DeclarationMade(result=made))

    def drive(
        self,
        side: str,
        number: str,
        *documents: str,
        plate: str = "藏A00001",
        is_passed: bool = True,
        carries: int = 0,
        list_line: int = 1,
        gross_kg: Decimal | None = None,
    ) -> str:
        """A vehicle with an approved pass; and through the gate. Gives the number its receipts are joined by.

        `carries` so many boxes of one list that rides on several vehicles; else its documents whole.
        """
        serial = next(self._numbers)
        inner, pre_entry = f"PASS{serial}", f"{serial:018}"
        bind_type = "3" if carries else "1" if len(documents) > 1 else "2"
        head = GatePassHead(
            inner_no=inner, related_type="1", related_nos_text="\\".join(documents), declaration_type="1",
            direction=side, pass_type="1", bind_type=bind_type, customs_code="8899",
            vehicle_no=plate, vehicle_kg=Decimal(3000), total_kg=Decimal(3100), contact="某人",
            gross_kg=gross_kg, declarant_code="9999W00001", declarant_name="测试企业1", entered_by_code="9999W00001",
            entered_by_name="测试企业1", **FIRM,
        )  # fmt: skip
        goods = GatePassLine(
            line_no=1, list_line_no=list_line, item_no="NP-TEA-001", hs10="0902409000", name="茶", unit="140",
            quantity=Decimal(carries),
        )  # fmt: skip
        self.hand_in(GatePassDraft(head=head, lines=(goods,) if carries else ()))
        self.hand_in(ClientResponse(pre_entry_no=pre_entry, inner_no=inner, deal_flag="0"))
        self.review_pass(pre_entry, number)
        if is_passed:
            self.pass_gate(pre_entry, number)
        return pre_entry

    def review_pass(self, pre_entry: str, number: str, code: str = "1", **record: str) -> Effect:
        """SAS221; with `record` it carries the pass as customs holds it."""
        kept = GatePassRecord(pass_no=number, **record) if record else None
        return self.hand_in(GatePassReview(result=self.result(pre_entry, number, code), gate_pass=kept))

    def pass_gate(self, pre_entry: str, number: str) -> Effect:
        """SAS223."""
        return self.hand_in(GatePassPassage(result=self.result(pre_entry, number, "1")))

    def file_business(
        self, quantity: int, *, valid_until: date | None = None, business_type: str = "A"
    ) -> str:
        """SAS101 for tea, approved by SAS201."""
        record = FilingRecord(
            pre_entry_no="F1",
            business_type=business_type,
            book_no=BOOK,
            guarantee_no="G1",
            valid_until=valid_until,
        )
        line = FilingRecordLine(line_no=1, book_line_no=1, name="茶", quantity=Decimal(quantity), unit="140")
        self.hand_in(BusinessFilingDraft(filing=record, lines=(line,)))
        self.hand_in(BusinessFilingReview(result=self.result("F1", "SF1", "1")))
        return "SF1"

    def bill(self, filing: str, number: str, quantity: int, *, code: str = "1", **record: Any) -> None:
        """SAS111 for tea, reviewed by SAS211."""
        values = {"direction": "E", "business_type": "A"} | record
        slip = SlipRecord(pre_entry_no=f"P{number}", filing_no=filing, **values)
        line = SlipRecordLine(line_no=1, item_no="NP-TEA-001", unit="140", quantity=Decimal(quantity))
        self.hand_in(StockBillDraft(slip=slip, lines=(line,)))
        self.hand_in(StockBillReview(result=self.result(f"P{number}", number, code)))

    def returned(self, pre_entry_no: str) -> StockBillReview:
        """SAS211: customs gives a bill back."""
        return StockBillReview(result=self.result(pre_entry_no, pre_entry_no[1:], "3"))

    def tea(self, *, book: str = BOOK) -> BookRow:
        """The book's figures of tea."""

        found = self.session.query(AccountBook).filter_by(number=book).one()
        return next(row for row in book_rows(self.session, book_id=found.id) if row.item_no == "NP-TEA-001")
