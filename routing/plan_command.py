"""The verbs that make or judge a plan: reads files, prints sentences or JSON, decides nothing."""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from routing.check import broken_promises
from routing.command import (
    add_budget,
    end_bar,
    new_parser,
    planning_bar,
    positive_whole,
    print_json,
    problem_of,
    stoppable,
    whole,
)
from routing.draw import draw_gantt, draw_network
from routing.generate import generate as generate_problem
from routing.itineraries import Certificate, certificates
from routing.network import Closure, Holiday, ItemList, Line, Link, Network, Place, Vehicle
from routing.plan import Plan, read_plan
from routing.planner import DEFAULT_CPU_SECONDS, plan_shipments
from routing.portfolio import plan_portfolio
from routing.problem import Problem
from routing.schemas import SCHEMAS
from routing.stuffed import plan_stuffed

Row = Place | Link | Vehicle | Line | Closure | Holiday | ItemList


def plan(argv: Sequence[str]) -> int:
    """``plan FILE``: plan a problem."""
    parser = new_parser("plan", "Plan a problem: first plan, bound, search; Ctrl-C keeps the best so far.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    add_budget(parser, default=f"{DEFAULT_CPU_SECONDS:g} if neither this nor --iterations is said")
    parser.add_argument("--lexicographic", action="store_true", help="fewest refused, then fewest late")
    parser.add_argument("--stuff", action="store_true", help="pack every unit and plan anew where it fails")
    parser.add_argument(
        "--seeds", type=positive_whole, default=1, help="share the seconds among so many seeds, keep the best"
    )
    parser.add_argument("--workers", type=positive_whole, default=1, help="processes that share the work")
    parser.add_argument("--gantt", type=Path, help="also draw the plan as SVG into this file")
    given = parser.parse_args(argv)
    if given.stuff and given.seeds > 1:
        parser.error("--stuff goes with one seed")
    problem = problem_of(given.file)
    if given.lexicographic:
        problem = problem.with_weights(lexicographic=True)
    found = _planned(problem, given)
    if given.gantt:
        given.gantt.write_text(draw_gantt(problem, found), encoding="utf-8")
    if given.json:
        print_json(found.as_document())
    else:
        _print_plan(found)
    return 0


def _planned(problem: Problem, given: argparse.Namespace) -> Plan:
    """Run with a bar on a terminal; with more workers their seeds or pricing blocks go out to processes."""
    seconds = given.cpu_seconds
    if seconds is None and given.iterations is None:
        seconds = DEFAULT_CPU_SECONDS
    pool = ProcessPoolExecutor(max_workers=given.workers) if given.workers > 1 else nullcontext()
    run: dict[str, Any] = {"cpu_seconds": seconds, "moves": given.iterations}
    with pool as executor, stoppable() as is_cancelled:
        if given.seeds > 1:
            seeds = range(given.seed, given.seed + given.seeds)
            return plan_portfolio(problem, seeds=seeds, executor=executor, **run)
        make = plan_stuffed if given.stuff else plan_shipments
        found = make(
            problem,
            seed=given.seed,
            on_progress=planning_bar(seconds, given.iterations),
            is_cancelled=is_cancelled,
            executor=executor,
            **run,
        )
    end_bar()
    return found


def _print_plan(found: Plan) -> None:
    print(f"cost        {found.cost:14,.2f} CNY, {found.co2_kg:,} kg CO2e")
    for part in fields(found.parts):
        if fen := getattr(found.parts, part.name):
            print(f"  {part.name:9} {fen / 100:14,.2f}")
    print(f"bound       {found.bound:14,.2f} over all itineraries: global gap {found.gap_global:.2f} %")
    print(f"pool bound  {found.pool_bound:14,.2f} over those looked at: pool gap {found.gap_pool:.2f} %")
    print(f"{len(found.itineraries)} planned, {len(found.late)} late, {len(found.refused)} refused")
    for refusal in found.refusals[:20]:
        print(f"  {refusal.consignment} refused by {refusal.because}: {refusal.note}")
    if len(found.refusals) > 20:
        print(f"  and {len(found.refusals) - 20} more; --json names them all")
    if found.stuffing:
        packed = sum(one.packs for one in found.stuffing)
        print(f"{packed} of {len(found.stuffing)} departures pack into their units")
    print(f"seed {found.seed}, {found.moves} moves, stopped by {found.stopped}")


def check(argv: Sequence[str]) -> int:
    """``check FILE PLAN``: judge a plan; 1 when it breaks a promise."""
    parser = new_parser("check", "Judge a plan without a solver; ends with 1 when it breaks a promise.")
    parser.add_argument("file")
    parser.add_argument("plan")
    parser.add_argument("--json", action="store_true", help="the broken promises as a list")
    given = parser.parse_args(argv)
    broken = broken_promises(problem_of(given.file), read_plan(Path(given.plan)))
    if given.json:
        print_json(broken)
    else:
        print("\n".join(broken) or "The plan keeps all its promises.")
    return 1 if broken else 0


def reach(argv: Sequence[str]) -> int:
    """``reach FILE``: the certificate of each consignment; 1 when one cannot get there at all."""
    parser = new_parser("reach", "When each consignment can arrive at the earliest, or which rules block it.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    found = certificates(problem_of(given.file))
    if given.json:
        print_json([asdict(one) | {"earliest_at": _moment(one)} for one in found])
    else:
        for one in found:
            rules = ", ".join(one.blocked_by)
            answer = f"blocked by {rules}: {one.note}" if one.blocked_by else " → ".join(one.departures)
            print(f"{one.consignment:10} {_moment(one) or 'never':17} {answer}")
    return 1 if any(one.blocked_by for one in found) else 0


def _moment(one: Certificate) -> str | None:
    return f"{one.earliest_at:%Y-%m-%dT%H:%MZ}" if one.earliest_at else None


def generate(argv: Sequence[str]) -> int:
    """``generate``: a seeded problem on standard output."""
    parser = new_parser("generate", "Write a seeded problem to standard output.")
    parser.add_argument("--consignments", type=positive_whole, required=True)
    parser.add_argument("--seed", type=whole, default=1)
    parser.add_argument(
        "--tightness", type=positive_whole, default=100, help="per cent; 200 halves the capacity"
    )
    given = parser.parse_args(argv)
    problem = generate_problem(consignments=given.consignments, seed=given.seed, tightness=given.tightness)
    print_json(problem.as_document())
    return 0


def network(argv: Sequence[str]) -> int:
    """``network``: the site's tables, what is to be confirmed in them, and their picture."""
    parser = new_parser("network", "The tables of config/network: how sure each row is, and their picture.")
    parser.add_argument("--picture", type=Path, help="draw the network as SVG into this file")
    parser.add_argument("--json", action="store_true", help="every row with source, as_of and confidence")
    given = parser.parse_args(argv)
    found = Network.load()
    if given.picture:
        given.picture.write_text(draw_network(found), encoding="utf-8")
    tables: dict[str, tuple[Row, ...]] = {field.name: getattr(found, field.name) for field in fields(Network)}
    rows = [
        {
            "table": table,
            "row": row.code,
            "source": row.source,
            "as_of": row.as_of,
            "confidence": row.confidence,
        }
        for table, each in tables.items()
        for row in each
    ]
    if given.json:
        print_json(rows)
        return 0
    print(", ".join(f"{len(each)} {table.replace('_', ' ')}" for table, each in tables.items()))
    unsure = [row for row in rows if row["confidence"] == "to be confirmed"]
    print(f"{len(unsure)} of {len(rows)} rows are to be confirmed by the operator:")
    for row in unsure:
        print(f"  {row['table']:10} {row['row']:22} {row['as_of']}  {row['source']}")
    return 0


def schema(argv: Sequence[str]) -> int:
    """``schema NAME``: the JSON Schema of one kind of file."""
    parser = new_parser("schema", "The JSON Schema of one kind of file.")
    parser.add_argument("name", choices=sorted(SCHEMAS))
    given = parser.parse_args(argv)
    print(json.dumps(SCHEMAS[given.name](), ensure_ascii=False, indent=2))
    return 0
