"""Several seeds, the best plan: the simplest way to use more than one processor.

Seeds are fixed by the caller, not by the workers, and ties go to the lowest seed, so the answer is the
same for one worker and for many.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from routing.plan import Plan
from routing.planner import plan_shipments
from routing.problem import Problem


def plan_portfolio(
    problem: Problem,
    *,
    seeds: Sequence[int],
    executor: Executor | None = None,
    cpu_seconds: float | None = None,
    moves: int | None = None,
) -> Plan:
    """The cheapest plan of the seeds, with the best bound of them all: each holds for every plan.

    ``cpu_seconds`` is shared by the seeds, ``moves`` are for each. In lexicographic order fewest refused,
    then fewest late go first.
    """
    share = None if cpu_seconds is None else cpu_seconds / len(seeds)
    tasks = [(problem, seed, share, moves) for seed in seeds]
    if executor is None:
        plans = [plan_one(*task) for task in tasks]
    else:
        plans = [future.result() for future in [executor.submit(plan_one, *task) for task in tasks]]
    if problem.weights.lexicographic:
        best = min(plans, key=lambda plan: (len(plan.refused), len(plan.late), plan.cost, plan.seed))
    else:
        best = min(plans, key=lambda plan: (plan.cost, plan.seed))
    used = [plan.cpu_seconds for plan in plans if plan.cpu_seconds is not None]
    return replace(
        best.bounded(max(plan.bound for plan in plans), best.pool_bound),
        cpu_seconds=round(sum(used), 2) if used else None,
    )


def plan_one(problem: Problem, seed: int, cpu_seconds: float | None, moves: int | None) -> Plan:
    """One member of the portfolio."""
    return plan_shipments(problem, seed=seed, cpu_seconds=cpu_seconds, moves=moves)
