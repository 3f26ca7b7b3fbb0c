"""What was measured, as far back as a judgement needs it and no farther."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from wms.sensing import judge
from wms.sensing.judge import DoorWord, Rule
from wms.sensing.readings import Reading

#: How far back a span outside the limits is followed to its beginning.
LOOK_BACK: Final = timedelta(days=2)


def readings_since(session: Session, device: str, kind: str, since: datetime) -> list[judge.Reading]:
    """Every trusted reading from `since` on; impossible values are told as none."""
    query = select(Reading.happened_at, Reading.value, Reading.quality).where(
        *_of(device, kind), Reading.quality != "uncertain", Reading.happened_at >= since
    )
    return [
        judge.Reading(happened_at=moment, value=value if quality == "good" else None)
        for moment, value, quality in session.execute(query)
    ]


def calm_before(session: Session, device: str, kind: str, *, rule: Rule, moment: datetime) -> datetime:
    """The last moment before `moment` with a reading inside the limits: whatever is judged begins after it."""
    inside = []
    if rule.value_min is not None:
        inside.append(Reading.value >= rule.value_min)
    if rule.value_max is not None:
        inside.append(Reading.value <= rule.value_max)
    query = select(Reading.happened_at).where(
        *_of(device, kind),
        Reading.quality == "good",
        Reading.happened_at < moment,
        Reading.happened_at >= moment - LOOK_BACK,
        and_(True, *inside),
    )
    found = session.scalars(query.order_by(Reading.happened_at.desc()).limit(1)).first()
    return found or moment - LOOK_BACK


def unchanged_since(session: Session, last: Reading) -> datetime:
    """Since when the value is the one of `last`, at most LOOK_BACK before it."""
    earliest = last.happened_at - LOOK_BACK
    same = (*_of(last.device, last.kind), Reading.quality == "good", Reading.happened_at > earliest)
    other = select(func.max(Reading.happened_at)).where(*same, Reading.value != last.value)
    changed = session.scalar(other)
    first = select(func.min(Reading.happened_at)).where(*same, Reading.happened_at > (changed or earliest))
    return session.scalar(first) or last.happened_at


def last_reading(session: Session, device: str, kind: str) -> Reading | None:
    """The present value: the greatest (time of measuring, number), not the last to arrive."""
    query = select(Reading).where(*_of(device, kind), Reading.quality == "good")
    return session.scalars(query.order_by(Reading.happened_at.desc(), Reading.seq.desc()).limit(1)).first()


def last_word(session: Session, device: str, kinds: Sequence[str]) -> datetime | None:
    """When a device last said anything of these kinds, whatever it was worth."""
    moments = [
        session.scalars(_newest(device, kind).with_only_columns(Reading.happened_at)).first()
        for kind in kinds
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def door_words(session: Session, device: str, *, before: datetime) -> list[DoorWord]:
    """What a door said from the last word before `before` on."""
    query = select(Reading.happened_at, Reading.data).where(*_of(device, "door"))
    query = query.where(Reading.quality != "uncertain")
    # From the last time it was closed: the word before may be one of several "open".
    closed_before = (
        select(func.max(Reading.happened_at))
        .where(
            *_of(device, "door"), Reading.happened_at < before, Reading.data["open"].as_boolean().is_(False)
        )
        .scalar_subquery()
    )
    query = query.where(Reading.happened_at >= func.coalesce(closed_before, before - LOOK_BACK))
    return [
        DoorWord(happened_at=moment, is_open=bool((data or {}).get("open")))
        for moment, data in session.execute(query)
    ]


def _of(device: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (Reading.device == device, Reading.kind == kind)


def _newest(device: str, kind: str) -> Select[Reading]:
    return select(Reading).where(*_of(device, kind)).order_by(Reading.happened_at.desc()).limit(1)
