"""Why a plan is as it is, at its own marginal prices.

All sentences compare whole itineraries at exact unit costs: what this consignment would add to the plan
on another way, all others staying where they are.
"""

from dataclasses import dataclass, fields

import numpy as np

from routing.check import parts_of
from routing.cost import CostParts
from routing.demand import RouteSpec
from routing.errors import BadInput
from routing.insertion import NEVER, Fixed, State, cheapest, empty_state, fixed_from, remove, shift, units_for
from routing.itineraries import certificate, why_barred
from routing.options import RULE_BITS, Options, build, consignment_rules
from routing.plan import Plan
from routing.planner import warm_up
from routing.problem import Problem
from routing.search import load_plan
from routing.timetable import Departure, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way of a consignment: what it adds to the plan in yuan, of which ``opening`` for new units."""

    departures: tuple[str, ...]
    cost: float
    opening: float
    ready_at: str
    late_days: int
    parts: CostParts


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why this itinerary: the way chosen and the next best, with a sentence for each."""

    consignment: str
    chosen: Way | None
    others: tuple[Way, ...]
    sentences: tuple[str, ...]


class Explainer:
    """Holds a plan in arrays and answers questions about it."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        if plan.problem != problem.hash:
            raise BadInput("This plan was made for another problem: the hash differs.")
        warm_up()
        self.problem, self.plan = problem, plan
        self.options: Options = build(problem)
        self.fixed: Fixed = fixed_from(self.options)
        self.state: State = empty_state(self.options, seed=1)
        self.number = {departure.code: d for d, departure in enumerate(problem.departures)}
        length = np.zeros(self.options.consignments, np.int64)
        path = np.zeros_like(self.state.path)
        ways = plan.itinerary_of()
        for i, spec in enumerate(problem.consignments):
            itinerary = ways.get(spec.code)
            legs = [] if itinerary is None else [leg.departure for leg in itinerary.legs]
            length[i] = len(legs)
            path[i, : len(legs)] = [self.options.leg_of(i, self.number[code]) for code in legs]
        load_plan(self.fixed, self.state, length, path)

    def _index(self, consignment: str) -> int:
        for i, spec in enumerate(self.problem.consignments):
            if spec.code == consignment:
                return i
        raise BadInput(f"Consignment {consignment!r} is unknown.")

    def why(self, consignment: str, *, others: int = 3) -> Explanation:
        """Why this itinerary: the next best ways, each found by barring what makes the better ones."""
        i = self._index(consignment)
        spec = self.problem.consignments[i]
        legs = [int(leg) for leg in self.state.path[i, : self.state.length[i]]]
        remove(self.fixed, self.state, i)
        chosen = self._way(spec, i, legs) if legs else None
        found: dict[tuple[str, ...], Way] = {}
        barred = list(legs) or self._best_legs(i)
        for leg in barred:
            d = int(self.options.leg_departure[leg])
            way = self._without(spec, i, [d])
            if way is not None and (chosen is None or way.departures != chosen.departures):
                found.setdefault(way.departures, way)
        self._restore(i, legs)
        ranked = sorted(found.values(), key=lambda way: (way.cost, way.departures))[:others]
        return Explanation(
            consignment=consignment,
            chosen=chosen,
            others=tuple(ranked),
            sentences=tuple(_compare(chosen, way) for way in ranked) or (self._no_other(spec, chosen),),
        )

    def _no_other(self, spec: RouteSpec, chosen: Way | None) -> str:
        found = certificate(self.problem, spec)
        if chosen is None and found.blocked_by:
            return f"There is no way at all: {', '.join(found.blocked_by)}: {found.note}."
        return "There is no other way."

    def _best_legs(self, i: int) -> list[int]:
        fen, count = cheapest(self.fixed, self.state, i, 0)
        return [int(leg) for leg in self.state.found[:count]] if fen < NEVER else []

    def _without(self, spec: RouteSpec, i: int, departures: list[int]) -> Way | None:
        """The cheapest way when these departures have no room."""
        kept = self.state.limit[departures].copy(), self.state.load_kg[departures].copy()
        self.state.limit[departures] = -1
        self.state.load_kg[departures] += 1 << 40  # no room, whatever is open
        legs = self._best_legs(i)
        self.state.limit[departures], self.state.load_kg[departures] = kept
        return self._way(spec, i, legs) if legs else None

    def _restore(self, i: int, legs: list[int]) -> None:
        length, path = self.state.length.copy(), self.state.path.copy()
        length[i] = len(legs)
        path[i, : len(legs)] = legs
        self.state = empty_state(self.options, seed=1)
        load_plan(self.fixed, self.state, length, path)

    def _way(self, spec: RouteSpec, i: int, legs: list[int]) -> Way:
        """What the way would add to the plan as it stands without the consignment."""
        rows = [self.problem.departures[self.options.leg_departure[leg]] for leg in legs]
        opening = 0
        for leg in legs:
            d = int(self.options.leg_departure[leg])
            need = units_for(
                self.fixed,
                d,
                self.state.load_kg[d] + self.options.mass[i],
                self.state.load_l[d] + self.options.volume[i],
            )
            opening += int((need - self.state.used[d]) * self.fixed.unit_fen[d])
        parts = parts_of(self.problem, spec, rows)
        days = max(0, -((self.problem.minute(spec.due_at) - self.problem.minute(rows[-1].ready_at)) // 1440))
        return Way(
            departures=tuple(row.code for row in rows),
            cost=(parts.total + opening) / 100,
            opening=opening / 100,
            ready_at=f"{rows[-1].ready_at:%Y-%m-%dT%H:%MZ}",
            late_days=days,
            parts=parts,
        )

    def why_not(self, consignment: str, port: str) -> str:
        """Why not over that place: the first hard rule that fails, or the price of forcing it."""
        i = self._index(consignment)
        spec = self.problem.consignments[i]
        if port not in {place.code for place in self.problem.network.places}:
            raise BadInput(f"Place {port!r} is unknown.")
        legs = [int(leg) for leg in self.state.path[i, : self.state.length[i]]]
        here = [self.problem.departures[self.options.leg_departure[leg]] for leg in legs]
        if any(port in (row.origin, row.destination) for row in here):
            return f"{consignment} does travel over {port}."
        remove(self.fixed, self.state, i)
        chosen = self._way(spec, i, legs) if legs else None
        best: Way | None = None
        first, last = self.options.leg_ptr[i], self.options.leg_ptr[i + 1]
        into = [
            int(d) for d in self.options.leg_departure[first:last] if self._row(int(d)).destination == port
        ]
        for d in into:
            legs_there = self._forced(i, d)
            if legs_there:
                way = self._way(spec, i, legs_there)
                best = way if best is None or way.cost < best.cost else best
        self._restore(i, legs)
        if best is not None:
            return f"Over {port} is possible: {_compare(chosen, best)}"
        return self._first_rule(spec, i, port)

    def _row(self, d: int) -> Departure:
        return self.problem.departures[d]

    def _forced(self, i: int, d: int) -> list[int]:
        """The cheapest way that uses departure d: its leg is made so cheap that it must."""
        leg = self.options.leg_of(i, d)
        price = self.fixed.leg_fen[leg]
        self.fixed.leg_fen[leg] = price - (1 << 45)
        legs = self._best_legs(i)
        self.fixed.leg_fen[leg] = price
        return legs if leg in legs else []

    def _first_rule(self, spec: RouteSpec, i: int, port: str) -> str:
        """Which rule bars the departures into the port, the earliest of them as example."""
        bars = consignment_rules(self.problem, slice(i, i + 1))[0]
        into = [d for d, row in enumerate(self.problem.departures) if row.destination == port]
        if not into:
            return f"No departure calls at {port} in this window."
        barred = [d for d in into if bars[d]]
        for rule in Rule:
            hit = [d for d in barred if bars[d] & RULE_BITS[rule]]
            if hit and len(barred) == len(into):
                row = self._row(hit[0])
                return f"Not over {port}: {rule}: {row.code}: {why_barred(spec, row, rule)}."
        onward = [row for row in self.problem.departures if row.origin == port]
        usable = [d for d, row in enumerate(self.problem.departures) if row in onward and not bars[d]]
        if onward and not usable:
            d = self.number[onward[0].code]
            rule = next(rule for rule in Rule if bars[d] & RULE_BITS[rule])
            return f"Not over {port}: {rule}: {onward[0].code}: {why_barred(spec, onward[0], rule)}."
        latest = f"{spec.latest_at:%Y-%m-%d %H:%M}Z"
        return f"Not over {port}: time: no chain over it meets all cut-offs from release until {latest}."

    def bottlenecks(self, *, most: int = 10) -> list[dict[str, object]]:
        """Departures with a price on their space, dearest first, and what one more unit would change."""
        rows = [load for load in self.plan.departures if load.price_of_unit or load.units == load.units_most]
        rows.sort(
            key=lambda load: (-load.price_of_unit, -load.price_per_m3 - load.price_per_t, load.departure)
        )
        return [
            {
                "departure": load.departure,
                "units": f"{load.units} of {load.units_most}",
                "price_per_t": load.price_per_t,
                "price_per_m3": load.price_per_m3,
                "one_more_unit_saves_at_most": load.price_of_unit,
                "would_take": self._would_take(load.departure),
            }
            for load in rows[:most]
        ]

    def _would_take(self, code: str) -> list[str]:
        """Refused or other consignments that would move there at a profit if it had one more unit."""
        d = self.number[code]
        self.state.limit[d] += 1
        moved = []
        users = self.fixed.user[self.fixed.user_ptr[d] : self.fixed.user_ptr[d + 1]]
        for i in [int(i) for i in users[:200]]:
            spec = self.problem.consignments[i]
            legs = [int(leg) for leg in self.state.path[i, : self.state.length[i]]]
            if any(int(self.options.leg_departure[leg]) == d for leg in legs):
                continue
            before = self.state.numbers[1]
            remove(self.fixed, self.state, i)
            fen, count = cheapest(self.fixed, self.state, i, 0)
            uses = any(int(self.options.leg_departure[leg]) == d for leg in self.state.found[:count])
            now = before - self.state.numbers[1]
            if not legs:
                now = self.fixed.refusal[i]
            if fen < now and uses:
                moved.append(spec.code)
            self._put_back(i, legs)
        self.state.limit[d] -= 1
        return moved

    def _put_back(self, i: int, legs: list[int]) -> None:
        self.state.length[i] = len(legs)
        self.state.path[i, : len(legs)] = legs
        shift(self.fixed, self.state, i, 1)

    def refusals(self) -> list[str]:
        """Refused by rule against refused by capacity, one sentence each."""
        sentences = []
        for refusal in self.plan.refusals:
            if refusal.because == "rule":
                found = certificate(self.problem, self.problem.spec_of[refusal.consignment])
                rules = ", ".join(found.blocked_by)
                sentences.append(f"{refusal.consignment}: by rule ({rules}): {found.note}")
            else:
                sentences.append(f"{refusal.consignment}: by {refusal.because}: {refusal.note}")
        return sentences


def _compare(chosen: Way | None, other: Way) -> str:
    way = " → ".join(other.departures)
    if chosen is None:
        return f"{way} would cost {other.cost:,.2f} CNY, ready {other.ready_at}."
    more = other.cost - chosen.cost
    sentence = f"{way}: {'+' if more >= 0 else '−'}{abs(more):,.2f} CNY"
    notes = []
    for part in fields(CostParts):
        change = (getattr(other.parts, part.name) - getattr(chosen.parts, part.name)) / 100
        if abs(change) >= 1:
            notes.append(f"{part.name} {change:+,.0f}")
    if other.opening != chosen.opening:
        notes.append(f"opening {other.opening - chosen.opening:+,.0f}")
    return f"{sentence} ({', '.join(notes) or 'the same parts'}), ready {other.ready_at}."
