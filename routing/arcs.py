"""The arc model: one variable per leg of each consignment, flows kept by waiting at places.

It needs no pool of itineraries, so its bound holds for every plan, and it carries all strong linking
rows from the start. It grows fast: for small problems only, and as the oracle of the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np

from routing.cuts import Cut
from routing.insertion import Fixed
from routing.master import YUAN, QuietHighs
from routing.options import Mask, Options
from routing.pricing import Floats


@dataclass(kw_only=True)
class _Rows:
    """Sparse rows being written down."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, low: float, high: float, entries: list[tuple[int, float]]) -> None:
        self.low.append(low)
        self.high.append(high)
        self.starts.append(len(self.columns))
        self.columns += [column for column, _ in entries]
        self.values += [value for _, value in entries]


class ArcModel:
    """Columns: units by departure, refusal by consignment, use by leg, then waiting at places.

    Legs with ``kept`` false are left out (their columns are fixed at zero).
    """

    def __init__(
        self,
        options: Options,
        fixed: Fixed,
        *,
        kept: Mask | None,
        cuts: Sequence[Cut] = (),
        must_stop: Callable[[], bool],
    ) -> None:
        self.options, self.fixed = options, fixed
        self.departures, self.consignments = options.departures, options.consignments
        self.legs = len(options.leg_fen)
        self.first_leg = self.departures + self.consignments
        self.kept = np.ones(self.legs, np.bool_) if kept is None else kept
        self.owner = np.repeat(np.arange(self.consignments), np.diff(options.leg_ptr))
        self.rows = _Rows()
        self.waits = 0
        self._capacity_rows()
        self._strong_rows()
        for cut in cuts:
            self._cut_row(cut)
        for i in range(self.consignments):
            self._flow_rows(i)
        self.model = self._model()
        self.model.cbSimplexInterrupt.subscribe(lambda event: event.interrupt() if must_stop() else None)

    def _capacity_rows(self) -> None:
        fixed = self.fixed
        order = np.argsort(fixed.leg_departure, kind="stable")
        for size, usable in ((fixed.mass, fixed.usable_kg), (fixed.volume, fixed.usable_l)):
            for d in range(self.departures):
                legs = order[fixed.user_ptr[d] : fixed.user_ptr[d + 1]]
                entries = [
                    (self.first_leg + int(leg), float(size[self.owner[leg]] / usable[d])) for leg in legs
                ]
                self.rows.add(-highspy.kHighsInf, 0.0, [(d, -1.0), *entries])

    def _strong_rows(self) -> None:
        fixed = self.fixed
        departure = fixed.leg_departure
        self.need = np.maximum(
            -(-fixed.mass[self.owner] // fixed.usable_kg[departure]),
            -(-fixed.volume[self.owner] // fixed.usable_l[departure]),
        )
        for leg in range(self.legs):
            entries = [(int(departure[leg]), -1.0), (self.first_leg + leg, float(self.need[leg]))]
            self.rows.add(-highspy.kHighsInf, 0.0, entries)

    def _cut_row(self, cut: Cut) -> None:
        entries = [(int(d), -cut.units_coefficient) for d in cut.departures]
        entries += [
            (self.first_leg + int(leg), float(size))
            for leg, size in zip(cut.legs, cut.coefficients, strict=True)
        ]
        self.rows.add(-highspy.kHighsInf, cut.bound, entries)

    def _flow_rows(self, i: int) -> None:
        """Carried or refused once; at each boarding, what waits comes from what waited and arrived."""
        options, fixed = self.options, self.fixed
        origin, destination = int(fixed.origin[i]), int(fixed.destination[i])
        delivered: list[tuple[int, float]] = [(self.departures + i, 1.0)]
        waiting: dict[int, int] = {}
        arrived: dict[int, list[int]] = {}
        for at in range(fixed.event_ptr[i], fixed.event_ptr[i + 1]):
            leg = int(fixed.event[at])
            if leg < 0:
                place = int(fixed.head[fixed.leg_departure[~leg]])
                if place == destination:
                    delivered.append((self.first_leg + ~leg, 1.0))
                else:
                    arrived.setdefault(place, []).append(self.first_leg + ~leg)
                continue
            place = int(fixed.tail[fixed.leg_departure[leg]])
            wait = self.first_leg + self.legs + self.waits
            self.waits += 1
            entries = [(self.first_leg + leg, 1.0), (wait, 1.0)]
            entries += [(column, -1.0) for column in arrived.pop(place, ())]
            offered = 0.0
            if place in waiting:
                entries.append((waiting[place], -1.0))
            elif place == origin:
                offered = 1.0
            self.rows.add(-highspy.kHighsInf, offered, entries)
            waiting[place] = wait
        self.rows.add(1.0, 1.0, delivered)
        assert options.leg_ptr[i + 1] - options.leg_ptr[i] <= self.legs

    def _model(self) -> highspy.Highs:
        fixed = self.fixed
        model = QuietHighs()  # type: ignore[no-untyped-call]
        for name, setting in (("threads", 1), ("parallel", "off"), ("random_seed", 1)):
            model.setOptionValue(name, setting)
        fen = np.concatenate((fixed.unit_fen, fixed.refusal, fixed.leg_fen, np.zeros(self.waits, np.int64)))
        self.price: Floats = fen / YUAN
        price = self.price
        high = np.concatenate((fixed.units, np.ones(self.consignments), self.kept, np.ones(self.waits)))
        count, none = len(price), np.zeros(0, np.int32)
        model.addCols(
            count,
            price,
            np.zeros(count),
            np.asarray(high, np.float64),
            0,
            np.zeros(count, np.int32),
            none,
            np.zeros(0),
        )
        rows = self.rows
        model.addRows(
            len(rows.low),
            np.array(rows.low),
            np.array(rows.high),
            len(rows.columns),
            np.array(rows.starts, np.int32),
            np.array(rows.columns, np.int32),
            np.array(rows.values),
        )
        return model

    def solve(self, *, nodes: int, tell: Callable[[float], None] | None = None) -> tuple[float, float, bool]:
        """Whole units and unsplit consignments: (value, bound, whether proved), yuan.

        ``tell`` hears each better bound on the way.
        """
        best = [-np.inf]

        def heard(event: highspy.HighsCallbackEvent) -> None:
            bound = float(event.data_out.mip_dual_bound)
            if tell is not None and np.isfinite(bound) and bound > best[0]:
                best[0] = bound
                tell(bound)

        self.model.cbMipInterrupt.subscribe(heard)
        whole = self.first_leg + self.legs
        self.model.changeColsIntegrality(
            whole, np.arange(whole, dtype=np.int32), np.full(whole, highspy.HighsVarType.kInteger)
        )
        settings = (
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.004),
            ("mip_max_nodes", nodes),
            ("mip_heuristic_effort", 0.01),
        )
        for name, setting in settings:
            self.model.setOptionValue(name, setting)
        self.model.run()
        info = self.model.getInfo()
        value, bound = float(info.objective_function_value), float(info.mip_dual_bound)
        shown = float(self.price @ np.array(self.model.getSolution().col_value))
        if np.isfinite(value) and abs(shown - value) > 0.01:
            # seen with HiGHS 1.16 after setSolution, which is why no start is given: believe nothing
            return np.inf, -np.inf, False
        return value, bound, self.model.getModelStatus() == highspy.HighsModelStatus.kOptimal

    def paths(self) -> list[tuple[int, tuple[int, ...]]]:
        """The itineraries of the last solution."""
        used = np.array(self.model.getSolution().col_value)[self.first_leg : self.first_leg + self.legs] > 0.5
        found = []
        for i in range(self.consignments):
            first, last = self.fixed.leg_ptr[i], self.fixed.leg_ptr[i + 1]
            legs = [int(leg) for leg in np.nonzero(used[first:last])[0] + first]
            if legs:
                found.append((i, tuple(legs)))
        return found
