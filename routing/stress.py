"""What losing each port in each week would cost: one closed scenario each, planned with a price on change.

Scenarios are independent and seeded by the data, so any executor may run them and the table is the same
for one worker and for many.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.network import Closure, PlaceKind
from routing.plan import Plan
from routing.problem import Problem
from routing.replan import BALANCED_FEN, Disruption, remainder, replan_remainder
from routing.timetable import UTC


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """One scenario: a port closed for a week from ``starts_at``, known when it starts.

    Costs in yuan for what is still open at that moment, with and without the closure; ``late`` and
    ``refused`` are further consignments over what the plan had.
    """

    port: str
    starts_at: str
    affected: int
    cost_before: float
    cost_after: float
    cost_percent: float
    late: int
    refused: int


def scenarios(problem: Problem) -> Iterator[Disruption]:
    """Each port with departures, each week of the window."""
    called = {row.origin for row in problem.departures} | {row.destination for row in problem.departures}
    ports = [
        place for place in problem.network.places if place.kind is PlaceKind.PORT and place.code in called
    ]
    for port in ports:
        start: datetime = problem.starts_at
        while start < problem.ends_at:
            end = start + timedelta(days=7)
            closure = Closure(
                code=f"{port.code}-{start:%Y%m%d}", what=port.code, starts_at=start, ends_at=end
            )
            yield Disruption(known_at=start, closures=(closure,))
            start = end


def planning_runs(problem: Problem) -> int:
    """How many plans one table takes: each scenario, and each of its weeks once without the closure."""
    each = list(scenarios(problem))
    return len(each) + len({one.known_at for one in each})


def stress(
    problem: Problem,
    plan: Plan,
    *,
    seed: int = 1,
    cpu_seconds: float | None = None,
    moves: int | None = None,
    executor: Executor | None = None,
) -> list[Loss]:
    """The table of losses; ``cpu_seconds`` and ``moves`` are for each plan made (1 second by default)."""
    if cpu_seconds is None and moves is None:
        cpu_seconds = 1.0
    closed = list(scenarios(problem))
    weeks = {one.known_at: Disruption(known_at=one.known_at) for one in closed}
    tasks = [(problem, plan, one, seed, cpu_seconds, moves) for one in (*weeks.values(), *closed)]
    if executor is None:
        found = [outcome(*task) for task in tasks]
    else:
        found = [future.result() for future in [executor.submit(outcome, *task) for task in tasks]]
    before = dict(zip(weeks, found, strict=False))
    return [
        _loss(one, before[one.known_at], after)
        for one, after in zip(closed, found[len(weeks) :], strict=True)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one scenario comes to, for what is still open when it becomes known."""

    cost: float
    affected: int
    late: int
    refused: int


def outcome(
    problem: Problem,
    plan: Plan,
    disruption: Disruption,
    seed: int,
    cpu_seconds: float | None,
    moves: int | None,
) -> Outcome:
    """One scenario planned, from its arguments alone."""
    left = remainder(problem, plan, disruption)
    found = replan_remainder(left, change_fen=BALANCED_FEN, seed=seed, cpu_seconds=cpu_seconds, moves=moves)
    return Outcome(
        cost=found.cost_without_change,
        affected=len(left.affected),
        late=len(found.plan.late),
        refused=len(found.plan.refused),
    )


def _loss(disruption: Disruption, before: Outcome, after: Outcome) -> Loss:
    (closure,) = disruption.closures
    more = after.cost - before.cost
    return Loss(
        port=closure.what,
        starts_at=f"{closure.starts_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        affected=after.affected,
        cost_before=round(before.cost, 2),
        cost_after=round(after.cost, 2),
        cost_percent=round(100 * more / before.cost, 2) if before.cost else 0.0,
        late=after.late - before.late,
        refused=after.refused - before.refused,
    )
