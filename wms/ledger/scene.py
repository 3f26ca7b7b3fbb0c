"""What a posting decides on: places and lots as they are, and its balances, locked.

Everything that can be refused without a lock is refused before the first one is taken.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy.orm import Session

from wms.arrays import Bigints, Texts
from wms.driver import all_rows
from wms.ledger import refusals
from wms.ledger import statements as sql
from wms.ledger.moves import Goods, Move, Place
from wms.ledger.operations import LiftHold, Operation, PlaceHold, Reserve
from wms.ledger.places import Purpose, Regime
from wms.ledger.sides import check_serials
from wms.ledger.tally import Key, Resolved, Running, Scene, check_move, resolve


def places_by_code(session: Session, codes: Collection[str]) -> dict[str, Place]:
    """The places with these labels, in one statement; a label nobody has is not in it."""
    # in the order of the index, which costs a third less than any other
    found = map(_place, all_rows(session, sql.PLACES_BY_CODE, codes=Texts(sorted(codes))))
    return {place.code: place for place in found}


def read_scene(
    session: Session,
    moves: Sequence[Move],
    others: Sequence[Operation],
    *,
    occurred_at: datetime,
    known: Mapping[int, Place],
) -> Scene:
    """Read places (but the known ones) and lots, refuse what needs no lock to be refused, then lock the balances."""
    touched = [each for each in others if isinstance(each, PlaceHold | LiftHold | Reserve)]
    place_ids = {id_ for m in moves for id_ in (m.source_id, m.target_id)} | {t.location_id for t in touched}
    lot_ids = {id_ for m in moves for id_ in (m.source_lot_id, m.target_lot_id)} | {t.lot_id for t in touched}
    places = dict(known)
    if unread := sorted(place_ids - known.keys()):
        read = map(_place, all_rows(session, sql.PLACES, ids=Bigints(unread)))
        places |= {place.id: place for place in read}
    lots = all_rows(session, sql.GOODS, ids=Bigints(sorted(lot_ids)))
    closed_until = lots[0][0]
    goods = {row[1]: _goods(row[1:]) for row in lots if row[1] is not None}
    if closed_until is not None and occurred_at <= closed_until:
        raise refusals.PeriodClosed(until=closed_until, occurred_at=occurred_at)
    resolved = [resolve(move, places, goods) for move in moves]
    for each in resolved:
        check_move(each)
    check_serials(resolved)
    _check_room(session, resolved)
    keys = {each.source_key for each in resolved} | {each.target_key for each in resolved}
    keys |= {(t.location_id, t.lot_id, t.handling_unit_id) for t in touched}
    # a partner place has no balance
    keys.discard(None)
    balances = _lock_balances(session, cast("set[Key]", keys)) if keys else {}
    holds: dict[int, list[list[int]]] = defaultdict(list)
    if held := sorted(b.id for b in balances.values() if b.held):
        for row in all_rows(session, sql.HOLDS, ids=Bigints(held)):
            holds[row.balance_id].append([row.hold_id, int(row.quantity)])
    return Scene(moves=resolved, places=places, goods=goods, balances=balances, holds=holds)


# A row that was read before gives the same object: making two hundred anew is a tenth of a large posting.
@lru_cache(maxsize=20_000)
def _place(row: tuple[Any, ...]) -> Place:
    id_, code, purpose, regime, zone, storage_class, capacity = row
    return Place(
        id=id_,
        code=code,
        purpose=Purpose(purpose),
        regime=Regime(regime),
        zone=zone,
        storage_class=storage_class,
        capacity=capacity,
    )


@lru_cache(maxsize=20_000)
def _goods(row: tuple[Any, ...]) -> Goods:
    id_, code, product_id, owner_id, book_item_id, storage_class, item_no, is_serial = row
    return Goods(
        id=id_,
        code=code,
        product_id=product_id,
        owner_id=owner_id,
        book_item_id=book_item_id,
        storage_class=storage_class,
        item_no=item_no,
        is_serial=is_serial,
    )


def _check_room(session: Session, moves: Sequence[Resolved]) -> None:
    """A bin with a limit is locked while it is filled, so two workers cannot both use the last of it."""
    filled = {each.target.id: each.target for each in moves if each.target.capacity is not None}
    if not filled:
        return
    limited = sorted(filled)
    session.execute(sql.LOCK_LIMITED_PLACES, {"ids": limited})
    rows = all_rows(session, sql.LOAD_OF_PLACES, ids=limited)
    load = {row.location_id: int(row.on_hand) for row in rows}
    for location_id in limited:
        place = filled[location_id]
        arriving = sum(each.move.quantity for each in moves if each.target is place)
        leaving = sum(each.move.quantity for each in moves if each.source.id == location_id)
        assert place.capacity is not None
        if load.get(location_id, 0) + arriving - leaving > place.capacity:
            raise refusals.PlaceFull(
                location=place.code,
                capacity=place.capacity,
                on_hand=load.get(location_id, 0),
                wanted=arriving,
            )


def _lock_balances(session: Session, keys: set[Key]) -> dict[Key, Running]:
    """The balances, locked in the order of their ids; those that were never there are made, in the order of their keys.

    Raises what `run` tries again when a balance that came to be meanwhile is already locked by another.
    """
    asked = list(keys)
    columns = {
        "locations": Bigints(key[0] for key in asked),
        "lots": Bigints(key[1] for key in asked),
        "units": Bigints(key[2] for key in asked),
    }
    locked = all_rows(session, sql.LOCK_BALANCES, **columns)
    if len(locked) < len(asked):
        session.execute(sql.MAKE_BALANCES, columns)
        locked = all_rows(session, sql.LOCK_MADE_BALANCES, **columns)
    # A row is cut in pieces: reading it column by column costs most of a large posting.
    return {asked[row[0] - 1]: Running(row[1], row[2:]) for row in locked}
