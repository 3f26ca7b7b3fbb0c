"""The judge of rounds: which promises a set of rounds breaks, by arithmetic alone.

Knows no solver and trusts none. Breaks of drivers are placed here too: a round keeps its breaks
if, driving as early as it can, every break fits into the waiting it has or pushes the rest within
the windows.
"""

from collections import Counter
from dataclasses import dataclass

from routing.rounds import FOREVER, Break, Round, Rounds, RoundsProblem, Rule, Stop, Vehicle, amounts
from routing.rounds_schedule import path_of, schedule


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One broken promise: the rule, the round (its place in the answer, None for all), and what is wrong."""

    rule: Rule
    round: int | None
    why: str

    def __str__(self) -> str:
        where = "" if self.round is None else f"round {self.round + 1}: "
        return f"{where}{self.rule}: {self.why}"


def broken_promises(problem: RoundsProblem, rounds: Rounds) -> list[Broken]:
    """Everything the rounds break; empty means they may be driven."""
    broken = [*_visits(problem, rounds), *_fleet(problem, rounds), *_together(problem, rounds)]
    for number, each in enumerate(rounds):
        if not 0 <= each.vehicle < len(problem.vehicles):
            continue
        if any(not 0 <= i < len(problem.stops) for i in each.stops):
            continue
        for rule, why in _round(problem, each):
            broken.append(Broken(rule=rule, round=number, why=why))
    return broken


def _visits(problem: RoundsProblem, rounds: Rounds) -> list[Broken]:
    seen = Counter(i for each in rounds for i in each.stops)
    broken = [
        Broken(rule=Rule.VISITS, round=None, why=f"there is no stop {i}")
        for i in seen
        if not 0 <= i < len(problem.stops)
    ]
    for i, stop in enumerate(problem.stops):
        if seen[i] > 1 or (seen[i] == 0 and stop.prize is None):
            times = "not visited" if not seen[i] else f"visited {seen[i]} times"
            broken.append(Broken(rule=Rule.VISITS, round=None, why=f"stop {stop.number} is {times}"))
    return broken


def _fleet(problem: RoundsProblem, rounds: Rounds) -> list[Broken]:
    used = Counter(each.vehicle for each in rounds)
    broken = []
    for kind, count in used.items():
        if not 0 <= kind < len(problem.vehicles):
            broken.append(Broken(rule=Rule.FLEET, round=None, why=f"there is no vehicle {kind}"))
        elif count > problem.vehicles[kind].count:
            vehicle = problem.vehicles[kind]
            why = f"{count} of {vehicle.name} used, {vehicle.count} there"
            broken.append(Broken(rule=Rule.FLEET, round=None, why=why))
    return broken


def _together(problem: RoundsProblem, rounds: Rounds) -> list[Broken]:
    where = {stop: number for number, each in enumerate(rounds) for stop in each.stops}
    broken = []
    for group in problem.together:
        if len({where.get(stop) for stop in group}) > 1:
            numbers = ", ".join(str(problem.stops[stop].number) for stop in group)
            broken.append(Broken(rule=Rule.TOGETHER, round=None, why=f"stops {numbers} are on several"))
    return broken


def _round(problem: RoundsProblem, each: Round) -> list[tuple[Rule, str]]:
    vehicle = problem.vehicles[each.vehicle]
    stops = [problem.stops[i] for i in each.stops]
    return [
        *_capacity(problem, each, vehicle),
        *_times(problem, each, vehicle),
        *_pairs(problem, each, vehicle),
        *_goods(problem, stops),
        *_access(stops, vehicle),
    ]


def _capacity(problem: RoundsProblem, each: Round, vehicle: Vehicle) -> list[tuple[Rule, str]]:
    paired = problem.paired()
    for dimension in range(problem.loads):
        room = amounts(vehicle.capacity, problem.loads)[dimension]
        load = sum(
            amounts(problem.stops[i].delivered, problem.loads)[dimension]
            for i in each.stops
            if i not in paired
        )
        peak = load
        for i in each.stops:
            stop = problem.stops[i]
            load += amounts(stop.collected, problem.loads)[dimension]
            load -= amounts(stop.delivered, problem.loads)[dimension]
            peak = max(peak, load)
        if peak > room:
            return [(Rule.CAPACITY, f"carries {peak} where {vehicle.name} holds {room}")]
    return []


def _times(problem: RoundsProblem, each: Round, vehicle: Vehicle) -> list[tuple[Rule, str]]:
    timed = schedule(problem, each)
    wrong = [
        (
            Rule.WINDOWS,
            f"stop {problem.stops[i].number} is reached at {at}, closed since {problem.stops[i].closes_at}",
        )
        for i, at in zip(each.stops, timed.begins_at, strict=True)
        if at > problem.stops[i].closes_at
    ]
    if timed.returns_at > vehicle.ends_at:
        wrong.append((Rule.SHIFT, f"returns at {timed.returns_at}, shift ends at {vehicle.ends_at}"))
    if timed.duration > vehicle.duration_max:
        wrong.append((Rule.SHIFT, f"is out for {timed.duration}, allowed {vehicle.duration_max}"))
    if timed.distance > vehicle.distance_max:
        wrong.append((Rule.SHIFT, f"drives {timed.distance}, allowed {vehicle.distance_max}"))
    if vehicle.breaks and not wrong and not _breaks_fit(problem, each, vehicle):
        wrong.append((Rule.BREAKS, "no moment is left for a break within its limits"))
    return wrong


def _breaks_fit(problem: RoundsProblem, each: Round, vehicle: Vehicle) -> bool:
    """Whether every break finds its moment: between services, whole, driving stops meanwhile.

    Tries, in order of latest begin, every gap for every break: states are (gap, earliest time
    ready to go on); for one break that is exact, for several the breaks keep their order.
    """
    path = path_of(problem, each)
    legs = [int(leg) for leg in problem.duration[vehicle.profile][path[:-1], path[1:]]]
    stops = [problem.stops[i] for i in each.stops]
    breaks = sorted(vehicle.breaks, key=lambda pause: (pause.latest, pause.earliest))
    begins = max([vehicle.starts_at, *(stop.released_at for stop in stops)])
    # ready[b]: earliest end of the stop just left, with the first b breaks taken.
    ready: list[int] = [begins] + [FOREVER * 2] * len(breaks)
    for leg, stop in zip(legs, [*stops, None], strict=True):
        arrived = [FOREVER * 2] * (len(breaks) + 1)
        for taken, at in enumerate(ready):
            clock, left = at, leg
            for more in range(taken, len(breaks) + 1):
                arrived[more] = min(arrived[more], clock + left)
                if more == len(breaks):
                    break
                pause = breaks[more]
                # Drive on, then wait, until the break may begin; it may interrupt the leg anywhere.
                start = max(clock, pause.earliest)
                left = max(0, left - (start - clock))
                if start > pause.latest or clock >= FOREVER:
                    break
                clock = start + pause.duration
        ready = [_served(at, stop, vehicle) for at in arrived]
    return any(_rest_later(at, breaks[taken:]) for taken, at in enumerate(ready) if at <= vehicle.ends_at)


def _rest_later(at: int, breaks: list[Break]) -> bool:
    """Whether the breaks not yet taken may all follow the return."""
    for pause in breaks:
        if max(at, pause.earliest) > pause.latest:
            return False
        at = max(at, pause.earliest) + pause.duration
    return True


def _served(at: int, stop: Stop | None, vehicle: Vehicle) -> int:
    if stop is None:
        return at if at <= vehicle.ends_at else FOREVER * 2
    begins = max(at, stop.opens_at)
    return begins + stop.service if begins <= stop.closes_at else FOREVER * 2


def _pairs(problem: RoundsProblem, each: Round, vehicle: Vehicle) -> list[tuple[Rule, str]]:
    paired = problem.paired()
    pickups = {pickup for pickup, _ in problem.pairs}
    aboard: list[int] = []
    for i in each.stops:
        if i not in paired:
            continue
        number, other = problem.stops[i].number, problem.stops[paired[i]].number
        if paired[i] not in each.stops:
            return [(Rule.PAIRS, f"stop {number} is here and its other end {other} is not")]
        if i in pickups:
            aboard.append(i)
        elif paired[i] not in aboard:
            return [(Rule.PAIRS, f"stop {number} is delivered before stop {other} is picked up")]
        elif vehicle.last_in_first_out and aboard[-1] != paired[i]:
            return [(Rule.ORDER, f"stop {number} unloads what is not on top")]
        else:
            aboard.remove(paired[i])
    return []


def _goods(problem: RoundsProblem, stops: list[Stop]) -> list[tuple[Rule, str]]:
    classes = {stop.goods for stop in stops}
    return [
        (Rule.GOODS, " and ".join(sorted(two)) + " are on one vehicle")
        for two in sorted(problem.apart, key=sorted)
        if two <= classes
    ]


def _access(stops: list[Stop], vehicle: Vehicle) -> list[tuple[Rule, str]]:
    return [
        (Rule.ACCESS, f"stop {stop.number} may not be reached by {vehicle.name}")
        for stop in stops
        if stop.vehicles and vehicle.name not in stop.vehicles
    ]
