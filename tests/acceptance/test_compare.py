"""The comparer finds one changed number, wherever it stands, and lets through what means the same."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.compare import SHAPES, compare, rows_of
from tests.reference import acceptance_day

KEY: dict[str, Any] = {
    "meta": {"seed": 7, "orders": 2, "day": "2026-02-03", "verdicts": {"ACCEPT": 1, "WAIT": 1}},
    "files": [{"file": "orders/a.xml", "outcome": "REFUSED", "reason": "XSD", "elements": 0}],
    "elements": [{"file": "b.xml", "doc": "411", "guid": "G-1", "order_no": "N1", "outcome": "SUPERSEDED"}],
    "inbound_lists": [{"list_no": "QD1", "state": "BOOKED", "goods": "IN_ZONE"}],
    "receiving": [
        {"pass_no": "Z1", "list_no": "QD1", "item_no": "TEA", "declared": "60", "received": "58",
         "damaged": "0", "difference": "-2"},
    ],
    "gate": [
        {"pass_no": "Z1", "direction": "I", "lists": ["QD1", "QD2"], "state": "PASSED", "weight_ok": True},
        {"pass_no": "Z2", "direction": "E", "lists": ["QD3"], "state": "APPROVED", "weight_ok": None},
    ],
    "exit_lists": [{"list_no": "QD3", "state": "BOOKED", "goods": "LEFT", "retail_lists": 4, "lines": {"TEA": "6"}}],
    "ledger_stages": [
        {"stage": "S0", "items": {"TEA": {"inc": "30", "redc": "10", "available": "20"}}},
        {"stage": "S1", "items": {"TEA": {"inc": "30", "redc": "10", "available": "20"}}},
    ],
    "orders": {
        "N1": {
            "planted": "clean", "verdict": "ACCEPT", "faults": [], "missing": [], "dutiable_value": "100.10",
            "lines": [{"gnum": 1, "item_no": "TEA", "qty": "2", "vat": "6.31"}],
        },
        "N2": {
            "planted": "amount", "verdict": "REFUSE", "missing": [], "dutiable_value": None,
            "faults": [{"code": "UNIT", "field": "unit", "gnum": 2}, {"code": "AMOUNT", "field": "amountPaid"}],
        },
    },
    "allocation": {"N1": [{"item_no": "TEA", "lot": "L1", "qty": 1}, {"item_no": "TEA", "lot": "L2", "qty": 1}]},
    "yearly_after": {"999999190001010000": "12.34"},
    "discrepancies": [{"kind": "COUNT_SHORTAGE", "item_no": "TEA", "level": "book", "qty": "1"}],
}  # fmt: skip


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a key's section a number stands, also one written as text, also inside a code."""
    if isinstance(value, dict):
        for field, one in value.items():
            yield from numbers(one, (*path, field))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from numbers(one, (*path, place))
    elif not isinstance(value, bool) and any(letter.isdigit() for letter in str(value)):
        yield path


def doctored(value: Any) -> Any:
    """The value with its last digit raised by one."""
    if isinstance(value, int):
        return value + 1
    text = str(value)
    place = max(place for place, letter in enumerate(text) if letter.isdigit())
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def with_change(content: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(content)
    target = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = doctored(target[path[-1]])
    return changed


def is_whole(section: str, key: Any, ours: Any) -> bool:
    return compare(section, rows_of(section, key), rows_of(section, ours))[0].is_whole


def unseen(key: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Every number of a key whose change goes unnoticed, except what is for reports only."""
    return [
        (section, path)
        for section, content in key.items()
        for piece in _pieces(content)
        for path in numbers(piece)
        if path[-1] not in SHAPES[section].spoken | {"seed"}
        and is_whole(section, with_change(piece, path), piece)
    ]


def _pieces(content: Any) -> list[Any]:
    """A section row by row: a change in one cannot be hidden by another, and small pieces compare fast."""
    if isinstance(content, list):
        return [[row] for row in content]
    return [{field: one} for field, one in content.items()]


@pytest.mark.parametrize("section", KEY)
def test_a_section_agrees_with_itself(section: str) -> None:
    assert is_whole(section, KEY[section], copy.deepcopy(KEY[section]))


def test_one_changed_number_anywhere_is_found() -> None:
    assert sum(1 for content in KEY.values() for _ in numbers(content)) > 40
    assert unseen(KEY) == []


@pytest.mark.reference
def test_one_changed_number_anywhere_in_the_reference_key_is_found() -> None:
    """Thousands of single changes, one after the other."""
    key = json.loads((acceptance_day() / "expected.json").read_text("utf-8"))

    assert unseen(key) == []
    for section, content in key.items():
        assert is_whole(section, content, copy.deepcopy(content))


@pytest.mark.parametrize(
    ("section", "ours"),
    [
        ("inbound_lists", []),
        ("inbound_lists", [*KEY["inbound_lists"], {"list_no": "QD9", "state": "BOOKED", "goods": "IN_ZONE"}]),
        ("inbound_lists", KEY["inbound_lists"] * 2),
        ("gate", [{**row, "weight_ok": False} for row in KEY["gate"]]),
        ("gate", [{**row, "weight_ok": None} for row in KEY["gate"]]),
        ("orders", {"N1": KEY["orders"]["N1"], "N2": {**KEY["orders"]["N2"], "faults": []}}),
        ("exit_lists", [{**KEY["exit_lists"][0], "lines": {"TEA": "6", "SHAWL": "1"}}]),
        ("allocation", {"N1": KEY["allocation"]["N1"][:1]}),
    ],
)
def test_what_is_missing_or_too_much_is_found(section: str, ours: Any) -> None:
    assert not is_whole(section, KEY[section], ours)


def test_what_means_the_same_is_the_same() -> None:
    """12.5 is 12.50, 2 is "2", nothing is empty; sets have no order; what was planted is not compared."""
    ours = copy.deepcopy(KEY)
    ours["yearly_after"] = {"999999190001010000": "12.340"}
    ours["orders"]["N1"] |= {"planted": "something else", "dutiable_value": "100.1", "cop_no": None}
    ours["orders"]["N1"]["lines"][0]["qty"] = 2
    ours["orders"]["N2"]["faults"].reverse()
    ours["orders"]["N2"]["faults"][0]["gnum"] = None
    ours["allocation"]["N1"].reverse()
    ours["gate"][0]["lists"] = ["QD2", "QD1"]

    for section, content in KEY.items():
        assert is_whole(section, content, ours[section]), section


@pytest.mark.parametrize(("one", "other"), [
    ("035", "35"), ("1", True), ("10", "1"), ("0.1", "1"), ("100", "1e2"),
    ("12345678901234567890123456789012345678.1", "12345678901234567890123456789012345678.2"),
])  # fmt: skip
def test_what_only_looks_alike_is_not_the_same(one: Any, other: Any) -> None:
    """A unit code keeps its zero, long numbers keep all their digits, yes is not one."""
    row = {"list_no": "QD1", "state": "BOOKED"}
    assert not is_whole("inbound_lists", [{**row, "goods": one}], [{**row, "goods": other}])


def test_parts_are_judged_by_themselves() -> None:
    ours = copy.deepcopy(KEY["orders"])
    ours["N2"]["faults"] = []

    whole, parts = compare("orders", rows_of("orders", KEY["orders"]), rows_of("orders", ours))

    assert (whole.agreed, whole.total) == (1, 2)
    assert parts["clean"].is_whole
    assert not parts["amount"].is_whole
    assert parts["amount"].differences[0].startswith("orders N2 faults: key [")


def test_an_empty_section_is_not_whole() -> None:
    whole, parts = compare("returns", [], [])

    assert not whole.is_whole
    assert parts == {}
