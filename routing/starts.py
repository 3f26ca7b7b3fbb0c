"""Plans to begin a search from: greedy ones, one given from outside, and draws out of the relaxation.

The relaxation of the bound sends parts of a consignment over several itineraries. Drawn one itinerary
each, by their shares, the consignments make a rough plan that lies where cheap whole plans lie; a short
cool search from there soon finds what a warm one from a greedy plan has to be lucky for.
"""

from collections.abc import Mapping

import numpy as np

from routing.insertion import Fixed, State, empty_state, insert_all, shift
from routing.master import Master
from routing.options import Ints, Options
from routing.problem import Problem

LEAST_SHARE = 1e-6


def heavy_first(options: Options) -> Ints:
    """All consignments, the heaviest first."""
    return np.argsort(-options.mass, kind="stable").astype(np.int64)


def greedy(options: Options, fixed: Fixed, *, tilt: int, seed: int) -> State:
    """Everybody inserted once, ``tilt`` of 256ths of a unit charged by the kilogram."""
    state = empty_state(options, seed=seed)
    insert_all(fixed, state, heavy_first(options), tilt)
    return state


def given(
    problem: Problem, options: Options, fixed: Fixed, *, start: Mapping[str, tuple[str, ...]], seed: int
) -> State:
    """The plan of departure codes given as far as it holds and fits, the rest inserted."""
    state = empty_state(options, seed=seed)
    number = {departure.code: d for d, departure in enumerate(problem.departures)}
    for i, spec in enumerate(problem.consignments):
        codes = start.get(spec.code, ())
        legs = [options.leg_of(i, number[code]) if code in number else -1 for code in codes]
        if legs and -1 not in legs and _joins(options, i, legs):
            _board(options, fixed, state, i, tuple(legs))
    insert_all(fixed, state, heavy_first(options), 0)
    return state


def drawn(options: Options, fixed: Fixed, master: Master, *, random: np.random.Generator) -> State:
    """One itinerary a consignment, drawn by its share in the last solution; what does not fit is inserted."""
    state = empty_state(options, seed=int(random.integers(1 << 31)))
    ways: dict[int, list[tuple[float, tuple[int, ...]]]] = {}
    for owner, legs, share in master.shared_paths(LEAST_SHARE):
        ways.setdefault(owner, []).append((share, legs))
    for i in random.permutation(options.consignments).tolist():
        if i in ways:
            shares = np.cumsum([share for share, _ in ways[i]])
            chosen = int(np.searchsorted(shares, random.random() * shares[-1]))
            _board(options, fixed, state, i, ways[i][min(chosen, len(shares) - 1)][1])
    insert_all(fixed, state, heavy_first(options), 0)
    return state


def _joins(options: Options, i: int, legs: list[int]) -> bool:
    """Whether these legs are a way of consignment i in place and time."""
    place, moment = int(options.origin[i]), int(options.release[i])
    for leg in legs:
        d = options.leg_departure[leg]
        if options.tail[d] != place or options.cutoff[d] < moment:
            return False
        place, moment = int(options.head[d]), int(options.ready[d])
    return place == int(options.destination[i])


def _board(options: Options, fixed: Fixed, state: State, i: int, legs: tuple[int, ...]) -> None:
    """Put consignment i on these legs if every departure has room for it."""
    for leg in legs:
        d = int(options.leg_departure[leg])
        slot = d * fixed.companies + fixed.company[i]
        mass, volume = int(state.load_kg[slot] + options.mass[i]), int(state.load_l[slot] + options.volume[i])
        need = max(-(-mass // options.usable_kg[d]), -(-volume // options.usable_l[d]))
        if state.used[d] - state.held[slot] + need > options.units[d]:
            return
    state.path[i, : len(legs)] = legs
    state.length[i] = len(legs)
    shift(fixed, state, i, 1)
