"""Bad input gets one sentence with file, row and field; never a trace, never a silent drop."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from routing.errors import BadInput
from routing.generate import generate
from routing.problem import canonical, problem_from

GOOD = generate(consignments=3, seed=1).as_document()


def broken(*path: object, value: object) -> dict[str, Any]:
    """A good document with one value changed."""
    document = json.loads(json.dumps(GOOD))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


BAD = {
    "consignments.0.origin": (broken("consignments", 0, "origin", value="MOON"), "place 'MOON' is unknown"),
    "negative mass": (broken("consignments", 0, "mass_kg", value=-5), "mass_kg"),
    "a mass that is no number": (broken("consignments", 0, "mass_kg", value="NaN"), "mass_kg"),
    "infinite latitude": (broken("network", "places", 0, "latitude", value="Infinity"), "latitude"),
    "due before release": (
        broken("consignments", 0, "due_at", value="2020-01-01T00:00:00Z"),
        "due before release",
    ),
    "arrives before it leaves": (
        broken("departures", 0, "arrives_at", value="2026-08-01T00:00:00Z"),
        "arrives before it leaves",
    ),
    "a circular line": (
        broken("network", "lines", 0, "stops", value=["CAN", "CTU", "CAN"]),
        "circular",
    ),
    "a link nobody built": (broken("network", "lines", 0, "stops", value=["CAN", "KTM"]), "no link"),
    "an unknown vehicle": (broken("network", "lines", 0, "vehicle", value="SLEIGH"), "vehicle 'SLEIGH'"),
    "a clock nobody keeps": (broken("network", "places", 0, "zone", value="Mars/Base"), "time zone"),
    "a time without a zone": (
        broken("consignments", 0, "release_at", value="2026-08-03T00:00:00"),
        "release_at",
    ),
    "a field nobody knows": (broken("consignments", 0, "colour", value="red"), "colour"),
    "a window that ends first": (broken("ends_at", value="2026-01-01T00:00:00Z"), "ends_at"),
    "an earlier plan of nobody": (
        broken("previous", value={"GHOST": ["D1"]}),
        "consignment 'GHOST' is unknown",
    ),
    "a network nobody knows": (
        broken("network", value="defualt"),
        "field network: input should be 'default'",
    ),
    "the row of a fault": (
        broken("consignments", 2, "volume_l", value=0),
        "consignments, row 3, field volume_l",
    ),
    "the same code twice": (broken("consignments", 1, "code", value="C00001"), "given twice"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_named_in_one_sentence(fault: str) -> None:
    document, words = BAD[fault]

    with pytest.raises(BadInput) as refused:
        problem_from(document, where="file.json")

    said = str(refused.value)
    assert said.startswith("file.json: ")
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said


def test_100_000_consignments_are_refused_with_advice() -> None:
    row = GOOD["consignments"][0]
    document = GOOD | {"consignments": [row | {"code": f"C{number}"} for number in range(100_000)]}

    with pytest.raises(BadInput, match="100000 consignments; one plan takes at most"):
        problem_from(document)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(BadInput, match="nvalid JSON"):
        problem_from(b"{not json")


def test_a_problem_survives_its_file() -> None:
    """Written and read, it is the same problem to the hash."""
    made = generate(consignments=5, seed=7)

    assert problem_from(canonical(made.as_document()).encode()).hash == made.hash


def test_the_command_answers_bad_input_with_one_line_and_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(broken("consignments", 0, "mass_kg", value=-5)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "routing", "plan", str(path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "consignments, row 1, field mass_kg" in done.stderr
    assert done.stdout == ""
