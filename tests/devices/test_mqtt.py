"""MQTT ends at the gateway: kept first, acknowledged then, on the connection that brought it."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from devices.broker_probe import probe_broker
from devices.facts import Clock, Event, Measurement, Quality, measured, to_wire, trust_memory
from devices.mqtt_client import BufferedClient
from devices.mqtt_payloads import Read, Unreadable, read_message
from devices.mqtt_sensors import BrokerAdapter
from devices.registry import Broker, Sensor
from devices.runner import Runner, State
from devices.simulated_broker import amqtt_command, password_of
from devices.simulated_sensors import Logger
from devices.spool import Spool
from tests.devices.conftest import Warehouse, until

PAYLOADS = Path(__file__).parent.parent / "payloads" / "mqtt"
NOON = datetime(2026, 5, 20, 0, 42, 1, tzinfo=UTC)
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def sensor(**settings: Any) -> Sensor:
    return Sensor(**{"type": "sensor", "id": "cool-1", "broker": "broker", "topic": "t/cool-1", **settings})


FOREIGN = sensor(fields={"temperature": "/data/temp", "door": "/data/door"}, time_pointer="/ts")


def read(payload: bytes | str, of: Sensor | None = None) -> Read:
    raw = payload.encode() if isinstance(payload, str) else payload
    return read_message(of or sensor(), raw, received_at=NOON)


def test_half_a_letter_in_a_payload_is_replaced_not_fatal() -> None:
    """JSON may hold half a surrogate pair; SQLite, UTF-8 and PostgreSQL may not."""
    (fact,) = read('{"kind": "seal", "value": true, "seal_no": "S\\ud800\\u0000"}').facts

    assert json.loads(to_wire(fact).encode())["data"]["seal_no"] == "S?\u2400"


def test_our_own_payload_says_two_readings_and_its_number() -> None:
    said = read((PAYLOADS / "own.json").read_bytes())

    temperature, humidity = said.facts
    assert isinstance(temperature, Measurement)
    assert (temperature.value, temperature.unit, temperature.clock) == (4.25, "Cel", Clock.DEVICE)
    assert temperature.happened_at == NOON - timedelta(seconds=1)
    assert isinstance(humidity, Measurement)
    assert said.number == ("b7", 41)


def test_a_foreign_payload_is_read_by_its_declared_pointers() -> None:
    temperature, door = read((PAYLOADS / "foreign.json").read_bytes(), FOREIGN).facts

    assert isinstance(temperature, Measurement)
    assert temperature.value == -19.6
    assert isinstance(door, Event)
    assert door.data["open"] is False


@pytest.mark.parametrize("name", ["nan.json", "huge.json"])
def test_a_number_that_cannot_be_is_kept_as_bad(name: str) -> None:
    (fact,) = read((PAYLOADS / name).read_bytes()).facts

    assert fact.quality is Quality.BAD


@pytest.mark.parametrize(
    "value", ["Infinity", "-Infinity", "NaN", '"warm"', "true", "null", "1e309", "[4]", "9" * 400]
)
def test_what_is_no_number_is_bad_and_has_no_value(value: str) -> None:
    (fact,) = read(f'{{"kind": "temperature", "value": {value}}}').facts

    assert isinstance(fact, Measurement)
    assert fact.quality is Quality.BAD


@pytest.mark.parametrize("days", [-365, 365, -1, 1])
def test_a_clock_that_cannot_be_right_makes_the_reading_uncertain(days: int) -> None:
    at = (NOON + timedelta(days=days)).isoformat()

    (fact,) = read(json.dumps({"kind": "temperature", "value": 4, "at": at})).facts

    assert fact.quality is Quality.UNCERTAIN
    assert fact.received_at == NOON


@pytest.mark.parametrize("seconds", [-290, 110])
def test_a_clock_within_tolerance_is_good(seconds: int) -> None:
    at = (NOON + timedelta(seconds=seconds)).timestamp() * 1000

    (fact,) = read(json.dumps({"kind": "temperature", "value": 4, "at": at})).facts

    assert fact.quality is Quality.GOOD


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        (PAYLOADS / "half.json").read_bytes(),
        b"[]",
        b"[1]",
        b'"x"',
        b"{}",
        b'{"kind": "gold", "value": 1}',
        b'{"kind": "temperature", "value": 4, "unit": "F"}',
        b'{"kind": "temperature", "value": 4, "at": "yesterday"}',
        b'{"kind": "temperature", "value": 4, "at": "2026-05-20T00:42:00"}',
        b'{"kind": "temperature", "value": 4, "at": 1e300}',
        b'{"kind": "temperature", "value": 4, "device": "cool-2"}',
        b'{"kind": "door", "value": "ajar"}',
        b"[" * 60_000,
        b'{"kind": "temperature", "value": "' + b"4" * 70_000 + b'"}',
        b" " * 1_000_000,
    ],
    ids=lambda payload: repr(payload[:40]),
)
def test_what_cannot_be_read_is_told_in_one_sentence(payload: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        read(payload)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_payload_raises_anything_else(payload: bytes) -> None:
    for declared in (sensor(), FOREIGN):
        with contextlib.suppress(Unreadable):
            read(payload, declared)


@pytest.mark.parametrize(
    ("said", "is_open"), [("true", True), ("0", False), ('"OPEN"', True), ('"closed"', False)]
)
def test_a_door_says_open_or_closed_in_many_words(said: str, is_open: bool) -> None:
    (fact,) = read(f'{{"kind": "door", "value": {said}}}').facts

    assert isinstance(fact, Event)
    assert fact.data["open"] is is_open


class Mosquitto:
    """A real broker without persistence; killed and started at will."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = int(server.getsockname()[1])
        self._conf = folder / "mosquitto.conf"
        self.configure("max_queued_messages 0")

    def configure(self, *lines: str) -> None:
        self._conf.write_text(
            "\n".join(
                [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false", *lines, ""]
            )
        )

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("Mosquitto is not installed; the broker's own behaviour is not tested.")
    made = Mosquitto(tmp_path)
    made.start()
    yield made
    made.kill()


def adapter_for(broker: Mosquitto, *sensors: Sensor, protocol: str = "5") -> BrokerAdapter:
    settings = Broker(type="broker", id="broker", host="127.0.0.1", port=broker.port, protocol=protocol)
    return BrokerAdapter(settings, sensors or (sensor(),), client_id="gw-test-broker")


def speaker_of(broker: Mosquitto) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"speaker-{time.monotonic_ns()}")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client


def stop(*clients: mqtt.Client) -> None:
    for client in clients:
        client.disconnect()
        client.loop_stop()


RunGateway = Callable[..., Runner]


def is_ready(runner: Runner) -> bool:
    return runner.health["broker"].state is State.READY


def values(warehouse: Warehouse) -> list[float]:
    return [json.loads(body)["value"] for *_names, body in warehouse.rows("temperature")]


@pytest.mark.mosquitto
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_reading_reaches_the_warehouse(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto, protocol: str
) -> None:
    runner = run_gateway(adapter_for(broker, protocol=protocol))
    until(lambda: is_ready(runner))
    speaker = speaker_of(broker)

    speaker.publish("t/cool-1", '{"kind": "temperature", "value": 4.25}', qos=1).wait_for_publish(5)

    until(lambda: values(warehouse) == [4.25])
    stop(speaker)


@pytest.fixture
def old_broker(tmp_path: Path) -> Iterator[Broker]:
    """amqtt, which speaks 3.1.1 alone; the broker of a demonstration where no Mosquitto is installed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    settings = Broker(
        type="broker",
        id="broker",
        host="127.0.0.1",
        port=port,
        protocol="auto",
        username="gw-test",
        password_file=tmp_path / "secrets" / "broker.password",
    )
    process = subprocess.Popen(
        amqtt_command(settings, tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    until(listens)
    yield settings
    process.kill()
    process.wait()


def test_a_broker_of_the_old_version_is_spoken_to_in_it(
    run_gateway: RunGateway, warehouse: Warehouse, old_broker: Broker
) -> None:
    """And nobody without the name is let in."""
    runner = run_gateway(BrokerAdapter(old_broker, (sensor(),), client_id="gw-test-broker"))
    until(lambda: is_ready(runner), seconds=30)

    def logger_of(password: str | None) -> Logger:
        return Logger(
            host="127.0.0.1",
            port=old_broker.port,
            topic="t/cool-1",
            protocol="3.1.1",
            username="gw-test",
            password=password,
        )

    stranger = logger_of("guessed")
    assert not stranger.wait_connected(1)
    stranger.close()
    logger = logger_of(password_of(old_broker))
    assert logger.wait_connected(10)

    logger.send([{"kind": "temperature", "value": 4.25}])

    until(lambda: values(warehouse) == [4.25] and logger.waiting == 0, seconds=30)
    logger.close()


@pytest.mark.mosquitto
def test_a_backlog_of_thousands_is_taken_up(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto
) -> None:
    """More waits at the broker than fits a window; the answer to the subscription stands behind it."""
    first = adapter_for(broker)
    first.open()
    first.close()
    speaker = speaker_of(broker)
    for number in range(3000):
        said = {"kind": "temperature", "value": number / 100, "at": datetime.now(UTC).isoformat()}
        told = speaker.publish("t/cool-1", json.dumps(said), qos=1)
    told.wait_for_publish(20)

    run_gateway(adapter_for(broker), readings_per_second_max=1e6)

    until(lambda: len(warehouse.rows("temperature")) == 3000, seconds=30)
    stop(speaker)


@pytest.mark.mosquitto
def test_nothing_is_acknowledged_before_it_is_kept(broker: Mosquitto) -> None:
    """Read but never kept: the broker delivers all of it again to the next connection."""
    adapter = adapter_for(broker)
    adapter.open()
    speaker = speaker_of(broker)
    for number in range(5):
        speaker.publish("t/cool-1", f'{{"kind": "temperature", "value": {number}}}', qos=1).wait_for_publish(
            5
        )
    turns = adapter.read(threading.Event())
    early = [delivery for _turn in range(20) for delivery in next(turns)]
    adapter.close()

    again = adapter_for(broker)
    again.open()
    turns = again.read(threading.Event())
    late = [delivery for _turn in range(20) for delivery in next(turns)]

    assert len(early) == len(late) == 5
    assert all(delivery.once is not None and delivery.once.may_be_repeat for delivery in late)
    # The early five are kept now: their connection is gone, so nothing may be acknowledged for them.
    for delivery in early:
        delivery.kept()
    again_kept = again._kept
    assert not again_kept
    adapter.open()
    stale = adapter.read(threading.Event())
    next(stale)
    assert adapter.stale_acks_dropped == 5
    adapter.close()
    again.close()
    stop(speaker)


@pytest.mark.mosquitto
def test_a_message_the_broker_repeats_is_kept_once(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto, tmp_path: Path
) -> None:
    """Kept, but the gateway died before the acknowledgement: even a reading without a time is not doubled."""
    adapter = adapter_for(broker)
    adapter.open()
    speaker = speaker_of(broker)
    speaker.publish("t/cool-1", '{"kind": "temperature", "value": 4}', qos=1).wait_for_publish(5)
    turns = adapter.read(threading.Event())
    read_once = [delivery for _turn in range(20) for delivery in next(turns)]
    spool = Spool(tmp_path / "spool.db")
    spool.append(read_once)
    spool.close()
    client = adapter._client
    assert client is not None
    client.socket().close()

    runner = run_gateway(adapter_for(broker))
    until(lambda: is_ready(runner))
    speaker.publish("t/cool-1", '{"kind": "temperature", "value": 5}', qos=1).wait_for_publish(5)

    until(lambda: 5 in values(warehouse))
    assert values(warehouse) == [4, 5]
    stop(speaker)


@pytest.mark.mosquitto
def test_a_logger_loses_nothing_to_a_broker_that_forgets(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto
) -> None:
    runner = run_gateway(adapter_for(broker))
    until(lambda: is_ready(runner))
    logger = Logger(host="127.0.0.1", port=broker.port, topic="t/cool-1")
    logger.wait_connected(5)

    for number in range(60):
        logger.send([{"kind": "temperature", "value": number, "at": datetime.now(UTC).isoformat()}])
        if number == 30:
            broker.kill()
            broker.start()

    until(lambda: logger.waiting == 0, seconds=20)
    until(lambda: len(values(warehouse)) >= 60)
    assert sorted(values(warehouse)) == list(range(60))
    logger.close()


@pytest.mark.mosquitto
def test_a_bad_message_is_a_dead_letter_and_holds_up_nothing(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto
) -> None:
    runner = run_gateway(adapter_for(broker))
    until(lambda: is_ready(runner))
    speaker = speaker_of(broker)

    for payload in (b"\xff", b"x" * 1_000_000, b'{"kind": "temperature", "value": 4}'):
        speaker.publish("t/cool-1", payload, qos=1).wait_for_publish(5)

    until(lambda: values(warehouse) == [4])
    letters = [json.loads(body) for *_names, body in warehouse.rows("dead_letter")]
    assert [letter["data"]["topic"] for letter in letters] == ["t/cool-1", "t/cool-1"]
    assert runner.report()["devices"]["broker"]["errors"] == 2  # type: ignore[index,call-overload]
    stop(speaker)


@pytest.mark.mosquitto
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_an_old_value_the_broker_plays_back_is_no_reading(
    run_gateway: RunGateway, warehouse: Warehouse, broker: Mosquitto, protocol: str
) -> None:
    speaker = speaker_of(broker)
    speaker.publish("t/cool-1", '{"kind": "temperature", "value": 99}', qos=1, retain=True).wait_for_publish(
        5
    )
    runner = run_gateway(adapter_for(broker, protocol=protocol))
    until(lambda: is_ready(runner))

    speaker.publish("t/cool-1", '{"kind": "temperature", "value": 4}', qos=1).wait_for_publish(5)

    until(lambda: values(warehouse) == [4])
    stop(speaker)


def test_a_second_gateway_under_the_same_name_is_named() -> None:
    """Two clients with one id throw each other out for ever; the health page must say why."""
    settings = Broker(type="broker", id="broker", host="127.0.0.1", port=1)
    adapter = BrokerAdapter(settings, (), client_id="gw-1-broker")

    adapter._on_disconnect(None, None, None, ReasonCode(PacketTypes.DISCONNECT, "Session taken over"), None)

    assert adapter._refusal is not None
    assert "another client uses the id gw-1-broker" in adapter._refusal


@pytest.mark.mosquitto
def test_a_probe_tells_a_broker_that_will_lose_messages(broker: Mosquitto) -> None:
    """Mosquitto's own default keeps 1,000 for an absent gateway and promises the rest all the same."""
    good = probe_broker(Broker(type="broker", id="b", host="127.0.0.1", port=broker.port))
    broker.kill()
    broker.configure()
    broker.start()
    bad = probe_broker(Broker(type="broker", id="b", host="127.0.0.1", port=broker.port))

    assert good.good, good.findings
    assert not bad.good
    assert any("max_queued_messages" in finding for finding in bad.findings)


def test_a_broker_that_is_not_there_is_named() -> None:
    settings = Broker(type="broker", id="broker", host="127.0.0.1", port=1)

    report = BrokerAdapter(settings, (), client_id="gw").probe()

    assert not report.good
    assert "127.0.0.1:1" in report.findings[0]


def test_the_client_still_reads_and_sends_through_our_buffers() -> None:
    """Two private methods of paho are leaned on; an update that renames them must fail here."""
    here, there = socket.socketpair()
    here.setblocking(False)
    client = BufferedClient(CallbackAPIVersion.VERSION2, manual_ack=True)
    client._sock = here
    there.sendall(b"abcdef")

    assert client._sock_recv(1) == b"a"
    assert client.has_unread
    assert client._sock_recv(10) == b"bcdef"
    with pytest.raises(BlockingIOError):
        client._sock_recv(1)
    client.acknowledge([(1, 1), (2, 1)])
    assert there.recv(100) == b"\x40\x02\x00\x01\x40\x02\x00\x02"
    client._sock = None
    here.close()
    there.close()


def logged(minutes_ago: float, *, received_at: datetime) -> Measurement:
    return measured(
        Measurement(
            device="cool-1",
            kind="temperature",
            value=4.25,
            unit="Cel",
            happened_at=received_at - timedelta(minutes=minutes_ago),
            received_at=received_at,
            clock=Clock.DEVICE,
        )
    )


@pytest.mark.parametrize(
    ("minutes_ago", "was_good", "qualities", "is_good"),
    [
        ([60.0, 30.0, 0.0], False, ["good", "good", "good"], True),
        ([60.0, 30.0], True, ["good", "good"], True),
        ([60.0, 30.0], False, ["uncertain", "uncertain"], False),
        ([366 * 24 * 60.0, 0.0], False, ["uncertain", "good"], True),
        ([-366 * 24 * 60.0], True, ["uncertain"], False),
    ],
)
def test_the_memory_of_a_device_with_a_good_clock_is_trusted(
    minutes_ago: list[float], was_good: bool, qualities: list[str], is_good: bool
) -> None:
    """What a logger hands in after an outage is as good as what it says of now; a clock a year off never is."""
    at = datetime(2026, 5, 20, 12, tzinfo=UTC)

    facts, good = trust_memory(
        tuple(logged(minutes, received_at=at) for minutes in minutes_ago), clock_is_good=was_good
    )

    assert [fact.quality.value for fact in facts] == qualities
    assert good is is_good
