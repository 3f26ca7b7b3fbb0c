"""The goods of an inspection: where they lie, and the hold that keeps them there.

A batch is held wherever it lies, a list in every lot that came in under it, a declaration in what was picked for
it. The hold bars pick, pack, load and gate; the ways to the cage, the inspection place and back to a bin stay open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.double_random import SubjectKind
from wms.ledger.book import Side
from wms.ledger.lots import Hold
from wms.ledger.moves import Move
from wms.ledger.operations import LiftHold, Operation, PlaceHold

if TYPE_CHECKING:
    from wms.customs.inspection import Inspection


@dataclass(frozen=True, kw_only=True)
class Lying:
    """So much of a lot at a place; `free` of it is not held yet. The codes are for people."""

    location_id: int
    lot_id: int
    handling_unit_id: int | None
    quantity: int
    location: str
    regime: str
    purpose: str
    lot: str
    item_no: str
    under_customs: bool


# Locked in order of id, as the valve does: what is counted here is what will be held.
_FREE = """
    select b.location_id, b.lot_id, b.handling_unit_id, {quantity} as quantity, p.code as location, p.regime,
           p.purpose, l.code as lot, r.item_no, l.book_item_id <> 0 as under_customs
    from balance b
    join location p on p.id = b.location_id
    join lot l on l.id = b.lot_id
    join product r on r.id = l.product_id
    {goods}
    order by b.id
    for update of b
"""
_ALL_FREE = "b.on_hand - b.held"
_BATCH = text(
    _FREE.format(
        quantity=_ALL_FREE,
        goods="where b.on_hand > b.held and r.item_no = :item_no and l.code = :code",
    )
)
# The lots that came in under the list, and what became of them by a changed trait.
_LIST = text(
    "with recursive under(lot_id) as ("
    " select target_lot_id from stock_move where document_kind = 'BONDED_LIST' and document_number = :number"
    " union select m.target_lot_id from stock_move m join under u on u.lot_id = m.source_lot_id"
    " where m.target_lot_id <> m.source_lot_id)"
    + _FREE.format(
        quantity=_ALL_FREE,
        goods="where b.on_hand > b.held and b.lot_id in (select lot_id from under)",
    )
)
# What moves under the declaration's (or an exit list's) number brought to a place and did not take away again.
_BROUGHT = text(
    "with moved as ("
    " select balance_id, sum(quantity)::bigint as quantity from ("
    "  select target_balance_id as balance_id, quantity from stock_move"
    "  where document_kind = :kind and document_number = :number"
    "  union all select source_balance_id, -quantity from stock_move"
    "  where document_kind = :kind and document_number = :number) m"
    " where balance_id is not null group by 1 having sum(quantity) > 0)"
    + _FREE.format(
        quantity="least(b.on_hand - b.held, v.quantity)",
        goods="join moved v on v.balance_id = b.id where b.on_hand > b.held and p.purpose <> 'STORE'",
    )
)
_HELD = text("""
    select b.location_id, b.lot_id, b.handling_unit_id, sum(h.quantity)::bigint as quantity, p.code as location,
           p.regime, p.purpose, l.code as lot, r.item_no, l.book_item_id <> 0 as under_customs
    from hold_entry h
    join balance b on b.id = h.balance_id
    join location p on p.id = b.location_id
    join lot l on l.id = b.lot_id
    join product r on r.id = l.product_id
    where h.hold_id = :hold_id
    group by b.id, b.location_id, b.lot_id, b.handling_unit_id, p.code, p.regime, p.purpose, l.code, r.item_no,
             l.book_item_id
    having sum(h.quantity) > 0
    order by b.id
""")


def batch_number(item_no: str, code: str) -> str:
    """How a batch is named as a subject."""
    return f"{item_no}/{code}"


def free_goods(session: Session, inspection: "Inspection") -> list[Lying]:
    """Goods of the subject that no hold bars yet, locked in the ledger's order."""
    return lying_of(session, kind=inspection.subject_kind, number=inspection.subject_number)


def lying_of(session: Session, *, kind: SubjectKind, number: str) -> list[Lying]:
    """Goods of a subject that no hold bars yet, locked in the ledger's order."""
    if kind is SubjectKind.BATCH:
        item_no, _, code = number.partition("/")
        rows = session.execute(_BATCH, {"item_no": item_no, "code": code})
    elif kind is SubjectKind.BONDED_LIST and not _takes_out(session, number):
        rows = session.execute(_LIST, {"number": number})
    else:
        rows = session.execute(_BROUGHT, {"kind": kind.value, "number": number})
    return [Lying(**row._asdict()) for row in rows]


def _takes_out(session: Session, list_no: str) -> bool:
    """Whether the list takes goods out: then only what was brought to the gate for it is its own."""
    query = select(BondedList.side).where(BondedList.list_no == list_no)
    return session.scalar(query) is Side.OUT


def held_goods(session: Session, hold_id: int | None) -> list[Lying]:
    """What a hold bars now, by place and lot."""
    if hold_id is None:
        return []
    return [Lying(**row._asdict()) for row in session.execute(_HELD, {"hold_id": hold_id})]


def holds(session: Session, inspection: "Inspection", *, by_id: int, at: datetime) -> list[Operation]:
    """What the valve must be asked to hold for an inspection now; nothing when all its goods are held."""
    return place(session, inspection, free_goods(session, inspection), by_id=by_id, at=at)


def place(
    session: Session, inspection: "Inspection", lying: Sequence[Lying], *, by_id: int, at: datetime
) -> list[Operation]:
    """Hold these goods under the inspection's own hold, made when it is needed first."""
    if not lying:
        return []
    return [
        PlaceHold(
            hold_id=hold_of(session, inspection, by_id=by_id, at=at),
            location_id=each.location_id,
            lot_id=each.lot_id,
            handling_unit_id=each.handling_unit_id,
            quantity=each.quantity,
        )
        for each in lying
    ]


def hold_of(session: Session, inspection: "Inspection", *, by_id: int, at: datetime) -> int:
    """The inspection's hold."""
    if inspection.hold_id is None:
        hold = Hold(
            reason=f"查验 {inspection.number}", case_number=inspection.number, by_id=by_id, placed_at=at
        )
        session.add(hold)
        session.flush()
        inspection.hold_id = hold.id
    return inspection.hold_id


def lifts(hold_id: int | None, goods: Iterable[Lying]) -> list[Operation]:
    """Give these goods free of the hold."""
    if hold_id is None:
        return []
    return [
        LiftHold(
            hold_id=hold_id,
            location_id=each.location_id,
            lot_id=each.lot_id,
            handling_unit_id=each.handling_unit_id,
            quantity=each.quantity,
        )
        for each in goods
    ]


def moved_under_hold(
    session: Session, inspection: "Inspection | None", moves: Sequence[Move]
) -> list[Operation]:
    """These moves, and what the inspection holds of their goods held again where they arrive.

    A balance does not know whose units are held: without this a move would take its neighbour's free ones.
    """
    if inspection is None or inspection.hold_id is None:
        return list(moves)
    held = {
        (each.location_id, each.lot_id, each.handling_unit_id): each.quantity
        for each in held_goods(session, inspection.hold_id)
    }
    operations: list[Operation] = []
    for move in moves:
        key = (move.source_id, move.source_lot_id, move.source_unit_id)
        part = min(held.get(key, 0), move.quantity)
        if part:
            held[key] -= part
            operations.append(
                LiftHold(hold_id=inspection.hold_id, location_id=key[0], lot_id=key[1], quantity=part)
            )
        operations.append(move)
        if part:
            operations.append(
                PlaceHold(
                    hold_id=inspection.hold_id,
                    location_id=move.target_id,
                    lot_id=move.target_lot_id,
                    quantity=part,
                )
            )
    return operations
