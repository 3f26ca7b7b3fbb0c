"""What a closed count differs in, as cases: netted first, so that only the rest is a shortage or a surplus.

A recount confirms, changes or ends the cases of the count before it at the same places, as long as nobody has
decided about them; a decided case is settled in the ledger and stands by itself.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, Spot, enter, open_case
from wms.ledger import counts
from wms.ledger.counts import Count, differences
from wms.ledger.netting import Difference, Swap, SwapKind, net

COUNT_KINDS = (
    CaseKind.COUNT_SHORTAGE,
    CaseKind.COUNT_SURPLUS,
    CaseKind.COUNT_LOT_SWAP,
    CaseKind.COUNT_MISPLACED,
    CaseKind.COUNT_CONDITION,
)
_SWAPS = {
    SwapKind.CONDITION: CaseKind.COUNT_CONDITION,
    SwapKind.LOT: CaseKind.COUNT_LOT_SWAP,
    SwapKind.LOCATION: CaseKind.COUNT_MISPLACED,
}


def close_count(session: Session, number: str, *, at: datetime, by_id: int) -> list[Discrepancy]:
    """Close a count and open a case for each thing it differs in; returns the cases it leaves open."""
    count = counts.close_count(session, number, at=at, by_id=by_id)
    before = _undecided(session, count)
    swaps, rest = net(differences(session, count_id=count.id))
    found = [_of_swap(each) for each in swaps] + [_of_rest(each, quantity) for each, quantity in rest]
    return _open(session, count, found, before, at=at, by_id=by_id)


_Found = tuple[CaseKind, Difference, Spot, int, int]


def _of_swap(swap: Swap) -> _Found:
    """What should lie there and, where that differs, what was found instead."""
    spot = Spot(
        location_id=swap.source.location_id,
        lot_id=swap.source.lot_id,
        other_location_id=swap.target.location_id if swap.kind is SwapKind.LOCATION else None,
        other_lot_id=None if swap.kind is SwapKind.LOCATION else swap.target.lot_id,
    )
    return _SWAPS[swap.kind], swap.source, spot, swap.quantity, 0


def _of_rest(difference: Difference, quantity: int) -> _Found:
    kind = CaseKind.COUNT_SURPLUS if quantity > 0 else CaseKind.COUNT_SHORTAGE
    spot = Spot(location_id=difference.location_id, lot_id=difference.lot_id)
    on_book = quantity if difference.book_item_id else 0
    return kind, difference, spot, abs(quantity), on_book


_Key = tuple[CaseKind, int | None, int | None, int | None, int | None]


def _key(case: Discrepancy) -> _Key:
    return case.kind, case.location_id, case.lot_id, case.other_location_id, case.other_lot_id


_COVERED = text("""
    select p.id from location p join warehouse w on w.id = p.warehouse_id where w.code = any(:warehouses)
""")


def _undecided(session: Session, count: Count) -> dict[_Key, Discrepancy]:
    """Cases of earlier counts at these places that nobody has decided; they are counted again now."""
    places = list(session.scalars(_COVERED, {"warehouses": count.warehouses}))
    query = select(Discrepancy).where(
        Discrepancy.kind.in_(COUNT_KINDS),
        Discrepancy.state.in_((CaseState.OPEN, CaseState.PROPOSED)),
        Discrepancy.location_id.in_(places),
    )
    return {_key(case): case for case in session.scalars(query.order_by(Discrepancy.id).with_for_update())}


def _open(
    session: Session,
    count: Count,
    found: Sequence[_Found],
    before: dict[_Key, Discrepancy],
    *,
    at: datetime,
    by_id: int,
) -> list[Discrepancy]:
    cases: list[Discrepancy] = []
    for kind, difference, spot, quantity, on_book in found:
        again = before.pop((kind, *vars(spot).values()), None)
        if again is None:
            cases.append(
                open_case(
                    session,
                    kind=kind,
                    item_no=difference.item_no,
                    book_item_id=difference.book_item_id,
                    quantity=quantity,
                    book_difference=on_book,
                    count_id=count.id,
                    spot=spot,
                    at=at,
                    by_id=by_id,
                )
            )
            continue
        _count_again(session, again, count, quantity=quantity, on_book=on_book, at=at, by_id=by_id)
        cases.append(again)
    for gone in before.values():
        gone.state, gone.count_id = CaseState.CLOSED, count.id
        enter(session, gone, Act.CLOSED, at=at, by_id=by_id, facts={"count": count.number, "quantity": 0})
    return cases


def _count_again(
    session: Session,
    case: Discrepancy,
    count: Count,
    *,
    quantity: int,
    on_book: int,
    at: datetime,
    by_id: int,
) -> None:
    """A recount says the same or another figure; a proposal made on the old one must be made again."""
    if case.quantity != quantity:
        case.state, case.proposed_by_id = CaseState.OPEN, None
    case.quantity, case.book_difference, case.count_id = quantity, on_book, count.id
    enter(session, case, Act.CHANGED, at=at, by_id=by_id, facts={"count": count.number, "quantity": quantity})
