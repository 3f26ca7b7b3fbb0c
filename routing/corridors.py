"""Cuts over many departures at once: goods that pass a corridor in some days need whole units there.

A corridor is a set of departures of which no consignment uses two: those that enter a set of places
nobody leaves again, or leave a set nobody enters again. For any run T of a corridor in time the shares
``X_i = Σ x_id, d in T`` are at most 1 and ``Y = Σ y_d, d in T`` is whole, so the residual capacity
inequality of one departure holds for the run as it stands. It says more there: a relaxation opens parts
of units on several days, and over all of them the parts must add up to whole ones.
"""

from itertools import combinations

import numpy as np

from routing.compiled import compiled
from routing.cuts import VIOLATED, Cut
from routing.insertion import Fixed
from routing.options import Ints, Mask
from routing.pricing import Floats

MOST_OF_CORRIDOR = 4  # cuts of one corridor and one dimension in one round, lest they say the same
OPEN = 1e-6  # share of a unit from which a departure counts as open


@compiled
def worst_runs(share: Floats, units: Floats, size: Floats, last: Ints, violation: Floats) -> None:
    """For each first departure of a run the last one that violates the residual capacity row most.

    ``share`` is by (departure, consignment), ``size`` in units. The set S is all with ``X_i`` above the
    fraction of Y. Violations are divided by the length of the row, so that they compare.
    """
    count, consignments = share.shape
    sums = np.zeros(consignments)
    for first in range(count):
        sums[:] = 0.0
        opened = 0.0
        for end in range(first, count):
            opened += units[end]
            fraction = opened - np.floor(opened)
            total, carried, square = 0.0, 0.0, 0.0
            for i in range(consignments):
                sums[i] += share[end, i]
                if sums[i] > fraction + 1e-9:
                    total += size[i]
                    carried += size[i] * sums[i]
                    square += size[i] * size[i]
            needed = np.ceil(total - 1e-9)
            rest = total - (needed - 1)
            if fraction < 0.01 or fraction > 0.99 or rest < 1e-4 or rest > 1 - 1e-6:
                continue
            excess = (carried - rest * opened - (total - rest * needed)) / np.sqrt(square + rest * rest)
            if excess > violation[first]:
                violation[first] = excess
                last[first] = end


class Corridors:
    """The corridors of a problem, ready to look for violated cuts again and again."""

    def __init__(self, fixed: Fixed) -> None:
        self.fixed = fixed
        self.consignment = np.repeat(np.arange(len(fixed.mass)), np.diff(fixed.leg_ptr))
        self.order = np.argsort(fixed.leg_departure, kind="stable")
        self.corridors = corridors_of(fixed)

    def cuts(self, share: Floats, units: Floats, *, most: int) -> list[Cut]:
        """The ``most`` worst violated rows, worst first; a run that is in two corridors counts once."""
        fixed = self.fixed
        found: dict[tuple[int, bytes], Cut] = {}
        used = np.zeros((len(units), len(fixed.mass)))
        np.add.at(used, (fixed.leg_departure, self.consignment), share)
        for corridor in self.corridors:
            opened = np.nonzero(units[corridor] > OPEN)[0]
            if not len(opened):
                continue
            for dimension, (goods, room) in enumerate(
                ((fixed.mass, fixed.usable_kg), (fixed.volume, fixed.usable_l))
            ):
                size = goods / room[corridor].max()
                last, worst = np.zeros(len(opened), np.int64), np.full(len(opened), VIOLATED)
                worst_runs(used[corridor[opened]], units[corridor[opened]], size, last, worst)
                for first in np.argsort(-worst, kind="stable")[:MOST_OF_CORRIDOR]:
                    if worst[first] <= VIOLATED:
                        break
                    run = corridor[opened[first] : opened[last[first]] + 1]
                    found[dimension, run.tobytes()] = self._cut(run, used, units, size, float(worst[first]))
        return sorted(found.values(), key=lambda cut: -cut.violation)[:most]

    def _cut(self, run: Ints, used: Floats, units: Floats, size: Floats, violation: float) -> Cut:
        opened = float(units[run].sum())
        chosen = used[run].sum(axis=0) > opened - np.floor(opened) + 1e-9
        total = float(size[chosen].sum())
        needed = float(np.ceil(total - 1e-9))
        rest = total - (needed - 1)
        fixed = self.fixed
        legs = np.concatenate([self.order[fixed.user_ptr[d] : fixed.user_ptr[d + 1]] for d in run])
        legs = legs[chosen[self.consignment[legs]]]
        return Cut(
            departures=run,
            legs=legs,
            coefficients=size[self.consignment[legs]],
            units_coefficient=rest,
            bound=total - rest * needed,
            violation=violation,
        )


def corridors_of(fixed: Fixed) -> list[Ints]:
    """Sets of departures, in their order, of which no consignment uses two."""
    reach = reachable(fixed)
    places = len(reach)
    inside = [reach[place] for place in range(places)]
    inside += [~reach[:, place] for place in range(places)]  # what is no ancestor is never left for one
    inside += [inside[one] | inside[other] for one, other in combinations(range(places), 2)]
    found: dict[bytes, Ints] = {}
    for closed in inside:
        entering = closed[fixed.head] & ~closed[fixed.tail]
        for part in _parts(fixed, entering):
            chosen = np.nonzero(part)[0]
            if len(chosen):
                found.setdefault(chosen.tobytes(), chosen)
    return list(found.values())


def _parts(fixed: Fixed, entering: Mask) -> list[Mask]:
    """All that enter, and those of one line, one origin or one destination alone."""
    parts = [entering]
    pairs = fixed.tail * (1 + int(fixed.head.max(initial=0))) + fixed.head
    for label in (pairs, fixed.tail, fixed.head):
        parts += [entering & (label == value) for value in np.unique(label[entering])]
    return parts


def reachable(fixed: Fixed) -> Mask:
    """Whether a chain of departures, in any order of time, leads from one place to another; (P, P)."""
    ends = (fixed.tail, fixed.head, fixed.origin, fixed.destination)
    places = 1 + max(int(end.max(initial=0)) for end in ends)
    reach = np.eye(places, dtype=np.bool_)
    reach[fixed.tail, fixed.head] = True
    for between in range(places):
        reach |= reach[:, between : between + 1] & reach[between]
    return reach
