"""Single values at their edges: what fits the schema, what means something, what is written."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from wms.customs.messages.wire.forms import (
    N19_5,
    CountOf,
    Float,
    Form,
    Number,
    Text,
    Unreadable,
    Whole,
    exactly,
)
from wms.customs.messages.wire.times import CHINA, STAMP, STAMP_DAY, STAMP_MS, AnyTime, Iso, Spaced

NOON = datetime(2026, 5, 20, 12, 0, 5, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (N19_5, "12.50", Decimal("12.50")),
        (N19_5, " +007.10 ", Decimal("7.10")),
        (N19_5, "99999999999999.99999", Decimal("99999999999999.99999")),
        (N19_5, "-0.00001", Decimal("-0.00001")),
        (Number(default="0"), "", Decimal(0)),
        (Whole(), "-2147483648", -(2**31)),
        (Float(), "1.5e3", Decimal(1500)),
        (CountOf(form=Float()), "3.0", 3),
        (exactly(3), " 1 ", " 1 "),
        (STAMP, "20260520120005", NOON),
        (STAMP_MS, "20260520120005123", NOON.replace(microsecond=123_000)),
        (STAMP_DAY, "20260520", date(2026, 5, 20)),
        (Spaced(), "2026-05-20 12:00:05", NOON),
        (Spaced(), "", None),
        (Spaced(day=True), "2026-05-20", date(2026, 5, 20)),
        (Iso(), "2026-05-20T12:00:05", NOON),
        (Iso(), "2026-05-20T04:00:05Z", NOON),
        (Iso(day=True), "2026-05-20", date(2026, 5, 20)),
        (AnyTime(forms=(Iso(), STAMP_DAY)), "20260520", date(2026, 5, 20)),
        (AnyTime(forms=(Iso(), STAMP_DAY)), "2026-05-20T12:00:05", NOON),
    ],
)
def test_a_right_text_is_read_and_what_is_written_is_read_as_the_same(
    form: Form, text: str, value: object
) -> None:
    assert form.fault(text) is None
    assert form.read(text) == value
    if value is not None:
        assert form.read(form.write(value)) == value


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (N19_5, "100000000000000.000001"),
        (N19_5, "1.123456"),
        (N19_5, "1e5"),
        (N19_5, ""),
        (N19_5, "１２"),
        (Number(above=0), "0"),
        (Number(from_=0), "-0.1"),
        (Number(below=10), "10"),
        (Whole(), "2147483648"),
        (Whole(), "1.0"),
        (Whole(total=4), "12345"),
        (Whole(), "9" * 10_000),
        (exactly(3), "12"),
        (exactly(3), "1234"),
        (Text(least=1), ""),
        (Text(choices=frozenset({"a"})), "b"),
        (STAMP, "2026052012000"),
        (Spaced(), "2026-13-20 12:00:05"),
        (Iso(), "2026-05-20T24:00:01"),
        (Iso(), "2026-02-29T00:00:00"),
        (Iso(day=True), "0000-01-01"),
        (AnyTime(forms=(Iso(), STAMP_DAY)), "2026-05-20"),
    ],
)
def test_a_text_that_does_not_fit_has_a_fault(form: Form, text: str) -> None:
    assert form.fault(text) is not None


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (STAMP, "20260230120000"),
        (STAMP, "20260520250000"),
        (STAMP, "ABCDEFGHIJKLMN"),
        (STAMP, "２０２６０５２０１２００００"),
        (Spaced(), "2026-02-30 12:00:05"),
        (Spaced(day=True), "2026-02-31"),
        (Iso(), "2026-05-20T24:00:00"),
        (Iso(), "0001-01-01T00:00:00+14:00"),
        (Iso(), "12026-05-20T00:00:00"),
        (Iso(day=True), "2026-05-20Z"),
        (Float(), "NaN"),
        (Float(), "-INF"),
        (Float(), "1e"),
        (Float(), "1e400"),
        (CountOf(form=Float()), "1.5"),
    ],
)
def test_what_fits_the_schema_and_means_nothing_is_not_read(form: Form, text: str) -> None:
    """The schema counts characters; a person reads them."""
    assert form.fault(text) is None
    with pytest.raises(Unreadable):
        form.read(text)
