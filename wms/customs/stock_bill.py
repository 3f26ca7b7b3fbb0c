"""StockBill 出入库单 under a business filing 业务申报表: goods go out at once, and are declared together later.

Collective declaration 分送集报 (business type A): a filing is approved once; each bill under it promises when it is
declared, its goods leave on a pass of type 4, and at the end of the term one list of type 1 names the filing and
gathers every bill that has left. Only that list books. Display under guarantee (type C) is the shop's business.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.customs.guarantee import restore, use
from wms.customs.messages.jg2.business_filing import BusinessFilingDraft
from wms.customs.messages.jg2.receipt import ApprovalResult
from wms.customs.messages.jg2.stock_bill import SlipRecordLine, StockBillDraft
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookItem, Document, DocumentKind, Side
from wms.ledger.operations import Operation, Promise, Withdraw
from wms.ledger.posting import apply
from wms.registry.products import find_product
from wms.registry.units import stock_quantity

#: businessTypecd of collective declaration, and manageResult of SAS201 and SAS211 (customs.md 2.7).
COLLECTIVE: Final = "A"
PASSED, RETURNED = "1", "3"


class PaperState(StrEnum):
    """Where a filing or a bill stands, by receipts; a bill is GATHERED once a collective list has booked it."""

    DECLARED = "DECLARED"
    APPROVED = "APPROVED"
    RETURNED = "RETURNED"
    PARKED = "PARKED"
    GATHERED = "GATHERED"


class FilingNotInForce(Refusal):
    """A bill stands under an approved filing that has not run out."""

    message = N_("Stock bill {number}: business filing {filing} is not in force ({state}, until {until}).")
    status = 422


class OtherBusiness(Refusal):
    """Only collective declaration is done here."""

    message = N_(
        "Business filing {number} is of type {kind}; only collective declaration (A) is handled here."
    )
    status = 422


class BeyondFiling(Refusal):
    """The filing grants so much of an item and no more."""

    message = N_("Stock bill {number}: {wanted} of {item}, but the filing leaves {left}.")
    status = 422


class BillLineUnknown(Refusal):
    """A line that names no item of the book."""

    message = N_("Stock bill {number} line {line}: item {item} is in no line of book {book}.")
    status = 422


class BusinessFiling(Base):
    """业务申报表: permission in advance for one kind of business."""

    __tablename__ = "business_filing"
    __table_args__ = ({"comment": "Business filings (业务申报表), permission in advance"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    pre_entry_no: Mapped[str] = mapped_column(String(64), unique=True, comment="number it was declared under")
    number: Mapped[str] = mapped_column(
        String(64), index=True, comment="number given by customs; empty before it"
    )
    business_type: Mapped[str] = mapped_column(String(1), comment="businessTypecd: A collective declaration")
    book_id: Mapped[int] = mapped_column(ForeignKey("account_book.id"), comment="book inside the zone")
    guarantee_no: Mapped[str] = mapped_column(String(64), comment="guarantee letter; empty if none")
    valid_until: Mapped[date | None] = mapped_column(comment="last day it is good for")
    state: Mapped[PaperState] = mapped_column(words(PaperState), comment="where it stands, by receipts")
    declared_at: Mapped[datetime] = mapped_column(comment="when it was handed in")

    lines: Mapped[list["FilingLine"]] = relationship(order_by="FilingLine.line_no", lazy="selectin")


class FilingLine(Base):
    """How much of a book line a filing grants; declared units."""

    __tablename__ = "filing_line"
    __table_args__ = (UniqueConstraint("filing_id", "line_no"), {"comment": "Goods a business filing grants"})

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    filing_id: Mapped[int] = mapped_column(ForeignKey("business_filing.id"), comment="its filing")
    line_no: Mapped[int] = mapped_column(comment="line number on the filing")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line")
    quantity: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="granted, declared units")


class StockBill(Base):
    """出入库单: one movement out under a filing."""

    __tablename__ = "stock_bill"
    __table_args__ = ({"comment": "Stock bills (出入库单) under business filings"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    pre_entry_no: Mapped[str] = mapped_column(String(64), unique=True, comment="number it was declared under")
    number: Mapped[str] = mapped_column(
        String(64), index=True, comment="number given by customs; empty before it"
    )
    filing_id: Mapped[int] = mapped_column(ForeignKey("business_filing.id"), index=True, comment="its filing")
    side: Mapped[Side] = mapped_column(words(Side), comment="OUT of the zone, or back IN")
    state: Mapped[PaperState] = mapped_column(words(PaperState), comment="where it stands, by receipts")
    declared_at: Mapped[datetime] = mapped_column(comment="when it was handed in")
    guaranteed: Mapped[Decimal | None] = mapped_column(
        Numeric(25, 5), comment="guarantee it asks for (levyBlAmt), CNY; none if it names no amount"
    )
    related_no: Mapped[str] = mapped_column(
        String(64), default="", comment="bill whose goods it brings back (rltSasStockNo); empty if none"
    )
    gathered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("bonded_list.id"), comment="collective list that took it into the book"
    )

    filing: Mapped[BusinessFiling] = relationship(lazy="joined")
    lines: Mapped[list["StockBillLine"]] = relationship(order_by="StockBillLine.line_no", lazy="selectin")


class StockBillLine(Base):
    """Goods of a stock bill."""

    __tablename__ = "stock_bill_line"
    __table_args__ = (UniqueConstraint("bill_id", "line_no"), {"comment": "Goods of stock bills"})

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    bill_id: Mapped[int] = mapped_column(ForeignKey("stock_bill.id"), comment="its bill")
    line_no: Mapped[int] = mapped_column(comment="line number on the bill")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    quantity: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="declared quantity")
    stock_quantity: Mapped[int] = mapped_column(comment="the same in stock units")


def bill_line(bill: StockBill, line_no: int) -> Document:
    """A line of a bill as the ledger names it: by the number it was declared under, known from the first day."""
    return Document(kind=DocumentKind.STOCK_BILL, number=bill.pre_entry_no, line=line_no)


def file_business(session: Session, draft: BusinessFilingDraft, *, at: datetime) -> BusinessFiling:
    """Take in a filing as declared; the same one again gives the one that is here. Raises OtherBusiness."""
    record = draft.filing
    known = session.scalars(
        select(BusinessFiling).where(BusinessFiling.pre_entry_no == record.pre_entry_no)
    ).one_or_none()
    if known is not None:
        return known
    if record.business_type != COLLECTIVE:
        raise OtherBusiness(number=record.pre_entry_no, kind=record.business_type or "—")
    book = session.scalars(select(AccountBook).where(AccountBook.number == record.book_no)).one_or_none()
    items = {} if book is None else {item.line_no: item for item in _items(session, book)}
    lines = []
    for line in draft.lines:
        item = items.get(line.book_line_no or 0)
        if item is None:
            raise BillLineUnknown(
                number=record.pre_entry_no, line=line.line_no, item=line.name, book=record.book_no
            )
        lines.append(
            FilingLine(line_no=line.line_no or 0, book_item_id=item.id, quantity=line.quantity or Decimal(0))
        )
    if book is None:
        raise BillLineUnknown(number=record.pre_entry_no, line=0, item="—", book=record.book_no)
    made = BusinessFiling(
        pre_entry_no=record.pre_entry_no,
        number=record.filing_no,
        business_type=record.business_type,
        book_id=book.id,
        guarantee_no=record.guarantee_no,
        valid_until=record.valid_until,
        state=PaperState.DECLARED,
        declared_at=at,
        lines=lines,
    )
    session.add(made)
    session.flush()
    return made


def _items(session: Session, book: AccountBook) -> list[BookItem]:
    return list(session.scalars(select(BookItem).where(BookItem.book_id == book.id)))


def review_filing(session: Session, result: ApprovalResult) -> BusinessFiling | None:
    """SAS201; none when the filing is not here yet."""
    found = session.scalars(
        select(BusinessFiling).where(BusinessFiling.pre_entry_no == result.pre_entry_no).with_for_update()
    ).one_or_none()
    if found is not None:
        found.number = found.number or result.document_no
        found.state = _reviewed(result)
    return found


def _reviewed(result: ApprovalResult) -> PaperState:
    states = {PASSED: PaperState.APPROVED, RETURNED: PaperState.RETURNED}
    return states.get(result.result, PaperState.PARKED)


def declare_bill(session: Session, draft: StockBillDraft, *, day: date, at: datetime) -> StockBill:
    """Take in a bill: its filing must be in force on `day` and leave enough; its goods are promised (预减) at once.

    What it names of guarantee is used of the filing's letter. Raises FilingNotInForce, BillLineUnknown, BeyondFiling,
    NoGuarantee, GuaranteeUsedUp, and NotEnoughInBook of the ledger.
    """
    record = draft.slip
    known = find_bill(session, record.pre_entry_no, lock=True)
    if known is not None:
        return known
    filing = session.scalars(
        select(BusinessFiling).where(BusinessFiling.number == record.filing_no).with_for_update()
    ).one_or_none()
    is_late = filing is not None and filing.valid_until is not None and filing.valid_until < day
    if filing is None or filing.state is not PaperState.APPROVED or is_late:
        raise FilingNotInForce(
            number=record.pre_entry_no,
            filing=record.filing_no or "—",
            state="—" if filing is None else filing.state,
            until="—" if filing is None else filing.valid_until or "—",
        )
    side = Side.OUT if record.direction == "E" else Side.IN
    made = StockBill(
        pre_entry_no=record.pre_entry_no,
        number=record.slip_no,
        filing_id=filing.id,
        side=side,
        state=PaperState.DECLARED,
        declared_at=at,
        guaranteed=record.guarantee_base,
        related_no=record.related_slip_no,
        lines=[_bill_line(session, filing, side, record.pre_entry_no, line) for line in draft.lines],
    )
    _check_grant(session, filing, made)
    session.add(made)
    session.flush()
    if made.side is Side.OUT:
        if made.guaranteed:
            use(
                session,
                letter=filing.guarantee_no,
                bill_no=made.pre_entry_no,
                amount=made.guaranteed,
                day=day,
                at=at,
            )
        apply(session, _promises(made), occurred_at=at)
    return made


def _bill_line(
    session: Session, filing: BusinessFiling, side: Side, number: str, line: SlipRecordLine
) -> StockBillLine:
    query = select(BookItem).where(BookItem.book_id == filing.book_id, BookItem.item_no == line.item_no)
    item = session.scalars(query).one_or_none()
    product = find_product(session, item_no=line.item_no)
    if item is None or product is None or not line.quantity:
        book = session.get_one(AccountBook, filing.book_id)
        raise BillLineUnknown(number=number, line=line.line_no, item=line.item_no, book=book.number)
    item.check_open(side)
    return StockBillLine(
        line_no=line.line_no or 0,
        book_item_id=item.id,
        item_no=line.item_no,
        quantity=line.quantity,
        stock_quantity=stock_quantity(line.quantity, product.factors),
    )


def _check_grant(session: Session, filing: BusinessFiling, bill: StockBill) -> None:
    """What all bills of a filing take may not exceed what it grants, item by item."""
    granted: dict[int, Decimal] = {}
    for line in filing.lines:
        granted[line.book_item_id] = granted.get(line.book_item_id, Decimal(0)) + line.quantity
    rows = session.execute(
        select(StockBillLine.book_item_id, StockBillLine.quantity)
        .join(StockBill, StockBill.id == StockBillLine.bill_id)
        .where(
            StockBill.filing_id == filing.id,
            StockBill.state != PaperState.RETURNED,
            StockBill.side == Side.OUT,
        )
    )
    for item_id, quantity in rows:
        granted[item_id] = granted.get(item_id, Decimal(0)) - quantity
    for wanted in bill.lines:
        left = granted.get(wanted.book_item_id, Decimal(0))
        if wanted.quantity > left:
            raise BeyondFiling(
                number=bill.pre_entry_no,
                wanted=wanted.quantity.normalize(),
                item=wanted.item_no,
                left=left.normalize(),
            )
        granted[wanted.book_item_id] = left - wanted.quantity


def _promises(bill: StockBill) -> list[Operation]:
    return [
        Promise(
            book_item_id=line.book_item_id,
            side=Side.OUT,
            quantity=line.stock_quantity,
            document=bill_line(bill, line.line_no),
        )
        for line in bill.lines
    ]


def find_bill(session: Session, pre_entry_no: str, *, lock: bool = False) -> StockBill | None:
    """The bill declared under this number."""
    query = select(StockBill).where(StockBill.pre_entry_no == pre_entry_no)
    return session.scalars(query.with_for_update(of=StockBill) if lock else query).one_or_none()


def find_bill_by_number(session: Session, number: str) -> StockBill | None:
    """The bill with customs' number."""
    return session.scalars(
        select(StockBill).where(StockBill.number == number, StockBill.number != "")
    ).one_or_none()


def review_bill(session: Session, result: ApprovalResult, *, at: datetime) -> StockBill | None:
    """SAS211: a returned bill takes back its promise; none when the bill is not here yet."""
    bill = find_bill(session, result.pre_entry_no, lock=True)
    if bill is None:
        return None
    bill.number = bill.number or result.document_no
    was, now = bill.state, _reviewed(result)
    if was in (PaperState.GATHERED, now):
        return bill
    bill.state = now
    if now is PaperState.APPROVED and bill.side is Side.IN:
        _restore_of(session, bill, at=at)
    if now is PaperState.RETURNED and bill.side is Side.OUT:
        session.flush()
        restore(session, bill_no=bill.pre_entry_no, at=at)
        withdrawals: list[Operation] = [
            Withdraw(side=Side.OUT, document=bill_line(bill, line.line_no), if_open=True)
            for line in bill.lines
        ]
        apply(session, withdrawals, occurred_at=at)
    return bill


def _restore_of(session: Session, bill: StockBill, *, at: datetime) -> None:
    """Goods came back: so much of what their bill used is free again, as it says or by the pieces that came."""
    out = find_bill_by_number(session, bill.related_no) if bill.related_no else None
    if out is None or not out.guaranteed:
        return
    pieces = Fraction(
        sum(line.stock_quantity for line in bill.lines), sum(line.stock_quantity for line in out.lines)
    )
    share = Fraction(bill.guaranteed) / Fraction(out.guaranteed) if bill.guaranteed else pieces
    restore(session, bill_no=out.pre_entry_no, share=min(Fraction(1), share), at=at)


def to_gather(session: Session, filing_no: str) -> list[StockBill]:
    """Bills of a filing that went out and are in no collective list yet, oldest first; locked."""
    query = (
        select(StockBill)
        .join(BusinessFiling, BusinessFiling.id == StockBill.filing_id)
        .where(
            BusinessFiling.number == filing_no,
            StockBill.side == Side.OUT,
            StockBill.state == PaperState.APPROVED,
            StockBill.gathered_by_id.is_(None),
        )
        .order_by(StockBill.id)
        .with_for_update(of=StockBill)
    )
    return list(session.scalars(query))
