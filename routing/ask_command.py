"""The verbs that ask about a plan already made: what a disruption does to it, why it is so, what hurts it."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict
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
    print_nested,
    problem_of,
    stoppable,
)
from routing.errors import BadInput
from routing.explain import Explainer
from routing.plan import Plan, read_plan
from routing.planner import DEFAULT_CPU_SECONDS, plan_shipments
from routing.problem import Problem
from routing.replan import DISRUPTION, POINTS, Replanned, remainder, replan_remainder, three_points
from routing.stress import planning_runs
from routing.stress import stress as stress_ports
from routing.stuffing import stuff
from routing.values import parse

REPLAN_SECONDS = 2.0
STRESS_SECONDS = 1.0


def replan(argv: Sequence[str]) -> int:
    """``replan FILE PLAN DISRUPTION``: three points, or one price on change."""
    parser = new_parser("replan", "A new plan after a disruption: keep, balanced, re-optimise side by side.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    parser.add_argument("plan", help="a plan of this problem, as `plan --json` wrote it")
    parser.add_argument("disruption", help="JSON: known_at, closures, cancelled, late, lost")
    parser.add_argument(
        "--change-yuan", type=float, help="one price per changed leg instead of three points (600, 250, 0)"
    )
    add_budget(parser, default=f"shared by the points; {REPLAN_SECONDS:g} if nothing is said")
    given = parser.parse_args(argv)
    if given.change_yuan is not None and not 0 <= given.change_yuan <= 1e9:
        parser.error("--change-yuan is 0 or more")
    problem = problem_of(given.file)
    old, path = _plan_of(problem, given.plan), Path(given.disruption)
    left = remainder(problem, old, parse(DISRUPTION, path.read_bytes(), where=str(path)))
    seconds = given.cpu_seconds
    if seconds is None and given.iterations is None:
        seconds = REPLAN_SECONDS
    if given.change_yuan is None and seconds is not None:
        seconds /= len(POINTS)
    with stoppable() as is_cancelled:
        run: dict[str, Any] = {"seed": given.seed, "cpu_seconds": seconds, "moves": given.iterations}
        run |= {"is_cancelled": is_cancelled, "on_progress": planning_bar(seconds, given.iterations)}
        if given.change_yuan is None:
            points = three_points(left, **run)
        else:
            points = {"asked": replan_remainder(left, change_fen=round(given.change_yuan * 100), **run)}
    end_bar()
    heading = {
        "affected": list(left.affected),
        "arrived": list(left.arrived),
        "frozen": {code: list(way) for code, way in left.frozen.items()},
    }
    if given.json:
        print_json(heading | {"points": {name: _point(point) for name, point in points.items()}})
        return 0
    print(f"{len(left.affected)} affected, {len(left.arrived)} arrived, {len(left.frozen)} have departed")
    for name, point in points.items():
        price = f"{name:11} change at {point.change_fen / 100:6.0f} CNY"
        touched = f"{len(point.displaced)} displaced, {len(point.changed)} others changed"
        outcome = f"{len(point.plan.late)} late, {len(point.plan.refused)} refused"
        print(f"{price}: cost {point.cost_without_change:14,.2f}, {touched}, {outcome}")
    return 0


def _plan_of(problem: Problem, file: str) -> Plan:
    """A plan from a file, judged before anything is built on it."""
    plan = read_plan(Path(file))
    if plan.problem != problem.hash:
        raise BadInput(f"{file}: this plan was made for another problem: the hash differs.")
    broken = broken_promises(problem, plan)
    if broken:
        more = f" ({len(broken) - 1} more faults)" if len(broken) > 1 else ""
        raise BadInput(f"{file}: the plan breaks a promise: {broken[0]}{more}")
    return plan


def _point(point: Replanned) -> dict[str, Any]:
    return {
        "change_yuan": point.change_fen / 100,
        "cost": point.cost_without_change,
        "displaced": list(point.displaced),
        "changed": point.changed,
        "plan": point.plan.as_document(),
    }


def explain(argv: Sequence[str]) -> int:
    """``explain FILE [PLAN]``: one consignment, one port, one departure, or bottlenecks and refusals."""
    parser = new_parser("explain", "Why this itinerary, why not that port; else bottlenecks and refusals.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    parser.add_argument("plan", nargs="?", help="left out: one is made first, within the budget")
    parser.add_argument("--consignment")
    parser.add_argument("--port", help="with --consignment: why not over this place")
    parser.add_argument("--departure", help="how this departure's units are stuffed")
    add_budget(parser, default=f"{DEFAULT_CPU_SECONDS:g} if a plan must be made first")
    given = parser.parse_args(argv)
    if given.port and not given.consignment:
        parser.error("--port needs --consignment")
    problem = problem_of(given.file)
    found = _given_or_made(problem, given.plan, given.seed, given.cpu_seconds, given.iterations)
    explainer = Explainer(problem, found)
    answer: dict[str, Any]
    if given.port:
        answer = {"why_not": explainer.why_not(given.consignment, given.port)}
    elif given.consignment:
        answer = asdict(explainer.why(given.consignment))
    elif given.departure:
        if given.departure not in {load.departure for load in found.departures}:
            raise BadInput(f"Departure {given.departure!r} carries nothing in this plan.")
        answer = asdict(stuff(problem, found, given.departure))
    else:
        answer = {"bottlenecks": explainer.bottlenecks(), "refusals": explainer.refusals()}
    if given.json:
        print_json(answer)
    else:
        print_nested(answer)
    return 0


def _given_or_made(
    problem: Problem, file: str | None, seed: int, seconds: float | None, moves: int | None
) -> Plan:
    if file:
        return _plan_of(problem, file)
    on_progress = planning_bar(seconds or DEFAULT_CPU_SECONDS, moves)
    with stoppable() as is_cancelled:
        made = plan_shipments(
            problem,
            seed=seed,
            cpu_seconds=seconds,
            moves=moves,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
        )
    end_bar()
    return made


def stress(argv: Sequence[str]) -> int:
    """``stress FILE [PLAN]``: each port and week closed in turn."""
    parser = new_parser("stress", "What losing each port in each week would cost.")
    parser.add_argument("file", help="problem as JSON, - for standard input")
    parser.add_argument("plan", nargs="?", help="left out: one is made first, with half the budget")
    add_budget(parser, default=f"shared by all plans; {STRESS_SECONDS:g} for each if nothing is said")
    parser.add_argument("--workers", type=positive_whole, default=1, help="processes for the scenarios")
    given = parser.parse_args(argv)
    problem = problem_of(given.file)
    seconds = given.cpu_seconds
    if seconds is None and given.iterations is None:
        seconds = STRESS_SECONDS * planning_runs(problem) * (1 if given.plan else 2)
    if not given.plan and seconds is not None:
        seconds /= 2
    old = _given_or_made(problem, given.plan, given.seed, seconds, given.iterations)
    run = {"seed": given.seed, "moves": given.iterations}
    each = None if seconds is None else seconds / max(1, planning_runs(problem))
    pool = ProcessPoolExecutor(max_workers=given.workers) if given.workers > 1 else nullcontext()
    with pool as executor:
        losses = stress_ports(problem, old, executor=executor, cpu_seconds=each, **run)
    if given.json:
        print_json([asdict(loss) for loss in losses])
        return 0
    print(f"{'port':5} {'week from':17} {'affected':>8} {'cost':>8} {'late':>5} {'refused':>7}")
    for loss in losses:
        change = f"{loss.cost_percent:+.1f} %"
        figures = f"{loss.affected:8} {change:>8} {loss.late:+5} {loss.refused:+7}"
        print(f"{loss.port:5} {loss.starts_at:17} {figures}")
    return 0
