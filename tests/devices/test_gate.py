"""A passage is what all devices of a lane saw, with what is missing and what does not agree."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.facts import Event, now
from devices.gate import GateAdapter, UnreadablePush, read_push
from devices.passages import GateRule, OpenPassage, Part, Passage, Seen, end_of_window, see
from devices.registry import Gate
from devices.runner import Runner, RunnerSettings, State
from devices.spool import Caps
from devices.uplink import UplinkSettings
from tests.devices.conftest import Warehouse, until

PUSH = (Path(__file__).parent.parent / "payloads" / "gate" / "anpr.multipart").read_bytes()
MULTIPART = "multipart/form-data; boundary=boundary"
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
RULE = GateRule(
    window=timedelta(seconds=60),
    expected=frozenset({Part.PLATE, Part.MASS, Part.CARD}),
    plate_confidence_min=0.85,
)


def seen(part: Part, value: str, *, seconds: float = 0, confidence: float = 1.0) -> Seen:
    return Seen(part=part, value=value, at=NOON + timedelta(seconds=seconds), confidence=confidence)


def play(*things: Seen, until_seconds: float = 1000) -> list[Passage]:
    passage: OpenPassage | None = None
    ended: list[Passage] = []
    for thing in things:
        passage, done = see(passage, thing, RULE)
        ended += done
    _passage, done = end_of_window(passage, RULE, at=NOON + timedelta(seconds=until_seconds))
    return ended + done


def test_a_whole_passage_ends_at_once() -> None:
    (passage,) = play(
        seen(Part.MASS, "16240"),
        seen(Part.PLATE, "藏A12345", seconds=5, confidence=0.96),
        seen(Part.CARD, "C1", seconds=9),
    )

    assert passage.missing == ()
    assert passage.mismatch == ()
    assert passage.closed_at == NOON + timedelta(seconds=9)


def test_what_was_not_seen_in_the_window_is_missing() -> None:
    (passage,) = play(seen(Part.PLATE, "藏A12345"), seen(Part.MASS, "16240", seconds=59))

    assert passage.missing == (Part.CARD,)
    assert passage.closed_at == NOON + timedelta(seconds=60)


def test_what_comes_after_the_window_belongs_to_the_next() -> None:
    first, second = play(seen(Part.PLATE, "藏A12345"), seen(Part.MASS, "16240", seconds=61))

    assert first.missing == (Part.CARD, Part.MASS)
    assert second.missing == (Part.PLATE, Part.CARD)


def test_two_surely_read_plates_are_two_vehicles() -> None:
    first, second = play(seen(Part.PLATE, "藏A12345"), seen(Part.PLATE, "藏A99999", seconds=5))

    assert first.seen[Part.PLATE].value == "藏A12345"
    assert second.seen[Part.PLATE].value == "藏A99999"


def test_an_unsure_second_reading_is_a_mismatch_for_a_person() -> None:
    (passage,) = play(
        seen(Part.PLATE, "藏A12345", confidence=0.96), seen(Part.PLATE, "藏A12346", seconds=1, confidence=0.4)
    )

    assert passage.seen[Part.PLATE].value == "藏A12345"
    assert len(passage.mismatch) == 1


def test_a_plate_read_badly_is_never_a_clean_passage() -> None:
    (passage,) = play(
        seen(Part.PLATE, "藏A12345", confidence=0.6), seen(Part.MASS, "1"), seen(Part.CARD, "C1")
    )

    assert "0.60" in passage.mismatch[0]


def test_a_cameras_push_is_read() -> None:
    push = read_push(MULTIPART, PUSH)

    assert (push.plate, push.confidence, push.camera_time) == ("藏A12345", 0.96, "2026-05-20T08:42:00+08:00")
    assert push.images[0][1] == 24


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MULTIPART, b""),
        (MULTIPART, PUSH[:200]),
        ("application/xml", b"<a><b>"),
        ("application/xml", b"<ANPR/>"),
        (
            "application/xml",
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><licensePlate>&x;</licensePlate></a>',
        ),
        ("application/json", b"[]"),
        ("application/json", b'{"plate": 3}'),
        ("application/json", b"[" * 100_000),
        ("image/jpeg", b"\xff\xd8"),
        ("", b""),
    ],
)
def test_a_push_without_a_plate_is_told_in_words(kind: str, body: bytes) -> None:
    with pytest.raises(UnreadablePush, match=r"\.$"):
        read_push(kind, body)


@pytest.mark.parametrize("confidence", ["nan", "x", "-1", "1e9"])
def test_a_confidence_that_cannot_be_counts_as_none(confidence: str) -> None:
    push = read_push("application/json", json.dumps({"plate": "藏A12345", "confidence": confidence}).encode())

    assert push.confidence == 0.0


def test_a_camera_and_a_bridge_make_a_passage_at_the_warehouse(warehouse: Warehouse, tmp_path: Path) -> None:
    gate = GateAdapter(Gate(type="gate", id="gate-in", listen_port=0, scale="bridge-1"))
    settings = RunnerSettings(
        source="gw-test", spool=tmp_path / "g.db", caps=Caps(), uplink=UplinkSettings(url=warehouse.url)
    )
    runner = Runner(settings, [gate], listeners=[gate.hear])
    runner.start()
    until(lambda: runner.health["gate-in"].state is State.READY)
    at = now()
    gate.hear(
        Event(
            device="bridge-1", kind="weight.stable", data={"mass_kg": "16240"}, happened_at=at, received_at=at
        )
    )

    camera = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=5)
    camera.request("POST", "/", PUSH, {"Content-Type": MULTIPART})
    answer = camera.getresponse()
    answer.read()
    camera.close()

    assert answer.status == 200
    until(lambda: warehouse.rows("passage"))
    data = json.loads(warehouse.rows("passage")[0][2])["data"]
    assert (data["plate"], data["mass_kg"], data["missing"], data["mismatch"]) == (
        "藏A12345",
        "16240",
        [],
        [],
    )
    assert data["images"][0]["bytes"] == 24
    runner.stop()
