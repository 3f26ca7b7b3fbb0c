"""An excursion is judged on the time of measuring, once, whatever order the readings arrive in."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.sensing.judge import Episode, EpisodeKind, Reading, Rule, judge

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
COOL = Rule(value_max=8.0, value_min=2.0, stuck_after=None)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def curve(*spans: tuple[float, float], start: float = 0) -> list[Reading]:
    """One reading a minute: (minutes, value) after each other."""
    readings, minute = [], start
    for minutes, value in spans:
        for _ in range(int(minutes)):
            readings.append(Reading(happened_at=at(minute), value=value))
            minute += 1
    return readings


def kinds(episodes: list[Episode]) -> list[EpisodeKind]:
    return [episode.kind for episode in episodes]


def test_within_limits_nothing_is_told() -> None:
    assert judge(COOL, curve((60, 8.0)), until=at(60)) == []


def test_ten_minutes_are_tolerated_and_not_a_moment_more() -> None:
    assert judge(COOL, curve((10, 4), (11, 8.1), (20, 4)), until=at(41)) == []
    (episode,) = judge(COOL, curve((10, 4), (12, 8.1), (20, 4)), until=at(42))

    assert episode.kind is EpisodeKind.TOO_HIGH
    assert episode.begun_at == at(10)
    assert episode.confirmed_at == at(20)


def test_it_closes_only_well_inside_and_for_a_while() -> None:
    """Back at 7.8 °C is not back: the limit less the hysteresis, for five minutes."""
    readings = curve((5, 4), (15, 9), (30, 7.8), (3, 7), (2, 7.9), (6, 7))

    (episode,) = judge(COOL, readings, until=at(61))

    assert episode.closed_at == at(60)
    assert episode.extreme == 9


def test_while_it_lasts_it_is_open() -> None:
    (episode,) = judge(COOL, curve((5, 4), (30, 12)), until=at(35))

    assert episode.closed_at is None
    assert episode.extreme == 12


def test_too_cold_is_an_excursion_too() -> None:
    (episode,) = judge(COOL, curve((5, 4), (15, 0.5), (10, 4)), until=at(30))

    assert episode.kind is EpisodeKind.TOO_LOW
    assert episode.extreme == 0.5


@pytest.mark.parametrize(("minutes", "told"), [(3, []), (4, [EpisodeKind.MISSING])])
def test_silence_is_never_within_limits(minutes: int, told: list[EpisodeKind]) -> None:
    readings = [*curve((5, 4)), *curve((5, 4), start=4 + minutes)]

    assert kinds(judge(COOL, readings, until=at(8 + minutes))) == told


def test_a_sensor_that_falls_silent_is_missing_until_it_speaks() -> None:
    (episode,) = judge(COOL, curve((5, 4)), until=at(30))

    assert (episode.kind, episode.begun_at, episode.confirmed_at, episode.closed_at) == (
        EpisodeKind.MISSING,
        at(4),
        at(7),
        None,
    )


def test_a_gap_is_no_evidence_of_warmth() -> None:
    """Warm, silent for half an hour, warm: nobody knows what was between."""
    readings = [*curve((5, 9)), *curve((5, 9), start=35)]

    assert kinds(judge(COOL, readings, until=at(40))) == [EpisodeKind.MISSING]


def test_a_gap_does_not_end_an_excursion() -> None:
    readings = [*curve((15, 9)), *curve((3, 4), start=45)]

    episodes = judge(COOL, readings, until=at(48))

    assert kinds(episodes) == [EpisodeKind.TOO_HIGH, EpisodeKind.MISSING]
    assert episodes[0].closed_at is None


def test_readings_filled_in_later_change_the_judgement() -> None:
    """After an outage the logger's memory arrives: what was unknown was in truth an excursion."""
    known = [*curve((5, 9)), *curve((10, 4), start=35)]
    filled = curve((30, 9), start=5)

    before = judge(COOL, known, until=at(45))
    after = judge(COOL, [*known, *filled], until=at(45))

    assert kinds(before) == [EpisodeKind.MISSING]
    assert kinds(after) == [EpisodeKind.TOO_HIGH]
    assert after[0].begun_at == at(0)


def test_values_that_cannot_be_are_a_broken_instrument() -> None:
    readings = curve((5, 4), (2, 999.0), (5, 4))

    (episode,) = judge(COOL, readings, until=at(12))

    assert (episode.kind, episode.begun_at, episode.closed_at) == (EpisodeKind.OUT_OF_RANGE, at(5), at(7))


def test_an_instrument_without_a_value_for_long_is_missing_as_well() -> None:
    readings = [*curve((5, 4)), *(Reading(happened_at=at(m), value=None) for m in range(5, 20))]

    assert set(kinds(judge(COOL, readings, until=at(20)))) == {EpisodeKind.MISSING, EpisodeKind.OUT_OF_RANGE}


@pytest.mark.parametrize(("minutes", "told"), [(360, []), (361, [EpisodeKind.STUCK])])
def test_a_value_that_never_moves_is_stuck(minutes: int, told: list[EpisodeKind]) -> None:
    rule = Rule(value_max=8.0)

    assert kinds(judge(rule, curve((minutes, 4.37)), until=at(minutes))) == told


def test_the_last_word_holds_until_it_would_be_missing() -> None:
    """The hold must not wait for the next reading: two seconds after the time is up it is sure."""
    readings = curve((5, 4), (10, 9))

    assert judge(COOL, readings, until=at(15)) == []
    assert kinds(judge(COOL, readings, until=at(15) + timedelta(seconds=2))) == [EpisodeKind.TOO_HIGH]


def test_of_two_values_of_one_moment_the_worse_counts() -> None:
    readings = [*curve((15, 9)), *curve((15, 4))]

    assert kinds(judge(COOL, readings, until=at(15))) == [EpisodeKind.TOO_HIGH]


def test_the_drill_of_the_paper_gives_one_excursion() -> None:
    """4 °C to 12 °C and back, an outage of half an hour in it filled in later, duplicates, disorder."""
    readings = curve((30, 4), (60, 12), (30, 4))
    arrived = [*readings, *readings[40:60], *readings[::7]]
    random.Random(1).shuffle(arrived)

    (episode,) = judge(COOL, arrived, until=at(120))

    assert (episode.begun_at, episode.confirmed_at) == (at(30), at(40))
    assert episode.closed_at == at(95)


VALUES = st.one_of(st.none(), st.floats(-5, 20).map(lambda value: round(value, 1)))


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(20, 300), VALUES), max_size=60),
    seed=st.integers(0, 1000),
    repeats=st.lists(st.integers(0, 59), max_size=10),
)
def test_order_and_repetition_change_nothing(
    steps: list[tuple[int, float | None]], seed: int, repeats: list[int]
) -> None:
    """The same readings, shuffled and some of them twice, give the same episodes."""
    readings, moment = [], NOON
    for seconds, value in steps:
        moment += timedelta(seconds=seconds)
        readings.append(Reading(happened_at=moment, value=value))
    again = [*readings, *(readings[at] for at in repeats if at < len(readings))]
    random.Random(seed).shuffle(again)

    assert judge(COOL, again, until=moment) == judge(COOL, readings, until=moment)


@settings(deadline=None)
@given(steps=st.lists(st.tuples(st.integers(20, 300), st.floats(-5, 20)), min_size=1, max_size=60))
def test_an_episode_once_confirmed_is_confirmed_for_ever(steps: list[tuple[int, float]]) -> None:
    """Later readings may close an episode or add one; they never take back one that stood confirmed."""
    readings, moment = [], NOON
    for seconds, value in steps:
        moment += timedelta(seconds=seconds)
        readings.append(Reading(happened_at=moment, value=value))
    middle = readings[len(readings) // 2].happened_at

    early = {(episode.kind, episode.begun_at) for episode in judge(COOL, readings, until=middle)}
    late = {(episode.kind, episode.begun_at) for episode in judge(COOL, readings, until=moment)}

    assert early <= late
