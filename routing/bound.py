"""The global lower bound and the pool of itineraries, by column generation.

The linear programme over known itineraries gives prices; pricing all consignments at (smoothed) prices
gives the Lagrangean bound, which no plan can beat, whatever its itineraries; what pricing finds enters
the programme. When both meet, cuts are added and the play goes on.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np

from routing.budget import FEW
from routing.corridors import Corridors
from routing.cuts import Cut, Row, Separator
from routing.insertion import MOST_LEGS, Fixed
from routing.master import YUAN, Master
from routing.options import Ints, Options
from routing.pricing import NO_WAY, Floats, price_all
from routing.pricing_blocks import PricingBlocks

# weights of the best prices so far in the prices asked at; a pricing of few costs nothing beside a solve
SMOOTHINGS, SMOOTHINGS_OF_MANY = (0.8, 0.4, 0.0), (0.4,)
CLOSE = 5e-3  # gap of the column generation at which cuts are looked for
FEW_IDLE, IDLE_PART = 20, 0.1  # so many idle cuts, and so large a part of all, before they are dropped


@dataclass(kw_only=True)
class Prices:
    """What capacity costs: yuan per unit of mass and of volume by departure, and one price a cut."""

    mass: Floats
    volume: Floats
    cut: Floats


@dataclass(kw_only=True)
class BoundState:
    """What the bound knows so far; ``fen`` is the best global bound, 0 before the first pricing."""

    fen: int = 0
    pool_fen: int = 0
    rounds: int = 0
    columns: int = 0
    cuts: int = 0
    is_final: bool = False
    mass_price: Floats = field(default_factory=lambda: np.zeros(0))
    volume_price: Floats = field(default_factory=lambda: np.zeros(0))
    unit_price: Floats = field(default_factory=lambda: np.zeros(0))


class Bounder:
    """Runs the column generation in rounds, so that the caller may look at the clock between them."""

    def __init__(
        self,
        options: Options,
        fixed: Fixed,
        *,
        must_stop: Callable[[], bool],
        executor: Executor | None = None,
    ) -> None:
        self.options, self.fixed = options, fixed
        self.blocks = None if executor is None else PricingBlocks(fixed, options.places, executor=executor)
        self.master = Master(fixed, must_stop=must_stop)
        self.separator = Separator(fixed)
        self.corridors = Corridors(fixed) if options.consignments <= FEW else None
        self.state = BoundState()
        self.best: Prices | None = None
        self.lagrangean = -np.inf
        self.held: frozenset[Row] = frozenset()  # rows that stay even when idle
        count = options.consignments
        self.value = np.zeros(count)
        self.length = np.zeros(count, np.int64)
        self.path = np.zeros((count, MOST_LEGS), np.int64)

    @property
    def elsewhere(self) -> float:
        """CPU seconds other processes have priced for us."""
        return 0.0 if self.blocks is None else self.blocks.cpu_seconds

    def add_plan(self, length: Ints, path: Ints) -> None:
        """Put the itineraries of a plan into the pool."""
        self.master.add_paths(
            [
                (i, tuple(int(leg) for leg in path[i, : length[i]]))
                for i in range(self.options.consignments)
                if length[i]
            ]
        )

    def quick(self) -> None:
        """A first valid bound without a solver: units paid half by mass, half by volume."""
        half = self.fixed.unit_fen / (2 * YUAN)
        prices = Prices(mass=half, volume=half, cut=np.zeros(len(self.master.cuts)))
        self._keep(prices, self.leg_prices(prices))

    def adopt(self, cuts: list[Cut], prices: Prices) -> None:
        """Take over cuts and prices found elsewhere (``prices.cut`` belongs to ``cuts``)."""
        known = len(self.master.cuts)
        self.master.add_cuts(cuts)
        full = Prices(
            mass=prices.mass, volume=prices.volume, cut=np.concatenate((np.zeros(known), prices.cut))
        )
        self._keep(full, self.leg_prices(full))
        self.state.cuts = len(self.master.cuts)

    def round(self) -> bool:
        """One solve, some pricings, perhaps cuts; False when the bound cannot be improved.

        Raises Interrupted when told to stop in the middle.
        """
        master, state = self.master, self.state
        master.solve()
        state.rounds += 1
        state.pool_fen = round(master.value * YUAN)
        now = self._padded(Prices(mass=master.mass_price, volume=master.volume_price, cut=master.cut_price))
        added = 0
        for keep in SMOOTHINGS if self.corridors is not None else SMOOTHINGS_OF_MANY:
            added += self._ask(self._smoothed(now, keep), now)
        if not added:
            added = self._ask(now, now)
        gap = (master.value - self.lagrangean) / max(1.0, abs(master.value))
        new_cuts = 0
        if gap < CLOSE or not added:
            new_cuts = self._cut()
        state.columns, state.cuts = len(master.owner), len(master.cuts)
        state.is_final = not added and not new_cuts
        return not state.is_final

    def _padded(self, prices: Prices) -> Prices:
        missing = len(self.master.cuts) - len(prices.cut)
        return Prices(
            mass=prices.mass, volume=prices.volume, cut=np.concatenate((prices.cut, np.zeros(missing)))
        )

    def _smoothed(self, now: Prices, keep: float) -> Prices:
        if self.best is None or not keep:
            return now
        best = self._padded(self.best)
        return Prices(
            mass=keep * best.mass + (1 - keep) * now.mass,
            volume=keep * best.volume + (1 - keep) * now.volume,
            cut=keep * best.cut + (1 - keep) * now.cut,
        )

    def leg_prices(self, prices: Prices) -> Floats:
        """Yuan per leg: own cost plus capacity and cuts."""
        fixed, departure = self.fixed, self.fixed.leg_departure
        mass_size, volume_size = self.separator.sizes
        price = (
            fixed.leg_fen / YUAN + prices.mass[departure] * mass_size + prices.volume[departure] * volume_size
        )
        price += self.master.cut_weights_by_leg(prices.cut)
        return price

    def unit_prices(self, prices: Prices) -> Floats:
        """Yuan one more unit of each departure costs after what it earns; negative where more would pay."""
        left = self.fixed.unit_fen / YUAN - prices.mass - prices.volume
        return left - self.master.cut_weights_by_departure(prices.cut)

    def price(self, price: Floats) -> None:
        """Price everybody; ``value``, ``length`` and ``path`` hold the answer."""
        if self.blocks is not None:
            self.blocks.price(price, self.value, self.length, self.path)
            return
        count = self.options.consignments
        price_all(self.fixed, price, self.value, self.length, self.path, self.options.places, 0, count)

    def _ask(self, asked: Prices, now: Prices) -> int:
        """Price everybody at ``asked``; keep the bound if better, add what helps at ``now``."""
        price = self.leg_prices(asked)
        self._keep(asked, price)
        here = price if asked is now else self.leg_prices(now)
        dual = self.master.carriage_price
        wanted = []
        for i in np.nonzero(self.value < NO_WAY)[0]:
            legs = tuple(int(leg) for leg in self.path[i, : self.length[i]])
            if legs and float(here[list(legs)].sum()) < dual[i] - 1e-6:
                wanted.append((int(i), legs))
        return self.master.add_paths(wanted)

    def _keep(self, asked: Prices, price: Floats) -> None:
        """Price everybody and keep the Lagrangean bound when it is the best so far."""
        fixed = self.fixed
        self.price(price)
        refusal = fixed.refusal / YUAN
        units = self.unit_prices(asked)
        constant = float(asked.cut @ np.array([cut.bound for cut in self.master.cuts], float))
        bound = float(
            np.minimum(self.value, refusal).sum() + (np.minimum(0.0, units) * fixed.units).sum() - constant
        )
        if bound > self.lagrangean:
            self.lagrangean, self.best = bound, asked
            self.state.mass_price, self.state.volume_price = asked.mass, asked.volume
            self.state.unit_price = units
        self.state.fen = int(np.floor(self.lagrangean * YUAN * (1 - 1e-9)))

    def _forget(self) -> None:
        """Drop cuts that have no price, unless they are few: each makes every solve dearer."""
        master = self.master
        kept = ~master.idle_cuts()
        kept |= np.array([cut in self.held for cut in master.cuts], np.bool_)
        if self.best is not None:
            kept[: len(self.best.cut)] |= self.best.cut > 0
        if (~kept).sum() > IDLE_PART * len(kept) + FEW_IDLE:
            if self.best is not None:
                self.best = replace(self.best, cut=self.best.cut[kept[: len(self.best.cut)]])
            master.drop_cuts(kept)

    def _cut(self) -> int:
        self._forget()
        share, units = self.master.shares(), self.master.units
        most = max(500, self.options.consignments // 4)
        cuts: list[Cut] = self.separator.strong(share, units, most=most)
        cuts += self.separator.residual(share, units, most=most)
        if self.corridors is not None:
            cuts += self.corridors.cuts(share, units, most=most)
        self.master.add_cuts(cuts)
        return len(cuts)


def tails_off(history: list[int]) -> bool:
    """Whether the last 25 rounds brought less than 0.004 % of bound."""
    return len(history) > 40 and history[-1] - history[-25] < 4e-5 * max(1, history[-1])
