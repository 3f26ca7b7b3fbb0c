"""Rounds as planned: proposed, accepted by the OR-Tools model, mended or refused by name."""

import json
import os
import signal
import time
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from routing import rounds_command, rounds_plan
from routing.benchmarks import Objective, read_rounds
from routing.rounds import Break, RoundsProblem, Rule, Stop, Vehicle
from routing.rounds_check import broken_promises
from routing.rounds_child import Cancelled, ChildFailed, ask
from routing.rounds_limits import Limit, Progress, thread_cpu
from routing.rounds_plan import Engine, NotInItsWords, plan_rounds
from routing.rounds_pyvrp import outside, propose
from routing.rounds_schedule import internal_cost
from routing.rounds_tasks import Judge, Solve
from tests.patience import seconds_of
from tests.reference import reference
from tests.routing.rounds_makers import drive, on_a_line

QUICK = Limit(cpu_seconds=60.0, iterations=200)
SHORT = Limit(cpu_seconds=0.6)


def scattered(seed: int, *, stops: int = 7, count: int = 1) -> RoundsProblem:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 100, size=(stops + 1, 2))
    away = np.rint(np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))).astype(np.int64)
    return RoundsProblem(
        name="scattered",
        stops=tuple(
            Stop(number=i, place=i, delivered=(int(rng.integers(1, 4)),), service=5)
            for i in range(1, stops + 1)
        ),
        vehicles=(Vehicle(name="truck", count=count, capacity=(30,)),),
        distance=away[None],
        duration=away[None],
    )


@pytest.mark.parametrize("engine", [Engine.PYVRP, Engine.ORTOOLS])
def test_one_tour_of_seven_stops_is_the_shortest_of_all_orders(engine: Engine) -> None:
    problem = scattered(4)
    best = min(internal_cost(problem, (drive(*order),)) for order in permutations(range(7)))

    plan = plan_rounds(problem, limit=QUICK if engine is Engine.PYVRP else SHORT, engine=engine)

    assert plan.cost == best
    assert (plan.engine, plan.accepted_by, plan.refused) == (engine, "ortools", ())


def test_the_same_seed_and_iterations_give_the_same_rounds() -> None:
    problem = scattered(1, stops=25, count=4)

    first, second = (plan_rounds(problem, limit=QUICK, seed=3) for _ in range(2))

    assert first.rounds == second.rounds
    assert first.iterations == second.iterations == 200


def test_the_fewest_vehicles_are_used_when_they_are_hired_by_the_day() -> None:
    """Three far corners are cheaper with three trucks by time windows; one truck can still do it."""
    stops = [{"opens_at": 50}, {"opens_at": 70}, {"opens_at": 90}]
    problem = on_a_line([3, 30, 4], stops=stops, count=3)

    plan = plan_rounds(replace(problem, fewest_vehicles=True), limit=QUICK)

    assert len(plan.rounds) == 1


OUTSIDE = {
    Rule.GOODS: replace(
        on_a_line([3, 5, 6], stops=[{"goods": "food"}, {"goods": "dangerous"}, {}]),
        apart=frozenset({frozenset({"food", "dangerous"})}),
    ),
    Rule.BREAKS: on_a_line([20, 25], breaks=(Break(earliest=5, latest=12, duration=10),)),
    Rule.TOGETHER: replace(
        on_a_line([3, 5], stops=[{"delivered": (6,)}] * 2, capacity=(12,)), together=((0, 1),)
    ),
    Rule.ACCESS: replace(
        on_a_line([3, 5], stops=[{"vehicles": frozenset({"van"})}, {}]),
        vehicles=(
            Vehicle(name="truck", count=1, capacity=(10,)),
            Vehicle(name="van", count=1, capacity=(1,)),
        ),
    ),
    Rule.WINDOWS: on_a_line(
        [3, 5], stops=[{"late_after": 3, "late_cost": 5}, {"late_after": 4, "late_cost": 9}]
    ),
    Rule.ORDER: replace(
        on_a_line(
            [1, 2, 3, 4],
            stops=[{"delivered": (), "collected": (1,)}] * 2 + [{"delivered": (1,)}] * 2,
            last_in_first_out=True,
            count=1,
        ),
        pairs=((0, 2), (1, 3)),
    ),
}


@pytest.mark.parametrize("rule", OUTSIDE, ids=lambda rule: rule.name.lower())
def test_a_rule_outside_pyvrp_is_planned_by_or_tools_alone(rule: Rule) -> None:
    problem = OUTSIDE[rule]

    plan = plan_rounds(problem, limit=SHORT)

    assert outside(problem) == [rule]
    assert plan.engine is Engine.ORTOOLS
    assert not plan.refused
    assert broken_promises(problem, plan.rounds) == []
    with pytest.raises(NotInItsWords, match=rule):
        plan_rounds(problem, limit=SHORT, engine=Engine.PYVRP)


def test_without_pyvrp_or_tools_plans_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_plan, "find_spec", lambda _: None)

    plan = plan_rounds(on_a_line([3, 5]), limit=SHORT)

    assert (plan.engine, plan.cost) == (Engine.ORTOOLS, 10)


BROKEN = {
    Rule.CAPACITY: (on_a_line([3, 5], stops=[{"delivered": (6,)}] * 2), (drive(0, 1),)),
    Rule.WINDOWS: (on_a_line([3, 5], stops=[{"service": 3}, {"closes_at": 7}]), (drive(0, 1),)),
    Rule.SHIFT: (on_a_line([3, 5], duration_max=9), (drive(0, 1),)),
    Rule.GOODS: (OUTSIDE[Rule.GOODS], (drive(0, 1, 2),)),
    Rule.ACCESS: (OUTSIDE[Rule.ACCESS], (drive(0, 1),)),
    Rule.TOGETHER: (OUTSIDE[Rule.TOGETHER], (drive(0), drive(1))),
    Rule.ORDER: (OUTSIDE[Rule.ORDER], (drive(0, 1, 2, 3),)),
    Rule.FLEET: (on_a_line([3, 5], count=1), (drive(0), drive(1))),
}


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.name.lower())
def test_the_model_names_the_rule_that_failed(rule: Rule) -> None:
    """OR-Tools and the judge without a solver agree on what is broken."""
    problem, rounds = BROKEN[rule]

    verdict = ask(Judge(problem=problem, rounds=rounds, polish_seconds=0), cpu_seconds=5)

    assert not verdict.accepted
    assert [failure.rule for failure in verdict.failures] == [rule]
    assert rule in [broken.rule for broken in broken_promises(problem, rounds)]


def test_a_refused_proposal_is_mended_and_the_reason_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyVRP is asked although goods must be kept apart: OR-Tools refuses, says why, and mends."""
    monkeypatch.setattr("routing.rounds_pyvrp.outside", lambda _: [])

    plan = plan_rounds(OUTSIDE[Rule.GOODS], limit=Limit(cpu_seconds=1.0))

    assert [failure.rule for failure in plan.failures] == [Rule.GOODS]
    assert broken_promises(OUTSIDE[Rule.GOODS], plan.rounds) == []


def test_a_stop_no_vehicle_can_serve_is_refused_by_name_and_the_rest_is_planned() -> None:
    problem = on_a_line([3, 5, 8], stops=[{}, {"delivered": (11,)}, {"closes_at": 7}])

    plan = plan_rounds(problem, limit=QUICK)

    assert [(each.number, each.rule) for each in plan.refused] == [(2, Rule.CAPACITY), (3, Rule.WINDOWS)]
    assert [each.stops for each in plan.rounds] == [(0,)]


def test_what_does_not_fit_the_fleet_is_refused_and_not_dropped() -> None:
    problem = on_a_line([3, 5], stops=[{"delivered": (6,)}, {"delivered": (6,)}], count=1)

    plan = plan_rounds(problem, limit=SHORT)

    assert len(plan.refused) == 1
    assert "no place" in plan.refused[0].why
    assert sum(len(each.stops) for each in plan.rounds) == 1


def test_a_solve_is_ended_within_a_second_when_told() -> None:
    problem = scattered(2, stops=120, count=10)

    def solve() -> None:
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            ask(
                Solve(problem=problem, start=(), seconds=60),
                cpu_seconds=60,
                cancel=lambda: time.monotonic() - begun > 1.5,
            )

    assert seconds_of(solve, most=2.5) < 2.5


@pytest.mark.reference
def test_a_polish_keeps_inside_its_seconds_where_there_is_nothing_to_gain() -> None:
    """Near an optimum of 400 stops: OR-Tools' slower moves would take three times the seconds given."""
    file = reference("routing", "vrptw", "homberger_400", "c1_4_1.txt")
    problem = read_rounds(file, objective=Objective.DISTANCE)
    rounds = propose(problem, limit=Limit(cpu_seconds=60, iterations=2_000), seed=1).rounds

    verdict = ask(Judge(problem=problem, rounds=rounds, polish_seconds=0.6), cpu_seconds=5)

    assert verdict.accepted
    assert internal_cost(problem, verdict.rounds) <= internal_cost(problem, rounds)
    assert verdict.cpu_seconds < 1


@pytest.mark.parametrize("fewest", [False, True])
def test_enough_gives_the_best_so_far_accepted_like_any_other(fewest: bool) -> None:
    """Of a minute given, a second is used; nobody is left out for it."""
    problem = replace(scattered(2, stops=60, count=10), fewest_vehicles=fewest)
    begun = thread_cpu()

    plan = plan_rounds(problem, limit=Limit(cpu_seconds=60, enough=lambda: thread_cpu() - begun > 1))

    assert (plan.accepted_by, plan.refused) == ("ortools", ())
    assert plan.cpu_seconds < 5


def test_ctrl_c_prints_the_best_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pressed while the search runs; the answer is whole, and the key means again what it meant."""
    rows = [f"{i} {7 * i % 50} {11 * i % 50} {10 if i else 0} 0 1000 {5 if i else 0}" for i in range(40)]
    head = [
        "LINE",
        "VEHICLE",
        "NUMBER CAPACITY",
        "10 200",
        "CUSTOMER",
        "CUST NO. X Y DEMAND READY DUE SERVICE",
    ]
    (tmp_path / "line.txt").write_text("\n".join([*head, *rows]))

    def press(at: Progress) -> None:
        if at.phase == "searching" and signal.getsignal(signal.SIGINT) is not before:
            os.kill(os.getpid(), signal.SIGINT)
            pressed.append(at)

    pressed: list[Progress] = []
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(rounds_command, "_progress", lambda: press)

    assert rounds_command.main([str(tmp_path / "line.txt"), "--cpu-seconds", "60", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(pressed) == 1
    assert sorted(stop for route in answer["routes"] for stop in route) == list(range(1, 40))
    assert answer["cpu_seconds"] < 10
    assert signal.getsignal(signal.SIGINT) is before


def test_a_solve_that_outgrows_its_memory_ends_alone_with_one_sentence() -> None:
    problem = scattered(2, stops=60, count=5)

    with pytest.raises(ChildFailed, match=r"the OR-Tools solve .*\.$"):
        ask(Judge(problem=problem, rounds=(), polish_seconds=0), cpu_seconds=5, memory_mb=150)
