"""What follows from what the devices say: excursions, incidents, alerts; in the transaction that learns of it.

`follow` looks at the facts of one batch, `watch` at what only the clock can tell: silence, a value that never moves, a
door nobody closes, a gateway that is gone. Both are harmless to repeat.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wms.alerts import Severity
from wms.i18n import N_, Sentence, say
from wms.jobs import defer
from wms.sensing import history
from wms.sensing.excursions import KINDS, judge_again
from wms.sensing.incidents import IncidentKind, Seen, end_incidents, lasting, open_incident
from wms.sensing.judge import judge_door
from wms.sensing.passage_faults import passage_fault
from wms.sensing.readings import MEASUREMENTS, SENSED, Fact, Reading
from wms.sensing.rooms import Room, Standing, silent_max

#: The job that looks at one sensor when a span outside the limits is over its time.
LOOK_JOB: Final = "sensing.look"
#: What is over as soon as its device says something good.
_ENDED_BY_A_WORD: Final = frozenset(
    {IncidentKind.MISSING, IncidentKind.OUT_OF_RANGE, IncidentKind.GATEWAY_SILENT}
)
Lasting = frozenset[tuple[IncidentKind, str]]
_HOUR: Final = timedelta(hours=1)


def follow(
    session: Session, facts: Sequence[Fact], stands: Standing, *, by_id: int, at: datetime
) -> Sequence[int]:
    """Everything that follows from new facts; returns the numbers of excursions that were opened."""
    trusted = [fact for fact in facts if fact.quality != "uncertain"]
    lasts = lasting(session, _ENDED_BY_A_WORD)
    _end_silence(session, facts, stands, lasts, at=at)
    opened = _measured(session, trusted, stands, by_id=by_id, at=at)
    _instruments(session, trusted, stands, lasts, at=at)
    for device in sorted({fact.device for fact in trusted if fact.kind == "door"}):
        first = min(fact.happened_at for fact in trusted if (fact.kind, fact.device) == ("door", device))
        _door(session, device, stands, since=first, until=None, at=at)
    for fact in facts:
        seen = _event(fact, stands)
        if seen is not None:
            open_incident(session, seen, at=at)
    return opened


def _measured(
    session: Session, facts: Sequence[Fact], stands: Standing, *, by_id: int, at: datetime
) -> Sequence[int]:
    touched: dict[tuple[str, str], datetime] = {}
    for fact in facts:
        if fact.kind in MEASUREMENTS and fact.quality == "good":
            key = (fact.device, fact.kind)
            touched[key] = min(touched.get(key, fact.happened_at), fact.happened_at)
    judged = judge_again(session, touched, stands.rooms, by_id=by_id, at=at)
    for (device, kind), due in judged.due.items():
        # The hold must not wait for the next reading: the worker looks when the tolerated time is up.
        if at < due:
            name = f"{LOOK_JOB} {device} {kind}"
            when = due + timedelta(milliseconds=200)
            defer(session, LOOK_JOB, at=when, only_one=name, one_after_another=name, device=device, kind=kind)
    return [excursion.id for excursion in judged.opened]


def _instruments(
    session: Session, facts: Sequence[Fact], stands: Standing, lasts: Lasting, *, at: datetime
) -> None:
    """Values no instrument can give, batteries that are weak, and shaking."""
    rules = stands.rules
    latest = {(fact.device, fact.kind): fact for fact in sorted(facts, key=lambda each: each.happened_at)}
    for (device, kind), fact in sorted(latest.items()):
        if kind in KINDS and fact.quality == "good":
            if (IncidentKind.OUT_OF_RANGE, device) in lasts:
                end_incidents(
                    session, kind=IncidentKind.OUT_OF_RANGE, device=device, ended_at=fact.happened_at
                )
        elif kind in KINDS and fact.quality == "bad":
            sentence = say(
                N_("{device} gives no possible {kind}: {value}."),
                device=device,
                kind=say(KINDS[kind]),
                value="-" if fact.value is None else f"{fact.value:g}",
            )
            severity = rules.out_of_range.severity
            seen = _seen(IncidentKind.OUT_OF_RANGE, fact, stands, severity=severity, sentence=sentence)
            open_incident(session, seen, at=at)
        elif kind == "battery" and fact.value is not None:
            if fact.value >= rules.battery.least:
                end_incidents(session, kind=IncidentKind.BATTERY, device=device, ended_at=fact.happened_at)
                continue
            sentence = say(
                N_("The battery of {device} is down to {value} %."), device=device, value=f"{fact.value:g}"
            )
            severity = rules.battery.severity
            seen = _seen(IncidentKind.BATTERY, fact, stands, severity=severity, sentence=sentence)
            open_incident(session, seen, at=at)
        elif kind == "vibration":
            _shaken(session, fact, stands, at=at)


def _shaken(session: Session, fact: Fact, stands: Standing, *, at: datetime) -> None:
    rule = stands.rules.vibration
    query = (
        select(func.count())
        .select_from(Reading)
        .where(
            Reading.device == fact.device,
            Reading.kind == "vibration",
            Reading.value > rule.limit,
            Reading.happened_at > fact.happened_at - _HOUR,
            Reading.happened_at <= fact.happened_at,
        )
    )
    times = session.scalar(query) or 0
    if times == 0:
        end_incidents(session, kind=IncidentKind.VIBRATION, device=fact.device, ended_at=fact.happened_at)
    elif times > rule.per_hour:
        sentence = say(
            N_("{device} was shaken {times} times within an hour."), device=fact.device, times=times
        )
        seen = _seen(IncidentKind.VIBRATION, fact, stands, severity=rule.severity, sentence=sentence)
        open_incident(session, seen, at=at)


def _event(fact: Fact, stands: Standing) -> Seen | None:
    """The incident an event is by itself; none for what is in order.

    A seal or smoke is told whatever its clock says: a wrong clock must not hide it.
    """
    data = fact.data or {}
    rules = stands.rules
    if fact.kind == "seal" and data.get("intact") is False:
        sentence = say(
            N_("{device}: the seal {seal} is broken."), device=fact.device, seal=data.get("seal_no") or "-"
        )
        return _seen(IncidentKind.SEAL_BROKEN, fact, stands, severity=rules.seal.severity, sentence=sentence)
    if fact.kind == "smoke" and data.get("alarm") is True:
        sentence = say(N_("{device} sees smoke."), device=fact.device)
        return _seen(IncidentKind.SMOKE, fact, stands, severity=rules.smoke.severity, sentence=sentence)
    if fact.kind == "passage" and (data.get("missing") or data.get("mismatch")):
        sentence = say(
            N_("{lane}, vehicle {plate}: {fault}"),
            lane=data.get("lane") or fact.device,
            plate=data.get("plate") or "?",
            fault=passage_fault(data),
        )
        return _seen(IncidentKind.PASSAGE, fact, stands, severity=rules.passage.severity, sentence=sentence)
    return None


def _seen(kind: IncidentKind, fact: Fact, stands: Standing, *, severity: str, sentence: Sentence) -> Seen:
    return Seen(
        kind=kind,
        device=fact.device,
        place=stands.places.get(fact.device, "")[:40],
        began_at=fact.happened_at,
        sentence=sentence,
        severity=Severity(severity),
        evidence={
            "source": fact.source,
            "epoch": fact.epoch,
            "seq": fact.seq,
            "said": fact.data if fact.data is not None else {"value": fact.value, "quality": fact.quality},
            "rules": stands.rules.version,
        },
    )


def _door(
    session: Session,
    device: str,
    stands: Standing,
    *,
    since: datetime,
    until: datetime | None,
    at: datetime,
) -> None:
    rule = stands.rules.door
    words = history.door_words(session, device, before=since)
    if not words:
        return
    newest = max(word.happened_at for word in words)
    tolerated = timedelta(minutes=rule.open_minutes)
    for episode in judge_door(words, tolerated=tolerated, until=max(newest, until or newest)):
        sentence = say(
            N_("{device} has stood open for more than {minutes} minutes."),
            device=device,
            minutes=f"{rule.open_minutes:g}",
        )
        seen = Seen(
            kind=IncidentKind.DOOR_OPEN,
            device=device,
            place=stands.places.get(device, "")[:40],
            began_at=episode.begun_at,
            sentence=sentence,
            severity=Severity(rule.severity),
            evidence={"confirmed_at": episode.confirmed_at.isoformat(), "rules": stands.rules.version},
        )
        open_incident(session, seen, at=at)
        if episode.closed_at is not None:
            end_incidents(session, kind=IncidentKind.DOOR_OPEN, device=device, ended_at=episode.closed_at)


def _end_silence(
    session: Session, facts: Sequence[Fact], stands: Standing, lasts: Lasting, *, at: datetime
) -> None:
    """Whoever speaks is not silent any more; old facts that only arrive now do not say that."""
    fresh_after = at - timedelta(minutes=stands.rules.gateway.silent_minutes)
    spoke: dict[str, datetime] = {}
    for fact in facts:
        if fact.kind == "gateway.heartbeat":
            if fact.received_at >= fresh_after and (IncidentKind.GATEWAY_SILENT, fact.source) in lasts:
                kind = IncidentKind.GATEWAY_SILENT
                end_incidents(session, kind=kind, device=fact.source, ended_at=fact.received_at)
        elif fact.kind in SENSED:
            spoke[fact.device] = max(spoke.get(fact.device, fact.received_at), fact.received_at)
    for device, moment in sorted(spoke.items()):
        if (IncidentKind.MISSING, device) in lasts:
            end_incidents(session, kind=IncidentKind.MISSING, device=device, ended_at=moment)


def look(
    session: Session, stands: Standing, *, device: str, kind: str, by_id: int, at: datetime
) -> Sequence[int]:
    """Judge one sensor now, its last word included; returns the numbers of excursions that were opened."""
    judged = judge_again(session, {(device, kind): at}, stands.rooms, until=at, by_id=by_id, at=at)
    return [excursion.id for excursion in judged.opened]


def watch(session: Session, stands: Standing, *, by_id: int, at: datetime) -> Mapping[str, int]:
    """What only the clock can tell; returns how many new incidents and excursions there are."""
    silent = _silent_gateways(session, stands, at=at)
    incidents = len(silent)
    if not silent:
        # Behind a silent gateway every sensor is silent; one alert, the gateway's, is enough.
        incidents += _silent_sensors(session, stands, at=at)
    # All rooms at once: a transaction calls the ledger once, and takes its locks in one order.
    asked = {(room.device, kind): at for room in stands.rooms.values() for kind in KINDS}
    judged = judge_again(session, asked, stands.rooms, until=at, by_id=by_id, at=at)
    for room in stands.rooms.values():
        incidents += sum(_stuck(session, room, kind, stands, at=at) for kind in KINDS)
    for sensor in stands.sensors:
        if "door" in (*sensor.kinds, *sensor.fields):
            _door(session, sensor.id, stands, since=at, until=at, at=at)
    return {"incidents": incidents, "excursions": len(judged.opened)}


def _silent_gateways(session: Session, stands: Standing, *, at: datetime) -> list[str]:
    """Gateways that beat within the last week and do so no more."""
    longest = timedelta(minutes=stands.rules.gateway.silent_minutes)
    beat = (
        select(Reading.source, func.max(Reading.received_at))
        .where(
            Reading.device == "gateway",
            Reading.kind == "gateway.heartbeat",
            Reading.happened_at > at - timedelta(days=7),
        )
        .group_by(Reading.source)
    )
    silent = []
    for source, last in session.execute(beat):
        if at - last <= longest:
            continue
        silent.append(source)
        seen = Seen(
            kind=IncidentKind.GATEWAY_SILENT,
            device=source,
            place="",
            began_at=last,
            sentence=say(
                N_("The gateway {source} is silent; nothing is known of its devices."), source=source
            ),
            severity=Severity(stands.rules.gateway.severity),
            evidence={"rules": stands.rules.version},
        )
        open_incident(session, seen, at=at)
    return silent


def _silent_sensors(session: Session, stands: Standing, *, at: datetime) -> int:
    count = 0
    for sensor in stands.sensors:
        longest = silent_max(sensor)
        kinds = tuple(sensor.kinds) or tuple(sensor.fields)
        last = history.last_word(session, sensor.id, kinds) if longest is not None else None
        if longest is None or last is None or at - last <= longest:
            continue
        seen = Seen(
            kind=IncidentKind.MISSING,
            device=sensor.id,
            place=(sensor.place or "")[:40],
            began_at=last,
            sentence=say(
                N_("{device} has been silent for more than {minutes} minutes; its room is unknown."),
                device=sensor.id,
                minutes=f"{sensor.silent_minutes_max:g}",
            ),
            severity=Severity(stands.rules.missing.severity),
            evidence={"rules": stands.rules.version},
        )
        count += open_incident(session, seen, at=at) is not None
    return count


def _stuck(session: Session, room: Room, kind: str, stands: Standing, *, at: datetime) -> int:
    """A value that has not moved for hours: seen at its last reading, over when it moves."""
    last = history.last_reading(session, room.device, kind)
    if last is None or at - last.happened_at > history.LOOK_BACK:
        return 0
    begun = history.unchanged_since(session, last)
    if last.happened_at - begun < timedelta(hours=stands.rules.stuck.hours):
        end_incidents(session, kind=IncidentKind.STUCK, device=room.device, ended_at=begun)
        return 0
    seen = Seen(
        kind=IncidentKind.STUCK,
        device=room.device,
        place=room.place,
        began_at=begun,
        sentence=say(
            N_("{device} has said {value} for more than {hours} hours: {kind} does not stand still."),
            device=room.device,
            value="-" if last.value is None else f"{last.value:g}",
            hours=f"{stands.rules.stuck.hours:g}",
            kind=say(KINDS[kind]),
        ),
        severity=Severity(stands.rules.stuck.severity),
        evidence={"rules": stands.rules.version, "kind": kind},
    )
    return int(open_incident(session, seen, at=at) is not None)
