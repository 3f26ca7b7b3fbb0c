"""Excursions: a confirmed stretch outside the limits, what it holds, and who lets the goods go.

One excursion raises one alert and places one hold, once, in the transaction that learns of it. The hold covers the
lots that lay in the room in that span, those moved out meanwhile included. A person with a reason lifts it; for goods
of the account book a second person must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.alerts import Severity, raise_alert
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.lots import Hold
from wms.ledger.operations import LiftHold, Operation, PlaceHold
from wms.ledger.posting import apply
from wms.sensing import judge as judging
from wms.sensing.history import calm_before, readings_since
from wms.sensing.judge import Episode, EpisodeKind, Rule, judge
from wms.sensing.rooms import Room


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
class Judged:
    """What judging found: excursions that are new, and when a span that lasts will be one if nothing changes."""

    opened: list[Excursion]
    due: dict[tuple[str, str], datetime]


def judge_again(
    session: Session,
    touched: Mapping[tuple[str, str], datetime],
    rooms: Mapping[str, Room],
    *,
    until: datetime | None = None,
    by_id: int,
    at: datetime,
) -> Judged:
    """Judge anew what new readings touched; opens excursions that are confirmed now and holds what lay there.

    With `until` the last word of a sensor that is not missing yet counts up to that moment.
    """
    judged = Judged(opened=[], due={})
    holds: list[Operation] = []
    for (device, kind), since in sorted(touched.items()):
        room = rooms.get(device)
        rule = room.rule_of(kind) if room else None
        if room is None or rule is None:
            continue
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:key, 8))"), {"key": f"{device} {kind}"}
        )
        readings = _history(session, device, kind, rule=rule, since=since)
        if not readings:
            continue
        newest = max(reading.happened_at for reading in readings)
        is_fresh = until is not None and newest < until <= newest + rule.missing_after
        for episode in judge(rule, readings, until=until if until is not None and is_fresh else newest):
            if episode.kind in (EpisodeKind.TOO_HIGH, EpisodeKind.TOO_LOW):
                found = _settle(session, room, kind, rule, episode, by_id=by_id, at=at)
                judged.opened.extend(found.opened)
                holds += found.holds
        due = _due(rule, readings)
        if due is not None:
            judged.due[device, kind] = due
    session.flush()
    if holds:
        apply(session, holds, occurred_at=at)
    return judged


def _history(
    session: Session, device: str, kind: str, *, rule: Rule, since: datetime
) -> list[judging.Reading]:
    """From the last calm moment before `since`, or before an excursion that reaches to it."""
    reaching = select(func.min(Excursion.began_at)).where(
        Excursion.device == device,
        Excursion.kind == kind,
        Excursion.ended_at.is_(None) | (Excursion.ended_at >= since),
    )
    began = session.scalar(reaching)
    start = since if began is None else min(since, began)
    calm = calm_before(session, device, kind, rule=rule, moment=start)
    return readings_since(session, device, kind, calm)


def _due(rule: Rule, readings: list[judging.Reading]) -> datetime | None:
    """When the span outside that lasts now is confirmed, if it is not yet; None when all is calm."""
    ordered = sorted(readings, key=lambda reading: reading.happened_at)
    begun: datetime | None = None
    for reading in ordered:
        if reading.value is not None:
            begun = (begun or reading.happened_at) if beyond(rule, reading.value) > 0 else None
    return None if begun is None else begun + rule.tolerated


@dataclass(frozen=True, kw_only=True)
class _Settled:
    opened: list[Excursion]
    holds: list[Operation]


def _settle(
    session: Session, room: Room, kind: str, rule: Rule, span: Episode, *, by_id: int, at: datetime
) -> _Settled:
    """The excursion of an episode: a new one, or what is known made as long as it was; and what to hold."""
    known = _known(session, room.device, kind, span)
    if known is None:
        excursion = _open(session, room, kind, span)
        holds = _hold(session, excursion, by_id=by_id, at=at)
        _alert(session, excursion, lots=len(holds), at=at)
        return _Settled(opened=[excursion], holds=holds)
    still_lasted = known.ended_at is None
    was = (known.began_at, known.ended_at)
    _widen(known, span, rule)
    # What came into the room meanwhile lay in it too; what people have let go stays free.
    if known.released_at is None and (still_lasted or was != (known.began_at, known.ended_at)):
        return _Settled(opened=[], holds=_hold(session, known, by_id=by_id, at=at))
    return _Settled(opened=[], holds=[])


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


def _open(session: Session, room: Room, kind: str, span: Episode) -> Excursion:
    assert span.extreme is not None, "an excursion has a worst value"
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
    return excursion


def _hold(session: Session, excursion: Excursion, *, by_id: int, at: datetime) -> list[Operation]:
    """Hold what lay in the room in the excursion's span and is not held yet, all under its one hold."""
    stock = _stock_in_room(session, excursion)
    if not stock:
        return []
    if excursion.hold_id is None:
        hold = Hold(
            reason=f"{excursion.place} {excursion.kind} {excursion.extreme:g}",
            case_number=f"E{excursion.id}",
            by_id=by_id,
            placed_at=at,
        )
        session.add(hold)
        session.flush()
        excursion.hold_id = hold.id
    return [
        PlaceHold(
            hold_id=excursion.hold_id,
            location_id=row.location_id,
            lot_id=row.lot_id,
            handling_unit_id=row.handling_unit_id,
            quantity=row.quantity,
        )
        for row in stock
    ]


def _alert(session: Session, excursion: Excursion, *, lots: int, at: datetime) -> None:
    raise_alert(
        session,
        kind="sensing.excursion",
        subject=f"{excursion.device} {excursion.kind} {excursion.began_at.isoformat(timespec='seconds')}",
        sentence=say(
            N_("{place}: {kind} reached {extreme}; {lots} lots are held until somebody decides."),
            place=excursion.place,
            kind=say(KINDS[excursion.kind]),
            extreme=f"{excursion.extreme:g}",
            lots=lots,
        ),
        severity=Severity.CRITICAL,
        at=at,
    )


KINDS = {"temperature": N_("temperature"), "humidity": N_("humidity")}

# Locked first and in order of id, as the valve does: what is counted here is what will be held. What came into the
# room after the span was over never lay in it.
_STOCK = text("""
    with room as (select id from location where code like :prefix || '%'),
    moved as (
        select m.target_balance_id as balance_id, sum(m.quantity) as quantity
        from stock_move m join posting p on p.id = m.posting_id
        where m.source_id in (select id from room) and m.target_id not in (select id from room)
          and m.target_balance_id is not null and p.occurred_at >= :since
          and p.occurred_at < coalesce(cast(:until as timestamptz), 'infinity')
        group by 1),
    late as (
        select m.target_balance_id as balance_id, sum(m.quantity) as quantity
        from stock_move m join posting p on p.id = m.posting_id
        where m.target_id in (select id from room) and p.occurred_at >= cast(:until as timestamptz)
        group by 1),
    mine as (select balance_id, sum(quantity) as quantity from hold_entry where hold_id = :hold_id group by 1),
    lay as (
        select b.id,
               case when b.location_id in (select id from room)
                    then b.on_hand - coalesce((select quantity from late where balance_id = b.id), 0)
                    else (select quantity from moved where balance_id = b.id) end
               - coalesce((select quantity from mine where balance_id = b.id), 0) as quantity
        from balance b
        where b.on_hand > b.held
          and (b.location_id in (select id from room) or b.id in (select balance_id from moved)))
    select b.id, b.location_id, b.lot_id, b.handling_unit_id,
           least(b.on_hand - b.held, lay.quantity)::bigint as quantity
    from balance b join lay on lay.id = b.id
    order by b.id
    for update of b
""")


def _stock_in_room(session: Session, excursion: Excursion) -> list[Row[Any]]:
    rows = session.execute(
        _STOCK,
        {
            "prefix": excursion.place,
            "since": excursion.began_at,
            "until": excursion.ended_at,
            "hold_id": excursion.hold_id or 0,
        },
    ).all()
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
