"""Several seeds, the best plan: the simplest way to use more than one processor.

Seeds are fixed by the caller, not by the workers, and ties go to the lowest seed, so the answer is the
same for one worker and for many.
"""

from collections.abc import Sequence
from concurrent.futures import Executor

from routing.plan import Plan
from routing.planner import plan_shipments
from routing.problem import Problem


def plan_portfolio(
    problem: Problem,
    *,
    seeds: Sequence[int],
    executor: Executor,
    cpu_seconds: float | None = None,
    moves: int | None = None,
) -> Plan:
    """The cheapest plan of the seeds, with its own bound.

    Budgets are for each seed. In lexicographic order fewest refused, then fewest late go first.
    """
    tasks = [executor.submit(plan_one, problem, seed, cpu_seconds, moves) for seed in seeds]
    plans = [task.result() for task in tasks]
    if problem.weights.lexicographic:
        return min(plans, key=lambda plan: (len(plan.refused), len(plan.late), plan.cost, plan.seed))
    return min(plans, key=lambda plan: (plan.cost, plan.seed))


def plan_one(problem: Problem, seed: int, cpu_seconds: float | None, moves: int | None) -> Plan:
    """One member of the portfolio."""
    return plan_shipments(problem, seed=seed, cpu_seconds=cpu_seconds, moves=moves)
