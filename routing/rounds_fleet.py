"""Proposals by PyVRP: least cost at once, or fewest vehicles first and then least cost.

The second is a loop of our own: search, take a vehicle away, search for any rounds that still
serve everyone, and so on while it succeeds; what time is left makes the smallest fleet's rounds
cheap. PyVRP with a high fixed cost per vehicle saves the last vehicle less often.
"""

from collections import Counter
from dataclasses import dataclass, replace
from math import ceil

from routing.rounds import Rounds, RoundsProblem, amounts
from routing.rounds_limits import Limit, OnProgress, silent, thread_cpu
from routing.rounds_pyvrp import Proposal, propose

FIRST_SHARE = 0.15
"""Of the time, for the first rounds, before vehicles are taken away."""

TRY_SHARE = 0.3
"""Of the time, at most, for one try with a vehicle less; the next try has another seed."""

LAST_SHARE = 0.3
"""Of the time, kept for distance when the fleet is found."""


def propose_rounds(
    problem: RoundsProblem, *, limit: Limit, reserve: float, seed: int, on_progress: OnProgress = silent
) -> Proposal:
    """The best proposal within the limit less `reserve` CPU seconds, which acceptance will need."""
    limit = replace(limit, cpu_seconds=max(0.0, limit.cpu_seconds - reserve))
    if not problem.fewest_vehicles:
        return propose(problem, limit=limit, seed=seed, on_progress=on_progress)
    return _Fewest(problem, limit, seed, on_progress).run()


@dataclass
class _Fewest:
    problem: RoundsProblem
    limit: Limit
    seed: int
    on_progress: OnProgress
    spent: float = 0.0
    iterations: int = 0
    searches: int = 0

    def run(self) -> Proposal:
        best = self._search(self.problem, self.limit.part(FIRST_SHARE))
        while best.feasible and len(best.rounds) > fewest_possible(self.problem):
            share = 1 - LAST_SHARE - self._used()
            if share <= 0.01 or self.limit.enough():
                break
            fewer = _emptied(best.rounds)
            limit = self.limit.part(min(share, TRY_SHARE))
            found = self._search(_fleet_of(self.problem, fewer), limit, start=fewer, until_feasible=True)
            if found.feasible:
                best = found
        fleet = _fleet_of(self.problem, best.rounds) if best.feasible else self.problem
        share = max(0.0, 1 - self._used())
        last = self._search(fleet, self.limit.part(share), start=best.rounds if best.feasible else None)
        best = last if last.feasible or not best.feasible else best
        return replace(best, cpu_seconds=self.spent, iterations=self.iterations)

    def _used(self) -> float:
        """The share of the limit already used, by whichever of clock and iterations is further."""
        by_clock = self.spent / self.limit.cpu_seconds if self.limit.cpu_seconds else 1.0
        return by_clock if self.limit.iterations is None else self.iterations / self.limit.iterations

    def _search(
        self,
        problem: RoundsProblem,
        limit: Limit,
        *,
        start: Rounds | None = None,
        until_feasible: bool = False,
    ) -> Proposal:
        begun = thread_cpu()
        seed = self.seed + self.searches
        found = propose(
            problem,
            limit=limit,
            seed=seed,
            start=start,
            until_feasible=until_feasible,
            on_progress=lambda at: self.on_progress(replace(at, cpu_seconds=self.spent + at.cpu_seconds)),
        )
        self.searches += 1
        self.spent += thread_cpu() - begun
        self.iterations += found.iterations
        return found


def fewest_possible(problem: RoundsProblem) -> int:
    """No fewer vehicles than this carry what leaves, or what reaches, the depots; pairs say nothing."""
    paired = problem.paired()
    least = 1
    for dimension in range(problem.loads):
        room = max(amounts(vehicle.capacity, problem.loads)[dimension] for vehicle in problem.vehicles)
        for side in ("delivered", "collected"):
            total = sum(
                amounts(getattr(stop, side), problem.loads)[dimension]
                for i, stop in enumerate(problem.stops)
                if i not in paired and stop.prize is None
            )
            least = max(least, ceil(total / room)) if room else least
    return least


def _emptied(rounds: Rounds) -> Rounds:
    """The rounds without the one of fewest stops, whose stops the search must place elsewhere."""
    return tuple(each for each in rounds if each is not min(rounds, key=lambda r: len(r.stops)))


def _fleet_of(problem: RoundsProblem, rounds: Rounds) -> RoundsProblem:
    """The problem with just the vehicles these rounds use."""
    used = Counter(each.vehicle for each in rounds)
    vehicles = tuple(replace(vehicle, count=used[kind]) for kind, vehicle in enumerate(problem.vehicles))
    return replace(problem, vehicles=vehicles)
