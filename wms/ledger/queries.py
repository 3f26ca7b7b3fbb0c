"""Reading the ledgers: what lies where, what the book says, now and at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from wms.ledger.book import AccountBook, Axis, BookFigure, BookItem
from wms.ledger.history import MOVES_OF_LOTS
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance
from wms.ledger.places import Location, Regime


def on_hand(session: Session, *, location_id: int, lot_id: int, handling_unit_id: int | None = None) -> int:
    """Stock units of a lot at a place, now; 0 where it never lay."""
    found = session.execute(
        select(Balance.on_hand).where(
            Balance.location_id == location_id,
            Balance.lot_id == lot_id,
            Balance.handling_unit_id.is_not_distinct_from(handling_unit_id),
        )
    ).scalar_one_or_none()
    return found or 0


_BALANCE_AT = text("""
    select coalesce((
        select e.on_hand from (
            (select source_version as version, source_on_hand as on_hand from stock_move
             where source_balance_id = :balance_id and recorded_at <= :at order by source_version desc limit 1)
            union all
            (select target_version, target_on_hand from stock_move
             where target_balance_id = :balance_id and recorded_at <= :at order by target_version desc limit 1)
        ) e order by e.version desc limit 1), 0)
""")


def balance_at(session: Session, *, balance_id: int, at: datetime) -> int:
    """What a balance held at an instant of the ledger's own clock: the last move up to it says so."""
    return int(session.execute(_BALANCE_AT, {"balance_id": balance_id, "at": at}).scalar_one())


@dataclass(frozen=True, kw_only=True)
class BookRow:
    """A book item with its figures and the officer's open columns, in stock units.

    Case-named open quantities are the difference; document-named ones explain themselves.
    """

    book_item_id: int
    line_no: int
    item_no: str
    name: str
    unit: str
    actual_in: int
    actual_out: int
    promised_in: int
    promised_out: int
    displayed_out: int
    arrived_not_booked: int
    left_not_booked: int
    booked_not_arrived: int
    booked_not_left: int
    in_cases: int
    stock: int

    @property
    def book(self) -> int:
        """账面: booked in less booked out."""
        return self.actual_in - self.actual_out

    @property
    def available(self) -> int:
        """实增 − 实减 − 预减 − 展示在外."""
        return self.book - self.promised_out - self.displayed_out

    @property
    def law_holds(self) -> bool:
        """Booked + moved-not-booked − booked-not-moved = what lies in bonded places."""
        moved_not_booked = self.arrived_not_booked - self.left_not_booked
        booked_not_moved = self.booked_not_arrived - self.booked_not_left
        return self.book + moved_not_booked - booked_not_moved + self.in_cases == self.stock


_BOOK_ROWS = text("""
    select i.id as book_item_id, i.line_no, i.item_no, i.name, i.unit,
           f.actual_in, f.actual_out, f.promised_in, f.promised_out, f.displayed_out,
           coalesce(o.arrived, 0)::bigint as arrived_not_booked, coalesce(o.left_, 0)::bigint as left_not_booked,
           coalesce(o.expected, 0)::bigint as booked_not_arrived, coalesce(o.leaving, 0)::bigint as booked_not_left,
           coalesce(o.in_cases, 0)::bigint as in_cases, coalesce(s.stock, 0)::bigint as stock
    from book_item i
    join book_figure f on f.book_item_id = i.id
    left join (
        select book_item_id,
               sum(open) filter (where axis = 'MOVED_UNBOOKED' and side = 'IN' and case_number = '') as arrived,
               sum(open) filter (where axis = 'MOVED_UNBOOKED' and side = 'OUT' and case_number = '') as left_,
               sum(open) filter (where axis = 'BOOKED_UNMOVED' and side = 'IN' and case_number = '') as expected,
               sum(open) filter (where axis = 'BOOKED_UNMOVED' and side = 'OUT' and case_number = '') as leaving,
               sum(case when (axis = 'MOVED_UNBOOKED') = (side = 'IN') then open else -open end)
                   filter (where case_number <> '' and axis in ('MOVED_UNBOOKED', 'BOOKED_UNMOVED')) as in_cases
        from open_row where open > 0 group by book_item_id) o on o.book_item_id = i.id
    left join (
        select l.book_item_id, sum(b.on_hand) as stock
        from balance b join lot l on l.id = b.lot_id join location p on p.id = b.location_id
        where p.regime = 'BONDED' and b.on_hand > 0 group by l.book_item_id) s on s.book_item_id = i.id
    where i.book_id = :book_id
    order by i.line_no
""")


def book_rows(session: Session, *, book_id: int) -> list[BookRow]:
    """Every item of a book with its figures, its open columns and the stock in bonded places."""
    return [BookRow(**row._asdict()) for row in session.execute(_BOOK_ROWS, {"book_id": book_id})]


_EXITS = text("""
    select f.book_item_id, sum(f.quantity)::bigint as booked, coalesce(sum(l.promised), 0)::bigint as promised,
           coalesce(sum(l.moved), 0)::bigint as moved
    from book_fact f
    left join lateral (
        select sum(quantity) filter (where axis = 'PROMISED_UNBOOKED') as promised,
               sum(quantity) filter (where axis = 'MOVED_UNBOOKED') as moved
        from book_link where booked_id = f.id) l on true
    where f.kind = 'BOOKED' and f.side = 'OUT' and f.document_kind = 'BONDED_LIST'
    group by 1
""")


def rows_before_exits(session: Session, *, book_id: int) -> list[BookRow]:
    """The same rows as if no exit list had been booked: its booked facts and their links are left out."""
    exits = {row.book_item_id: row for row in session.execute(_EXITS)}
    return [
        replace(
            row,
            actual_out=row.actual_out - exits[row.book_item_id].booked,
            promised_out=row.promised_out + exits[row.book_item_id].promised,
            left_not_booked=row.left_not_booked + exits[row.book_item_id].moved,
        )
        if row.book_item_id in exits
        else row
        for row in book_rows(session, book_id=book_id)
    ]


def book_figure(session: Session, *, book_number: str, item_no: str) -> BookFigure:
    """The figures of one item, read anew."""
    return session.scalars(
        select(BookFigure)
        .join(BookItem, BookItem.id == BookFigure.book_item_id)
        .join(AccountBook, AccountBook.id == BookItem.book_id)
        .where(AccountBook.number == book_number, BookItem.item_no == item_no)
        .execution_options(populate_existing=True)
    ).one()


@dataclass(frozen=True, kw_only=True)
class StockRow:
    """A balance in words, for pages and lists."""

    balance_id: int
    location_id: int
    location: str
    warehouse: str
    regime: Regime
    purpose: str
    lot_id: int
    lot: str
    expiry: date | None
    quality: str
    item_no: str
    name_zh: str
    name_en: str
    unit: str
    on_hand: int
    reserved: int
    held: int


_STOCK = text("""
    select b.id as balance_id, b.location_id, p.code as location, coalesce(w.code, '') as warehouse, p.regime,
           p.purpose, b.lot_id, l.code as lot, l.expiry, l.quality, r.item_no, r.name_zh, r.name_en, r.unit,
           b.on_hand, b.reserved, b.held
    from balance b
    join location p on p.id = b.location_id
    left join warehouse w on w.id = p.warehouse_id
    join lot l on l.id = b.lot_id
    join product r on r.id = l.product_id
    where b.on_hand > 0
      and (cast(:item_no as text) is null or r.item_no = :item_no)
      and (cast(:location_id as bigint) is null or b.location_id = :location_id)
      and (cast(:warehouse as text) is null or w.code = :warehouse)
      and (cast(:owner as text) is null or l.owner_id = (select id from company where customs_code = :owner))
    order by r.item_no, l.expiry nulls last, l.code, p.code
    limit :limit
""")


def stock_rows(
    session: Session,
    *,
    item_no: str | None = None,
    location_id: int | None = None,
    warehouse: str | None = None,
    owner: str | None = None,
    limit: int = 1000,
) -> list[StockRow]:
    """What lies where, by item, expiry, lot and place; at most `limit` rows. `owner` is a company's customs code."""
    narrowed = {"item_no": item_no, "location_id": location_id, "warehouse": warehouse, "owner": owner}
    rows = session.execute(_STOCK, narrowed | {"limit": limit}).all()
    return [StockRow(**(row._asdict() | {"regime": Regime(row.regime)})) for row in rows]


_LOT_MOVES = text(f"""
    select m.id, m.posting_id, s.code as source, t.code as target, m.source_lot_id, m.target_lot_id, m.quantity,
           m.document_kind, m.document_number, m.document_line, m.pass_number, p.occurred_at, p.recorded_at,
           p.action, p.by_id
    from ({MOVES_OF_LOTS}) m
    join posting p on p.id = m.posting_id
    join location s on s.id = m.source_id
    join location t on t.id = m.target_id
    order by m.recorded_at, m.id
""")


def lot_moves(session: Session, *, lot_id: int) -> Sequence[Row[tuple[object, ...]]]:
    """Every move that touched a lot, in ledger order."""
    return session.execute(_LOT_MOVES, {"lot_ids": [lot_id]}).all()


_ONE_LOCATION = select(Location)


def location_by_code(session: Session, code: str) -> Location | None:
    """The place with this label, or none."""
    return session.scalars(_ONE_LOCATION.where(Location.code == code)).one_or_none()


def lots_at(
    session: Session, *, location_id: int, product_id: int | None = None
) -> list[tuple[Lot, Balance]]:
    """Lots lying at a place, first expiry first."""
    query = (
        select(Lot, Balance)
        .join(Balance, Balance.lot_id == Lot.id)
        .where(Balance.location_id == location_id, Balance.on_hand > 0)
        .order_by(Lot.expiry.nulls_last(), Lot.code)
        .execution_options(populate_existing=True)
    )
    if product_id is not None:
        query = query.where(Lot.product_id == product_id)
    return [(lot, balance) for lot, balance in session.execute(query)]


def moved_for(session: Session, *, number: str, line: int | None, pass_number: str) -> int:
    """Stock units that crossed under a document line and gate pass, in less out."""
    query = text("""
        select coalesce(sum(case side when 'IN' then quantity else -quantity end), 0) from book_fact
        where kind = 'MOVED' and document_number = :number and pass_number = :pass_number
          and (cast(:line as bigint) is null or document_line = :line)
    """)
    values = {"number": number, "line": line, "pass_number": pass_number}
    return int(session.execute(query, values).scalar_one())


def open_total(session: Session, *, axis: Axis, number: str) -> int:
    """What is still open on an axis of a document."""
    query = text(
        "select coalesce(sum(open), 0) from open_row where axis = :axis and document_number = :number and open > 0"
    )
    return int(session.execute(query, {"axis": axis.value, "number": number}).scalar_one())


def total_on_hand(session: Session, *, location_ids: Sequence[int]) -> int:
    """Stock units lying at these places."""
    query = select(func.coalesce(func.sum(Balance.on_hand), 0)).where(Balance.location_id.in_(location_ids))
    return int(session.execute(query).scalar_one())
