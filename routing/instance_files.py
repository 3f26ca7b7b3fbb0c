"""What all readers of instance files share: the one error, the limits, checked fields, distances."""

import math
from pathlib import Path

import numpy as np

from routing.errors import BadInput
from routing.rounds import FloatMatrix, IntMatrix


class UnreadableInstance(BadInput):
    """A file that does not keep to its format; the message is one sentence for the person who gave it."""


#: Whole units per unit of distance where full precision counts. Travel times are rounded up, so a
#: round that keeps its windows in whole units keeps them in full precision too.
FINE = 1000

#: Largest number a file may hold: above it, sums of a round could leave 64 bits.
NUMBER_MAX = 10**8

#: Distances are kept for all pairs; beyond this a plan is made district by district.
STOPS_MAX = 2_500

Row = tuple[int, list[str]]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="strict")
    except OSError as error:
        raise UnreadableInstance(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UnreadableInstance(f"{path}: is not a text file.") from error


class Reader:
    """Fields of one file by row and name, each checked where it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, row: int, field: str, why: str) -> UnreadableInstance:
        return UnreadableInstance(f"{self.path}, row {row}, {field}: {why}.")

    def number(self, token: str, row: int, field: str, *, least: float = 0.0) -> float:
        try:
            value = float(token)
        except ValueError:
            raise self.fail(row, field, f"“{token}” is not a number") from None
        if not math.isfinite(value):
            raise self.fail(row, field, f"“{token}” is not a finite number")
        if value < least:
            raise self.fail(row, field, f"{token} is less than {least:g}")
        if abs(value) > NUMBER_MAX:
            raise self.fail(row, field, f"{token} is larger than {NUMBER_MAX}")
        return value

    def whole(self, token: str, row: int, field: str, *, least: int = 0) -> int:
        value = self.number(token, row, field, least=least)
        if value != int(value):
            raise self.fail(row, field, f"{token} is not a whole number")
        return int(value)

    def window(self, opens: float, closes: float, row: int) -> None:
        if closes < opens:
            raise self.fail(row, "due date", f"due at {closes:g}, before it is ready at {opens:g}")


def distances(points: list[tuple[float, float]]) -> FloatMatrix:
    at = np.array(points, dtype=np.float64)
    away: FloatMatrix = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    return away


def cut_to_tenths(distances: FloatMatrix) -> IntMatrix:
    """Tenths, cut: the convention of the least-distance tables; 1e-9 guards against 0.3 * 10 = 2.9999."""
    return np.floor(distances * 10 + 1e-9).astype(np.int64)


def rounded_up(distances: FloatMatrix, units: int) -> IntMatrix:
    return np.ceil(distances * units - 1e-9).astype(np.int64)
