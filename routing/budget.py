"""What a run may spend: CPU seconds, moves, or both; and how warm a search of that length starts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from routing import child


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(kw_only=True)
class Budget:
    """CPU seconds, moves, or both (then moves decide and seconds only guard); and whether to stop now.

    ``reserve`` seconds are kept for writing the plan down.
    """

    cpu_seconds: float | None
    moves: int | None
    is_cancelled: Callable[[], bool]
    started: float = field(default_factory=child.cpu_seconds)
    elsewhere: Callable[[], float] = field(default=float)
    reserve: float = 0.0

    def spent(self) -> float:
        """CPU seconds since the start, ended children and what other processes priced included."""
        return child.cpu_seconds() - self.started + self.elsewhere()

    def share(self) -> float:
        """How much of the CPU time is gone, 0 to 1; 0 when moves decide and no seconds guard."""
        return self.spent() / self.cpu_seconds if self.cpu_seconds else 0.0

    def is_over(self, share: float = 1.0, *, running: float = 0.0) -> bool:
        """Whether this share is gone or somebody cancelled; ``running`` is a living child's time."""
        if self.is_cancelled():
            return True
        if self.moves is not None:
            share = 1.0
        if self.cpu_seconds is None:
            return False
        return self.spent() + running >= min(share * self.cpu_seconds, self.cpu_seconds - self.reserve)


FEW = 400  # consignments up to which whole units, not their prices, decide: another bound, a warmer search
HOTTEST, HOTTEST_OF_MANY = 1.0, 0.25  # times the average cost of a consignment


def warmth(consignments: int, budget: Budget) -> tuple[float, float]:
    """Start and end temperature as parts of the average cost of a consignment.

    Large problems get few moves per consignment, so they start cooler. Small ones start so warm that a
    whole unit may be opened for nothing: with one unit a departure their plans are islands.
    """
    most = HOTTEST if consignments <= FEW else HOTTEST_OF_MANY
    hot = min(most, 0.02 + 0.0012 * moves_for_each(consignments, budget))
    return hot, hot / 300


def moves_for_each(consignments: int, budget: Budget) -> float:
    """Moves per consignment the budget allows, by experience where only seconds are given."""
    return (budget.moves or 8_000 * (budget.cpu_seconds or 0)) / max(1, consignments)
