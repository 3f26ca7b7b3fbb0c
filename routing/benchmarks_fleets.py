"""Readers of the published files without time windows: CVRPLIB, and mixed fleets after Taillard."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from routing.instance_files import (
    FINE,
    NUMBER_MAX,
    STOPS_MAX,
    Reader,
    Row,
    UnreadableInstance,
    distances,
    rounded_up,
)
from routing.rounds import IntMatrix, RoundsProblem, Stop, Vehicle


def read_cvrp(path: Path, rows: list[Row], objective: str | None) -> RoundsProblem:
    """CVRPLIB: keywords, NODE_COORD_SECTION, DEMAND_SECTION, DEPOT_SECTION; distances as the file says."""
    reader = Reader(path)
    words, sections = _sections(rows)
    kind = words.get("EDGE_WEIGHT_TYPE", (0, ""))[1].upper()
    if kind not in {"EUC_2D", "CEIL_2D"}:
        raise UnreadableInstance(f"{path}: EDGE_WEIGHT_TYPE is “{kind}”; EUC_2D and CEIL_2D are read.")
    points = _points(reader, sections.get("NODE_COORD_SECTION", []))
    demands = {
        reader.whole(fields[0], line, "node"): reader.whole(fields[-1], line, "demand")
        for line, fields in sections.get("DEMAND_SECTION", [])
        if len(fields) == 2 or _refuse(reader, line, "demand", "a node and a demand are wanted")
    }
    depots = [
        reader.whole(fields[0], line, "depot", least=-1) for line, fields in sections.get("DEPOT_SECTION", [])
    ]
    depots = [depot for depot in depots if depot != -1]
    if len(depots) != 1 or depots[0] not in points:
        raise UnreadableInstance(f"{path}: exactly one depot among the nodes is wanted.")
    nodes = [depots[0], *(node for node in points if node != depots[0])]
    if missing := [node for node in nodes if node not in demands]:
        raise UnreadableInstance(f"{path}: node {missing[0]} has no demand.")
    if not 2 <= len(nodes) <= STOPS_MAX:
        raise UnreadableInstance(
            f"{path}: {len(nodes) - 1:,} customers; 1 to {STOPS_MAX:,} are planned at once."
        )
    capacity = _keyword(reader, words, "CAPACITY")
    return _cvrp_problem(
        path,
        nodes,
        matrix=_measured(kind, [points[node] for node in nodes]),
        demands=demands,
        capacity=capacity,
        count=_count(reader, words, [demands[node] for node in nodes[1:]], capacity),
        fewest=objective == "vehicles",
    )


def _cvrp_problem(
    path: Path,
    nodes: list[int],
    *,
    matrix: IntMatrix,
    demands: dict[int, int],
    capacity: int,
    count: int,
    fewest: bool,
) -> RoundsProblem:
    return RoundsProblem(
        name=path.stem,
        # CVRPLIB solutions number the customers from 1, leaving the depot out.
        stops=tuple(
            Stop(number=place, place=place, delivered=(demands[node],))
            for place, node in enumerate(nodes)
            if place
        ),
        vehicles=(Vehicle(name="vehicle", count=count, capacity=(capacity,)),),
        distance=matrix[None],
        duration=np.zeros_like(matrix)[None],
        fewest_vehicles=fewest,
    )


def _sections(rows: list[Row]) -> tuple[dict[str, tuple[int, str]], dict[str, list[Row]]]:
    words: dict[str, tuple[int, str]] = {}
    sections: dict[str, list[Row]] = {}
    current: list[Row] | None = None
    for line, fields in rows:
        head = fields[0].rstrip(":").upper()
        if head == "EOF":
            break
        if head.endswith("_SECTION"):
            current = sections.setdefault(head, [])
        elif head[0].isalpha():
            words[head] = (line, " ".join(fields[1:]).lstrip(": ").strip())
            current = None
        elif current is not None:
            current.append((line, fields))
    return words, sections


def _keyword(reader: Reader, words: dict[str, tuple[int, str]], name: str) -> int:
    if name not in words:
        raise UnreadableInstance(f"{reader.path}: {name} is missing.")
    line, value = words[name]
    return reader.whole(value, line, name.lower(), least=1)


def _count(reader: Reader, words: dict[str, tuple[int, str]], demands: list[int], capacity: int) -> int:
    """How many vehicles to allow: what the file says, else first-fit decreasing and a tenth more.

    The published set leaves the number free. A tenth above a packing is more than good rounds use,
    and few enough not to slow the engines down.
    """
    if "VEHICLES" in words:
        return _keyword(reader, words, "VEHICLES")
    if max(demands) > capacity:
        raise UnreadableInstance(
            f"{reader.path}: a demand of {max(demands)} exceeds the capacity of {capacity}."
        )
    bins: list[int] = []
    for demand in sorted(demands, reverse=True):
        fit = next((i for i, free in enumerate(bins) if free >= demand), None)
        if fit is None:
            bins.append(capacity - demand)
        else:
            bins[fit] -= demand
    return min(len(demands), len(bins) + len(bins) // 10 + 3)


def _points(reader: Reader, rows: list[Row]) -> dict[int, tuple[float, float]]:
    points: dict[int, tuple[float, float]] = {}
    for line, fields in rows:
        if len(fields) != 3:
            raise reader.fail(line, "node", "a number and two coordinates are wanted")
        node = reader.whole(fields[0], line, "node")
        if node in points:
            raise reader.fail(line, "node", f"{node} is there twice")
        x, y = (reader.number(token, line, "coordinate", least=-NUMBER_MAX) for token in fields[1:])
        points[node] = (x, y)
    return points


def _measured(kind: str, points: list[tuple[float, float]]) -> IntMatrix:
    away = distances(points)
    return rounded_up(away, 1) if kind == "CEIL_2D" else np.floor(away + 0.5).astype(np.int64)


def _refuse(reader: Reader, line: int, field: str, why: str) -> bool:
    raise reader.fail(line, field, why)


def read_hvrp(path: Path, rows: list[Row], _objective: str | None) -> RoundsProblem:
    """Mixed fleets: comments, heading, one row a vehicle type, the depot, one row a customer.

    The cost is the fleet's own, fixed and per distance, in full precision, whatever objective is asked.
    """
    reader = Reader(path)
    rows = [(line, fields) for line, fields in rows if not fields[0].startswith("//")]
    line, heading = rows[0]
    if len(heading) < 4:
        raise reader.fail(line, "heading", "customers, types, range and service time are wanted")
    customers = reader.whole(heading[0], line, "customers", least=1)
    types = reader.whole(heading[1], line, "vehicle types", least=1)
    reach = reader.number(heading[2], line, "range")
    service = reader.number(heading[3], line, "service time")
    if customers > STOPS_MAX or len(rows) != customers + types + 2:
        raise UnreadableInstance(
            f"{path}: {customers} customers and {types} types need {customers + types + 2} rows."
        )
    points: list[tuple[float, float]] = []
    demands: list[int] = []
    for line, fields in rows[types + 1 :]:
        if len(fields) != (3 if points else 2):
            raise reader.fail(line, "customer" if points else "depot", f"has {len(fields)} fields")
        x, y = (reader.number(token, line, "coordinate", least=-NUMBER_MAX) for token in fields[:2])
        demands.append(reader.whole(fields[2], line, "demand") if points else 0)
        points.append((x, y))
    # Costs per distance have few decimals; ten thousandths hold them all.
    cost = 10_000
    vehicles = []
    for kind, (line, fields) in enumerate(rows[1 : types + 1]):
        vehicles.append(_type(reader, line, fields, kind=kind, cost=cost, reach=reach, customers=customers))
    shrink = int(np.gcd.reduce([cost, *(v.cost_per_distance for v in vehicles)]))
    matrix = rounded_up(distances(points), FINE)[None]
    return RoundsProblem(
        name=path.stem,
        stops=tuple(
            Stop(number=i, place=i, delivered=(demands[i],), service=round(service * FINE))
            for i in range(1, customers + 1)
        ),
        vehicles=tuple(_shrunk(vehicle, shrink) for vehicle in vehicles),
        distance=matrix,
        duration=matrix,
        cost_units=FINE * cost // shrink,
        distance_units=FINE,
        shown_distance=distances(points),
    )


def _type(
    reader: Reader, line: int, fields: list[str], *, kind: int, cost: int, reach: float, customers: int
) -> Vehicle:
    if len(fields) != 4:
        raise reader.fail(
            line, "vehicle type", "number, capacity, fixed cost and cost per distance are wanted"
        )
    return Vehicle(
        name=f"type {kind + 1}",
        count=min(reader.whole(fields[0], line, "number of vehicles"), customers),
        capacity=(reader.whole(fields[1], line, "capacity"),),
        fixed_cost=round(reader.number(fields[2], line, "fixed cost") * cost) * FINE,
        cost_per_distance=round(reader.number(fields[3], line, "cost per distance") * cost),
        duration_max=round(reach * FINE),
    )


def _shrunk(vehicle: Vehicle, by: int) -> Vehicle:
    """The same vehicle with costs in coarser units; fixed costs are rounded to the unit, a cent of a cent."""
    return replace(
        vehicle,
        fixed_cost=round(vehicle.fixed_cost / by),
        cost_per_distance=vehicle.cost_per_distance // by,
    )
