"""The gateway at work: plugged and unplugged, silent, too loud, killed; through to the warehouse."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.adapter import ProbeReport, Unavailable
from devices.facts import Delivery, Event, Measurement, now
from devices.registry import Scale, Scanner
from devices.runner import Runner, State
from devices.scales import ScaleAdapter
from devices.scanners import ScannerAdapter
from devices.serial_port import open_port
from devices.simulate import send_scan
from devices.simulated_frames import encode_weight, weighing
from devices.simulated_ports import PtyWire, TcpWire
from tests.devices.conftest import Warehouse, until

RunGateway = Callable[..., Runner]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[PtyWire]:
    made = PtyWire(tmp_path / "lane-1")
    yield made
    made.close()


def scanner(port: str, **settings: Any) -> ScannerAdapter:
    return ScannerAdapter(Scanner(type="scanner", id="lane-1", port=port, **settings))


def scale(port: str, format_name: str = "yaohua") -> ScaleAdapter:
    return ScaleAdapter(
        Scale(
            type="scale",
            id="bridge-1",
            port=port,
            format=format_name,
            division_kg=Decimal(20),
            rearm_below_kg=Decimal(100),
        )
    )


def texts(warehouse: Warehouse) -> list[str]:
    return [json.loads(body)["data"]["text"] for *_names, body in warehouse.rows("scan")]


def states(warehouse: Warehouse) -> list[str]:
    return [json.loads(body)["data"]["state"] for *_names, body in warehouse.rows("device.state")]


def is_ready(runner: Runner, name: str = "lane-1") -> bool:
    return runner.health[name].state is State.READY


def test_a_scan_reaches_the_warehouse(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    runner = run_gateway(scanner(str(tmp_path / "lane-1"), station="inspection/lane-1"))
    until(lambda: is_ready(runner))

    wire.write(b"]C10106901234567892\x1d10LOT\r\n")

    until(lambda: texts(warehouse) == ["]C10106901234567892\x1d10LOT"])
    assert json.loads(warehouse.rows("scan")[0][2])["data"]["station"] == "inspection/lane-1"


def test_zeros_on_the_line_do_not_stop_the_queue_behind_them(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    """PostgreSQL takes no NUL in text; the bytes stay in `raw`."""
    runner = run_gateway(scanner(str(tmp_path / "lane-1")))
    until(lambda: is_ready(runner))

    wire.write(b"A\x00B\rC\r")

    until(lambda: texts(warehouse) == ["A\u2400B", "C"])
    assert json.loads(warehouse.rows("scan")[0][2])["raw"] == "410042"


def test_a_fact_that_cannot_be_written_down_gives_way_to_a_dead_letter(
    run_gateway: RunGateway, warehouse: Warehouse
) -> None:
    runner = run_gateway(Chatterbox(0))
    at = now()
    odd = Event(device="x", kind="scan", data={"text": object()}, happened_at=at, received_at=at)  # type: ignore[dict-item]
    fine = Event(device="x", kind="scan", data={"text": "FINE"}, happened_at=at, received_at=at)

    runner.writer.put(Delivery(facts=(odd,)), Delivery(facts=(fine,)))

    until(lambda: texts(warehouse) == ["FINE"])
    assert len(warehouse.rows("dead_letter")) == 1


def test_a_scanner_that_waits_beeps_only_after_the_commit(
    run_gateway: RunGateway, wire: PtyWire, tmp_path: Path
) -> None:
    runner = run_gateway(scanner(str(tmp_path / "lane-1"), confirm=True))
    until(lambda: is_ready(runner))

    assert send_scan(wire, b"WB01-A-05-07-2\r", confirm=True, stop=threading.Event())
    assert runner.spool.status().last_seq >= 2


def test_a_scan_repeated_over_a_restart_is_one_scan(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    """The gateway died between commit and ACK, so the scanner sends its scan again: stored once."""
    first = run_gateway(scanner(str(tmp_path / "lane-1"), confirm=True, repeat_ms=0))
    until(lambda: is_ready(first))
    send_scan(wire, b"PARCEL-1\r", confirm=True, stop=threading.Event())
    first.stop()
    first.stop = lambda: None  # type: ignore[method-assign]

    second = run_gateway(scanner(str(tmp_path / "lane-1"), confirm=True, repeat_ms=0))
    until(lambda: is_ready(second))
    for scan in (b"PARCEL-1\r", b"PARCEL-2\r", b"PARCEL-1\r"):
        assert send_scan(wire, scan, confirm=True, stop=threading.Event())

    until(lambda: second.spool.status().waiting == 0)
    assert texts(warehouse) == ["PARCEL-1", "PARCEL-2", "PARCEL-1"]


def test_a_double_read_is_one_scan_and_a_later_one_is_another(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    adapter = scanner(str(tmp_path / "lane-1"), repeat_ms=200)
    runner = run_gateway(adapter)
    until(lambda: is_ready(runner))

    wire.write(b"A\rA\r")
    # Counted from when it was read, however late that was.
    until(lambda: adapter.repeats == 1)
    time.sleep(0.3)
    wire.write(b"A\r")

    until(lambda: texts(warehouse) == ["A", "A"])


def test_a_scanner_pulled_and_plugged_again_goes_on(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    runner = run_gateway(scanner(str(tmp_path / "lane-1")))
    until(lambda: is_ready(runner))
    wire.write(b"BEFORE\rHALF")
    until(lambda: texts(warehouse))

    wire.unplug()
    until(lambda: runner.health["lane-1"].state is State.LOST)
    wire.plug()
    until(lambda: is_ready(runner))
    wire.write(b"AFTER\r")

    until(lambda: len(texts(warehouse)) >= 2)
    assert texts(warehouse)[-1] == "AFTER"
    assert states(warehouse) == ["ready", "lost", "ready"]


def test_a_network_scanner_that_hangs_up_is_called_again(
    run_gateway: RunGateway, warehouse: Warehouse
) -> None:
    tcp = TcpWire()
    runner = run_gateway(scanner(tcp.url))
    until(lambda: is_ready(runner) and tcp.write(b"ONE\r"))
    until(lambda: texts(warehouse) == ["ONE"])

    tcp.unplug()
    until(lambda: runner.health["lane-1"].state is State.LOST)
    until(lambda: is_ready(runner))
    until(lambda: tcp.write(b"TWO\r"))

    until(lambda: texts(warehouse) == ["ONE", "TWO"])
    tcp.close()


def test_a_port_has_one_reader(wire: PtyWire, tmp_path: Path) -> None:
    """Two readers steal bytes from each other; the second is refused."""
    first = open_port(str(tmp_path / "lane-1"), baud=9600)

    with pytest.raises(Unavailable, match="cannot be opened"):
        open_port(str(tmp_path / "lane-1"), baud=9600)

    first.close()


@pytest.mark.parametrize(
    "port", ["/dev/serial/by-id/none", "/etc/hostname", "socket://127.0.0.1:1", "rfc2217://127.0.0.1:1"]
)
def test_a_port_that_is_none_is_named_in_words(port: str) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1|none|hostname"):
        open_port(port, baud=9600)


def test_a_truck_is_weighed_once(
    run_gateway: RunGateway, warehouse: Warehouse, tmp_path: Path, wire: PtyWire
) -> None:

    runner = run_gateway(scale(str(tmp_path / "lane-1")))
    until(lambda: is_ready(runner, "bridge-1"))

    for frame in weighing("yaohua", Decimal(16240), division_kg=Decimal(20), randomness=random.Random(1)):
        wire.write(frame)
        time.sleep(0.005)

    until(lambda: warehouse.rows("weight.stable"))
    time.sleep(0.2)
    (body,) = [json.loads(body) for *_names, body in warehouse.rows("weight.stable")]
    assert body["data"]["mass_kg"] == "16240"
    assert [bytes.fromhex(frame)[:1] for frame in body["data"]["frames"]] == [b"\x02"] * 5


def test_an_indicator_in_command_mode_is_asked(
    run_gateway: RunGateway, warehouse: Warehouse, tmp_path: Path, wire: PtyWire
) -> None:
    settings = Scale(
        type="scale",
        id="bridge-1",
        port=str(tmp_path / "lane-1"),
        format="yaohua_command",
        address="A",
        division_kg=Decimal(20),
        rearm_below_kg=Decimal(100),
    )
    run_gateway(ScaleAdapter(settings))

    def answered() -> bool:
        if b"\x02AB03\x03" in wire.read(seconds=0.1):
            wire.write(encode_weight("yaohua_command", Decimal(16240)))
        return bool(warehouse.rows("weight.stable"))

    until(answered)


def test_noise_and_wrong_baud_are_counted_and_stop_nothing(
    run_gateway: RunGateway, warehouse: Warehouse, tmp_path: Path, wire: PtyWire
) -> None:
    runner = run_gateway(scale(str(tmp_path / "lane-1")))
    until(lambda: is_ready(runner, "bridge-1"))

    wire.write(os.urandom(1500).replace(b"\x02", b"\x00"))

    until(lambda: runner.report()["devices"]["bridge-1"]["errors"])  # type: ignore[index,call-overload]
    assert warehouse.rows("weight.stable") == []


class Chatterbox:
    """A device that says what a test wants it to say."""

    names: tuple[str, ...] = ("cool-1",)
    errors = 0

    def __init__(self, count: int, *, then: Exception | None = None) -> None:
        self._count = count
        self._then = then

    def open(self) -> None:
        pass

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        for number in range(self._count):
            at = now()
            reading = Measurement(
                device="cool-1", kind="temperature", value=number, unit="Cel", happened_at=at, received_at=at
            )
            yield [Delivery(facts=(reading,))]
        self._count = 0
        if self._then is not None:
            raise self._then
        while not stop.wait(0.05):
            yield []

    def close(self) -> None:
        pass

    def probe(self) -> ProbeReport:
        return ProbeReport(good=True, findings=())


def test_a_device_that_talks_too_much_is_thinned_and_marked(
    run_gateway: RunGateway, warehouse: Warehouse
) -> None:
    """Ten thousand readings at once: a hundred are kept and fifty for each second that takes, the rest is counted in
    a gap, others are not harmed.
    """
    began = time.monotonic()
    runner = run_gateway(Chatterbox(10_000), readings_per_second_max=50)
    until(lambda: runner.health["cool-1"].facts == 10_000)
    took = time.monotonic() - began
    runner.stop()
    runner.stop = lambda: None  # type: ignore[method-assign]

    again = run_gateway(Chatterbox(0))
    until(lambda: again.spool.status().waiting == 0)
    kept = len(warehouse.rows("temperature"))
    gaps = [json.loads(body)["data"] for *_names, body in warehouse.rows("gateway.gap")]
    assert 100 <= kept <= 101 + 50 * took
    assert kept + sum(gap["count"] for gap in gaps) == 10_000


@pytest.mark.parametrize("error", [RuntimeError("a bug"), Unavailable("gone"), MemoryError()])
def test_an_adapter_that_fails_harms_no_other(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path, error: Exception
) -> None:
    runner = run_gateway(Chatterbox(1, then=error), scanner(str(tmp_path / "lane-1")))

    until(lambda: is_ready(runner) and runner.health["cool-1"].facts == 1)
    wire.write(b"STILL HERE\r")

    until(lambda: texts(warehouse) == ["STILL HERE"])


def test_silence_is_an_alert_and_the_next_word_ends_it(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    runner = run_gateway(scanner(str(tmp_path / "lane-1")), silent_minutes_max={"lane-1": 0.01})

    until(lambda: runner.health["lane-1"].state is State.ALERT)
    wire.write(b"A\r")
    until(lambda: texts(warehouse) == ["A"])

    until(lambda: states(warehouse)[:3] == ["ready", "alert", "ready"])


def test_what_was_seen_while_the_warehouse_was_away_arrives_later(
    run_gateway: RunGateway, warehouse: Warehouse, wire: PtyWire, tmp_path: Path
) -> None:
    warehouse.receiver.token = "nobody knows"
    runner = run_gateway(scanner(str(tmp_path / "lane-1")))
    until(lambda: is_ready(runner))
    wire.write(b"A\rB\r")
    until(lambda: runner.uplink.trouble and runner.spool.status().waiting >= 3)
    assert runner.report()["trouble"]

    warehouse.receiver.token = None

    until(lambda: texts(warehouse) == ["A", "B"])
    until(lambda: runner.report()["trouble"] is None)


def test_the_health_file_is_whole_and_names_every_device(
    run_gateway: RunGateway, tmp_path: Path, wire: PtyWire
) -> None:
    file = tmp_path / "health.json"
    run_gateway(scanner(str(tmp_path / "lane-1")), Chatterbox(1), health_file=file)

    until(file.exists)

    said = json.loads(file.read_text())
    assert set(said["devices"]) == {"lane-1", "cool-1"}
    assert {"backlog", "oldest_at", "clock_offset_s", "trouble", "epoch"} <= set(said)


def test_the_heartbeat_reaches_the_warehouse(run_gateway: RunGateway, warehouse: Warehouse) -> None:
    runner = run_gateway(Chatterbox(1))

    runner.writer.put(Delivery(facts=(runner.heartbeat(),)))

    until(lambda: warehouse.rows("gateway.heartbeat"))
