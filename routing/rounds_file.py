from pathlib import Path

from routing.rounds import RoundsProblem


def read_problem(path: Path) -> RoundsProblem:
    raise NotImplementedError
