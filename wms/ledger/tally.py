"""Running balances of one posting (pure): what each move leaves behind, or the refusal that stops it.

Works on values read under the locks; the guarded UPDATE afterwards must return exactly these figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wms.ledger import refusals
from wms.ledger.moves import Goods, Move, Place, needs_authority
from wms.ledger.operations import LiftHold, Operation, PlaceHold, Reserve
from wms.ledger.places import OPEN_TO_HELD, Purpose

Key = tuple[int, int, int | None]
"""A balance: place, lot, handling unit."""


class Running:
    """A balance as it stands within this posting; `before` keeps what was read: on hand, reserved, held, version."""

    __slots__ = ("before", "held", "id", "on_hand", "reserved", "version")

    def __init__(self, id_: int, before: tuple[int, int, int, int]) -> None:
        self.id = id_
        self.before = before
        self.on_hand, self.reserved, self.held, self.version = before

    @property
    def changed(self) -> bool:
        return self.before != (self.on_hand, self.reserved, self.held, self.version)


class Resolved(NamedTuple):
    """A move with its places, its lots and the keys of its balances; a partner place has none."""

    move: Move
    source: Place
    source_goods: Goods
    target: Place
    target_goods: Goods
    source_key: Key | None
    target_key: Key | None


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything the decisions need, read before and under the locks."""

    #: the moves asked for, in their order
    moves: Sequence[Resolved]
    places: Mapping[int, Place]
    goods: Mapping[int, Goods]
    balances: Mapping[Key, Running]
    #: holds of a balance in order of placing: [hold id, quantity still barred]
    holds: Mapping[int, list[list[int]]]


@dataclass(frozen=True, kw_only=True)
class HoldChange:
    """A row for `hold_entry`."""

    hold_id: int
    balance_id: int
    quantity: int


class DoneMove(NamedTuple):
    """What a move left at its two ends; the ends of partner places say nothing."""

    move: Move
    source: tuple[int, int, int] | None
    """balance id, version after, on hand after"""
    target: tuple[int, int, int] | None


def resolve(move: Move, places: Mapping[int, Place], goods: Mapping[int, Goods]) -> Resolved:
    """Look up what a move names."""
    source, target = places[move.source_id], places[move.target_id]
    return Resolved(
        move,
        source,
        goods[move.source_lot_id],
        target,
        goods[move.target_lot_id],
        None if source.is_partner else (move.source_id, move.source_lot_id, move.source_unit_id),
        None if target.is_partner else (move.target_id, move.target_lot_id, move.target_unit_id),
    )


def check_move(each: Resolved) -> None:
    """What can be said of a move before anything is locked."""
    move, source, source_goods, target, target_goods, source_key, target_key = each
    if move.quantity <= 0:
        raise refusals.NothingToMove(quantity=move.quantity)
    # of two partner places neither has a balance
    if source_key == target_key:
        raise refusals.SameEnds(location=source.code)
    if source_goods.product_id != target_goods.product_id:
        raise refusals.OtherProduct(
            lot=source_goods.code, item=source_goods.item_no, other=target_goods.item_no
        )
    if source_goods.id != target_goods.id and (source.is_partner or target.is_partner):
        raise refusals.TraitAtTheRim(source=source.code, target=target.code)
    if move.document is None:
        _check_without_document(source, source_goods, target, target_goods)
    wanted_class = target.purpose is Purpose.STORE and target.storage_class
    if wanted_class and target_goods.storage_class != wanted_class:
        raise refusals.WrongStorageClass(
            location=target.code,
            place_class=wanted_class,
            lot=target_goods.code,
            goods_class=target_goods.storage_class,
        )


def _check_without_document(source: Place, source_goods: Goods, target: Place, target_goods: Goods) -> None:
    if needs_authority(source=source, source_goods=source_goods, target=target, target_goods=target_goods):
        raise refusals.NeedsAuthority(source=source.code, target=target.code)
    if source_goods.owner_id != target_goods.owner_id:
        raise refusals.OtherOwner(lot=source_goods.code)


def move_stock(each: Resolved, scene: Scene, carried: list[HoldChange]) -> DoneMove:
    """Take from the source balance, add to the target balance; held goods carry their holds along (`carried`)."""
    source_end = target_end = None
    taking: Sequence[tuple[int, int]] = ()
    if each.source_key is not None:
        balance = scene.balances[each.source_key]
        taking = _take(each, balance, scene)
        source_end = (balance.id, balance.version, balance.on_hand)
        carried += [HoldChange(hold_id=h, balance_id=balance.id, quantity=-q) for h, q in taking]
    if each.target_key is not None:
        balance = scene.balances[each.target_key]
        balance.on_hand += each.move.quantity
        balance.version += 1
        for hold_id, quantity in taking:
            balance.held += quantity
            scene.holds[balance.id].append([hold_id, quantity])
            carried.append(HoldChange(hold_id=hold_id, balance_id=balance.id, quantity=quantity))
        target_end = (balance.id, balance.version, balance.on_hand)
    return DoneMove(each.move, source_end, target_end)


def _take(each: Resolved, balance: Running, scene: Scene) -> Sequence[tuple[int, int]]:
    """Lower the source balance; returns (hold, quantity) that had to come along."""
    wanted = each.move.quantity
    if wanted > balance.on_hand:
        raise refusals.NotEnoughStock(**_wanted_of(each, balance))
    reserved = balance.reserved - wanted if each.move.from_reserved else balance.reserved
    if reserved < 0 or wanted > balance.on_hand - reserved:
        raise refusals.StockReserved(**_wanted_of(each, balance), reserved=balance.reserved)
    taking: Sequence[tuple[int, int]] = ()
    if balance.held:
        # A reserved unit may not be taken by another move, so only the rest can be held goods.
        free = max(0, balance.on_hand - reserved - balance.held)
        if wanted > free and each.target.purpose not in OPEN_TO_HELD:
            raise refusals.LotOnHold(**_wanted_of(each, balance), held=balance.held)
        taking = carry_holds(scene.holds[balance.id], max(0, wanted - free))
        balance.held -= sum(quantity for _, quantity in taking)
    balance.on_hand -= wanted
    balance.reserved = reserved
    balance.version += 1
    return taking


def _wanted_of(each: Resolved, balance: Running) -> dict[str, str | int]:
    return {
        "location": each.source.code,
        "lot": each.source_goods.code,
        "on_hand": balance.on_hand,
        "wanted": each.move.quantity,
    }


def carry_holds(holds: list[list[int]], wanted: int) -> list[tuple[int, int]]:
    """Take `wanted` units out of the holds of a balance, oldest hold first."""
    taken: list[tuple[int, int]] = []
    for hold in holds:
        quantity = min(hold[1], wanted)
        if quantity:
            hold[1] -= quantity
            wanted -= quantity
            taken.append((hold[0], quantity))
    return taken


def work_stock(operations: Sequence[Operation], scene: Scene) -> tuple[list[DoneMove], list[HoldChange]]:
    """Work the stock side of the operations in their order, on running balances."""
    done: list[DoneMove] = []
    changes: list[HoldChange] = []
    moves = iter(scene.moves)
    for each in operations:
        match each:
            case Move():
                done.append(move_stock(next(moves), scene, changes))
            case PlaceHold():
                changes.append(_place_hold(each, scene))
            case LiftHold():
                changes.append(_lift_hold(each, scene))
            case Reserve():
                _reserve(each, scene)
            case _:
                pass
    return done, changes


def _balance(each: PlaceHold | LiftHold | Reserve, scene: Scene) -> Running:
    return scene.balances[each.location_id, each.lot_id, each.handling_unit_id]


def _place_hold(each: PlaceHold, scene: Scene) -> HoldChange:
    balance = _balance(each, scene)
    if each.quantity <= 0:
        raise refusals.NothingToMove(quantity=each.quantity)
    if each.quantity > balance.on_hand - balance.held:
        raise refusals.NotEnoughStock(
            location=scene.places[each.location_id].code,
            lot=scene.goods[each.lot_id].code,
            on_hand=balance.on_hand - balance.held,
            wanted=each.quantity,
        )
    balance.held += each.quantity
    scene.holds[balance.id].append([each.hold_id, each.quantity])
    return HoldChange(hold_id=each.hold_id, balance_id=balance.id, quantity=each.quantity)


def _lift_hold(each: LiftHold, scene: Scene) -> HoldChange:
    balance = _balance(each, scene)
    barred = sum(quantity for hold_id, quantity in scene.holds[balance.id] if hold_id == each.hold_id)
    if not 0 < each.quantity <= barred:
        raise refusals.NoSuchHold(
            hold=each.hold_id,
            held=barred,
            location=scene.places[each.location_id].code,
            wanted=each.quantity,
        )
    balance.held -= each.quantity
    carry_holds([hold for hold in scene.holds[balance.id] if hold[0] == each.hold_id], each.quantity)
    return HoldChange(hold_id=each.hold_id, balance_id=balance.id, quantity=-each.quantity)


def _reserve(each: Reserve, scene: Scene) -> None:
    balance = _balance(each, scene)
    free = balance.on_hand - balance.reserved - balance.held
    if each.quantity > free or balance.reserved + each.quantity < 0:
        raise refusals.StockReserved(
            location=scene.places[each.location_id].code,
            lot=scene.goods[each.lot_id].code,
            on_hand=balance.on_hand,
            reserved=balance.reserved + balance.held,
            wanted=each.quantity,
        )
    balance.reserved += each.quantity
