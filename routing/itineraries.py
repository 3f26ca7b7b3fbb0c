"""Ways for one consignment: reachability, the rules that block it, and the next best ways.

All of it ignores the other consignments; sharing departures is the planner's business.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np

from routing.demand import RouteSpec
from routing.options import RULE_BITS, consignment_rules
from routing.problem import Problem
from routing.timetable import Departure, Rule

RELAXABLE = tuple(rule for rule in Rule if rule is not Rule.SERVICE)
MOST_LEGS = 24
AT_ONCE = 500  # consignments whose rules are laid out at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """Whether a consignment can get there at all: when at the earliest, or which rules stand in the way.

    ``blocked_by`` is a smallest set of rules whose lifting opens a way; ``note`` gives an example of each.
    """

    consignment: str
    earliest_at: datetime | None
    departures: tuple[str, ...]
    blocked_by: tuple[Rule, ...] = ()
    note: str = ""


def certificates(problem: Problem) -> tuple[Certificate, ...]:
    """The reachability certificate of every consignment, in their order."""
    found: list[Certificate] = []
    for start in range(0, len(problem.consignments), AT_ONCE):
        block = slice(start, start + AT_ONCE)
        found += [
            _certified(problem, spec, bars)
            for spec, bars in zip(problem.consignments[block], _bars(problem, block), strict=True)
        ]
    return tuple(found)


def certificate(problem: Problem, spec: RouteSpec) -> Certificate:
    """The reachability certificate of one consignment."""
    number = problem.consignments.index(spec)
    return _certified(problem, spec, _bars(problem, slice(number, number + 1))[0])


def _bars(problem: Problem, block: slice) -> list[list[int]]:
    """Rules between each consignment and each departure as bits; capacity where even all units hold too little."""
    rules = consignment_rules(problem, block)
    room_kg = np.array([row.units * row.usable_kg for row in problem.departures], np.int64)
    room_l = np.array([row.units * row.usable_l for row in problem.departures], np.int64)
    mass = np.array([spec.mass_kg for spec in problem.consignments[block]], np.int64)
    volume = np.array([spec.volume_l for spec in problem.consignments[block]], np.int64)
    small = ((mass[:, None] > room_kg) | (volume[:, None] > room_l)) & (room_kg > 0)
    barred: list[list[int]] = (rules | np.where(small, RULE_BITS[Rule.CAPACITY], 0)).tolist()
    return barred


def _certified(problem: Problem, spec: RouteSpec, bars: list[int]) -> Certificate:
    """By more and more rules lifted at once; not at all where lifting every one opens no way."""
    present = 0
    for bar in bars:
        present |= bar
    relaxable = [rule for rule in RELAXABLE if rule is Rule.TIME or present & RULE_BITS[rule]]
    way = _earliest(problem, spec, [True] * len(bars), ignores_time=True)
    for size in range(len(relaxable) + 1 if way else 0):
        for lifted in combinations(relaxable, size):
            allowed = ~sum(RULE_BITS[rule] for rule in lifted)
            ignores_time = Rule.TIME in lifted
            way = _earliest(problem, spec, [not bar & allowed for bar in bars], ignores_time=ignores_time)
            if way:
                return _written(problem, spec, way, bars, lifted)
    return Certificate(
        consignment=spec.code,
        earliest_at=None,
        departures=(),
        blocked_by=(Rule.SERVICE,),
        note=f"no chain of departures leads from {spec.origin} to {spec.destination} inside the window",
    )


def _written(
    problem: Problem, spec: RouteSpec, way: list[Departure], bars: list[int], lifted: tuple[Rule, ...]
) -> Certificate:
    if not lifted:
        return Certificate(
            consignment=spec.code,
            earliest_at=way[-1].ready_at,
            departures=tuple(departure.code for departure in way),
        )
    return Certificate(
        consignment=spec.code,
        earliest_at=None,
        departures=tuple(departure.code for departure in way),
        blocked_by=lifted,
        note="; ".join(_example(problem, spec, way, bars, rule) for rule in lifted),
    )


def _example(problem: Problem, spec: RouteSpec, way: list[Departure], bars: list[int], rule: Rule) -> str:
    if rule is Rule.TIME:
        arrival, useful = (f"{moment:%Y-%m-%d %H:%M}Z" for moment in (way[-1].ready_at, spec.latest_at))
        return f"the earliest arrival is {arrival}, useful until {useful}"
    numbers = {departure.code: number for number, departure in enumerate(problem.departures)}
    for departure in way:
        if bars[numbers[departure.code]] & RULE_BITS[rule]:
            return f"{departure.code}: {why_barred(spec, departure, rule)}"
    return str(rule)


def why_barred(spec: RouteSpec, departure: Departure, rule: Rule) -> str:
    """One clause on why ``departure`` is not open to ``spec`` under ``rule``."""
    match rule:
        case Rule.GOODS_CLASS:
            return f"{spec.goods} goods are not taken"
        case Rule.ITEM_LIST:
            return f"{spec.item or spec.goods} is not on the item list {', '.join(departure.item_lists)}"
        case Rule.DOCUMENTS:
            return f"released by customs at {spec.declared_at:%Y-%m-%d %H:%M}Z, after the cut-off"
        case Rule.CAPACITY:
            return f"its {departure.units} units hold less than {spec.mass_kg} kg or {spec.volume_l} l"
        case Rule.CANCELLED:
            return f"the departure is {departure.status}" if departure.units else "it has no unit left"
        case _:
            return departure.barred_note or str(rule)


def _earliest(
    problem: Problem, spec: RouteSpec, is_open: list[bool], *, ignores_time: bool
) -> list[Departure] | None:
    """The way that arrives first, by a forward pass in cut-off order; None when there is none."""
    at: dict[str, datetime] = {spec.origin: spec.release_at}
    came_by: dict[str, Departure] = {}
    for departure, opened in zip(problem.departures, is_open, strict=True):
        here = at.get(departure.origin)
        if not opened or here is None or here > departure.cutoff_at or departure.destination == spec.origin:
            continue
        if departure.destination not in at or departure.ready_at < at[departure.destination]:
            at[departure.destination] = departure.ready_at
            came_by[departure.destination] = departure
    if spec.destination not in at or (at[spec.destination] > spec.latest_at and not ignores_time):
        return None
    way: list[Departure] = []
    place = spec.destination
    while place != spec.origin:
        way.insert(0, came_by[place])
        place = came_by[place].origin
    return way


def find_itineraries(problem: Problem, spec: RouteSpec, *, most: int) -> Iterator[tuple[Departure, ...]]:
    """Ways open to ``spec`` in the order of departures, at most so many; a plain itinerary finder."""
    number = problem.consignments.index(spec)
    bars = consignment_rules(problem, slice(number, number + 1))[0]
    usable = [departure for departure, bar in zip(problem.departures, bars, strict=True) if not bar]
    found = 0
    stack: list[tuple[str, datetime, tuple[Departure, ...]]] = [(spec.origin, spec.release_at, ())]
    while stack and found < most:
        place, moment, way = stack.pop()
        if place == spec.destination:
            found += 1
            yield way
            continue
        been = {spec.origin, *(leg.destination for leg in way)}
        stack += [
            (departure.destination, departure.ready_at, (*way, departure))
            for departure in reversed(usable)
            if departure.origin == place
            and departure.cutoff_at >= moment
            and departure.destination not in been
            and departure.ready_at <= spec.latest_at
            and len(way) < MOST_LEGS
        ]
