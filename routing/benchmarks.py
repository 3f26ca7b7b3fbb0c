"""Readers for the published instance formats: rounds (VRPTW, CVRP, pickup and delivery, mixed fleet).

The file's own heading tells the formats apart. A file that breaks its format is refused with one
sentence that names file, row and field; nothing is guessed and nothing is dropped.
Network design files are read by `design_file`, our own problems by `rounds_file`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from routing.benchmarks_fleets import read_cvrp, read_hvrp
from routing.instance_files import (
    FINE,
    NUMBER_MAX,
    STOPS_MAX,
    Reader,
    Row,
    UnreadableInstance,
    cut_to_tenths,
    distances,
    rounded_up,
    text_of,
)
from routing.rounds import RoundsProblem, Stop, Vehicle


class Format(StrEnum):
    """The published formats; the values are those of `--format`."""

    VRPTW = "vrptw"
    CVRP = "cvrp"
    PDPTW = "pdptw"
    HVRP = "hvrp"


class Objective(StrEnum):
    """Least distance with distances cut to one decimal; or fewest vehicles, then full-precision distance."""

    DISTANCE = "distance"
    VEHICLES = "vehicles"


def read_rounds(
    path: Path, *, objective: Objective | None = None, kind: Format | None = None
) -> RoundsProblem:
    """The rounds problem a published file holds.

    Without `objective`: distance for VRPTW and CVRP, vehicles for pickup and delivery, and the
    file's own costs for mixed fleets, which know no other. CVRP files are always measured in
    their own `EDGE_WEIGHT_TYPE`.
    """
    text = text_of(path)
    rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not rows:
        raise UnreadableInstance(f"{path}: the file is empty.")
    kind = kind or tell(path, rows)
    readers = {Format.VRPTW: _vrptw, Format.CVRP: read_cvrp, Format.PDPTW: _pdptw, Format.HVRP: read_hvrp}
    return readers[kind](path, rows, objective)


def tell(path: Path, rows: list[Row]) -> Format:
    """Which published format the heading announces."""
    words = [" ".join(fields).upper() for _, fields in rows[:12]]
    if any(word.startswith(("TYPE", "DIMENSION", "NODE_COORD_SECTION")) for word in words):
        return Format.CVRP
    if "VEHICLE" in words:
        return Format.VRPTW
    plain = [fields for _, fields in rows if not fields[0].startswith("//")]
    if len(plain) < len(rows) or (len(plain[0]) == 6 and len(plain) > 2):
        return Format.HVRP
    if len(plain[0]) == 3 and len(plain) > 1 and len(plain[1]) == 9:
        return Format.PDPTW
    raise UnreadableInstance(
        f"{path}: the heading is not VRPTW, CVRP, pickup-and-delivery or mixed-fleet; try --format."
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One row of a file with windows: the depot first, then the customers."""

    number: int
    x: float
    y: float
    opens: float
    closes: float
    service: float
    delivered: int = 0
    collected: int = 0


def _timed(
    path: Path,
    rows: list[_Row],
    *,
    fleet: tuple[int, int],
    pairs: tuple[tuple[int, int], ...],
    objective: Objective,
) -> RoundsProblem:
    away = distances([(row.x, row.y) for row in rows])
    cut = objective is Objective.DISTANCE
    units = 10 if cut else FINE
    matrix = (cut_to_tenths(away) if cut else rounded_up(away, units))[None]
    depot = rows[0]
    count, capacity = fleet
    vehicle = Vehicle(
        name="vehicle",
        count=min(count, len(rows) - 1),
        capacity=(capacity,),
        starts_at=_scaled(depot.opens, units, up=True),
        ends_at=_scaled(depot.closes, units),
    )
    return RoundsProblem(
        name=path.stem,
        stops=tuple(
            Stop(
                number=row.number,
                place=place,
                delivered=(row.delivered,),
                collected=(row.collected,),
                opens_at=_scaled(row.opens, units, up=True),
                closes_at=_scaled(row.closes, units),
                service=_scaled(row.service, units, up=True),
            )
            for place, row in enumerate(rows)
            if place
        ),
        vehicles=(vehicle,),
        distance=matrix,
        duration=matrix,
        pairs=pairs,
        cost_units=units,
        distance_units=units,
        shown_distance=None if cut else away,
        fewest_vehicles=not cut,
    )


def _scaled(value: float, units: int, *, up: bool = False) -> int:
    return math.ceil(value * units - 1e-6) if up else math.floor(value * units + 1e-6)


def _vrptw(path: Path, rows: list[Row], objective: Objective | None) -> RoundsProblem:
    """Solomon and Gehring–Homberger: name, VEHICLE, NUMBER CAPACITY, CUSTOMER, one row a customer."""
    reader = Reader(path)
    heads = [i for i, (_, fields) in enumerate(rows) if fields[0].upper() == "NUMBER"]
    if not heads or heads[0] + 1 >= len(rows) or len(rows[heads[0] + 1][1]) < 2:
        raise UnreadableInstance(f"{path}: the number and capacity of vehicles are missing.")
    line, fields = rows[heads[0] + 1]
    fleet = (
        reader.whole(fields[0], line, "vehicles", least=1),
        reader.whole(fields[1], line, "capacity", least=0),
    )
    stops: list[_Row] = []
    names = ("customer number", "x", "y", "demand", "ready time", "due date", "service time")
    least = (0.0, -NUMBER_MAX, -NUMBER_MAX, 0.0, 0.0, 0.0, 0.0)
    for line, fields in rows[heads[0] + 2 :]:
        if fields[0].upper() in {"CUSTOMER", "CUST"}:
            continue
        if len(fields) != 7:
            raise reader.fail(line, "customer", f"has {len(fields)} fields where 7 are wanted")
        _, x, y, _, opens, closes, service = (
            reader.number(token, line, name, least=low)
            for token, name, low in zip(fields, names, least, strict=True)
        )
        reader.window(opens, closes, line)
        number = reader.whole(fields[0], line, "customer number")
        demand = reader.whole(fields[3], line, "demand")
        stops.append(
            _Row(number=number, x=x, y=y, opens=opens, closes=closes, service=service, delivered=demand)
        )
    _check_stops(path, stops)
    return _timed(path, stops, fleet=fleet, pairs=(), objective=objective or Objective.DISTANCE)


def _check_stops(path: Path, stops: list[_Row]) -> None:
    if len(stops) < 2:
        raise UnreadableInstance(f"{path}: there is a depot and no customer, or not even a depot.")
    if len(stops) > STOPS_MAX:
        raise UnreadableInstance(f"{path}: {len(stops):,} stops; at most {STOPS_MAX:,} are planned at once.")
    numbers = [row.number for row in stops]
    if len(set(numbers)) < len(numbers):
        twice = next(n for n in numbers if numbers.count(n) > 1)
        raise UnreadableInstance(f"{path}: customer {twice} is there twice.")


def _pdptw(path: Path, rows: list[Row], objective: Objective | None) -> RoundsProblem:
    """Li–Lim: vehicles, capacity, speed; then number x y demand ready due service pickup delivery."""
    reader = Reader(path)
    line, fields = rows[0]
    if len(fields) < 2:
        raise reader.fail(line, "heading", "vehicles and capacity are wanted")
    fleet = (
        reader.whole(fields[0], line, "vehicles", least=1),
        reader.whole(fields[1], line, "capacity"),
    )
    stops: list[_Row] = []
    partners: list[tuple[int, int, int]] = []
    lines: list[int] = []
    for line, fields in rows[1:]:
        if len(fields) != 9:
            raise reader.fail(line, "customer", f"has {len(fields)} fields where 9 are wanted")
        stop = _pdptw_row(reader, line, fields)
        stops.append(stop)
        pickup, delivery = (reader.whole(fields[k], line, "partner") for k in (7, 8))
        partners.append((pickup, delivery, stop.collected - stop.delivered))
        lines.append(line)
    _check_stops(path, stops)
    pairs = _pairs(reader, [row.number for row in stops], partners, lines)
    return _timed(path, stops, fleet=fleet, pairs=pairs, objective=objective or Objective.VEHICLES)


def _pdptw_row(reader: Reader, line: int, fields: list[str]) -> _Row:
    x, y = (reader.number(fields[k], line, "coordinate", least=-NUMBER_MAX) for k in (1, 2))
    names = ("ready time", "due date", "service time")
    opens, closes, service = (
        reader.number(fields[k], line, name) for k, name in zip((4, 5, 6), names, strict=True)
    )
    reader.window(opens, closes, line)
    demand = reader.whole(fields[3], line, "demand", least=-NUMBER_MAX)
    return _Row(
        number=reader.whole(fields[0], line, "customer number"),
        x=x,
        y=y,
        opens=opens,
        closes=closes,
        service=service,
        collected=max(demand, 0),
        delivered=max(-demand, 0),
    )


def _pairs(
    reader: Reader, numbers: list[int], partners: list[tuple[int, int, int]], lines: list[int]
) -> tuple[tuple[int, int], ...]:
    """(pickup, delivery) as indices of stops, each pair named by both its ends and of one amount."""
    places = {number: place for place, number in enumerate(numbers)}
    pairs = []
    for place, (pickup, delivery, demand) in enumerate(partners):
        if place == 0:
            continue
        line = lines[place]
        if bool(pickup) == bool(delivery):
            raise reader.fail(line, "partner", "a customer is either a pickup or a delivery")
        other = places.get(pickup or delivery)
        if other is None or other in {0, place}:
            raise reader.fail(line, "partner", f"there is no customer {pickup or delivery} to pair with")
        back = partners[other][1 if pickup else 0]
        if back != numbers[place]:
            raise reader.fail(
                line, "partner", f"customer {numbers[other]} does not name {numbers[place]} back"
            )
        if demand != -partners[other][2] or (demand < 0) != bool(pickup):
            raise reader.fail(line, "demand", "the two ends of a pair must carry the same amount")
        if delivery:
            pairs.append((place - 1, other - 1))
    return tuple(pairs)
