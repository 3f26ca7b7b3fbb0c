"""One grammar for every scan."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.code_types import Code
from devices.codes import (
    BatchCode,
    ControlCode,
    DocumentCode,
    Doubt,
    Grammar,
    GtinCode,
    HandlingUnitCode,
    LabelKind,
    LocationCode,
    LotCode,
    ParcelCode,
    PersonCode,
    ProductCode,
    UnknownCode,
    encode_label,
    parse_code,
    readings_of,
)
from devices.own_labels import ALPHABET, UnprintableLabel, check_characters, decode_label
from tests.devices.code_corpus import corpus, with_check

CORPUS = corpus()
PRINTABLE = "".join(sorted(set(string.printable) - set("\t\n\r\x0b\x0c")))
FIELD_OF = {
    LabelKind.LOT: (LotCode, "lot"),
    LabelKind.LOCATION: (LocationCode, "location"),
    LabelKind.HANDLING_UNIT: (HandlingUnitCode, "number"),
    LabelKind.PRODUCT: (ProductCode, "item_no"),
    LabelKind.PARCEL: (ParcelCode, "waybill"),
    LabelKind.DOCUMENT: (DocumentCode, "number"),
    LabelKind.PERSON: (PersonCode, "badge"),
    LabelKind.CONTROL: (ControlCode, "command"),
}


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CORPUS) >= 400
    assert len({case[0] for case in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize(("text", "kind", "fields"), CORPUS, ids=[repr(case[0])[:60] for case in CORPUS])
def test_a_scan_means_what_it_says(text: str, kind: type[Code], fields: dict[str, object]) -> None:
    code = parse_code(text)

    assert type(code) is kind, code
    assert {name: getattr(code, name) for name in fields} == fields


@settings(deadline=None)
@given(kind=st.sampled_from(LabelKind), payload=st.text(PRINTABLE, min_size=1, max_size=13))
def test_what_is_printed_on_our_label_is_what_is_read(kind: LabelKind, payload: str) -> None:
    """Whatever a supplier calls a lot, its label says that and nothing else, in digits and capitals."""
    label = encode_label(kind, payload)

    assert set(label) <= set(ALPHABET)
    expected, field = FIELD_OF[kind]
    code = parse_code(label)
    assert type(code) is expected
    assert getattr(code, field) == payload


def test_no_single_wrong_character_and_no_swap_of_neighbours_passes() -> None:
    label = encode_label(LabelKind.LOT, "LWIN02540-B")

    for at, right in enumerate(label):
        for wrong in set(ALPHABET) - {right}:
            assert decode_label_quietly(label[:at] + wrong + label[at + 1 :]) is None
    for at in range(len(label) - 1):
        if label[at] != label[at + 1]:
            swapped = label[:at] + label[at + 1] + label[at] + label[at + 2 :]
            assert decode_label_quietly(swapped) is None


def decode_label_quietly(label: str) -> object:
    return decode_label(label)


@pytest.mark.parametrize("payload", ["", "批次", "a\nb", "X" * 41])
def test_what_a_label_cannot_carry_is_refused_in_words(payload: str) -> None:
    with pytest.raises(UnprintableLabel):
        encode_label(LabelKind.LOT, payload)


@pytest.mark.parametrize("head", ["L2", "Q1", "B7"])
def test_a_label_of_a_later_version_is_named_as_such(head: str) -> None:
    """The check fits, so it is ours; guessing what it means would be worse than asking for an update."""
    body = head + "ABC123"

    code = parse_code(body + check_characters(body))

    assert isinstance(code, UnknownCode)
    assert code.doubt is Doubt.NEWER_LABEL


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_nothing_that_can_be_scanned_raises(text: str) -> None:
    assert parse_code(text) is not None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_that_can_be_scanned_raise(raw: bytes) -> None:
    assert parse_code("]C1" + raw.decode("latin-1")) is not None
    assert parse_code("01" + raw.decode("latin-1")) is not None


def test_a_station_decides_between_two_readings() -> None:
    """Eighteen digits with a customs number's shape may also be an SSCC: the station knows, not luck."""
    number = next(
        candidate
        for at in range(100)
        if (candidate := f"2026000000000{at:05d}") == with_check(candidate[:-1])
    )

    assert isinstance(parse_code(number), DocumentCode)
    assert isinstance(parse_code(number, expect=[HandlingUnitCode]), HandlingUnitCode)
    assert isinstance(parse_code(number, expect=[LotCode]), DocumentCode)


def test_a_lot_that_could_be_anything_is_taken_where_a_batch_is_awaited() -> None:
    text = "10" + "6141412345678908"

    assert isinstance(parse_code(text, expect=[BatchCode]), BatchCode)
    assert isinstance(parse_code(text), HandlingUnitCode)


def test_a_scanners_own_separator_is_understood_when_it_is_declared() -> None:
    text = f"01{with_check('1690123456789')}10LOT|17271231"

    declared = parse_code(text, grammar=Grammar(separators=("|",)))

    assert isinstance(declared, GtinCode)
    assert declared.lot == "LOT"
    assert declared.expires_on is not None
    assert not isinstance(parse_code(text), GtinCode)


def test_a_gtin_is_found_under_every_form_it_may_be_filed() -> None:
    code = parse_code(with_check("03600029145"))

    assert isinstance(code, GtinCode)
    assert code.forms == ("00036000291452", "0036000291452", "036000291452")


def test_every_reading_is_told_likeliest_first() -> None:
    kinds = [type(reading) for reading in readings_of(with_check("10614141234567890"))]

    assert kinds == [HandlingUnitCode, BatchCode, UnknownCode]
