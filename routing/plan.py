"""A plan: one itinerary per consignment or a named refusal, units per departure, cost, bound and gaps.

These are values to store, show and compare; ``planner.plan_shipments`` makes them, ``check`` judges them.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from routing.cost import CostParts
from routing.timetable import Rule
from routing.values import FORBID_EXTRA, GoodsClass, Moment, parse

FORMAT: Final = "routing-plan/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """Board and alight on one departure."""

    __pydantic_config__ = FORBID_EXTRA
    departure: str
    origin: str
    destination: str
    departs_at: Moment
    arrives_at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Itinerary:
    """The chain of legs of one consignment; ``late_ready_at`` is the far end of the arrival range.

    ``earliest_at`` is its certificate: when it could have arrived had nobody else travelled. ``parts`` in
    fen, without opening, which belongs to the departures.
    """

    __pydantic_config__ = FORBID_EXTRA
    consignment: str
    legs: tuple[Leg, ...]
    ready_at: Moment
    late_ready_at: Moment
    late_days: int
    parts: CostParts
    co2_g: int
    earliest_at: Moment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A consignment left behind: by rule (no way at all), by capacity, or because carrying costs more.

    ``blocked_by`` is the smallest set of rules whose lifting opens a way; ``departures`` are those full.
    """

    __pydantic_config__ = FORBID_EXTRA
    consignment: str
    because: Literal["rule", "capacity", "price"]
    blocked_by: tuple[Rule, ...] = ()
    departures: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a departure carries, and what its space is worth in yuan at the bound's prices."""

    __pydantic_config__ = FORBID_EXTRA
    departure: str
    units: int
    units_most: int
    mass_kg: int
    volume_l: int
    fill_by_mass: float
    fill_by_volume: float
    consignments: tuple[str, ...]
    price_per_t: float = 0.0
    price_per_m3: float = 0.0
    price_of_unit: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A consignment, or a part of one that is larger than a unit; ``unload_rank`` 0 comes out first."""

    __pydantic_config__ = FORBID_EXTRA
    consignment: str
    part: int
    mass_kg: int
    volume_l: int
    goods: GoodsClass
    unload_rank: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stuffed:
    """One departure's units: pieces from the back wall to the door.

    ``packs`` is false when no packing into the planned units exists or none was found in the work
    allowed (``proved`` tells which); then ``units`` is empty and ``fill_percent`` is what to plan with.
    """

    __pydantic_config__ = FORBID_EXTRA
    departure: str
    packs: bool
    proved: bool
    units: tuple[tuple[Piece, ...], ...]
    fill_percent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A frozen plan. ``cost`` and ``bound`` in yuan, gaps in per cent of the cost.

    ``bound`` holds for every plan of this problem; ``pool_bound`` only for plans made of the itineraries
    the planner looked at. ``moves`` is the number of search moves made: with the seed it repeats the plan.
    ``cpu_seconds`` is only told when the clock decided. ``stuffing`` packs each departure, where asked for.
    """

    __pydantic_config__ = FORBID_EXTRA
    format: Literal["routing-plan/1"] = FORMAT
    problem: str
    seed: int
    moves: int
    engine: str
    cost: float
    bound: float
    pool_bound: float
    gap_global: float
    gap_pool: float
    currency: str = "CNY"
    parts: CostParts
    co2_kg: int
    late: tuple[str, ...]
    refused: tuple[str, ...]
    itineraries: tuple[Itinerary, ...]
    refusals: tuple[Refused, ...]
    departures: tuple[Load, ...]
    stopped: str = "done"
    cpu_seconds: float | None = None
    stuffing: tuple[Stuffed, ...] = ()

    def itinerary_of(self) -> dict[str, Itinerary]:
        return {itinerary.consignment: itinerary for itinerary in self.itineraries}

    def bounded(self, bound: float, pool_bound: float) -> "Plan":
        """The same plan under other bounds, none above its cost, the pool's none below the global one."""
        low = min(bound, self.cost)
        pool = min(max(pool_bound, low), self.cost)
        return replace(
            self,
            bound=low,
            pool_bound=pool,
            gap_global=gap_of(self.cost, low),
            gap_pool=gap_of(self.cost, pool),
        )

    def as_document(self) -> Any:
        """JSON values."""
        return PLAN.dump_python(self, mode="json")


PLAN = TypeAdapter(Plan)


def read_plan(path: Path) -> Plan:
    """Read a plan file; raises BadInput."""
    return parse(PLAN, path.read_bytes(), where=str(path))


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a run stands: CPU seconds so far, best cost and bound in yuan, global gap in per cent."""

    cpu_seconds: float
    cost: float
    bound: float
    gap: float
    phase: str
    moves: int = field(default=0)


def gap_of(cost: float, bound: float) -> float:
    """How far ``bound`` lies under ``cost``, in per cent of the cost, never below zero."""
    return max(0.0, round(100 * (cost - bound) / cost, 4)) if cost > 0 else 0.0
