"""The planner's verbs on the command line: reads files, prints sentences or JSON, decides nothing."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from routing.check import broken_promises
from routing.draw import draw_gantt, draw_network
from routing.explain import Explainer
from routing.generate import generate as generate_problem
from routing.network import Line, Link, Network, Place, Vehicle
from routing.plan import PLAN, Plan, Progress, read_plan
from routing.planner import plan_shipments
from routing.portfolio import plan_portfolio
from routing.problem import DOCUMENT, Problem, problem_from, read_problem
from routing.replan import DISRUPTION, Replanned, remainder, replan_remainder, three_points
from routing.stress import stress as stress_ports
from routing.stuffing import stuff
from routing.values import parse


def plan(argv: Sequence[str]) -> int:
    """``plan FILE``: plan a problem."""
    parser = _parser("plan", "Plan a problem: first plan, bound, search; Ctrl-C keeps the best so far.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    _budget(parser)
    parser.add_argument("--lexicographic", action="store_true", help="fewest refused, then fewest late")
    parser.add_argument("--seeds", type=int, default=1, help="plan with so many seeds, keep the best")
    parser.add_argument("--workers", type=int, default=1, help="processes for --seeds")
    parser.add_argument("--gantt", type=Path, help="also draw the plan as SVG into this file")
    given = parser.parse_args(argv)
    problem = _problem(given.file)
    if given.lexicographic:
        problem = problem.with_weights(lexicographic=True)
    if given.seeds > 1:
        with ProcessPoolExecutor(max_workers=max(1, given.workers)) as executor:
            found = plan_portfolio(
                problem,
                seeds=range(given.seed, given.seed + given.seeds),
                executor=executor,
                cpu_seconds=given.cpu_seconds,
                moves=given.iterations,
            )
    else:
        found = _anytime(problem, given)
    if given.gantt:
        given.gantt.write_text(draw_gantt(problem, found), encoding="utf-8")
    if given.json:
        _print_json(found.as_document())
    else:
        _print_plan(found)
    return 0


def _anytime(problem: Problem, given: argparse.Namespace) -> Plan:
    """Run with a progress line on a terminal; Ctrl-C asks for the best so far."""
    asked: list[bool] = []

    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        return plan_shipments(
            problem,
            seed=given.seed,
            cpu_seconds=given.cpu_seconds,
            moves=given.iterations,
            on_progress=_bar if sys.stderr.isatty() else None,
            is_cancelled=lambda: bool(asked),
        )
    finally:
        signal.signal(signal.SIGINT, before)
        if sys.stderr.isatty():
            print(file=sys.stderr)


def _bar(progress: Progress) -> None:
    line = f"{progress.phase:10} {progress.cpu_seconds:7.1f} s  cost {progress.cost:14,.2f}  "
    line += f"bound {progress.bound:14,.2f}  gap {progress.gap:6.2f} %  {progress.moves:9,} moves"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


def replan(argv: Sequence[str]) -> int:
    """``replan FILE PLAN DISRUPTION``: three points, or one price on change."""
    parser = _parser("replan", "A new plan after a disruption: keep, balanced, re-optimise side by side.")
    parser.add_argument("file")
    parser.add_argument("plan")
    parser.add_argument("disruption", help="JSON: known_at, closures, cancelled, late, lost")
    parser.add_argument("--change-yuan", type=float, help="one price per changed leg instead of three points")
    _budget(parser)
    given = parser.parse_args(argv)
    problem, old = _problem(given.file), read_plan(Path(given.plan))
    path = Path(given.disruption)
    left = remainder(problem, old, parse(DISRUPTION, path.read_bytes(), where=str(path)))
    run = {"seed": given.seed, "cpu_seconds": given.cpu_seconds, "moves": given.iterations}
    if given.change_yuan is None:
        points = three_points(left, **run)
    else:
        fen = max(0, round(given.change_yuan * 100))
        points = {"asked": replan_remainder(left, change_fen=fen, **run)}
    heading = {
        "affected": list(left.affected),
        "arrived": list(left.arrived),
        "frozen": {code: list(way) for code, way in left.frozen.items()},
    }
    if given.json:
        _print_json(heading | {"points": {name: _point(point) for name, point in points.items()}})
        return 0
    print(f"{len(left.affected)} affected, {len(left.arrived)} arrived, {len(left.frozen)} have departed")
    for name, point in points.items():
        price = f"{name:11} change at {point.change_fen / 100:6.0f} CNY"
        touched = f"{len(point.displaced)} displaced, {len(point.changed)} others changed"
        outcome = f"{len(point.plan.late)} late, {len(point.plan.refused)} refused"
        print(f"{price}: cost {point.cost_without_change:14,.2f}, {touched}, {outcome}")
    return 0


def _point(point: Replanned) -> dict[str, Any]:
    return {
        "change_yuan": point.change_fen / 100,
        "cost": point.cost_without_change,
        "displaced": list(point.displaced),
        "changed": point.changed,
        "plan": point.plan.as_document(),
    }


def explain(argv: Sequence[str]) -> int:
    """``explain FILE PLAN``: one consignment, one port, or the bottlenecks and refusals."""
    parser = _parser("explain", "Why this itinerary, why not that port; else bottlenecks and refusals.")
    parser.add_argument("file")
    parser.add_argument("plan")
    parser.add_argument("--consignment")
    parser.add_argument("--port", help="with --consignment: why not over this place")
    parser.add_argument("--departure", help="how this departure's units are stuffed")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    if given.port and not given.consignment:
        parser.error("--port needs --consignment")
    problem, found = _problem(given.file), read_plan(Path(given.plan))
    explainer = Explainer(problem, found)
    answer: dict[str, Any]
    if given.port:
        answer = {"why_not": explainer.why_not(given.consignment, given.port)}
    elif given.consignment:
        answer = asdict(explainer.why(given.consignment))
    elif given.departure:
        if given.departure not in {load.departure for load in found.departures}:
            parser.error(f"departure {given.departure!r} carries nothing in this plan")
        answer = asdict(stuff(problem, found, given.departure))
    else:
        answer = {"bottlenecks": explainer.bottlenecks(), "refusals": explainer.refusals()}
    if given.json:
        _print_json(answer)
    else:
        _print_nested(answer)
    return 0


def stress(argv: Sequence[str]) -> int:
    """``stress FILE [PLAN]``: each port and week closed in turn."""
    parser = _parser("stress", "What losing each port in each week would cost.")
    parser.add_argument("file")
    parser.add_argument("plan", nargs="?")
    _budget(parser)
    parser.add_argument("--workers", type=int, default=1, help="processes for the scenarios")
    given = parser.parse_args(argv)
    problem = _problem(given.file)
    old = read_plan(Path(given.plan)) if given.plan else plan_shipments(problem, moves=20_000)
    run = {"seed": given.seed, "cpu_seconds": given.cpu_seconds, "moves": given.iterations}
    if given.workers > 1:
        with ProcessPoolExecutor(max_workers=given.workers) as executor:
            losses = stress_ports(problem, old, executor=executor, **run)
    else:
        losses = stress_ports(problem, old, **run)
    if given.json:
        _print_json([asdict(loss) for loss in losses])
        return 0
    print(f"{'port':5} {'week from':17} {'affected':>8} {'cost':>8} {'late':>5} {'refused':>7}")
    for loss in losses:
        change = f"{loss.cost_percent:+.1f} %"
        figures = f"{loss.affected:8} {change:>8} {loss.late:+5} {loss.refused:+7}"
        print(f"{loss.port:5} {loss.starts_at:17} {figures}")
    return 0


def check(argv: Sequence[str]) -> int:
    """``check FILE PLAN``: judge a plan; 1 when it breaks a promise."""
    parser = _parser("check", "Judge a plan without a solver.")
    parser.add_argument("file")
    parser.add_argument("plan")
    given = parser.parse_args(argv)
    broken = broken_promises(_problem(given.file), read_plan(Path(given.plan)))
    print("\n".join(broken) or "The plan keeps all its promises.")
    return 1 if broken else 0


def generate(argv: Sequence[str]) -> int:
    """``generate``: a seeded problem on standard output."""
    parser = _parser("generate", "Write a seeded problem to standard output.")
    parser.add_argument("--consignments", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tightness", type=int, default=100, help="per cent; 200 halves the capacity")
    given = parser.parse_args(argv)
    if given.tightness < 1:
        parser.error("--tightness is at least 1")
    problem = generate_problem(consignments=given.consignments, seed=given.seed, tightness=given.tightness)
    _print_json(problem.as_document())
    return 0


def network(argv: Sequence[str]) -> int:
    """``network``: the site's tables as a summary or picture, or the schemas of the files."""
    parser = _parser("network", "The network of config/network, its picture, or the schemas of the files.")
    parser.add_argument("--picture", type=Path, help="draw the network as SVG into this file")
    parser.add_argument("--schema", choices=("problem", "plan", "disruption"))
    given = parser.parse_args(argv)
    if given.schema:
        adapters: dict[str, Any] = {"problem": DOCUMENT, "plan": PLAN, "disruption": DISRUPTION}
        _print_json(adapters[given.schema].json_schema(), indent=2)
        return 0
    found = Network.load()
    if given.picture:
        given.picture.write_text(draw_network(found), encoding="utf-8")
    print(f"{len(found.places)} places, {len(found.links)} links, {len(found.lines)} lines")
    rows: list[Place | Link | Vehicle | Line] = [
        *found.places, *found.links, *found.vehicles, *found.lines
    ]  # fmt: skip
    unsure = [row for row in rows if row.confidence == "to be confirmed"]
    print(f"{len(unsure)} of {len(rows)} rows are to be confirmed by the operator:")
    for row in unsure:
        print(f"  {type(row).__name__.lower():8} {row.code}: {row.source}")
    return 0


def _parser(verb: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"python -m routing {verb}", description=description)


def _budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=_whole, default=1)
    parser.add_argument("--cpu-seconds", type=_seconds, help="CPU seconds of solving, children included")
    parser.add_argument("--iterations", type=_whole, help="moves: same seed and moves, same plan")
    parser.add_argument("--json", action="store_true")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError("seconds are above 0")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError("a whole number from 0 on")
    return value


def _problem(file: str) -> Problem:
    if file == "-":
        return problem_from(sys.stdin.buffer.read(), where="standard input")
    return read_problem(Path(file))


def _print_json(document: object, *, indent: int | None = None) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=indent))


def _print_plan(found: Plan) -> None:
    print(f"cost        {found.cost:14,.2f} CNY, {found.co2_kg:,} kg CO2e")
    print(f"bound       {found.bound:14,.2f} over all itineraries: global gap {found.gap_global:.2f} %")
    print(f"pool bound  {found.pool_bound:14,.2f} over those looked at: pool gap {found.gap_pool:.2f} %")
    print(f"{len(found.itineraries)} planned, {len(found.late)} late, {len(found.refused)} refused")
    for refusal in found.refusals[:20]:
        print(f"  {refusal.consignment} refused by {refusal.because}: {refusal.note}")
    print(f"seed {found.seed}, {found.moves} moves, stopped by {found.stopped}")


def _print_nested(answer: object, indent: int = 0) -> None:
    if isinstance(answer, dict):
        for name, value in answer.items():
            if isinstance(value, dict | list | tuple) and value:
                print(f"{' ' * indent}{name}:")
                _print_nested(value, indent + 2)
            else:
                print(f"{' ' * indent}{name}: {value}")
    elif isinstance(answer, list | tuple):
        for value in answer:
            if isinstance(value, dict | list | tuple):
                _print_nested(value, indent + 2)
                print()
            else:
                print(f"{' ' * indent}- {value}")
