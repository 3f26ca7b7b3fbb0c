"""Rounds: which vehicle visits which stops, in which order, first and last mile.

The values of a rounds problem and its answer. Everything is whole numbers in the problem's own
units, so that two engines and the checker add up alike; `cost_units` says how many of them make
one unit of the cost shown. The engines are in `rounds_pyvrp` and `rounds_ortools`, the way they
work together in `rounds_plan`, the judge without a solver in `rounds_check`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

IntMatrix = NDArray[np.int64]
FloatMatrix = NDArray[np.float64]

#: Later than any time of a problem, more than any amount.
FOREVER = 10**12


class Rule(StrEnum):
    """What a round promises; the names are shown to dispatchers."""

    VISITS = "every stop is visited once"
    CAPACITY = "load within the vehicle's capacity"
    WINDOWS = "stops are served within their windows"
    SHIFT = "vehicle out within its shift, duration and distance limits"
    PAIRS = "pickup before delivery, on one vehicle"
    BREAKS = "driver breaks are kept"
    GOODS = "goods that must not share a vehicle are kept apart"
    ORDER = "last loaded, first unloaded"
    ACCESS = "stop may be reached by this vehicle"
    TOGETHER = "stops bound to one vehicle share it"
    FLEET = "no more vehicles than there are"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One visit to one place. Amounts are per load dimension; times are in the problem's time unit.

    `delivered` comes from the start depot and `collected` goes to the end depot, unless the stop
    is one end of a pair: then what the pickup collects is what the delivery delivers.
    """

    number: int
    place: int
    delivered: tuple[int, ...] = ()
    collected: tuple[int, ...] = ()
    opens_at: int = 0
    closes_at: int = FOREVER
    service: int = 0
    released_at: int = 0
    goods: str = ""
    #: Names of the vehicles that may come; empty means any.
    vehicles: frozenset[str] = frozenset()
    #: What leaving the stop out costs; None means it must be visited.
    prize: int | None = None
    #: From here each time unit late costs `late_cost`, up to `closes_at`.
    late_after: int = FOREVER
    late_cost: int = 0


@dataclass(frozen=True, kw_only=True)
class Break:
    """A pause of `duration` that begins between the two times."""

    earliest: int
    latest: int
    duration: int


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """`count` equal vehicles. `profile` chooses the distance and duration matrix."""

    name: str
    count: int
    capacity: tuple[int, ...] = ()
    start: int = 0
    end: int = 0
    starts_at: int = 0
    ends_at: int = FOREVER
    duration_max: int = FOREVER
    distance_max: int = FOREVER
    fixed_cost: int = 0
    cost_per_distance: int = 1
    cost_per_duration: int = 0
    profile: int = 0
    breaks: tuple[Break, ...] = ()
    last_in_first_out: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundsProblem:
    """What must be visited, by what, under which rules.

    `distance` and `duration` are shaped (profiles, places, places), whole, not negative.
    `shown_distance` (places, places), if given, is the full-precision distance in the unit shown;
    then costs are shown by it and not by the whole numbers the engines count in.
    """

    name: str
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    distance: IntMatrix
    duration: IntMatrix
    #: (pickup, delivery) as indices into `stops`.
    pairs: tuple[tuple[int, int], ...] = ()
    #: Two classes of goods that must not be on one vehicle in the same round.
    apart: frozenset[frozenset[str]] = frozenset()
    #: Groups of stops (indices) that one vehicle must visit.
    together: tuple[tuple[int, ...], ...] = ()
    cost_units: int = 1
    #: How many whole units make one unit of distance in the file.
    distance_units: int = 1
    shown_distance: FloatMatrix | None = None
    fewest_vehicles: bool = False
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def loads(self) -> int:
        """How many load dimensions there are."""
        return max((len(vehicle.capacity) for vehicle in self.vehicles), default=0)

    @property
    def fleet(self) -> tuple[int, ...]:
        """The vehicle of each single truck: its index in `vehicles`, once per truck."""
        return tuple(kind for kind, vehicle in enumerate(self.vehicles) for _ in range(vehicle.count))

    def paired(self) -> dict[int, int]:
        """From each stop of a pair to the other one."""
        return {a: b for pair in self.pairs for a, b in (pair, pair[::-1])}


@dataclass(frozen=True, kw_only=True)
class Round:
    """One vehicle's tour: the vehicle and the stops, both as indices into the problem."""

    vehicle: int
    stops: tuple[int, ...]


Rounds = tuple[Round, ...]


def amounts(values: Sequence[int], loads: int) -> tuple[int, ...]:
    """The amounts, filled up with zeros to the number of load dimensions."""
    return tuple(values) + (0,) * (loads - len(values))
