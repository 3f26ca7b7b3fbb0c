"""The lane answers within the second, and what it does not know it holds."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devices.facts import Event, now
from devices.lane import Answer, Lane, ReleasedList, Verdict, judge_by_list
from devices.lane_desk import LaneAdapter
from devices.registry import Gateway, Registry, Warehouse
from devices.registry import Lane as Settings
from devices.simulated_ports import TcpWire
from tests.devices.conftest import until
from tests.patience import seconds_of

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
LIST = ReleasedList(
    made_at=NOON - timedelta(hours=1),
    valid_until=NOON + timedelta(hours=1),
    released=frozenset({"XZ990001000458", "XZ990001000459"}),
    inspect=frozenset({"XZ990001001264", "XZ990001000459"}),
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("XZ990001000458", Verdict.RELEASED),
        ("]C0xz990001000458\r", Verdict.RELEASED),
        ("XZ990001001264", Verdict.INSPECT),
        ("XZ990001000459", Verdict.INSPECT),
        ("XZ990001009999", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_a_list_decides_while_the_warehouse_is_silent(text: str, verdict: Verdict) -> None:
    assert judge_by_list(text, LIST, at=NOON).verdict is verdict


@pytest.mark.parametrize("at", [LIST.valid_until, LIST.made_at - timedelta(seconds=1)])
def test_a_list_out_of_its_time_lets_nothing_pass(at: datetime) -> None:
    assert judge_by_list("XZ990001000458", LIST, at=at).verdict is Verdict.UNKNOWN
    assert judge_by_list("XZ990001000458", LIST, at=LIST.made_at).verdict is Verdict.RELEASED


class Customs:
    """A warehouse that answers, drips, or says nonsense."""

    def __init__(self) -> None:
        self.mood = "good"
        customs = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if customs.mood == "slow":
                    time.sleep(1.5)
                said = (
                    b"<html>"
                    if customs.mood == "mad"
                    else b'{"verdict": "released", "parcel": "XZ990001009999"}'
                )
                self._answer(500 if customs.mood == "broken" else 200, said)

            def do_GET(self) -> None:
                said = {
                    "made_at": LIST.made_at.isoformat(),
                    "valid_until": LIST.valid_until.isoformat(),
                    "released": sorted(LIST.released),
                    "inspect": sorted(LIST.inspect),
                }
                canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
                digest = hashlib.sha256(canonical.encode()).hexdigest()
                said["digest"] = digest[::-1] if customs.mood == "torn" else digest
                if self.path != "/api/lane/released-list":
                    self._answer(404, b"")
                    return
                self._answer(200, json.dumps(said).encode())

            def _answer(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    return

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def customs() -> Iterator[Customs]:
    made = Customs()
    yield made
    made.close()


def lane(url: str, tmp_path: Path) -> Lane:
    return Lane(base_url=url, source="gw-1", device="lane-1", list_file=tmp_path / "released.json")


def test_the_warehouses_own_word_goes_before_the_list(customs: Customs, tmp_path: Path) -> None:
    answer = lane(customs.url, tmp_path).ask("XZ990001009999", at=NOON)

    assert answer.verdict is Verdict.RELEASED
    assert answer.by_list is None


@pytest.mark.parametrize("mood", ["slow", "mad", "broken"])
def test_whatever_the_warehouse_does_the_lane_answers_within_the_second(
    customs: Customs, tmp_path: Path, mood: str
) -> None:
    here = lane(customs.url, tmp_path)
    assert here.fetch_list()
    customs.mood = mood

    answers: list[Answer] = []

    took = seconds_of(lambda: answers.append(here.ask("XZ990001000458", at=NOON)), most=1.0)

    assert took < 1.0
    for answer in answers:
        assert answer.verdict is Verdict.RELEASED
        assert answer.by_list == LIST.made_at


def test_the_list_survives_a_restart_without_network(customs: Customs, tmp_path: Path) -> None:
    lane(customs.url, tmp_path).fetch_list()

    again = lane("http://127.0.0.1:1", tmp_path)

    assert again.ask("XZ990001001264", at=NOON).verdict is Verdict.INSPECT
    assert not again.fetch_list()
    assert again.ask("XZ990001001264", at=NOON).verdict is Verdict.INSPECT


def test_a_list_that_is_not_whole_is_not_taken(customs: Customs, tmp_path: Path) -> None:
    """A copy that lost a line would let a parcel pass that customs wants to see."""
    customs.mood = "torn"

    assert not lane(customs.url, tmp_path).fetch_list()


def lane_adapter(customs: Customs, tmp_path: Path, **settings: Any) -> LaneAdapter:
    said: dict[str, Any] = {"type": "lane", "id": "inspection-1", "scanner": "lane-1", "scale": "bench-1"}
    registry = Registry(
        gateway=Gateway(id="gw-1", spool=tmp_path / "spool.db"),
        warehouse=Warehouse(url=f"{customs.url}/api/readings"),
    )
    return LaneAdapter(Settings(**{**said, "window_seconds": 0.6, **settings}), registry)


def told(device: str, kind: str, **data: Any) -> Event:
    at = now()
    return Event(device=device, kind=kind, data=data, happened_at=at, received_at=at)


def test_weight_and_picture_are_bound_to_the_scan(customs: Customs, tmp_path: Path) -> None:
    """The verdict goes to the sign at once, the evidence follows; the picture stays here under its digest."""
    sign = TcpWire()
    adapter = lane_adapter(customs, tmp_path, listen_port=0, sign=sign.url)
    adapter.open()
    seen: list[Event] = []
    stop = threading.Event()
    reading = threading.Thread(
        target=lambda: seen.extend(
            fact
            for deliveries in adapter.read(stop)
            for each in deliveries
            for fact in each.facts  # type: ignore[misc]
        )
    )
    reading.start()

    adapter.hear(told("bench-1", "weight.stable", mass_kg="1.250"))
    adapter.hear(told("lane-1", "scan", text="XZ990001009999"))
    shown = b""
    deadline = time.monotonic() + 5
    while b"\r\n" not in shown and time.monotonic() < deadline:
        shown += sign.read(seconds=0.2)
    picture = urllib.request.Request(
        f"http://127.0.0.1:{adapter.port}/", b"\xff\xd8 a picture", {"Content-Type": "image/jpeg"}
    )
    urllib.request.urlopen(picture, timeout=5).close()
    until(lambda: seen)
    stop.set()
    reading.join()
    adapter.close()
    sign.close()

    assert shown == b"released XZ990001009999\r\n"
    (event,) = seen
    digest = hashlib.sha256(b"\xff\xd8 a picture").hexdigest()
    assert event.kind == "parcel.seen"
    assert event.data["verdict"] == "released"
    assert event.data["mass_kg"] == "1.250"
    assert event.data["images"] == [{"sha256": digest, "bytes": 12}]
    assert (tmp_path / "images" / f"{digest}.jpg").read_bytes() == b"\xff\xd8 a picture"


def test_a_push_that_is_no_picture_is_refused(customs: Customs, tmp_path: Path) -> None:
    adapter = lane_adapter(customs, tmp_path, listen_port=0)
    adapter.open()
    push = urllib.request.Request(
        f"http://127.0.0.1:{adapter.port}/", b"<html>", {"Content-Type": "text/html"}
    )

    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        urllib.request.urlopen(push, timeout=5)

    refused.value.close()
    adapter.close()
    assert adapter.errors == 1


def test_without_warehouse_and_list_every_parcel_is_held(tmp_path: Path) -> None:
    (tmp_path / "released.json").write_text("half a li")

    answer = lane("http://127.0.0.1:1", tmp_path).ask("XZ990001000458", at=NOON)

    assert answer.verdict is Verdict.UNKNOWN
