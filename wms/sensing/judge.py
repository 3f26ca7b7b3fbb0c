"""When cold goods were not cold: rules as data, judged on the time of measuring; pure, nothing is stored here.

A rule reads the whole history it is given, in the order of `happened_at`, never of arrival: a reading that comes late
or twice is judged where it belongs, and judging the same readings again gives the same episodes. What the rule
cannot know (no reading for too long, an impossible value) is an episode of its own, never "within limits".

An excursion opens when the value has been outside the limit, without a gap, for longer than `tolerated`, and closes
when it has been back inside the limit by `hysteresis` for `recovery`. Its goods are in doubt from the first
reading outside to the close.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class EpisodeKind(StrEnum):
    TOO_HIGH = "too_high"
    TOO_LOW = "too_low"
    MISSING = "missing"
    STUCK = "stuck"
    OUT_OF_RANGE = "out_of_range"
    DOOR_OPEN = "door_open"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is tolerated of one quantity in one place. Values in the sensor's unit; None: no limit."""

    value_max: float | None = None
    value_min: float | None = None
    hysteresis: float = 0.5
    tolerated: timedelta = timedelta(minutes=10)
    recovery: timedelta = timedelta(minutes=5)
    #: No reading for longer than this is an episode, and breaks every other one's evidence.
    missing_after: timedelta = timedelta(minutes=3)
    #: The same value to the last digit for this long; None: the quantity may stand still.
    stuck_after: timedelta | None = timedelta(hours=6)
    #: What the instrument can measure at all.
    range_min: float = -90.0
    range_max: float = 150.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One value at the time of measuring; None where the instrument gave no possible one."""

    happened_at: datetime
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Something that was not in order. `begun_at` is its first reading, `confirmed_at` when the rule was sure.

    `closed_at` is exclusive and None while it lasts; `extreme` is the worst value seen.
    """

    kind: EpisodeKind
    begun_at: datetime
    confirmed_at: datetime
    closed_at: datetime | None = None
    extreme: float | None = None


def judge(rule: Rule, readings: Iterable[Reading], *, until: datetime) -> list[Episode]:
    """Every episode up to `until`, by the time it began.

    Readings may be in any order and given twice; those after `until` are not looked at. Two readings of one
    moment that differ are judged by the one that is farther outside.
    """
    ordered = _in_order(rule, (reading for reading in readings if reading.happened_at <= until))
    good = [reading for reading in ordered if _is_possible(rule, reading)]
    episodes = [
        *_missing(rule, good, until=until),
        *_impossible(rule, ordered),
        *_stuck(rule, good),
        *_outside(rule, good, kind=EpisodeKind.TOO_HIGH, until=until),
        *_outside(rule, good, kind=EpisodeKind.TOO_LOW, until=until),
    ]
    return sorted(episodes, key=lambda episode: (episode.begun_at, episode.kind))


def _in_order(rule: Rule, readings: Iterable[Reading]) -> list[Reading]:
    worst: dict[datetime, Reading] = {}
    for reading in readings:
        known = worst.setdefault(reading.happened_at, reading)
        if _badness(rule, reading) > _badness(rule, known):
            worst[reading.happened_at] = reading
    return [worst[moment] for moment in sorted(worst)]


def _badness(rule: Rule, reading: Reading) -> float:
    """How far outside; a value that cannot be says nothing and loses to any that can."""
    if reading.value is None or not _is_possible(rule, reading):
        return float("-inf")
    above = reading.value - rule.value_max if rule.value_max is not None else float("-inf")
    below = rule.value_min - reading.value if rule.value_min is not None else float("-inf")
    return max(above, below, -1e9)


def _is_possible(rule: Rule, reading: Reading) -> bool:
    return reading.value is not None and rule.range_min <= reading.value <= rule.range_max


def _missing(rule: Rule, good: list[Reading], *, until: datetime) -> Iterator[Episode]:
    """Spans without a possible value; the last lasts while nothing has come. Before the first nothing is known."""
    if not good:
        return
    for before, after in zip(good, [*good[1:], None], strict=True):
        end = after.happened_at if after is not None else until
        if end - before.happened_at > rule.missing_after:
            yield Episode(
                kind=EpisodeKind.MISSING,
                begun_at=before.happened_at,
                confirmed_at=before.happened_at + rule.missing_after,
                closed_at=after.happened_at if after is not None else None,
            )


def _impossible(rule: Rule, ordered: list[Reading]) -> Iterator[Episode]:
    """Runs of readings with no possible value: a broken instrument, not a cold or warm room."""
    current: Episode | None = None
    for reading in ordered:
        at = reading.happened_at
        if _is_possible(rule, reading):
            if current is not None:
                yield replace(current, closed_at=at)
            current = None
        elif current is None:
            current = Episode(
                kind=EpisodeKind.OUT_OF_RANGE, begun_at=at, confirmed_at=at, extreme=reading.value
            )
    if current is not None:
        yield current


def _stuck(rule: Rule, good: list[Reading]) -> Iterator[Episode]:
    if rule.stuck_after is None:
        return
    start = 0
    for at in range(1, len(good) + 1):
        if at < len(good) and good[at].value == good[start].value:
            continue
        first, last = good[start], good[at - 1]
        if last.happened_at - first.happened_at >= rule.stuck_after:
            yield Episode(
                kind=EpisodeKind.STUCK,
                begun_at=first.happened_at,
                confirmed_at=first.happened_at + rule.stuck_after,
                closed_at=good[at].happened_at if at < len(good) else None,
                extreme=first.value,
            )
        start = at


def _outside(rule: Rule, good: list[Reading], *, kind: EpisodeKind, until: datetime) -> Iterator[Episode]:
    """Walks the readings once: outside, confirmed, recovering, closed.

    A gap longer than `missing_after` is no evidence either way: before confirmation it starts the count anew,
    after it the episode stays open and the recovery starts anew.
    """
    begun: Reading | None = None
    confirmed_at: datetime | None = None
    back_since: datetime | None = None
    extreme: float | None = None
    last: datetime | None = None
    for reading in good:
        at, value = reading.happened_at, _height(rule, reading, kind)
        if value is None:
            return
        has_gap = last is not None and at - last > rule.missing_after
        last = at
        if has_gap:
            back_since = None
            if confirmed_at is None:
                begun = None
        if begun is not None and confirmed_at is not None:
            back_since = (back_since or at) if value < -rule.hysteresis else None
            if back_since is not None and at - back_since >= rule.recovery:
                yield _episode(kind, begun, confirmed_at, closed_at=at, extreme=extreme)
                begun, confirmed_at, back_since, extreme = None, None, None, None
                continue
        if value > 0:
            begun = begun or reading
            extreme = _worse(extreme, reading.value, kind)
            if confirmed_at is None and at - begun.happened_at > rule.tolerated:
                confirmed_at = begun.happened_at + rule.tolerated
        elif confirmed_at is None:
            begun, extreme = None, None
    if begun is None:
        return
    if confirmed_at is None and last is not None:
        # Nothing new has come, but the last word was "outside": it holds until it would be missing.
        known_until = min(until, last + rule.missing_after)
        if known_until - begun.happened_at > rule.tolerated:
            confirmed_at = begun.happened_at + rule.tolerated
    if confirmed_at is not None:
        yield _episode(kind, begun, confirmed_at, closed_at=None, extreme=extreme)


def _height(rule: Rule, reading: Reading, kind: EpisodeKind) -> float | None:
    """How far beyond the limit, negative inside; None when the rule has no such limit."""
    assert reading.value is not None
    if kind is EpisodeKind.TOO_HIGH:
        return None if rule.value_max is None else reading.value - rule.value_max
    return None if rule.value_min is None else rule.value_min - reading.value


def _worse(extreme: float | None, value: float | None, kind: EpisodeKind) -> float | None:
    if extreme is None or value is None:
        return value
    return max(extreme, value) if kind is EpisodeKind.TOO_HIGH else min(extreme, value)


def _episode(
    kind: EpisodeKind,
    begun: Reading,
    confirmed_at: datetime,
    *,
    closed_at: datetime | None,
    extreme: float | None,
) -> Episode:
    return Episode(
        kind=kind,
        begun_at=begun.happened_at,
        confirmed_at=confirmed_at,
        closed_at=closed_at,
        extreme=extreme,
    )


@dataclass(frozen=True, kw_only=True)
class DoorWord:
    """What a door's contact said at a moment."""

    happened_at: datetime
    is_open: bool


def judge_door(words: Iterable[DoorWord], *, tolerated: timedelta, until: datetime) -> list[Episode]:
    """Every time the door stood open for longer than `tolerated`, by the time it was opened.

    Words may be in any order and given twice; of two that differ at one moment "open" counts. A door speaks when it
    moves, so its last word holds until the next one.
    """
    ordered = sorted({(word.happened_at, word.is_open) for word in words if word.happened_at <= until})
    episodes: list[Episode] = []
    opened_at: datetime | None = None
    open_at = {moment for moment, is_open in ordered if is_open}
    for moment, is_open in ordered:
        if is_open:
            opened_at = opened_at or moment
        elif opened_at is not None and moment not in open_at:
            episodes += _door(opened_at, tolerated=tolerated, closed_at=moment, until=moment)
            opened_at = None
    if opened_at is not None:
        episodes += _door(opened_at, tolerated=tolerated, closed_at=None, until=until)
    return episodes


def _door(
    opened_at: datetime, *, tolerated: timedelta, closed_at: datetime | None, until: datetime
) -> list[Episode]:
    if until - opened_at <= tolerated:
        return []
    confirmed_at = opened_at + tolerated
    return [
        Episode(
            kind=EpisodeKind.DOOR_OPEN, begun_at=opened_at, confirmed_at=confirmed_at, closed_at=closed_at
        )
    ]
