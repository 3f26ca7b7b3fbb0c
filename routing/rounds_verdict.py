"""What OR-Tools is asked about rounds: accept and polish, or say which rule fails; or solve alone.

Runs inside a child process only; see `rounds_child`.
"""

from dataclasses import replace
from typing import Any

from routing.rounds import FOREVER, Round, Rounds, RoundsProblem, Rule
from routing.rounds_limits import thread_cpu
from routing.rounds_ortools import Model, search_parameters, trucks_for
from routing.rounds_schedule import internal_cost
from routing.rounds_tasks import Failure, Judge, Solve, Task, Verdict

GUARD_SECONDS = 60.0
"""Wall time reading rounds into a model may take; it takes a fifth of a second at 1,000 stops."""


def answer(task: Task) -> Verdict:
    begun = thread_cpu()
    verdict = judge(task) if isinstance(task, Judge) else solve(task)
    return replace(verdict, cpu_seconds=thread_cpu() - begun)


def judge(task: Judge) -> Verdict:
    problem, rounds = task.problem, task.rounds
    missing = {i for i, stop in enumerate(problem.stops) if stop.prize is None}
    missing -= {stop for each in rounds for stop in each.stops}
    if not missing:
        model = _model(problem, rounds, spare=1 if task.polish_seconds > 0 else 0, seconds=GUARD_SECONDS)
        assignment = model.read(rounds)
        if assignment is not None:
            return Verdict(accepted=True, rounds=_polished(task, model, assignment))
    failures = _failures(problem, rounds)
    if missing:
        failures = (Failure(rule=Rule.VISITS, round=None), *failures)
    return Verdict(accepted=False, rounds=(), failures=failures)


def _model(
    problem: RoundsProblem, rounds: Rounds, *, spare: int, seconds: float, missing_cost: int | None = None
) -> Model:
    model = Model(problem, trucks_for(problem, rounds, spare=spare), missing_cost)
    model.close(
        search_parameters(seconds=seconds, escape=missing_cost is not None, timed=model.time is not None)
    )
    return model


def _polished(task: Judge, model: Model, assignment: Any) -> Rounds:
    """The better of what was offered and what a short descent from it finds."""
    if task.polish_seconds <= 0:
        return task.rounds
    parameters = search_parameters(seconds=task.polish_seconds, escape=False, timed=model.time is not None)
    better = model.routing.SolveFromAssignmentWithParameters(assignment, parameters)
    if better is None:
        return task.rounds
    found = model.rounds_of(better)
    return min(task.rounds, found, key=lambda rounds: _rank(task.problem, rounds))


def _rank(problem: RoundsProblem, rounds: Rounds) -> tuple[int, int]:
    return (len(rounds) if problem.fewest_vehicles else 0, internal_cost(problem, rounds))


def _failures(problem: RoundsProblem, rounds: Rounds) -> tuple[Failure, ...]:
    """Which rule each refused round breaks: the one without which the model accepts it.

    A round alone is asked first. If all are accepted alone, a rule between rounds fails.
    """
    failures = []
    for number, each in enumerate(rounds):
        part, only = _alone(problem, each)
        if not _accepts(part, (only,)):
            failures += [Failure(rule=rule, round=number) for rule in _rules(part, (only,))]
    if not failures:
        failures = [Failure(rule=rule, round=None) for rule in _rules(problem, rounds)]
    return tuple(failures)


def _alone(problem: RoundsProblem, each: Round) -> tuple[RoundsProblem, Round]:
    """The problem of one round's stops only."""
    here = {stop: at for at, stop in enumerate(each.stops)}
    part = replace(
        problem,
        stops=tuple(problem.stops[i] for i in each.stops),
        pairs=tuple((here[a], here[b]) for a, b in problem.pairs if a in here and b in here),
        together=tuple(
            group
            for group in (tuple(here[i] for i in group if i in here) for group in problem.together)
            if group[1:]
        ),
    )
    return part, Round(vehicle=each.vehicle, stops=tuple(range(len(each.stops))))


def _accepts(problem: RoundsProblem, rounds: Rounds) -> bool:
    return _model(problem, rounds, spare=0, seconds=GUARD_SECONDS).read(rounds) is not None


def _rules(problem: RoundsProblem, rounds: Rounds) -> list[Rule]:
    """A smallest set of rules, found by adding one at a time, without which the rounds are accepted."""
    dropped: list[Rule] = []
    for rule in RELAXED:
        if _accepts(without(problem, rule), rounds):
            return [rule]
    for rule in RELAXED:
        problem = without(problem, rule)
        dropped.append(rule)
        if _accepts(problem, rounds):
            break
    return dropped


RELAXED = (
    Rule.CAPACITY,
    Rule.GOODS,
    Rule.ACCESS,
    Rule.BREAKS,
    Rule.ORDER,
    Rule.TOGETHER,
    Rule.WINDOWS,
    Rule.SHIFT,
    Rule.PAIRS,
    Rule.FLEET,
)
"""In this order rules are taken away one by one: the narrower before the wider."""


def without(problem: RoundsProblem, rule: Rule) -> RoundsProblem:
    """The same problem with one rule taken away."""
    stops, vehicles = problem.stops, problem.vehicles
    match rule:
        case Rule.CAPACITY:
            return replace(
                problem, vehicles=tuple(replace(v, capacity=(FOREVER,) * len(v.capacity)) for v in vehicles)
            )
        case Rule.GOODS:
            return replace(problem, apart=frozenset())
        case Rule.ACCESS:
            return replace(problem, stops=tuple(replace(s, vehicles=frozenset()) for s in stops))
        case Rule.BREAKS:
            return replace(problem, vehicles=tuple(replace(v, breaks=()) for v in vehicles))
        case Rule.ORDER:
            return replace(problem, vehicles=tuple(replace(v, last_in_first_out=False) for v in vehicles))
        case Rule.TOGETHER:
            return replace(problem, together=())
        case Rule.WINDOWS:
            return replace(problem, stops=tuple(replace(s, opens_at=0, closes_at=FOREVER) for s in stops))
        case Rule.SHIFT:
            return replace(
                problem,
                vehicles=tuple(
                    replace(v, ends_at=FOREVER, duration_max=FOREVER, distance_max=FOREVER) for v in vehicles
                ),
            )
        case Rule.PAIRS:
            return replace(problem, pairs=())
        case Rule.FLEET:
            return replace(problem, vehicles=tuple(replace(v, count=len(stops)) for v in vehicles))
    return problem


def solve(task: Solve) -> Verdict:
    """Rounds of OR-Tools' own; refused, with the best it has, if a required stop found no place in time.

    The solver's limit is wall time: it is started again from its best until the CPU time is used.
    """
    problem, begun = task.problem, thread_cpu()
    model = _model(
        problem, task.start, spare=len(problem.stops), seconds=GUARD_SECONDS, missing_cost=_dear(problem)
    )
    best = model.read(task.start) if task.start else None
    rounds = task.start
    while (left := task.seconds - (thread_cpu() - begun)) > max(0.05, 0.05 * task.seconds):
        parameters = search_parameters(seconds=left, escape=True, timed=model.time is not None)
        if best is None:
            found = model.routing.SolveWithParameters(parameters)
        else:
            found = model.routing.SolveFromAssignmentWithParameters(best, parameters)
        if found is None or (best is not None and found.ObjectiveValue() >= best.ObjectiveValue()):
            break
        best = model.routing.solver().Assignment(found)
        rounds = model.rounds_of(best)
    seen = {stop for each in rounds for stop in each.stops}
    whole = all(i in seen or stop.prize is not None for i, stop in enumerate(problem.stops))
    return Verdict(accepted=whole and best is not None, rounds=rounds)


def _dear(problem: RoundsProblem) -> int:
    """A price of leaving a stop out above anything its visit can cost."""
    longest = int(problem.distance.max()) * max(v.cost_per_distance for v in problem.vehicles)
    waiting = max(v.cost_per_duration for v in problem.vehicles) * int(problem.duration.max())
    return 10 * (2 * (longest + waiting) + max(v.fixed_cost for v in problem.vehicles) + 1)
