"""Small planning problems with names that say why they exist."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from routing.cost import Weights
from routing.demand import RouteSpec
from routing.network import Mode, Network, Place, PlaceKind, Vehicle
from routing.problem import Problem
from routing.timetable import Departure, in_order
from routing.values import GoodsClass

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)
TRUCK = Vehicle(code="T", name="truck", mode=Mode.ROAD, capacity_kg=10_000, capacity_l=40_000)


def hour(hours: float) -> datetime:
    """So many hours after the start of every problem here."""
    return MONDAY + timedelta(hours=hours)


def departure(
    code: str, origin: str, destination: str, *, leaves: float, hours: float, **more: object
) -> Departure:
    """A truck with a cut-off an hour before it leaves, ready on arrival."""
    given: dict[str, object] = {
        "units": 2,
        "capacity_kg": 10_000,
        "capacity_l": 40_000,
        "unit_fen": 100_000,
        "fen_per_t": 10_000,
    }
    return Departure(
        code=code,
        line=f"{origin}-{destination}",
        origin=origin,
        destination=destination,
        stops=(origin, destination),
        vehicle="T",
        cutoff_at=hour(leaves - 1),
        departs_at=hour(leaves),
        arrives_at=hour(leaves + hours),
        ready_at=hour(leaves + hours),
        **(given | more),  # type: ignore[arg-type]
    )


def spec(code: str, origin: str, destination: str, **more: object) -> RouteSpec:
    """A tonne, released at the start, due after two days, useful for four."""
    given: dict[str, object] = {
        "release_at": hour(0),
        "due_at": hour(48),
        "latest_at": hour(96),
        "mass_kg": 1_000,
        "volume_l": 3_000,
        "value_fen": 1_000_000,
        "late_fen_per_day": 50_000,
        "refusal_fen": 2_000_000,
    }
    return RouteSpec(code=code, origin=origin, destination=destination, **(given | more))  # type: ignore[arg-type]


def problem(departures: list[Departure], specs: list[RouteSpec], **weights: object) -> Problem:
    """Places are those the departures call at; B is a port."""
    codes = sorted({end for row in departures for end in (row.origin, row.destination)} | _ends(specs))
    places = tuple(
        Place(
            code=code,
            name=code,
            kind=PlaceKind.PORT if code == "B" else PlaceKind.CITY,
            handling_fen_per_t=1_000,
            storage_fen_per_t_day=500,
        )
        for code in codes
    )
    return Problem(
        name="made by hand",
        starts_at=MONDAY,
        ends_at=hour(24 * 7),
        network=Network(places=places, links=(), vehicles=(TRUCK,)),
        departures=in_order(departures),
        consignments=tuple(specs),
        weights=Weights(**weights),  # type: ignore[arg-type]
        previous={},
    )


def _ends(specs: list[RouteSpec]) -> set[str]:
    return {end for one in specs for end in (one.origin, one.destination)}


def two_ports() -> Problem:
    """A to D over B (fast, dear) or C (slow, cheap), two days each; six consignments."""
    runs = []
    for day in (0, 1):
        runs += [
            departure(f"AB{day}", "A", "B", leaves=24 * day + 6, hours=8, unit_fen=150_000),
            departure(f"BD{day}", "B", "D", leaves=24 * day + 16, hours=8, crosses_border=True),
            departure(f"AC{day}", "A", "C", leaves=24 * day + 7, hours=14, unit_fen=90_000),
            departure(
                f"CD{day}", "C", "D", leaves=24 * day + 23, hours=20, unit_fen=80_000, crosses_border=True
            ),
        ]
    return problem(runs, [spec(f"S{n}", "A", "D", mass_kg=1_000 + 700 * n) for n in range(6)])


def random_tiny(seed: int) -> Problem:
    """Up to eight consignments on a small timetable, tight enough that units fill and are shared."""
    random = np.random.default_rng(seed)
    places = "ABCDE"[: int(random.integers(3, 6))]
    runs = []
    for number in range(int(random.integers(6, 15))):
        origin, destination = random.choice(list(places), 2, replace=False)
        runs.append(
            departure(
                f"D{number}",
                str(origin),
                str(destination),
                leaves=float(random.integers(2, 60)),
                hours=float(random.integers(2, 14)),
                units=int(random.integers(1, 3)),
                capacity_kg=int(random.integers(2_500, 6_000)),
                capacity_l=int(random.integers(9_000, 24_000)),
                unit_fen=int(random.integers(20_000, 200_000)),
                fen_per_t=int(random.integers(0, 30_000)),
            )
        )
    specs = []
    for number in range(int(random.integers(4, 9))):
        row = runs[int(random.integers(0, len(runs)))]
        onward = [
            run.destination for run in runs if run.origin == row.destination and run.cutoff_at >= row.ready_at
        ]
        ends = [row.destination] + [place for place in onward if place != row.origin]
        specs.append(
            spec(
                f"S{number}",
                row.origin,
                str(random.choice(ends)),
                mass_kg=int(random.integers(300, 2_600)),
                volume_l=int(random.integers(1_000, 9_000)),
                release_at=hour(float(random.integers(0, 3))),
                due_at=hour(float(random.integers(10, 60))),
                refusal_fen=int(random.integers(200_000, 600_000)),
                goods=GoodsClass.GENERAL,
            )
        )
    return problem(runs, specs)


def with_departures(made: Problem, *departures: Departure) -> Problem:
    """The same problem with some departures replaced by code."""
    rows = made.departure_of | {row.code: row for row in departures}
    return replace(made, departures=in_order(rows.values()))
