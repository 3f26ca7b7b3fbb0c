"""Short picks: goods that a parcel waits for and no bin had when its picker stood there.

Whoever brings goods asks in the same transaction that they be dealt out; the worker does so at once, with the locks and
the order of a wave. It looks every minute besides, for what a lifted hold or a cancelled order sets free.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from wms.audit import mark
from wms.customs.barring import barred
from wms.customs.let_go import summed
from wms.customs.parcels import Parcel, ParcelState, Pick, PickState
from wms.customs.retail_declaration import RetailDeclaration
from wms.jobs import defer
from wms.ledger.lots import Lot
from wms.ledger.posting import apply
from wms.ledger.reservations import Candidate, choose_lots, pickable
from wms.registry.rules import rules_on

JOB: Final = "picks.cover"

#: A place, lot and pallet.
_Key = tuple[int, int, int | None]


def _waiting() -> Select[Pick, int, str]:
    """Short picks in the order of release, with owner and mode of the goods they want."""
    return (
        select(Pick, Lot.owner_id, Lot.mode)
        .join(Parcel, Parcel.id == Pick.parcel_id)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .join(Lot, Lot.id == Pick.lot_id)
        .where(Pick.state == PickState.SHORT, Parcel.state == ParcelState.TO_PICK, ~barred())
        .order_by(Pick.parcel_id, Pick.id)
    )


def ask_cover(session: Session, lot_ids: Iterable[int]) -> None:
    """Goods of these lots have come: ask that short picks get them, if any wait for such goods."""
    items = select(Lot.book_item_id).where(Lot.id.in_(list(lot_ids)))
    wanted = _waiting().where(Pick.book_item_id.in_(items)).limit(1)
    if session.execute(wanted).first() is not None:
        defer(session, JOB, only_one=JOB)


def cover(session: Session, *, day: date, at: datetime) -> int:
    """Choose lots for short picks, first expiry first; gives the stock units found. `day` is the zone's.

    Makes the one ledger call of its transaction. What still cannot be found goes on waiting.
    """
    # taken before any row: a wave chooses under the same lock
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("floor.wave"))))
    rules = rules_on(session, day=day)
    rows = session.execute(_waiting().with_for_update(of=(Parcel, Pick))).all()
    if rules is None or not rows:
        return 0
    shelf = _shelf(session, rows)
    found: list[tuple[int, int, int | None, int]] = []
    for pick, owner_id, mode in rows:
        offered = shelf[owner_id, mode].get(pick.book_item_id, {})
        chosen, _ = choose_lots(
            offered.values(),
            quantity=pick.quantity,
            on_day=day,
            min_remaining_days=rules.min_remaining_shelf_life_days,
        )
        for each in chosen:
            key = each.location_id, each.lot_id, each.handling_unit_id
            offered[key] = replace(offered[key], free=offered[key].free - each.quantity)
            found.append((*key, each.quantity))
            _choose(session, pick, key, each.quantity)
    if found:
        session.flush()
        apply(session, summed(found), occurred_at=at)
    units = sum(quantity for *_, quantity in found)
    mark(session, units=units)
    return units


def _shelf(
    session: Session, rows: Sequence[Row[Pick, int, str]]
) -> dict[tuple[int, str], dict[int, dict[_Key, Candidate]]]:
    """What bins offer to these picks, by owner and mode, then by book item; locked."""
    items: dict[tuple[int, str], set[int]] = defaultdict(set)
    for pick, owner_id, mode in rows:
        items[owner_id, mode].add(pick.book_item_id)
    shelf = {}
    for (owner_id, mode), wanted in sorted(items.items()):
        offered = pickable(session, book_item_ids=wanted, owner_id=owner_id, mode=mode)
        shelf[owner_id, mode] = {
            item: {(each.location_id, each.lot_id, each.handling_unit_id): each for each in found}
            for item, found in offered.items()
        }
    return shelf


def _choose(session: Session, pick: Pick, key: _Key, quantity: int) -> None:
    """So much of a short pick is picked there; the rest goes on waiting."""
    location_id, lot_id, unit_id = key
    session.add(
        Pick(
            parcel_id=pick.parcel_id,
            line_no=pick.line_no,
            book_item_id=pick.book_item_id,
            lot_id=lot_id,
            location_id=location_id,
            handling_unit_id=unit_id,
            quantity=quantity,
            state=PickState.CHOSEN,
        )
    )
    if quantity == pick.quantity:
        pick.state = PickState.BACK
    else:
        pick.quantity -= quantity
