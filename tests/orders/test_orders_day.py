"""The orders of a reference day, filed and judged, against its key."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import select, update

from tests.acceptance.compare import compare
from tests.acceptance.papers import drafted_lists
from tests.customs.messages.oracles import retail_schema
from tests.databases import Database, QueryRecorder
from tests.orders.retail_day import RetailDay, begin
from tests.reference import acceptance_day
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.editions import CEB_2022_05
from wms.customs.messages.signing.software import verify
from wms.customs.signing_key import signing_key
from wms.db import Acting
from wms.orders.filing import set_aside
from wms.orders.verdicts import Match
from wms.outbox import OutboxMessage

pytestmark = pytest.mark.reference
WORDS = {"ACCEPTED": "ACCEPT", "REFUSED": "REFUSE", "WAITING": "WAIT"}


def test_the_filings_of_a_day_are_set_aside_and_judged_as_its_key_says(
    fresh_database: Database, tmp_path: Path
) -> None:
    day = acceptance_day()
    played = begin(fresh_database, day, tmp_path)
    expected = json.loads((day / "expected.json").read_text("utf-8"))
    rows = csv.DictReader((day / "arrivals.csv").read_text("utf-8").splitlines())
    names = [row["file"] for row in rows if row["file"].startswith("orders/")]

    outcomes = dict(zip(names, (got.outcome for got in played.hand_in(names)), strict=True))
    played.match()

    refused = {each["file"] for each in expected["files"] if each["outcome"] == "REFUSED"}
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.REFUSED} == refused
    with fresh_database.sessions() as session:
        found = {(e.file_name, e.guid, e.order_no, e.outcome) for e in set_aside(session)}
        matches = {each.order_no: each for each in session.scalars(select(Match))}
        messages = list(session.scalars(select(OutboxMessage.payload).where(OutboxMessage.kind == "CEB621")))
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
    _lists_are_as_the_day_has_them(played, messages)
    _what_has_not_changed_is_not_judged_again(played)


def _what_has_not_changed_is_not_judged_again(played: RetailDay) -> None:
    """A second run looks at what the first took goods or a buyer's year from; a third finds nothing to look at."""
    before = _verdicts(played)
    assert _judged_by_a_run(played) < len(before) / 2
    assert _judged_by_a_run(played) == 0
    again = _verdicts(played)
    assert {number: kept[:2] for number, kept in again.items()} == {
        number: kept[:2] for number, kept in before.items()
    }

    with played.sessions.begin() as session:
        # as if everything had changed: judged anew, each says what it said
        session.info["acting"] = Acting(by_id=0, action="test")
        session.execute(update(Match).values(basis="-"))
    assert _judged_by_a_run(played) == sum(kept[0] != "ACCEPTED" for kept in before.values())
    assert _verdicts(played) == again


def _judged_by_a_run(played: RetailDay) -> int:
    recorder = QueryRecorder()
    with recorder:
        played.match()
    return sum("WHERE order_match.order_no = " in statement for statement in recorder.statements)


def _verdicts(played: RetailDay) -> dict[str, tuple[str, str | None, list[str]]]:
    with played.sessions() as session:
        return {
            each.order_no: (each.verdict.value, each.declaration, sorted(f["rule"] for f in each.faults))
            for each in session.scalars(select(Match))
        }


def _lists_are_as_the_day_has_them(played: RetailDay, messages: list[bytes]) -> None:
    """Field by field; each stands before the official schema and is signed whole with our own key."""
    schema, key = retail_schema("CEB621", CEB_2022_05), signing_key(played.desk.settings)
    papers = drafted_lists((played.folder / name).read_bytes() for name in played.files("CEB621"))

    drafted = drafted_lists(messages)

    rows = [{"cop_no": number, "message": papers[number]} for number in drafted if number in papers]
    ours = [{"cop_no": row["cop_no"], "message": drafted[row["cop_no"]]} for row in rows]
    assert len(rows) > 100
    assert compare("lists", rows, ours)[0].differences == ()
    for message in messages[::10]:
        schema.assertValid(etree.fromstring(message))
        verify(message, certificate=key.certificate)
