"""The compiled core: loads, units and the exact cheapest itinerary of one consignment.

A plan in arrays is a path of departures per consignment and a load per departure. The price of a leg
is its own cost plus what it would really cost to open further units for it, so the sum of insertions
is the cost of the plan to the fen. Nothing here knows dates, names or files.
"""

from typing import NamedTuple

import numpy as np

from routing.compiled import compiled
from routing.options import FAR, Ints, Options

MOST_LEGS = 24
WHOLE_TILT = 256
NEVER = 1 << 60  # dearer than anything; equal to options.FAR, a plain number for the compiler


class Fixed(NamedTuple):
    """Arrays that never change during a search; see ``options.Options`` for shapes and units."""

    tail: Ints
    head: Ints
    usable_kg: Ints
    usable_l: Ints
    unit_fen: Ints
    units: Ints
    origin: Ints
    destination: Ints
    mass: Ints
    volume: Ints
    refusal: Ints
    company: Ints
    companies: int
    leg_ptr: Ints
    leg_departure: Ints
    leg_fen: Ints
    share_fen: Ints  # the leg's part of a unit if units could be bought by the kilogram
    event_ptr: Ints
    event: Ints
    user_ptr: Ints  # consignments that may use a departure: user[user_ptr[d]:user_ptr[d+1]]
    user: Ints


class State(NamedTuple):
    """A plan under change. ``limit`` and ``discount`` bend single moves and are put back after them.

    Loads and ``held`` units are by slot, departure times companies plus company; ``used`` are the units of
    a departure, all companies together.
    """

    load_kg: Ints
    load_l: Ints
    held: Ints
    used: Ints
    limit: Ints
    discount: Ints
    path: Ints  # legs of consignment i: path[i, :length[i]]
    length: Ints
    label: Ints
    label_leg: Ints
    reach: Ints
    before: Ints
    found: Ints
    numbers: Ints  # 0 random state, 1 cost of the plan


def fixed_from(options: Options) -> Fixed:
    """The arrays of a problem as the compiler wants them."""
    departure = options.leg_departure
    consignment = np.repeat(np.arange(options.consignments), np.diff(options.leg_ptr))
    unit = options.unit_fen[departure]
    share = np.maximum(
        unit * options.mass[consignment] // options.usable_kg[departure],
        unit * options.volume[consignment] // options.usable_l[departure],
    )
    order = np.argsort(departure, kind="stable")
    user_ptr = np.concatenate(([0], np.cumsum(np.bincount(departure, minlength=options.departures))))
    return Fixed(
        tail=options.tail,
        head=options.head,
        usable_kg=options.usable_kg,
        usable_l=options.usable_l,
        unit_fen=options.unit_fen,
        units=options.units,
        origin=options.origin,
        destination=options.destination,
        mass=options.mass,
        volume=options.volume,
        refusal=options.refusal,
        company=options.company,
        companies=options.companies,
        leg_ptr=options.leg_ptr,
        leg_departure=departure,
        leg_fen=options.leg_fen,
        share_fen=share,
        event_ptr=options.event_ptr,
        event=options.event,
        user_ptr=user_ptr.astype(np.int64),
        user=consignment[order],
    )


def empty_state(options: Options, *, seed: int) -> State:
    """A plan that refuses everybody."""
    departures, consignments = options.departures, options.consignments
    widest = int(np.diff(options.leg_ptr).max(initial=0)) + 1
    return State(
        load_kg=np.zeros(departures * options.companies, np.int64),
        load_l=np.zeros(departures * options.companies, np.int64),
        held=np.zeros(departures * options.companies, np.int64),
        used=np.zeros(departures, np.int64),
        limit=options.units.copy(),
        discount=np.zeros(departures, np.int64),
        path=np.zeros((consignments, MOST_LEGS), np.int64),
        length=np.zeros(consignments, np.int64),
        label=np.full(options.places, FAR),
        label_leg=np.full(options.places, -1, np.int64),
        reach=np.full(widest, FAR),
        before=np.full(widest, -1, np.int64),
        found=np.zeros(MOST_LEGS, np.int64),
        numbers=np.array([(seed * 2654435761 + 88675123) % 4294967291 + 1, options.refusal.sum()], np.int64),
    )


@compiled
def units_for(fixed: Fixed, departure: int, kilograms: np.int64, litres: np.int64) -> np.int64:
    """Units a load needs on a departure."""
    by_mass = -(-kilograms // fixed.usable_kg[departure])
    by_volume = -(-litres // fixed.usable_l[departure])
    return max(by_mass, by_volume)


@compiled
def cheapest(fixed: Fixed, state: State, i: int, tilt: int) -> tuple[int, int]:
    """The cheapest way for consignment i at present loads: (fen, legs), legs in ``state.found``.

    ``tilt`` of 256ths of the opening cost are charged by the kilogram instead of by the unit, so that
    the first consignment on an empty departure is not scared away. (NEVER, 0) when there is no way.
    """
    first = fixed.leg_ptr[i]
    mass, volume, company = fixed.mass[i], fixed.volume[i], fixed.company[i]
    for place in range(len(state.label)):
        state.label[place] = NEVER
    state.label[fixed.origin[i]] = 0
    state.label_leg[fixed.origin[i]] = -1
    best, last = NEVER, -1
    for at in range(fixed.event_ptr[i], fixed.event_ptr[i + 1]):
        leg = fixed.event[at]
        if leg < 0:  # goods carried by this leg are ready at its far end
            leg = ~leg
            here = state.reach[leg - first]
            place = fixed.head[fixed.leg_departure[leg]]
            if here < state.label[place]:
                state.label[place] = here
                state.label_leg[place] = leg
            continue
        d = fixed.leg_departure[leg]
        here = state.label[fixed.tail[d]]
        state.reach[leg - first] = NEVER
        if here >= NEVER:
            continue
        slot = d * fixed.companies + company
        held = state.held[slot]
        kilograms, litres = state.load_kg[slot] + mass, state.load_l[slot] + volume
        opening = 0
        if kilograms > held * fixed.usable_kg[d] or litres > held * fixed.usable_l[d]:
            more = units_for(fixed, d, kilograms, litres) - held
            if state.used[d] + more > state.limit[d]:
                continue
            opening = more * (fixed.unit_fen[d] - state.discount[d])
        if tilt:
            opening = (opening * (WHOLE_TILT - tilt) + fixed.share_fen[leg] * tilt) // WHOLE_TILT
        here = here + fixed.leg_fen[leg] + opening
        state.before[leg - first] = state.label_leg[fixed.tail[d]]
        if fixed.head[d] != fixed.destination[i]:
            state.reach[leg - first] = here
        elif here < best:
            best, last = here, leg
    if last < 0:
        return NEVER, 0
    legs = 0
    leg = last
    while leg >= 0:
        legs += 1
        leg = state.before[leg - first]
    if legs > MOST_LEGS:
        return NEVER, 0
    leg, spot = last, legs
    while leg >= 0:
        spot -= 1
        state.found[spot] = leg
        leg = state.before[leg - first]
    return best, legs


@compiled
def shift(fixed: Fixed, state: State, i: int, sign: int) -> None:
    """Put consignment i on its path (sign 1) or take it off (sign -1), units and cost with it."""
    legs = state.length[i]
    change = -fixed.refusal[i] if legs else 0
    for spot in range(legs):
        leg = state.path[i, spot]
        d = fixed.leg_departure[leg]
        slot = d * fixed.companies + fixed.company[i]
        state.load_kg[slot] += sign * fixed.mass[i]
        state.load_l[slot] += sign * fixed.volume[i]
        more = units_for(fixed, d, state.load_kg[slot], state.load_l[slot]) - state.held[slot]
        change += fixed.leg_fen[leg] + sign * more * fixed.unit_fen[d]
        state.held[slot] += more
        state.used[d] += more
    state.numbers[1] += sign * change


@compiled
def insert(fixed: Fixed, state: State, i: int, tilt: int) -> None:
    """Route consignment i, which is on no departure, at present loads; refused when that is cheaper."""
    fen, legs = cheapest(fixed, state, i, tilt)
    if fen >= fixed.refusal[i]:
        legs = 0
    state.length[i] = legs
    for spot in range(legs):
        state.path[i, spot] = state.found[spot]
    shift(fixed, state, i, 1)


@compiled
def remove(fixed: Fixed, state: State, i: int) -> None:
    """Take consignment i off all departures."""
    shift(fixed, state, i, -1)
    state.length[i] = 0


@compiled
def insert_all(fixed: Fixed, state: State, order: Ints, tilt: int) -> None:
    """Route everybody not yet routed, in the order given."""
    for i in order:
        if state.length[i] == 0:
            insert(fixed, state, i, tilt)


@compiled
def improve_each(fixed: Fixed, state: State, order: Ints) -> int:
    """Take each consignment out and route it anew at exact prices; how many changed the cost."""
    better = 0
    for i in order:
        before = state.numbers[1]
        remove(fixed, state, i)
        insert(fixed, state, i, 0)
        if state.numbers[1] < before:
            better += 1
    return better
