"""Dispatch 出库任务: goods of an exit list or a stock bill on their way from bins to the gate.

Retail goods leave in parcels; everything else leaves under its list line or bill line. Lots are chosen first expiry
first among those the document's supervision mode may take, brought to staging by scan, and the vehicle's passage
takes what lies there. A document whose papers are not complete is not begun.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.audit import UNAUDITED
from wms.customs import stock_bill
from wms.customs.adjustments import is_correction
from wms.customs.bonded_list import BondedList, find_by_list_no, line_of
from wms.customs.declaration import bars_list
from wms.customs.double_random import SubjectKind
from wms.customs.inspection import barred_by_inspection, barring_sentence
from wms.customs.permits import give_back, use_papers_of_items
from wms.customs.trade import Counterpart, Course
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import AccountBook, Document, DocumentKind, Side
from wms.ledger.lots import Lot
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, Reserve
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import apply
from wms.ledger.reservations import choose_lots, pickable
from wms.numbering import next_number


class DispatchState(StrEnum):
    """Where a dispatch stands."""

    OPEN = "OPEN"
    STAGED = "STAGED"
    LEFT = "LEFT"


class NothingToDispatch(Refusal):
    """The number names no exit list and no stock bill whose goods go out this way."""

    message = N_("{number} is no list or bill that takes goods out here.")
    status = 404


class PapersIncomplete(Refusal):
    """Goods are not brought out before their papers are complete."""

    message = N_("{reason}")


class GoodsShort(Refusal):
    """The bins do not hold enough of what the document names."""

    message = N_("{number}: {missing} of {item} cannot be found in the bins under mode {mode}.")


class Dispatch(Base):
    """出库任务 of one document."""

    __tablename__ = "dispatch"
    __table_args__ = (
        UniqueConstraint("document_kind", "document_number"),
        {"comment": "Goods of exit lists and stock bills on their way to the gate"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the task")
    document_kind: Mapped[DocumentKind] = mapped_column(words(DocumentKind), comment="list or stock bill")
    document_number: Mapped[str] = mapped_column(String(64), comment="its number as the ledger names it")
    gate_number: Mapped[str] = mapped_column(
        String(64), index=True, comment="its number as a gate pass names it"
    )
    state: Mapped[DispatchState] = mapped_column(words(DispatchState), comment="where it stands")
    opened_at: Mapped[datetime] = mapped_column(comment="when lots were chosen")
    opened_by_id: Mapped[int] = mapped_column(comment="who opened it")

    picks: Mapped[list["DispatchPick"]] = relationship(order_by="DispatchPick.id", lazy="selectin")


class DispatchPick(Base):
    """So much of a lot out of a bin for one line of a document."""

    __tablename__ = "dispatch_pick"
    __table_args__ = ({"comment": "Goods chosen for a dispatch, and where they are now", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id"), index=True, comment="its dispatch")
    line_no: Mapped[int] = mapped_column(comment="line of the document")
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), comment="lot that was chosen")
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), comment="bin it comes from")
    handling_unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("handling_unit.id"), comment="pallet or box it stands on there; none if loose"
    )
    quantity: Mapped[int] = mapped_column(comment="stock units")
    staging_id: Mapped[int | None] = mapped_column(
        ForeignKey("location.id"), comment="place it was brought to; none while it lies in its bin"
    )
    staged_at: Mapped[datetime | None] = mapped_column(comment="when it was brought there")
    staged_by_id: Mapped[int | None] = mapped_column(comment="who brought it")
    left_at: Mapped[datetime | None] = mapped_column(comment="when its vehicle passed the gate")


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """One line of a document that goes out."""

    document: Document
    book_item_id: int
    item_no: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A document that takes goods out: what the ledger and the gate call it, whose goods, to whom."""

    gate_number: str
    counterpart: Counterpart
    owner_id: int
    mode: str
    lines: tuple[_Wanted, ...]


def outgoing(session: Session, number: str) -> Outgoing:
    """The exit list or stock bill with this number; raises NothingToDispatch and PapersIncomplete."""
    bonded = find_by_list_no(session, number, lock=True)
    if bonded is not None and is_correction(session, bonded):
        raise NothingToDispatch(number=number)
    if bonded is not None and bonded.side is Side.OUT and bonded.course is Course.ORDINARY:
        reason = bars_list(session, bonded)
        if reason is not None:
            raise PapersIncomplete(reason=reason)
        refuse_inspected(session, bonded.list_no)
        return _of_list(bonded)
    bill = stock_bill.find_bill_by_number(session, number)
    if bill is None or bill.side is not Side.OUT:
        raise NothingToDispatch(number=number)
    if bill.state is not stock_bill.PaperState.APPROVED:
        reason = say(N_("Stock bill {number} is not approved by customs."), number=bill.number)
        raise PapersIncomplete(reason=reason)
    book = session.get_one(AccountBook, bill.filing.book_id)
    return Outgoing(
        gate_number=bill.number,
        counterpart=Counterpart.HOME,
        owner_id=book.company_id,
        mode="",
        lines=tuple(
            _Wanted(
                document=stock_bill.bill_line(bill, line.line_no),
                book_item_id=line.book_item_id,
                item_no=line.item_no,
                quantity=line.stock_quantity,
            )
            for line in bill.lines
        ),
    )


def refuse_inspected(session: Session, *list_nos: str) -> None:
    """Raises PapersIncomplete for a list that an inspection bars."""
    barred = barred_by_inspection(session, SubjectKind.BONDED_LIST, list_nos)
    for found in barred.values():
        raise PapersIncomplete(reason=barring_sentence(found))


def _of_list(bonded: BondedList) -> Outgoing:
    return Outgoing(
        gate_number=bonded.list_no,
        counterpart=bonded.counterpart,
        owner_id=bonded.book.company_id,
        mode=bonded.supervision_mode,
        lines=tuple(
            _Wanted(
                document=line_of(bonded.list_no, line.line_no),
                book_item_id=line.book_item_id,
                item_no=line.item_no,
                quantity=line.stock_quantity,
            )
            for line in bonded.lines
        ),
    )


def open_dispatch(session: Session, number: str, *, day: date, by_id: int, at: datetime) -> Dispatch:
    """Choose lots for every line of the document, once; the same number again gives the dispatch that is here.

    The papers its goods need are used with it, once; what gave them back in between uses them again. Raises
    NothingToDispatch, PapersIncomplete, PaperMissing and GoodsShort.
    """
    document = outgoing(session, number)
    first = document.lines[0].document
    found = find_dispatch(session, first.kind, first.number)
    if found is None or found.state is not DispatchState.LEFT:
        _use_papers(session, document, day=day, by_id=by_id, at=at)
    if found is not None:
        return found
    picks = _choose(session, document, day=day)
    made = Dispatch(
        number=next_number(session, "K", day=day),
        document_kind=first.kind,
        document_number=first.number,
        gate_number=document.gate_number,
        state=DispatchState.OPEN,
        opened_at=at,
        opened_by_id=by_id,
        picks=picks,
    )
    session.add(made)
    session.flush()
    reserves: list[Operation] = [
        Reserve(
            location_id=each.location_id,
            lot_id=each.lot_id,
            quantity=each.quantity,
            handling_unit_id=each.handling_unit_id,
        )
        for each in picks
    ]
    apply(session, reserves, occurred_at=at)
    return made


def _use_papers(session: Session, document: Outgoing, *, day: date, by_id: int, at: datetime) -> None:
    """Goods that go abroad need more papers than those that only leave the zone; raises PaperMissing."""
    quantities: dict[int, int] = {}
    for line in document.lines:
        quantities[line.book_item_id] = quantities.get(line.book_item_id, 0) + line.quantity
    use_papers_of_items(
        session,
        quantities,
        document_number=document.lines[0].document.number,
        leaves_country=document.counterpart is Counterpart.ABROAD,
        day=day,
        by_id=by_id,
        at=at,
    )


def give_papers_back(session: Session, bonded: BondedList, *, by_id: int, at: datetime) -> None:
    """A list that customs gives back uses no papers, unless its goods have left."""
    found = find_dispatch(session, DocumentKind.BONDED_LIST, bonded.list_no)
    if found is not None and found.state is not DispatchState.LEFT:
        give_back(session, bonded.list_no, by_id=by_id, at=at)


def _choose(session: Session, document: Outgoing, *, day: date) -> list[DispatchPick]:
    """Lots line by line, first expiry first; two lines of one item do not take the same goods."""
    items = [line.book_item_id for line in document.lines]
    mode = document.mode or _only_mode(session, items)
    offered = pickable(session, book_item_ids=items, owner_id=document.owner_id, mode=mode)
    picks: list[DispatchPick] = []
    for line in document.lines:
        shelf = {
            (each.location_id, each.lot_id, each.handling_unit_id): each
            for each in offered.get(line.book_item_id, [])
        }
        chosen, missing = choose_lots(
            shelf.values(), quantity=line.quantity, on_day=day, min_remaining_days=0
        )
        if missing:
            raise GoodsShort(
                number=document.gate_number, missing=missing, item=line.item_no, mode=mode or "—"
            )
        for each in chosen:
            key = (each.location_id, each.lot_id, each.handling_unit_id)
            shelf[key] = replace(shelf[key], free=shelf[key].free - each.quantity)
            picks.append(
                DispatchPick(
                    line_no=line.document.line,
                    lot_id=each.lot_id,
                    location_id=each.location_id,
                    handling_unit_id=each.handling_unit_id,
                    quantity=each.quantity,
                )
            )
        offered[line.book_item_id] = list(shelf.values())
    return picks


def _only_mode(session: Session, book_item_ids: Iterable[int]) -> str:
    """A stock bill names no supervision mode: its goods are those of the one mode the items lie under."""
    modes = session.scalars(
        select(Lot.mode).where(Lot.book_item_id.in_(list(book_item_ids))).distinct()
    ).all()
    return modes[0] if len(modes) == 1 else ""


def find_dispatch(session: Session, kind: DocumentKind, number: str) -> Dispatch | None:
    """The dispatch of a document."""
    query = select(Dispatch).where(Dispatch.document_kind == kind, Dispatch.document_number == number)
    return session.scalars(query).one_or_none()


def next_pick(session: Session, dispatch_id: int) -> DispatchPick | None:
    """What is to be brought next, in walking order; none when all of it lies in staging."""
    query = (
        select(DispatchPick)
        .join(Location, Location.id == DispatchPick.location_id)
        .where(DispatchPick.dispatch_id == dispatch_id, DispatchPick.staging_id.is_(None))
        .order_by(Location.code, DispatchPick.id)
        .limit(1)
    )
    return session.scalars(query).first()


def stage(session: Session, pick: DispatchPick, *, by_id: int, at: datetime) -> Location:
    """Bring a pick to the staging place of its warehouse; it stays the same goods under the same document."""
    place = staging_of(session, pick.location_id)
    dispatch = session.get_one(Dispatch, pick.dispatch_id, with_for_update=True)
    refuse_inspected(session, dispatch.gate_number)
    move = Move(
        source_id=pick.location_id,
        source_lot_id=pick.lot_id,
        source_unit_id=pick.handling_unit_id,
        target_id=place.id,
        target_lot_id=pick.lot_id,
        quantity=pick.quantity,
        document=document_of(dispatch, pick.line_no),
        from_reserved=True,
    )
    pick.staging_id, pick.staged_at, pick.staged_by_id = place.id, at, by_id
    session.flush()
    if next_pick(session, dispatch.id) is None:
        dispatch.state = DispatchState.STAGED
        session.flush()
    apply(session, [move], occurred_at=at)
    return place


class NoStagingPlace(Refusal):
    """A warehouse without a staging place."""

    message = N_("{location} lies in a warehouse without a bonded staging place. Ask the administrator.")


def staging_of(session: Session, location_id: int) -> Location:
    """The bonded staging place of a bin's warehouse; raises NoStagingPlace."""
    bin_ = session.get_one(Location, location_id)
    query = select(Location).where(
        Location.purpose == Purpose.STAGING,
        Location.regime == Regime.BONDED,
        Location.warehouse_id == bin_.warehouse_id,
    )
    found = session.scalars(query.order_by(Location.code).limit(1)).first()
    if found is None:
        raise NoStagingPlace(location=bin_.code)
    return found


def document_of(dispatch: Dispatch, line_no: int) -> Document:
    return Document(kind=dispatch.document_kind, number=dispatch.document_number, line=line_no)
