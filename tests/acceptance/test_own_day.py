"""A small day of our own, played whole: commands, messages over HTTP, a truck unloaded by scans, the book compared.

The day is the demonstration zone and its first lorry. Its key is reckoned here from the papers alone, with one
number changed on purpose: the runner must find that one and nothing else.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.__main__ import main

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
PASS, LIST = "Z8890I261124000000000911", "QD889026I000000911"
DECLARED = {"ILM-BLK": 48, "NPL-CSH": 24, "NZL-MLK": 60, "NPL-NDL": 120, "JPN-SUN": 36}
ARRIVALS = [
    ("08:30:00", "1-INV101.xml", "INV101"),
    ("08:30:20", "2-INV101-response.xml", "RESPONSE"),
    ("08:52:30", "3-INV201.xml", "INV201"),
    ("09:05:00", "4-SAS121.xml", "SAS121"),
    ("09:05:20", "5-SAS121-response.xml", "RESPONSE"),
    ("09:10:00", "6-SAS221.xml", "SAS221"),
    ("10:01:30", "SAS223.xml", "SAS223"),
]
#: item, lot, expiry, good, damaged, place; two noodles fewer than declared, one can of milk dented
FOUND = [
    ("ILM-BLK", "T2611", "2028-05-31", 48, 0, "LS1-A03-05-1"),
    ("NPL-CSH", "C2611", "", 24, 0, "LS1-A03-05-2"),
    ("NZL-MLK", "M2611", "2028-03-15", 59, 1, "LS1-A03-05-3"),
    ("NPL-NDL", "N2611", "2027-07-20", 118, 0, "LS1-A03-04-1"),
    ("JPN-SUN", "S2611", "2028-09-01", 36, 0, "LS1-C01-04-1"),
]
DENTED = "LS1-Q01-01-1"
PARTS = (
    "ledger_stages:S0_opening,ledger_stages:S1_inbound_lists_approved,ledger_stages:S2_inbound_gate_passed"
)


def write_table(path: Path, header: str, rows: list[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([tuple(header.split(",")), *rows])


def figures(stage: int) -> dict[str, dict[str, str]]:
    """The book by the arithmetic of the trade: approved is 预增, passed is 实增; nothing is available before."""
    book = json.loads((DEMO / "account_book.json").read_text("utf-8"))
    found = {}
    for line in book["lines"]:
        arriving = DECLARED.get(line["gdsMtno"], 0)
        inc, redc = int(line["actlIncQty"]), int(line["actlRedcQty"])
        inc += arriving if stage == 2 else 0
        found[line["gdsMtno"]] = {
            "inc": str(inc), "redc": str(redc), "pre_inc": str(arriving if stage == 1 else 0), "pre_redc": "0",
            "available": str(inc - redc),
        }  # fmt: skip
    return found


def key() -> dict[str, Any]:
    received = {item: (good + damaged, damaged) for item, _, _, good, damaged, _ in FOUND}
    stages = ("S0_opening", "S1_inbound_lists_approved", "S2_inbound_gate_passed")
    return {
        "inbound_lists": [{"list_no": LIST, "state": "PRE_BOOKED", "goods": "IN_ZONE"}],
        "gate": [{"pass_no": PASS, "direction": "I", "lists": [LIST], "state": "PASSED", "weight_ok": True}],
        "receiving": [
            {
                "pass_no": PASS, "list_no": LIST, "item_no": item, "declared": str(declared),
                "received": str(received[item][0]), "damaged": str(received[item][1]),
                "difference": str(received[item][0] - declared),
            }
            for item, declared in DECLARED.items()
        ],
        "ledger_stages": [{"stage": stage, "items": figures(number)} for number, stage in enumerate(stages)],
    }  # fmt: skip


@pytest.fixture
def day(tmp_path: Path) -> Path:
    folder = tmp_path / "day"
    (folder / "registry").mkdir(parents=True)
    (folder / "inbound").mkdir()
    for path in [*DEMO.glob("*.csv"), *DEMO.glob("*.json")]:
        shutil.copy(path, folder / "registry")
    rules = json.loads((DEMO / "rules.json").read_text("utf-8"))
    (folder / "registry" / "rules.json").write_text(json.dumps(rules | {"day": "2026-11-24"}), "utf-8")
    for path in [*(DEMO / "messages").glob("*.xml"), DEMO / "later" / "SAS223.xml"]:
        shutil.copy(path, folder / "inbound")
    arrivals = [
        (number, f"2026-11-24 {at}", f"inbound/{name}", kind)
        for number, (at, name, kind) in enumerate(ARRIVALS, start=1)
    ]
    write_table(folder / "arrivals.csv", "seq,arrived_at,file,kind", arrivals)
    write_table(
        folder / "inbound" / "receiving.csv",
        "received_at,pass_no,item_no,lot,expiry,qty_good,qty_damaged,location,damaged_location,user",
        [
            ("2026-11-24 10:30:00", PASS, item, lot, expiry, good, damaged, place, DENTED, "cangguan")
            for item, lot, expiry, good, damaged, place in FOUND
        ],
    )
    (folder / "expected.json").write_text(json.dumps(key()), "utf-8")
    return folder


def test_a_day_is_played_from_outside_and_one_changed_number_is_found(
    day: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = key()
    changed["receiving"][3]["received"] = "119"
    (day / "expected.json").write_text(json.dumps(changed), "utf-8")

    status = main([str(day), "--require", f"inbound_lists,gate,receiving,{PARTS}"])

    said = capsys.readouterr().out.splitlines()
    assert "inbound_lists: 1/1" in said
    assert "gate: 1/1" in said
    for stage in PARTS.split(","):
        assert f"{stage}: 36/36" in said
    assert "receiving: 4/5" in said
    assert f"    receiving {PASS} {LIST} NPL-NDL received: key 119, ours 118" in said
    assert said[-1].endswith("not whole: receiving")
    assert status == 1
