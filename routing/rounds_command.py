"""`python -m routing rounds FILE`: plans the rounds of a published instance or of our own JSON problem."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from routing.benchmarks import Format, Objective, read_rounds
from routing.instance_files import UnreadableInstance
from routing.rounds import RoundsProblem
from routing.rounds_child import Cancelled, ChildFailed
from routing.rounds_limits import Limit, OnProgress, Progress, silent
from routing.rounds_plan import Engine, NotInItsWords, RoundsPlan, plan_rounds

UNLIMITED_SECONDS = 3600.0
"""The clock's guard when only iterations limit the run."""


def main(argv: Sequence[str]) -> int:
    """Plan, print, and say 0; 2 with one sentence on standard error when the input is not understood."""
    options = _parser().parse_args(argv)
    if options.schema:
        from routing.rounds_file import SCHEMA  # noqa: PLC0415 - pydantic is loaded for our own files only

        print(json.dumps(SCHEMA, indent=2))
        return 0
    if not options.file:
        print("rounds: name a file.", file=sys.stderr)
        return 2
    try:
        problem = _read(options)
        cpu_seconds = options.cpu_seconds or (UNLIMITED_SECONDS if options.iterations else 10.0)
        with stopped_twice() as enough:
            plan = plan_rounds(
                problem,
                limit=Limit(cpu_seconds=cpu_seconds, iterations=options.iterations, enough=enough),
                seed=options.seed,
                engine=Engine(options.engine),
                on_progress=_progress(),
            )
    except (UnreadableInstance, NotInItsWords, ChildFailed) as no:
        print(f"rounds: {no}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Cancelled):
        print("rounds: stopped before an answer.", file=sys.stderr)
        return 130
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(json.dumps(as_json(problem, plan), ensure_ascii=False) if options.json else as_text(problem, plan))
    return 0


@contextmanager
def stopped_twice() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks for the best so far, the second ends the run; yields the question for the first."""
    asked: list[bool] = []

    def hear(*_: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def as_json(problem: RoundsProblem, plan: RoundsPlan) -> dict[str, object]:
    """The answer as documented: routes hold customer numbers as in the file."""
    return {
        "cost": plan.cost,
        "vehicles": len(plan.rounds),
        "routes": [[problem.stops[stop].number for stop in each.stops] for each in plan.rounds],
        "vehicle_of_route": [problem.vehicles[each.vehicle].name for each in plan.rounds],
        "engine": str(plan.engine),
        "accepted_by": plan.accepted_by,
        "cpu_seconds": round(plan.cpu_seconds, 3),
        "iterations": plan.iterations,
        "refused": [{"stop": each.number, "rule": each.rule, "why": each.why} for each in plan.refused],
        "repaired": [{"round": each.round, "rule": each.rule} for each in plan.failures],
    }


def as_text(problem: RoundsProblem, plan: RoundsPlan) -> str:
    head = (
        f"{problem.name}: cost {plan.cost:,.2f} with {len(plan.rounds)} vehicles, proposed by {plan.engine},"
        f" accepted by {plan.accepted_by}, {plan.cpu_seconds:.1f} CPU s"
    )
    lines = [head]
    for number, each in enumerate(plan.rounds, start=1):
        stops = " ".join(str(problem.stops[stop].number) for stop in each.stops)
        lines.append(f"{number:4d}  {problem.vehicles[each.vehicle].name}: {stops}")
    lines += [f"refused: {each.why}" for each in plan.refused]
    lines += [f"mended: the proposal broke “{each.rule}”" for each in plan.failures]
    return "\n".join(lines)


def _read(options: argparse.Namespace) -> RoundsProblem:
    path = Path(options.file)
    if path.suffix.lower() == ".json":
        from routing.rounds_file import read_problem  # noqa: PLC0415 - as above

        return read_problem(path)
    objective = Objective(options.objective) if options.objective else None
    return read_rounds(path, objective=objective, kind=Format(options.format) if options.format else None)


def _progress() -> OnProgress:
    """A line on the terminal that is written over; nothing when standard error is no terminal."""
    if not sys.stderr.isatty():
        return silent

    def show(at: Progress) -> None:
        text = f"{at.cpu_seconds:6.1f} CPU s  cost {at.cost:,.1f}  {_vehicles(at)}{at.phase}"
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    return show


def _vehicles(at: Progress) -> str:
    return f"vehicles {at.vehicles}  " if at.vehicles else ""


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def count(text: str) -> int:
    value = int(text)
    if not 0 < value < 10**9:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing rounds", description=__doc__)
    parser.add_argument(
        "file", nargs="?", help="VRPTW, CVRP, pickup-and-delivery or mixed-fleet file, or our JSON problem"
    )
    parser.add_argument("--objective", choices=[str(each) for each in Objective])
    parser.add_argument("--format", choices=[str(each) for each in Format])
    parser.add_argument("--engine", choices=[str(each) for each in Engine], default=str(Engine.AUTO))
    parser.add_argument(
        "--cpu-seconds", type=positive, help="solving of all processes; 10 if nothing is said"
    )
    parser.add_argument("--iterations", type=count, help="same seed and iterations: the same rounds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of our own problem")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
