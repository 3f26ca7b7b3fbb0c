"""Walk (b): orders match, lists are released, goods are picked, packed, loaded, pass the gate, and are booked.

Everything comes through HTTP; the floor's work is done in a real browser, by scanning and typing what the screens ask.
"""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import func, select
from werkzeug.serving import make_server

from tests.databases import Database
from tests.reference import acceptance_day
from tests.web.site import BADGE, BASE, PASSWORD, PIN, Site, make_site
from wms.auth.permissions import Role
from wms.customs.bonded_list import find_by_list_no
from wms.customs.parcels import Parcel, ParcelState
from wms.db import run
from wms.ledger.moves import StockMove
from wms.ledger.queries import book_rows
from wms.ledger.verify import verify
from wms.outbox import OutboxMessage
from wms.registry.vehicles import Vehicle

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.reference,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; the floor's work was not done"),
]
LIST, PASS, PLATE = "QD889926E000000900", "Z8899E260520000000000900", "测A00900"
OTHER_PASS, OTHER_PLATE = "Z8899E260520000000000901", "测A00901"
AT = "2026-05-20T18:00:00+08:00"
#: More answers than any task of three orders has.
ANSWERS_MAX = 80


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """The day's zone as the command line opens it, and two vans on file."""
    day = acceptance_day()
    with make_site(fresh_database, tmp_path, flows=None, secure_cookies="false") as site:
        site.set_clock(AT)
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(day / "registry")])
        assert loaded.exit_code == 0, loaded.output

        def vans(session: Any) -> None:
            for plate in (PLATE, OTHER_PLATE):
                session.add(Vehicle(plate=plate, tare_kg=Decimal(3200)))

        run(site.sessions, vans, by_id=0, action="test.vehicles")
        yield site


class Browser:
    """A keeper's handheld in Chromium: does what the screens ask."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        page.goto(f"{address}/h/sign-in")
        self.scan(BADGE.format(role=Role.KEEPER))
        for digit in PIN:
            page.click(f'[data-digit="{digit}"]')
        page.click(".key-main")

    def scan(self, text: str) -> None:
        """As a scanner types; a Chinese plate or name cannot be typed and is never scanned."""
        self.page.keyboard.type(text, delay=2)
        self.page.keyboard.press("Enter")

    def begin(self, flow: str) -> None:
        self.page.goto(f"{self.address}/h/")
        self.page.click(f"form[action$='/{flow}/start'] button")
        self.page.wait_for_selector("#screen")

    def read(self, attribute: str) -> str | None:
        found: str | None = self.page.locator("#screen").get_attribute(attribute)
        return found

    def answer(self, text: str) -> None:
        """Scan or type an answer and wait for the screen that follows."""
        version = self.read("data-version")
        if self.read("data-kind") == "WantsNumber":
            field = self.page.locator(".pad-field")
            field.fill("")
            for sign in text:
                self.page.click(f'[data-digit="{sign}"]')
            self.page.click(".pad-send")
        else:
            self.scan(text)
        self.page.wait_for_selector(f"#screen:not([data-version='{version}']), .alarm")

    def refused(self, text: str) -> str:
        """Scan something wrong; the red screen's sentence, acknowledged."""
        self.scan(text)
        self.page.wait_for_selector(".alarm")
        said: str = self.page.locator(".alarm-text").inner_text()
        self.page.click("[data-acknowledge]")
        self.page.wait_for_selector("#screen:not(:has(.alarm))")
        return said

    def follow(self) -> int:
        """Answer until the flow asks no more; how many answers it took."""
        for number in range(ANSWERS_MAX):
            asks = self.read("data-asks")
            if asks is None:
                return number
            self.answer(asks)
            assert self.read("data-tone") != "error", self.page.locator("#screen").inner_text()
        raise AssertionError("the flow goes round in a circle")


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 360, "height": 640})
        yield Browser(page, f"http://127.0.0.1:{server.server_port}")
        chromium.close()
    server.shutdown()
    server.server_close()


class Customs:
    """The declarant's side of the single window: hands messages in and reads what was sent."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.day = acceptance_day()

    def hand_in(self, raw: bytes, name: str) -> str:
        headers = self.site.token(Role.DECLARANT) | {"X-File-Name": quote(name)}
        answer = self.site.client().post("/api/messages", data=raw, headers=headers)
        assert answer.status_code // 100 == 2, answer.text
        return str(answer.get_json()["outcome"])

    def post(self, role: Role, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.site.client().post(path, json=body or {}, headers=self.site.token(role))
        assert answer.status_code // 100 == 2, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def read(self, path: str) -> list[dict[str, Any]]:
        answer = self.site.client().get(path, headers=self.site.token(Role.OFFICER))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.get_json()["items"]
        return items

    def form(self, role: Role, path: str, data: dict[str, Any]) -> None:
        """Send a page's form as a person at a desk."""
        client = self.site.client()
        signed = client.post(
            "/sign-in", data={"name": role.value, "password": PASSWORD}, headers=token_of(client, "/sign-in")
        )
        assert signed.status_code == 303, signed.text
        answer = client.post(path, data={**data, "request_id": str(uuid4())}, headers=token_of(client, "/"))
        assert answer.status_code == 303, answer.text

    def filings(self, kind: str, orders: set[str]) -> bytes:
        """The day's filings of a kind, those of these orders only."""
        kept: Any = None
        for path in sorted((self.day / "orders").glob(f"{kind}-*.xml")):
            root = etree.fromstring(path.read_bytes())
            for element in list(root):
                number = element.find(".//{*}orderNo")
                if number is not None and number.text not in orders:
                    root.remove(element)
                elif number is not None and kept is not None:
                    orders_end = [each for each in kept if each.find(".//{*}orderNo") is not None][-1]
                    orders_end.addnext(deepcopy(element))
            if kept is None and root.find(".//{*}orderNo") is not None:
                kept = root
        assert kept is not None
        return bytes(etree.tostring(kept, xml_declaration=True, encoding="UTF-8"))

    def answer(self, kind: str, number: str, status: str, minute: int, *, list_no: str = "") -> None:
        """One receipt of a declaration (622) or of a cancel request (624)."""
        element = "InventoryReturn" if kind == "CEB622" else "InvtCancelReturn"
        extra = f"<invtNo>{list_no}</invtNo>" if list_no else ""
        agent = "<agentCode>9999W6A001</agentCode>"
        platform = "<ebpCode>9999W6A002</ebpCode><ebcCode>9999W6A006</ebcCode>"
        middle = platform + agent if kind == "CEB622" else agent + platform
        raw = (
            f'<?xml version="1.0" encoding="UTF-8"?><{kind}Message xmlns="http://www.chinaport.gov.cn/ceb" '
            f'guid="{guid()}" version="1.0"><{element}><guid>{guid()}</guid><customsCode>8899</customsCode>'
            f"{middle}<copNo>{number}</copNo><preNo>B20260520000880080</preNo>{extra}"
            f"<returnStatus>{status}</returnStatus><returnTime>2026052017{minute:02d}00000</returnTime>"
            f"<returnInfo>测试</returnInfo></{element}></{kind}Message>"
        )
        self.hand_in(raw.encode(), f"{kind}-{number}-{status}.xml")

    def receipt(self, file: str, **numbers: str) -> str:
        """A receipt of the day's with other numbers in it."""
        text = (self.day / "receipts" / file).read_text("utf-8")
        for name, value in numbers.items():
            text = re.sub(f"<{name}>[^<]*</{name}>", f"<{name}>{value}</{name}>", text)
        return self.hand_in(text.encode(), file)

    def sent(self, kind: str) -> list[str]:
        with self.site.sessions() as session:
            query = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
            return [message.payload.decode() for message in session.scalars(query)]


def token_of(client: FlaskClient, path: str) -> dict[str, str]:
    """What a form of this page carries."""
    page = client.get(path).text
    return {"X-CSRFToken": page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]}


def guid() -> str:
    return str(uuid4()).upper()


def inner_no(message: str) -> str:
    """Our own number in a message that was sent."""
    found = re.search(r"<(EtpsInnerInvtNo|EtpsPreentNo)>([^<]+)<", message)
    assert found is not None
    return found[2]


def the_law_holds(site: Site) -> None:
    with site.sessions() as session:
        assert all(row.law_holds for row in book_rows(session, book_id=1))
        assert [str(finding) for finding in verify(session)] == []


def clean_orders(count: int) -> set[str]:
    """Orders of the day with nothing planted in them."""
    key = json.loads((acceptance_day() / "expected.json").read_text("utf-8"))
    clean = [number for number, row in key["orders"].items() if row["planted"] == "clean"]
    return set(sorted(clean)[:count])


def states(site: Site) -> dict[str, ParcelState]:
    with site.sessions() as session:
        return {parcel.waybill_no: parcel.state for parcel in session.scalars(select(Parcel))}


def moves(site: Site) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count(StockMove.id))) or 0


def test_three_orders_go_out_and_one_comes_back(site: Site, browser: Browser) -> None:
    """Two leave and are booked once; the third is cancelled after it was packed, and its goods return."""
    customs = Customs(site)
    declared = accepted(site, customs)
    leaving, staying = declared[:2], declared[2]
    for each in declared:
        customs.answer("CEB622", each["number"], "800", 30, list_no=numbers_of(each))
        customs.answer("CEB622", each["number"], "120", 10, list_no=numbers_of(each))
    the_law_holds(site)

    customs.post(Role.KEEPER, "/api/pick-waves")
    the_law_holds(site)
    browser.begin("picking")
    assert "请前往库位" in browser.refused("WB01-A-99-99-9")
    browser.follow()
    the_law_holds(site)
    assert set(states(site).values()) == {ParcelState.PICKED}
    browser.begin("packing")
    browser.follow()
    the_law_holds(site)
    assert set(states(site).values()) == {ParcelState.SEALED}

    waybill = cancel(site, customs, staying)
    browser.begin("pulling")
    browser.follow()
    the_law_holds(site)
    assert states(site)[waybill] is ParcelState.PULLED

    list_and_pass(site, customs)
    the_law_holds(site)
    before = moves(site)
    browser.begin("loading")
    browser.answer(PASS)
    assert "放回" in browser.refused(waybill), "the cancelled parcel is sent back with what to do"
    browser.follow()
    assert moves(site) == before, "loading moves nothing"
    gate_and_book(site, customs)

    facts = {each["number"]: each for each in customs.read("/api/retail-declarations")}
    assert {facts[each["number"]]["goods"] for each in leaving} == {"left"}
    assert {facts[each["number"]]["book_effect"] for each in leaving} == {"booked"}
    assert facts[staying["number"]]["book_effect"] == "withdrawn"
    (exit_list,) = customs.read("/api/exit-lists")
    assert (exit_list["state"], exit_list["goods"], exit_list["declarations"]) == ("booked", "left", 2)
    officer = site.signed_in(Role.OFFICER)
    story = officer.get(f"/orders/{leaving[0]['order_no']}", base_url=BASE).text
    assert all(said in story for said in (PLATE, "封箱时间", "过卡时间", "核扣时间"))
    page = officer.get("/customs/reconcile/", base_url=BASE).text
    assert "账与单差" in page, "booked by INV201; customs' own figures come with INV211"


def accepted(site: Site, customs: Customs) -> list[dict[str, Any]]:
    """Three orders filed by three parties, payment first, and matched."""
    orders = clean_orders(3)
    for kind in ("CEB411", "CEB511", "CEB311"):
        customs.hand_in(customs.filings(kind, orders), f"{kind}.xml")
    assert customs.post(Role.DECLARANT, "/api/matching-runs")["accepted"] == 3
    the_law_holds(site)
    assert len(customs.sent("CEB621")) == 3
    return customs.read("/api/retail-declarations")


def numbers_of(declaration: dict[str, Any]) -> str:
    """A number of customs, of 18 signs, made out of ours."""
    digits = "".join(sign for sign in declaration["number"] if sign.isdigit())
    return f"88992026I{digits[-9:]:>09}"


def cancel(site: Site, customs: Customs, declaration: dict[str, Any]) -> str:
    """The buyer cancels, customs agrees; gives the parcel's waybill."""
    text = (customs.day / "lists" / "CEB623-001.xml").read_text("utf-8")
    root = etree.fromstring(text.encode())
    first, *others = [each for each in root if each.find("{*}orderNo") is not None]
    for other in others:
        root.remove(other)
    request = f"C{declaration['order_no']}"
    for name, value in (
        ("orderNo", declaration["order_no"]),
        ("copNo", request),
        ("invtNo", numbers_of(declaration)),
        ("guid", guid()),
    ):
        found = first.find(f"{{*}}{name}")
        assert found is not None
        found.text = value
    customs.hand_in(bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")), "CEB623.xml")
    customs.answer("CEB624", request, "399", 45, list_no=numbers_of(declaration))
    the_law_holds(site)
    with site.sessions() as session:
        return session.scalars(
            select(Parcel.waybill_no).where(Parcel.declaration.has(number=declaration["number"]))
        ).one()


def list_and_pass(site: Site, customs: Customs) -> None:
    """The exit list and its vehicle's pass, declared at a desk and answered by customs."""
    customs.form(Role.DECLARANT, "/customs/exits/declare", {"count": "2"})
    (sent,) = customs.sent("INV101")
    pre = "202600000880509000"
    customs.receipt("exit-E1-INV101-response.xml", SeqNo=pre, EtpsPreentNo=inner_no(sent))
    customs.receipt("exit-E1-INV201.xml", etpsPreentNo=pre, businessId=LIST, bondInvtNo=LIST)
    with site.sessions() as session:
        bonded = find_by_list_no(session, LIST)
        assert bonded is not None
        list_id = bonded.id
    customs.form(Role.DECLARANT, "/customs/exits/pass", {"plate": PLATE, "list_id": str(list_id)})
    (sent,) = customs.sent("SAS121")
    pre = "202600000770509000"
    customs.receipt("exit-X1-SAS121-response.xml", SeqNo=pre, EtpsPreentNo=inner_no(sent))
    customs.receipt("exit-X1-SAS221.xml", etpsPreentNo=pre, businessId=PASS, passportNo=PASS, rltNo=LIST)


def gate_and_book(site: Site, customs: Customs) -> None:
    """The vehicle passes, twice by receipt; customs books, by two receipts: each counts once."""
    pre = "202600000770509000"
    same = {"etpsPreentNo": pre, "businessId": PASS, "passportNo": PASS, "rltNo": LIST}
    assert customs.receipt("exit-X1-SAS223.xml", **same) == "accepted"
    the_law_holds(site)
    after = moves(site)
    assert customs.receipt("exit-X1-SAS223.xml", **same) == "repeated"
    assert moves(site) == after
    left = {each["item_no"]: each["left_not_booked"] for each in customs.read("/api/book/items")}
    assert any(quantity != "0" for quantity in left.values())
    final = {"etpsPreentNo": "202600000880509000", "businessId": LIST, "bondInvtNo": LIST}
    customs.receipt("exit-E1-INV201-final.xml", **final)
    booked = customs.read("/api/book/items")
    the_law_holds(site)
    assert all(each["left_not_booked"] == "0" for each in booked)
    customs.receipt("exit-E1-INV201-final.xml", **final)
    assert customs.read("/api/book/items") == booked
