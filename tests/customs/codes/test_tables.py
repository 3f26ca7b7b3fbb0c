"""Our code tables hold what the published tables hold; those are oracles here and nowhere else."""

import csv

import pytest

from tests.customs.messages.support import reference
from wms.customs.codes.tables import (
    Table,
    countries,
    currencies,
    in_words,
    status_in_words,
    table,
    zone_table,
)


def published(name: str) -> list[dict[str, str]]:
    with reference("codes", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Table.UNITS, "unit_jgs20.csv"),
        (Table.TRANSPORT_MODES, "transport_mode.csv"),
        (Table.WRAP_TYPES, "wrap_type.csv"),
    ],
)
def test_a_table_has_the_codes_of_the_published_one_and_no_other(ours: Table, theirs: str) -> None:
    assert set(table(ours)) == {row["code"] for row in published(theirs)}


def test_units_are_named_as_the_published_table_names_them() -> None:
    for row in published("unit_jgs20.csv"):
        assert table(Table.UNITS)[row["code"]].zh == row["name_zh"].strip()


def test_supervision_modes_are_the_published_ones_and_the_two_of_2020() -> None:
    added = {row["code"] for row in published("additions.csv") if row["table"] == "supervision_mode"}
    base = {row["code"] for row in published("supervision_mode.csv")}

    assert set(table(Table.SUPERVISION_MODES)) == base | added
    assert added == {"9710", "9810"}


def test_countries_and_currencies_have_letters_and_numbers_side_by_side() -> None:
    for row in published("country_numeric_key_rows.csv"):
        assert countries()[row["numeric"]] is countries()[row["alpha3"]]
    assert {row["code"] for row in published("country_alpha3.csv")} <= set(countries())
    for row in published("currency_numeric.csv"):
        assert currencies()[row["numeric"]] is currencies()[row["alpha3"]]
    assert {row["code"] for row in published("currency_alpha3.csv")} <= set(currencies())
    assert (countries()["142"].code, currencies()["142"].code, countries()["125"].en) == (
        "CHN",
        "CNY",
        "Nepal",
    )


def test_every_published_error_code_is_said_in_our_own_words() -> None:
    """The sentence is ours: none of the published ones is repeated."""
    rows = published("ceb_business_error_codes.csv")
    sentences = {row["message_zh_first_line"].strip() for row in rows if "[" in row["message_zh_first_line"]}
    errors = table(Table.BUSINESS_ERRORS)

    assert set(errors) == {row["code"] for row in rows}
    assert not sentences & {error.zh for error in errors.values()}


def test_no_table_has_an_empty_word() -> None:
    tables = [table(name) for name in Table]
    tables += [countries(), currencies(), zone_table("list_type"), zone_table("result:INV201")]
    for codes in tables:
        for code in codes.values():
            assert code.zh.strip() == code.zh != ""
            assert code.en.strip() == code.en != ""


def test_a_status_is_said_in_words_and_an_unknown_one_as_it_is() -> None:
    assert status_in_words("800", "zh_Hans") == "放行"
    assert status_in_words("-621005", "en") == "above the limit of a single transaction"
    assert status_in_words("777", "en") == "777"
    assert in_words(zone_table("result:SAS223"), "1", "en") == "passed the gate"
