"""库位状态: what customs would call the goods of each place, derived from the stock ledger, the lists and the passes.

Five words, as customs asks for them on a map: 非保税, 保税, 核注申请中, 核放申请中, 已核销. Nothing is stored: a status
is a pure function of where goods lie and how their papers stand, so it cannot be stale.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.bonded_list import ListState
from wms.customs.gate_pass import PassState
from wms.ledger.places import Regime


class GoodsStatus(StrEnum):
    """What customs would call goods lying there, in the order of their way out."""

    NON_BONDED = "NON_BONDED"
    BONDED = "BONDED"
    LIST_PENDING = "LIST_PENDING"
    """核注申请中: a list that books them is asked for and not booked"""
    PASS_PENDING = "PASS_PENDING"
    """核放申请中: a vehicle's pass to take them out is asked for, and it has not passed"""
    WRITTEN_OFF = "WRITTEN_OFF"
    """已核销: the book counts them out, and they have not left yet"""


#: Of several goods in one place the status that most needs a look colours it.
_RANK: Final = tuple(GoodsStatus)
_ASKED_FOR: Final = frozenset({PassState.DECLARED.value, PassState.APPROVED.value, PassState.PARKED.value})
_LIST_ASKED_FOR: Final = frozenset(
    {
        ListState.DECLARED.value,
        ListState.PRE_BOOKED.value,
        ListState.APPROVED.value,
        ListState.PARKED.value,
    }
)


@dataclass(frozen=True, kw_only=True)
class Papers:
    """How the papers of some goods stand.

    `arrived_unbooked`: they came under a list that nobody booked. `exit_list` is the state of the list that takes
    them out, `passes` the states of the passes it rides on.
    """

    arrived_unbooked: bool = False
    exit_list: str | None = None
    passes: frozenset[str] = frozenset()


NO_PAPERS: Final = Papers()


def status_of(regime: Regime, papers: Papers = NO_PAPERS) -> GoodsStatus:
    """What goods under this regime with these papers are called (pure).

    A booked exit list writes off whatever the gate still waits for; a pass outweighs the list it carries; a list
    that was refused or returned leaves goods what they were.
    """
    if regime is not Regime.BONDED:
        return GoodsStatus.NON_BONDED
    if papers.exit_list == ListState.BOOKED.value:
        return GoodsStatus.WRITTEN_OFF
    if papers.exit_list is not None and papers.passes & _ASKED_FOR:
        return GoodsStatus.PASS_PENDING
    if papers.exit_list in _LIST_ASKED_FOR or papers.arrived_unbooked:
        return GoodsStatus.LIST_PENDING
    return GoodsStatus.BONDED


def place_status(statuses: Iterable[GoodsStatus]) -> GoodsStatus | None:
    """The one status a place is coloured by: the furthest on the way out; none for an empty place (pure)."""
    return max(statuses, key=_RANK.index, default=None)


@dataclass(frozen=True, kw_only=True)
class PlacedGoods:
    """So much of a lot in a place, and what customs would call it."""

    lot_id: int
    lot: str
    expiry: date | None
    item_no: str
    name_zh: str
    name_en: str
    quantity: int
    held: int
    status: GoodsStatus


@dataclass(frozen=True, kw_only=True)
class MappedPlace:
    """A place of the registry with what lies there."""

    id: int
    code: str
    warehouse: str
    warehouse_name: str
    purpose: str
    regime: Regime
    area: str
    aisle: str
    bay: str
    level: str
    goods: tuple[PlacedGoods, ...]

    @property
    def status(self) -> GoodsStatus | None:
        """None: empty."""
        return place_status(each.status for each in self.goods)


_PLACES = text("""
    select p.id, p.code, w.code as warehouse, w.name as warehouse_name, p.purpose, p.regime, p.area, p.aisle, p.bay,
           p.level
    from location p join warehouse w on w.id = p.warehouse_id
    where cast(:warehouse as text) is null or w.code = :warehouse
    order by w.code, p.area, p.aisle, p.bay, p.level, p.code
""")
_LYING = text("""
    select b.location_id, b.lot_id, l.code as lot, l.expiry, r.item_no, r.name_zh, r.name_en, p.regime,
           sum(b.on_hand)::bigint as on_hand, sum(b.held)::bigint as held
    from balance b
    join location p on p.id = b.location_id
    join warehouse w on w.id = p.warehouse_id
    join lot l on l.id = b.lot_id
    join product r on r.id = l.product_id
    where b.on_hand > 0 and (cast(:warehouse as text) is null or w.code = :warehouse)
    group by b.location_id, b.lot_id, l.id, r.id, p.regime
    order by b.location_id, r.item_no, l.expiry nulls last, l.code
""")
# Lots that came under a list line nobody booked: from the few open rows to the moves that made them.
_ARRIVED_UNBOOKED = text("""
    select distinct m.target_lot_id as lot_id
    from open_row o
    join book_fact f on f.id = o.fact_id
    join stock_move m on m.posting_id = f.posting_id and m.document_number = f.document_number
                     and m.document_line = f.document_line
    where o.axis = 'MOVED_UNBOOKED' and o.side = 'IN' and o.open > 0
""")

# Goods of parcels that an exit list takes out: still in their bin, or brought to a staging place already.
_LEAVING = text("""
    select case k.state when 'PICKED' then k.staging_id else k.location_id end as location_id, k.lot_id,
           l.state as exit_list, sum(k.quantity)::bigint as quantity,
           array(select g.state from gate_pass g where g.id = c.pass_id
                 union
                 select g.state from passed_list x join gate_pass g on g.id = x.pass_id
                 where x.list_no = l.list_no and l.list_no <> ''
                 order by 1) as passes
    from pick k
    join parcel c on c.id = k.parcel_id
    join retail_declaration d on d.id = c.declaration_id
    join bonded_list l on l.id = d.exit_list_id
    where c.state not in ('LEFT', 'PULLED') and k.state in ('CHOSEN', 'PICKED')
    group by 1, 2, 3, 5
""")
#: Parts of what lies there, each with the papers that take it out.
Leaving = tuple[tuple[Papers, int], ...]


def goods_leaving(session: Session) -> dict[tuple[int, int], Leaving]:
    """By (place, lot): how much is on its way out under which papers, the furthest first."""
    found: dict[tuple[int, int], list[tuple[Papers, int]]] = defaultdict(list)
    for row in session.execute(_LEAVING):
        papers = Papers(exit_list=row.exit_list, passes=frozenset(row.passes))
        found[(row.location_id, row.lot_id)].append((papers, row.quantity))
    return {
        key: tuple(sorted(parts, key=lambda part: -_RANK.index(status_of(Regime.BONDED, part[0]))))
        for key, parts in found.items()
    }


def map_places(session: Session, *, warehouse: str | None = None) -> list[MappedPlace]:
    """Every place of the warehouses with its goods and their status, in walking order."""
    leaving = goods_leaving(session)
    unbooked = set(session.scalars(_ARRIVED_UNBOOKED))
    goods: dict[int, list[PlacedGoods]] = defaultdict(list)
    for row in session.execute(_LYING, {"warehouse": warehouse}):
        rest = Papers(arrived_unbooked=row.lot_id in unbooked)
        parts = parts_of(row.on_hand, leaving.get((row.location_id, row.lot_id), ()), rest=rest)
        for papers, quantity in parts:
            goods[row.location_id].append(
                PlacedGoods(
                    lot_id=row.lot_id,
                    lot=row.lot,
                    expiry=row.expiry,
                    item_no=row.item_no,
                    name_zh=row.name_zh,
                    name_en=row.name_en,
                    quantity=quantity,
                    held=row.held,
                    status=status_of(Regime(row.regime), papers),
                )
            )
    return [
        MappedPlace(**(row._asdict() | {"regime": Regime(row.regime)}), goods=tuple(goods.get(row.id, ())))
        for row in session.execute(_PLACES, {"warehouse": warehouse})
    ]


def parts_of(on_hand: int, leaving: Leaving, *, rest: Papers) -> list[tuple[Papers, int]]:
    """Divide what lies there into parts of one status each; never more than there is (pure)."""
    sums: dict[Papers, int] = defaultdict(int)
    left = on_hand
    for papers, quantity in leaving:
        part = min(quantity, left)
        sums[papers] += part
        left -= part
    sums[rest] += left
    return [(papers, quantity) for papers, quantity in sums.items() if quantity]
