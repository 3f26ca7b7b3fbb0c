"""The judge of rounds knows no solver: each rule on both sides of its edge."""

from dataclasses import replace

import pytest

from routing.rounds import Break, Round, RoundsProblem, Rule
from routing.rounds_check import broken_promises
from routing.rounds_schedule import internal_cost, schedule, shown_cost
from tests.routing.rounds_makers import drive, on_a_line


def rules(problem: RoundsProblem, *rounds: Round) -> list[Rule]:
    return [each.rule for each in broken_promises(problem, rounds)]


def test_rounds_that_keep_every_rule_pass() -> None:
    assert rules(on_a_line([3, 5]), drive(0, 1)) == []


@pytest.mark.parametrize(
    "rounds", [(drive(0),), (drive(0, 1, 0),), (drive(0, 1), drive(1)), (drive(0, 1, 7),)]
)
def test_a_stop_left_out_visited_twice_or_unknown_is_seen(rounds: tuple[Round, ...]) -> None:
    assert Rule.VISITS in rules(on_a_line([3, 5]), *rounds)


def test_an_optional_stop_may_stay_out_and_costs_its_prize() -> None:
    problem = on_a_line([3, 5], stops=[{}, {"prize": 40}])

    assert rules(problem, drive(0)) == []
    assert internal_cost(problem, (drive(0),)) == 6 + 40


def test_a_full_truck_passes_and_one_piece_more_does_not() -> None:
    problem = on_a_line([3, 5], stops=[{"delivered": (4,)}, {"delivered": (6,)}])

    assert rules(problem, drive(0, 1)) == []
    assert rules(replace(problem, vehicles=(replace(problem.vehicles[0], capacity=(9,)),)), drive(0, 1)) == [
        Rule.CAPACITY
    ]


def test_what_is_collected_needs_the_room_that_delivery_has_made() -> None:
    """Six on board for the second stop, five collected at the first: eleven in a truck for ten."""
    problem = on_a_line([3, 5], stops=[{"delivered": (0,), "collected": (5,)}, {"delivered": (6,)}])

    assert rules(problem, drive(0, 1)) == [Rule.CAPACITY]
    assert rules(problem, drive(1, 0)) == []


def test_arriving_at_closing_time_passes_and_a_minute_later_does_not() -> None:
    problem = on_a_line([3, 5], stops=[{"service": 2}, {"closes_at": 7}])

    assert rules(problem, drive(0, 1)) == []
    late = replace(problem, stops=(replace(problem.stops[0], service=3), problem.stops[1]))
    assert rules(late, drive(0, 1)) == [Rule.WINDOWS]


def test_a_round_leaves_as_late_as_its_windows_allow() -> None:
    """Waiting in the yard is not time on the road."""
    problem = on_a_line([3, 5], stops=[{"opens_at": 100}, {}])

    timed = schedule(problem, drive(0, 1))

    assert (timed.departs_at, timed.begins_at, timed.returns_at, timed.duration) == (97, (100, 102), 107, 10)


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        ({"ends_at": 10}, True),
        ({"ends_at": 9}, False),
        ({"duration_max": 9}, False),
        ({"distance_max": 9}, False),
    ],
)
def test_shift_duration_and_distance_have_sharp_ends(limit: dict[str, int], kept: bool) -> None:
    problem = on_a_line([3, 5], **limit)

    assert rules(problem, drive(0, 1)) == ([] if kept else [Rule.SHIFT])


def test_a_vehicle_waits_for_the_last_goods_it_takes() -> None:
    problem = on_a_line([3, 5], stops=[{"closes_at": 10}, {"released_at": 8}])

    assert rules(problem, drive(0, 1)) == [Rule.WINDOWS]
    assert rules(problem, drive(0), drive(1)) == []


def test_delivery_follows_pickup_on_the_same_vehicle() -> None:
    problem = replace(
        on_a_line([3, 5], stops=[{"delivered": (), "collected": (2,)}, {"delivered": (2,)}]), pairs=((0, 1),)
    )

    assert rules(problem, drive(0, 1)) == []
    assert Rule.PAIRS in rules(problem, drive(1, 0))
    assert Rule.PAIRS in rules(problem, drive(0), drive(1))


def test_last_loaded_is_first_unloaded_where_the_vehicle_opens_at_the_back() -> None:
    ends = [{"delivered": (), "collected": (1,)}] * 2 + [{"delivered": (1,)}] * 2
    problem = replace(on_a_line([1, 2, 3, 4], stops=ends, last_in_first_out=True), pairs=((0, 2), (1, 3)))

    assert rules(problem, drive(0, 1, 3, 2)) == []
    assert rules(problem, drive(0, 1, 2, 3)) == [Rule.ORDER]


def test_goods_kept_apart_do_not_share_a_vehicle() -> None:
    problem = replace(
        on_a_line([3, 5], stops=[{"goods": "food"}, {"goods": "dangerous"}]),
        apart=frozenset({frozenset({"food", "dangerous"})}),
    )

    assert rules(problem, drive(0, 1)) == [Rule.GOODS]
    assert rules(problem, drive(0), drive(1)) == []


def test_access_company_and_fleet_are_looked_at() -> None:
    barred = on_a_line([3, 5], stops=[{"vehicles": frozenset({"van"})}, {}])
    bound = replace(on_a_line([3, 5]), together=((0, 1),))

    assert rules(barred, drive(0, 1)) == [Rule.ACCESS]
    assert rules(bound, drive(0), drive(1)) == [Rule.TOGETHER]
    assert rules(on_a_line([3, 5], count=1), drive(0), drive(1)) == [Rule.FLEET]


@pytest.mark.parametrize(("closes_at", "kept"), [(35, True), (34, False)])
def test_a_break_takes_its_time_between_two_stops(closes_at: int, kept: bool) -> None:
    """Twenty minutes out, a break of ten that must begin by minute 12, five more: minute 35."""
    problem = on_a_line(
        [20, 25], stops=[{}, {"closes_at": closes_at}], breaks=(Break(earliest=5, latest=12, duration=10),)
    )

    assert rules(problem, drive(0, 1)) == ([] if kept else [Rule.BREAKS])


def test_costs_are_fixed_distance_duration_and_lateness_added_up() -> None:
    problem = on_a_line(
        [3, 5],
        stops=[{"service": 4}, {"late_after": 7, "late_cost": 10}],
        fixed_cost=100,
        cost_per_distance=3,
        cost_per_duration=2,
    )

    assert internal_cost(problem, (drive(0, 1),)) == 100 + 3 * 10 + 2 * 14 + 10 * 2
    assert shown_cost(replace(problem, cost_units=10), (drive(0, 1),)) == 17.8
