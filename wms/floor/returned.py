"""Goods that come back from buyers: taken in on the request that announced them, sorted when the book has them again.

In time they go to the bonded returns area, moved and not booked until the return list is; late goods go to the
domestic return place and never touch the book. Which of the two it is the days decide, not the worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from wms.customs.return_case import (
    Application,
    Reentry,
    ReturnCase,
    ReturnLine,
    find_by_waybill,
    goods_arrived,
    released_on,
)
from wms.customs.return_list import received_by_line
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, Document, DocumentKind
from wms.ledger.lots import NO_BOOK_ITEM, Lot, Quality, find_or_add_lot
from wms.ledger.moves import Balance, Move
from wms.ledger.places import Location, Purpose, Regime, partner_code
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code
from wms.registry.products import Product


class NobodyAnnounced(Refusal):
    """A parcel comes back and no request names it."""

    message = N_("No return was applied for parcel {parcel}. Set it aside and tell the declarant.")
    status = 404


class NotAnnounced(Refusal):
    """More, or something else, than the request says."""

    message = N_(
        "The request for parcel {parcel} has {left} of {item} left. Set the rest aside and tell the declarant."
    )


class WrongReturnPlace(Refusal):
    """Bonded and domestic returns must not mix."""

    message = N_("{location} is no place for these goods. Put them in {wanted}.")
    status = 422


class NoReturnPlace(Refusal):
    """The registry has no such area."""

    message = N_("No {purpose} place is on file. Ask your supervisor to file one.")


class NotReenteredYet(Refusal):
    """Goods go back to the shelf only when the book has them again."""

    message = N_(
        "Parcel {parcel} is not in the book again yet. Only damaged goods may leave the returns area now."
    )


class SortingPlaceWrong(Refusal):
    """Good goods go to bins, damaged ones to quarantine."""

    message = N_("{location} does not take {condition} goods.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class CameBack:
    """What hands found of one lot in a parcel, stock units."""

    product: Product
    lot: str
    expiry: date | None
    quantity: int
    is_damaged: bool
    location: Location


@dataclass(frozen=True, kw_only=True)
class LineBack:
    """One line of a request: announced, here so far, and of these already sorted, stock units."""

    line: ReturnLine
    received: int

    @property
    def left(self) -> int:
        return self.line.stock_quantity - self.received


def find_case(session: Session, parcel: str, *, lock: bool = False) -> ReturnCase:
    """The request that announced a parcel; raises NobodyAnnounced."""
    found = find_by_waybill(session, parcel, lock=lock)
    if found is None:
        raise NobodyAnnounced(parcel=parcel)
    return found


def document_of(case: ReturnCase, line_no: int) -> Document:
    """A line of a request as the ledger names it."""
    return Document(kind=DocumentKind.RETURN_REQUEST, number=case.number, line=line_no)


def lines_back(session: Session, case: ReturnCase) -> list[LineBack]:
    """How far each line of a request is."""
    received = received_by_line(session, case.number)
    return [LineBack(line=line, received=received.get(line.line_no, 0)) for line in case.lines]


def purpose_for(case: ReturnCase, *, on: date) -> Purpose:
    """Where the goods of a request belong if they come on this day."""
    came_on = case.goods_back_on or on
    refused = case.application in (Application.REFUSED, Application.REFUSED_LATE)
    late = (came_on - released_on(case.declaration)).days > case.back_days_max
    return Purpose.RETURNS_DOMESTIC if refused or late else Purpose.RETURNS


def place_for(session: Session, case: ReturnCase, *, on: date) -> Location:
    """The return place the worker is sent to; raises NoReturnPlace."""
    purpose = purpose_for(case, on=on)
    query = select(Location).where(Location.purpose == purpose).order_by(Location.code).limit(1)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NoReturnPlace(purpose=purpose.value)
    return found


def take(session: Session, parcel: str, found: CameBack, *, on: date, at: datetime) -> Reentry:
    """Post what came back on a day of the zone's calendar and tell the request.

    Raises NobodyAnnounced, NotAnnounced and WrongReturnPlace.
    """
    case = find_case(session, parcel, lock=True)
    purpose = purpose_for(case, on=on)
    if found.location.purpose is not purpose:
        raise WrongReturnPlace(location=found.location.code, wanted=place_for(session, case, on=on).code)
    shares = _shares(session, case, parcel, found)
    meaning = goods_arrived(case, on=on)
    session.flush()
    apply(session, _moves(session, case, found, shares), occurred_at=at)
    return meaning


def _shares(session: Session, case: ReturnCase, parcel: str, found: CameBack) -> list[tuple[ReturnLine, int]]:
    """Fill the request's lines of the item in order; more than they announce is refused."""
    lines = [each for each in lines_back(session, case) if each.line.item_no == found.product.item_no]
    left = sum(each.left for each in lines)
    if not 0 < found.quantity <= left:
        raise NotAnnounced(parcel=parcel, left=left, item=found.product.item_no)
    shares: list[tuple[ReturnLine, int]] = []
    rest = found.quantity
    for each in lines:
        part = min(rest, each.left)
        if part:
            shares.append((each.line, part))
            rest -= part
    return shares


def _moves(
    session: Session, case: ReturnCase, found: CameBack, shares: Sequence[tuple[ReturnLine, int]]
) -> list[Move]:
    buyer = location_by_code(session, partner_code(Purpose.BUYER, Regime.DOMESTIC))
    assert buyer is not None, "every installation has its partner places"
    moves: list[Move] = []
    for line, quantity in shares:
        lot = _lot(session, case, found, line)
        moves.append(
            Move(
                source_id=buyer.id,
                source_lot_id=lot.id,
                target_id=found.location.id,
                target_lot_id=lot.id,
                quantity=quantity,
                document=document_of(case, line.line_no),
            )
        )
    return moves


def _lot(session: Session, case: ReturnCase, found: CameBack, line: ReturnLine) -> Lot:
    """Unsorted until somebody has looked; bonded goods keep the book item they left from, late ones have none."""
    bonded = found.location.regime is Regime.BONDED
    return find_or_add_lot(
        session,
        product=found.product,
        code=found.lot,
        expiry=found.expiry,
        owner_id=_owner_id(session, case),
        quality=Quality.DAMAGED if found.is_damaged else Quality.UNSORTED,
        mode=case.declaration.supervision_mode,
        book_item_id=line.book_item_id if bonded else NO_BOOK_ITEM,
    )


def _owner_id(session: Session, case: ReturnCase) -> int:
    return session.get_one(AccountBook, case.declaration.book_id).company_id


def sort(
    session: Session,
    parcel: str,
    *,
    source: Location,
    lot: Lot,
    is_damaged: bool,
    quantity: int,
    target: Location,
    at: datetime,
) -> None:
    """Move sorted goods out of the returns area: good ones to a bin once the book has them, damaged to quarantine.

    Raises NotReenteredYet and SortingPlaceWrong.
    """
    case = find_case(session, parcel)
    if not is_damaged and case.reentry is not Reentry.REENTERED and source.regime is Regime.BONDED:
        raise NotReenteredYet(parcel=parcel)
    wanted = Purpose.QUARANTINE if is_damaged else Purpose.STORE
    if target.purpose is not wanted:
        condition = "DAMAGED" if is_damaged else "GOOD"
        raise SortingPlaceWrong(location=target.code, condition=condition)
    product = session.get_one(Product, lot.product_id)
    sorted_lot = find_or_add_lot(
        session,
        product=product,
        code=lot.code,
        expiry=lot.expiry,
        owner_id=lot.owner_id,
        quality=Quality.DAMAGED if is_damaged else Quality.GOOD,
        mode=lot.mode,
        book_item_id=lot.book_item_id,
    )
    move = Move(
        source_id=source.id,
        source_lot_id=lot.id,
        target_id=target.id,
        target_lot_id=sorted_lot.id,
        quantity=quantity,
    )
    apply(session, [move], occurred_at=at)


_WAITING = text("""
    select distinct b.lot_id, b.location_id
    from stock_move m
    join balance b on b.lot_id = m.target_lot_id and b.location_id = m.target_id and b.on_hand > 0
    join location p on p.id = b.location_id
    where m.document_kind = 'RETURN_REQUEST' and m.document_number = :number and p.purpose = 'RETURNS'
    order by 1, 2
""")


def lots_waiting(session: Session, case: ReturnCase) -> list[tuple[Lot, int]]:
    """Lots a request brought that still lie in a bonded returns place, with the id of the place."""
    rows = session.execute(_WAITING, {"number": case.number}).all()
    return [(session.get_one(Lot, row.lot_id), row.location_id) for row in rows]


def places_waiting(session: Session) -> int:
    """How many bonded returns places hold goods."""
    query = (
        select(func.count(Location.id.distinct()))
        .join(Balance, Balance.location_id == Location.id)
        .where(Location.purpose == Purpose.RETURNS, Balance.on_hand > 0)
    )
    return session.scalar(query) or 0
