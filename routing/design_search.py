"""Searches for a cheap design: exact on neighbourhoods chosen by the Lagrangean prices.

1. Prices and an averaged fractional design (`design_bound`).
2. A first design: HiGHS on the arcs and flows the averaged design uses.
3. If the whole problem is small: HiGHS on all of it, less the arcs the prices prove useless; then
   its bound holds for the problem too.
4. With time left: neighbourhoods around the best design. Some nodes are drawn; the arcs at them may
   open and close, the rest of the design stays open and may carry otherwise. Flows are those in use
   and the cheapest others at the prices. Nodes and flows grow and shrink as the pieces prove easy
   or hard.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.design import NOTHING, Design, DesignProblem, Floats, Ints, broken_promises, cost_of
from routing.design_bound import Relaxation, Relaxed, bound_of
from routing.design_mip import Neighbourhood, Solved, solve_neighbourhood
from routing.rounds_limits import Limit, OnProgress, Progress, silent, thread_cpu

Mask = NDArray[np.bool_]

WHOLE_FLOWS = 12_000
"""Up to so many flows the whole problem goes to HiGHS."""

PIECE_FLOWS = 4_000
"""Flows of a neighbourhood to begin with."""

PIECE_SECONDS = 5.0
"""CPU seconds for one neighbourhood, and at most a tenth of the whole time."""

BOUND_ROUNDS = 1_500
BOUND_SHARE, FIRST_SHARE, WHOLE_SHARE = 0.15, 0.2, 0.6

TRUST = 1e-9
"""What rounding may add to a sum of some ten thousand terms, relatively, and more."""

CLOSED = 1e-4
"""A design this close to the bound, relatively, is called proved."""


class NoDesign(Exception):
    """The demand does not fit the network, or nothing was found in time; the message is one sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignPlan:
    """The best design, its cost, a lower bound on any design's cost, and the effort."""

    design: Design
    cost: float
    bound: float
    cpu_seconds: float
    steps: int


def plan_design(
    problem: DesignProblem, *, limit: Limit, seed: int = 1, on_progress: OnProgress = silent
) -> DesignPlan:
    """A design and a bound within the limit; `limit.iterations` counts neighbourhoods."""
    search = _Search(problem, limit, seed, on_progress)
    search.run()
    assert search.best is not None
    broken = broken_promises(problem, search.best)
    assert not broken, f"a design breaks a promise: {broken[0]}"
    return DesignPlan(
        design=search.best,
        cost=round(search.cost, 6),
        bound=min(search.bound, round(search.cost, 6)),
        cpu_seconds=search.spent,
        steps=search.steps,
    )


@dataclass
class _Search:
    problem: DesignProblem
    limit: Limit
    seed: int
    on_progress: OnProgress
    best: Design | None = None
    cost: float = np.inf
    bound: float = -np.inf
    steps: int = 0
    begun: float = field(default_factory=thread_cpu)
    begun_wall: float = field(default_factory=time.monotonic)
    relaxation: Relaxation = field(init=False)
    relaxed: Relaxed = field(init=False)
    #: What each arc would save or cost beyond the bound if it had to open.
    saving: Floats = field(init=False)
    #: Unit cost of each flow at the prices.
    reduced: Floats = field(init=False)

    @property
    def spent(self) -> float:
        return thread_cpu() - self.begun

    @property
    def left(self) -> float:
        return max(0.0, self.limit.cpu_seconds - self.spent)

    def run(self) -> None:
        self._relax()
        self._first()
        flows = self._possible()
        if int(flows.sum()) <= WHOLE_FLOWS:
            solved = self._step(flows, seconds=WHOLE_SHARE * self.left, gap=CLOSED)
            # The solver's own tolerances are taken off: the bound must be one.
            self.bound = max(self.bound, min(solved.bound, self.cost) * (1 - TRUST))
            self._tell("whole")
        self._improve()

    def _relax(self) -> None:
        self.relaxation = Relaxation(self.problem)
        until = BOUND_SHARE * self.limit.cpu_seconds
        self.relaxed = bound_of(
            self.relaxation, rounds=BOUND_ROUNDS, stop=lambda: self.spent > until or self._told()
        )
        self.bound = self.relaxed.bound * (1 - TRUST)
        self.saving = self.relaxation.at(self.relaxed.prices).saving
        self.reduced = self.relaxation.reduced(self.relaxed.prices)
        self._tell("bound")

    def _first(self) -> None:
        """Wider and wider around the averaged design, until some design holds the demand."""
        useful = self.relaxed.flow > 1e-3 * self.problem.demand
        unit = float(np.median(np.abs(self.reduced)))
        for width in (None, 0.0, 0.1, 1.0, np.inf):
            if width is not None:
                useful |= self.reduced <= width * unit
            self._step(useful & (self.relaxation.upper > 0), seconds=FIRST_SHARE * self.left, gap=2e-3)
            if self.best is not None:
                self._tell("first")
                return
        raise NoDesign(f"{self.problem.name}: no design was found; the demand may not fit the capacities.")

    def _possible(self) -> Mask:
        """All flows on arcs a better design may open: the bound with the arc open is below the best."""
        mask: Mask = (self.relaxation.upper > 0) & self._alive()[:, None]
        return mask

    def _alive(self) -> Mask:
        mask: Mask = self.relaxed.bound + np.maximum(self.saving, 0.0) < self.cost
        return mask

    def _improve(self) -> None:
        p, rng = self.problem, np.random.default_rng(self.seed)
        nodes, flows = max(3.0, 0.4 * p.nodes), float(PIECE_FLOWS)
        seconds = min(PIECE_SECONDS, 0.1 * self.limit.cpu_seconds)
        while self.left > 0.02 * seconds and not self._told() and not self._proved():
            piece, held = self._piece(rng, int(nodes), int(flows))
            begun = thread_cpu()
            solved = self._step(piece, forced=held, seconds=min(self.left, seconds), gap=1e-3)
            if solved.optimal and thread_cpu() - begun < 0.5 * seconds:
                nodes, flows = min(nodes * 1.1, p.nodes), min(flows * 1.1, p.arcs * p.commodities)
            elif not solved.optimal:
                nodes = max(2.0, nodes * 0.85)
            self._tell("improving")

    def _piece(self, rng: np.random.Generator, nodes: int, flows: int) -> tuple[Mask, Ints]:
        """The flows of a neighbourhood, and the arcs that stay open in it."""
        assert self.best is not None
        p = self.problem
        drawn = rng.permutation(p.nodes)[:nodes]
        near = np.isin(p.tail, drawn) | np.isin(p.head, drawn)
        used = self.best.flow.sum(axis=1) > NOTHING
        likely = (self.relaxed.opened > 1e-3) | (rng.random(p.arcs) < 0.3)
        free = near & self._alive() & likely
        there = (free | used)[:, None] & (self.relaxation.upper > 0)
        base = (self.best.flow > NOTHING) | (there & (self.relaxed.flow > 1e-2 * p.demand))
        others = np.flatnonzero(there & ~base)
        more = max(0, flows - int(base.sum()))
        if len(others) > more:
            others = others[np.argpartition(self.reduced.ravel()[others], more)[:more]]
        base.ravel()[others] = True
        return base, np.flatnonzero(used & ~near)

    def _step(self, flows: Mask, *, seconds: float, gap: float, forced: Ints | None = None) -> Solved:
        arc, commodity = np.nonzero(flows)
        held = np.array([], dtype=np.int64) if forced is None else forced
        where = Neighbourhood(arcs=np.union1d(arc, held), forced=held, flow_arc=arc, flow_commodity=commodity)
        solved = solve_neighbourhood(
            self.problem,
            where,
            limit=Limit(cpu_seconds=seconds, cancel=self.limit.cancel),
            hint=self.best,
            gap=gap,
            wall_factor=self._wall_factor(),
        )
        self.steps += 1
        if solved.design is not None and not broken_promises(self.problem, solved.design):
            cost = cost_of(self.problem, solved.design)
            if cost < self.cost - NOTHING:
                self.best, self.cost = solved.design, cost
        return solved

    def _wall_factor(self) -> float:
        """Wall seconds per CPU second so far on this machine, with a margin."""
        return 1.2 * max(1.0, (time.monotonic() - self.begun_wall) / max(0.05, self.spent))

    def _told(self) -> bool:
        done = self.limit.iterations is not None and self.steps >= self.limit.iterations
        return done or self.limit.cancel()

    def _proved(self) -> bool:
        return self.cost - self.bound <= CLOSED * abs(self.cost)

    def _tell(self, phase: str) -> None:
        opened = 0 if self.best is None else int((self.best.flow.sum(axis=1) > NOTHING).sum())
        self.on_progress(
            Progress(cpu_seconds=self.spent, cost=self.cost, vehicles=opened, phase=phase, bound=self.bound)
        )
