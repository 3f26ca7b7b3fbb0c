"""Excursions: a confirmed stretch outside the limits, what it holds, and who lets the goods go.

One excursion raises one alert and places one hold, once, in the transaction that learns of it. The hold covers the
lots that lay in the room in that span, those moved out meanwhile included. A person with a reason lifts it; for goods
of the account book a second person must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.storage_limits import RoomLimits
from wms.alerts import Severity, raise_alert
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.lots import Hold
from wms.ledger.operations import LiftHold, Operation, PlaceHold
from wms.ledger.posting import apply
from wms.sensing import judge as judging
from wms.sensing.judge import Episode, EpisodeKind, Rule, judge
from wms.sensing.readings import Reading

#: How far back a late reading makes us look for the beginning of its span.
LOOK_BACK = timedelta(days=2)


class NoSuchExcursion(Refusal):
    """The number names none, or nothing of it is held any more."""

    message = N_("Excursion {number} holds nothing any more.")
    status = 404


class SecondPersonNeeded(Refusal):
    """Goods under customs' eyes are let go by two people."""

    message = N_("These goods are in the account book; another person than you must agree to let them go.")


class Excursion(Base):
    """超限: a confirmed stretch of time outside the limits of a room."""

    __tablename__ = "excursion"
    __table_args__ = (Index("ix_excursion_device", "device", "kind", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(String(64), comment="sensor that saw it")
    kind: Mapped[str] = mapped_column(String(64), comment="temperature or humidity")
    place: Mapped[str] = mapped_column(
        String(40), comment="beginning of the codes of the places it stands for"
    )
    began_at: Mapped[datetime] = mapped_column(comment="first reading outside the limits")
    confirmed_at: Mapped[datetime] = mapped_column(comment="when the tolerated minutes were over")
    ended_at: Mapped[datetime | None] = mapped_column(
        comment="first reading back inside; none while it lasts"
    )
    extreme: Mapped[float] = mapped_column(comment="farthest value, °C or percent")
    hold_id: Mapped[int | None] = mapped_column(
        ForeignKey("hold.id"), comment="the hold it placed; none if empty"
    )
    release_reason: Mapped[str] = mapped_column(
        String(500), comment="why the goods were let go; empty before"
    )
    first_release_by_id: Mapped[int | None] = mapped_column(comment="who proposed to let them go")
    released_by_id: Mapped[int | None] = mapped_column(comment="who let them go")
    released_at: Mapped[datetime | None] = mapped_column(comment="when they were let go")


@dataclass(frozen=True, kw_only=True)
class Room:
    """Where a sensor stands and what is asked of that room."""

    device: str
    place: str
    limits: RoomLimits

    def rule_of(self, kind: str) -> Rule | None:
        """What is asked of one kind of measurement; none where nothing is asked."""
        tolerated = timedelta(minutes=self.limits.tolerated_minutes)
        if kind == "temperature":
            least, most = self.limits.temperature_min, self.limits.temperature_max
            hysteresis = self.limits.hysteresis_celsius
        elif kind == "humidity":
            least, most = self.limits.humidity_min, self.limits.humidity_max
            hysteresis = self.limits.hysteresis_percent
        else:
            return None
        if least is None and most is None:
            return None
        return Rule(value_min=least, value_max=most, hysteresis=hysteresis, tolerated=tolerated)


def judge_again(
    session: Session,
    touched: Mapping[tuple[str, str], datetime],
    rooms: Mapping[str, Room],
    *,
    by_id: int,
    at: datetime,
) -> list[Excursion]:
    """Judge anew what new readings touched; opens excursions that are confirmed now, returns the new ones."""
    opened: list[Excursion] = []
    holds: list[Operation] = []
    for (device, kind), since in sorted(touched.items()):
        room = rooms.get(device)
        rule = room.rule_of(kind) if room else None
        if room is None or rule is None:
            continue
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:key, 8))"), {"key": f"{device} {kind}"}
        )
        readings = _readings(session, device, kind, since - LOOK_BACK)
        until = max(reading.happened_at for reading in readings)
        for episode in judge(rule, readings, until=until):
            if episode.kind not in (EpisodeKind.TOO_HIGH, EpisodeKind.TOO_LOW):
                continue
            known = _known(session, device, kind, episode)
            if known is not None:
                _widen(known, episode, rule)
                continue
            excursion, operations = _open(session, room, kind, episode, by_id=by_id, at=at)
            opened.append(excursion)
            holds += operations
    session.flush()
    if holds:
        apply(session, holds, occurred_at=at)
    return opened


def _readings(session: Session, device: str, kind: str, since: datetime) -> list[judging.Reading]:
    query = select(Reading.happened_at, Reading.value).where(
        Reading.device == device,
        Reading.kind == kind,
        Reading.quality == "good",
        Reading.happened_at >= since,
    )
    return [judging.Reading(happened_at=moment, value=value) for moment, value in session.execute(query)]


def _known(session: Session, device: str, kind: str, span: Episode) -> Excursion | None:
    """The excursion that overlaps an episode, if it is open already."""
    query = select(Excursion).where(Excursion.device == device, Excursion.kind == kind)
    query = query.where((Excursion.ended_at.is_(None)) | (Excursion.ended_at >= span.begun_at))
    if span.closed_at is not None:
        query = query.where(Excursion.began_at <= span.closed_at)
    return session.scalars(query.order_by(Excursion.began_at).limit(1)).one_or_none()


def _widen(known: Excursion, span: Episode, rule: Rule) -> None:
    known.began_at = min(known.began_at, span.begun_at)
    known.ended_at = span.closed_at
    if span.extreme is not None and beyond(rule, span.extreme) > beyond(rule, known.extreme):
        known.extreme = span.extreme


def beyond(rule: Rule, value: float) -> float:
    """How far outside a rule a value lies; 0 inside."""
    low = 0.0 if rule.value_min is None else rule.value_min - value
    high = 0.0 if rule.value_max is None else value - rule.value_max
    return max(low, high, 0.0)


def _open(
    session: Session, room: Room, kind: str, span: Episode, *, by_id: int, at: datetime
) -> tuple[Excursion, list[Operation]]:
    assert span.extreme is not None, "an excursion has a worst value"
    stock = _stock_in_room(session, room.place, since=span.begun_at)
    excursion = Excursion(
        device=room.device,
        kind=kind,
        place=room.place,
        began_at=span.begun_at,
        confirmed_at=span.confirmed_at,
        ended_at=span.closed_at,
        extreme=span.extreme,
        release_reason="",
    )
    session.add(excursion)
    session.flush()
    operations: list[Operation] = []
    if stock:
        hold = Hold(
            reason=f"{room.place} {kind} {span.extreme:g}",
            case_number=f"E{excursion.id}",
            by_id=by_id,
            placed_at=at,
        )
        session.add(hold)
        session.flush()
        excursion.hold_id = hold.id
        operations += [
            PlaceHold(
                hold_id=hold.id,
                location_id=row.location_id,
                lot_id=row.lot_id,
                handling_unit_id=row.handling_unit_id,
                quantity=row.quantity,
            )
            for row in stock
        ]
    raise_alert(
        session,
        kind="sensing.excursion",
        subject=f"{room.device} {kind} {span.begun_at.isoformat(timespec='seconds')}",
        sentence=say(
            N_("{place}: {kind} reached {extreme}; {lots} lots are held until somebody decides."),
            place=room.place,
            kind=say(KINDS[kind]),
            extreme=f"{span.extreme:g}",
            lots=len(stock),
        ),
        severity=Severity.CRITICAL,
        at=at,
    )
    return excursion, operations


KINDS = {"temperature": N_("temperature"), "humidity": N_("humidity")}

# Locked first and in order of id, as the valve does: what is counted here is what will be held.
_STOCK = text("""
    with room as (select id from location where code like :prefix || '%'),
    moved as (
        select m.target_balance_id as balance_id, sum(m.quantity) as quantity
        from stock_move m join posting p on p.id = m.posting_id
        where m.source_id in (select id from room) and m.target_id not in (select id from room)
          and m.target_balance_id is not null and p.occurred_at >= :since
        group by 1)
    select b.id, b.location_id, b.lot_id, b.handling_unit_id,
           case when b.location_id in (select id from room) then b.on_hand - b.held
                else least(b.on_hand - b.held, (select quantity from moved where balance_id = b.id)) end as quantity
    from balance b
    where b.on_hand > b.held
      and (b.location_id in (select id from room) or b.id in (select balance_id from moved))
    order by b.id
    for update of b
""")


def _stock_in_room(session: Session, place: str, *, since: datetime) -> list[Row[Any]]:
    rows = session.execute(_STOCK, {"prefix": place, "since": since}).all()
    return [row for row in rows if row.quantity > 0]


_HELD = text("""
    select h.balance_id, b.location_id, b.lot_id, b.handling_unit_id, sum(h.quantity)::bigint as quantity,
           bool_or(l.book_item_id <> 0) as under_customs
    from hold_entry h join balance b on b.id = h.balance_id join lot l on l.id = b.lot_id
    where h.hold_id = :hold_id
    group by 1, 2, 3, 4 having sum(h.quantity) > 0
    order by h.balance_id
""")


def release(session: Session, excursion_id: int, *, reason: str, by_id: int, at: datetime) -> bool:
    """Let the goods go; True when they are free, False when a second person must still agree.

    Raises NoSuchExcursion, and SecondPersonNeeded when the proposer tries to agree with themselves.
    """
    excursion = session.get(Excursion, excursion_id, with_for_update=True, populate_existing=True)
    if excursion is None or excursion.hold_id is None or excursion.released_at is not None:
        raise NoSuchExcursion(number=excursion_id)
    held = session.execute(_HELD, {"hold_id": excursion.hold_id}).all()
    if any(row.under_customs for row in held):
        if excursion.first_release_by_id is None:
            excursion.first_release_by_id, excursion.release_reason = by_id, reason
            return False
        if excursion.first_release_by_id == by_id:
            raise SecondPersonNeeded
    excursion.released_by_id, excursion.released_at = by_id, at
    excursion.release_reason = f"{excursion.release_reason} / {reason}".strip(" /")[:500]
    session.flush()
    if held:
        lifts: list[Operation] = [
            LiftHold(
                hold_id=excursion.hold_id,
                location_id=row.location_id,
                lot_id=row.lot_id,
                handling_unit_id=row.handling_unit_id,
                quantity=row.quantity,
            )
            for row in held
        ]
        apply(session, lifts, occurred_at=at)
    return True
