"""Branching for the bound: how many units a corridor opens in all is whole, so at most k or more.

The relaxation opens parts of units. For a set T of departures with ``k < Y < k + 1`` units in the last
solution every plan has ``Y ≤ k`` or ``Y ≥ k + 1``; each half is bounded by the same column generation, and
the lower of the two holds for all. Where all units are whole, whether one consignment passes T is split in
the same way. Halves whose bound reaches the best plan are done with; of those left the lowest is next.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np

from routing.bound import Bounder, BoundState, Prices
from routing.cuts import Cut, Row
from routing.master import YUAN, Impossible
from routing.options import Ints
from routing.pricing import Floats

WHOLE = 0.02  # units; nearer to a whole number a set is not split
TRIED, TRIAL_ITERATIONS = 5, 100  # sets tried in the programme before one is chosen, and how hard
ROUNDS = 8  # of column generation in one half: the later ones bring little
MET = 1e-4  # of the cost; programme and bound this near are as good as met
WORSE_HALF = 0.1  # weight of the better half beside the worse in the choice


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of all plans: those that keep the rows ``held``; their bound in yuan and what proves it."""

    bound: float
    prices: Prices
    cuts: tuple[Cut, ...]
    held: frozenset[Row]


class Branching:
    """Splits the part with the lowest bound; ``close`` gives the bounder back as it was until the next split."""

    def __init__(self, bounder: Bounder) -> None:
        assert bounder.corridors is not None
        self.bounder, self.state = bounder, bounder.state
        single = [np.array([d], np.int64) for d in range(bounder.options.departures)]
        self.sets: list[Ints] = [*bounder.corridors.corridors, *single]
        self.member = np.zeros((len(self.sets), bounder.options.departures))
        for number, departures in enumerate(self.sets):
            self.member[number, departures] = 1.0
        self.unit_price = self.member @ (bounder.fixed.unit_fen / YUAN) / self.member.sum(axis=1)
        self.none = np.zeros(0, np.int64)
        self.root = self._part()
        self.parts = [self.root]

    def bound_fen(self, upper_fen: int) -> int:
        """The bound of all plans: the lowest part's, or the best plan's cost when none is left below it."""
        return min([upper_fen, *(_fen(part.bound) for part in self.parts)])

    def split(self, *, upper_fen: int) -> bool:
        """Split the part with the lowest bound; False when there is nothing left to split.

        Raises Interrupted when told to stop in the middle; then the part stays whole.
        """
        self.parts = [part for part in self.parts if _fen(part.bound) < upper_fen]
        if not self.parts:
            return False
        self.bounder.state = BoundState()  # what is known of a part is not known of all
        part = min(self.parts, key=lambda part: part.bound)
        self._enter(part, part.held)
        try:
            self.bounder.master.solve()
        except Impossible:  # the pool has no way that rows on goods ask for
            return False
        rows = self._chosen(part)
        if rows is None:  # all is whole, so only the bound has not come up to the programme yet
            halves = [self._bounded(part, part.held, upper_fen)]
            if halves[0] is not None and halves[0].bound <= part.bound:
                return False
        else:
            halves = [self._bounded(part, part.held | {row}, upper_fen) for row in rows]
        self.parts.remove(part)
        self.parts += [half for half in halves if half is not None]
        return True

    def close(self) -> None:
        """Give the bounder back with the rows, prices and state it had."""
        self._enter(self.root, frozenset())
        self.bounder.state = self.state

    def _part(self) -> Part:
        """What the bounder knows now."""
        best = self.bounder.best
        assert best is not None
        priced = np.nonzero(best.cut > 0)[0]
        return Part(
            bound=self.bounder.lagrangean,
            prices=replace(best, cut=best.cut[priced]),
            cuts=tuple(self.bounder.master.cuts[number] for number in priced),
            held=self.bounder.held,
        )

    def _enter(self, part: Part, held: frozenset[Row]) -> None:
        """Go where ``part`` was left, with the rows ``held``."""
        bounder, master = self.bounder, self.bounder.master
        known = set(master.cuts)
        new = dict.fromkeys([*part.cuts, *sorted(held, key=_order)])
        master.add_cuts([cut for cut in new if cut not in known])
        master.hold(held)
        number = {cut: at for at, cut in enumerate(master.cuts)}
        price = np.zeros(len(master.cuts))
        price[[number[cut] for cut in part.cuts]] = part.prices.cut
        bounder.held, bounder.lagrangean = held, part.bound
        bounder.best = replace(part.prices, cut=price)

    def _chosen(self, part: Part) -> tuple[Row, Row] | None:
        """The two rows whose worse half raises the programme most; None when all is whole."""
        master = self.bounder.master
        value, basis = master.value, master.model.getBasis()
        best, chosen = -np.inf, None
        for rows in self._unit_rows() or self._goods_rows():
            master.add_cuts(list(rows))
            basis.row_status = [*basis.row_status, *[highspy.HighsBasisStatus.kBasic] * 2]
            gains = [
                master.tried(part.held | {row}, basis=basis, iterations=TRIAL_ITERATIONS) - value
                for row in rows
            ]
            worth = min(gains) + WORSE_HALF * min(max(gains), value)
            if worth > best:
                best, chosen = worth, rows
        master.hold(part.held)
        master.model.setBasis(basis)
        return chosen

    def _unit_rows(self) -> list[tuple[Row, Row]]:
        """The sets whose units are furthest from whole, dear units first."""
        amounts = self.member @ self.bounder.master.units
        found: dict[float, tuple[Row, Row]] = {}  # the same amount is the same set by another name
        for number in _furthest(amounts, self.unit_price):
            below, departures = int(np.floor(amounts[number])), self.sets[number]
            found.setdefault(
                round(float(amounts[number]), 6),
                (
                    _row(departures, self.none, units=-1.0, goods=0.0, bound=below),
                    _row(departures, self.none, units=1.0, goods=0.0, bound=-below - 1),
                ),
            )
            if len(found) == TRIED:
                break
        return list(found.values())

    def _goods_rows(self) -> list[tuple[Row, Row]]:
        """The consignments that go furthest from wholly over a set, or not at all."""
        fixed = self.bounder.fixed
        owner = np.repeat(np.arange(len(fixed.mass)), np.diff(fixed.leg_ptr))
        shares = np.zeros((len(fixed.units), len(fixed.mass)))
        np.add.at(shares, (fixed.leg_departure, owner), self.bounder.master.shares())
        amounts = self.member @ shares
        found = []
        for spot in _furthest(amounts.ravel(), np.ones(amounts.size))[:TRIED]:
            number, i = divmod(int(spot), len(fixed.mass))
            legs = np.arange(fixed.leg_ptr[i], fixed.leg_ptr[i + 1])
            legs = legs[self.member[number, fixed.leg_departure[legs]] > 0]
            found.append(
                (
                    _row(self.none, legs, units=0.0, goods=1.0, bound=0),
                    _row(self.none, legs, units=0.0, goods=-1.0, bound=-1),
                )
            )
        return found

    def _bounded(self, part: Part, held: frozenset[Row], upper_fen: int) -> Part | None:
        """``part`` with the rows ``held``, bounded as far as a few rounds go; None when no plan keeps them."""
        bounder = self.bounder
        self._enter(part, held)
        try:
            for _ in range(ROUNDS):
                if not bounder.round() or _fen(bounder.lagrangean) >= upper_fen:
                    break
                if bounder.master.value - bounder.lagrangean < MET * upper_fen / YUAN:
                    break
        except Impossible:
            # Rows on units leave room for refusing all, whatever the pool; rows on goods ask it for a way.
            if all(not len(one.legs) for one in bounder.held):
                return None
        return self._part()


def _fen(bound: float) -> int:
    """A bound in whole fen, rounded down and a breath lower, for the last digits of the sum."""
    return int(np.floor(bound * YUAN * (1 - 1e-9)))


def _furthest(amounts: Floats, weight: Floats) -> Ints:
    """Which amounts are not whole, those furthest from it (times their weight) first."""
    off = np.abs(amounts - np.round(amounts))
    order = np.argsort(-off * weight, kind="stable")
    return order[off[order] >= WHOLE]


def _row(departures: Ints, legs: Ints, *, units: float, goods: float, bound: float) -> Row:
    """``goods · Σ x[legs] - units · Σ y[departures] ≤ bound``."""
    return Row(
        departures=departures,
        legs=legs,
        coefficients=np.full(len(legs), goods),
        units_coefficient=units,
        bound=float(bound),
        violation=0.0,
    )


def _order(row: Row) -> tuple[float, bytes, bytes]:
    """Rows in an order that does not hang on where they lie in memory."""
    return (row.bound, row.departures.tobytes(), row.legs.tobytes())
