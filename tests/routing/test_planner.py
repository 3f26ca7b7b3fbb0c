"""The planner: exact on tiny problems, bounded, repeatable, cancellable."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from routing.arcs import ArcModel
from routing.bound import Bounder
from routing.check import broken_promises, parts_of
from routing.child import Child
from routing.generate import generate
from routing.insertion import fixed_from
from routing.options import build
from routing.plan import Plan, Progress
from routing.planner import plan_shipments, warm_up
from routing.portfolio import plan_portfolio
from routing.problem import Problem, canonical
from routing.proof import Found
from tests.routing.planning_makers import departure, problem, random_tiny, spec, two_ports


def arc_optimum(made: Problem) -> int:
    """The optimum of the arc model in fen, solved without any of the planner's phases."""
    options = build(made)
    if not options.leg_fen.size:
        return int(options.refusal.sum())
    model = ArcModel(options, fixed_from(options), kept=None, must_stop=lambda: False)
    value, _, proved = model.solve(nodes=10**6)
    assert proved
    return round(value * 100)


def best_by_hand(made: Problem) -> int:
    """The optimum by trying every combination of every way: an oracle that shares no model."""
    ways = []
    for one in made.consignments:
        found: list[tuple[str, ...]] = [()]
        stack: list[tuple[str, ...]] = [(row.code,) for row in made.departures if row.origin == one.origin]
        while stack:
            way = stack.pop()
            rows = [made.departure_of[code] for code in way]
            calls = [one.origin, *(row.destination for row in rows)]
            if rows[0].cutoff_at < one.release_at or len(set(calls)) < len(calls):
                continue
            if any(later.cutoff_at < earlier.ready_at for earlier, later in pairwise(rows)):
                continue
            if rows[-1].destination == one.destination:
                if rows[-1].ready_at <= one.latest_at:
                    found.append(way)
                continue
            stack += [(*way, row.code) for row in made.departures if row.origin == rows[-1].destination]
        ways.append(found)
    best = sum(one.refusal_fen for one in made.consignments)
    return min(best, _combine(made, ways, 0, {}, 0, best))


def _combine(
    made: Problem,
    ways: list[list[tuple[str, ...]]],
    number: int,
    loads: dict[str, tuple[int, int]],
    fen: int,
    best: int,
) -> int:
    if fen >= best:
        return best
    if number == len(ways):
        opening = 0
        for code, load in loads.items():
            row = made.departure_of[code]
            if row.units_for(*load) > row.units:
                return best
            opening += row.units_for(*load) * row.unit_fen
        return min(best, fen + opening)
    one = made.consignments[number]
    for way in ways[number]:
        rows = [made.departure_of[code] for code in way]
        own = parts_of(made, one, rows).total if rows else one.refusal_fen
        after = dict(loads)
        for code in way:
            mass, volume = after.get(code, (0, 0))
            after[code] = (mass + one.mass_kg, volume + one.volume_l)
        best = _combine(made, ways, number + 1, after, fen + own, best)
    return best


def is_tight(made: Problem, plan: Plan) -> bool:
    """Whether some departure is full to its last unit and some unit is shared."""
    full = any(load.units == load.units_most for load in plan.departures)
    shared = any(len(load.consignments) > load.units for load in plan.departures)
    return full and shared


def test_the_planner_finds_the_optimum_of_200_tiny_problems() -> None:
    """Cost equals the arc model's optimum, the bound is never above it; at least half are tight."""
    tight = 0
    for seed in range(200):
        made = random_tiny(seed)
        optimum = arc_optimum(made)
        plan = plan_shipments(made, moves=1_500, seed=1)

        assert round(plan.cost * 100) == optimum, f"seed {seed}"
        assert round(plan.bound * 100) <= optimum, f"seed {seed}"
        assert broken_promises(made, plan) == [], f"seed {seed}"
        tight += is_tight(made, plan)
    assert tight >= 100


def test_the_arc_model_agrees_with_trying_everything() -> None:
    """The oracle itself is held to an enumeration that shares no model with it."""
    for seed in range(500, 530):
        made = random_tiny(seed)
        made = problem(list(made.departures), list(made.consignments[:4]))

        assert arc_optimum(made) == best_by_hand(made), f"seed {seed}"


def test_the_bound_of_the_column_generation_never_exceeds_the_optimum() -> None:
    """Every round's bound is valid, not only the last."""
    for seed in range(300, 330):
        made = random_tiny(seed)
        options = build(made)
        if not options.leg_fen.size:
            continue
        bounder = Bounder(options, fixed_from(options), must_stop=lambda: False)
        bounder.quick()
        optimum = arc_optimum(made)
        for _ in range(60):
            assert bounder.state.fen <= optimum, f"seed {seed}"
            if not bounder.round():
                break
        assert bounder.state.fen <= optimum, f"seed {seed}"


def test_cuts_that_came_after_the_best_prices_change_nothing_in_them() -> None:
    """A worker may be told to stop between the cuts and the next solve, and proves with the prices it has."""
    options = build(generate(consignments=40, seed=5))
    bounder = Bounder(options, fixed_from(options), must_stop=lambda: False)
    bounder.quick()
    newer = 0
    while bounder.round() and newer < 3:
        assert bounder.best is not None
        newer += len(bounder.best.cut) < len(bounder.master.cuts)
        assert np.array_equal(bounder.unit_prices(bounder.best), bounder.state.unit_price)
    assert newer


def test_same_seed_and_moves_give_the_same_bytes() -> None:
    """Also when the problem is built anew, and with a proof and a bound in it."""
    first = plan_shipments(generate(consignments=40, seed=5), moves=600, seed=3)
    second = plan_shipments(generate(consignments=40, seed=5), moves=600, seed=3)

    assert canonical(first.as_document()) == canonical(second.as_document())


def test_another_seed_walks_another_way() -> None:
    made = generate(consignments=60, seed=5)
    costs = {plan_shipments(made, moves=300, seed=seed, with_bound=False).cost for seed in (1, 2, 3)}

    assert len(costs) > 1


def test_the_plain_path_gives_the_same_plan_as_the_compiled_one() -> None:
    """The same moves, interpreted: numba changes nothing but the speed."""
    script = (
        "from routing.generate import generate\nfrom routing.planner import plan_shipments\n"
        "from routing.problem import canonical\n"
        "plan = plan_shipments(generate(consignments=12, seed=4), moves=150, seed=2)\n"
        "print(canonical(plan.as_document()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"WMS_ROUTING_PLAIN": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled = plan_shipments(generate(consignments=12, seed=4), moves=150, seed=2)

    assert json.loads(done.stdout) == compiled.as_document()


@pytest.mark.parametrize("phase", ["first plan", "search", "bound", "branching", "proof"])
def test_a_cancel_is_heard_within_a_second_in_each_phase(phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best plan so far comes back, whole and marked.

    The second is one of our own CPU: how long others keep the machine is not for this test to say.
    """
    # Branching begins when the root's bound has converged: after 3 s here, and a slow machine gets time enough.
    size, seed, seconds = {"proof": (25, 2, 8), "branching": (30, 7, 40)}.get(phase, (400, 1, 8))
    made = generate(consignments=size, seed=seed)
    warm_up()
    asked: list[tuple[float, float]] = []
    prove = Child.run

    def ask(*, after: float = 0.0) -> None:
        if not asked:
            asked.append((time.monotonic() + after, time.process_time()))

    def proving(child: Child[float, Found], *, must_stop: Callable[[float], bool]) -> None:
        ask(after=0.3)  # a proof tells nothing while it runs
        prove(child, must_stop=must_stop)

    monkeypatch.setattr(Child, "run", proving)
    plan = plan_shipments(
        made,
        cpu_seconds=seconds,
        on_progress=lambda progress: ask() if progress.phase == phase else None,
        is_cancelled=lambda: bool(asked) and time.monotonic() >= asked[0][0],
    )

    assert asked, f"phase {phase} was never seen"
    assert time.process_time() - asked[0][1] < 1
    assert plan.stopped == "cancelled"
    assert broken_promises(made, plan) == []


def test_fewest_refused_then_fewest_late_come_before_cost_when_asked() -> None:
    """One departure, room for one unit: by weight the cheap refusal goes, in order none may go late."""
    slow = departure("SLOW", "A", "D", leaves=60, hours=5, unit_fen=1_000)
    fast = departure("FAST", "A", "D", leaves=10, hours=5, unit_fen=900_000)
    made = problem([slow, fast], [spec("S", "A", "D", refusal_fen=5_000_000)])

    by_cost = plan_shipments(made, moves=200)
    in_order = plan_shipments(made.with_weights(lexicographic=True), moves=200)

    assert by_cost.late == ("S",)
    assert in_order.late == ()
    assert in_order.cost > by_cost.cost
    assert in_order.bound <= by_cost.cost


def test_no_departures_at_all_refuse_everybody_by_rule() -> None:
    made = problem([], [spec("S", "A", "D")])
    plan = plan_shipments(made, moves=100)

    assert plan.refused == ("S",)
    assert plan.refusals[0].because == "rule"
    assert plan.gap_global == 0
    assert broken_promises(made, plan) == []


def test_a_portfolio_is_the_same_for_one_worker_and_for_two() -> None:
    made = generate(consignments=25, seed=2)
    with ThreadPoolExecutor(max_workers=1) as executor:
        one = plan_portfolio(made, seeds=(1, 2), executor=executor, moves=300)
    with ProcessPoolExecutor(max_workers=2) as executor:
        two = plan_portfolio(made, seeds=(1, 2), executor=executor, moves=300)

    assert canonical(one.as_document()) == canonical(two.as_document())


def test_progress_tells_cost_bound_gap_and_phase() -> None:
    heard: list[Progress] = []
    plan_shipments(two_ports(), moves=500, on_progress=heard.append)

    assert heard[0].phase == "first plan"
    assert {"search", "bound"} <= {progress.phase for progress in heard}
    costs = [progress.cost for progress in heard]
    assert costs == sorted(costs, reverse=True)
    assert all(progress.bound <= progress.cost for progress in heard)


def test_highs_prints_nothing_into_a_pipe(capfd: pytest.CaptureFixture[str]) -> None:
    """A banner would spoil --json."""
    plan_shipments(two_ports(), moves=100)
    assert capfd.readouterr().out == ""
