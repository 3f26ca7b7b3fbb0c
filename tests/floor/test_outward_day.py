"""The way out of a reference day, message by message and scan by scan, against its key."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.test_inbound_day import unload
from tests.databases import Database, TestServer
from tests.floor.outward import LOADING, PACKING, picking_flow
from tests.orders.retail_day import MATCHED_AT, RetailDay, begin
from tests.reference import acceptance_day
from wms.customs.bonded_list import BondedList
from wms.customs.exit_lists import draft_lines, find_declarations, lists_left
from wms.customs.gate_pass import GatePass
from wms.customs.parcels import Goods, allocations, goods_of
from wms.customs.retail_declaration import RetailDeclaration
from wms.db import run
from wms.floor.flows import Flow
from wms.floor.screens import Counted, Pressed, Scanned, Screen, Tone, WantsConfirm, WantsNumber
from wms.floor.waves import open_wave
from wms.ledger.queries import book_rows
from wms.ledger.verify import verify

pytestmark = [pytest.mark.reference, pytest.mark.soak]
DAY = date(2026, 5, 20)
PICKING = picking_flow(day_of=lambda at: DAY)
ZONE_KINDS = ("INV101", "INV201", "INV211", "SAS121", "SAS221", "SAS223", "RESPONSE")
#: Answers in one flow; more means that it goes round in a circle.
ANSWERS_MAX = 5000


def follow(database: Database, flow: Flow, *scans: str, at: datetime = MATCHED_AT) -> int:
    """Do what a flow asks, each answer in its own transaction, as a handheld does."""

    def begin_flow(session: Session) -> Screen:
        return flow.start(session, by_id=1, at=at)

    screen = run(database.sessions, begin_flow, by_id=1, action="floor.start")
    answers = 0
    waiting = list(scans)
    while screen.step is not None and answers < ANSWERS_MAX:
        given: Any
        if waiting:
            given = Scanned(text=waiting.pop(0))
        elif screen.asks and isinstance(screen.wants, WantsNumber):
            given = Counted(number=Decimal(screen.asks))
        elif screen.asks:
            given = Scanned(text=screen.asks)
        elif isinstance(screen.wants, WantsConfirm) and screen.main:
            given = Pressed(key=screen.main.key)
        else:
            break
        take = partial(_answer, flow=flow, screen=screen, given=given, at=at)
        screen = run(database.sessions, take, by_id=1, action="floor.answer")
        assert screen.tone is not Tone.ERROR, str(screen.verdict)
        answers += 1
    return answers


def _answer(session: Session, *, flow: Flow, screen: Screen, given: Any, at: datetime) -> Screen:
    assert screen.step is not None
    return flow.answer(session, screen.step, given, by_id=1, at=at)


@pytest.fixture(scope="module")
def day(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailDay]:
    """The whole day: goods in, orders matched and answered, picked, packed, loaded, passed, booked."""
    folder = acceptance_day()
    with database_server.clone() as database:
        played = begin(database, folder, tmp_path_factory.mktemp("data"))
        _inward(played, folder)
        _trade(played)
        wave = partial(open_wave, day=DAY, by_id=1, at=MATCHED_AT)
        run(database.sessions, wave, by_id=1, action="wave.open")
        follow(database, PICKING)
        follow(database, PACKING)
        _outward(played, folder)
        yield played


def _inward(played: RetailDay, folder: Path) -> None:
    names = [name for name in played.files(*ZONE_KINDS) if name.startswith("inbound/")]
    played.hand_in(names)
    unload(played.database, folder)


def _trade(played: RetailDay) -> None:
    played.hand_in(played.files("CEB311", "CEB411", "CEB511"))
    played.match()
    played.hand_in(played.files("CEB622", "CEB623", "CEB624"))


def _outward(played: RetailDay, folder: Path) -> None:
    rows = csv.DictReader((folder / "arrivals.csv").read_text("utf-8").splitlines())
    for row in rows:
        if row["kind"] not in ZONE_KINDS or row["file"].startswith("inbound/"):
            continue
        if row["kind"] == "SAS223":
            with played.database.sessions() as session:
                number = _approved(session, played, row["file"])
            follow(played.database, LOADING, number)
        played.hand_in([row["file"]])


def _approved(session: Session, played: RetailDay, file: str) -> str:
    text = (played.folder / file).read_text("utf-8")
    numbers = session.scalars(select(GatePass.pass_no).where(GatePass.pass_no != ""))
    return next(number for number in numbers if number in text)


def test_lots_bins_and_quantities_are_the_key_s(day: RetailDay) -> None:
    with day.database.sessions() as session:
        found: dict[str, list[tuple[str, str, str, str, int]]] = {}
        for each in allocations(session):
            expiry = each.expiry.isoformat() if each.expiry else ""
            row = (each.item_no, each.lot, expiry, each.location, each.quantity)
            found.setdefault(each.order_no, []).append(row)
    wanted = {
        order: sorted((p["item_no"], p["lot"], p["expiry"], p["location"], p["qty"]) for p in picks)
        for order, picks in day.key["allocation"].items()
    }
    assert {order: sorted(rows) for order, rows in found.items()} == wanted


def test_goods_and_book_effect_of_every_declaration_are_the_key_s(day: RetailDay) -> None:
    words = {"PROMISED": "PRE_REDUCED", "BOOKED": "REAL_REDUCED", "WITHDRAWN": "UNDONE"}
    with day.database.sessions() as session:
        goods = goods_of(session)
        lists = {each.id: each.list_no for each in session.scalars(select(BondedList))}
        found = {
            each.number: (
                words[each.book_effect.value],
                lists[each.exit_list_id] if each.exit_list_id else None,
                goods.get(each.id, Goods.NOT_PICKED).value,
            )
            for each in session.scalars(
                select(RetailDeclaration).where(RetailDeclaration.is_history.is_(False))
            )
        }
    wanted = {
        number: (row["book_effect"], row["exit_list"], row["goods"])
        for number, row in day.key["lists"].items()
    }
    assert found == wanted


def test_exit_lists_and_outward_passes_are_the_key_s(day: RetailDay) -> None:
    with day.database.sessions() as session:
        left = lists_left(session)
        found = [
            {
                "list_no": each.list_no,
                "state": each.state.value,
                "goods": "LEFT" if each.id in left else "IN_ZONE",
                "retail_lists": len(each.retail),
                "lines": {line.item_no: f"{line.quantity.normalize():f}" for line in each.lines},
            }
            for each in session.scalars(
                select(BondedList).where(BondedList.list_type == "8").order_by(BondedList.list_no)
            )
        ]
        passes = {each.pass_no: each for each in session.scalars(select(GatePass))}
        for row in day.key["gate"]:
            if row["direction"] == "E":
                assert passes[row["pass_no"]].state.value == row["state"]
                assert passes[row["pass_no"]].weight_ok == row["weight_ok"]
    assert found == day.key["exit_lists"]


def test_a_list_drafted_here_says_what_the_day_s_paper_says(day: RetailDay) -> None:
    """Sums, unit price to four decimals, statutory quantities."""
    with day.database.sessions() as session:
        for bonded in session.scalars(select(BondedList).where(BondedList.list_type == "8")):
            declarations = find_declarations(session, [each.retail_no for each in bonded.retail])
            drafted = {
                line.item.item_no: (line.quantity, line.total, line.unit_price)
                for line in draft_lines(session, declarations)
            }
            assert drafted == {line.item_no: (line.quantity, line.total, line.price) for line in bonded.lines}


def test_the_book_after_the_exits_is_the_key_s_and_the_law_holds(day: RetailDay) -> None:
    (stage,) = (each for each in day.key["ledger_stages"] if each["stage"].startswith("S5"))
    with day.database.sessions() as session:
        rows = book_rows(session, book_id=1)
        assert all(row.law_holds for row in rows)
        assert [str(finding) for finding in verify(session)] == []
        found = {
            row.item_no: {
                "inc": str(row.actual_in),
                "redc": str(row.actual_out),
                "pre_inc": str(row.promised_in),
                "pre_redc": str(row.promised_out),
                "available": str(row.available),
            }
            for row in rows
        }
    assert found == stage["items"]
