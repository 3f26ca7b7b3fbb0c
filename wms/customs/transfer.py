"""Transfer inside the zone 区内流转: two lists of type 6, no gate; goods change owner and book where they lie.

The receiving side's list comes first; the sending side's names it (rltInvtNo). Line by line they must agree in tariff
number, 料号 (the registry is one for all), unit, quantity and origin. Until both are approved the transfer waits for
the other side. Then one posting moves every lot into the receiver's, in its own bin.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList, BondedListLine, ListState, find_by_list_no, line_of
from wms.customs.trade import Course
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import BookItem, Side
from wms.ledger.lots import Lot, find_or_add_lot
from wms.ledger.moves import Move, StockMove
from wms.ledger.posting import apply
from wms.ledger.reservations import choose_lots, pickable
from wms.registry.products import Product


class NoTransfer(Refusal):
    """The number names no list of a transfer."""

    message = N_("{number} is no sending list of a transfer inside the zone.")
    status = 404


class WaitsForOtherSide(Refusal):
    """Both lists must be approved."""

    message = N_("Transfer {number} waits for the other side: list {other} is {state}.")


class SidesDiffer(Refusal):
    """The two lists do not say the same."""

    message = N_("Transfer {number} line {line}: {field} is {ours} here and {theirs} on the other list.")
    status = 422


class AlreadyMoved(Refusal):
    """A transfer moves once."""

    message = N_("Transfer {number} has been carried out.")


class NotFree(Refusal):
    """Not enough goods that nobody else waits for."""

    message = N_("Transfer {number}: {missing} of {item} are not free under mode {mode}.")


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The two lists of a transfer, line beside line."""

    sending: BondedList
    receiving: BondedList

    @property
    def lines(self) -> list[tuple[BondedListLine, BondedListLine]]:
        return list(zip(self.sending.lines, self.receiving.lines, strict=True))


def sides_of(session: Session, number: str) -> Sides:
    """Both lists of the transfer a sending list belongs to; raises NoTransfer, WaitsForOtherSide, SidesDiffer."""
    sending = find_by_list_no(session, number, lock=True)
    if sending is None or sending.course is not Course.INSIDE_ZONE or sending.side is not Side.OUT:
        raise NoTransfer(number=number)
    receiving = find_by_list_no(session, sending.related_list_no) if sending.related_list_no else None
    for each, name in ((sending, number), (receiving, sending.related_list_no or "—")):
        good = each is not None and each.state in (ListState.PRE_BOOKED, ListState.APPROVED, ListState.BOOKED)
        if not good:
            raise WaitsForOtherSide(number=number, other=name, state="—" if each is None else each.state)
    assert receiving is not None
    sides = Sides(sending=sending, receiving=receiving)
    _compare(session, sides)
    return sides


def _compare(session: Session, sides: Sides) -> None:
    number = sides.sending.list_no
    if len(sides.sending.lines) != len(sides.receiving.lines):
        lengths = {"ours": len(sides.sending.lines), "theirs": len(sides.receiving.lines)}
        raise SidesDiffer(number=number, line=0, field=N_("number of lines"), **lengths)
    for one, other in sides.lines:
        items = [session.get_one(BookItem, each.book_item_id) for each in (one, other)]
        for field, ours, theirs in (
            ("GdsMtno", one.item_no, other.item_no),
            ("Gdecd", items[0].hs10, items[1].hs10),
            ("Natcd", items[0].origin, items[1].origin),
            ("DclUnitcd", one.unit, other.unit),
            ("DclQty", one.quantity.normalize(), other.quantity.normalize()),
        ):
            if ours != theirs:
                raise SidesDiffer(number=number, line=one.line_no, field=field, ours=ours, theirs=theirs)


def may_transfer(session: Session, bonded: BondedList) -> bool:
    """Whether a page offers to carry the transfer out: it is the sending list and nothing has moved yet."""
    is_sending = bonded.course is Course.INSIDE_ZONE and bonded.side is Side.OUT and bool(bonded.list_no)
    return is_sending and not _has_moved(session, bonded.related_list_no)


def _has_moved(session: Session, receiving_no: str) -> bool:
    query = select(StockMove.id).where(
        StockMove.document_kind == "BONDED_LIST", StockMove.document_number == receiving_no
    )
    return session.scalars(query.limit(1)).first() is not None


def carry_out(session: Session, number: str, *, day: date, at: datetime) -> int:
    """Move the goods of both lists in one posting; gives the number of moves.

    Raises the refusals of `sides_of`, AlreadyMoved and NotFree.
    """
    sides = sides_of(session, number)
    if _has_moved(session, sides.receiving.list_no):
        raise AlreadyMoved(number=number)
    moves = [move for pair in sides.lines for move in _moves(session, sides, *pair, day=day)]
    apply(session, moves, occurred_at=at)
    return len(moves)


def _moves(
    session: Session, sides: Sides, ours: BondedListLine, theirs: BondedListLine, *, day: date
) -> list[Move]:
    sending, receiving = sides.sending, sides.receiving
    offered = pickable(
        session,
        book_item_ids=[ours.book_item_id],
        owner_id=sending.book.company_id,
        mode=sending.supervision_mode,
    )
    shelf = {
        (each.location_id, each.lot_id, each.handling_unit_id): each
        for each in offered.get(ours.book_item_id, [])
    }
    chosen, missing = choose_lots(
        shelf.values(), quantity=ours.stock_quantity, on_day=day, min_remaining_days=0
    )
    if missing:
        raise NotFree(
            number=sending.list_no, missing=missing, item=ours.item_no, mode=sending.supervision_mode
        )
    return [
        Move(
            source_id=each.location_id,
            source_lot_id=each.lot_id,
            source_unit_id=each.handling_unit_id,
            target_id=each.location_id,
            target_lot_id=_their_lot(session, each.lot_id, theirs, receiving).id,
            target_unit_id=each.handling_unit_id,
            quantity=each.quantity,
            document=line_of(receiving.list_no, theirs.line_no),
            answered_by=(line_of(sending.list_no, ours.line_no),),
        )
        for each in chosen
    ]


def _their_lot(session: Session, lot_id: int, line: BondedListLine, receiving: BondedList) -> Lot:
    """The same batch in the receiver's book: owner, mode, 料号 and book line are theirs."""
    lot = session.get_one(Lot, lot_id)
    return find_or_add_lot(
        session,
        product=session.get_one(Product, line.product_id),
        code=lot.code,
        expiry=lot.expiry,
        owner_id=receiving.book.company_id,
        quality=lot.quality,
        mode=receiving.supervision_mode,
        book_item_id=line.book_item_id,
    )
