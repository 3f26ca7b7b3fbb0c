"""What the verbs of the command line share: budgets, problems in, answers out, the bar on a terminal."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from routing.plan import Progress
from routing.problem import Problem, problem_from, read_problem

BAR_WIDTH = 20


def new_parser(verb: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"python -m routing {verb}", description=description)


def add_budget(parser: argparse.ArgumentParser, *, default: str) -> None:
    """``--seed``, ``--cpu-seconds``, ``--iterations``, ``--json``; ``default`` says what holds without."""
    parser.add_argument("--seed", type=whole, default=1)
    parser.add_argument(
        "--cpu-seconds", type=positive, help=f"CPU seconds of solving in all, children included; {default}"
    )
    parser.add_argument("--iterations", type=whole, help="moves of each search: same seed, same plan")
    parser.add_argument("--json", action="store_true")


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**31):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 on")
    return int(text)


def problem_of(file: str) -> Problem:
    """The problem in a file, - for standard input."""
    if file == "-":
        return problem_from(sys.stdin.buffer.read(), where="standard input")
    return read_problem(Path(file))


def positive_whole(text: str) -> int:
    value = whole(text)
    if not value:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return value


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks for the best so far instead of a trace; yields the question whether it was pressed."""
    asked: list[bool] = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def bar(share: float, text: str) -> None:
    """Write one line over the last on a terminal: how much of the budget is gone, and where things stand."""
    full = round(BAR_WIDTH * min(1.0, max(0.0, share)))
    print(f"\r\x1b[K[{'█' * full}{'·' * (BAR_WIDTH - full)}] {text}", end="", file=sys.stderr, flush=True)


def end_bar() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)


def planning_bar(cpu_seconds: float | None, moves: int | None) -> Callable[[Progress], None] | None:
    """The planner's progress as a bar; None when standard error is no terminal."""
    if not sys.stderr.isatty():
        return None

    def show(at: Progress) -> None:
        share = at.moves / moves if moves else at.cpu_seconds / (cpu_seconds or 1.0)
        money = f"cost {at.cost:,.2f}  bound {at.bound:,.2f}  gap {at.gap:.2f} %"
        bar(share, f"{at.phase:10} {at.cpu_seconds:6.1f} CPU s  {money}  {at.moves:,} moves")

    return show


def print_json(document: object, *, indent: int | None = None) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=indent))


def print_nested(answer: object, indent: int = 0) -> None:
    """Names and values as an indented list, for people."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if isinstance(value, dict | list | tuple) and value:
                print(f"{' ' * indent}{name}:")
                print_nested(value, indent + 2)
            else:
                print(f"{' ' * indent}{name}: {value}")
    elif isinstance(answer, list | tuple):
        for value in answer:
            if isinstance(value, dict | list | tuple):
                print_nested(value, indent + 2)
                print()
            else:
                print(f"{' ' * indent}- {value}")
