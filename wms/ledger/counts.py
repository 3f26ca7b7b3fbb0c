"""Counts (盘点): assertions of what is there, each against a position of the ledger.

A counted line remembers what its balance held at that moment, so moves made after the counting change nothing
about the difference. Several people count side by side; who counts a lot at a place again, in another visit,
replaces the figure of the first. When a count is closed, what nobody counted is counted as none. A count never
moves anything: what it differs in is a case, and cases are decided by people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, String, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.netting import Difference
from wms.ledger.places import Warehouse


class NoSuchWarehouse(Refusal):
    """A count names a warehouse nobody knows."""

    message = N_("There is no warehouse {code}.")
    status = 404


class NothingToCount(Refusal):
    """A count of no warehouse."""

    message = N_("Name at least one warehouse to count.")
    status = 422


class CountStillOpen(Refusal):
    """Two counts of one warehouse would contradict each other."""

    message = N_("Warehouse {code} is being counted already, as count {number}. Close that count first.")


class NoSuchCount(Refusal):
    """The number names no count."""

    message = N_("There is no count {number}.")
    status = 404


class CountIsClosed(Refusal):
    """A closed count takes nothing more."""

    message = N_("Count {number} is closed. What is found now belongs to the next count.")


class CountBelowZero(Refusal):
    """Nobody can count less than nothing."""

    message = N_("{quantity} cannot be counted; enter how many there are, or 0.")
    status = 422


class Count(Base):
    """盘点: a count that was begun; it is closed by a closing of its own."""

    __tablename__ = "stock_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, comment="number of the count sheet")
    counted_at: Mapped[datetime] = mapped_column(comment="when it was begun")
    by_id: Mapped[int] = mapped_column(comment="who began it")
    warehouses: Mapped[list[str]] = mapped_column(ARRAY(String(20)), comment="warehouses counted whole")


class CountClosing(Base):
    """盘点结束: the moment a count became an assertion."""

    __tablename__ = "count_closing"

    count_id: Mapped[int] = mapped_column(
        ForeignKey("stock_count.id"), primary_key=True, autoincrement=False, comment="the count"
    )
    closed_at: Mapped[datetime] = mapped_column(comment="when it was closed")
    by_id: Mapped[int] = mapped_column(comment="who closed it")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=FetchedValue(), index=True, comment="the ledger's clock, for as-of reading"
    )


class CountLine(Base):
    """What somebody found of one lot in one place, and what the ledger said of its balance just then."""

    __tablename__ = "count_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"), index=True, comment="the count")
    location_id: Mapped[int] = mapped_column(BigInteger, comment="the place")
    lot_id: Mapped[int] = mapped_column(BigInteger, comment="the lot")
    counted: Mapped[int] = mapped_column(comment="stock units that were there")
    on_hand: Mapped[int] = mapped_column(comment="stock units the ledger said")
    version: Mapped[int] = mapped_column(comment="version of the balance it said so at; 0 if it had none")
    visit: Mapped[UUID] = mapped_column(
        PG_UUID,
        comment="one person's stay at a place; lines of one visit add up, a later visit replaces them",
    )
    takes_back_id: Mapped[int | None] = mapped_column(
        comment="line this one takes back, a slip of the worker; none for what counts"
    )
    by_id: Mapped[int] = mapped_column(comment="who counted")
    counted_at: Mapped[datetime] = mapped_column(comment="when it was counted")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=FetchedValue(), comment="the ledger's clock at that moment"
    )


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One line as counted, in stock units."""

    location_id: int
    lot_id: int
    quantity: int


_GATE = "wms.count"
#: Tallies share the gate, a closing takes it alone: no line comes after the closing has looked.
_ENTER = text("select pg_advisory_xact_lock_shared(hashtext(:gate), cast(:id as int))")
_SHUT = text("select pg_advisory_xact_lock(hashtext(:gate), cast(:id as int))")


def begin_count(
    session: Session, *, number: str, warehouses: Sequence[str], at: datetime, by_id: int
) -> Count:
    """A full count of these warehouses begins; a warehouse has one open count at a time.

    Raises NothingToCount, NoSuchWarehouse and CountStillOpen.
    """
    if not warehouses:
        raise NothingToCount
    session.execute(_SHUT, {"gate": _GATE, "id": 0})
    for code in warehouses:
        if session.scalars(select(Warehouse.id).where(Warehouse.code == code)).first() is None:
            raise NoSuchWarehouse(code=code)
        if (other := open_count(session, warehouse=code)) is not None:
            raise CountStillOpen(code=code, number=other.number)
    count = Count(number=number, counted_at=at, by_id=by_id, warehouses=sorted(set(warehouses)))
    session.add(count)
    session.flush()
    return count


def open_count(session: Session, *, warehouse: str) -> Count | None:
    """The open count of a warehouse, if there is one."""
    closed = select(CountClosing.count_id)
    query = select(Count).where(Count.warehouses.contains([warehouse]), Count.id.not_in(closed))
    return session.scalars(query.order_by(Count.id)).first()


def open_counts(session: Session) -> list[Count]:
    """Counts people work on, the oldest first."""
    closed = select(CountClosing.count_id)
    query = select(Count).where(Count.id.not_in(closed))
    return list(session.scalars(query.order_by(Count.id)))


def find_count(session: Session, number: str) -> Count:
    """The count with this number; raises NoSuchCount."""
    found = session.scalars(select(Count).where(Count.number == number)).one_or_none()
    if found is None:
        raise NoSuchCount(number=number)
    return found


_LEDGER_SAYS = text("""
    select k.location_id, k.lot_id, coalesce(sum(b.on_hand), 0)::bigint as on_hand,
           coalesce(max(b.version), 0) as version
    from unnest(cast(:locations as bigint[]), cast(:lots as bigint[])) as k(location_id, lot_id)
    left join balance b on b.location_id = k.location_id and b.lot_id = k.lot_id
    group by 1, 2
""")


def tally(
    session: Session, count: Count, lines: Iterable[Counted], *, visit: UUID, at: datetime, by_id: int
) -> list[CountLine]:
    """Keep what was counted beside what the ledger says now; raises CountIsClosed and CountBelowZero."""
    _enter(session, count)
    return _keep(session, count, list(lines), visit=visit, at=at, by_id=by_id)


def take_back(session: Session, count: Count, line_id: int, *, at: datetime, by_id: int) -> CountLine:
    """A slip of the worker: the line no longer counts, and both lines stay. Gives the line taken back."""
    _enter(session, count)
    line = session.get_one(CountLine, line_id)
    session.add(
        CountLine(
            count_id=line.count_id,
            location_id=line.location_id,
            lot_id=line.lot_id,
            counted=line.counted,
            on_hand=line.on_hand,
            version=line.version,
            visit=line.visit,
            takes_back_id=line.id,
            by_id=by_id,
            counted_at=at,
        )
    )
    session.flush()
    return line


def _enter(session: Session, count: Count) -> None:
    session.execute(_ENTER, {"gate": _GATE, "id": count.id})
    if session.get(CountClosing, count.id) is not None:
        raise CountIsClosed(number=count.number)


def _keep(
    session: Session, count: Count, lines: list[Counted], *, visit: UUID, at: datetime, by_id: int
) -> list[CountLine]:
    said = {
        (row.location_id, row.lot_id): row
        for row in session.execute(
            _LEDGER_SAYS,
            {"locations": [each.location_id for each in lines], "lots": [each.lot_id for each in lines]},
        )
    }
    kept: list[CountLine] = []
    for each in lines:
        if each.quantity < 0:
            raise CountBelowZero(quantity=each.quantity)
        row = said[each.location_id, each.lot_id]
        kept.append(
            CountLine(
                count_id=count.id,
                location_id=each.location_id,
                lot_id=each.lot_id,
                counted=each.quantity,
                on_hand=row.on_hand,
                version=row.version,
                visit=visit,
                takes_back_id=None,
                by_id=by_id,
                counted_at=at,
            )
        )
    session.add_all(kept)
    session.flush()
    return kept


#: Lines that count: neither taken back nor taking back.
_STANDING = """
    select c.* from count_line c
    where c.takes_back_id is null and not exists (
        select from count_line t where t.takes_back_id = c.id and t.count_id = c.count_id)
"""
#: What a count says of each lot at each place: the lines of the newest visit, added up.
SAID = f"""
    select c.count_id, c.location_id, c.lot_id, sum(c.counted)::bigint as counted,
           (array_agg(c.on_hand order by c.id desc))[1] as on_hand, min(c.id) as first_id
    from ({_STANDING}) c
    join (select distinct on (count_id, location_id, lot_id) count_id, location_id, lot_id, visit
          from ({_STANDING}) s order by count_id, location_id, lot_id, id desc) newest
      using (count_id, location_id, lot_id, visit)
    group by 1, 2, 3
"""

#: Lots of counted places that nobody named: as they lay when the place was last looked at, or now if it never was.
_UNCOUNTED = text(f"""
    with place as (
        select p.id from location p join warehouse w on w.id = p.warehouse_id
        where w.code = any(:warehouses) and p.purpose not in ('SHORTAGE', 'TRANSIT')),
    looked as (select location_id, max(recorded_at) as at from count_line where count_id = :count_id group by 1),
    lying as (
        select b.location_id, b.lot_id, b.version, s.at, b.on_hand as now_on_hand,
               case when s.at is null then b.on_hand else coalesce((
                   select e.on_hand from (
                       (select source_version as version, source_on_hand as on_hand from stock_move
                        where source_balance_id = b.id and recorded_at <= s.at
                        order by source_version desc limit 1)
                       union all
                       (select target_version, target_on_hand from stock_move
                        where target_balance_id = b.id and recorded_at <= s.at
                        order by target_version desc limit 1)) e
                   order by e.version desc limit 1), 0) end as on_hand
        from balance b join place on place.id = b.location_id
        left join looked s on s.location_id = b.location_id)
    insert into count_line (count_id, location_id, lot_id, counted, on_hand, version, visit, by_id, counted_at)
    select :count_id, location_id, lot_id, 0, sum(on_hand), max(version), :visit, :by_id, :at
    from lying l
    where not exists (
        select from ({SAID}) c
        where c.count_id = :count_id and c.location_id = l.location_id and c.lot_id = l.lot_id)
    group by location_id, lot_id having sum(on_hand) > 0
""")


def close_count(session: Session, number: str, *, at: datetime, by_id: int) -> Count:
    """The count becomes an assertion: what nobody counted is counted as none. Changes no stock.

    Raises NoSuchCount and CountIsClosed.
    """
    count = find_count(session, number)
    session.execute(_SHUT, {"gate": _GATE, "id": count.id})
    if session.get(CountClosing, count.id) is not None:
        raise CountIsClosed(number=number)
    session.execute(
        _UNCOUNTED,
        {
            "count_id": count.id,
            "warehouses": count.warehouses,
            "visit": uuid4(),
            "by_id": by_id,
            "at": at,
        },
    )
    session.add(CountClosing(count_id=count.id, closed_at=at, by_id=by_id))
    session.flush()
    return count


_DIFFERENCES = text(f"""
    select c.location_id, c.lot_id, l.product_id, r.item_no, l.code as lot_code, l.expiry, p.regime, p.zone,
           l.owner_id, l.book_item_id, c.counted - c.on_hand as quantity
    from ({SAID}) c join lot l on l.id = c.lot_id join product r on r.id = l.product_id
    join location p on p.id = c.location_id
    where c.count_id = :count_id and c.counted <> c.on_hand
    order by r.item_no, p.code, l.code, c.first_id
""")


def differences(session: Session, *, count_id: int) -> list[Difference]:
    """Where a count and the ledger's position did not agree."""
    return [Difference(**row._asdict()) for row in session.execute(_DIFFERENCES, {"count_id": count_id})]
