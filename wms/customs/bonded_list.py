"""BondedList 核注清单: the document that enters or leaves the account book.

Declared (INV101) → answered by the client (its pre-entry number) → reviewed by customs (INV201) → booked
(INV211, or the receipt the site's settings name). States come from receipts only. Receipts join by the pre-entry
number, which the client's answer maps to our own number.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from config.customs_rules import Review, Reviews, Trade
from wms.customs.messages.jg2.bonded_list import BondedListDraft
from wms.customs.messages.jg2.bonded_list import BondedListLine as DraftLine
from wms.customs.trade import Counterpart, Course, counterpart_of, course_of
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookItem, Document, DocumentKind, Side
from wms.ledger.opening import add_item
from wms.ledger.operations import Operation, Promise, Withdraw
from wms.ledger.posting import apply
from wms.registry.products import Product, find_product
from wms.registry.units import Factors, stock_quantity


class ListState(StrEnum):
    """Where a list stands; every change comes from a receipt."""

    DECLARED = "DECLARED"
    REFUSED = "REFUSED"
    PRE_BOOKED = "PRE_BOOKED"
    APPROVED = "APPROVED"
    PARKED = "PARKED"
    RETURNED = "RETURNED"
    BOOKED = "BOOKED"


class UnknownBook(Refusal):
    """The list names a book that was never opened here."""

    message = N_("List {number} names account book {book}, which is not kept here.")
    status = 422


class NumberTaken(Refusal):
    """Our own number was used before for other content."""

    message = N_("Number {number} was already used for another document.")


class LineDoesNotFit(Refusal):
    """A list line that disagrees with its book line."""

    message = N_("List {number} line {line}: {field} is {found}, the book says {wanted}.")
    status = 422


class ItemNotFiled(Refusal):
    """A list line with an item nobody filed."""

    message = N_("List {number} line {line}: item {item} is not on file. File the product first.")
    status = 422


class BondedList(Base):
    """核注清单, from draft to booked."""

    __tablename__ = "bonded_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    inner_no: Mapped[str] = mapped_column(String(64), unique=True, comment="our own number (EtpsInnerInvtNo)")
    pre_entry_no: Mapped[str] = mapped_column(
        String(18), index=True, comment="number given by the client's answer; empty before it"
    )
    list_no: Mapped[str] = mapped_column(
        String(64), index=True, comment="number given by customs; empty before it"
    )
    book_id: Mapped[int] = mapped_column(ForeignKey("account_book.id"), comment="the account book")
    side: Mapped[Side] = mapped_column(words(Side), comment="IN or OUT of the book")
    list_type: Mapped[str] = mapped_column(String(1), comment="0 ordinary, 8 retail exit … (bondInvtTypecd)")
    supervision_mode: Mapped[str] = mapped_column(String(4), comment="e.g. 1210")
    needs_declaration: Mapped[bool] = mapped_column(
        comment="a customs declaration goes with it (dclcusFlag 1)"
    )
    state: Mapped[ListState] = mapped_column(words(ListState), comment="where it stands, by receipts")
    counterpart: Mapped[Counterpart] = mapped_column(
        words(Counterpart), comment="where the goods come from or go to: abroad, home or another zone"
    )
    course: Mapped[Course] = mapped_column(
        words(Course), comment="how the goods move and when customs books them, by the list's type"
    )
    related_list_no: Mapped[str] = mapped_column(
        String(64), index=True, comment="list of the other side (rltInvtNo); empty if none"
    )
    related_book_no: Mapped[str] = mapped_column(
        String(64), comment="book of the other side (rltPutrecNo); empty if none"
    )
    filing_no: Mapped[str] = mapped_column(
        String(64), index=True, comment="business filing a collective list gathers (applyNo); empty if none"
    )
    declared_at: Mapped[datetime] = mapped_column(comment="when it was handed in")
    reviewed_at: Mapped[datetime | None] = mapped_column(comment="customs' review")
    booked_at: Mapped[datetime | None] = mapped_column(comment="customs' booking")
    inspection_asked: Mapped[bool] = mapped_column(
        default=False, comment="customs' last review asks for an inspection and none since lets the goods go"
    )
    remark: Mapped[str] = mapped_column(String(1000), comment="what customs or the client said last")

    lines: Mapped[list["BondedListLine"]] = relationship(order_by="BondedListLine.line_no", lazy="selectin")
    retail: Mapped[list["ListedDeclaration"]] = relationship(order_by="ListedDeclaration.id", lazy="selectin")
    book: Mapped[AccountBook] = relationship(lazy="joined")

    @property
    def promises_itself(self) -> bool:
        """An exit list whose goods nobody promised before: it promises when it is declared."""
        return self.side is Side.OUT and self.course in (Course.ORDINARY, Course.INSIDE_ZONE)

    @property
    def promise_number(self) -> str:
        """What its promises are written under: our own number before customs gives one."""
        return self.inner_no if self.promises_itself else self.list_no


class BondedListLine(Base):
    """One line of goods; quantities as declared, and in stock units once and for all."""

    __tablename__ = "bonded_list_line"
    __table_args__ = (UniqueConstraint("list_id", "line_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("bonded_list.id"), comment="its list")
    line_no: Mapped[int] = mapped_column(comment="line number on the list")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line it names")
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), comment="the filed product")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    unit: Mapped[str] = mapped_column(String(3), comment="declared unit code")
    quantity: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="declared quantity")
    stock_quantity: Mapped[int] = mapped_column(comment="the same in stock units")
    price: Mapped[Decimal] = mapped_column(Numeric(25, 5), comment="declared unit price, in the currency")
    total: Mapped[Decimal] = mapped_column(Numeric(25, 5), comment="declared total, in the currency")
    currency: Mapped[str] = mapped_column(String(3), comment="currency code, three digits")

    def stock_units(self, part: Decimal) -> int:
        """A part of this line's declared quantity in stock units; refuses what does not divide."""
        return stock_quantity(
            part, Factors(declared=Fraction(self.quantity) / self.stock_quantity, first=Fraction(1))
        )


class ListedDeclaration(Base):
    """A released retail declaration that an exit list of type 8 gathers."""

    __tablename__ = "listed_declaration"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("bonded_list.id"), comment="the exit list")
    retail_no: Mapped[str] = mapped_column(
        String(18), index=True, comment="number of the declaration (invtNo)"
    )


def line_of(list_no: str, line_no: int) -> Document:
    """A list line as the ledger names it."""
    return Document(kind=DocumentKind.BONDED_LIST, number=list_no, line=line_no)


def declare(session: Session, draft: BondedListDraft, *, trade: Trade, at: datetime) -> BondedList:
    """Take in a list as declared; handing in the same list again gives the one that is here.

    An exit list that nobody promised for promises now (预减); NotEnoughInBook refuses it.

    Raises UnknownBook, ItemNotFiled, LineDoesNotFit, NumberTaken, BookLineStopped and UnitsDoNotDivide.
    """
    head = draft.head
    known = find_by_inner_no(session, head.inner_no)
    if known is not None:
        if [(each.line_no, each.quantity) for each in known.lines] != [
            (each.line_no, each.quantity) for each in draft.lines
        ]:
            raise NumberTaken(number=head.inner_no)
        return known
    book = session.scalars(select(AccountBook).where(AccountBook.number == head.book_no)).one_or_none()
    if book is None:
        raise UnknownBook(number=head.inner_no, book=head.book_no)
    side = Side.IN if head.direction == "I" else Side.OUT
    made = BondedList(
        inner_no=head.inner_no,
        pre_entry_no="",
        list_no=head.list_no,
        book_id=book.id,
        side=side,
        counterpart=counterpart_of(country=head.country_code, related_book=head.related_book_no, trade=trade),
        course=course_of(list_type=head.list_type, side=side, trade=trade),
        related_list_no=head.related_list_no,
        related_book_no=head.related_book_no,
        filing_no=head.filing_no,
        list_type=head.list_type,
        supervision_mode=head.supervision_mode,
        needs_declaration=head.declaration_flag == "1",
        state=ListState.DECLARED,
        declared_at=at,
        remark="",
        lines=[_line(session, book, side, head.inner_no, line) for line in draft.lines],
        retail=[ListedDeclaration(retail_no=number) for number in draft.retail_list_nos],
    )
    session.add(made)
    session.flush()
    if made.promises_itself:
        _promise(session, made, at=at)
    return made


def _line(session: Session, book: AccountBook, side: Side, number: str, line: DraftLine) -> BondedListLine:
    product = find_product(session, item_no=line.item_no)
    if product is None:
        raise ItemNotFiled(number=number, line=line.line_no, item=line.item_no)
    item = _book_item(session, book, line, product)
    item.check_open(side)
    for field, found, wanted in (
        ("DclUnitcd", line.unit, item.unit),
        ("Gdecd", line.hs10, item.hs10),
        ("Natcd", line.origin, item.origin),
    ):
        if found != wanted:
            raise LineDoesNotFit(number=number, line=line.line_no, field=field, found=found, wanted=wanted)
    return BondedListLine(
        line_no=line.line_no,
        book_item_id=item.id,
        product_id=product.id,
        item_no=line.item_no,
        unit=line.unit,
        quantity=line.quantity,
        stock_quantity=stock_quantity(line.quantity, product.factors),
        price=line.price,
        total=line.total,
        currency=line.currency,
    )


def _book_item(session: Session, book: AccountBook, line: DraftLine, product: Product) -> BookItem:
    """The book line of an item; in a logistics book lines come into being with the lists that bring them."""
    items = select(BookItem).where(BookItem.book_id == book.id)
    found = session.scalars(items.where(BookItem.item_no == line.item_no)).one_or_none()
    if found is not None:
        return found
    last = session.scalars(items.order_by(BookItem.line_no.desc()).limit(1)).one_or_none()
    return add_item(
        session,
        BookItem(
            book_id=book.id,
            line_no=line.book_line_no or (last.line_no + 1 if last else 1),
            item_no=line.item_no,
            hs10=line.hs10,
            name=line.name,
            origin=line.origin,
            unit=product.unit,
            unit1=product.unit1,
            unit2=product.unit2 or "",
            execution_mark="1",
        ),
    )


def find_by_inner_no(session: Session, inner_no: str) -> BondedList | None:
    """The list with our own number, locked for the change a message brings."""
    query = select(BondedList).where(BondedList.inner_no == inner_no)
    return session.scalars(query.with_for_update(of=BondedList)).one_or_none()


def find_by_pre_entry_no(session: Session, pre_entry_no: str) -> BondedList | None:
    """The list with the client's number, locked."""
    query = select(BondedList).where(BondedList.pre_entry_no == pre_entry_no, BondedList.pre_entry_no != "")
    return session.scalars(query.with_for_update(of=BondedList)).one_or_none()


def find_by_list_no(session: Session, list_no: str, *, lock: bool = False) -> BondedList | None:
    """The list with customs' number."""
    query = select(BondedList).where(BondedList.list_no == list_no, BondedList.list_no != "")
    return session.scalars(query.with_for_update(of=BondedList) if lock else query).one_or_none()


def answered(
    session: Session, bonded: BondedList, *, pre_entry_no: str, is_good: bool, text: str, at: datetime
) -> None:
    """The client's answer: its number for the list, or why the list was not taken; what it promised is taken back."""
    bonded.remark = text[:1000]
    if is_good:
        bonded.pre_entry_no = pre_entry_no
    elif bonded.state is ListState.DECLARED:
        bonded.state = ListState.REFUSED
        if bonded.promises_itself:
            _withdraw(session, bonded, at=at)


def review(
    session: Session,
    bonded: BondedList,
    *,
    list_no: str,
    result: str,
    text: str,
    decided_at: datetime,
    rules: Reviews,
) -> Review | None:
    """Customs' review. None means: nobody here knows this result, the list is parked for a person.

    Pre-booking promises (预增) once; a return takes back what is still promised. A later receipt never undoes a
    booking.
    """
    bonded.list_no = bonded.list_no or list_no
    bonded.remark = text[:1000]
    decision = (rules.inbound if bonded.side is Side.IN else rules.outbound).get(result)
    is_older = bonded.reviewed_at is not None and decided_at < bonded.reviewed_at
    if not is_older:
        bonded.inspection_asked = asks_inspection(decision, before=bonded.inspection_asked)
    if bonded.state is ListState.BOOKED or is_older:
        return decision
    bonded.reviewed_at = decided_at
    was, bonded.state = bonded.state, _after(bonded.state, decision)
    if bonded.state is was:
        return decision
    if bonded.state is ListState.RETURNED:
        if bonded.promises_itself or (bonded.side is Side.IN and was is ListState.PRE_BOOKED):
            _withdraw(session, bonded, at=decided_at)
    elif bonded.side is Side.IN and bonded.state is ListState.PRE_BOOKED:
        _promise(session, bonded, at=decided_at)
    elif bonded.promises_itself and was in _GAVE_BACK:
        # a list that lives again promises again, past the guard
        _promise(session, bonded, at=decided_at, is_guarded=False)
    return decision


#: States in which a list has taken back what it promised.
_GAVE_BACK = (ListState.REFUSED, ListState.RETURNED)


def asks_inspection(decision: Review | None, *, before: bool) -> bool:
    """Whether customs still wants to see the goods after a review (pure); an unknown word and a return say nothing."""
    match decision:
        case Review.INSPECT:
            return True
        case Review.PRE_BOOKED | Review.APPROVED | Review.BOOKED:
            return False
        case _:
            return before


def _after(state: ListState, decision: Review | None) -> ListState:
    """Where a review takes a list (pure). Booking is the booking receipt's own business."""
    match decision:
        case Review.PRE_BOOKED:
            return ListState.PRE_BOOKED
        case Review.APPROVED:
            return ListState.APPROVED
        case Review.RETURNED:
            return ListState.RETURNED
        case None if state is ListState.DECLARED:
            return ListState.PARKED
        case _:
            return state


def _promise(session: Session, bonded: BondedList, *, at: datetime, is_guarded: bool = True) -> None:
    promises: list[Operation] = [
        Promise(
            book_item_id=line.book_item_id,
            side=bonded.side,
            quantity=line.stock_quantity,
            document=line_of(bonded.promise_number, line.line_no),
            guarded=bonded.side is Side.OUT and is_guarded,
        )
        for line in bonded.lines
    ]
    session.flush()
    apply(session, promises, occurred_at=at)


def _withdraw(session: Session, bonded: BondedList, *, at: datetime) -> None:
    session.flush()
    withdrawals: list[Operation] = [
        Withdraw(side=bonded.side, document=line_of(bonded.promise_number, line.line_no), if_open=True)
        for line in bonded.lines
    ]
    apply(session, withdrawals, occurred_at=at)
