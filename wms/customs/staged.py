"""Goods in staging belong to a parcel or list on its way out: nothing else takes them, and a passage finds them.

A count or a worker may not move away what is bound there. A passage is a fact all the same: where the ledger has its
goods elsewhere, it takes them from there and says so, and what is nowhere stays open in the book for a person.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.moves import Move


class StagedGoods(Refusal):
    """Goods of a parcel or list would be missing in it."""

    message = N_(
        "{bound} of lot {lot} at {location} are on their way out ({number}). "
        "Take that apart or let its vehicle pass, then count again."
    )


_BOUND: Final = text("""
    select coalesce(sum(g.quantity), 0)::bigint as bound, min(g.number) as number,
           (select code from location where id = :location_id) as location,
           (select code from lot where id = :lot_id) as lot,
           coalesce((select sum(on_hand) from balance where location_id = :location_id and lot_id = :lot_id), 0)::bigint
             as on_hand
    from (
        select k.quantity, p.waybill_no as number from pick k join parcel p on p.id = k.parcel_id
        where k.state = 'PICKED' and p.state not in ('LEFT', 'PULLED')
          and k.staging_id = :location_id and k.lot_id = :lot_id
        union all
        select k.quantity, d.gate_number from dispatch_pick k join dispatch d on d.id = k.dispatch_id
        where k.left_at is null and k.staging_id = :location_id and k.lot_id = :lot_id) g
""")


def refuse_bound(session: Session, *, location_id: int, lot_id: int, quantity: int) -> None:
    """Raises StagedGoods when taking so much away would leave less than what is bound there."""
    row = session.execute(_BOUND, {"location_id": location_id, "lot_id": lot_id}).one()
    if row.bound and row.on_hand - quantity < row.bound:
        raise StagedGoods(bound=row.bound, lot=row.lot, location=row.location, number=row.number)


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """The moves of a passage; `elsewhere` units the ledger had at other places, `nowhere` it has not free at all."""

    moves: list[Move]
    elsewhere: int
    nowhere: int


_HERE: Final = text("""
    select b.location_id, b.lot_id, b.on_hand - b.reserved as on_hand
    from balance b
    join unnest(cast(:locations as bigint[]), cast(:lots as bigint[])) as k(location_id, lot_id)
      on b.location_id = k.location_id and b.lot_id = k.lot_id and b.handling_unit_id is null
    order by b.id
    for update of b
""")
# What a count called missing comes first: it is what the truck has.
_ELSEWHERE: Final = text("""
    select b.location_id, b.handling_unit_id, b.on_hand - b.reserved - b.held as free
    from balance b join location p on p.id = b.location_id
    where b.lot_id = :lot_id and b.location_id <> :location_id and b.on_hand > b.reserved + b.held
      and p.regime = 'BONDED' and p.zone <> 'NONE' and p.purpose <> 'STAGING'
    order by p.purpose <> 'SHORTAGE', b.id
    for update of b
""")


def find_leaving(session: Session, moves: Iterable[Move]) -> Leaving:
    """Where the goods of a passage can be taken from; a receipt about it is never refused for want of stock."""
    asked = list(moves)
    keys = sorted({(move.source_id, move.source_lot_id) for move in asked})
    columns = {"locations": [place for place, _ in keys], "lots": [lot for _, lot in keys]}
    left: dict[tuple[int, int], int] = defaultdict(int)
    for row in session.execute(_HERE, columns):
        left[row.location_id, row.lot_id] = row.on_hand
    found: list[Move] = []
    elsewhere = nowhere = 0
    for move in asked:
        here = min(move.quantity, left[move.source_id, move.source_lot_id])
        left[move.source_id, move.source_lot_id] -= here
        if here:
            found.append(move._replace(quantity=here))
        missing = move.quantity - here
        if missing:
            others = _from_elsewhere(session, move, missing, taken=found)
            found += others
            elsewhere += sum(each.quantity for each in others)
            nowhere += missing - sum(each.quantity for each in others)
    return Leaving(moves=found, elsewhere=elsewhere, nowhere=nowhere)


def _from_elsewhere(session: Session, move: Move, missing: int, *, taken: Iterable[Move]) -> list[Move]:
    before: dict[tuple[int, int | None], int] = defaultdict(int)
    for each in taken:
        if each.source_lot_id == move.source_lot_id:
            before[each.source_id, each.source_unit_id] += each.quantity
    found: list[Move] = []
    keys = {"lot_id": move.source_lot_id, "location_id": move.source_id}
    for row in session.execute(_ELSEWHERE, keys):
        part = min(missing, row.free - before[row.location_id, row.handling_unit_id])
        if part > 0:
            source = {"source_id": row.location_id, "source_unit_id": row.handling_unit_id}
            found.append(move._replace(quantity=part, **source))
            missing -= part
    return found
