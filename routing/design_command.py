"""`python -m routing design FILE`: designs a fixed-charge network, with a lower bound on any design."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from routing.design import NOTHING, DesignProblem
from routing.design_file import read_design
from routing.design_search import DesignPlan, NoDesign, plan_design
from routing.instance_files import UnreadableInstance
from routing.rounds_command import UNLIMITED_SECONDS, count, positive
from routing.rounds_limits import Limit, OnProgress, Progress, silent


def main(argv: Sequence[str]) -> int:
    """Design, print, and say 0; 2 with one sentence on standard error when it cannot be done."""
    options = _parser().parse_args(argv)
    cpu_seconds = options.cpu_seconds or (UNLIMITED_SECONDS if options.iterations else 60.0)
    limit = Limit(cpu_seconds=cpu_seconds, iterations=options.iterations)
    try:
        problem = read_design(Path(options.file))
        plan = plan_design(problem, limit=limit, seed=options.seed, on_progress=_progress())
    except (UnreadableInstance, NoDesign) as no:
        print(f"design: {no}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("design: stopped before an answer.", file=sys.stderr)
        return 130
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(json.dumps(as_json(problem, plan)) if options.json else as_text(problem, plan))
    return 0


def as_json(problem: DesignProblem, plan: DesignPlan) -> dict[str, object]:
    """Flows are [commodity, tail, head, amount]: commodities from 0 in file order, nodes as in the file."""
    flow = plan.design.flow
    return {
        "cost": plan.cost,
        "bound": plan.bound,
        "gap": gap(plan),
        "flows": [
            [
                int(commodity),
                int(problem.tail[arc]) + problem.first_node,
                int(problem.head[arc]) + problem.first_node,
                round(float(flow[arc, commodity]), 9),
            ]
            for commodity, arc in zip(*(flow.T > NOTHING).nonzero(), strict=True)
        ],
        "cpu_seconds": round(plan.cpu_seconds, 3),
        "steps": plan.steps,
    }


def gap(plan: DesignPlan) -> float:
    """Per cent of the bound."""
    return round(100 * (plan.cost - plan.bound) / abs(plan.bound), 4) if plan.bound else 0.0


def as_text(problem: DesignProblem, plan: DesignPlan) -> str:
    opened = (plan.design.flow.sum(axis=1) > NOTHING).nonzero()[0]
    head = (
        f"{problem.name}: cost {plan.cost:,.0f}, bound {plan.bound:,.0f}, global gap {gap(plan):.2f} %,"
        f" {len(opened)} of {problem.arcs} arcs open, {plan.cpu_seconds:.1f} CPU s"
    )
    lines = [head]
    for arc in opened:
        load, room = plan.design.flow[arc].sum(), problem.capacity[arc]
        tail, head = problem.tail[arc] + problem.first_node, problem.head[arc] + problem.first_node
        lines.append(f"{tail:5d} → {head:<5d} {load:10,.0f} of {room:,.0f}")
    return "\n".join(lines)


def _progress() -> OnProgress:
    if not sys.stderr.isatty():
        return silent

    def show(at: Progress) -> None:
        text = f"{at.cpu_seconds:6.1f} CPU s  cost {at.cost:,.0f}  bound {at.bound or 0:,.0f}  {at.phase}"
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    return show


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing design", description=__doc__)
    parser.add_argument("file", help="a Canad .dow file")
    parser.add_argument("--cpu-seconds", type=positive, help="60 if nothing is said")
    parser.add_argument("--iterations", type=count, help="neighbourhoods to search")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
