"""Periods: the books are closed up to an instant; what came later corrects, and says when it really happened.

Closing keeps what every balance and book item amounted to by then. The kept rows are a cache with its proof in the
moves; nothing else reads them as truth.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, acting
from wms.errors import Refusal
from wms.i18n import N_


class Period(Base):
    """A closed stretch of time; postings that would have occurred inside it are refused."""

    __tablename__ = "period"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(unique=True, comment="closed up to and including this instant")
    closed_at: Mapped[datetime] = mapped_column(comment="when it was closed")
    by_id: Mapped[int] = mapped_column(comment="who closed it")


class PeriodBalance(Base):
    """What a balance held at the end of a period, by when things happened."""

    __tablename__ = "period_balance"

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True, comment="the period")
    balance_id: Mapped[int] = mapped_column(primary_key=True, comment="the balance")
    on_hand: Mapped[int] = mapped_column(comment="stock units; below zero where goods were recorded late")


class PeriodFigure(Base):
    """What a book item amounted to at the end of a period, by when things happened."""

    __tablename__ = "period_figure"

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True, comment="the period")
    book_item_id: Mapped[int] = mapped_column(primary_key=True, comment="the book item")
    actual_in: Mapped[int] = mapped_column(comment="实增 by then")
    actual_out: Mapped[int] = mapped_column(comment="实减 by then")
    moved_in: Mapped[int] = mapped_column(comment="moved in by then")
    moved_out: Mapped[int] = mapped_column(comment="moved out by then")


class PeriodNotAhead(Refusal):
    """Periods are closed in order, and never the future."""

    message = N_("The books are closed up to {closed_until}; {until} does not lie between that and now.")


# Waits for postings under way, and keeps new ones waiting until the period stands.
_ALONE = text("select pg_advisory_xact_lock(20261105)")

_KEEP_BALANCES = text("""
    insert into period_balance (period_id, balance_id, on_hand)
    select :period_id, balance_id, sum(change)
    from (
        select m.source_balance_id as balance_id, -m.quantity as change
        from stock_move m join posting p on p.id = m.posting_id
        where p.occurred_at <= :until and p.occurred_at > :since and m.source_balance_id is not null
        union all
        select m.target_balance_id, m.quantity
        from stock_move m join posting p on p.id = m.posting_id
        where p.occurred_at <= :until and p.occurred_at > :since and m.target_balance_id is not null
        union all
        select balance_id, on_hand from period_balance where period_id = :before_id) e
    group by balance_id having sum(change) <> 0
""")

_KEEP_FIGURES = text("""
    insert into period_figure (period_id, book_item_id, actual_in, actual_out, moved_in, moved_out)
    select :period_id, book_item_id,
           coalesce(sum(quantity) filter (where kind = 'BOOKED' and side = 'IN'), 0),
           coalesce(sum(quantity) filter (where kind = 'BOOKED' and side = 'OUT'), 0),
           coalesce(sum(quantity) filter (where kind = 'MOVED' and side = 'IN'), 0),
           coalesce(sum(quantity) filter (where kind = 'MOVED' and side = 'OUT'), 0)
    from (
        select f.book_item_id, f.kind, f.side, f.quantity
        from book_fact f join posting p on p.id = f.posting_id
        where p.occurred_at <= :until and p.occurred_at > :since
        union all
        select f.book_item_id, k.kind, k.side, k.quantity
        from period_figure f cross join lateral (values
            ('BOOKED', 'IN', f.actual_in), ('BOOKED', 'OUT', f.actual_out),
            ('MOVED', 'IN', f.moved_in), ('MOVED', 'OUT', f.moved_out)) as k(kind, side, quantity)
        where f.period_id = :before_id) e
    group by book_item_id
""")

_LAST = text("select id, until from period order by until desc limit 1")


def close_period(session: Session, *, until: datetime, at: datetime) -> Period:
    """Close the books up to and including `until`; `at` is now. Raises PeriodNotAhead."""
    session.execute(_ALONE)
    last = session.execute(_LAST).one_or_none()
    if until > at or (last is not None and until <= last.until):
        raise PeriodNotAhead(closed_until=last.until if last else "—", until=until)
    period = Period(until=until, closed_at=at, by_id=acting(session).by_id)
    session.add(period)
    session.flush()
    values = {
        "period_id": period.id,
        "until": until,
        "since": last.until if last else "-infinity",
        "before_id": last.id if last else 0,
    }
    session.execute(_KEEP_BALANCES, values)
    session.execute(_KEEP_FIGURES, values)
    return period
