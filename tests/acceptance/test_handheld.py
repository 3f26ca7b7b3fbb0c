"""The runner's hands: pages are read as a person reads them, and flows are worked in the order of the tables."""

import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.acceptance import floor
from tests.acceptance.handheld import Handheld, read_screen
from tests.acceptance.web import Api, NotThere, Web

PAGE = """<!doctype html><title>x</title><body><main data-flow="receiving" data-step="AskItem" data-wants="scan"
 data-tone="error" data-message-code="WrongItem" data-asks=""><h1>Scan   the item.</h1><script>var no = 1;</script>
<form action="/handheld/receiving/7" method="post"><input type="hidden" name="csrf_token" value="c&amp;d">
<input name="scan" autofocus><button name="press" value="undo">Undo</button></form></main>"""


def test_a_page_is_read_as_a_person_reads_it() -> None:
    screen = read_screen("/handheld/receiving", PAGE)

    assert (screen.flow, screen.step, screen.wants, screen.is_refusal) == (
        "receiving",
        "AskItem",
        "scan",
        True,
    )
    assert screen.says == "WrongItem Scan the item. Undo"
    (form,) = screen.forms
    assert form.action == "/handheld/receiving/7"
    assert form.hidden == {"csrf_token": "c&d"}
    assert form.fields == ["scan"]
    assert form.buttons == {"undo": "press"}


@dataclass
class House:
    """The outside world here: a server that asks for a list of things and refuses one word."""

    asked: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def screen(self, *, tone: str = "ok") -> str:
        wants, asks = self.steps[len(self.got)] if len(self.got) < len(self.steps) else ("scan", "")
        step = "Ask" if len(self.got) < len(self.steps) else ""
        button = '<button name="press" value="close">Close</button>'
        return (
            f'<div data-flow="f" data-step="{step}" data-wants="{wants}" data-tone="{tone}" data-asks="{asks}">'
            f'<form method="post" action="/handheld/f"><input type="hidden" name="run" value="r1">'
            f'<input name="scan">{button}<button name="press" value="main">OK</button></form></div>'
        )


def _handler(house: House) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

        def _send(self, status: int, body: str, **headers: str) -> None:
            raw = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            house.asked.append(self.path)
            signed = "who=k1" in self.headers.get("Cookie", "")
            if self.path == "/handheld/sign-in":
                self._send(
                    200, '<form action="/handheld/sign-in"><input name="badge"><input name="pin"></form>'
                )
            elif self.path.startswith("/api/pages"):
                more = '"/api/pages?at=2"' if "at" not in self.path else "null"
                self._send(200, f'{{"items": [{{"n": 1}}], "next": {more}}}')
            elif self.path.startswith("/api/"):
                self._send(404, '{"title": "Not found", "detail": "no such list"}')
            elif not signed:
                self._send(302, "", Location="/handheld/sign-in")
            else:
                self._send(200, house.screen())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
            if self.path == "/handheld/sign-in":
                right = given["badge"] == "B1" and given["pin"] == "2580"
                cookies = {"Set_Cookie": "who=k1; HttpOnly"} if right else {}
                self._send(303, "", Location="/handheld/f" if right else "/handheld/sign-in", **cookies)
                return
            assert given["run"] == "r1"
            house.ids.add(given["request_id"])
            text = given.get("scan") or given.get("press") or ""
            if text == "WRONG":
                self._send(200, house.screen(tone="error"))
                return
            house.got.append(text)
            self._send(200, house.screen())

    return Handler


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def web(house: House) -> Iterator[Web]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(house))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connection = Web("127.0.0.1", server.server_address[1])
    yield connection
    connection.close()
    server.shutdown()
    thread.join()
    server.server_close()


def row(**columns: str) -> dict[str, str]:
    return {
        "pass_no": "Z1", "item_no": "TEA", "lot": "L1", "expiry": "", "qty_good": "5", "qty_damaged": "0",
        "location": "A-1", "damaged_location": "D-1",
    } | columns  # fmt: skip


def receive(house: House, web: Web, *rows: dict[str, str]) -> list[str]:
    flow = floor.Flow(
        path="/handheld/f",
        opens_with="pass_no",
        questions=floor.RECEIVING,
        closes_with=("close-receipt", "close"),
    )
    house.steps = [("scan", "")] * 50
    return floor.work_through(Handheld(web, badge="B1", pin="2580"), flow, rows, close=True)


def test_a_pass_is_received_question_by_question_and_closed(house: House, web: Web) -> None:
    troubles = receive(house, web, row(), row(lot="L2", expiry="2027-01-31", qty_damaged="2"))

    assert troubles == []
    assert house.got == [
        *("Z1", "TEA", "L1", "none", "5", "0", "A-1"),
        *("TEA", "L2", "2027-01-31", "5", "2", "D-1", "A-1"),
        "close",
    ]
    assert len(house.ids) == len(house.got)


def test_a_refused_row_is_told_and_the_next_one_goes_on(house: House, web: Web) -> None:
    troubles = receive(house, web, row(lot="WRONG"), row())

    assert len(troubles) == 1
    assert "Z1 TEA WRONG: lot:" in troubles[0]
    assert house.got[-8:] == ["Z1", "TEA", "L1", "none", "5", "0", "A-1", "close"]


def test_what_a_screen_asks_for_is_scanned_until_it_asks_no_more(house: House, web: Web) -> None:
    house.steps = [("scan", ""), ("scan", "BIN-7"), ("number", "3"), ("confirm", ""), ("scan", "PARCEL-1")]

    answers = floor.follow(Handheld(web, badge="B1", pin="2580"), "/handheld/f", first="Z1")

    assert house.got == ["Z1", "BIN-7", "3", "main", "PARCEL-1"]
    assert answers == 4


def test_a_wrong_pin_is_said(house: House, web: Web) -> None:
    with pytest.raises(NotThere, match="signing in by badge is refused"):
        Handheld(web, badge="B1", pin="0000").open("/handheld/f")


def test_lists_are_read_page_by_page_and_what_is_not_there_is_said(web: Web) -> None:
    api = Api(web, "t")

    assert [item["n"] for item in api.every("/api/pages")] == [1, 1]
    with pytest.raises(NotThere, match="GET /api/nothing answers 404: no such list"):
        list(api.every("/api/nothing"))
