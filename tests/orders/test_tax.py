"""The tax on a parcel: check values of the notice, and an oracle that knows nothing of ours."""

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest

from wms.customs.duty import TaxedLine, Taxes, spread, tax_lines

D = Decimal
REDUCTION = D("0.70")


def line(total: str, *, vat: str = "0.13", consumption: str = "0", duty: str = "0") -> TaxedLine:
    return TaxedLine(total=D(total), duty_rate=D(duty), consumption_tax_rate=D(consumption), vat_rate=D(vat))


@pytest.mark.parametrize(
    ("vat", "consumption", "expected"),
    [
        ("0.13", "0.15", ("123.53", "107.06")),
        ("0.13", "0", ("0.00", "91.00")),
        ("0.09", "0", ("0.00", "63.00")),
        ("0.13", "0.10", ("77.78", "101.11")),
    ],
)
def test_a_parcel_of_1000_yuan_bears_the_published_taxes(
    vat: str, consumption: str, expected: tuple[str, str]
) -> None:
    (found,) = tax_lines(
        [line("1000", vat=vat, consumption=consumption)], extra=D(0), reduction=REDUCTION, in_full=False
    )

    assert (str(found.consumption_tax), str(found.vat), str(found.duty)) == (*expected, "0.00")


def test_above_the_limit_all_taxes_are_due_in_full_and_build_on_each_other() -> None:
    (found,) = tax_lines(
        [line("6000", vat="0.13", consumption="0.15", duty="0.10")],
        extra=D(0),
        reduction=REDUCTION,
        in_full=True,
    )

    # 6000 x 10 %; 6600 / 0.85 x 15 %; 6600 / 0.85 x 13 %
    assert found == Taxes(value=D(6000), duty=D("600.00"), consumption_tax=D("1164.71"), vat=D("1009.41"))


def test_the_dearest_line_takes_what_rounding_left_and_the_first_of_equals() -> None:
    assert spread([D(1), D(1), D(1)], D("1.00")) == [D("0.34"), D("0.33"), D("0.33")]
    assert spread([D(1), D(7), D(7)], D("10.00")) == [D("0.67"), D("4.66"), D("4.67")]
    assert spread([D(0), D(0)], D(6)) == [D(6), D(0)]


def oracle(lines: list[TaxedLine], extra: Decimal, *, in_full: bool) -> list[Taxes]:
    """The same rule in 60-digit decimals, written the long way round."""
    fen = D("0.01")
    with localcontext() as context:
        context.prec = 60
        total = sum((each.total for each in lines), D(0))
        shares = [(extra * each.total / total).quantize(fen, ROUND_HALF_UP) for each in lines]
        dearest = min(range(len(lines)), key=lambda n: (-lines[n].total, n))
        shares[dearest] = extra - (sum(shares, D(0)) - shares[dearest])
        found = []
        for each, share in zip(lines, shares, strict=True):
            value = each.total + share
            duty = value * each.duty_rate if in_full else D(0)
            base = (value + duty) / (1 - each.consumption_tax_rate)
            reduce = D(1) if in_full else REDUCTION
            taxes = (duty, base * each.consumption_tax_rate * reduce, base * each.vat_rate * reduce)
            customs, consumption, vat = (tax.quantize(fen, ROUND_HALF_UP) for tax in taxes)
            found.append(Taxes(value=value, duty=customs, consumption_tax=consumption, vat=vat))
    return found


@pytest.mark.parametrize("in_full", [False, True])
def test_taxes_of_random_parcels_equal_the_oracle(in_full: bool) -> None:
    chance = random.Random(20260520)
    for _ in range(2000):
        lines = [
            line(
                str(D(chance.randint(1, 500_000)).scaleb(-2)),
                vat=chance.choice(["0.09", "0.13"]),
                consumption=chance.choice(["0", "0.05", "0.10", "0.15"]),
                duty=chance.choice(["0", "0.05", "0.15"]),
            )
            for _ in range(chance.randint(1, 6))
        ]
        extra = D(chance.choice([0, chance.randint(1, 9999)])).scaleb(-2)

        found = tax_lines(lines, extra=extra, reduction=REDUCTION, in_full=in_full)
        assert found == oracle(lines, extra, in_full=in_full)
