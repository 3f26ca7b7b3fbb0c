"""A mixed-integer programme over some arcs and some flows of a design problem, solved by HiGHS.

The exact piece of the search: with every arc and flow it is the problem itself and its bound is a
bound of the problem; with few it is a neighbourhood. Rows: balance of each commodity at each node,
capacity of each arc, and flow at most demand times open for each single flow, which makes the
linear relaxation strong.
"""

import os
from dataclasses import dataclass

import highspy
import numpy as np

from routing.design import NOTHING, Design, DesignProblem, Floats, Ints
from routing.rounds_limits import Limit, thread_cpu


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbourhood:
    """Which arcs may open, which stay open (charged already), and which (arc, commodity) may flow."""

    arcs: Ints
    forced: Ints
    flow_arc: Ints
    flow_commodity: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """The best design found (None: none), and a bound on all designs of the neighbourhood."""

    design: Design | None
    bound: float
    optimal: bool


def solve_neighbourhood(
    problem: DesignProblem,
    where: Neighbourhood,
    *,
    limit: Limit,
    hint: Design | None = None,
    wall_factor: float = 1.0,
    gap: float = 1e-4,
) -> Solved:
    """HiGHS on the neighbourhood until the limit's CPU seconds; `hint` is the design to start from."""
    built = _built(problem, where)
    solver = _silent_solver()
    solver.setOptionValue("mip_rel_gap", gap)
    # Wall time, which the linear programmes inside obey at once; the interrupt below counts CPU.
    solver.setOptionValue("time_limit", max(0.05, limit.cpu_seconds * wall_factor))
    begun = thread_cpu()

    def interrupt(event: highspy.HighsCallbackEvent) -> None:
        if thread_cpu() - begun > limit.cpu_seconds or limit.cancel():
            event.interrupt()

    solver.cbMipInterrupt.subscribe(interrupt)
    solver.cbSimplexInterrupt.subscribe(interrupt)
    solver.passModel(built)
    if hint is not None:
        _start(solver, where, hint)
    if solver.run() == highspy.HighsStatus.kError:
        # HiGHS keeps one crew of threads for the process and refuses another number of them.
        highspy.Highs.resetGlobalScheduler(True)
        solver.run()
    info = solver.getInfo()
    done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    design = None
    if info.primal_solution_status == 2:
        values = np.array(solver.getSolution().col_value)
        flow = np.zeros((problem.arcs, problem.commodities))
        flow[where.flow_arc, where.flow_commodity] = np.maximum(values[len(where.arcs) :], 0.0)
        design = Design(flow=_whole(flow))
    return Solved(design=design, bound=float(info.mip_dual_bound), optimal=done)


def _whole(flow: Floats) -> Floats:
    """Amounts that are whole up to the solver's tolerance, made whole; all or none, to keep the balance."""
    whole: Floats = np.round(flow)
    return whole if np.abs(flow - whole).max() < 1e-5 else flow


def _silent_solver() -> highspy.Highs:
    """A solver on one thread. Making one prints a banner on standard output, where answers belong."""
    keep = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nowhere.fileno(), 1)
    try:
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
    finally:
        os.dup2(keep, 1)
        os.close(keep)
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    return solver


def _start(solver: highspy.Highs, where: Neighbourhood, hint: Design) -> None:
    solution = highspy.HighsSolution()
    opened = (hint.flow.sum(axis=1) > NOTHING).astype(np.float64)
    flows = hint.flow[where.flow_arc, where.flow_commodity]
    solution.col_value = [*opened[where.arcs], *flows]
    solver.setSolution(solution)


def _built(problem: DesignProblem, where: Neighbourhood) -> highspy.HighsLp:
    """Columns: the arcs, then the flows. Rows: balance, capacity, one strong row for each flow."""
    p = problem
    arcs, flows = len(where.arcs), len(where.flow_arc)
    rows, columns, values = _entries(p, where)
    supply = np.zeros((p.nodes, p.commodities))
    each = np.arange(p.commodities)
    np.add.at(supply, (p.origin, each), p.demand)
    np.subtract.at(supply, (p.destination, each), p.demand)
    forced = np.isin(where.arcs, where.forced).astype(np.float64)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = arcs + flows, supply.size + arcs + flows
    lp.col_cost_ = np.concatenate([p.fixed_cost[where.arcs], p.unit_cost[where.flow_arc]])
    lp.col_lower_ = np.concatenate([forced, np.zeros(flows)])
    lp.col_upper_ = np.concatenate([np.ones(arcs), _most(p, where)])
    lp.row_lower_ = np.concatenate([supply.ravel(), np.full(arcs + flows, -highspy.kHighsInf)])
    lp.row_upper_ = np.concatenate([supply.ravel(), np.zeros(arcs + flows)])
    order = np.lexsort((rows, columns))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(columns[order], np.arange(arcs + flows + 1)).astype(np.int32)
    lp.a_matrix_.index_ = rows[order].astype(np.int32)
    lp.a_matrix_.value_ = values[order]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * arcs + [highspy.HighsVarType.kContinuous] * flows
    return lp


def _most(problem: DesignProblem, where: Neighbourhood) -> Floats:
    most: Floats = np.minimum(problem.demand[where.flow_commodity], problem.capacity[where.flow_arc])
    return most


def _entries(problem: DesignProblem, where: Neighbourhood) -> tuple[Ints, Ints, Floats]:
    """Row, column and value of every entry of the matrix."""
    p = problem
    arcs, flows = len(where.arcs), len(where.flow_arc)
    place = np.full(p.arcs, -1, dtype=np.int64)
    place[where.arcs] = np.arange(arcs)
    own = place[where.flow_arc]
    column = arcs + np.arange(flows)
    leaves = p.tail[where.flow_arc] * p.commodities + where.flow_commodity
    enters = p.head[where.flow_arc] * p.commodities + where.flow_commodity
    capacity = p.nodes * p.commodities
    strong = capacity + arcs + np.arange(flows)
    ones = np.ones(flows)
    rows = [leaves, enters, capacity + own, capacity + np.arange(arcs), strong, strong]
    columns = [column, column, column, np.arange(arcs), column, own]
    values = [ones, -ones, ones, -p.capacity[where.arcs], ones, -_most(p, where)]
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
