"""When a room was outside its limits (pure): event time, tolerated minutes, hysteresis.

Readings may come late and out of order; judging all of a span again gives the same answer whatever their order. A
span begins with the first reading outside the limits and ends with the first one back inside by the hysteresis. It is
confirmed once it has lasted the tolerated minutes by the readings' own clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The band a value must stay in, and how patient we are; none is no limit on that side."""

    least: float | None
    most: float | None
    hysteresis: float
    tolerated: timedelta

    def is_outside(self, value: float) -> bool:
        """Beyond a limit; exactly on it is inside."""
        return (self.least is not None and value < self.least) or (
            self.most is not None and value > self.most
        )

    def is_back(self, value: float) -> bool:
        """Inside by the hysteresis, so that a value on the edge does not end and begin a span each minute."""
        above = self.least is None or value >= self.least + self.hysteresis
        below = self.most is None or value <= self.most - self.hysteresis
        return above and below

    def beyond(self, value: float) -> float:
        """How far outside, 0 inside."""
        low = 0.0 if self.least is None else self.least - value
        high = 0.0 if self.most is None else value - self.most
        return max(low, high, 0.0)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One good reading."""

    happened_at: datetime
    value: float


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch outside the limits; `confirmed_at` is none while it is shorter than what is tolerated."""

    began_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    extreme: float


def judge(limits: Limits, samples: Iterable[Sample]) -> list[Span]:
    """Every stretch outside the limits, in order of time."""
    spans: list[Span] = []
    began: datetime | None = None
    extreme = 0.0
    last: datetime | None = None
    for sample in sorted(samples, key=lambda each: (each.happened_at, each.value)):
        if began is None:
            if limits.is_outside(sample.value):
                began, extreme, last = sample.happened_at, sample.value, sample.happened_at
            continue
        if limits.is_back(sample.value):
            spans.append(
                _span(limits, began, extreme, seen_until=sample.happened_at, ended=sample.happened_at)
            )
            began = None
            continue
        last = sample.happened_at
        if limits.beyond(sample.value) > limits.beyond(extreme):
            extreme = sample.value
    if began is not None:
        assert last is not None
        spans.append(_span(limits, began, extreme, seen_until=last, ended=None))
    return spans


def _span(
    limits: Limits, began: datetime, extreme: float, *, seen_until: datetime, ended: datetime | None
) -> Span:
    lasted = seen_until - began >= limits.tolerated
    return Span(
        began_at=began,
        confirmed_at=began + limits.tolerated if lasted else None,
        ended_at=ended,
        extreme=extreme,
    )
