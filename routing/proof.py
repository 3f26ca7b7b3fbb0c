"""The exact piece for small problems: what cannot matter is struck out, then HiGHS solves the arc model.

At the prices of the bound L, a plan that uses a leg for consignment i costs at least L plus what the
cheapest way over that leg costs more than the cheapest way of all. Where this exceeds the best known
plan U, the leg can be left out, and so can every leg of a departure whose first unit alone is too dear.
What remains bounds *all* plans, not only those of a pool.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.arcs import ArcModel
from routing.bound import Bounder
from routing.child import Child
from routing.compiled import compiled
from routing.insertion import Fixed
from routing.master import YUAN
from routing.options import Ints
from routing.pricing import NO_WAY, Floats

LEAST_PRICE = 1e-4  # yuan; a cut worth less is left out of the exact piece


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A global bound in fen and, when better than U, the itineraries of a better plan."""

    bound_fen: int
    paths: list[tuple[int, tuple[int, ...]]] | None
    is_optimal: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the child answers, in yuan."""

    value: float
    bound: float
    is_optimal: bool
    paths: list[tuple[int, tuple[int, ...]]]


@compiled
def ways_over_legs(fixed: Fixed, cutoff: Ints, ready: Ints, price: Floats, over: Floats) -> None:
    """Write for each leg the price of the cheapest way of its consignment that uses it (NO_WAY: none)."""
    for i in range(len(fixed.mass)):
        first, last = fixed.leg_ptr[i], fixed.leg_ptr[i + 1]
        rest = np.full(last - first, NO_WAY)
        for leg in range(last - 1, first - 1, -1):
            d = fixed.leg_departure[leg]
            if fixed.head[d] == fixed.destination[i]:
                rest[leg - first] = 0.0
                continue
            for after in range(leg + 1, last):
                e = fixed.leg_departure[after]
                if fixed.tail[e] == fixed.head[d] and cutoff[e] >= ready[d]:
                    rest[leg - first] = min(rest[leg - first], price[after] + rest[after - first])
        come = np.full(last - first, NO_WAY)
        for leg in range(first, last):
            d = fixed.leg_departure[leg]
            if fixed.tail[d] == fixed.origin[i]:
                come[leg - first] = 0.0
                over[leg] = price[leg] + rest[leg - first]
                continue
            for before in range(first, leg):
                e = fixed.leg_departure[before]
                if fixed.head[e] == fixed.tail[d] and ready[e] <= cutoff[d]:
                    come[leg - first] = min(come[leg - first], come[before - first] + price[before])
            over[leg] = come[leg - first] + price[leg] + rest[leg - first]


def prove(
    bounder: Bounder,
    *,
    upper_fen: int,
    plan: dict[int, tuple[int, ...]],
    nodes: int,
    most_legs: int,
    must_stop: Callable[[float], bool],
) -> Proof | None:
    """Strike out, then solve exactly; None when more than ``most_legs`` remain or nothing was learnt."""
    if bounder.best is None:
        return None
    fixed, options = bounder.fixed, bounder.options
    price = bounder.leg_prices(bounder.best)
    bounder.price(price)
    slack = max(0.0, upper_fen / YUAN - bounder.lagrangean) + 0.01
    limit = np.minimum(bounder.value, fixed.refusal / YUAN) + slack
    over = np.full(len(fixed.leg_fen), NO_WAY)
    ways_over_legs(fixed, options.cutoff, options.ready, price, over)
    owner = np.repeat(np.arange(options.consignments), np.diff(options.leg_ptr))
    dear = bounder.unit_prices(bounder.best) > slack
    kept = (over <= limit[owner]) & ~dear[fixed.leg_departure]
    for legs in plan.values():
        kept[list(legs)] = True
    if kept.sum() > most_legs:
        return None
    cuts = [
        cut
        for cut, price in zip(bounder.master.cuts, bounder.best.cut, strict=False)
        if price > LEAST_PRICE and len(cut.legs) > 1
    ]
    child: Child[float, Found] = Child(
        lambda tell: _solve(ArcModel(options, fixed, kept=kept, cuts=cuts, must_stop=_never), nodes, tell)
    )
    child.run(must_stop=must_stop)
    answer = child.answer
    if answer is None:  # ended before it was done: what it told last still holds
        if child.last_word is None:
            return None
        answer = Found(value=np.inf, bound=child.last_word, is_optimal=False, paths=[])
    if not np.isfinite(answer.bound):
        return None
    # nothing left out can cost less than U, so the bound may promise no more than the best plan
    best_fen = min(upper_fen, round(answer.value * YUAN)) if np.isfinite(answer.value) else upper_fen
    is_better = best_fen < upper_fen
    return Proof(
        bound_fen=best_fen if answer.is_optimal else min(best_fen, int(np.floor(answer.bound * YUAN)) - 1),
        paths=answer.paths if is_better else None,
        is_optimal=answer.is_optimal,
    )


def _never() -> bool:
    return False


def _solve(model: ArcModel, nodes: int, tell: Callable[[float], None]) -> Found:
    """Runs in the child: tells each better bound in yuan."""
    value, bound, is_optimal = model.solve(nodes=nodes, tell=tell)
    return Found(value=value, bound=bound, is_optimal=is_optimal, paths=model.paths())
