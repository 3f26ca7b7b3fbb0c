"""Units: stock unit → declared unit → first and second statutory unit, exactly.

Stock is counted in whole stock units. What a document says in another unit is that number times a fraction,
so nothing is lost between the bin and the declaration; only what is written on a document is rounded, half up
to 5 decimals, the last piece of a line taking what rounding left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from wms.errors import Refusal
from wms.i18n import N_

#: Decimals customs' documents hold (N19,5).
DECIMALS: Final = 5


class UnitsDoNotDivide(Refusal):
    """A declared quantity that is no whole number of stock units: the document is at fault."""

    message = N_("{quantity} of the declared unit is {exact} of the stock unit, not a whole number.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What one unit is in the next: declared per stock unit, statutory per declared unit."""

    declared: Fraction
    first: Fraction
    second: Fraction | None = None

    def __post_init__(self) -> None:
        assert self.declared > 0
        assert self.first > 0
        assert self.second is None or self.second > 0


def half_up(exact: Fraction, decimals: int = DECIMALS) -> Decimal:
    """The nearest number with that many decimals; a half goes away from zero."""
    scale = 10**decimals
    units = (abs(exact) * scale * 2 + 1) // 2
    return Decimal(-units if exact < 0 else units).scaleb(-decimals)


def declared_quantity(stock: int, factors: Factors) -> Decimal:
    """So many stock units in the declared unit, half up to 5 decimals."""
    return half_up(stock * factors.declared)


def stock_quantity(declared: Decimal, factors: Factors) -> int:
    """So much of the declared unit in whole stock units; refuses what does not divide."""
    exact = Fraction(declared) / factors.declared
    if exact.denominator != 1:
        raise UnitsDoNotDivide(quantity=declared, exact=half_up(exact))
    return exact.numerator


def first_quantity(declared: Decimal, factors: Factors) -> Decimal:
    """So much of the declared unit in the first statutory unit, half up to 5 decimals."""
    return half_up(Fraction(declared) * factors.first)


def second_quantity(declared: Decimal, factors: Factors) -> Decimal | None:
    """So much of the declared unit in the second statutory unit; None where the tariff asks for none."""
    return None if factors.second is None else half_up(Fraction(declared) * factors.second)


def shares(line: Decimal, pieces: Sequence[int]) -> list[Decimal]:
    """A document line's quantity over its pieces, by their stock units; the last takes the remainder.

    A line is converted once; its pieces (lots, trucks, parcels) are shares of that number and add up to it.
    No piece takes more than is left, so none is negative however small the line.
    """
    whole = sum(pieces)
    if any(piece <= 0 for piece in pieces):
        raise ValueError("a piece of a line holds at least one stock unit")
    left = line
    taken = []
    for piece in pieces[:-1]:
        taken.append(min(half_up(Fraction(line) * piece / whole), left))
        left -= taken[-1]
    return [*taken, left] if pieces else []
