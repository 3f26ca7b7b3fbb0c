"""Plans rounds: PyVRP proposes, the OR-Tools model with every rule accepts, polishes or repairs.

Nothing leaves here that an OR-Tools model has not accepted and `rounds_check` has not passed. When
a rule lies outside PyVRP, or PyVRP is not installed, OR-Tools plans alone. A stop no vehicle could
serve, even alone, is refused by name before the search; so is one that found no place in it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec

from routing.rounds import Rounds, RoundsProblem
from routing.rounds_check import broken_promises
from routing.rounds_child import ask
from routing.rounds_limits import Limit, OnProgress, Progress, silent, thread_cpu
from routing.rounds_possible import Part, Refused, part_of, possible_part
from routing.rounds_schedule import shown_cost
from routing.rounds_tasks import Failure, Judge, Solve, Task, Verdict

POLISH_SHARE = 0.02
"""Of the time given, for the OR-Tools descent after acceptance: it rarely finds more than 0.2 %."""

REPAIR_SHARE = 0.3
"""Of the time given, at least, for OR-Tools when it refused a proposal."""

MARGIN_SHARE = 0.005
"""Of the time given, kept unspent: no clock stops a run to the hundredth."""

ENOUGH_SECONDS = 1.0
"""For a repair when the caller has waited enough."""

POLISH_SECONDS = 10.0
"""The same when only iterations limit the run: long enough for a descent to end by itself."""


class Engine(StrEnum):
    """Who proposes."""

    AUTO = "auto"
    PYVRP = "pyvrp"
    ORTOOLS = "ortools"


@dataclass(frozen=True, kw_only=True)
class RoundsPlan:
    """An accepted set of rounds. `failures`: what OR-Tools refused in the proposal before repairing it."""

    rounds: Rounds
    cost: float
    engine: Engine
    accepted_by: str
    cpu_seconds: float
    iterations: int
    failures: tuple[Failure, ...]
    refused: tuple[Refused, ...]


class NotInItsWords(Exception):
    """PyVRP was asked for by name, and cannot express the problem or is not installed."""


def plan_rounds(
    problem: RoundsProblem,
    *,
    limit: Limit,
    seed: int = 1,
    engine: Engine = Engine.AUTO,
    on_progress: OnProgress = silent,
) -> RoundsPlan:
    """Rounds for all stops that can be served, within the limit, acceptance included.

    Raises `Cancelled` when told to stop, `ChildFailed` when the OR-Tools process ends without an
    answer, `NotInItsWords` when PyVRP is demanded and cannot be had.
    """
    begun = thread_cpu()
    part, refused = possible_part(problem)
    run = _Run(part.problem, limit=limit, seed=seed, on_progress=on_progress)
    run.spent = thread_cpu() - begun
    used = _choose(part.problem, engine)
    rounds: Rounds = ()
    if part.problem.stops:
        rounds = run.propose_and_judge() if used is Engine.PYVRP else run.alone(())
    refused += _left_out(part.problem, rounds)
    rounds = part.back(rounds)
    _prove(problem, rounds, refused)
    return RoundsPlan(
        rounds=rounds,
        cost=shown_cost(problem, rounds),
        engine=used,
        accepted_by="ortools",
        cpu_seconds=run.spent,
        iterations=run.iterations,
        failures=run.failures,
        refused=refused,
    )


def _choose(problem: RoundsProblem, engine: Engine) -> Engine:
    if engine is Engine.ORTOOLS:
        return engine
    if find_spec("pyvrp") is None:
        if engine is Engine.PYVRP:
            raise NotInItsWords("PyVRP is not installed.")
        return Engine.ORTOOLS
    from routing.rounds_pyvrp import outside  # noqa: PLC0415 - PyVRP may be absent

    rules = outside(problem)
    if rules and engine is Engine.PYVRP:
        raise NotInItsWords(f"PyVRP has no words for: {', '.join(rules)}.")
    return Engine.ORTOOLS if rules else Engine.PYVRP


def _left_out(problem: RoundsProblem, rounds: Rounds) -> tuple[Refused, ...]:
    seen = {stop for each in rounds for stop in each.stops}
    return tuple(
        Refused(
            number=stop.number,
            rule=None,
            why=f"stop {stop.number} found no place on any vehicle in the time given",
        )
        for i, stop in enumerate(problem.stops)
        if i not in seen and stop.prize is None
    )


def _prove(problem: RoundsProblem, rounds: Rounds, refused: tuple[Refused, ...]) -> None:
    """Judge the answer without a solver; what is wrong here is a bug and must not leave."""
    missing = {each.number for each in refused}
    kept = tuple(i for i, stop in enumerate(problem.stops) if stop.number not in missing)
    part = Part(problem=part_of(problem, kept), kept=kept)
    here = {stop: at for at, stop in enumerate(kept)}
    renumbered = tuple(
        type(each)(vehicle=each.vehicle, stops=tuple(here[i] for i in each.stops)) for each in rounds
    )
    broken = broken_promises(part.problem, renumbered)
    assert not broken, f"accepted rounds break a promise: {broken[0]}"


@dataclass
class _Run:
    """One planning run: what it was given, what it has spent and learnt."""

    problem: RoundsProblem
    limit: Limit
    seed: int
    on_progress: OnProgress
    spent: float = 0.0
    iterations: int = 0
    failures: tuple[Failure, ...] = field(default=())

    @property
    def left(self) -> float:
        return max(0.0, self.limit.cpu_seconds - self.spent)

    def propose_and_judge(self) -> Rounds:
        from routing.rounds_fleet import propose_rounds  # noqa: PLC0415 - PyVRP may be absent

        timed = self.limit.iterations is None
        polish = POLISH_SHARE * self.limit.cpu_seconds if timed else POLISH_SECONDS
        margin = MARGIN_SHARE * self.limit.cpu_seconds
        reserve = (self.spent + _judge_seconds(self.problem) + polish + margin) if timed else 0.0
        proposal = propose_rounds(
            self.problem, limit=self.limit, reserve=reserve, seed=self.seed, on_progress=self.on_progress
        )
        self.spent += proposal.cpu_seconds
        self.iterations += proposal.iterations
        self._tell(proposal.rounds, "proposed")
        if timed:
            polish = max(0.0, min(polish, self.left - _judge_seconds(self.problem)))
        if self.limit.enough():
            polish = 0.0
        verdict = self._ask(
            Judge(problem=self.problem, rounds=proposal.rounds, polish_seconds=polish), polish
        )
        if verdict.accepted:
            self._tell(verdict.rounds, "accepted")
            return verdict.rounds
        self.failures = verdict.failures
        failed = {failure.round for failure in verdict.failures}
        return self.alone(tuple(each for n, each in enumerate(proposal.rounds) if n not in failed))

    def alone(self, start: Rounds) -> Rounds:
        """OR-Tools' own rounds, from those of a proposal that stand by themselves."""
        seconds = max(self.left, REPAIR_SHARE * self.limit.cpu_seconds)
        if self.limit.enough():
            seconds = min(seconds, ENOUGH_SECONDS)
        verdict = self._ask(Solve(problem=self.problem, start=start, seconds=seconds), seconds)
        self._tell(verdict.rounds, "solved")
        return verdict.rounds

    def _ask(self, task: Task, seconds: float) -> Verdict:
        verdict = ask(task, cpu_seconds=seconds, cancel=self.limit.cancel)
        self.spent += verdict.cpu_seconds
        return verdict

    def _tell(self, rounds: Rounds, phase: str) -> None:
        cost = shown_cost(self.problem, rounds)
        self.on_progress(Progress(cpu_seconds=self.spent, cost=cost, vehicles=len(rounds), phase=phase))


def _judge_seconds(problem: RoundsProblem) -> float:
    """What loading rounds into the model takes, from measurements: 0.01 s at 100 stops, 0.2 s at 1,000."""
    return 0.02 + 3e-7 * len(problem.stops) ** 2
