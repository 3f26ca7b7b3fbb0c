"""A warm start for the bound: prices of capacity and of all strong rows by a subgradient walk, no solver.

The bound at given prices is one pricing of all consignments, and where goods want more of a departure
than is opened, its prices should rise. Each step raises them by the mean demand of the last pricings and
then shares the price of a unit out again, so that a departure never earns more than opening it costs.
A few hundred pricings come within some tenths of a per cent of the relaxation with all strong rows, and
leave behind the itineraries and rows the programme would have to find one solve at a time.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from routing.bound import Bounder, Prices
from routing.compiled import compiled
from routing.cuts import Cut
from routing.insertion import Fixed
from routing.master import YUAN
from routing.options import Ints
from routing.pricing import Floats, price_all

FRESH = 0.1  # weight of the last pricing in the mean demand
STEPS = ((200, 1.0), (400, 0.3))  # how many, and the first length of each part
PATIENCE, SHORTER = 20, 0.7  # steps without gain until they get shorter, and by how much
AT_ONCE = 5  # steps between two looks at the clock; the itineraries of the last of them enter the pool
LEAST_PRICE = 1e-3  # yuan; a strong row worth less is not handed over


class Shape(NamedTuple):
    """What a walk never changes: yuan by leg and departure, sizes of legs in units, legs by departure."""

    leg_price: Floats
    unit_price: Floats
    mass: Floats
    volume: Floats
    need: Floats
    order: Ints
    units: Floats


class Point(NamedTuple):
    """Prices in yuan: a strong row by leg; mass and volume by departure, out of its unit and beyond it."""

    strong: Floats
    mass: Floats
    volume: Floats
    scarce_mass: Floats
    scarce_volume: Floats


class Demand(NamedTuple):
    """The mean of the last pricings: share by leg, units of mass and volume by departure."""

    share: Floats
    mass: Floats
    volume: Floats


class Answer(NamedTuple):
    """The last pricing: price by leg; value, legs and itinerary by consignment."""

    price: Floats
    value: Floats
    length: Ints
    path: Ints


@compiled
def value_at(fixed: Fixed, shape: Shape, at: Point, answer: Answer, places: int) -> float:
    """The bound in yuan at these prices; ``answer`` holds the itineraries that make it, none if refused."""
    for leg in range(len(shape.leg_price)):
        d = fixed.leg_departure[leg]
        answer.price[leg] = (
            shape.leg_price[leg]
            + (at.mass[d] + at.scarce_mass[d]) * shape.mass[leg]
            + (at.volume[d] + at.scarce_volume[d]) * shape.volume[leg]
            + at.strong[leg] * shape.need[leg]
        )
    count = len(fixed.mass)
    price_all(fixed, answer.price, answer.value, answer.length, answer.path, places, 0, count)
    total = 0.0
    for i in range(count):
        refusal = fixed.refusal[i] / 100.0
        if answer.value[i] < refusal:
            total += answer.value[i]
        else:
            total += refusal
            answer.length[i] = 0
    for d in range(len(shape.units)):
        total -= shape.units[d] * (at.scarce_mass[d] + at.scarce_volume[d])
    return total


@compiled
def remember(fixed: Fixed, shape: Shape, answer: Answer, demand: Demand, fresh: float) -> None:
    """Mix the last pricing into the mean demand."""
    for leg in range(len(demand.share)):
        demand.share[leg] *= 1.0 - fresh
    for i in range(len(fixed.mass)):
        for spot in range(answer.length[i]):
            demand.share[answer.path[i, spot]] += fresh
    demand.mass[:] = 0.0
    demand.volume[:] = 0.0
    for leg in range(len(demand.share)):
        d = fixed.leg_departure[leg]
        demand.mass[d] += shape.mass[leg] * demand.share[leg]
        demand.volume[d] += shape.volume[leg] * demand.share[leg]


@compiled
def steepness(fixed: Fixed, shape: Shape, at: Point, demand: Demand) -> float:
    """The square of how far demand and opened units are apart, over the rows that have a price or want one."""
    square = 1e-12
    for d in range(len(shape.units)):
        opened = max(demand.mass[d], demand.volume[d])
        for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
            leg = shape.order[spot]
            opened = max(opened, shape.need[leg] * demand.share[leg])
        opened = min(opened, shape.units[d])
        for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
            leg = shape.order[spot]
            over = shape.need[leg] * demand.share[leg] - opened
            if over > 0 or at.strong[leg] > 0:
                square += over * over
        for wanted in (demand.mass[d], demand.volume[d]):
            if wanted > shape.units[d]:
                over = wanted - shape.units[d]
                square += over * over
    return square


@compiled
def share_out(fixed: Fixed, shape: Shape, at: Point, d: int) -> None:
    """Cut the prices of d by one amount each, none below zero, until they are no more than its unit's."""
    total = at.mass[d] + at.volume[d]
    for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
        total += at.strong[shape.order[spot]]
    for _ in range(30):
        if total <= shape.unit_price[d]:
            return
        above = int(at.mass[d] > 0) + int(at.volume[d] > 0)
        for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
            above += int(at.strong[shape.order[spot]] > 0)
        less = (total - shape.unit_price[d]) / max(1, above)
        at.mass[d] = max(0.0, at.mass[d] - less)
        at.volume[d] = max(0.0, at.volume[d] - less)
        total = at.mass[d] + at.volume[d]
        for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
            leg = shape.order[spot]
            at.strong[leg] = max(0.0, at.strong[leg] - less)
            total += at.strong[leg]


@compiled
def climb(fixed: Fixed, shape: Shape, at: Point, demand: Demand, length: float) -> None:
    """One step of this length (yuan for a unit of demand) along the mean demand."""
    for d in range(len(shape.units)):
        over = demand.mass[d] - shape.units[d]
        at.scarce_mass[d] = max(0.0, at.scarce_mass[d] + length * over)
        over = demand.volume[d] - shape.units[d]
        at.scarce_volume[d] = max(0.0, at.scarce_volume[d] + length * over)
        at.mass[d] += length * demand.mass[d]
        at.volume[d] += length * demand.volume[d]
        for spot in range(fixed.user_ptr[d], fixed.user_ptr[d + 1]):
            leg = shape.order[spot]
            at.strong[leg] += length * shape.need[leg] * demand.share[leg]
        share_out(fixed, shape, at, d)


@compiled
def keep_point(at: Point, best: Point) -> None:
    best.strong[:] = at.strong
    best.mass[:] = at.mass
    best.volume[:] = at.volume
    best.scarce_mass[:] = at.scarce_mass
    best.scarce_volume[:] = at.scarce_volume


@compiled
def walk(
    fixed: Fixed,
    shape: Shape,
    at: Point,
    best: Point,
    demand: Demand,
    answer: Answer,
    numbers: Floats,
    target: float,
    steps: int,
    places: int,
    fresh: float,
) -> None:
    """So many steps; ``numbers`` are 0 the value here, 1 the best, 2 the step's length, 3 steps in vain."""
    for _ in range(steps):
        square = steepness(fixed, shape, at, demand)
        climb(fixed, shape, at, demand, numbers[2] * max(0.0, target - numbers[0]) / square)
        numbers[0] = value_at(fixed, shape, at, answer, places)
        remember(fixed, shape, answer, demand, fresh)
        numbers[3] += 1
        if numbers[0] > numbers[1]:
            numbers[1] = numbers[0]
            numbers[3] = 0.0
            keep_point(at, best)
        elif numbers[3] >= PATIENCE:
            numbers[2] *= SHORTER
            numbers[3] = 0.0


def warm_start(bounder: Bounder, *, upper_fen: int, must_stop: Callable[[], bool]) -> None:
    """Give the column generation prices, strong rows and itineraries to begin with."""
    fixed, options = bounder.fixed, bounder.options
    shape = _shape(bounder)
    departures, legs, count = options.departures, len(fixed.leg_fen), options.consignments
    half, none = shape.unit_price / 2, np.zeros(departures)
    at = Point(np.zeros(legs), half.copy(), half.copy(), none.copy(), none.copy())
    best = Point(*(part.copy() for part in at))
    demand = Demand(np.zeros(legs), none.copy(), none.copy())
    answer = Answer(np.zeros(legs), bounder.value, bounder.length, bounder.path)
    first = value_at(fixed, shape, at, answer, options.places)
    remember(fixed, shape, answer, demand, 1.0)
    numbers = np.array([first, first, 0.0, 0.0])
    for steps, length in STEPS:
        numbers[2], numbers[3] = length, 0.0
        for _ in range(steps // AT_ONCE):
            if must_stop():
                return
            walk(
                fixed, shape, at, best, demand, answer, numbers,
                upper_fen / YUAN, AT_ONCE, options.places, FRESH,
            )  # fmt: skip
            if length < 1:
                bounder.add_plan(answer.length[:count], answer.path)
    _hand_over(bounder, shape, best)


def _shape(bounder: Bounder) -> Shape:
    fixed = bounder.fixed
    mass, volume = bounder.separator.sizes
    return Shape(
        leg_price=fixed.leg_fen / YUAN,
        unit_price=fixed.unit_fen / YUAN,
        mass=mass,
        volume=volume,
        need=bounder.separator.need,
        order=bounder.separator.order.astype(np.int64),
        units=fixed.units.astype(np.float64),
    )


def _hand_over(bounder: Bounder, shape: Shape, best: Point) -> None:
    """The rows that have a price, and all prices; the bound is computed anew from them."""
    chosen = np.nonzero(best.strong > LEAST_PRICE)[0]
    departure = bounder.fixed.leg_departure
    cuts = [
        Cut(
            departures=departure[leg : leg + 1],
            legs=np.array([leg]),
            coefficients=shape.need[leg : leg + 1],
            units_coefficient=1.0,
            bound=0.0,
            violation=0.0,
        )
        for leg in chosen
    ]
    mass, volume = best.mass + best.scarce_mass, best.volume + best.scarce_volume
    bounder.adopt(cuts, Prices(mass=mass, volume=volume, cut=best.strong[chosen]))
