"""Taxes on a parcel of the retail import (零售进口), line by line. Pure and exact.

Two channels: within the limits, duty is nothing and the other taxes are reduced; one indivisible item above the
single limit bears all of them in full. Each tax of each line is rounded once, half up to the fen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from wms.registry.units import half_up

FEN: Final = 2


@dataclass(frozen=True, kw_only=True)
class TaxedLine:
    """A line as the tax sees it: CNY, and rates as shares of one."""

    total: Decimal
    duty_rate: Decimal
    consumption_tax_rate: Decimal
    vat_rate: Decimal


@dataclass(frozen=True, kw_only=True)
class Taxes:
    """Taxes of one line, CNY with two decimals; `value` is the dutiable value they were reckoned on."""

    value: Decimal
    duty: Decimal
    consumption_tax: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        """All three."""
        return self.duty + self.consumption_tax + self.vat


def spread(totals: Sequence[Decimal], extra: Decimal) -> list[Decimal]:
    """Freight and insurance over the lines by their totals, half up to the fen; the dearest takes the rest.

    Of equally dear lines it is the first. Lines that all cost nothing leave everything to the first.
    """
    whole = sum(totals, Decimal(0))
    if not totals:
        return []
    shares = [
        half_up(Fraction(extra) * Fraction(t) / Fraction(whole), FEN) if whole else Decimal(0) for t in totals
    ]
    shares[totals.index(max(totals))] += extra - sum(shares, Decimal(0))
    return shares


def tax_lines(
    lines: Sequence[TaxedLine], *, extra: Decimal, reduction: Decimal, in_full: bool
) -> list[Taxes]:
    """Taxes of every line; `extra` is freight and insurance, `reduction` the share that is due (0.70)."""
    shares = spread([line.total for line in lines], extra)
    return [
        tax_line(line, value=line.total + share, reduction=reduction, in_full=in_full)
        for line, share in zip(lines, shares, strict=True)
    ]


def tax_line(line: TaxedLine, *, value: Decimal, reduction: Decimal, in_full: bool) -> Taxes:
    """Taxes of one line of that dutiable value."""
    duty = Fraction(value) * Fraction(line.duty_rate) if in_full else Fraction(0)
    due = Fraction(1) if in_full else Fraction(reduction)
    rate = Fraction(line.consumption_tax_rate)
    consumption = (Fraction(value) + duty) / (1 - rate) * rate
    vat = (Fraction(value) + duty + consumption) * Fraction(line.vat_rate)
    return Taxes(
        value=value,
        duty=half_up(duty, FEN),
        consumption_tax=half_up(consumption * due, FEN),
        vat=half_up(vat * due, FEN),
    )
