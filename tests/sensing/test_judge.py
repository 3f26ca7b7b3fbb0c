"""When a room was outside its limits: both sides of each edge, whatever the order of arrival."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.sensing.judge import Limits, Sample, judge

NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
COOL = Limits(least=2.0, most=8.0, hysteresis=0.5, tolerated=timedelta(minutes=10))


def samples(*values: float, every_s: int = 60) -> list[Sample]:
    return [
        Sample(happened_at=NOON + timedelta(seconds=every_s * number), value=value)
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(("minutes", "confirmed"), [(9, False), (10, True), (31, True)])
def test_a_room_may_be_warm_for_the_tolerated_minutes(minutes: int, confirmed: bool) -> None:
    spans = judge(COOL, samples(*[8.4] * (minutes + 1)))

    assert [span.confirmed_at is not None for span in spans] == [confirmed]


@pytest.mark.parametrize(("value", "outside"), [(8.0, False), (8.1, True), (2.0, False), (1.9, True)])
def test_exactly_on_the_limit_is_inside(value: float, outside: bool) -> None:
    assert bool(judge(COOL, samples(*[value] * 20))) is outside


def test_a_value_on_the_edge_does_not_begin_a_span_each_minute() -> None:
    """Back inside only by the hysteresis: 8.4, 7.9, 8.4 … is one stretch."""
    spans = judge(COOL, samples(*[8.4, 7.9] * 8, 7.4, 5.0))

    assert len(spans) == 1
    assert spans[0].ended_at == NOON + timedelta(minutes=16)
    assert spans[0].confirmed_at == NOON + timedelta(minutes=10)


def test_two_stretches_are_two() -> None:
    spans = judge(COOL, samples(*[9.0] * 12, 5.0, 5.0, *[1.0] * 12))

    assert [span.extreme for span in spans] == [9.0, 1.0]


def test_the_farthest_value_is_remembered() -> None:
    assert judge(COOL, samples(8.4, 11.2, 9.0, 5.0))[0].extreme == 11.2


@given(st.lists(st.floats(-10, 20), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(values: list[float], shuffler: random.Random) -> None:
    ordered = samples(*values)
    shuffled = ordered.copy()
    shuffler.shuffle(shuffled)

    assert judge(COOL, shuffled) == judge(COOL, ordered)


@given(st.lists(st.floats(-10, 20), min_size=1, max_size=60))
def test_a_repeated_reading_changes_nothing(values: list[float]) -> None:
    assert judge(COOL, samples(*values) * 2) == judge(COOL, samples(*values))
