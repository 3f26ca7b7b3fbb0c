"""The whole book and the whole stock at an instant, in words: what the time machine shows.

Figures come from facts, links and moves recorded up to the instant, never from today's sums; so what is entered
later never changes what was shown for a moment that has passed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.history import STOCK_AT, BookAt
from wms.ledger.places import Regime


class InstantAhead(Refusal):
    """The ledger can be read back, not ahead."""

    message = N_("{asked} lies ahead; the ledgers reach to {now}. Choose an earlier moment.")
    status = 422


# A link is never older than the facts it joins, so its own moment is asked alone.
_ITEMS = """
    with sums as (
        select f.book_item_id, f.kind, f.side, sum(f.quantity)::bigint as quantity
        from book_fact f join posting p on p.id = f.posting_id
        where p.recorded_at <= :at {of_item} group by 1, 2, 3),
    answered as (
        select f.book_item_id, f.kind, f.side, sum(l.quantity)::bigint as quantity
        from book_link l join posting p on p.id = l.posting_id join book_fact f on f.id = l.other_id
        where p.recorded_at <= :at {of_item} group by 1, 2, 3),
    figures as (
        select s.book_item_id,
               sum(s.quantity) filter (where s.kind = 'BOOKED' and s.side = 'IN') as actual_in,
               sum(s.quantity) filter (where s.kind = 'BOOKED' and s.side = 'OUT') as actual_out,
               sum(s.quantity - coalesce(a.quantity, 0))
                   filter (where s.kind = 'PROMISED' and s.side = 'IN') as promised_in,
               sum(s.quantity - coalesce(a.quantity, 0))
                   filter (where s.kind = 'PROMISED' and s.side = 'OUT') as promised_out,
               sum(s.quantity - coalesce(a.quantity, 0))
                   filter (where s.kind = 'MOVED' and s.side = 'IN') as arrived_not_booked,
               sum(s.quantity - coalesce(a.quantity, 0))
                   filter (where s.kind = 'MOVED' and s.side = 'OUT') as left_not_booked,
               sum(s.quantity) filter (where s.kind = 'MOVED' and s.side = 'IN') as moved_in,
               sum(s.quantity) filter (where s.kind = 'MOVED' and s.side = 'OUT') as moved_out
        from sums s left join answered a using (book_item_id, kind, side) group by s.book_item_id),
    displayed as (
        select d.book_item_id, sum(d.quantity) as quantity
        from display_entry d join posting p on p.id = d.posting_id
        where p.recorded_at <= :at group by 1)
    select i.id as book_item_id, i.line_no, i.item_no, i.name, i.unit,
           coalesce(f.actual_in, 0)::bigint as actual_in, coalesce(f.actual_out, 0)::bigint as actual_out,
           coalesce(f.promised_in, 0)::bigint as promised_in, coalesce(f.promised_out, 0)::bigint as promised_out,
           coalesce(f.arrived_not_booked, 0)::bigint as arrived_not_booked,
           coalesce(f.left_not_booked, 0)::bigint as left_not_booked,
           coalesce(f.moved_in, 0)::bigint as moved_in, coalesce(f.moved_out, 0)::bigint as moved_out,
           coalesce(d.quantity, 0)::bigint as displayed_out
    from book_item i
    left join figures f on f.book_item_id = i.id
    left join displayed d on d.book_item_id = i.id
    where i.book_id is not null and (cast(:book_id as bigint) is null or i.book_id = :book_id)
      and (cast(:item_no as text) is null or i.item_no = :item_no)
    order by i.book_id, i.line_no
"""
#: Of one item the facts are found by its own index, whatever the others have.
_FACTS_OF_ITEM = """and f.book_item_id = any(array(
            select k.id from book_item k where k.item_no = :item_no))"""
_ITEMS_AT = text(_ITEMS.format(of_item=""))
_ITEM_AT = text(_ITEMS.format(of_item=_FACTS_OF_ITEM))

_STOCK = f"""
    with lying as ({STOCK_AT.format(which="{which}")})
    select t.balance_id, t.location_id, p.code as location, coalesce(w.code, '') as warehouse, p.regime, p.purpose,
           t.lot_id, l.code as lot, l.expiry, l.quality, l.book_item_id, r.item_no, r.name_zh, r.name_en, r.unit,
           t.on_hand
    from lying t
    join location p on p.id = t.location_id
    left join warehouse w on w.id = p.warehouse_id
    join lot l on l.id = t.lot_id
    join product r on r.id = l.product_id
    where cast(:owner as text) is null or l.owner_id = (select id from company where customs_code = :owner)
    order by r.item_no, l.expiry nulls last, l.code, p.code, t.balance_id
    offset :skip limit :limit
"""
_WHOLE_STOCK = text(_STOCK.format(which=""))
_OF_ITEM = """and b.lot_id = any(array(
    select o.id from lot o join product x on x.id = o.product_id where x.item_no = :item_no))"""
_STOCK_OF_ITEM = text(_STOCK.format(which=_OF_ITEM))
_BONDED = f"""
    with lying as ({STOCK_AT.format(which="{which}")})
    select l.book_item_id, coalesce(sum(t.on_hand), 0)::bigint as bonded
    from lying t join lot l on l.id = t.lot_id join location p on p.id = t.location_id
    where p.regime = 'BONDED' group by 1
"""
_BONDED_ALL = text(_BONDED.format(which=""))
_BONDED_OF_ITEM = text(_BONDED.format(which=_OF_ITEM))


@dataclass(frozen=True, kw_only=True)
class ItemAt:
    """One 料号 at an instant: the book's figures beside what lay in bonded places, in stock units."""

    book_item_id: int
    line_no: int
    item_no: str
    name: str
    unit: str
    book: BookAt
    bonded: int

    @property
    def law_holds(self) -> bool:
        """Booked + moved-not-booked − booked-not-moved = what lay in bonded places."""
        return self.book.moved_in - self.book.moved_out == self.bonded


@dataclass(frozen=True, kw_only=True)
class StockLine:
    """What lay in one place of one lot, in words."""

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
    book_item_id: int
    item_no: str
    name_zh: str
    name_en: str
    unit: str
    on_hand: int


def ledger_now(session: Session) -> datetime:
    """The ledger's own clock: instants are of it, whatever a test's clock says."""
    found = session.execute(text("select clock_timestamp()")).scalar_one()
    assert isinstance(found, datetime)
    return found


def must_have_passed(session: Session, at: datetime) -> datetime:
    """The instant itself; raises InstantAhead for one the ledgers do not reach to yet."""
    now = ledger_now(session)
    if at > now:
        raise InstantAhead(
            asked=at.isoformat(timespec="seconds"),
            now=now.astimezone(at.tzinfo).isoformat(timespec="seconds"),
        )
    return at


def items_at(
    session: Session, *, at: datetime, book_id: int | None = None, item_no: str | None = None
) -> list[ItemAt]:
    """Every item of a book (of all books when none is named) as it stood at an instant."""
    lying, figures = (_BONDED_ALL, _ITEMS_AT) if item_no is None else (_BONDED_OF_ITEM, _ITEM_AT)
    bonded = {row.book_item_id: row.bonded for row in session.execute(lying, {"at": at, "item_no": item_no})}
    found = []
    for row in session.execute(figures, {"at": at, "book_id": book_id, "item_no": item_no}):
        values = row._asdict()
        head = {name: values.pop(name) for name in ("book_item_id", "line_no", "item_no", "name", "unit")}
        found.append(ItemAt(**head, book=BookAt(**values), bonded=bonded.get(row.book_item_id, 0)))
    return found


def stock_lines_at(
    session: Session,
    *,
    at: datetime,
    item_no: str | None = None,
    owner: str | None = None,
    limit: int = 1000,
    skip: int = 0,
) -> list[StockLine]:
    """What lay where at an instant, by item, expiry, lot and place; at most `limit` lines after `skip`.

    `owner` is the customs code of the company whose goods alone are wanted.
    """
    query = _WHOLE_STOCK if item_no is None else _STOCK_OF_ITEM
    narrowed = {"item_no": item_no, "owner": owner}
    rows = session.execute(query, {"at": at, "limit": limit, "skip": skip} | narrowed)
    return [StockLine(**(row._asdict() | {"regime": Regime(row.regime)})) for row in rows]
