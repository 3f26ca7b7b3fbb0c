"""Walk (a): list, pass, scan, stock and book, through HTTP alone, in the demonstration zone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.databases import Database
from tests.web.site import BADGE, BASE, PIN, Site, make_site, secure
from wms.auth.permissions import Role
from wms.customs.double_random import SubjectKind
from wms.customs.inspection import OrderedBy, Wanted, order_inspections
from wms.db import run
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance
from wms.ledger.queries import book_rows
from wms.ledger.verify import verify

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
MESSAGES = sorted((DEMO / "messages").glob("*.xml"))
PASS = "Z8890I261124000000000911"


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """The demonstration zone, opened by the command line."""
    with make_site(fresh_database, tmp_path, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        yield site


class Handheld:
    """A keeper's device: scans, types and presses as the page's own forms do."""

    def __init__(self, site: Site) -> None:
        self.client = site.client()
        answer = self.client.post(
            "/h/sign-in", data={"badge": BADGE.format(role=Role.KEEPER), "pin": PIN}, **secure(self.client)
        )
        assert answer.status_code == 303, answer.text
        self.page = ""

    def begin(self, flow: str) -> None:
        answer = self.client.post(f"/h/{flow}/start", **secure(self.client), follow_redirects=True)
        self.page = answer.text

    def give(self, kind: str, value: str, *, request_id: str | None = None) -> None:
        url = self.read("data-url")
        form = {
            "kind": kind,
            "value": value,
            "version": self.read("data-version"),
            "request_id": request_id or str(uuid4()),
        }
        self.page = self.client.post(url, data=form, **secure(self.client)).text

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.give("scan", text)

    def receive(self, item: str, lot: str, expiry: str, good: int, place: str) -> None:
        self.scan(item, lot)
        self.give("date", expiry)
        self.give("number", str(good))
        self.give("number", "0")
        self.scan(place)

    def read(self, attribute: str) -> str:
        found = re.search(rf'id="screen"[^>]*{attribute}="([^"]*)"', self.page)
        assert found is not None, self.page
        return found[1]

    @property
    def tone(self) -> str:
        return self.read("data-tone")


def hand_in(site: Site, raw: bytes, name: str) -> tuple[int, dict[str, Any]]:
    headers = site.token(Role.DECLARANT)
    headers |= {"X-File-Name": quote(name)}
    answer = site.client().post("/api/messages", data=raw, headers=headers, base_url=BASE)
    return answer.status_code, answer.get_json()


def read(site: Site, path: str) -> list[dict[str, Any]]:
    answer = site.client().get(path, headers=site.token(Role.OFFICER), base_url=BASE)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def item(site: Site, item_no: str) -> dict[str, Any]:
    return next(each for each in read(site, "/api/book/items") if each["item_no"] == item_no)


def the_law_holds(site: Site) -> None:
    with site.sessions() as session:
        assert all(row.law_holds for row in book_rows(session, book_id=1))
        assert verify(session) == []


def test_a_lorry_comes_in_on_real_documents(site: Site) -> None:
    """Stock and book rise together; an officer sees them agree, and what was missing under its case."""
    outcomes = [hand_in(site, path.read_bytes(), path.name)[1]["outcome"] for path in MESSAGES]
    assert set(outcomes) == {"accepted"}
    before = item(site, "ILM-BLK")
    assert (before["promised_in"], before["stock"]) == ("48", "6")
    the_law_holds(site)

    hand = Handheld(site)
    hand.begin("receiving")
    hand.scan(PASS)
    assert hand.tone == "ok"
    hand.receive("ILM-BLK", "B-1", "2028-01-31", 48, place(site, "ILM-BLK"))
    assert hand.tone == "ok", hand.page
    the_law_holds(site)
    now = item(site, "ILM-BLK")
    assert (now["stock"], now["arrived_not_booked"], now["actual_in"]) == ("54", "48", before["actual_in"])

    hand.receive("NPL-CSH", "S-1", "2030-01-31", 25, place(site, "NPL-CSH"))
    assert hand.tone == "decision", "one more than the papers say opens a case"
    the_law_holds(site)

    status, _ = hand_in(site, (DEMO / "later" / "SAS223.xml").read_bytes(), "SAS223.xml")
    assert status == 201
    the_law_holds(site)
    now = item(site, "ILM-BLK")
    assert (now["arrived_not_booked"], now["promised_in"], int(now["actual_in"])) == (
        "0",
        "0",
        int(before["actual_in"]) + 48,
    )

    hand.give("press", "close")
    assert hand.tone == "decision", "three lines did not come"
    the_law_holds(site)
    kinds = sorted(case["kind"] for case in read(site, "/api/discrepancies"))
    assert kinds == ["receipt_over", "receipt_short", "receipt_short", "receipt_short"]
    differing = {
        each["item_no"]: each["difference"]
        for each in read(site, "/api/reconciliation")
        if each["difference"] != "0"
    }
    assert differing == {"NPL-CSH": "1", "NZL-MLK": "-60", "NPL-NDL": "-120", "JPN-SUN": "-36"}
    page = site.signed_in(Role.OFFICER).get("/customs/reconcile/", base_url=BASE).text
    assert "NZL-MLK" in page
    assert "-60" in page


def place(site: Site, item_no: str) -> str:
    """The bin the handheld proposes for an item: what a worker would walk to."""
    from sqlalchemy import select

    from wms.floor.directing import best_bin
    from wms.registry.products import Product

    with site.sessions() as session:
        product = session.scalars(select(Product).where(Product.item_no == item_no)).one()
        found = best_bin(
            session,
            product_id=product.id,
            storage_class=product.storage_class.value,
            regime="BONDED",
            quantity=1,
        )
    assert found is not None
    return found


@pytest.fixture
def at_the_dock(site: Site) -> Handheld:
    """The lorry stands at the dock, its pass approved and scanned."""
    for path in MESSAGES:
        hand_in(site, path.read_bytes(), path.name)
    hand = Handheld(site)
    hand.begin("receiving")
    hand.scan(PASS)
    return hand


def test_a_repeated_answer_is_told_again_and_not_done_again(site: Site, at_the_dock: Handheld) -> None:
    """The radio ate the answer; the handheld asks again with the same number."""
    at_the_dock.scan("ILM-BLK", "B-1")
    at_the_dock.give("date", "2028-01-31")
    at_the_dock.give("number", "10")
    at_the_dock.give("number", "0")
    bin_code = place(site, "ILM-BLK")
    before, number = at_the_dock.page, str(uuid4())

    at_the_dock.give("scan", bin_code, request_id=number)
    told = at_the_dock.page
    at_the_dock.page = before
    at_the_dock.give("scan", bin_code, request_id=number)

    assert at_the_dock.tone == "ok"
    assert "ILM-BLK" in told
    assert item(site, "ILM-BLK")["arrived_not_booked"] == "10"


def test_goods_of_a_list_under_inspection_are_held_as_they_come_in(site: Site, at_the_dock: Handheld) -> None:
    """No round of the worker lies between receiving and the hold."""
    number = "QD889026I000000911"

    def order(session: Any) -> None:
        wanted = Wanted(
            kind=SubjectKind.BONDED_LIST,
            number=number,
            company="",
            ordered_by=OrderedBy.OFFICER,
            order_number="",
            reason="凭情报",
        )
        order_inspections(session, [wanted], officers=2, by_id=1, at=datetime(2026, 11, 24, 4, tzinfo=UTC))

    run(site.sessions, order, by_id=1, action="test.order")
    at_the_dock.receive("ILM-BLK", "B-1", "2028-01-31", 48, place(site, "ILM-BLK"))

    with site.sessions() as session:
        held = session.scalars(
            select(Balance.held).join(Lot, Lot.id == Balance.lot_id).where(Lot.code == "B-1")
        )
        assert held.all() == [48]
    the_law_holds(site)


def test_a_slip_of_the_finger_is_told_and_taken_back_before_anything_is_kept(
    site: Site, at_the_dock: Handheld
) -> None:
    """The papers say 48; a digit too many is asked about while it costs one press."""
    bin_code = place(site, "ILM-BLK")
    at_the_dock.scan("ILM-BLK", "B-1")
    at_the_dock.give("date", "2028-01-31")

    at_the_dock.give("number", "488")
    assert at_the_dock.tone == "decision"
    assert "完好 488，比单证多 440。" in at_the_dock.page
    at_the_dock.give("number", "0")
    assert at_the_dock.tone == "decision"
    assert "比单证多 440 件。若是输错，请重新输入。" in at_the_dock.page
    at_the_dock.give("press", "again")

    assert "未收任何货物" in at_the_dock.page
    assert item(site, "ILM-BLK")["arrived_not_booked"] == "0"
    at_the_dock.receive("ILM-BLK", "B-1", "2028-01-31", 48, bin_code)
    assert at_the_dock.tone == "ok"
    assert item(site, "ILM-BLK")["arrived_not_booked"] == "48"
    assert read(site, "/api/discrepancies") == []


def test_a_lorry_is_expected_until_its_goods_are_taken_in(site: Site, at_the_dock: Handheld) -> None:
    """Though the gate has not said yet that it came."""
    assert "待到" in tasks(site)

    at_the_dock.receive("ILM-BLK", "B-1", "2028-01-31", 1, place(site, "ILM-BLK"))

    assert "正在卸货" in tasks(site)
    assert "待到" not in tasks(site)


def tasks(site: Site) -> str:
    return site.signed_in(Role.KEEPER).get("/tasks/", base_url=BASE).text


def test_too_many_with_the_damaged_ones_is_told_before_anything_is_kept(
    site: Site, at_the_dock: Handheld
) -> None:
    """The good ones alone are as the papers say."""
    at_the_dock.scan("ILM-BLK", "B-1")
    at_the_dock.give("date", "2028-01-31")
    at_the_dock.give("number", "48")
    assert at_the_dock.tone == "ok"
    at_the_dock.give("number", "2")

    assert "破损 2：请单独放置。合计比单证多 2 件。" in at_the_dock.page
    assert item(site, "ILM-BLK")["arrived_not_booked"] == "0"


def test_set_damaged_ones_apart_can_be_taken_back_too(site: Site, at_the_dock: Handheld) -> None:
    at_the_dock.scan("ILM-BLK", "B-1")
    at_the_dock.give("date", "2028-01-31")
    at_the_dock.give("number", "40")
    assert at_the_dock.tone == "ok", "not more than the papers say"
    at_the_dock.give("number", "8")
    assert "破损 8：请单独放置。" in at_the_dock.page

    at_the_dock.give("press", "again")

    assert "未收任何货物" in at_the_dock.page
    assert item(site, "ILM-BLK")["arrived_not_booked"] == "0"


@pytest.mark.parametrize(
    ("scanned", "says"),
    [
        ("Z8890I261124000000000999", "没有核放单"),
        ("WB01-A-01-01-1", "没有核放单"),
    ],
)
def test_an_unknown_pass_says_what_to_do(site: Site, scanned: str, says: str) -> None:
    hand = Handheld(site)
    hand.begin("receiving")

    hand.scan(scanned)

    assert hand.tone == "error"
    assert says in hand.page


def test_a_scan_that_means_nothing_here_says_what_it_is(site: Site, at_the_dock: Handheld) -> None:
    at_the_dock.scan(place(site, "ILM-BLK"))
    assert at_the_dock.tone == "error"
    assert "这是库位" in at_the_dock.page, re.findall(r"alarm-text[^<]*<", at_the_dock.page)

    at_the_dock.scan("NO-SUCH-THING")
    assert "没有备案商品使用条码" in at_the_dock.page

    at_the_dock.scan("ILM-BLK", "B-1")
    at_the_dock.give("date", "2028-01-31")
    at_the_dock.give("number", "10")
    at_the_dock.give("number", "0")
    for scanned, found in (
        ("ILM-BLK", "这是商品 ILM-BLK"),
        (PASS, f"这是单证 {PASS}"),
        ("X-9", "这是无法识别的条码“X-9”"),
    ):
        at_the_dock.scan(scanned)
        assert f"{found}。请扫描库位标签。" in at_the_dock.page


def test_goods_under_bond_do_not_go_into_a_domestic_place(site: Site, at_the_dock: Handheld) -> None:
    from sqlalchemy import select

    from wms.ledger.places import Location, Purpose, Regime

    with site.sessions() as session:
        domestic = session.scalars(
            select(Location.code).where(Location.regime == Regime.DOMESTIC, Location.purpose == Purpose.STORE)
        ).first()
    assert domestic is not None

    at_the_dock.receive("ILM-BLK", "B-1", "2028-01-31", 5, domestic)

    assert at_the_dock.tone == "error"
    assert "不是区内保税库位" in at_the_dock.page
    assert item(site, "ILM-BLK")["stock"] == "6"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "DOCTYPE"),
        (b"<Signature><unclosed></Signature>", "NOT_WELL_FORMED"),
        (b"<Unheard/>", "UNKNOWN_KIND"),
        (b"", "NOT_WELL_FORMED"),
        (MESSAGES[0].read_bytes().replace(b"<DclQty>48</DclQty>", b"<DclQty>many</DclQty>", 1), "XSD"),
        (MESSAGES[0].read_bytes().replace(b"ILM-BLK", b"NOT-FILED"), "ItemNotFiled"),
    ],
)
def test_a_message_that_cannot_be_taken_is_kept_with_its_reason(site: Site, raw: bytes, reason: str) -> None:
    """Nothing half done, the rest goes on, and the raw bytes stay."""
    from sqlalchemy import select

    from wms.customs.bonded_list import BondedList
    from wms.customs.inbox import InboxMessage

    status, told = hand_in(site, raw, "坏报文.xml")

    assert (status, told["code"]) == (422, reason)
    with site.sessions() as session:
        kept = session.scalars(select(InboxMessage)).one()
        assert (kept.raw, kept.file_name) == (raw, "坏报文.xml")
        assert session.scalars(select(BondedList)).all() == []
    assert hand_in(site, MESSAGES[0].read_bytes(), "good.xml")[0] == 201


def test_a_message_sent_twice_changes_nothing(site: Site) -> None:
    for path in MESSAGES:
        hand_in(site, path.read_bytes(), path.name)
    before = read(site, "/api/book/items")

    again = [hand_in(site, path.read_bytes(), path.name) for path in MESSAGES]

    assert {status for status, _ in again} <= {200, 201}
    assert read(site, "/api/book/items") == before


def test_only_who_may_hand_in_messages_does(site: Site) -> None:
    headers = site.token(Role.KEEPER) | {"X-File-Name": "x.xml"}

    answer = site.client().post("/api/messages", data=b"<x/>", headers=headers, base_url=BASE)

    assert answer.status_code == 403


def test_the_books_are_proven_and_closed_by_command(site: Site) -> None:
    """`flask verify` says that nothing differs; a closed period takes nothing more."""
    runner = site.app.test_cli_runner()

    assert runner.invoke(args=["verify"]).output.strip() == "The ledgers are whole."
    assert runner.invoke(args=["reconcile"]).exit_code == 0
    closed = runner.invoke(args=["close-period", "2026-11-24T11:00:00"])
    assert closed.exception is None, closed.output
    assert (closed.exit_code, "closed up to 2026-11-24T11:00:00+08:00" in closed.output) == (0, True)
    assert runner.invoke(args=["close-period", "2026-11-23"]).exit_code == 1


def test_a_pass_whose_list_nobody_handed_in_says_so(site: Site) -> None:
    for path in MESSAGES[3:]:
        hand_in(site, path.read_bytes(), path.name)
    hand = Handheld(site)
    hand.begin("receiving")
    hand.scan(PASS)

    hand.receive("ILM-BLK", "B-1", "2028-01-31", 5, place(site, "ILM-BLK"))

    assert hand.tone == "error"
    assert "所列核注清单尚未到达" in hand.page
