"""The restricted linear programme of the bound, kept warm in HiGHS: columns and cuts are only added.

Money is in yuan here, for the sake of the numbers inside the simplex. Rows: one for each consignment
(carried once or refused), mass and volume for each departure in units, then cuts.
"""

from collections.abc import Callable, Collection

import highspy
import numpy as np

from routing.cuts import Cut, Row
from routing.insertion import Fixed
from routing.options import Ints, Mask
from routing.pricing import Floats

YUAN = 100.0


class Interrupted(Exception):
    """The solver was told to stop before it was done; the last bound stands."""


class Impossible(Exception):
    """The rows held allow no plan at all."""


class QuietHighs(highspy.Highs):
    """HiGHS that does not print its banner, which comes with the callbacks, before it can be told not to."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class Master:
    """Owns the model; ``solve`` leaves prices, shares and units behind as arrays."""

    def __init__(self, fixed: Fixed, *, must_stop: Callable[[], bool]) -> None:
        self.fixed = fixed
        self.departures, self.consignments = len(fixed.units), len(fixed.mass)
        self.columns: dict[tuple[int, ...], int] = {}
        self.owner: list[int] = []
        self.column_leg: list[int] = []
        self.entry_column: list[int] = []
        self.cuts: list[Cut] = []
        self.cuts_of_leg: dict[int, list[tuple[int, float]]] = {}
        self.cut_entries: tuple[int, Ints, Ints, Floats] | None = None
        self.value = 0.0
        self.cut_price: Floats = np.zeros(0)
        self.amount: Floats = np.zeros(0)
        self.new_columns = self.new_rows = False
        self.model = QuietHighs()  # type: ignore[no-untyped-call]
        for name, setting in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            ("random_seed", 1),
        ):
            self.model.setOptionValue(name, setting)
        self.must_stop = must_stop
        self.model.cbSimplexInterrupt.subscribe(self._interrupt)
        self._start()

    def _interrupt(self, event: highspy.HighsCallbackEvent) -> None:
        # said both ways: HiGHS keeps the answer, and an interrupt once given would end every later solve
        event.interrupt(interrupt_value=self.must_stop())

    def _start(self) -> None:
        fixed, infinite = self.fixed, highspy.kHighsInf
        none = np.zeros(0, np.int32)
        for low, high, count in ((1.0, 1.0, self.consignments), (-infinite, 0.0, 2 * self.departures)):
            self.model.addRows(
                count,
                np.full(count, low),
                np.full(count, high),
                0,
                np.zeros(count, np.int32),
                none,
                np.zeros(0),
            )
        units = self.departures
        mass_row = self.consignments + np.arange(units, dtype=np.int32)
        rows = np.stack((mass_row, mass_row + units), axis=1).ravel()
        self.model.addCols(
            units,
            fixed.unit_fen / YUAN,
            np.zeros(units),
            fixed.units.astype(float),
            2 * units,
            np.arange(0, 2 * units, 2, dtype=np.int32),
            rows,
            np.full(2 * units, -1.0),
        )
        count = self.consignments
        self.model.addCols(
            count,
            fixed.refusal / YUAN,
            np.zeros(count),
            np.full(count, infinite),
            count,
            np.arange(count, dtype=np.int32),
            np.arange(count, dtype=np.int32),
            np.ones(count),
        )

    def add_paths(self, paths: list[tuple[int, tuple[int, ...]]]) -> int:
        """Add itineraries (owner, legs) not known yet; returns how many were new."""
        fixed = self.fixed
        price: list[float] = []
        starts: list[int] = []
        rows: list[int] = []
        values: list[float] = []
        for owner, legs in paths:
            if legs in self.columns:
                continue
            number = len(self.owner)
            self.columns[legs] = number
            self.owner.append(owner)
            starts.append(len(rows))
            rows.append(owner)
            values.append(1.0)
            in_cuts: dict[int, float] = {}
            for leg in legs:
                d = int(fixed.leg_departure[leg])
                rows += [self.consignments + d, self.consignments + self.departures + d]
                values += [
                    float(fixed.mass[owner] / fixed.usable_kg[d]),
                    float(fixed.volume[owner] / fixed.usable_l[d]),
                ]
                for cut, coefficient in self.cuts_of_leg.get(leg, ()):
                    in_cuts[cut] = in_cuts.get(cut, 0.0) + coefficient
                self.column_leg.append(leg)
                self.entry_column.append(number)
            rows += [self.consignments + 2 * self.departures + cut for cut in in_cuts]
            values += in_cuts.values()
            price.append(float(sum(int(fixed.leg_fen[leg]) for leg in legs)) / YUAN)
        if starts:
            count = len(starts)
            self.model.addCols(
                count,
                np.array(price),
                np.zeros(count),
                np.full(count, highspy.kHighsInf),
                len(rows),
                np.array(starts, np.int32),
                np.array(rows, np.int32),
                np.array(values),
            )
            self.new_columns = True
        return len(starts)

    def add_cuts(self, cuts: list[Cut]) -> None:
        """Add rows; every column known so far gets its coefficient."""
        if not cuts:
            return
        base = self.departures + self.consignments
        legs = np.array(self.column_leg, np.int64)
        column = np.array(self.entry_column, np.int64)
        order = np.argsort(legs, kind="stable")
        sorted_legs = legs[order]
        starts: list[int] = []
        indices: list[int] = []
        values: list[float] = []
        bounds: list[float] = []
        for cut in cuts:
            number = len(self.cuts)
            self.cuts.append(cut)
            starts.append(len(indices))
            indices += cut.departures.tolist()
            values += [-cut.units_coefficient] * len(cut.departures)
            low = np.searchsorted(sorted_legs, cut.legs, side="left")
            high = np.searchsorted(sorted_legs, cut.legs, side="right")
            for leg, coefficient, start, end in zip(cut.legs, cut.coefficients, low, high, strict=True):
                self.cuts_of_leg.setdefault(int(leg), []).append((number, float(coefficient)))
                for entry in order[start:end]:
                    indices.append(base + int(column[entry]))
                    values.append(float(coefficient))
            bounds.append(cut.bound)
        self.model.addRows(
            len(cuts),
            np.full(len(cuts), -highspy.kHighsInf),
            np.array(bounds),
            len(indices),
            np.array(starts, np.int32),
            np.array(indices, np.int32),
            np.array(values),
        )
        self.new_rows = True

    def hold(self, held: Collection[Cut]) -> None:
        """Of the rows that hold for a part of all plans let only those ``held`` bind."""
        first = self.consignments + 2 * self.departures
        for number, cut in enumerate(self.cuts):
            if isinstance(cut, Row):
                bound = cut.bound if cut in held else highspy.kHighsInf
                self.model.changeRowBounds(first + number, -highspy.kHighsInf, bound)
        self.new_rows = True

    def tried(self, held: Collection[Cut], *, basis: highspy.HighsBasis, iterations: int) -> float:
        """The value with those rows held, as far as so many iterations from ``basis`` raise it."""
        self.hold(held)
        self.model.setBasis(basis)
        self.model.setOptionValue("simplex_strategy", 1)
        self.model.setOptionValue("simplex_iteration_limit", iterations)
        self.model.run()
        self.model.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)
        if self.model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return np.inf
        return float(self.model.getInfo().objective_function_value)

    def drop_cuts(self, kept: Mask) -> None:
        """Take out the rows of all cuts but those ``kept``; the rest move up in their order."""
        first = self.consignments + 2 * self.departures
        gone = (first + np.nonzero(~kept)[0]).astype(np.int32)
        self.model.deleteRows(len(gone), gone)
        self.cuts = [cut for cut, stays in zip(self.cuts, kept, strict=True) if stays]
        self.cut_price = self.cut_price[kept[: len(self.cut_price)]]
        self.cut_entries = None
        self.cuts_of_leg = {}
        for number, cut in enumerate(self.cuts):
            for leg, coefficient in zip(cut.legs.tolist(), cut.coefficients.tolist(), strict=True):
                self.cuts_of_leg.setdefault(leg, []).append((number, coefficient))

    def idle_cuts(self) -> Mask:
        """Which cuts are basic in the last solution, so that nothing rests on them."""
        first = self.consignments + 2 * self.departures
        status = self.model.getBasis().row_status[first:]
        return np.array([row == highspy.HighsBasisStatus.kBasic for row in status], np.bool_)

    def _cut_arrays(self) -> tuple[Ints, Ints, Floats]:
        """Every coefficient of every cut as (cut, leg, coefficient), rebuilt when cuts were added."""
        if self.cut_entries is None or self.cut_entries[0] != len(self.cuts):
            sizes = [len(cut.legs) for cut in self.cuts]
            number = np.repeat(np.arange(len(self.cuts)), sizes)
            legs = np.concatenate([cut.legs for cut in self.cuts])
            coefficients = np.concatenate([cut.coefficients for cut in self.cuts])
            self.cut_entries = (len(self.cuts), number, legs, coefficients)
        return self.cut_entries[1:]

    def cut_weights_by_leg(self, ask: Floats) -> Floats:
        """What the cuts at prices ``ask`` add to the price of each leg."""
        count = len(self.fixed.leg_fen)
        if not len(ask):
            return np.zeros(count)
        number, legs, coefficients = self._cut_arrays()
        # Prices of an earlier solve say nothing of cuts that were added since: these cost nothing yet.
        known = number < len(ask)
        weights = ask[number[known]] * coefficients[known]
        return np.bincount(legs[known], weights=weights, minlength=count).astype(np.float64)

    def cut_weights_by_departure(self, ask: Floats) -> Floats:
        """What the cuts at prices ``ask`` pay for a unit of each departure."""
        if not len(ask):
            return np.zeros(self.departures)
        # As above: a cut added since has no price yet.
        known = self.cuts[: len(ask)]
        sizes = [len(cut.departures) for cut in known]
        departure = np.concatenate([cut.departures for cut in known])
        pays = np.repeat(ask * np.array([cut.units_coefficient for cut in known]), sizes)
        return np.bincount(departure, weights=pays, minlength=self.departures).astype(np.float64)

    def solve(self) -> None:
        """Solve to optimality; raises Interrupted when told to stop first, Impossible where rows collide."""
        strategy = 4 if self.new_columns and not self.new_rows and self.value else 1
        self.model.setOptionValue("simplex_strategy", strategy)
        self.model.run()
        if self.model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise Impossible
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            if self.must_stop():
                raise Interrupted
            self.model.clearSolver()  # a numerical stumble: once more from scratch
            self.model.setOptionValue("simplex_strategy", 1)
            self.model.run()
            if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise Interrupted
        solution = self.model.getSolution()
        self.new_columns = self.new_rows = False
        self.value = float(self.model.getInfo().objective_function_value)
        dual = np.maximum(0.0, -np.array(solution.row_dual))
        first = self.consignments
        self.carriage_price = np.array(solution.row_dual)[:first]
        self.mass_price = dual[first : first + self.departures]
        self.volume_price = dual[first + self.departures : first + 2 * self.departures]
        self.cut_price = dual[first + 2 * self.departures :]
        primal = np.array(solution.col_value)
        self.units = primal[: self.departures]
        self.amount = primal[self.departures + self.consignments :]
        self.refused = primal[self.departures : self.departures + self.consignments]

    def shares(self) -> Floats:
        """How much of each leg is used, by leg number."""
        amount = np.concatenate((self.amount, np.zeros(len(self.owner) - len(self.amount))))
        return np.bincount(
            np.array(self.column_leg, np.int64),
            weights=amount[np.array(self.entry_column, np.int64)],
            minlength=len(self.fixed.leg_fen),
        ).astype(np.float64)

    def shared_paths(self, least: float) -> list[tuple[int, tuple[int, ...], float]]:
        """(owner, legs, share) of every itinerary with more than ``least`` of its owner in the last solution."""
        amounts = self.amount.tolist()
        return [
            (self.owner[number], legs, amounts[number])
            for legs, number in self.columns.items()
            if number < len(amounts) and amounts[number] > least
        ]
