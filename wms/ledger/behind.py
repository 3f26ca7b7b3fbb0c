"""What stands behind a number of the time machine: the facts it adds up, their postings, and the scans of these.

A number that nobody can take apart proves nothing. The quantities listed for a figure add up to the figure exactly;
each names its document and its posting, and a posting names the person, the device and the texts that were scanned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from wms.ledger.book import FactKind, Side
from wms.ledger.history import BookAt
from wms.ledger.moves import Posting
from wms.scans import ScanEvent


class Figure(StrEnum):
    """The figures of a book item that facts add up to."""

    ACTUAL_IN = "actual_in"
    ACTUAL_OUT = "actual_out"
    PROMISED_IN = "promised_in"
    PROMISED_OUT = "promised_out"
    DISPLAYED_OUT = "displayed_out"
    ARRIVED_NOT_BOOKED = "arrived_not_booked"
    LEFT_NOT_BOOKED = "left_not_booked"
    BOOKED_NOT_ARRIVED = "booked_not_arrived"
    BOOKED_NOT_LEFT = "booked_not_left"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"


@dataclass(frozen=True, kw_only=True)
class _Way:
    """Which facts make a figure, and what of them: all, what no booking answers, or what no move answers."""

    kind: FactKind
    side: Side
    less: str = ""


_BOOKING: Final = "booking"
_MOVE: Final = "move"
_WAYS: Final = {
    Figure.ACTUAL_IN: _Way(kind=FactKind.BOOKED, side=Side.IN),
    Figure.ACTUAL_OUT: _Way(kind=FactKind.BOOKED, side=Side.OUT),
    Figure.PROMISED_IN: _Way(kind=FactKind.PROMISED, side=Side.IN, less=_BOOKING),
    Figure.PROMISED_OUT: _Way(kind=FactKind.PROMISED, side=Side.OUT, less=_BOOKING),
    Figure.ARRIVED_NOT_BOOKED: _Way(kind=FactKind.MOVED, side=Side.IN, less=_BOOKING),
    Figure.LEFT_NOT_BOOKED: _Way(kind=FactKind.MOVED, side=Side.OUT, less=_BOOKING),
    Figure.BOOKED_NOT_ARRIVED: _Way(kind=FactKind.BOOKED, side=Side.IN, less=_MOVE),
    Figure.BOOKED_NOT_LEFT: _Way(kind=FactKind.BOOKED, side=Side.OUT, less=_MOVE),
    Figure.MOVED_IN: _Way(kind=FactKind.MOVED, side=Side.IN),
    Figure.MOVED_OUT: _Way(kind=FactKind.MOVED, side=Side.OUT),
}

# `answered`: what links recorded by then closed of the fact on the axis that matters; `withdrawn`: what was taken back.
_FACTS = """
    select f.id, f.posting_id, f.document_kind, f.document_number, f.document_line, f.pass_number, f.quantity,
           (f.quantity - {answered} - {withdrawn})::bigint as counts, p.recorded_at, p.occurred_at, p.action,
           p.by_id, p.device
    from book_fact f join posting p on p.id = f.posting_id
    where f.book_item_id = :book_item_id and f.kind = :kind and f.side = :side and p.recorded_at <= :at
      {only}
    order by p.recorded_at desc, f.id desc
    offset :skip limit :limit
"""
_LINKED = """coalesce((select sum(l.quantity) from book_link l join posting q on q.id = l.posting_id
    where l.{end} = f.id and q.recorded_at <= :at {axis}), 0)"""
_WITHDRAWN = """coalesce((select -sum(w.quantity) from book_fact w join posting q on q.id = w.posting_id
    where w.withdraws_id = f.id and w.book_item_id = f.book_item_id and q.recorded_at <= :at), 0)"""
_ANSWERED = {
    _BOOKING: _LINKED.format(end="other_id", axis=""),
    _MOVE: _LINKED.format(end="booked_id", axis="and l.axis = 'MOVED_UNBOOKED'"),
}
_DISPLAYED = text("""
    select d.id, d.posting_id, d.document_kind, d.document_number, d.document_line, '' as pass_number, d.quantity,
           d.quantity as counts, p.recorded_at, p.occurred_at, p.action, p.by_id, p.device
    from display_entry d join posting p on p.id = d.posting_id
    where d.book_item_id = :book_item_id and p.recorded_at <= :at
    order by p.recorded_at desc, d.id desc
    offset :skip limit :limit
""")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One fact behind a figure: its quantity, and how much of it counts there."""

    id: int
    posting_id: int
    document_kind: str
    document_number: str
    document_line: int
    pass_number: str
    quantity: int
    counts: int
    recorded_at: datetime
    occurred_at: datetime
    action: str
    by_id: int
    device: str


def value_of(figure: Figure, book: BookAt) -> int:
    """The figure out of a book item's figures."""
    return int(getattr(book, figure.value))


def facts_behind(
    session: Session, *, book_item_id: int, figure: Figure, at: datetime, limit: int = 200, skip: int = 0
) -> list[Counted]:
    """The facts a figure adds up at an instant, the newest first; their `counts` sum to it."""
    values = {"book_item_id": book_item_id, "at": at, "limit": limit, "skip": skip}
    if figure is Figure.DISPLAYED_OUT:
        return [Counted(**row._asdict()) for row in session.execute(_DISPLAYED, values)]
    way = _WAYS[figure]
    answered = _ANSWERED.get(way.less, "0")
    withdrawn = _WITHDRAWN if way.kind is FactKind.PROMISED else "0"
    only = f"and f.quantity > 0 and f.quantity - {answered} - {withdrawn} <> 0" if way.less else ""
    query = text(_FACTS.format(answered=answered, withdrawn=withdrawn, only=only))
    rows = session.execute(query, values | {"kind": way.kind.value, "side": way.side.value})
    return [Counted(**row._asdict()) for row in rows]


_MOVES = """
    select m.id, m.posting_id, s.code as source, t.code as target, sl.code as source_lot, tl.code as target_lot,
           m.source_lot_id, m.target_lot_id, m.quantity, m.document_kind, m.document_number, m.document_line,
           m.pass_number, m.source_balance_id, m.source_on_hand, m.target_balance_id, m.target_on_hand,
           p.recorded_at, p.occurred_at, p.action, p.by_id, p.device
    from stock_move m join posting p on p.id = m.posting_id
    join location s on s.id = m.source_id join location t on t.id = m.target_id
    join lot sl on sl.id = m.source_lot_id join lot tl on tl.id = m.target_lot_id
"""
_MOVES_OF_BALANCE = text(
    f"""select * from (
        ({_MOVES} where m.source_balance_id = :balance_id and m.recorded_at <= :at
         order by m.source_version desc limit :limit)
        union all
        ({_MOVES} where m.target_balance_id = :balance_id and m.recorded_at <= :at
         order by m.target_version desc limit :limit)) x
    order by recorded_at desc, id desc limit :limit"""
)
_MOVES_OF_POSTING = text(f"{_MOVES} where m.posting_id = :posting_id order by m.id")
_FACTS_OF_POSTING = text("""
    select f.id, f.kind, f.side, f.quantity, i.item_no, f.document_kind, f.document_number, f.document_line,
           f.pass_number, f.withdraws_id
    from book_fact f join book_item i on i.id = f.book_item_id where f.posting_id = :posting_id order by f.id
""")
_LINKS_OF_POSTING = text("""
    select l.id, l.axis, l.quantity, b.document_number as booked_number, b.document_line as booked_line,
           o.document_number as other_number, o.document_line as other_line, o.posting_id as other_posting_id,
           b.posting_id as booked_posting_id
    from book_link l join book_fact b on b.id = l.booked_id join book_fact o on o.id = l.other_id
    where l.posting_id = :posting_id order by l.id
""")
#: Scans of the run since its previous posting, up to this one: item, lot, quantity, place. All indexes are by time and
#: run, so the posting's neighbours in time are looked at, never the whole table.
_SCANS = text("""
    with last as (
        select id, flow_id from scan_event
        where request_id = :request_id and recorded_at between :recorded_at - interval '10 minutes'
          and :recorded_at + interval '10 minutes'
        order by id desc limit 1),
    begun as (select min(e.recorded_at) as at from scan_event e, last where e.flow_id = last.flow_id),
    before as (
        select p.request_id from posting p, begun
        where p.recorded_at >= begun.at and p.recorded_at < :recorded_at and p.by_id = :by_id
          and p.request_id in (select e.request_id from scan_event e, last where e.flow_id = last.flow_id)
        order by p.recorded_at desc limit 1)
    select s.id from scan_event s, last
    where s.id = last.id or (s.flow_id = last.flow_id and s.id < last.id and s.id > coalesce((
        select max(e.id) from scan_event e, before
        where e.flow_id = last.flow_id and e.request_id = before.request_id), 0))
    order by s.id
""")

Rows = Sequence[Row[Any]]


@dataclass(frozen=True, kw_only=True)
class PostingStory:
    """Everything one call of the valve wrote, and what was scanned for it."""

    posting: Posting
    moves: Rows
    facts: Rows
    links: Rows
    scans: Sequence[ScanEvent]


def moves_behind(session: Session, *, balance_id: int, at: datetime, limit: int = 200) -> Rows:
    """The moves that made a balance what it was at an instant, the newest first."""
    return session.execute(_MOVES_OF_BALANCE, {"balance_id": balance_id, "at": at, "limit": limit}).all()


def story_of(session: Session, posting_id: int) -> PostingStory | None:
    """What a posting wrote, or none when there is no such posting."""
    posting = session.get(Posting, posting_id)
    if posting is None:
        return None
    one = {"posting_id": posting_id}
    return PostingStory(
        posting=posting,
        moves=session.execute(_MOVES_OF_POSTING, one).all(),
        facts=session.execute(_FACTS_OF_POSTING, one).all(),
        links=session.execute(_LINKS_OF_POSTING, one).all(),
        scans=_scans_of(session, posting),
    )


def _scans_of(session: Session, posting: Posting) -> Sequence[ScanEvent]:
    if posting.request_id is None:
        return []
    values = {"request_id": posting.request_id, "recorded_at": posting.recorded_at, "by_id": posting.by_id}
    ids = session.scalars(_SCANS, values).all()
    return session.scalars(select(ScanEvent).where(ScanEvent.id.in_(ids)).order_by(ScanEvent.id)).all()
