"""Network design: the bound never exceeds the optimum, the design keeps every promise, gaps are small."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import highspy
import numpy as np
import pytest

from routing import design_command
from routing.design import Design, DesignProblem, broken_promises, cost_of
from routing.design_bound import Relaxation, bound_of
from routing.design_file import read_design
from routing.design_mip import Neighbourhood, solve_neighbourhood
from routing.design_search import NoDesign, plan_design
from routing.instance_files import UnreadableInstance
from routing.rounds_limits import Limit

DATA = Path(os.environ.get("WMS_REFERENCE_DATA", "../shared/data")) / "routing" / "cfnd"

TOY = """MULTIGEN.DAT:
 3 3 1
 1 2 1 10 5 0 0
 2 3 1 10 5 0 0
 1 3 9 10 0 0 0
 1 3 4
"""


def some_problem(seed: int, *, nodes: int = 5, arcs: int = 9, commodities: int = 3) -> DesignProblem:
    """A ring so that everything can flow, and chords, tight enough that arcs are shared and full."""
    rng = np.random.default_rng(seed)
    pairs = [(i, (i + 1) % nodes) for i in range(nodes)]
    others = [(i, j) for i, j in product(range(nodes), repeat=2) if i != j and (i, j) not in pairs]
    pairs += [others[i] for i in rng.permutation(len(others))[: arcs - nodes]]
    ends = np.array([rng.permutation(nodes)[:2] for _ in range(commodities)])
    demand = rng.integers(2, 9, commodities).astype(float)
    capacity = rng.integers(4, 14, arcs).astype(float)
    capacity[:nodes] = np.maximum(capacity[:nodes], demand.sum())
    return DesignProblem(
        name="some",
        nodes=nodes,
        tail=np.array([a for a, _ in pairs]),
        head=np.array([b for _, b in pairs]),
        unit_cost=rng.integers(1, 6, arcs).astype(float),
        capacity=capacity,
        fixed_cost=rng.integers(5, 60, arcs).astype(float),
        origin=ends[:, 0],
        destination=ends[:, 1],
        demand=demand,
    )


def optimum(problem: DesignProblem) -> float:
    """By trying every set of open arcs with a plain flow programme: none of the code under test."""
    best = np.inf
    for opened in product((0, 1), repeat=problem.arcs):
        fixed = float(problem.fixed_cost @ np.array(opened))
        if fixed < best:
            best = min(best, fixed + flow_cost(problem, np.array(opened, dtype=bool)))
    return best


def flow_cost(problem: DesignProblem, opened: np.ndarray) -> float:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    arcs = np.flatnonzero(opened)
    flow = {
        (a, k): solver.addVariable(0, problem.demand[k], problem.unit_cost[a])
        for a in arcs
        for k in range(problem.commodities)
    }
    for a in arcs:
        solver.addConstr(sum(flow[a, k] for k in range(problem.commodities)) <= problem.capacity[a])
    for node, k in product(range(problem.nodes), range(problem.commodities)):
        out = sum(flow[a, k] for a in arcs if problem.tail[a] == node)
        back = sum(flow[a, k] for a in arcs if problem.head[a] == node)
        need = problem.demand[k] * ((problem.origin[k] == node) * 1 - (problem.destination[k] == node) * 1)
        if isinstance(out - back, int):
            if need:
                return np.inf
        else:
            solver.addConstr(out - back == need)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.inf
    return float(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(5))
def test_small_designs_are_optimal_and_the_bound_says_so(seed: int) -> None:
    problem = some_problem(seed)
    best = optimum(problem)

    plan = plan_design(problem, limit=Limit(cpu_seconds=5))

    assert plan.cost == pytest.approx(best)
    assert plan.bound <= best + 1e-6
    assert plan.bound == pytest.approx(best, rel=2e-4)
    assert broken_promises(problem, plan.design) == []


@pytest.mark.parametrize("seed", range(10))
def test_the_price_bound_never_exceeds_the_optimum(seed: int) -> None:
    problem = some_problem(100 + seed, nodes=6, arcs=14, commodities=5)
    arc, commodity = np.nonzero(np.ones((problem.arcs, problem.commodities), dtype=bool))
    whole = Neighbourhood(
        arcs=np.arange(problem.arcs),
        forced=np.array([], dtype=np.int64),
        flow_arc=arc,
        flow_commodity=commodity,
    )
    best = solve_neighbourhood(problem, whole, limit=Limit(cpu_seconds=10), gap=0.0).bound

    bound = bound_of(Relaxation(problem), rounds=400, stop=lambda: False).bound

    assert 0.8 * best < bound <= best + 1e-6


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda flow: flow * 0, "does not balance"),
        (lambda flow: flow * 3, "where 10 fit"),
        (lambda flow: -flow, "negative"),
        (lambda flow: flow[:2], "one finite amount"),
        (lambda flow: flow * np.nan, "one finite amount"),
    ],
)
def test_a_broken_design_is_seen_without_a_solver(
    tmp_path: Path, break_it: Callable[[np.ndarray], np.ndarray], sentence: str
) -> None:
    problem = read(tmp_path, TOY)
    good = Design(flow=np.array([[4.0], [4.0], [0.0]]))

    assert broken_promises(problem, good) == []
    assert cost_of(problem, good) == 18
    assert any(sentence in why for why in broken_promises(problem, replace(good, flow=break_it(good.flow))))


def read(folder: Path, text: str) -> DesignProblem:
    path = folder / "toy.dow"
    path.write_text(text)
    return read_design(path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("MULTIGEN.DAT:", "", "heading “MULTIGEN.DAT:” is missing"),
        (" 1 3 4", " 1 4 4", r"row 6, destination: there is no node 4, the last is 3"),
        (" 1 3 4", " 3 3 4", r"the commodity is at node 3 already"),
        ("1 2 1 10 5", "1 2 1 -10 5", r"row 3, capacity: -10 is less than 0"),
        (" 3 3 1\n", " 3 4 1\n", r"4 arcs, 1 commodities need 7 rows"),
        ("1 3 9 10", "3 3 9 10", r"row 5, head: the arc leads from node 3 to itself"),
        (" 3 3 1\n", " 3 9999999 9999\n", r"fit in one run"),
    ],
)
def test_a_broken_design_file_is_refused_with_one_sentence(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(UnreadableInstance, match=sentence):
        read(tmp_path, TOY.replace(old, new, 1))


def test_demand_that_does_not_fit_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoDesign, match="may not fit"):
        plan_design(read(tmp_path, TOY.replace(" 1 3 4", " 1 3 40")), limit=Limit(cpu_seconds=2))


def test_a_network_in_two_parts_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoDesign, match="may not fit"):
        plan_design(read(tmp_path, TOY.replace(" 1 3 4", " 3 1 4")), limit=Limit(cpu_seconds=2))


def test_the_command_prints_cost_bound_and_flows_as_in_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the answer reaches standard output: HiGHS greets there when it is made."""
    (tmp_path / "toy.dow").write_text(TOY)

    assert design_command.main([str(tmp_path / "toy.dow"), "--cpu-seconds", "2", "--json"]) == 0

    answer = json.loads(capfd.readouterr().out)
    assert (answer["cost"], answer["flows"]) == (18.0, [[0, 1, 2, 4.0], [0, 2, 3, 4.0]])
    assert answer["bound"] == pytest.approx(18.0, rel=2e-4)


def test_the_same_seed_and_steps_give_the_same_design() -> None:
    problem = some_problem(3, nodes=8, arcs=30, commodities=10)

    first, second = (plan_design(problem, limit=Limit(cpu_seconds=60, iterations=3)) for _ in range(2))

    assert np.array_equal(first.design.flow, second.design.flow)
    assert first.bound == second.bound


@pytest.mark.reference
@pytest.mark.skipif(not DATA.exists(), reason="The published design instances are not there.")
@pytest.mark.parametrize(("name", "best"), [("C/c33", 423848), ("R/r04.1", 31730)])
def test_published_designs_are_within_one_per_cent(name: str, best: float) -> None:
    plan = plan_design(read_design(DATA / f"{name}.dow"), limit=Limit(cpu_seconds=5))

    assert plan.bound <= best * (1 + 1e-9)
    assert plan.cost <= 1.01 * best
