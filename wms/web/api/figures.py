"""Numbers as the API writes them: exact, as text, never with an exponent."""

from decimal import Decimal


def money(value: Decimal) -> str:
    """CNY with two decimals, or as many as it has."""
    short = value.quantize(Decimal("0.01"))
    return str(short) if short == value else quantity(value)


def quantity(value: Decimal) -> str:
    """A quantity without trailing zeros."""
    return f"{value.normalize():f}"
