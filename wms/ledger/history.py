"""Reading back: stock and book at any instant, and where a lot came from and went to.

Instants are of the ledger's own clock (`recorded_at`), which rises with the versions of each balance; so the last
move up to an instant says what a balance held, and nothing has to be added up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Ready to be narrowed at `{which}`; `wms.ledger.past` puts words to it.
STOCK_AT = """
    select b.id as balance_id, b.location_id, b.lot_id, e.on_hand
    from balance b
    cross join lateral (
        select x.on_hand from (
            (select source_version as version, source_on_hand as on_hand from stock_move
             where source_balance_id = b.id and recorded_at <= :at order by source_version desc limit 1)
            union all
            (select target_version, target_on_hand from stock_move
             where target_balance_id = b.id and recorded_at <= :at order by target_version desc limit 1)
        ) x order by x.version desc limit 1) e
    where e.on_hand > 0 {which}
    order by b.location_id, b.lot_id
"""
#: Every move that touched one of :lot_ids, once: found by the balances, of which each move has one at either end.
MOVES_OF_LOTS = """
    select m.* from balance b join stock_move m on m.source_balance_id = b.id where b.lot_id = any(:lot_ids)
    union
    select m.* from balance b join stock_move m on m.target_balance_id = b.id where b.lot_id = any(:lot_ids)
"""
#: By what was asked for. The array makes the lots of a product a search in the index, not a walk over all balances.
_WHICH = {
    "product_id": "and b.lot_id = any(array(select id from lot where product_id = :product_id))",
    "lot_id": "and b.lot_id = :lot_id",
    "location_id": "and b.location_id = :location_id",
}


@dataclass(frozen=True, kw_only=True)
class StockAt:
    """What a balance held at an instant, in stock units."""

    balance_id: int
    location_id: int
    lot_id: int
    on_hand: int


def stock_at(
    session: Session,
    *,
    at: datetime,
    product_id: int | None = None,
    lot_id: int | None = None,
    location_id: int | None = None,
) -> list[StockAt]:
    """What lay where at an instant: of a product, a lot, a place, or everything."""
    asked = {"product_id": product_id, "lot_id": lot_id, "location_id": location_id}
    values = {name: value for name, value in asked.items() if value is not None}
    query = text(STOCK_AT.format(which=" ".join(_WHICH[name] for name in values)))
    return [StockAt(**row._asdict()) for row in session.execute(query, values | {"at": at})]


_BOOK_AT = text("""
    with facts as (
        select f.id, f.kind, f.side, f.quantity
        from book_fact f join posting p on p.id = f.posting_id
        where f.book_item_id = :book_item_id and p.recorded_at <= :at),
    answered as (
        select f.kind, f.side, sum(l.quantity)::bigint as quantity
        from facts f join book_link l on l.other_id = f.id
        join posting p on p.id = l.posting_id
        where p.recorded_at <= :at group by 1, 2),
    sums as (select kind, side, sum(quantity)::bigint as quantity from facts group by 1, 2)
    select coalesce(sum(s.quantity) filter (where s.kind = 'BOOKED' and s.side = 'IN'), 0)::bigint as actual_in,
           coalesce(sum(s.quantity) filter (where s.kind = 'BOOKED' and s.side = 'OUT'), 0)::bigint as actual_out,
           coalesce(sum(s.quantity - coalesce(a.quantity, 0))
                    filter (where s.kind = 'PROMISED' and s.side = 'IN'), 0)::bigint as promised_in,
           coalesce(sum(s.quantity - coalesce(a.quantity, 0))
                    filter (where s.kind = 'PROMISED' and s.side = 'OUT'), 0)::bigint as promised_out,
           coalesce(sum(s.quantity - coalesce(a.quantity, 0))
                    filter (where s.kind = 'MOVED' and s.side = 'IN'), 0)::bigint as arrived_not_booked,
           coalesce(sum(s.quantity - coalesce(a.quantity, 0))
                    filter (where s.kind = 'MOVED' and s.side = 'OUT'), 0)::bigint as left_not_booked,
           coalesce(sum(s.quantity) filter (where s.kind = 'MOVED' and s.side = 'IN'), 0)::bigint as moved_in,
           coalesce(sum(s.quantity) filter (where s.kind = 'MOVED' and s.side = 'OUT'), 0)::bigint as moved_out,
           (select coalesce(sum(d.quantity), 0)::bigint
            from display_entry d join posting p on p.id = d.posting_id
            where d.book_item_id = :book_item_id and p.recorded_at <= :at) as displayed_out
    from sums s left join answered a using (kind, side)
""")


@dataclass(frozen=True, kw_only=True)
class BookAt:
    """A book item as it stood at an instant, in stock units; case-named open quantities are included."""

    actual_in: int
    actual_out: int
    promised_in: int
    promised_out: int
    arrived_not_booked: int
    left_not_booked: int
    moved_in: int
    moved_out: int
    displayed_out: int

    @property
    def booked_not_arrived(self) -> int:
        """Booked in and not answered by an arrival."""
        return self.actual_in - (self.moved_in - self.arrived_not_booked)

    @property
    def booked_not_left(self) -> int:
        """Booked out and not answered by a leaving."""
        return self.actual_out - (self.moved_out - self.left_not_booked)

    @property
    def booked_not_moved(self) -> int:
        """What customs booked and did not cross, inward less outward."""
        return self.booked_not_arrived - self.booked_not_left

    @property
    def available(self) -> int:
        """实增 − 实减 − 预减 − 展示在外."""
        return self.actual_in - self.actual_out - self.promised_out - self.displayed_out


def book_at(session: Session, *, book_item_id: int, at: datetime) -> BookAt:
    """The figures of one book item at an instant, from its facts and links alone."""
    row = session.execute(_BOOK_AT, {"book_item_id": book_item_id, "at": at}).one()
    return BookAt(**row._asdict())


Direction = Literal["forward", "backward"]

# `union` keeps each lot once, which is the visited set: two lots swapped back and forth end the walk.
_REACHED = {
    "forward": text("""
        with recursive reached(lot_id) as (
            select cast(:lot_id as bigint)
            union
            select m.target_lot_id from reached r join stock_move m on m.source_lot_id = r.lot_id
            where m.target_lot_id <> m.source_lot_id)
        select lot_id from reached
    """),
    "backward": text("""
        with recursive reached(lot_id) as (
            select cast(:lot_id as bigint)
            union
            select m.source_lot_id from reached r join stock_move m on m.target_lot_id = r.lot_id
            where m.target_lot_id <> m.source_lot_id)
        select lot_id from reached
    """),
}

# Entries and exits of the reached lots: the moves at the rim, with their papers.
_RIM = text(f"""
    select m.source_lot_id as lot_id, s.code as source, t.code as target, sum(m.quantity)::bigint as quantity,
           m.document_kind, m.document_number, m.document_line, m.pass_number,
           min(m.recorded_at) as first_at, max(m.recorded_at) as last_at, count(*) as moves
    from ({MOVES_OF_LOTS}) m
    join location s on s.id = m.source_id
    join location t on t.id = m.target_id
    where m.source_balance_id is null or m.target_balance_id is null
    group by 1, 2, 3, 5, 6, 7, 8
    order by first_at
    limit :limit
""")


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Goods of a lot that came from or went to a partner place under one paper."""

    lot_id: int
    source: str
    target: str
    quantity: int
    document_kind: str | None
    document_number: str | None
    document_line: int | None
    pass_number: str
    first_at: datetime
    last_at: datetime
    moves: int


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Lots that goods of a lot became (forward) or came from (backward), and their entries and exits."""

    lot_ids: tuple[int, ...]
    crossings: tuple[Crossing, ...]


def trace_lot(session: Session, *, lot_id: int, direction: Direction, limit: int = 10_000) -> Trace:
    """Follow a lot through its changes of trait, to its buyers or to its suppliers."""
    lot_ids: Sequence[int] = session.execute(_REACHED[direction], {"lot_id": lot_id}).scalars().all()
    rows = session.execute(_RIM, {"lot_ids": list(lot_ids), "limit": limit})
    return Trace(lot_ids=tuple(sorted(lot_ids)), crossings=tuple(Crossing(**row._asdict()) for row in rows))
