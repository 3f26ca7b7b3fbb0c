"""TaxBill 电子税单: what customs bill for a released declaration (CEB816), and where the bill stands (CEB818).

The bill is customs' figure and stays as it came: where it differs from ours a person is told, nothing is adopted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, ForeignKey, Numeric, ScalarSelect, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.alerts import Severity, raise_alert
from wms.audit import UNAUDITED
from wms.customs.effects import KNOWN, TAKEN, Desk, Effect
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.tax_bill import TaxBill as BillElement
from wms.customs.messages.ceb.tax_bill import TaxBillMessage, TaxBillStatusMessage
from wms.customs.retail_declaration import RetailDeclaration, RetailDeclarationLine
from wms.db import Base
from wms.i18n import N_, say

_YUAN = Numeric(19, 5)
#: 已生成: every bill begins so.
MADE: Final = "1"
DIFFERS = N_(
    "Tax bill {number} of declaration {list_no} differs from our own reckoning: billed {billed} CNY, ours {ours} CNY. "
    "Ask customs; nothing was adopted."
)
CONFLICT = N_("Tax bill {number} came again with other amounts; the first stays.")


class TaxBill(Base):
    """电子税单: three taxes of one declaration as billed."""

    __tablename__ = "tax_bill"
    __table_args__ = ({"comment": "Tax bills of released declarations as customs made them (CEB816)"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    number: Mapped[str] = mapped_column(String(50), unique=True, comment="number of the bill (taxNo)")
    list_no: Mapped[str] = mapped_column(String(18), index=True, comment="declaration it bills (invtNo)")
    customs_tax: Mapped[Decimal] = mapped_column(_YUAN, comment="duty as billed, CNY")
    vat: Mapped[Decimal] = mapped_column(_YUAN, comment="value-added tax as billed, CNY")
    consumption_tax: Mapped[Decimal] = mapped_column(_YUAN, comment="consumption tax as billed, CNY")
    billed_at: Mapped[datetime] = mapped_column(comment="returnTime of the bill")
    first_status: Mapped[str] = mapped_column(String(1), comment="status it was made with")
    status: Mapped[str] = mapped_column(
        String(1), comment="newest status by customs' clock: 1 made, 2 gathered, 3 void"
    )
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbox_message.id"), comment="message it came in; none for one of the history"
    )


class TaxBillStatus(Base):
    """税单状态: one status of a bill as received; the bill itself may come later."""

    __tablename__ = "tax_bill_status"
    __table_args__ = ({"comment": "Statuses of tax bills as received (CEB818)", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    number: Mapped[str] = mapped_column(String(50), index=True, comment="number of the bill (taxNo)")
    list_no: Mapped[str] = mapped_column(String(18), comment="declaration it bills (invtNo)")
    status: Mapped[str] = mapped_column(String(1), comment="1 made, 2 gathered, 3 void")
    returned_at: Mapped[datetime] = mapped_column(comment="returnTime, by customs' clock")
    payment_book_no: Mapped[str] = mapped_column(
        String(50), comment="payment book it was gathered into (entDutyNo); empty if none"
    )


@dataclass(frozen=True, kw_only=True)
class TaxSums:
    """Three taxes of one declaration, CNY."""

    customs_tax: Decimal
    vat: Decimal
    consumption_tax: Decimal

    @property
    def total(self) -> Decimal:
        """All three."""
        return self.customs_tax + self.vat + self.consumption_tax


def taxes_of(declaration: RetailDeclaration) -> TaxSums:
    """Our own taxes of a declaration."""
    lines = declaration.lines
    return TaxSums(
        customs_tax=sum((line.customs_tax for line in lines), Decimal(0)),
        vat=sum((line.vat for line in lines), Decimal(0)),
        consumption_tax=sum((line.consumption_tax for line in lines), Decimal(0)),
    )


def billed(bill: TaxBill) -> TaxSums:
    """The taxes of a bill."""
    return TaxSums(customs_tax=bill.customs_tax, vat=bill.vat, consumption_tax=bill.consumption_tax)


def agrees(bill: TaxBill, declaration: RetailDeclaration) -> bool:
    """Whether each of the three taxes is ours to the fen."""
    return billed(bill) == taxes_of(declaration)


def differs() -> ColumnElement[bool]:
    """The opposite of `agrees`, for a query of bills with their declarations; a bill of no declaration differs too."""
    own = select(RetailDeclarationLine).where(RetailDeclarationLine.declaration_id == RetailDeclaration.id)

    def ours(name: str) -> ScalarSelect[Decimal]:
        total = func.coalesce(func.sum(getattr(RetailDeclarationLine, name)), Decimal(0))
        return own.with_only_columns(total).correlate(RetailDeclaration).scalar_subquery()

    taxes = ("customs_tax", "vat", "consumption_tax")
    return or_(RetailDeclaration.id.is_(None), *(getattr(TaxBill, name) != ours(name) for name in taxes))


def bills_by_list(session: Session, list_nos: Iterable[str]) -> dict[str, TaxBill]:
    """The bill of each declaration; of several the newest by customs' clock."""
    query = select(TaxBill).where(TaxBill.list_no.in_(sorted(list_nos)))
    return {bill.list_no: bill for bill in session.scalars(query.order_by(TaxBill.billed_at, TaxBill.id))}


def take_bills(session: Session, body: TaxBillMessage, /, *, desk: Desk) -> Effect:
    """CEB816: keep each bill once, and tell a person where it differs from our taxes."""
    _take_turns(session)
    fresh = [bill for bill in body.documents if _keep(session, bill, desk=desk)]
    session.flush()
    _settle(session, [bill.head.tax_no for bill in fresh])
    compare(session, [bill.head.list_no for bill in fresh], desk=desk)
    return _effect([bill.head.list_no for bill in body.documents], is_new=bool(fresh))


def take_statuses(session: Session, body: TaxBillStatusMessage, /, *, desk: Desk) -> Effect:
    """CEB818: keep each status; the newest by customs' clock counts, whatever came first."""
    _take_turns(session)
    heads = [each.head for each in body.documents]
    query = select(TaxBillStatus).where(TaxBillStatus.number.in_([head.tax_no for head in heads]))
    known = {(each.number, each.status, each.returned_at) for each in session.scalars(query)}
    fresh = [head for head in heads if (head.tax_no, head.status, head.returned_at) not in known]
    session.add_all(
        TaxBillStatus(
            message_id=desk.message_id,
            number=head.tax_no,
            list_no=head.list_no,
            status=head.status,
            returned_at=head.returned_at,
            payment_book_no=head.payment_book_no or "",
        )
        for head in fresh
    )
    session.flush()
    _settle(session, [head.tax_no for head in fresh])
    return _effect([head.list_no for head in heads], is_new=bool(fresh))


def _take_turns(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tax.bills"))))


def _effect(list_nos: Sequence[str], *, is_new: bool) -> Effect:
    return Effect(
        outcome=Outcome.ACCEPTED if is_new else Outcome.REPEATED,
        said=say(TAKEN if is_new else KNOWN),
        document_number=list_nos[0] if len(list_nos) == 1 else "",
    )


def _keep(session: Session, element: BillElement, *, desk: Desk) -> bool:
    head = element.head
    known = session.scalars(select(TaxBill).where(TaxBill.number == head.tax_no)).one_or_none()
    sums = TaxSums(customs_tax=head.customs_tax, vat=head.vat, consumption_tax=head.consumption_tax)
    if known is not None:
        if billed(known) != sums:
            _warn(session, "tax.conflict", head.tax_no, CONFLICT, {"number": head.tax_no}, at=desk.at)
        return False
    session.add(
        TaxBill(
            number=head.tax_no,
            list_no=head.list_no,
            customs_tax=sums.customs_tax,
            vat=sums.vat,
            consumption_tax=sums.consumption_tax,
            billed_at=head.returned_at,
            first_status=head.status,
            status=head.status,
            message_id=desk.message_id,
        )
    )
    session.flush()
    return True


def _settle(session: Session, numbers: Iterable[str]) -> None:
    """Give each bill its newest status by customs' clock."""
    bills = session.scalars(select(TaxBill).where(TaxBill.number.in_(sorted(numbers))))
    statuses = session.scalars(select(TaxBillStatus).where(TaxBillStatus.number.in_(sorted(numbers)))).all()
    for bill in bills:
        said = [(bill.billed_at, bill.first_status)]
        said += [(each.returned_at, each.status) for each in statuses if each.number == bill.number]
        bill.status = max(said)[1]


def compare(session: Session, list_nos: Sequence[str], *, desk: Desk) -> None:
    """Tell a person of each bill of these declarations that differs from our taxes."""
    bills = bills_by_list(session, list_nos) if list_nos else {}
    if not bills:
        return
    query = select(RetailDeclaration).where(
        RetailDeclaration.list_no.in_(list_nos), RetailDeclaration.list_no != ""
    )
    for declaration in session.scalars(query):
        bill = bills.get(declaration.list_no)
        if bill is not None and not agrees(bill, declaration):
            facts = {
                "number": bill.number,
                "list_no": bill.list_no,
                "billed": billed(bill).total.normalize(),
                "ours": taxes_of(declaration).total,
            }
            _warn(session, "tax.differs", bill.number, DIFFERS, facts, at=desk.at)


def _warn(
    session: Session, kind: str, subject: str, sentence: str, facts: Mapping[str, object], *, at: datetime
) -> None:
    said = say(sentence, **facts)
    raise_alert(session, kind=kind, subject=subject, sentence=said, severity=Severity.WARNING, at=at)


PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {
    TaxBillMessage: take_bills,
    TaxBillStatusMessage: take_statuses,
}
