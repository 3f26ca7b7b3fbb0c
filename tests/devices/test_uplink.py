"""A fact leaves the gateway only for a receipt that is surely one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devices.spool import Spool
from devices.uplink import Uplink, UplinkSettings
from tests.devices.conftest import Warehouse, until
from tests.devices.test_spool import of, scan

Answer = tuple[int, bytes, dict[str, str]]


class Odd:
    """A warehouse that answers as a test says."""

    def __init__(self) -> None:
        self.answers: list[Callable[[dict[str, Any]], Answer]] = []
        self.asked: list[dict[str, Any]] = []
        odd = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                odd.asked.append(said)
                status, body, headers = (odd.answers.pop(0) if odd.answers else good)(said)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/api/readings"

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


def good(said: dict[str, Any], **changes: Any) -> Answer:
    receipt = {"source": said["source"], "epoch": said["epoch"], "committed": said["items"][-1]["seq"]}
    return 200, json.dumps({**receipt, "stored": len(said["items"]), "duplicates": 0, **changes}).encode(), {}


@pytest.fixture
def odd() -> Iterator[Odd]:
    made = Odd()
    yield made
    made.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "s.db")
    made.append([of(*(scan(str(number)) for number in range(8)))])
    yield made
    made.close()


_made: list[Uplink] = []


def uplink_to(url: str, spool: Spool, **settings: Any) -> Uplink:
    uplink = Uplink(spool, UplinkSettings(url=url, timeout_seconds=2, **settings), source="gw-test")
    _made.append(uplink)
    return uplink


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    """Closes the connections of uplinks that were only asked to deliver."""
    yield
    while _made:
        _made.pop().stop()


def test_a_receipt_lets_go_of_what_it_covers(warehouse: Warehouse, spool: Spool) -> None:
    uplink = uplink_to(warehouse.url, spool)

    uplink.deliver(spool.take(limit=500))

    assert spool.status().waiting == 0
    assert len(warehouse.rows("scan")) == 8
    assert uplink.delivered == 8


def test_a_batch_sent_twice_is_stored_once(warehouse: Warehouse, spool: Spool) -> None:
    """The answer was lost on the way: the same batch goes again and changes nothing."""
    batch = spool.take(limit=500)
    uplink = uplink_to(warehouse.url, spool)

    uplink.deliver(batch)
    uplink.deliver(batch)

    assert len(warehouse.rows()) == 8
    assert uplink.duplicates == 8


@pytest.mark.parametrize(
    "answer",
    [
        lambda said: good(said, committed=999),
        lambda said: good(said, committed=-1),
        lambda said: good(said, committed="8"),
        lambda said: good(said, committed=True),
        lambda said: good(said, epoch="another"),
        lambda said: good(said, source="another"),
        lambda _said: (200, b"<html>welcome</html>", {}),
        lambda _said: (200, b"[]", {}),
        lambda _said: (302, b"", {"Location": "/sign-in"}),
        lambda _said: (401, b"{}", {}),
        lambda _said: (404, b"not found", {}),
        lambda _said: (422, b'{"detail": "a proxy of ours does not like you"}', {}),
        lambda _said: (500, b"", {}),
        lambda _said: (503, b"", {"Retry-After": "1"}),
    ],
)
def test_what_is_not_surely_a_receipt_lets_nothing_go(odd: Odd, spool: Spool, answer: Any) -> None:
    uplink = uplink_to(odd.url, spool)
    odd.answers = [answer]

    pause = uplink.deliver(spool.take(limit=500))

    assert spool.status().waiting == 8
    assert spool.status().refused == 0
    assert uplink.trouble
    assert 0 < pause <= 30


def test_a_receipt_for_a_part_lets_go_of_that_part(odd: Odd, spool: Spool) -> None:
    odd.answers = [lambda said: good(said, committed=3)]

    uplink_to(odd.url, spool).deliver(spool.take(limit=500))

    assert spool.status().first_seq == 4


def test_a_silent_warehouse_lets_nothing_go(spool: Spool) -> None:
    uplink = uplink_to("http://127.0.0.1:1/api/readings", spool)

    pauses = [uplink.deliver(spool.take(limit=500)) for _ in range(12)]

    assert spool.status().waiting == 8
    assert max(pauses) <= 30
    assert pauses[-1] > pauses[0]


def test_one_fact_the_warehouse_will_never_take_does_not_hold_up_the_others(odd: Odd, spool: Spool) -> None:
    """The batch is halved until the one stands alone; it is set aside, not dropped."""

    def picky(said: dict[str, Any]) -> Answer:
        if any(item["seq"] == 5 for item in said["items"]):
            return 422, b'{"code": "items_refused", "detail": "no"}', {}
        return good(said)

    odd.answers = [picky] * 40
    uplink = uplink_to(odd.url, spool)
    uplink.start()
    until(lambda: spool.status().waiting == 0)
    uplink.stop()

    taken = {item["seq"] for said in odd.asked for item in said["items"] if picky(said)[0] == 200}
    assert taken == {1, 2, 3, 4, 6, 7, 8}
    assert spool.status().refused == 1


def test_a_spool_put_back_from_a_copy_gets_a_new_epoch(warehouse: Warehouse, tmp_path: Path) -> None:
    """Otherwise new facts under old numbers would be taken for old facts, and lost."""
    for text in ("old", "new"):
        spool = Spool(tmp_path / f"{text}.db")
        spool._db.execute("update spool set epoch = 'the-same'")
        spool.epoch = "the-same"
        spool.append([of(scan(text))])
        uplink = uplink_to(warehouse.url, spool)
        uplink.start()
        until(lambda spool=spool: spool.status().waiting == 0)
        uplink.stop()
        spool.close()

    assert {json.loads(body)["data"]["text"] for *_rest, body in warehouse.rows()} == {"old", "new"}


def test_the_gateway_learns_how_far_its_clock_is_off(odd: Odd, spool: Spool) -> None:
    odd.answers = [lambda said: (*good(said)[:2], {"Date": "Wed, 20 May 2020 00:00:00 GMT"})]
    uplink = uplink_to(odd.url, spool)

    uplink.deliver(spool.take(limit=1))

    assert uplink.clock_offset_seconds is not None


def test_the_token_is_read_from_its_file_and_checked(
    warehouse: Warehouse, spool: Spool, tmp_path: Path
) -> None:
    warehouse.receiver.token = "secret"
    token_file = tmp_path / "token"
    token_file.write_text("wrong\n")
    uplink = uplink_to(warehouse.url, spool, token_file=token_file)

    uplink.deliver(spool.take(limit=500))
    assert spool.status().waiting == 8
    token_file.write_text("secret\n")
    uplink.deliver(spool.take(limit=500))

    assert spool.status().waiting == 0


def test_an_item_that_makes_no_sense_is_a_dead_letter_and_holds_up_nothing(
    warehouse: Warehouse, spool: Spool
) -> None:
    spool._db.execute("update item set body = '{\"nonsense\":1}' where seq = 2")

    uplink_to(warehouse.url, spool).deliver(spool.take(limit=500))

    assert spool.status().waiting == 0
    assert len(warehouse.rows()) == 8
