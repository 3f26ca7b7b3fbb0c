"""When a round is where, what it carries and what it costs: plain arithmetic, no solver.

A round leaves as late as its first stop allows without arriving later anywhere, so that its
duration is the shortest for the given order (rounds without breaks; breaks are placed by OR-Tools
and looked at by `rounds_check`).
"""

from dataclasses import dataclass

import numpy as np

from routing.rounds import IntMatrix, Round, Rounds, RoundsProblem, Stop


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A round's times: begin of service at each stop, departure and return; distance and late cost."""

    departs_at: int
    begins_at: tuple[int, ...]
    returns_at: int
    distance: int
    late_cost: int

    @property
    def duration(self) -> int:
        return self.returns_at - self.departs_at


def path_of(problem: RoundsProblem, each: Round) -> IntMatrix:
    """The places of a round in order, both depots included."""
    vehicle = problem.vehicles[each.vehicle]
    return np.array(
        [vehicle.start, *(problem.stops[i].place for i in each.stops), vehicle.end], dtype=np.int64
    )


def schedule(problem: RoundsProblem, each: Round) -> Timed:
    """The earliest return, then the latest departure that still reaches it; windows are not judged here."""
    vehicle = problem.vehicles[each.vehicle]
    stops = [problem.stops[i] for i in each.stops]
    path = path_of(problem, each)
    legs = [int(leg) for leg in problem.duration[vehicle.profile][path[:-1], path[1:]]]
    begins = _earliest(max([vehicle.starts_at, *(stop.released_at for stop in stops)]), legs, stops)
    latest = begins[-1]
    for leg, stop in zip(legs[:0:-1], stops[::-1], strict=True):
        latest = min(latest - leg - stop.service, max(stop.closes_at, 0))
    departs_at = max(latest - legs[0], begins[0])
    begins = _earliest(departs_at, legs, stops)
    late = sum(
        max(0, at - stop.late_after) * stop.late_cost for at, stop in zip(begins[1:], stops, strict=False)
    )
    distance = int(problem.distance[vehicle.profile][path[:-1], path[1:]].sum())
    return Timed(
        departs_at=departs_at,
        begins_at=tuple(begins[1:-1]),
        returns_at=begins[-1],
        distance=distance,
        late_cost=late,
    )


def _earliest(departs_at: int, legs: list[int], stops: list[Stop]) -> list[int]:
    times = [departs_at]
    at = departs_at
    for leg, stop in zip(legs, stops, strict=False):
        at = max(at + leg, stop.opens_at)
        times.append(at)
        at += stop.service
    times.append(at + legs[-1])
    return times


def internal_cost(problem: RoundsProblem, rounds: Rounds) -> int:
    """What the engines minimise, in cost units: fixed, distance, duration and late cost, prizes missed."""
    total = 0
    for each in rounds:
        vehicle = problem.vehicles[each.vehicle]
        timed = schedule(problem, each)
        total += vehicle.fixed_cost + vehicle.cost_per_distance * timed.distance
        total += vehicle.cost_per_duration * timed.duration + timed.late_cost
    seen = {stop for each in rounds for stop in each.stops}
    return total + sum(stop.prize or 0 for i, stop in enumerate(problem.stops) if i not in seen)


def shown_cost(problem: RoundsProblem, rounds: Rounds) -> float:
    """The cost in the unit shown: distances in full precision where the problem has them."""
    total = internal_cost(problem, rounds) / problem.cost_units
    if problem.shown_distance is None:
        return total
    for each in rounds:
        vehicle = problem.vehicles[each.vehicle]
        path = path_of(problem, each)
        whole = float(problem.distance[vehicle.profile][path[:-1], path[1:]].sum()) / problem.distance_units
        exact = float(problem.shown_distance[path[:-1], path[1:]].sum())
        rate = vehicle.cost_per_distance * problem.distance_units / problem.cost_units
        total += (exact - whole) * rate
    return round(total, 6)
