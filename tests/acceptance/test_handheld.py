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

PAGE = """<!doctype html><html><head><meta name="csrf-token" content="c&amp;d"><title>x</title></head><body>
<main id="screen" data-kind="WantsScan" data-tone="error" data-url="/h/receiving/7" data-version="3">
<h1>Scan   the item.</h1><script>var no = 1;</script>
<form action="/h/receiving/7" data-answer="scan">
<input type="hidden" name="kind" value="scan"><input name="value"></form>
<form action="/h/receiving/7" data-answer="press">
<input type="hidden" name="value" value="undo"><button>Undo</button></form>
</main>"""


def test_a_page_is_read_as_a_person_reads_it() -> None:
    screen = read_screen("/h/receiving/7", PAGE)

    assert (screen.wants, screen.tone, screen.token, screen.is_over) == ("WantsScan", "error", "c&d", False)
    assert screen.says == "Scan the item. Undo"
    assert screen.buttons == {"undo": "press"}


@dataclass
class House:
    """The outside world here: a server that asks for a list of things and refuses one word."""

    asked: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def screen(self, *, tone: str = "ok") -> str:
        over = len(self.got) >= len(self.steps)
        wants, asks = ("WantsConfirm", "") if over else self.steps[len(self.got)]
        buttons = "".join(
            f'<form data-answer="press"><input type="hidden" name="value" value="{key}"><button></button></form>'
            for key in ("close", "main", "none")
        )
        return (
            f'<meta name="csrf-token" content="c1"><main id="screen" data-kind="{wants}" data-tone="{tone}"'
            f' data-url="/h/f/1" data-version="2" data-asks="{asks}"{" data-last" if over else ""}>{buttons}</main>'
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
            if self.path == "/h/sign-in":
                self._send(200, '<form action="/h/sign-in"><input name="badge"><input name="pin"></form>')
            elif self.path.startswith("/api/pages"):
                more = '"/api/pages?at=2"' if "at" not in self.path else "null"
                self._send(200, f'{{"items": [{{"n": 1}}], "next": {more}}}')
            elif self.path.startswith("/api/"):
                self._send(404, '{"title": "Not found", "detail": "no such list"}')
            elif not signed:
                self._send(302, "", Location="/h/sign-in")
            elif self.path == "/h/":
                self._send(200, '<form action="/h/f/start"><button>F</button></form>')
            else:
                self._send(200, house.screen())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
            if self.path == "/h/sign-in":
                right = given["badge"] == "B1" and given["pin"] == "2580"
                cookies = {"Set_Cookie": "who=k1; HttpOnly"} if right else {}
                self._send(303, "", Location="/h/" if right else "/h/sign-in", **cookies)
                return
            if self.path == "/h/f/start":
                self._send(303, "", Location="/h/f/1")
                return
            assert (given["csrf_token"], given["version"]) == ("c1", "2")
            house.ids.add(given["request_id"])
            text = given["value"]
            house.kinds.append(given["kind"])
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
        name="f",
        opens_with="pass_no",
        questions=floor.RECEIVING,
        closes_with=("close",),
    )
    house.steps = [("WantsScan", "")] * 50
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
    house.steps = [
        ("WantsScan", ""), ("WantsScan", "BIN-7"), ("WantsNumber", "3"), ("WantsConfirm", ""), ("WantsScan", "P-1"),
    ]  # fmt: skip

    answers = floor.follow(Handheld(web, badge="B1", pin="2580"), "f", first="Z1")

    assert house.got == ["Z1", "BIN-7", "3", "main", "P-1"]
    assert house.kinds == ["scan", "scan", "number", "press", "scan"]
    assert answers == 4


def test_a_long_task_goes_on_and_one_that_goes_round_in_a_circle_is_stopped(house: House, web: Web) -> None:
    """A wave of thousands of parcels is no circle; the same screen again and again is."""
    person = Handheld(web, badge="B1", pin="2580")
    house.steps = [("WantsScan", f"P-{number}") for number in range(10 * floor.SAME_SCREEN_MAX)]
    assert floor.follow(person, "f") == len(house.steps)

    house.got.clear()
    house.steps = [("WantsScan", "P-1")] * (10 * floor.SAME_SCREEN_MAX)
    with pytest.raises(floor.Stuck, match="circle"):
        floor.follow(person, "f")
    assert len(house.got) == floor.SAME_SCREEN_MAX


def test_a_wrong_pin_is_said(house: House, web: Web) -> None:
    with pytest.raises(NotThere, match="signing in by badge is refused"):
        Handheld(web, badge="B1", pin="0000").begin("f")


def test_lists_are_read_page_by_page_and_what_is_not_there_is_said(web: Web) -> None:
    api = Api(web, "t")

    assert [item["n"] for item in api.every("/api/pages")] == [1, 1]
    with pytest.raises(NotThere, match="GET /api/nothing answers 404: no such list"):
        list(api.every("/api/nothing"))
