"""Inequalities that tighten the linear relaxation; each holds for every plan of whole units.

Both say something about one departure d with y units and the shares x of consignments on it:

* strong linking: a consignment is only there if its units are: ``need · x ≤ y``;
* residual capacity (Magnanti, Mirchandani, Vachani): a set S whose mass needs μ units, the last
  filled up to r, satisfies ``Σ m x - r y ≤ m(S) - r μ``; S is found as Atamtürk and Rajan do, all x above
  the fraction of y. The same for volume.
"""

from dataclasses import dataclass

import numpy as np

from routing.insertion import Fixed
from routing.options import Ints
from routing.pricing import Floats

VIOLATED = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """``Σ coefficient · x[leg] - units_coefficient · Σ y[departures] ≤ bound``."""

    departures: Ints
    legs: Ints
    coefficients: Floats
    units_coefficient: float
    bound: float
    violation: float


class Row(Cut):
    """A cut that holds for a part of all plans only; ``Master.hold`` says when it binds."""


class Separator:
    """Legs by departure, sizes in units, ready to look for violated cuts again and again."""

    def __init__(self, fixed: Fixed) -> None:
        self.fixed = fixed
        departure = fixed.leg_departure
        consignment = np.repeat(np.arange(len(fixed.mass)), np.diff(fixed.leg_ptr))
        self.sizes = (
            fixed.mass[consignment] / fixed.usable_kg[departure],
            fixed.volume[consignment] / fixed.usable_l[departure],
        )
        self.need = np.ceil(np.maximum(*self.sizes))
        self.order = np.argsort(departure, kind="stable")

    def strong(self, share: Floats, units: Floats, *, most: int) -> list[Cut]:
        """The ``most`` worst violated strong rows, worst first."""
        violation = self.need * share - units[self.fixed.leg_departure]
        worst = np.argsort(-violation, kind="stable")[:most]
        found: list[Cut] = []
        for leg in worst:
            if violation[leg] < 0.02:
                break
            found.append(
                Cut(
                    departures=self.fixed.leg_departure[leg : leg + 1],
                    legs=np.array([leg]),
                    coefficients=np.array([self.need[leg]]),
                    units_coefficient=1.0,
                    bound=0.0,
                    violation=float(violation[leg]),
                )
            )
        return found

    def residual(self, share: Floats, units: Floats, *, most: int) -> list[Cut]:
        """The ``most`` worst violated residual capacity rows, worst first."""
        found: list[Cut] = []
        for d in np.nonzero(units > 1e-6)[0]:
            legs = self.order[self.fixed.user_ptr[d] : self.fixed.user_ptr[d + 1]]
            shares = share[legs]
            fraction = float(units[d] - np.floor(units[d]))
            if fraction < 0.01 or fraction > 0.995:
                continue
            chosen = legs[shares > fraction]
            for size in self.sizes:
                cut = self._residual(int(d), chosen, size[chosen], share[chosen], float(units[d]))
                if cut is not None:
                    found.append(cut)
        return sorted(found, key=lambda cut: -cut.violation)[:most]

    @staticmethod
    def _residual(d: int, legs: Ints, sizes: Floats, shares: Floats, units: float) -> Cut | None:
        total = float(sizes.sum())
        if not len(legs):
            return None
        needed = float(np.ceil(total - 1e-9))
        rest = total - (needed - 1)
        if rest <= 1e-6 or rest > 1 - 1e-6:
            return None
        bound = total - rest * needed
        violation = float(sizes @ shares) - rest * units - bound
        if violation < VIOLATED * max(1.0, rest):
            return None
        return Cut(
            departures=np.array([d]),
            legs=legs,
            coefficients=sizes,
            units_coefficient=rest,
            bound=bound,
            violation=violation / float(np.sqrt(sizes @ sizes + rest * rest)),
        )
