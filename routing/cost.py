"""What an itinerary costs, part by part, in whole fen.

Each formula stands here once and takes Python integers or numpy arrays alike; the planner sums them
over arrays, the checker over one plan, and both must meet to the fen. Divisions round down.
"""

from dataclasses import dataclass, fields
from typing import Annotated, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from routing.values import DAY_MINUTES, FORBID_EXTRA, Fen

Whole = TypeVar("Whole", int, NDArray[np.int64])

KG_PER_T = 1000
G_PER_T = 1_000_000
YEAR_BASIS_MINUTES = 10_000 * 365 * DAY_MINUTES


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Prices of what has no invoice.

    ``change_fen`` is paid for each leg the previous plan did not have. ``lexicographic`` asks for
    fewest refused, then fewest late, then cost, instead of weighing them.
    """

    __pydantic_config__ = FORBID_EXTRA
    co2_fen_per_t: Fen = 10_000
    interest_basis_points: Annotated[int, Field(ge=0, le=10_000)] = 600
    change_fen: Fen = 0
    weigh_risk: bool = False
    lexicographic: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CostParts:
    """The cost of a plan or of one itinerary, in fen; ``opening`` belongs to departures, not to goods."""

    opening: int = 0
    linehaul: int = 0
    handling: int = 0
    storage: int = 0
    capital: int = 0
    lateness: int = 0
    co2: int = 0
    risk: int = 0
    change: int = 0
    refusal: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, part.name) for part in fields(self))

    def __add__(self, other: "CostParts") -> "CostParts":
        return CostParts(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)}
        )


def by_mass(mass_kg: Whole, fen_per_t: Whole) -> Whole:
    """Linehaul, handling and risk: so much a tonne."""
    return mass_kg * fen_per_t // KG_PER_T


def co2_g(mass_kg: Whole, co2_g_per_t: Whole) -> Whole:
    """Grams of CO2e of carrying a mass over a run."""
    return mass_kg * co2_g_per_t // KG_PER_T


def co2_fen(mass_kg: Whole, co2_g_per_t: Whole, co2_fen_per_t: int) -> Whole:
    """The price of those grams."""
    return co2_g(mass_kg, co2_g_per_t) * co2_fen_per_t // G_PER_T


def storage_until(mass_kg: Whole, fen_per_t_day: Whole, minute: Whole) -> Whole:
    """Storage counted from minute 0; the cost of a stay is the difference of its two ends."""
    return mass_kg * fen_per_t_day * minute // (KG_PER_T * DAY_MINUTES)


def capital_fen(value_fen: Whole, interest_basis_points: int, minutes: Whole) -> Whole:
    """Interest on goods under way, simple, by the minute."""
    return (value_fen // 100) * interest_basis_points * minutes // (YEAR_BASIS_MINUTES // 100)


def late_days(ready_minute: Whole, due_minute: Whole) -> Whole:
    """Begun days after the due time; negative or zero means in time."""
    return -((due_minute - ready_minute) // DAY_MINUTES)
