"""Adjustment 调整: an approved decision that the book must change, waiting for the list that changes it.

The decision changes nothing in the book. The declarant names the bonded list that answers it, and customs' receipt
for that list is what books: it answers the case's open rows, takes what is missing out of SHORTAGE, and frees what
was held.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.customs import bonded_list
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, enter, find_case
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import Document, DocumentKind, Side
from wms.ledger.lots import Lot, find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, LiftHold, MovedBefore, Operation
from wms.ledger.places import Location, Purpose, partner_code
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code
from wms.numbering import next_number
from wms.registry.products import Product


class NothingToName(Refusal):
    """The case waits for no list."""

    message = N_("Case {number} waits for no list.")


class ListDoesNotAnswer(Refusal):
    """A list that would correct something else."""

    message = N_(
        "List {list_no} does not answer case {number}: {quantity} of {item} must go {side} the book."
    )
    status = 422


class NoSuchList(Refusal):
    """Nobody declared this list here."""

    message = N_("There is no list {list_no} here. Declare it first.")
    status = 404


class ListTooLate(Refusal):
    """A list customs booked before it was named has changed the book already, for something else."""

    message = N_("List {list_no} is booked already; it cannot answer a case any more.")


class Adjustment(Base):
    """调整: what the book must change by, once its list is booked."""

    __tablename__ = "adjustment"
    __table_args__ = (Index("ix_adjustment_list_no", "list_no", postgresql_where=text("list_no <> ''")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the adjustment")
    case_id: Mapped[int] = mapped_column(
        ForeignKey("discrepancy.id"), unique=True, comment="the case it decides"
    )
    side: Mapped[Side] = mapped_column(words(Side), comment="into the book or out of it")
    quantity: Mapped[int] = mapped_column(comment="stock units the book must change by")
    approved_by_id: Mapped[int] = mapped_column(comment="officer who decided")
    approved_at: Mapped[datetime] = mapped_column(comment="when it was decided")
    list_no: Mapped[str] = mapped_column(
        String(64), comment="list that answers it; empty until the declarant names one"
    )
    drafted_no: Mapped[str] = mapped_column(
        String(64), index=True, default="", comment="our own number of the list drafted for it; empty if none"
    )
    done_at: Mapped[datetime | None] = mapped_column(comment="when that list was booked; none while it waits")

    @property
    def document(self) -> Document:
        """The adjustment as the ledger names it."""
        return Document(kind=DocumentKind.ADJUSTMENT, number=self.number)


def adjust(session: Session, case: Discrepancy, *, by_id: int, at: datetime) -> Adjustment:
    """The adjustment of an approved case: what lies there and is not booked goes in, what is gone goes out."""
    made = Adjustment(
        number=next_number(session, "A", day=at.date()),
        case_id=case.id,
        side=Side.IN if case.book_difference > 0 else Side.OUT,
        quantity=abs(case.book_difference),
        approved_by_id=by_id,
        approved_at=at,
        list_no="",
        done_at=None,
    )
    session.add(made)
    session.flush()
    return made


def of_case(session: Session, case: Discrepancy) -> Adjustment | None:
    """The adjustment a case led to, if it is decided so."""
    return session.scalars(select(Adjustment).where(Adjustment.case_id == case.id)).one_or_none()


def name_list(session: Session, number: str, *, list_no: str, by_id: int, at: datetime) -> Adjustment:
    """The declarant says which list answers a case.

    Raises NoSuchCase, NothingToName, NoSuchList, ListDoesNotAnswer and ListTooLate.
    """
    case = find_case(session, number, lock=True)
    waiting = of_case(session, case)
    if waiting is None or waiting.done_at is not None:
        raise NothingToName(number=number)
    bonded = bonded_list.find_by_list_no(session, list_no, lock=True)
    if bonded is None:
        raise NoSuchList(list_no=list_no)
    if bonded.state is ListState.BOOKED:
        raise ListTooLate(list_no=list_no)
    if bonded.side is not waiting.side or _answering_line(bonded, case, waiting) is None:
        side = "into" if waiting.side is Side.IN else "out of"
        raise ListDoesNotAnswer(
            list_no=list_no, number=number, quantity=waiting.quantity, item=case.item_no, side=side
        )
    waiting.list_no = list_no
    enter(session, case, Act.NAMED, at=at, by_id=by_id, facts={"list": list_no})
    return waiting


def _answering_line(
    bonded: BondedList, case: Discrepancy, waiting: Adjustment
) -> bonded_list.BondedListLine | None:
    same = (
        line
        for line in bonded.lines
        if line.item_no == case.item_no and line.stock_quantity == waiting.quantity
    )
    return next(same, None)


def _waits_for(bonded: BondedList) -> ColumnElement[bool]:
    named = and_(Adjustment.list_no == bonded.list_no, Adjustment.list_no != "")
    # a list somebody named instead counts, whatever was drafted before
    return or_(named, and_(Adjustment.list_no == "", Adjustment.drafted_no == bonded.inner_no))


def is_correction(session: Session, bonded: BondedList) -> bool:
    """Whether a list answers a case: it corrects the book, and nothing is brought out for it."""
    return session.scalars(select(Adjustment.id).where(_waits_for(bonded)).limit(1)).first() is not None


def book_named(session: Session, bonded: BondedList, *, by_id: int, at: datetime) -> bool:
    """Customs booked a list: where cases wait for it, book its lines so that they close the rows of these cases.

    False when no case waits for it, and then nothing was done.
    """
    query = (
        select(Adjustment, Discrepancy)
        .join(Discrepancy, Discrepancy.id == Adjustment.case_id)
        .where(_waits_for(bonded), Adjustment.done_at.is_(None))
        .order_by(Adjustment.id)
        .with_for_update()
    )
    answered = [(row[0], row[1]) for row in session.execute(query)]
    if answered:
        bonded.state, bonded.booked_at = ListState.BOOKED, at
        _book(session, bonded, answered, by_id=by_id, at=at)
    return bool(answered)


def _book(
    session: Session,
    bonded: BondedList,
    answered: list[tuple[Adjustment, Discrepancy]],
    *,
    by_id: int,
    at: datetime,
) -> None:
    by_line = {}
    for adjustment, case in answered:
        line = _answering_line(bonded, case, adjustment)
        assert line is not None, "checked when the list was named, and lists do not change"
        by_line[line.line_no] = adjustment, case
    operations: list[Operation] = []
    for line in bonded.lines:
        here = bonded_list.line_of(bonded.list_no, line.line_no)
        promised = bonded_list.line_of(bonded.promise_number, line.line_no)
        answers: tuple[Document, ...] = (here, promised) if bonded.promises_itself else (here,)
        numbers: tuple[str, ...] = ()
        if line.line_no in by_line:
            adjustment, case = by_line[line.line_no]
            operations += _corrections(session, adjustment, case, line=here, book_item_id=line.book_item_id)
            answers, numbers = (*answers, adjustment.document, *_origins(case)), (case.number,)
            adjustment.done_at, case.state = at, CaseState.CLOSED
            enter(session, case, Act.CLOSED, at=at, by_id=by_id, facts={"list": bonded.list_no})
        operations.append(
            Enter(
                book_item_id=line.book_item_id,
                side=bonded.side,
                quantity=line.stock_quantity,
                document=here,
                answers=answers,
                case_numbers=numbers,
            )
        )
    session.flush()
    apply(session, operations, occurred_at=at)


def _origins(case: Discrepancy) -> tuple[Document, ...]:
    """Documents whose open rows may name the case."""
    if not case.document_number:
        return case.document, Document(kind=DocumentKind.GATE_PASS, number=case.pass_number)
    line = bonded_list.line_of(case.document_number, case.document_line)
    return case.document, line


def _corrections(
    session: Session, adjustment: Adjustment, case: Discrepancy, *, line: Document, book_item_id: int
) -> list[Operation]:
    """What the correction does beside its booking: goods found are free, goods missing leave SHORTAGE for good."""
    if adjustment.side is Side.IN:
        entered = [] if case.book_item_id else _onto_the_book(session, adjustment, case, line, book_item_id)
        return [*_lift(session, case), *entered]
    if case.kind is CaseKind.COUNT_SHORTAGE:
        return [_out_of_shortage(session, adjustment, case, line=line)]
    # Booked and never there: on paper it came in and went out again, and no move was made.
    return [
        MovedBefore(
            book_item_id=case.book_item_id,
            quantity=adjustment.quantity,
            document=adjustment.document,
            answers=_origins(case),
            case_numbers=(case.number,),
        )
    ]


_OFF_BOOK = text("""
    select b.location_id, b.lot_id, b.on_hand
    from balance b
    join lot l on l.id = b.lot_id
    join product r on r.id = l.product_id
    join location p on p.id = b.location_id
    where l.book_item_id = 0 and r.item_no = :item_no and p.regime = 'BONDED' and b.on_hand > 0
      and b.handling_unit_id is null and exists (
        select from stock_move m where m.target_lot_id = l.id and m.document_kind = 'GATE_PASS'
          and m.document_number = :pass_number)
    order by b.location_id, b.lot_id
""")


def _onto_the_book(
    session: Session, adjustment: Adjustment, case: Discrepancy, line: Document, book_item_id: int
) -> list[Operation]:
    """Goods of an item the book did not have: where they lie, they become lots of the line the list brought."""
    left = adjustment.quantity
    moves: list[Operation] = []
    asked = {"item_no": case.item_no, "pass_number": case.pass_number}
    for row in session.execute(_OFF_BOOK, asked):
        part = min(left, row.on_hand)
        if not part:
            break
        lot = session.get_one(Lot, row.lot_id)
        entered = find_or_add_lot(
            session,
            product=session.get_one(Product, lot.product_id),
            code=lot.code,
            expiry=lot.expiry,
            owner_id=lot.owner_id,
            quality=lot.quality,
            mode=lot.mode,
            book_item_id=book_item_id,
        )
        moves.append(
            Move(
                source_id=row.location_id,
                source_lot_id=lot.id,
                target_id=row.location_id,
                target_lot_id=entered.id,
                quantity=part,
                document=adjustment.document,
                answered_by=(line,),
            )
        )
        left -= part
    return moves


_HELD = text("""
    select e.hold_id, b.location_id, b.lot_id, b.handling_unit_id, sum(e.quantity)::bigint as quantity
    from hold h join hold_entry e on e.hold_id = h.id join balance b on b.id = e.balance_id
    where h.case_number = :number
    group by 1, 2, 3, 4 having sum(e.quantity) > 0
    order by 2, 3
""")


def _lift(session: Session, case: Discrepancy) -> list[Operation]:
    return [LiftHold(**row._asdict()) for row in session.execute(_HELD, {"number": case.number})]


_SHORT = text("""
    select m.target_id as location_id from stock_move m
    where m.document_kind = 'CASE' and m.document_number = :number order by m.id limit 1
""")


def _out_of_shortage(session: Session, adjustment: Adjustment, case: Discrepancy, *, line: Document) -> Move:
    assert case.lot_id is not None, "a counted shortage names its lot"
    shortage_id = session.execute(_SHORT, {"number": case.number}).scalar_one()
    place = session.get_one(Location, shortage_id)
    gone = location_by_code(session, partner_code(Purpose.DESTROYED, place.regime))
    assert gone is not None, "every installation has its partner places"
    return Move(
        source_id=shortage_id,
        source_lot_id=case.lot_id,
        target_id=gone.id,
        target_lot_id=case.lot_id,
        quantity=adjustment.quantity,
        document=adjustment.document,
        answered_by=(line,),
    )
