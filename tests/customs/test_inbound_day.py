"""The inbound half of a reference day, message by message and scan by scan, against its key."""

import csv
import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from tests.reference import acceptance_day
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.doors import receive
from wms.customs.effects import Desk
from wms.customs.gate_pass import GatePass, PassState, find_by_pass_no
from wms.customs.inbox import Outcome
from wms.db import run
from wms.floor import receipt
from wms.floor.lookup import find_goods
from wms.floor.receipt_progress import progress
from wms.ledger.book import Side
from wms.ledger.queries import book_rows, location_by_code
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.zone import ZoneLoaders

pytestmark = pytest.mark.reference
AT = datetime(2026, 5, 20, tzinfo=UTC)
DESK = Desk(
    settings=Settings.load({"WMS_HOLD_OVER_RECEIPT": "false"}), rules=CustomsRules.load(), by_id=1, at=AT
)


@pytest.fixture
def day() -> Path:
    return acceptance_day()


@pytest.fixture
def zone(fresh_database: Database, day: Path) -> Database:
    """The day's registry, loaded and opened."""
    files = read_registry(day / "registry")
    assert not isinstance(files, list)
    loaders = ZoneLoaders(zone="LXZ", time_zone="Asia/Shanghai", by_id=0, buyer_key=b"test").all()
    run(
        fresh_database.sessions,
        lambda s: load_registry(s, files, at=AT, day=date(2026, 5, 20), loaders=loaders),
        by_id=0,
        action="registry.load",
    )
    return fresh_database


def arrivals(day: Path) -> list[Path]:
    rows = csv.DictReader((day / "arrivals.csv").read_text("utf-8").splitlines())
    return [day / row["file"] for row in rows if row["file"].startswith("inbound/")]


def hand_in(zone: Database, files: list[Path]) -> list[Outcome]:
    return [
        receive(zone.sessions, raw=path.read_bytes(), file_name=path.name, door="test", desk=DESK).outcome
        for path in files
    ]


def unload(zone: Database, day: Path) -> None:
    rows = list(csv.DictReader((day / "inbound/receiving.csv").read_text("utf-8").splitlines()))
    for number, row in enumerate(rows):

        def take(session: Session, row: dict[str, str] = row) -> None:
            goods = find_goods(session, row["item_no"])
            place = location_by_code(session, row["location"])
            damaged = location_by_code(session, row["damaged_location"]) if row["damaged_location"] else None
            assert goods is not None
            assert place is not None
            arrived = receipt.Arrived(
                product=goods.products[0],
                lot=row["lot"],
                expiry=date.fromisoformat(row["expiry"]) if row["expiry"] else None,
                good=int(row["qty_good"]),
                damaged=int(row["qty_damaged"]),
                location=place,
                damaged_location=damaged,
            )
            receipt.take(session, row["pass_no"], arrived, by_id=1, at=AT, hold_over=False)

        run(zone.sessions, take, by_id=1, action="receipt.scan")
        if number + 1 == len(rows) or rows[number + 1]["pass_no"] != row["pass_no"]:
            run(
                zone.sessions,
                lambda s, row=row: receipt.close(s, row["pass_no"], by_id=1, at=AT),
                by_id=1,
                action="receipt.close",
            )


def figures(zone: Database) -> dict[str, dict[str, str]]:
    with zone.sessions() as session:
        return {
            row.item_no: {
                "inc": str(row.actual_in),
                "redc": str(row.actual_out),
                "pre_inc": str(row.promised_in),
                "pre_redc": str(row.promised_out),
                "available": str(row.available),
            }
            for row in book_rows(session, book_id=1)
        }


def key(day: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((day / "expected.json").read_text("utf-8"))
    return loaded


def list_states(zone: Database) -> dict[str, str]:
    with zone.sessions() as session:
        return {
            each.list_no: each.state.value
            for each in session.scalars(select(BondedList).where(BondedList.side == Side.IN))
        }


def assert_equal_to_key(zone: Database, day: Path) -> None:
    expected = key(day)
    assert figures(zone) == expected["ledger_stages"][2]["items"]
    assert list_states(zone) == {each["list_no"]: each["state"] for each in expected["inbound_lists"]}
    with zone.sessions() as session:
        rows = book_rows(session, book_id=1)
        assert all(row.law_holds for row in rows)
        passes = {
            each.pass_no: (each.state.value, each.weight_ok)
            for each in session.scalars(select(GatePass).where(GatePass.side == Side.IN))
        }
        found = [
            {
                "pass_no": each.pass_no,
                "list_no": line.list_no,
                "item_no": line.item_no,
                "declared": str(line.declared),
                "received": str(line.received),
                "damaged": str(line.damaged),
                "difference": str(line.difference),
            }
            for each in session.scalars(select(GatePass).where(GatePass.receipt_closed_at.is_not(None)))
            for line in progress(session, each)
        ]
    assert passes == {
        each["pass_no"]: (each["state"], each["weight_ok"])
        for each in expected["gate"]
        if each["direction"] == "I"
    }
    order = lambda row: (row["pass_no"], row["item_no"])  # noqa: E731
    assert sorted(found, key=order) == sorted(expected["receiving"], key=order)


def test_the_inbound_day_agrees_with_its_key(zone: Database, day: Path) -> None:
    assert figures(zone) == key(day)["ledger_stages"][0]["items"]
    files = arrivals(day)
    approved = [path for path in files if not path.name.endswith(("SAS223.xml", "INV211.xml", "-again.xml"))]

    hand_in(zone, approved)
    assert figures(zone) == key(day)["ledger_stages"][1]["items"]

    outcomes = hand_in(zone, [path for path in files if path not in approved])
    unload(zone, day)

    assert outcomes.count(Outcome.REPEATED) == 1
    assert_equal_to_key(zone, day)


@pytest.mark.parametrize("seed", range(4))
def test_messages_in_any_order_and_twice_end_in_one_state(zone: Database, day: Path, seed: int) -> None:
    """Receipts wait for the documents they belong to; a repeated one has no effect."""
    files = arrivals(day) * 2
    random.Random(seed).shuffle(files)

    outcomes = hand_in(zone, files)
    unload(zone, day)

    assert Outcome.WAITING in outcomes
    assert Outcome.REFUSED not in outcomes
    assert_equal_to_key(zone, day)


def test_a_truck_unloaded_before_the_gate_reports_it_is_linked_afterwards(zone: Database, day: Path) -> None:
    """The floor never waits for a receipt: moved first, booked later, linked in full, shortages by case."""
    late = [path for path in arrivals(day) if "SAS223" in path.name or "INV211" in path.name]
    hand_in(zone, [path for path in arrivals(day) if path not in late])
    unload(zone, day)

    hand_in(zone, late)

    assert_equal_to_key(zone, day)
    with zone.sessions() as session:
        rows = {row.item_no: row for row in book_rows(session, book_id=1)}
    short = rows["IN-SAR-001"]
    assert (short.booked_not_arrived, short.in_cases) == (0, -2)


def test_a_pass_is_received_only_when_customs_approved_it(zone: Database, day: Path) -> None:
    hand_in(zone, [path for path in arrivals(day) if "SAS221" not in path.name and "SAS223" not in path.name])
    with zone.sessions() as session:
        waiting = session.scalars(select(GatePass)).first()
        assert waiting is not None
        assert waiting.state is PassState.DECLARED
        with pytest.raises(receipt.NoSuchPass):
            receipt.find_receivable(session, "Z8899I260520000000000001")


def test_customs_booking_other_quantities_opens_a_case(zone: Database, day: Path) -> None:
    """INV211 of an inbound list confirms it; its lines must equal the list."""
    files = {path.name: path for path in arrivals(day)}
    hand_in(zone, [path for path in files.values() if "INV211" not in path.name])
    doctored = files["L1-INV211.xml"].read_bytes().replace(b"<inQty>60</inQty>", b"<inQty>59</inQty>", 1)

    receive(zone.sessions, raw=doctored, file_name="L1-INV211.xml", door="test", desk=DESK)

    with zone.sessions() as session:
        from wms.customs.cases import CaseKind, open_cases

        cases = [case for case in open_cases(session) if case.kind is CaseKind.BOOKED_OTHERWISE]
    assert [(case.item_no, case.quantity) for case in cases] == [("DE-MLK-002", 1)]


def test_a_weight_beyond_the_tolerance_raises_an_alert(zone: Database, day: Path) -> None:
    hand_in(zone, arrivals(day))
    with zone.sessions() as session:
        from wms.alerts import open_alerts

        kinds = [alert.subject for alert in open_alerts(session) if alert.kind == "gate.weight"]
        heavy = find_by_pass_no(session, "Z8899I260520000000000005")
    assert kinds == ["Z8899I260520000000000005"]
    assert heavy is not None
    assert heavy.collected_kg is not None
    assert heavy.collected_kg > heavy.total_kg * Decimal("1.03")


def test_a_returned_list_takes_back_its_promise(zone: Database, day: Path) -> None:
    files = {path.name: path for path in arrivals(day)}
    hand_in(zone, [files[name] for name in ("L1-INV101.xml", "L1-INV101-response.xml", "L1-INV201.xml")])
    assert figures(zone)["DE-MLK-002"]["pre_inc"] == "60"
    returned = (
        files["L1-INV201.xml"]
        .read_bytes()
        .replace(b"<manageResult>4<", b"<manageResult>3<")
        .replace(b"<manageDate>2026-05-20 06:31:30<", b"<manageDate>2026-05-20 07:31:30<")
    )

    receive(zone.sessions, raw=returned, file_name="L1-INV201-3.xml", door="test", desk=DESK)

    assert figures(zone)["DE-MLK-002"]["pre_inc"] == "0"
    assert list_states(zone) == {"QD889926I000000101": ListState.RETURNED.value}
