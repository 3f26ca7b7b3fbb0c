"""Network design with fixed charges: which arcs to open so that every commodity flows at least cost.

Multicommodity, capacitated, flows may split. An arc costs its fixed charge once it carries
anything, and its unit cost for each unit; all commodities share its capacity. This is
consolidation over services without time: one departure per arc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Below this an amount is nothing; the files count in whole units.
NOTHING = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignProblem:
    """Nodes count from 0; `first_node` is what the file calls the first. Arrays are per arc or commodity."""

    name: str
    nodes: int
    tail: Ints
    head: Ints
    unit_cost: Floats
    capacity: Floats
    fixed_cost: Floats
    origin: Ints
    destination: Ints
    demand: Floats
    first_node: int = 1

    @property
    def arcs(self) -> int:
        return len(self.tail)

    @property
    def commodities(self) -> int:
        return len(self.origin)


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """A network and its flows, shaped (arcs, commodities), in the file's units."""

    flow: Floats


def cost_of(problem: DesignProblem, design: Design) -> float:
    """Unit costs of all flow and the fixed charge of every arc that carries anything."""
    total = design.flow.sum(axis=1)
    return float(problem.unit_cost @ total + problem.fixed_cost @ (total > NOTHING))


def broken_promises(problem: DesignProblem, design: Design) -> list[str]:
    """What the flows break: balance at every node for every commodity, capacity, direction. No solver."""
    broken = []
    flow = design.flow
    if flow.shape != (problem.arcs, problem.commodities) or not np.isfinite(flow).all():
        return ["the flows are not one finite amount for each arc and commodity"]
    tolerance = 1e-6 * max(1.0, float(problem.demand.max()))
    if (flow < -tolerance).any():
        broken.append("an amount is negative")
    for arc in np.flatnonzero(flow.sum(axis=1) > problem.capacity + tolerance):
        carries, room = flow[arc].sum(), problem.capacity[arc]
        broken.append(f"arc {arc} carries {carries:g} where {room:g} fit")
    balance = np.zeros((problem.nodes, problem.commodities))
    np.add.at(balance, problem.tail, flow)
    np.subtract.at(balance, problem.head, flow)
    each = np.arange(problem.commodities)
    balance[problem.origin, each] -= problem.demand
    balance[problem.destination, each] += problem.demand
    for node, commodity in np.argwhere(np.abs(balance) > tolerance):
        broken.append(f"commodity {commodity} does not balance at node {node + problem.first_node}")
    return broken
