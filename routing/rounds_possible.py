"""Which stops any vehicle could serve at all; the rest are refused by name before the search."""

from dataclasses import dataclass, replace

from routing.rounds import Round, Rounds, RoundsProblem, Rule
from routing.rounds_check import broken_promises


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A stop (by its number) that no round serves, the rule in the way if there is one, and the sentence."""

    number: int
    rule: Rule | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A problem of some of another's stops; `kept` are their indices in the other."""

    problem: RoundsProblem
    kept: tuple[int, ...]

    def back(self, rounds: Rounds) -> Rounds:
        """These rounds with the indices of the whole problem."""
        return tuple(replace(each, stops=tuple(self.kept[stop] for stop in each.stops)) for each in rounds)


def possible_part(problem: RoundsProblem) -> tuple[Part, tuple[Refused, ...]]:
    """The stops that some vehicle could serve alone, both ends of a pair together, and the others refused."""
    paired = problem.paired()
    pickups = {pickup for pickup, _ in problem.pairs}
    refused: dict[int, Refused] = {}
    for stop in range(len(problem.stops)):
        if stop in paired and stop not in pickups:
            continue
        alone = (stop, paired[stop]) if stop in paired else (stop,)
        rule = _blocked(problem, alone)
        if rule is not None:
            for each in alone:
                number = problem.stops[each].number
                why = f"stop {number} cannot be served by any vehicle, even alone: {rule[1]}"
                refused[each] = Refused(number=number, rule=rule[0], why=why)
    kept = tuple(stop for stop in range(len(problem.stops)) if stop not in refused)
    if not refused:
        return Part(problem=problem, kept=kept), ()
    return Part(problem=part_of(problem, kept), kept=kept), tuple(refused.values())


def part_of(problem: RoundsProblem, kept: tuple[int, ...]) -> RoundsProblem:
    """The same problem with these stops only."""
    here = {stop: at for at, stop in enumerate(kept)}
    groups = (tuple(here[i] for i in group if i in here) for group in problem.together)
    return replace(
        problem,
        stops=tuple(problem.stops[i] for i in kept),
        pairs=tuple((here[a], here[b]) for a, b in problem.pairs if a in here and b in here),
        together=tuple(group for group in groups if group[1:]),
    )


def _blocked(problem: RoundsProblem, stops: tuple[int, ...]) -> tuple[Rule, str] | None:
    """The rule that keeps every vehicle away, None if one may come; the last vehicle's rule is named."""
    part = part_of(problem, stops)
    reason = (Rule.FLEET, "there is no vehicle")
    for kind, vehicle in enumerate(problem.vehicles):
        if not vehicle.count:
            continue
        broken = broken_promises(part, (Round(vehicle=kind, stops=tuple(range(len(stops)))),))
        if not broken:
            return None
        reason = (broken[0].rule, broken[0].why)
    return reason
