"""What hands find while counting: which count, which place, which lot. The ledger's figures are never shown."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger import counts
from wms.ledger.book import AccountBook, BookItem
from wms.ledger.counts import Count, Counted, CountLine
from wms.ledger.lots import NO_BOOK_ITEM, Lot, Quality, find_or_add_lot
from wms.ledger.places import Location, Purpose, Regime, Warehouse
from wms.registry.products import Product


class NobodyCounts(Refusal):
    """No count is open where the worker stands."""

    message = N_("No count of {warehouse} is open. Ask your supervisor to begin one.")


class NotACountedPlace(Refusal):
    """Partner places, and places that only the books know, are not counted."""

    message = N_("Nothing is counted at {location}.")
    status = 422


class NeverKeptHere(Refusal):
    """Goods that never lay under this regime: no lot, no book line, nobody's goods."""

    message = N_(
        "Item {item} was never kept in a place like {location}. Set it aside and call your supervisor."
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a worker found of one lot at a place, stock units."""

    product: Product
    lot: str
    expiry: date | None
    is_damaged: bool
    quantity: int


def count_at(session: Session, place: Location) -> Count:
    """The open count this place belongs to; raises NotACountedPlace and NobodyCounts."""
    if place.warehouse_id is None or place.is_partner or place.purpose in (Purpose.SHORTAGE, Purpose.TRANSIT):
        raise NotACountedPlace(location=place.code)
    warehouse = session.get_one(Warehouse, place.warehouse_id)
    count = counts.open_count(session, warehouse=warehouse.code)
    if count is None:
        raise NobodyCounts(warehouse=warehouse.code)
    return count


_COUNTED_BEFORE = text("""
    select exists (
        select from count_line c
        where c.count_id = :count_id and c.location_id = :location_id and c.lot_id = :lot_id
          and c.visit <> :visit and c.takes_back_id is null)
""")


def keep(
    session: Session, place: Location, found: Found, *, visit: UUID, by_id: int, at: datetime
) -> tuple[CountLine, bool]:
    """Keep what was found; also says whether an earlier visit's figure is replaced by it."""
    count = count_at(session, place)
    lot = find_lot(session, place, found)
    again = session.execute(
        _COUNTED_BEFORE,
        {"count_id": count.id, "location_id": place.id, "lot_id": lot.id, "visit": visit},
    ).scalar_one()
    line = Counted(location_id=place.id, lot_id=lot.id, quantity=found.quantity)
    (kept,) = counts.tally(session, count, [line], visit=visit, at=at, by_id=by_id)
    return kept, bool(again)


_LIKELY = text("""
    select l.id from lot l
    left join balance b on b.lot_id = l.id and b.on_hand > 0
    left join location p on p.id = b.location_id
    where l.product_id = :product_id and l.code = :code and l.expiry is not distinct from cast(:expiry as date)
      and (:bonded = (l.book_item_id <> 0))
      and (not :damaged or l.quality = 'DAMAGED')
    order by (b.location_id = :location_id) desc nulls last, (l.quality = 'GOOD') desc,
             (p.regime = :regime) desc nulls last, l.id
    limit 1
""")


def find_lot(session: Session, place: Location, found: Found) -> Lot:
    """The lot with this code and expiry: one that lies at this place before one that lies elsewhere.

    A lot code is not unique (bonded and domestic, good and damaged share codes), so the place decides. A lot nobody
    knows is made, with owner and mode of the item's other lots under this regime; raises NeverKeptHere.
    """
    values = {
        "product_id": found.product.id,
        "code": found.lot,
        "expiry": found.expiry,
        "bonded": place.regime is Regime.BONDED,
        "regime": place.regime.value,
        "damaged": found.is_damaged,
        "location_id": place.id,
    }
    known = session.execute(_LIKELY, values).scalar()
    if known is not None:
        return session.get_one(Lot, known)
    owner_id, mode, book_item_id = _traits(session, place, found.product)
    return find_or_add_lot(
        session,
        product=found.product,
        code=found.lot,
        expiry=found.expiry,
        owner_id=owner_id,
        quality=Quality.DAMAGED if found.is_damaged else Quality.GOOD,
        mode=mode,
        book_item_id=book_item_id,
    )


def _traits(session: Session, place: Location, product: Product) -> tuple[int, str, int]:
    """Owner, mode and book item that goods of this product have under this regime."""
    bonded = place.regime is Regime.BONDED
    on_book = Lot.book_item_id != NO_BOOK_ITEM if bonded else Lot.book_item_id == NO_BOOK_ITEM
    query = select(Lot).where(Lot.product_id == product.id, on_book).order_by(Lot.id.desc()).limit(1)
    other = session.scalars(query).one_or_none()
    if other is not None:
        return other.owner_id, other.mode, other.book_item_id
    on_line = (
        select(BookItem.id, AccountBook.company_id, Lot.mode)
        .join(AccountBook, AccountBook.id == BookItem.book_id)
        .join(Lot, Lot.owner_id == AccountBook.company_id)
        .where(BookItem.item_no == product.item_no, Lot.book_item_id != NO_BOOK_ITEM)
        .limit(1)
    )
    line = session.execute(on_line).one_or_none() if bonded else None
    if line is None:
        raise NeverKeptHere(item=product.item_no, location=place.code)
    return line.company_id, line.mode, line.id


_PROGRESS = text("""
    select count(*) as places, count(*) filter (where c.location_id is not null) as looked_at
    from location p join warehouse w on w.id = p.warehouse_id
    left join (select distinct location_id from count_line where count_id = :count_id) c on c.location_id = p.id
    where w.code = any(:warehouses) and p.purpose not in ('SHORTAGE', 'TRANSIT')
      and (c.location_id is not null or exists (
          select from balance b where b.location_id = p.id and b.on_hand > 0))
""")


def places_done(session: Session, count: Count) -> tuple[int, int]:
    """(places looked at, places that hold goods or were looked at) of a count."""
    row = session.execute(_PROGRESS, {"count_id": count.id, "warehouses": count.warehouses}).one()
    return row.looked_at, row.places
