"""The exact piece for small problems: every itinerary that could matter, then HiGHS over them.

At the prices of the bound L, a plan that uses itinerary p for consignment i costs at least
``L - v_i + price(p)``. Itineraries for which this exceeds the best known plan U can be left out, so a
mixed-integer programme over the rest bounds *all* plans, not only those of a pool.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from routing.bound import Bounder
from routing.compiled import compiled
from routing.insertion import MOST_LEGS, Fixed
from routing.master import YUAN, Master
from routing.options import Ints
from routing.pricing import NO_WAY, Floats

MOST_PATHS = 12_000


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the exact piece found: a global bound in fen and, when better than U, the itineraries."""

    bound_fen: int
    paths: list[tuple[int, tuple[int, ...]]] | None
    is_optimal: bool


@compiled
def paths_below(  # noqa: PLR0917 - compiled code takes no keywords
    fixed: Fixed,
    times: tuple[Ints, Ints],
    price: Floats,
    limit: Floats,
    owner: Ints,
    length: Ints,
    path: Ints,
) -> int:
    """Write all itineraries whose price is at most ``limit`` of their consignment; -1 when too many.

    ``times`` are cut-off and ready minute by departure.
    """
    cutoff, ready = times
    count = 0
    stack = np.empty(MOST_LEGS, np.int64)
    following = np.empty(MOST_LEGS + 1, np.int64)
    total = np.empty(MOST_LEGS + 1, np.float64)
    for i in range(len(limit)):
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
        depth = 0
        following[0], total[0] = first, 0.0
        while depth >= 0:
            leg = following[depth]
            if leg >= last:
                depth -= 1
                continue
            following[depth] += 1
            d = fixed.leg_departure[leg]
            if depth == 0:
                fits = fixed.tail[d] == fixed.origin[i]
            else:
                earlier = fixed.leg_departure[stack[depth - 1]]
                fits = fixed.tail[d] == fixed.head[earlier] and cutoff[d] >= ready[earlier]
            here = total[depth] + price[leg]
            if not fits or here + rest[leg - first] > limit[i]:
                continue
            stack[depth] = leg
            if fixed.head[d] == fixed.destination[i]:
                if count >= len(owner):
                    return -1
                owner[count], length[count] = i, depth + 1
                path[count, : depth + 1] = stack[: depth + 1]
                count += 1
            elif depth + 1 < MOST_LEGS:
                depth += 1
                total[depth] = here
                following[depth] = leg + 1
    return count


def prove(
    bounder: Bounder,
    *,
    upper_fen: int,
    plan: dict[int, tuple[int, ...]],
    nodes: int,
    must_stop: Callable[[], bool],
) -> Proof | None:
    """Enumerate and solve exactly; None when there are too many itineraries to try."""
    prices = bounder.best
    if prices is None:
        return None
    fixed, options = bounder.fixed, bounder.options
    price = bounder.leg_prices(prices)
    slack = max(0.0, upper_fen / YUAN - bounder.lagrangean) + 0.01
    bounder.price(price)
    limit = np.minimum(bounder.value, fixed.refusal / YUAN) + slack
    owner, length = np.zeros(MOST_PATHS, np.int64), np.zeros(MOST_PATHS, np.int64)
    path = np.zeros((MOST_PATHS, MOST_LEGS), np.int64)
    count = paths_below(fixed, (options.cutoff, options.ready), price, limit, owner, length, path)
    if count < 0:
        return None
    found = [(int(owner[k]), tuple(int(leg) for leg in path[k, : length[k]])) for k in range(count)]
    return _solve(bounder, found, upper_fen=upper_fen, plan=plan, nodes=nodes, must_stop=must_stop)


def _solve(
    bounder: Bounder,
    found: list[tuple[int, tuple[int, ...]]],
    *,
    upper_fen: int,
    plan: dict[int, tuple[int, ...]],
    nodes: int,
    must_stop: Callable[[], bool],
) -> Proof:
    master = Master(bounder.fixed, must_stop=must_stop)
    master.add_paths(found)
    master.add_paths(sorted(plan.items()))
    kept = bounder.master.cut_price
    master.add_cuts([cut for cut, ask in zip(bounder.master.cuts, kept, strict=False) if ask > 1e-7])
    model = master.model
    columns = master.departures + master.consignments + len(master.owner)
    whole = np.full(columns, highspy.HighsVarType.kInteger)
    model.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), whole)
    for name, value in (("mip_rel_gap", 0.0), ("mip_abs_gap", 0.004), ("mip_max_nodes", nodes)):
        model.setOptionValue(name, value)
    model.cbMipInterrupt.subscribe(lambda event: event.interrupt() if must_stop() else None)
    start = highspy.HighsSolution()
    start.col_value = list(_start(master, plan))
    model.setSolution(start)
    model.run()
    info = model.getInfo()
    is_optimal = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = float(info.objective_function_value) * YUAN
    bound = value if is_optimal else float(info.mip_dual_bound) * YUAN
    paths = None
    if info.primal_solution_status == 2 and value < upper_fen - 0.5:
        amount = np.array(model.getSolution().col_value)[master.departures + master.consignments :]
        paths = [
            (master.owner[number], legs) for legs, number in master.columns.items() if amount[number] > 0.5
        ]
    # nothing left out can cost less than U, so neither can the bound promise more than the best plan
    best = round(min(upper_fen, value))
    if is_optimal:
        return Proof(bound_fen=best, paths=paths, is_optimal=True)
    bound_fen = int(np.floor(bound - 1)) if np.isfinite(bound) else 0
    return Proof(bound_fen=min(bound_fen, best), paths=paths, is_optimal=False)


def _start(master: Master, plan: dict[int, tuple[int, ...]]) -> Floats:
    fixed = master.fixed
    first = master.departures + master.consignments
    value = np.zeros(first + len(master.owner))
    kilograms, litres = np.zeros(master.departures, np.int64), np.zeros(master.departures, np.int64)
    for i in range(master.consignments):
        legs = plan.get(i)
        if not legs:
            value[master.departures + i] = 1.0
            continue
        value[first + master.columns[legs]] = 1.0
        for leg in legs:
            kilograms[fixed.leg_departure[leg]] += fixed.mass[i]
            litres[fixed.leg_departure[leg]] += fixed.volume[i]
    value[: master.departures] = np.maximum(-(-kilograms // fixed.usable_kg), -(-litres // fixed.usable_l))
    return value
