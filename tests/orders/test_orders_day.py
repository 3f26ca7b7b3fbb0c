"""The orders of a reference day, filed and judged, against its key."""

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from tests.reference import acceptance_day
from wms.customs.doors import receive
from wms.customs.inbox import Outcome
from wms.customs.intake import Desk
from wms.db import run
from wms.kept_key import kept_key
from wms.orders.acceptance import match_orders
from wms.orders.filing import PROCEDURES, set_aside
from wms.orders.verdicts import Match
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.zone import ZoneLoaders

pytestmark = pytest.mark.reference
AT = datetime(2026, 5, 20, 7, tzinfo=UTC)
WORDS = {"ACCEPTED": "ACCEPT", "REFUSED": "REFUSE", "WAITING": "WAIT"}


def test_the_filings_of_a_day_are_set_aside_and_judged_as_its_key_says(
    fresh_database: Database, tmp_path: Path
) -> None:
    day = acceptance_day()
    settings = replace(Settings.load({}), data_dir=tmp_path)
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=0, at=AT, procedures=PROCEDURES)
    files = read_registry(day / "registry")
    assert not isinstance(files, list)
    key = kept_key(tmp_path, "buyers")
    loaders = ZoneLoaders(zone="LXZ", time_zone="Asia/Shanghai", by_id=0, buyer_key=key).all()
    run(
        fresh_database.sessions,
        lambda s: load_registry(s, files, at=AT, day=date(2026, 5, 20), loaders=loaders),
        by_id=0,
        action="registry.load",
    )
    expected = json.loads((day / "expected.json").read_text("utf-8"))
    rows = csv.DictReader((day / "arrivals.csv").read_text("utf-8").splitlines())
    names = [row["file"] for row in rows if row["file"].startswith("orders/")]

    outcomes = {
        name: receive(
            fresh_database.sessions, raw=(day / name).read_bytes(), file_name=name, door="test", desk=desk
        ).outcome
        for name in names
    }
    match_orders(fresh_database.sessions, desk=desk)

    refused = {each["file"] for each in expected["files"] if each["outcome"] == "REFUSED"}
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.REFUSED} == refused
    with fresh_database.sessions() as session:
        found = {(e.file_name, e.guid, e.order_no, e.outcome) for e in set_aside(session)}
        matches = {each.order_no: each for each in session.scalars(select(Match))}
    assert found == {(e["file"], e["guid"], e["order_no"], e["outcome"]) for e in expected["elements"]}
    # Without the day's inbound goods the stock is shorter, so only faults that do not ask for it are compared.
    stocked = {"BOOK_QTY", "SHELF_LIFE"}
    assert matches.keys() == expected["orders"].keys()
    for order_no, wanted in expected["orders"].items():
        ours = matches[order_no]
        rules = {fault["rule"] for fault in ours.faults} - stocked
        if ours.verdict.value == "ACCEPTED":
            assert WORDS[ours.verdict.value] == wanted["verdict"], order_no
            taxes = sum((Decimal(line["vat"]) for line in ours.taxes), Decimal(0))
            assert taxes == Decimal(wanted["vat"]), order_no
        assert rules == {fault["code"] for fault in wanted["faults"]} - stocked, order_no
