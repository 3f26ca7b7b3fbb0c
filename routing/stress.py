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


def stress(
    problem: Problem,
    plan: Plan,
    *,
    seed: int = 1,
    cpu_seconds: float | None = None,
    moves: int | None = None,
    executor: Executor | None = None,
) -> list[Loss]:
    """The table of losses; ``cpu_seconds`` and ``moves`` are for each scenario (1 second by default)."""
    if cpu_seconds is None and moves is None:
        cpu_seconds = 1.0
    tasks = [(problem, plan, one, seed, cpu_seconds, moves) for one in scenarios(problem)]
    if executor is None:
        return [lose(*task) for task in tasks]
    return [future.result() for future in [executor.submit(lose, *task) for task in tasks]]


def lose(
    problem: Problem,
    plan: Plan,
    disruption: Disruption,
    seed: int,
    cpu_seconds: float | None,
    moves: int | None,
) -> Loss:
    """One scenario, computed from its arguments alone."""
    closed = remainder(problem, plan, disruption)
    opened = remainder(problem, plan, Disruption(known_at=disruption.known_at))
    run = {"seed": seed, "cpu_seconds": cpu_seconds, "moves": moves}
    before = replan_remainder(opened, change_fen=BALANCED_FEN, **run)
    after = replan_remainder(closed, change_fen=BALANCED_FEN, **run)
    first, second = before.cost_without_change, after.cost_without_change
    closure = disruption.closures[0]
    return Loss(
        port=closure.what,
        starts_at=f"{closure.starts_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        affected=len(closed.affected),
        cost_before=round(first, 2),
        cost_after=round(second, 2),
        cost_percent=round(100 * (second - first) / first, 2) if first else 0.0,
        late=len(after.plan.late) - len(before.plan.late),
        refused=len(after.plan.refused) - len(before.plan.refused),
    )
