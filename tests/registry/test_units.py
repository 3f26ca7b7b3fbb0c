"""Units hold exactly: sums of pieces equal the line, and nothing is lost between bin and declaration."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.registry.units import (
    Factors,
    UnitsDoNotDivide,
    declared_quantity,
    first_quantity,
    half_up,
    second_quantity,
    shares,
    stock_quantity,
)

CAN = Factors(declared=Fraction(1), first=Fraction(9, 10))
SAFFRON = Factors(declared=Fraction(1, 1000), first=Fraction(1), second=Fraction(1000))
CASE_OF_SIX = Factors(declared=Fraction(1, 6), first=Fraction(9, 2))


@pytest.mark.parametrize(("exact", "written"), [
    (Fraction(1, 3), "0.33333"), (Fraction(2, 3), "0.66667"),
    (Fraction(5, 10**6), "0.00001"), (Fraction(-5, 10**6), "-0.00001"), (Fraction(499, 10**8), "0.00000"),
])  # fmt: skip
def test_a_half_goes_away_from_zero(exact: Fraction, written: str) -> None:
    assert half_up(exact) == Decimal(written)


def test_cans_become_kilograms() -> None:
    assert declared_quantity(36, CAN) == 36
    assert first_quantity(Decimal(36), CAN) == Decimal("32.4")
    assert second_quantity(Decimal(36), CAN) is None


def test_goods_kept_in_grams_are_declared_in_kilograms() -> None:
    assert declared_quantity(1250, SAFFRON) == Decimal("1.25")
    assert stock_quantity(Decimal("1.25"), SAFFRON) == 1250
    assert second_quantity(Decimal("1.25"), SAFFRON) == 1250


def test_a_declared_quantity_that_is_no_whole_piece_is_refused() -> None:
    """Half a can cannot stand on a shelf; the document is asked to mend its number."""
    with pytest.raises(UnitsDoNotDivide, match=r"2\.5 of the declared unit"):
        stock_quantity(Decimal("2.5"), CAN)
    assert stock_quantity(Decimal("2.5"), CASE_OF_SIX) == 15


def test_the_last_piece_takes_the_remainder() -> None:
    assert shares(Decimal("1.00000"), [1, 1, 1]) == [
        Decimal("0.33333"),
        Decimal("0.33333"),
        Decimal("0.33334"),
    ]
    assert shares(Decimal(48), [56, 4]) == [Decimal("44.80000"), Decimal("3.20000")]
    assert shares(Decimal(5), []) == []


def test_an_empty_piece_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        shares(Decimal(5), [5, 0])


@settings(deadline=None)
@given(st.decimals("0.00001", "99999", places=5), st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_pieces_add_up_to_their_line_and_none_is_negative(line: Decimal, pieces: list[int]) -> None:
    parts = shares(line, pieces)

    assert sum(parts) == line
    assert all(part >= 0 for part in parts)


@settings(deadline=None)
@given(st.integers(0, 10**9), st.fractions("1/1000", 1000, max_denominator=1000))
def test_declared_stock_comes_back_where_the_factor_is_short(stock: int, factor: Fraction) -> None:
    factors = Factors(declared=factor, first=Fraction(1))
    declared = stock * factor
    if (declared * 10**5).denominator == 1:
        assert stock_quantity(declared_quantity(stock, factors), factors) == stock
