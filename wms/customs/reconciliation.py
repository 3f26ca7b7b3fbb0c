"""Reconciliation 账/单/货: three figures of every book item at one instant, and what explains their differences.

账 is customs' statement as received, 单 what our booked documents say, 货 what lies in bonded places and what was
counted. Open quantities that name a document explain themselves; those that name a case are the difference. Nothing
here changes a figure: a difference is a case, and only its decision's document changes the book.

Every figure is of one instant of the ledger's own clock: facts, links, moves, counts and statements recorded up to
it, never today's sums. What is entered later changes no page that was shown before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from wms.customs.statement import stated
from wms.ledger.counts import SAID
from wms.ledger.history import STOCK_AT
from wms.ledger.past import ItemAt, items_at

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What documents booked on an item, stock units: before the opening, and since by direction."""

    opening: int = 0
    booked_in: int = 0
    booked_out: int = 0
    listed: int = 0
    """opening, plus inbound lists customs confirmed, less exit lists it confirmed"""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Open quantities of an item that have a column of their own, stock units."""

    arrived_in_cases: int = 0
    left_in_cases: int = 0
    expected_in_cases: int = 0
    leaving_in_cases: int = 0
    returned: int = 0


@dataclass(frozen=True, kw_only=True)
class Announced:
    """What did not come with a vehicle that is unloaded and not booked yet, stock units; its case holds it."""

    short: int = 0


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What lies there of an item, stock units: by the stock ledger without SHORTAGE, and what counts changed of it."""

    stock: int = 0
    missing: int = 0
    """in SHORTAGE places, waiting for a decision's document"""
    count_differs: int = 0
    """what the last closed counts found more or less, not yet settled"""


@dataclass(frozen=True, kw_only=True)
class ReconciledItem:
    """One book item: the three figures, the open columns that explain them, and what is left unexplained."""

    book_item_id: int
    item_no: str
    name: str
    unit: str
    opening: int
    booked_in: int
    booked_out: int
    statement: Decimal
    """账: customs' own balance, declared units"""
    book: int
    """our book's balance: 实增 − 实减"""
    documents: int
    """单: opening and confirmed lists"""
    promised_in: int
    promised_out: int
    available: int
    arrived_not_booked: int
    left_not_booked: int
    booked_not_arrived: int
    booked_not_left: int
    returned_not_reentered: int
    stock: int
    """货 by the stock ledger, in bonded places, without what is missing"""
    missing: int
    """bonded and not there: in SHORTAGE until a document clears it"""
    counted: int | None
    """货 by the last closed counts and the moves since; none while nobody counted"""
    in_cases: int
    """signed sum of what cases hold: their open rows, and what is short of papers not booked yet"""
    law_holds: bool

    @property
    def expected(self) -> int:
        """What should lie there: the book and the open columns that name a document."""
        return (
            self.book
            + self.arrived_not_booked
            - self.left_not_booked
            - self.booked_not_arrived
            + self.booked_not_left
            + self.returned_not_reentered
        )

    @property
    def present(self) -> int:
        """货: the count where there is one, else the stock ledger."""
        return self.stock if self.counted is None else self.counted

    @property
    def difference(self) -> int:
        """货 less what should be there; cases must hold all of it."""
        return self.present - self.expected

    @property
    def unconfirmed(self) -> int:
        """Booked by a passage whose list customs has not confirmed yet: 单 less our own book."""
        return self.documents - self.book

    @property
    def agrees(self) -> bool:
        """Whether the three figures agree with nothing left to a case."""
        return self.law_holds and self.difference == 0 and self.statement == self.documents


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """All items of a book at one instant, and when the goods were last counted before it."""

    book_number: str
    at: datetime
    items: tuple[ReconciledItem, ...]
    counted_at: datetime | None = None

    @property
    def differing(self) -> list[ReconciledItem]:
        return [item for item in self.items if not item.agrees]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one instant by book item id (statement: by 料号); an item without a figure has zero of it."""

    booked: Mapping[int, Booked]
    opened: Mapping[int, Opened]
    announced: Mapping[int, Announced]
    goods: Mapping[int, Goods]
    statement: Mapping[str, Decimal]
    is_counted: bool


def compare(items: Iterable[ItemAt], figures: Figures) -> list[ReconciledItem]:
    """Put the figures of one instant side by side (pure)."""
    return [_side_by_side(item, figures) for item in items]


def _side_by_side(item: ItemAt, figures: Figures) -> ReconciledItem:
    booked = figures.booked.get(item.book_item_id, Booked())
    opened = figures.opened.get(item.book_item_id, Opened())
    short = figures.announced.get(item.book_item_id, Announced()).short
    goods = figures.goods.get(item.book_item_id, Goods())
    book = item.book
    return ReconciledItem(
        book_item_id=item.book_item_id,
        item_no=item.item_no,
        name=item.name,
        unit=item.unit,
        opening=booked.opening,
        booked_in=booked.booked_in,
        booked_out=booked.booked_out,
        statement=figures.statement.get(item.item_no, Decimal(0)),
        book=book.actual_in - book.actual_out,
        documents=booked.listed,
        promised_in=book.promised_in,
        promised_out=book.promised_out,
        available=book.available,
        # returned goods are moved and not booked too, but have a column of their own; what is short of a vehicle's
        # papers is its case's before the passage books it, as it is afterwards
        arrived_not_booked=book.arrived_not_booked - opened.arrived_in_cases - opened.returned + short,
        left_not_booked=book.left_not_booked - opened.left_in_cases,
        booked_not_arrived=book.booked_not_arrived - opened.expected_in_cases,
        booked_not_left=book.booked_not_left - opened.leaving_in_cases,
        returned_not_reentered=opened.returned,
        stock=goods.stock,
        missing=goods.missing,
        counted=goods.stock + goods.count_differs if figures.is_counted else None,
        in_cases=(
            opened.arrived_in_cases
            - opened.left_in_cases
            - opened.expected_in_cases
            + opened.leaving_in_cases
            - short
        ),
        law_holds=item.law_holds,
    )


# A list is confirmed from the moment customs' booking was recorded here: by its statement lines, or what it booked.
_BOOKED = text("""
    with booked as (
        select f.book_item_id, f.document_kind, f.document_number, f.side, f.quantity, p.recorded_at
        from book_fact f join posting p on p.id = f.posting_id
        where f.kind = 'BOOKED' and p.recorded_at <= :at),
    confirmed as (
        select b.id from bonded_list b
        where b.state = 'BOOKED' and b.book_id = :book_id and (
            exists (select from book_statement s
                    where s.book_id = b.book_id and s.source = b.list_no and s.recorded_at <= :at)
            or (b.side = 'OUT' and exists (
                select from booked k where k.document_kind = 'BONDED_LIST' and k.document_number = b.list_no))))
    select i.id as book_item_id,
           coalesce(f.opening, 0)::bigint as opening,
           coalesce(f.booked_in, 0)::bigint as booked_in,
           coalesce(f.booked_out, 0)::bigint as booked_out,
           (coalesce(f.opening, 0) + coalesce(l.listed, 0))::bigint as listed
    from book_item i
    left join (
        select book_item_id,
               sum(case side when 'IN' then quantity else -quantity end)
                   filter (where document_kind = 'OPENING') as opening,
               sum(quantity) filter (where document_kind <> 'OPENING' and side = 'IN') as booked_in,
               sum(quantity) filter (where document_kind <> 'OPENING' and side = 'OUT') as booked_out
        from booked group by book_item_id) f on f.book_item_id = i.id
    left join (
        select n.book_item_id,
               sum(case b.side when 'IN' then n.stock_quantity else -n.stock_quantity end) as listed
        from confirmed c join bonded_list b on b.id = c.id join bonded_list_line n on n.list_id = b.id
        group by n.book_item_id) l on l.book_item_id = i.id
    where i.book_id = :book_id
""")

# A row is a case's from the moment the case was opened; before, its document explained it.
_OPENED = text("""
    with open as (
        select o.book_item_id, o.axis, o.side, o.document_kind,
               o.case_number <> '' and exists (
                   select from discrepancy d join case_entry e on e.case_id = d.id
                   where d.number = o.case_number and e.recorded_at <= :at) as is_case,
               f.quantity - coalesce((
                   select sum(l.quantity) from book_link l join posting q on q.id = l.posting_id
                   where q.recorded_at <= :at and l.axis = 'MOVED_UNBOOKED'
                     and case o.axis when 'MOVED_UNBOOKED' then l.other_id else l.booked_id end = f.id), 0) as open
        from open_row o
        join book_item i on i.id = o.book_item_id and i.book_id = :book_id
        join book_fact f on f.id = o.fact_id
        join posting p on p.id = f.posting_id and p.recorded_at <= :at
        where o.axis in ('MOVED_UNBOOKED', 'BOOKED_UNMOVED')
          and (o.case_number <> '' or o.document_kind = 'RETURN_REQUEST'))
    select book_item_id,
           coalesce(sum(open) filter (where is_case and axis = 'MOVED_UNBOOKED' and side = 'IN'), 0)::bigint
               as arrived_in_cases,
           coalesce(sum(open) filter (where is_case and axis = 'MOVED_UNBOOKED' and side = 'OUT'), 0)::bigint
               as left_in_cases,
           coalesce(sum(open) filter (where is_case and axis = 'BOOKED_UNMOVED' and side = 'IN'), 0)::bigint
               as expected_in_cases,
           coalesce(sum(open) filter (where is_case and axis = 'BOOKED_UNMOVED' and side = 'OUT'), 0)::bigint
               as leaving_in_cases,
           coalesce(sum(open) filter (where not is_case and axis = 'MOVED_UNBOOKED' and side = 'IN'
                                        and document_kind = 'RETURN_REQUEST'), 0)::bigint as returned
    from open group by 1
""")

# Once the passage books it, an open row of the book says the same. What followed on a later vehicle is short no more.
_ANNOUNCED = text("""
    select d.book_item_id,
           sum(greatest(0, (e.facts ->> 'quantity')::bigint - coalesce(m.followed, 0)))::bigint as short
    from discrepancy d
    join book_item i on i.id = d.book_item_id and i.book_id = :book_id
    join case_entry e on e.case_id = d.id and e.act = 'OPENED' and e.recorded_at <= :at
    left join lateral (
        select sum(quantity) as followed from stock_move
        where document_kind = 'BONDED_LIST' and document_number = d.document_number
          and document_line = d.document_line and pass_number = d.pass_number
          and recorded_at > e.recorded_at and recorded_at <= :at) m on true
    where d.kind in ('RECEIPT_SHORT', 'RECEIPT_WRONG_ITEM_MISSING')
      and not exists (select from case_entry c
                      where c.case_id = d.id and c.act = 'CLOSED' and c.recorded_at <= :at)
      and not exists (
        select from book_fact f join posting p on p.id = f.posting_id
        where f.kind = 'BOOKED' and f.document_kind = 'BONDED_LIST' and f.document_number = d.document_number
          and f.document_line = d.document_line and f.pass_number in ('', d.pass_number) and p.recorded_at <= :at)
    group by 1
""")

# The last closed count of each place, what it found more or less, and what of that was settled since.
_GOODS = text(f"""
    with covered as (
        select p.id as location_id, k.count_id
        from location p join warehouse w on w.id = p.warehouse_id
        left join lateral (
            select k.count_id from count_closing k join stock_count c on c.id = k.count_id
            where k.recorded_at <= :at and w.code = any(c.warehouses)
            order by k.recorded_at desc limit 1) k on true
        where p.regime = 'BONDED' and p.purpose <> 'SHORTAGE'),
    lying as ({STOCK_AT.format(which="")}),
    goods as (
        select l.book_item_id, t.on_hand * (p.purpose <> 'SHORTAGE')::int as stock,
               t.on_hand * (p.purpose = 'SHORTAGE')::int as missing, 0 as count_differs
        from lying t join lot l on l.id = t.lot_id join location p on p.id = t.location_id
        where p.regime = 'BONDED'
        union all
        select l.book_item_id, 0, 0, s.counted - s.on_hand
        from covered v join ({SAID}) s on s.count_id = v.count_id and s.location_id = v.location_id
        join lot l on l.id = s.lot_id
        where s.counted <> s.on_hand
        union all
        select l.book_item_id, 0, 0, -e.change
        from (select source_id as location_id, source_lot_id as lot_id, -quantity as change, document_number
              from stock_move where document_kind = 'CASE' and recorded_at <= :at
              union all
              select target_id, target_lot_id, quantity, document_number
              from stock_move where document_kind = 'CASE' and recorded_at <= :at) e
        join discrepancy d on d.number = e.document_number
        join covered v on v.location_id = e.location_id and v.count_id = d.count_id
        join lot l on l.id = e.lot_id)
    select book_item_id, sum(stock)::bigint as stock, sum(missing)::bigint as missing,
           sum(count_differs)::bigint as count_differs
    from goods where book_item_id <> 0 group by 1
""")

_COUNTED_AT = text("""
    select max(k.closed_at) from count_closing k join stock_count c on c.id = k.count_id
    where k.recorded_at <= :at and exists (
        select from location p join warehouse w on w.id = p.warehouse_id
        where p.regime = 'BONDED' and w.code = any(c.warehouses))
""")


def reconcile(session: Session, *, book_id: int, book_number: str, at: datetime) -> Reconciliation:
    """Read the three figures of an instant of the ledger's clock and put them side by side; changes nothing."""
    counted_at = session.execute(_COUNTED_AT, {"at": at}).scalar_one()
    of_book = {"book_id": book_id, "at": at}
    figures = Figures(
        booked=_by_item(session, Booked, _BOOKED, of_book),
        opened=_by_item(session, Opened, _OPENED, of_book),
        announced=_by_item(session, Announced, _ANNOUNCED, of_book),
        goods=_by_item(session, Goods, _GOODS, {"at": at}),
        statement=stated(session, book_id=book_id, at=at),
        is_counted=counted_at is not None,
    )
    items = compare(items_at(session, at=at, book_id=book_id), figures)
    return Reconciliation(book_number=book_number, at=at, items=tuple(items), counted_at=counted_at)


def _by_item(
    session: Session, kind: type[T], query: TextClause, values: Mapping[str, object]
) -> dict[int, T]:
    found: dict[int, T] = {}
    for row in session.execute(query, values):
        named = row._asdict()
        item_id = named.pop("book_item_id")
        found[item_id] = kind(**named)
    return found
