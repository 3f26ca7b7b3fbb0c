"""Rounds and network design measured against published values, by family and CPU budget.

    python bench/routing_rounds.py [--family solomon …] [--seconds 10 30] [--jobs 1]

Every answer comes from the command as a user runs it and is judged again here from its routes
alone: `routing.rounds_check` for the rules, the cost added up anew. Reads `bks.csv` only to compare.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from routing.benchmarks import Objective, read_rounds
from routing.design import Design, DesignProblem, broken_promises, cost_of
from routing.design_file import read_design
from routing.rounds import Round
from routing.rounds_check import broken_promises as broken_rounds
from routing.rounds_schedule import shown_cost

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Family:
    name: str
    folder: str
    objective: str
    #: CPU seconds → the average promised: per cent above best known, or vehicles above.
    promised: dict[int, float]
    published: str = "min total distance"


FAMILIES = (
    Family(name="solomon", folder="vrptw/solomon", objective="distance", promised={10: 1.0}),
    Family(
        name="homberger_200", folder="vrptw/homberger_200", objective="distance", promised={10: 1.0, 30: 0.6}
    ),
    Family(
        name="homberger_400", folder="vrptw/homberger_400", objective="distance", promised={10: 4.0, 30: 2.0}
    ),
    Family(name="X", folder="cvrp/X", objective="distance", promised={10: 1.5, 30: 1.2}),
    Family(
        name="li_lim_100",
        folder="pdptw/li_lim_100",
        objective="vehicles",
        promised={10: 0.5},
        published="min vehicles then distance",
    ),
    Family(
        name="li_lim_200",
        folder="pdptw/li_lim_200",
        objective="vehicles",
        promised={10: 0.5},
        published="min vehicles then distance",
    ),
    Family(name="hvrp", folder="hvrp", objective="distance", promised={10: 1.0}, published="see BKS file"),
)
DESIGN = Family(name="design", folder="cfnd", objective="", promised={60: 1.0})

#: Optima published for the design files kept (the file of best known values holds rounds only).
OPTIMA = {"c33": 423848, "c35": 371475, "c37": 94213, "c43": 464509, "r04.1": 31730, "r05.5": 204157}


def main() -> int:
    options = _options()
    data = Path(os.environ.get("WMS_REFERENCE_DATA", ROOT.parent / "shared" / "data")) / "routing"
    if not (data / "bks.csv").exists():
        print(f"The published instances are not there ({data}); name their folder in WMS_REFERENCE_DATA.")
        return 1
    best = _best(data)
    missed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for family in (*FAMILIES, DESIGN):
            if options.family and family.name not in options.family:
                continue
            for seconds in options.seconds or family.promised:
                rows = list(pool.map(partial(_row, family, seconds, best), _files(data, family)))
                missed += _print(family, seconds, rows)
    return 1 if missed else 0


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    cost: float
    vehicles: int
    gap: float
    more_vehicles: float
    cpu_seconds: float
    bound: float = 0.0


def _row(family: Family, seconds: int, best: dict[tuple[str, str], tuple[float, int]], path: Path) -> Row:
    verb = "design" if family is DESIGN else "rounds"
    command = [
        sys.executable,
        "-m",
        f"routing.{verb}_command",
        str(path),
        "--json",
        "--cpu-seconds",
        str(seconds),
    ]
    if verb == "rounds":
        command += ["--objective", family.objective]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(run.stdout)
    if family is DESIGN:
        cost = _judged_design(path, answer)
        known, vehicles = float(OPTIMA.get(path.stem, answer["bound"])), 0
    else:
        cost = _judged_rounds(path, family, answer)
        known, vehicles = best[path.stem.lower(), family.published]
    print(
        f"  {path.stem:12s} {cost:12,.1f} {100 * (cost / known - 1):6.2f} % {answer['cpu_seconds']:6.1f}",
        flush=True,
    )
    return Row(
        name=path.stem,
        cost=cost,
        vehicles=answer.get("vehicles", 0),
        gap=100 * (cost / known - 1),
        more_vehicles=answer.get("vehicles", 0) - vehicles,
        cpu_seconds=answer["cpu_seconds"],
        bound=answer.get("bound", 0.0),
    )


def _judged_rounds(path: Path, family: Family, answer: dict[str, Any]) -> float:
    problem = read_rounds(path, objective=Objective(family.objective))
    at = {stop.number: i for i, stop in enumerate(problem.stops)}
    kinds = {vehicle.name: i for i, vehicle in enumerate(problem.vehicles)}
    rounds = tuple(
        Round(vehicle=kinds[name], stops=tuple(at[number] for number in route))
        for name, route in zip(answer["vehicle_of_route"], answer["routes"], strict=True)
    )
    broken = broken_rounds(problem, rounds)
    assert not broken, f"{path.stem}: {broken[0]}"
    return shown_cost(problem, rounds)


def _judged_design(path: Path, answer: dict[str, Any]) -> float:
    problem: DesignProblem = read_design(path)
    arcs = {
        (int(tail) + 1, int(head) + 1): arc
        for arc, (tail, head) in enumerate(zip(problem.tail, problem.head, strict=True))
    }
    flow = np.zeros((problem.arcs, problem.commodities))
    for commodity, tail, head, amount in answer["flows"]:
        flow[arcs[tail, head], commodity] += amount
    design = Design(flow=flow)
    broken = broken_promises(problem, design)
    assert not broken, f"{path.stem}: {broken[0]}"
    return cost_of(problem, design)


def _print(family: Family, seconds: int, rows: list[Row]) -> bool:
    by_vehicles = family.objective == "vehicles"
    score = mean(row.more_vehicles if by_vehicles else row.gap for row in rows)
    unit = "vehicles" if by_vehicles else "%"
    promised = family.promised.get(seconds)
    kept = promised is None or score <= promised
    text = f"{family.name:14s} {len(rows):3d} files  {seconds:3d} CPU s  average {score:+.2f} {unit}"
    text += f", worst {max(row.more_vehicles if by_vehicles else row.gap for row in rows):+.2f}"
    if by_vehicles:
        equal = [row.gap for row in rows if row.more_vehicles == 0]
        text += f"; distance {mean(equal) if equal else 0:+.2f} % where vehicles are equal ({len(equal)})"
    if promised is not None:
        text += f"; promised {promised:g}: {'kept' if kept else 'MISSED'}"
    text += f"; longest {max(row.cpu_seconds for row in rows):.1f} CPU s"
    print(text, flush=True)
    return not kept


def _files(data: Path, family: Family) -> Iterator[Path]:
    wanted = {".txt", ".vrp", ".dow"}
    for path in sorted((data / family.folder).rglob("*")):
        if path.suffix in wanted and path.stem.upper() != "LICENSE":
            yield path


def _best(data: Path) -> dict[tuple[str, str], tuple[float, int]]:
    with (data / "bks.csv").open(newline="") as lines:
        return {
            (row["instance"].lower(), row["objective"]): (float(row["bks"]), int(row["bks_vehicles"] or 0))
            for row in csv.DictReader(lines)
        }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", nargs="*", choices=[family.name for family in (*FAMILIES, DESIGN)])
    parser.add_argument("--seconds", nargs="*", type=int)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once; the clock is CPU time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
