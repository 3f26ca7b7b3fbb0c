"""A simulated site: every device of a registry played over pseudo terminals, TCP and a real broker.

The same adapters read it as read the real site, so the demonstration and the tests run the real code. The
scenario and seed decide what happens: normal, excursion (a cool room warms up), unplug, noise, duplicate,
clock_skew.
"""

import itertools
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from devices.registry import Broker, Gate, Printer, Registry, Scale, Scanner, Sensor
from devices.scanners import ACK
from devices.simulated_frames import sscc, temperature_at, weighing
from devices.simulated_ports import PtyWire, TcpWire, Wire
from devices.simulated_sensors import Logger
from devices.weight_frames import yaohua_command

CONFIRM_SECONDS = 1.5
FRAME_SECONDS = 0.1

_log = structlog.get_logger("devices.simulate")


class Scenario(StrEnum):
    NORMAL = "normal"
    EXCURSION = "excursion"
    UNPLUG = "unplug"
    NOISE = "noise"
    DUPLICATE = "duplicate"
    CLOCK_SKEW = "clock_skew"


class Site:
    """Every simulated device of a registry, one thread each, until `stop`."""

    def __init__(
        self, registry: Registry, *, scenario: Scenario, seed: int, pace_seconds: float = 5.0
    ) -> None:
        self._registry = registry
        self._scenario = scenario
        self._randomness = random.Random(seed)
        self._pace = pace_seconds
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._started = time.monotonic()
        self._broker_process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        for device in self._registry.device:
            match device:
                case Scanner():
                    self._play(device.id, self._scan, device)
                case Scale():
                    self._play(device.id, self._weigh, device)
                case Broker():
                    self._broker_process = self._broker_process or start_broker(device)
                    for sensor in self._registry.sensors_of(device.id):
                        self._play(sensor.id, self._sense, device, sensor)
                case Gate():
                    self._play(device.id, self._photograph, device)
                case Printer():
                    self._play(device.id, self._print, device)
                case Sensor():
                    pass

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=3)
        if self._broker_process is not None:
            self._broker_process.terminate()
            self._broker_process.wait(timeout=10)

    def wait(self) -> None:
        self._stop.wait()

    def _play(self, name: str, act: Callable[..., None], *things: object) -> None:
        # A seed of its own for each device, drawn in the registry's order: threads cannot disturb each other.
        randomness = random.Random(self._randomness.random())
        thread = threading.Thread(target=act, args=(*things, randomness), name=f"sim-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _scan(self, device: Scanner, randomness: random.Random) -> None:
        wire = make_wire(device.port)
        for serial in itertools.count(randomness.randrange(10**6)):
            if self._stop.wait(self._pace * randomness.uniform(0.5, 1.5)):
                break
            text = f"]C100{sscc(serial)}\r".encode()
            if self._scenario is Scenario.NOISE and randomness.random() < 0.3:
                wire.write(randomness.randbytes(randomness.randint(1, 200)) + b"\r")
            if self._scenario is Scenario.UNPLUG and randomness.random() < 0.2:
                unplug_and_plug(wire, seconds=2)
            send_scan(wire, text, confirm=device.confirm, stop=self._stop)
            if self._scenario is Scenario.DUPLICATE:
                send_scan(wire, text, confirm=device.confirm, stop=self._stop)
        wire.close()

    def _weigh(self, device: Scale, randomness: random.Random) -> None:
        wire = make_wire(device.port)
        while not self._stop.is_set():
            steps = randomness.randint(1500, 24000)
            mass = min(device.division_kg * steps, Decimal("99999.9")).quantize(device.division_kg)
            for frame in weighing(device.format, mass, division_kg=device.division_kg, randomness=randomness):
                if device.address is not None and not self._is_asked(wire, device.address):
                    break
                wire.write(frame)
                if self._scenario is Scenario.NOISE and randomness.random() < 0.1:
                    wire.write(randomness.randbytes(7))
                if self._stop.wait(FRAME_SECONDS):
                    break
            self._stop.wait(self._pace * 3)
        wire.close()

    def _is_asked(self, wire: Wire, address: str) -> bool:
        question = yaohua_command(address, "B")
        heard = b""
        while not self._stop.is_set():
            heard = (heard + wire.read(seconds=0.2))[-64:]
            if question in heard:
                return True
        return False

    def _sense(self, broker: Broker, sensor: Sensor, randomness: random.Random) -> None:
        password = broker.password_file.read_text().strip() if broker.password_file else None
        logger = Logger(
            host=broker.host,
            port=broker.port,
            topic=sensor.topic,
            numbered=not sensor.fields,
            protocol="5" if broker.protocol == "5" else "3.1.1",
            username=broker.username,
            password=password,
        )
        logger.wait_connected(10)
        skew = timedelta(days=365) if self._scenario is Scenario.CLOCK_SKEW else timedelta()
        warm = self._scenario is Scenario.EXCURSION and "cool" in sensor.id
        while not self._stop.wait(self._pace):
            elapsed = time.monotonic() - self._started
            at = datetime.now(UTC) - skew
            base = -20.0 if "frozen" in sensor.id else 4.0
            value = temperature_at(elapsed, base=base, excursion=(30, 330) if warm else None)
            readings = [
                {"kind": kind, "value": _value(kind, value, randomness), "at": at.isoformat()}
                for kind in (sensor.kinds or ("temperature",))
            ]
            if not sensor.fields:
                logger.send([dict(reading) for reading in readings])
            else:
                logger.send([{"v": value, "t": at.timestamp()}])
        logger.close()

    def _photograph(self, device: Gate, randomness: random.Random) -> None:
        url = f"http://{device.listen_host}:{device.listen_port}/"
        while not self._stop.wait(self._pace * 6):
            plate = f"藏A{randomness.randrange(10**5):05d}"
            body = json.dumps({"plate": plate, "confidence": randomness.uniform(0.8, 0.99)}).encode()
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            try:
                urllib.request.urlopen(request, timeout=3).close()  # noqa: S310
            except OSError as error:
                _log.info("no gate listens", device=device.id, reason=str(error))

    def _print(self, device: Printer, _randomness: random.Random) -> None:
        serve_printer(device, self._stop)


def _value(kind: str, celsius: float, randomness: random.Random) -> float | bool:
    match kind:
        case "humidity":
            return round(55 + randomness.uniform(-2, 2), 1)
        case "door":
            return randomness.random() < 0.05
        case "smoke":
            return False
        case "seal":
            return True
        case "battery":
            return 92.0
        case _:
            return celsius


def make_wire(port: str) -> Wire:
    """The far end of a registry's port; sockets must be on this machine."""
    if port.startswith("socket://"):
        parts = urlsplit(port)
        return TcpWire(parts.port or 0, host=parts.hostname or "127.0.0.1")
    return PtyWire(Path(port))


def unplug_and_plug(wire: Wire, *, seconds: float) -> None:
    wire.unplug()
    time.sleep(seconds)
    if isinstance(wire, PtyWire):
        wire.plug()


def send_scan(wire: Wire, text: bytes, *, confirm: bool, stop: threading.Event) -> bool:
    """Sends one scan; with `confirm` again and again until ACK. True when it was taken."""
    while not stop.is_set():
        taken = wire.write(text)
        if not confirm:
            return taken
        if not taken:
            stop.wait(0.2)
            continue
        deadline = time.monotonic() + CONFIRM_SECONDS
        while time.monotonic() < deadline and not stop.is_set():
            if ACK in wire.read(seconds=0.1):
                return True
    return False


def serve_printer(device: Printer, stop: threading.Event) -> None:
    """A printer that takes every job and says it is ready."""
    with socket.create_server((device.host, device.port)) as server:
        server.settimeout(0.3)
        while not stop.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(1)
                try:
                    asked = client.recv(65536)
                    if asked.startswith(b"~HS"):
                        client.sendall(
                            b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n"
                            b"\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
                        )
                    elif asked.startswith(b"\x1b!?"):
                        client.sendall(b"\x00")
                except OSError:
                    continue


def start_broker(device: Broker) -> subprocess.Popen[bytes] | None:
    """A broker for the simulated site when none listens there: Mosquitto if installed, else amqtt."""
    try:
        socket.create_connection((device.host, device.port), timeout=1).close()
    except OSError:
        pass
    else:
        return None
    folder = Path("var/site")
    folder.mkdir(parents=True, exist_ok=True)
    if (program := shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")) is not None:
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {device.port} {device.host}\nallow_anonymous true\nmax_inflight_messages 1000\n"
            "max_queued_messages 0\nmax_queued_bytes 268435456\nset_tcp_nodelay true\n"
        )
        command = [program, "-c", str(config)]
    else:
        command = amqtt_command(folder, port=device.port)
    _log.info("broker started", program=command[0], port=device.port)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def amqtt_command(folder: Path, *, port: int) -> list[str]:
    """How to start amqtt on loopback: a demonstration broker, MQTT 3.1.1 only, forgets all at its end."""
    config = folder / "amqtt.yaml"
    config.write_text(
        f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n"
        "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
    )
    return [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)]
