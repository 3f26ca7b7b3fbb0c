"""The lane answers within the second, and what it does not know it holds."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devices.lane import Lane, ReleasedList, Verdict, judge_by_list

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

    started = time.monotonic()
    answer = here.ask("XZ990001000458", at=NOON)

    assert time.monotonic() - started < 1.0
    assert answer.verdict is Verdict.RELEASED
    assert answer.by_list == LIST.made_at


def test_the_list_survives_a_restart_without_network(customs: Customs, tmp_path: Path) -> None:
    lane(customs.url, tmp_path).fetch_list()

    again = lane("http://127.0.0.1:1", tmp_path)

    assert again.ask("XZ990001001264", at=NOON).verdict is Verdict.INSPECT
    assert not again.fetch_list()
    assert again.ask("XZ990001001264", at=NOON).verdict is Verdict.INSPECT


def test_without_warehouse_and_list_every_parcel_is_held(tmp_path: Path) -> None:
    (tmp_path / "released.json").write_text("half a li")

    answer = lane("http://127.0.0.1:1", tmp_path).ask("XZ990001000458", at=NOON)

    assert answer.verdict is Verdict.UNKNOWN
