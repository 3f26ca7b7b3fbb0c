"""A lower bound on the cost of any design: Lagrangean prices on the balance of flow.

With a price for each commodity at each node, the arcs fall apart: an arc opens if the best load it
can carry (a continuous knapsack over the commodities) earns more than its fixed charge. For any
prices the sum is a valid lower bound; the best prices give the bound of the strong linear
relaxation, whose rows are too many to write down. The prices are improved by the volume
algorithm: steps along a running average of the flows, which also tends to a fractional design.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.design import DesignProblem, Floats, Ints

REACH = 0.05
"""The steps aim at a bound this much above the best, relatively."""

PATIENCE = 20
"""Evaluations without a better bound before steps are shortened."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The best bound found, its prices (nodes, commodities), and the averaged fractional design."""

    bound: float
    prices: Floats
    opened: Floats
    flow: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """The relaxed problem at some prices: value, arcs opened, flows, and what opening each arc costs."""

    bound: float
    opened: Floats
    flow: Floats
    saving: Floats


class Relaxation:
    """One problem's Lagrangean, evaluated many times."""

    def __init__(self, problem: DesignProblem) -> None:
        self.problem = problem
        p = problem
        each = np.arange(p.commodities)
        self.upper = np.minimum(p.demand[None, :], p.capacity[:, None])
        # Nothing needs to come back to where it starts, nor to leave where it must arrive.
        self.upper[p.head[:, None] == p.origin[None, :]] = 0.0
        self.upper[p.tail[:, None] == p.destination[None, :]] = 0.0
        self.supply = np.zeros((p.nodes, p.commodities))
        self.supply[p.origin, each] += p.demand
        self.supply[p.destination, each] -= p.demand
        self.incidence = np.zeros((p.nodes, p.arcs))
        self.incidence[p.tail, np.arange(p.arcs)] = 1.0
        self.incidence[p.head, np.arange(p.arcs)] -= 1.0

    def reduced(self, prices: Floats) -> Floats:
        """Unit cost of each flow at the prices: negative where the price drop pays for it."""
        p = self.problem
        cost: Floats = p.unit_cost[:, None] - prices[p.tail] + prices[p.head]
        return cost

    def at(self, prices: Floats) -> Point:
        """The relaxed problem solved at these prices."""
        p = self.problem
        reduced = self.reduced(prices)
        arcs, commodities = np.nonzero((reduced < 0.0) & (self.upper > 0.0))
        gain = reduced[arcs, commodities]
        order = np.lexsort((gain, arcs))
        arcs, commodities, gain = arcs[order], commodities[order], gain[order]
        load = self._fill(arcs, self.upper[arcs, commodities])
        saving = p.fixed_cost + np.bincount(arcs, weights=gain * load, minlength=p.arcs)
        opened = (saving < 0.0).astype(np.float64)
        flow = np.zeros((p.arcs, p.commodities))
        keep = opened[arcs] > 0.0
        flow[arcs[keep], commodities[keep]] = load[keep]
        bound = float((prices * self.supply).sum() + np.minimum(saving, 0.0).sum())
        return Point(bound=bound, opened=opened, flow=flow, saving=saving)

    def slack(self, flow: Floats) -> Floats:
        """What is missing of the balance at each node: the direction to move the prices in."""
        missing: Floats = self.supply - self.incidence @ flow
        return missing

    def _fill(self, arcs: Ints, wanted: Floats) -> Floats:
        """How much of each wish fits: wishes are in order of gain within each arc."""
        total = np.cumsum(wanted)
        first = np.searchsorted(arcs, arcs, side="left")
        before = total - wanted - (total[first] - wanted[first])
        room = self.problem.capacity[arcs] - before
        filled: Floats = np.clip(room, 0.0, wanted)
        return filled


def bound_of(relaxation: Relaxation, *, rounds: int, stop: Callable[[], bool]) -> Relaxed:
    """The volume algorithm for at most `rounds` evaluations, or until told to stop."""
    best = first_prices(relaxation.problem)
    point = relaxation.at(best)
    bound, opened, flow = point.bound, point.opened, point.flow
    step, stale = 1.0, 0
    for done in range(rounds):
        slack = relaxation.slack(flow)
        length = float((slack * slack).sum())
        if stop() or length < 1e-9:
            break
        prices = best + step * REACH * abs(bound) / length * slack
        point = relaxation.at(prices)
        beyond = relaxation.slack(point.flow)
        share = _share(slack, beyond, most=0.2 if done < 100 else 0.1)
        flow = share * point.flow + (1 - share) * flow
        opened = share * point.opened + (1 - share) * opened
        if point.bound > bound + 1e-9 * abs(bound):
            best, bound, stale = prices, point.bound, 0
            if (slack * beyond).sum() >= 0:
                step = min(step * 1.1, 2.0)
        else:
            stale += 1
        if stale == PATIENCE:
            step, stale = max(step * 0.66, 1e-4), 0
    return Relaxed(bound=bound, prices=best, opened=opened, flow=flow)


def _share(slack: Floats, beyond: Floats, *, most: float) -> float:
    """How much of the new point to mix in: what makes the average's slack shortest, within limits."""
    change = beyond - slack
    length = float((change * change).sum())
    if length < 1e-12:
        return most
    return min(max(-float((slack * change).sum()) / length, most / 10), most)


def first_prices(problem: DesignProblem) -> Floats:
    """Minus the distance from each origin, at unit cost plus the fixed charge a full arc's unit bears.

    Prices fall along the way; an arc is worth using if its price drop exceeds its cost.
    """
    spread = problem.unit_cost + problem.fixed_cost / np.maximum(problem.capacity, 1e-9)
    away = distances(problem, spread)
    far = away[np.isfinite(away)].max()
    prices: Floats = -np.where(np.isfinite(away), away, far)[problem.origin].T
    return prices


def distances(problem: DesignProblem, length: Floats) -> Floats:
    """Shortest distances between all nodes (Floyd and Warshall); infinite where there is no way."""
    away = np.full((problem.nodes, problem.nodes), np.inf)
    np.minimum.at(away, (problem.tail, problem.head), length)
    np.fill_diagonal(away, 0.0)
    for middle in range(problem.nodes):
        np.minimum(away, away[:, middle, None] + away[middle], out=away)
    return away
