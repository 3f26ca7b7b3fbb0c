"""Where a picker goes next: one bin and lot for every parcel that needs it, in walking order.

Goods are picked together and shared out at the packing bench, so the way grows with the bins and not with the orders.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, join

from wms.customs.barring import barred
from wms.customs.parcels import Parcel, ParcelState, Pick, PickState
from wms.customs.retail_declaration import RetailDeclaration
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance
from wms.ledger.places import Location
from wms.registry.products import Product

#: Somebody who was sent to a bin and has not answered for so long has gone home.
FORGOTTEN_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A bin and lot to go to: `wanted` for all parcels together, `free` of holds there, in stock units."""

    location_id: int
    lot_id: int
    handling_unit_id: int | None
    location: str
    lot: str
    expiry: date | None
    item_no: str
    name: str
    wanted: int
    free: int

    @property
    def to_take(self) -> int:
        """What a picker is asked to take: held goods stay."""
        return max(0, min(self.wanted, self.free))


def to_do() -> ColumnElement[bool]:
    """Picks that wait for a picker; what is barred waits for its answer."""
    return and_(Pick.state == PickState.CHOSEN, Parcel.state == ParcelState.TO_PICK, ~barred())


#: Picks with their parcels and declarations.
_WORK: Final = join(Pick, Parcel, Parcel.id == Pick.parcel_id).join(
    RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id
)


def at_stop(location_id: int, lot_id: int, unit_id: int | None) -> ColumnElement[bool]:
    """Picks of one bin, lot and pallet."""
    return and_(
        Pick.location_id == location_id,
        Pick.lot_id == lot_id,
        Pick.handling_unit_id.is_not_distinct_from(unit_id),
    )


def send_on(session: Session, *, by_id: int, at: datetime) -> tuple[int, int, int | None] | None:
    """The next bin and lot for this picker, in walking order, and nobody else is sent there; none when done."""
    # two pickers who ask at once take turns, so that they are not sent to one bin
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("floor.send_on"))))
    free = or_(Pick.taken_by_id.is_(None), Pick.taken_by_id == by_id, Pick.taken_at < at - FORGOTTEN_AFTER)
    query = (
        select(Pick.location_id, Pick.lot_id, Pick.handling_unit_id)
        .select_from(_WORK)
        .join(Location, Location.id == Pick.location_id)
        .where(to_do())
        .group_by(Pick.location_id, Pick.lot_id, Pick.handling_unit_id, Location.id)
        .having(func.bool_and(free))
        .order_by(Location.area, Location.aisle, Location.bay, Location.level, Location.code, Pick.lot_id)
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    key = row.location_id, row.lot_id, row.handling_unit_id
    claim = update(Pick).where(Pick.state == PickState.CHOSEN, at_stop(*key))
    session.execute(claim.values(taken_by_id=by_id, taken_at=at).execution_options(synchronize_session=False))
    return key


def stop_at(session: Session, location_id: int, lot_id: int, unit_id: int | None) -> Stop:
    """The stop as it stands now; nothing is wanted where somebody else was faster."""
    wanted = session.scalar(
        select(func.coalesce(func.sum(Pick.quantity), 0))
        .select_from(_WORK)
        .where(to_do(), at_stop(location_id, lot_id, unit_id))
    )
    query = (
        select(Location.code, Lot.code, Lot.expiry, Product.item_no, Product.name_zh, Balance)
        .join_from(Lot, Product, Product.id == Lot.product_id)
        .join(Location, Location.id == location_id)
        .outerjoin(
            Balance,
            and_(
                Balance.location_id == Location.id,
                Balance.lot_id == Lot.id,
                Balance.handling_unit_id.is_not_distinct_from(unit_id),
            ),
        )
        .where(Lot.id == lot_id)
        .execution_options(populate_existing=True)
    )
    location, lot, expiry, item_no, name, balance = session.execute(query).one()
    return Stop(
        location_id=location_id,
        lot_id=lot_id,
        handling_unit_id=unit_id,
        location=location,
        lot=lot,
        expiry=expiry,
        item_no=item_no,
        name=name,
        wanted=int(wanted or 0),
        free=balance.on_hand - balance.held if balance else 0,
    )


def count_stops(session: Session) -> int:
    """How many bins wait to be visited."""
    stops = (
        select(Pick.location_id, Pick.lot_id, Pick.handling_unit_id)
        .select_from(_WORK)
        .where(to_do())
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(stops.subquery())) or 0
