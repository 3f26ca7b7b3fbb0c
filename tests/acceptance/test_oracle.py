"""The oracle reckons a recorded day's whole key from its files, and draws other days of the same kind."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.acceptance.compare import compare, rows_of
from tests.acceptance.day import Day
from tests.acceptance.oracle import retail
from tests.acceptance.oracle.key import Oracle, fault_of_file
from tests.acceptance.oracle.vary import Varied
from tests.acceptance.papers import day_lists, drafted_lists
from tests.reference import acceptance_day


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(acceptance_day())


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((acceptance_day() / "expected.json").read_text("utf-8"))
    for word in ("planted", "seed"):
        found["meta"].pop(word)
    return found


def test_the_recorded_key_is_what_files_and_rules_say(oracle: Oracle, recorded: Mapping[str, Any]) -> None:
    """Two who share no code come to the same figures, section by section."""
    ours = oracle.key()

    for section, content in recorded.items():
        verdict, _ = compare(section, rows_of(section, content), rows_of(section, ours[section]))
        assert verdict.differences == (), section
        assert verdict.is_whole, section


def test_a_list_is_written_as_the_recorded_day_writes_it(oracle: Oracle) -> None:
    """Every field of every CEB621 of the day, but for number, time and signature."""
    day = Day(acceptance_day())
    book = json.loads((day.folder / "registry/account_book.json").read_text("utf-8"))
    texts = [
        retail.list_text(
            accepted,
            rules=day.rules,
            book=book,
            products=oracle.ground.products,
            entries={line["gdsMtno"]: line for line in book["lines"]},
            random=Random(1),
            at="20260520150900",
        )
        for accepted in oracle.ground.effects
    ]
    written = drafted_lists([retail.message("CEB621", texts, random=Random(1))])

    rows = [{"cop_no": number, "message": found} for number, found in written.items()]
    wanted = [{"cop_no": number, "message": found} for number, found in day_lists(day).items()]
    verdict, _ = compare("lists", wanted, rows)
    assert verdict.differences == ()
    assert verdict.is_whole


def test_another_day_is_drawn_whole(tmp_path: Path) -> None:
    """The same seed gives the same day; every message drawn is one the schema takes; every kind of verdict is there."""
    keys = []
    for name in ("one", "two"):
        Varied(acceptance_day(), tmp_path / name, orders=60, seed=7).make()
        keys.append((tmp_path / name / "expected.json").read_bytes())
    key = json.loads(keys[0])

    assert keys[0] == keys[1]
    for path in sorted((tmp_path / "one").glob("*/CEB*.xml")):
        assert fault_of_file(path.read_bytes()) == "", path.name
    assert {row["reason"] for row in key["files"] if "/bad/" not in row["file"]} == {""}
    assert set(key["meta"]["verdicts"]) == {"ACCEPT", "REFUSE", "WAIT"}
    assert {row["kind"] for row in key["discrepancies"]} >= {
        "COUNT_LOT_SWAP", "COUNT_MISPLACED", "COUNT_SHORTAGE", "COUNT_SURPLUS", "RECEIPT_OVER",
    }  # fmt: skip
    assert {row["state"] for row in key["exit_lists"]} == {"BOOKED", "PRE_BOOKED"}
