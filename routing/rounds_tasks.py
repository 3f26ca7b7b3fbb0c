"""Questions to the OR-Tools process and its answer: plain values that travel between two processes."""

from dataclasses import dataclass

from routing.rounds import Rounds, RoundsProblem, Rule


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Ask whether these rounds keep every rule; if so, improve them for `polish_seconds`."""

    problem: RoundsProblem
    rounds: Rounds
    polish_seconds: float


@dataclass(frozen=True, kw_only=True)
class Solve:
    """Ask OR-Tools for rounds of its own, from `start` (which may leave stops out) or from nothing."""

    problem: RoundsProblem
    start: Rounds
    seconds: float


Task = Judge | Solve


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A rule the model says is broken, and by which round (None: by the rounds together)."""

    rule: Rule
    round: int | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer: rounds the model holds (none if it refused), and why it refused what was offered."""

    accepted: bool
    rounds: Rounds
    failures: tuple[Failure, ...] = ()
    cpu_seconds: float = 0.0
