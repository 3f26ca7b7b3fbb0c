"""What an engine may spend and how it is told to stop; the same for both engines."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

Cancel = Callable[[], bool]


def never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a run stands: CPU seconds so far, best cost shown, vehicles (or arcs) used, what is being done."""

    cpu_seconds: float
    cost: float
    vehicles: int
    phase: str
    #: A lower bound, where the run knows one.
    bound: float | None = None


OnProgress = Callable[[Progress], None]


def silent(_: Progress) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """CPU seconds of this thread, iterations, and two questions asked at every iteration.

    Only the iteration limit gives the same answer on every machine; the clock is a guard. ``cancel`` ends
    a run without an answer; ``enough`` ends its search, and the best so far is judged and returned.
    """

    cpu_seconds: float
    iterations: int | None = None
    cancel: Cancel = never
    enough: Cancel = never

    def part(self, share: float) -> "Limit":
        """A share of this limit, in seconds and in iterations."""
        iterations = None if self.iterations is None else max(1, int(self.iterations * share))
        return replace(self, cpu_seconds=self.cpu_seconds * share, iterations=iterations)


def thread_cpu() -> float:
    """CPU seconds of this thread: other threads of a server do not count against a plan."""
    return time.thread_time()
