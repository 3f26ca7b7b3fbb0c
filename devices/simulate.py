"""A simulated site: every device of a registry played over pseudo terminals, TCP and a real broker.

The same adapters read it as read the real site, so the demonstration and the tests run the real code. The scenario and
seed decide what happens: normal, excursion (a cool room warms up), late (a logger hands in its memory of a warm hour),
unplug, noise, duplicate, clock_skew. A site that is being played takes another scenario from a wish that somebody
leaves in its folder (`wish`), so that a person can ask for an excursion while watching.
"""

import itertools
import json
import os
import random
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from devices.facts import Json
from devices.mqtt_payloads import SWITCHES
from devices.registry import Broker, Gate, Lane, Printer, Registry, Scale, Scanner, Sensor
from devices.scanners import ACK
from devices.scenarios import Scenario, claim, site_folder, wished
from devices.simulated_broker import password_of, start_broker
from devices.simulated_frames import encode_weight, sscc, temperature_at, weighing
from devices.simulated_ports import PtyWire, TcpWire, Wire
from devices.simulated_sensors import Logger
from devices.weight_frames import yaohua_command

CONFIRM_SECONDS = 1.5
FRAME_SECONDS = 0.1
IDLE_FRAME_SECONDS = 2.0
#: Readings of an hour, one a minute, that a logger hands in at once.
LATE_MINUTES = 60
#: Rounds a contact that does not move is silent.
SWITCH_ROUNDS = 60

_log = structlog.get_logger("devices.simulate")


class Site:
    """Every simulated device of a registry, one thread each, until `stop`."""

    def __init__(
        self, registry: Registry, *, scenario: Scenario, seed: int, pace_seconds: float = 5.0
    ) -> None:
        """Nothing is played before `start`."""
        self._registry = registry
        self._own_scenario = scenario
        self._randomness = random.Random(seed)
        self._pace = pace_seconds
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._started = time.monotonic()
        self._folder = site_folder(registry)
        self._lock: int | None = None
        self._brokers: dict[str, subprocess.Popen[bytes]] = {}
        #: Devices that a gate or a lane moves, so that what belongs together comes together.
        self._led: set[str] = set()

    def start(self) -> None:
        """Raises SitePlayed when another process plays it."""
        self._lock = claim(self._folder)
        for device in self._registry.device:
            if isinstance(device, Gate):
                self._led |= {name for name in (device.scale, device.card_reader, device.seal_reader) if name}
        for device in self._registry.device:
            if device.id in self._led:
                continue
            match device:
                case Scanner():
                    self._play(device.id, self._scan, device)
                case Scale():
                    self._play(device.id, self._weigh, device)
                case Broker():
                    self._start_broker(device)
                    self._play(f"{device.id}-keeper", self._keep_broker, device)
                    for sensor in self._registry.sensors_of(device.id):
                        self._play(sensor.id, self._sense, device, sensor)
                case Gate():
                    self._play(device.id, self._drive_through, device)
                case Printer():
                    self._play(device.id, self._print, device)
                case Sensor() | Lane():
                    pass

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=3)
        for process in self._brokers.values():
            process.terminate()
            process.wait(timeout=10)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def wait(self) -> None:
        self._stop.wait()

    def _start_broker(self, device: Broker) -> None:
        process = start_broker(device, self._folder)
        if process is not None:
            self._brokers[device.id] = process

    def _keep_broker(self, device: Broker, _randomness: random.Random) -> None:
        """A broker that died comes back, ours or somebody else's that we had found listening."""
        while not self._stop.wait(5):
            process = self._brokers.get(device.id)
            if process is None or process.poll() is not None:
                self._start_broker(device)

    @property
    def _scenario(self) -> Scenario:
        return wished(self._folder)[0] or self._own_scenario

    def _play(self, name: str, act: Callable[..., None], *things: object) -> None:
        # A seed of its own for each device, drawn in the registry's order: threads cannot disturb each other.
        randomness = random.Random(self._randomness.random())
        thread = threading.Thread(
            target=self._acted, args=(name, act, *things, randomness), name=f"sim-{name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _acted(self, name: str, act: Callable[..., None], *things: object) -> None:
        """Plays one device; a port somebody else has is tried again, and stops no other device."""
        while not self._stop.is_set():
            try:
                act(*things)
            except OSError as error:
                _log.warning("device cannot be played", device=name, reason=str(error))
                self._stop.wait(5)
            else:
                return

    def _scan(self, device: Scanner, randomness: random.Random) -> None:
        wire = make_wire(device.port)
        for serial in itertools.count(randomness.randrange(10**6)):
            if self._stop.wait(self._pace * randomness.uniform(0.5, 1.5)):
                break
            text = self._parcel(device, randomness) or f"]C100{sscc(serial)}"
            raw = text.encode() + b"\r"
            if self._scenario is Scenario.NOISE and randomness.random() < 0.3:
                wire.write(randomness.randbytes(randomness.randint(1, 200)) + b"\r")
            if self._scenario is Scenario.UNPLUG and randomness.random() < 0.2:
                unplug_and_plug(wire, seconds=2)
            send_scan(wire, raw, confirm=device.confirm, stop=self._stop)
            if self._scenario is Scenario.DUPLICATE:
                send_scan(wire, raw, confirm=device.confirm, stop=self._stop)
        wire.close()

    def _parcel(self, device: Scanner, randomness: random.Random) -> str | None:
        """For a lane's scanner: mostly a parcel of the list the gateway keeps, sometimes a stranger."""
        lane = next(
            (one for one in self._registry.device if isinstance(one, Lane) and one.scanner == device.id), None
        )
        if lane is None:
            return None
        try:
            said = json.loads((self._registry.gateway.spool.parent / f"{lane.id}.released.json").read_text())
            known = [*said["released"], *said["inspect"]]
        except (OSError, ValueError, KeyError):
            known = []
        return randomness.choice(known) if known and randomness.random() < 0.8 else None

    def _weigh(self, device: Scale, randomness: random.Random) -> None:
        wire = make_wire(device.port)
        while not self._stop.is_set():
            self._weigh_once(wire, device, _some_mass(device, randomness), randomness)
            self._rest(wire, device, seconds=self._pace * 3)
        wire.close()

    def _weigh_once(self, wire: Wire, device: Scale, mass: Decimal, randomness: random.Random) -> None:
        for frame in weighing(device.format, mass, division_kg=device.division_kg, randomness=randomness):
            if device.address is not None and not self._is_asked(wire, device.address):
                return
            wire.write(frame)
            if self._scenario is Scenario.NOISE and randomness.random() < 0.1:
                wire.write(randomness.randbytes(7))
            if self._stop.wait(FRAME_SECONDS):
                return

    def _rest(self, wire: Wire, device: Scale, *, seconds: float) -> None:
        """An empty scale goes on saying so; a silent one is a broken one."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self._stop.wait(min(IDLE_FRAME_SECONDS, seconds)):
            if device.address is None or self._is_asked(wire, device.address):
                wire.write(encode_weight(device.format, Decimal(0) * device.division_kg))

    def _is_asked(self, wire: Wire, address: str) -> bool:
        question = yaohua_command(address, "B")
        heard = b""
        while not self._stop.is_set():
            heard = (heard + wire.read(seconds=0.2))[-64:]
            if question in heard:
                return True
        return False

    def _sense(self, broker: Broker, sensor: Sensor, randomness: random.Random) -> None:
        logger = Logger(
            host=broker.host,
            port=broker.port,
            topic=sensor.topic,
            numbered=not sensor.fields,
            protocol="5" if broker.protocol == "5" else "3.1.1",
            username=broker.username,
            password=password_of(broker),
        )
        logger.wait_connected(10)
        warm_since: float | None = None
        told_at, quiet = 0.0, 0
        said: dict[str, float | bool] = {}
        while not self._stop.wait(self._pace):
            wish, wished_at = wished(self._folder)
            scenario = wish or self._own_scenario
            if not sensor.silent_minutes_max and "temperature" in sensor.kinds:
                # A logger that travels with the goods is silent until somebody reads it out.
                if scenario is Scenario.LATE and wished_at != told_at:
                    told_at = wished_at
                    logger.send(late_memory(datetime.now(UTC)))
                continue
            is_warm = scenario is Scenario.EXCURSION and "cool" in sensor.id
            warm_since = (warm_since or time.monotonic()) if is_warm else None
            skew = timedelta(days=365) if scenario is Scenario.CLOCK_SKEW else timedelta()
            at = datetime.now(UTC) - skew
            elapsed = time.monotonic() - self._started
            span = (warm_since - self._started, float("inf")) if warm_since is not None else None
            base = -20.0 if "frozen" in sensor.id else 4.0
            value = temperature_at(elapsed, base=base, excursion=span)
            if sensor.fields:
                logger.send([{"v": value, "t": at.timestamp()}])
                continue
            values = {kind: _value(kind, value, randomness) for kind in (sensor.kinds or ("temperature",))}
            # A contact speaks when it moves, and now and then to show that it lives.
            quiet = quiet + 1 if values == said and SWITCHES.keys() >= values.keys() else 0
            said = values
            if quiet % SWITCH_ROUNDS == 0:
                logger.send(
                    [{"kind": kind, "value": each, "at": at.isoformat()} for kind, each in values.items()]
                )
        logger.close()

    def _drive_through(self, device: Gate, randomness: random.Random) -> None:
        """A lorry now and then: its plate, its card and its weight within a minute; one in ten forgets its card."""
        scale = self._registry.find(device.scale or "")
        cards = self._registry.find(device.card_reader or "")
        bridge = make_wire(scale.port) if isinstance(scale, Scale) else None
        reader = make_wire(cards.port) if isinstance(cards, Scanner) else None
        while not self._stop.is_set():
            if not self._photograph(device, f"藏A{randomness.randrange(10**5):05d}"):
                self._stop.wait(2)
                continue
            if reader is not None and isinstance(cards, Scanner) and randomness.random() < 0.9:
                text = f"CARD{randomness.randrange(10**6):06d}\r".encode()
                send_scan(reader, text, confirm=cards.confirm, stop=self._stop)
            if bridge is not None and isinstance(scale, Scale):
                self._weigh_once(bridge, scale, _some_mass(scale, randomness), randomness)
                self._rest(bridge, scale, seconds=self._pace * 15)
            else:
                self._stop.wait(self._pace * 15)
        for wire in (bridge, reader):
            if wire is not None:
                wire.close()

    def _photograph(self, device: Gate, plate: str) -> bool:
        """False when no gate listens yet."""
        body = json.dumps({"plate": plate, "confidence": 0.97}).encode()
        url = f"http://{device.listen_host}:{device.listen_port}/"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=3).close()  # noqa: S310
        except OSError:
            return False
        return True

    def _print(self, device: Printer, _randomness: random.Random) -> None:
        serve_printer(device, self._stop)


def _value(kind: str, celsius: float, randomness: random.Random) -> float | bool:
    match kind:
        case "humidity":
            return round(55 + randomness.uniform(-2, 2), 1)
        case "door":
            return randomness.random() < 0.03
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


def late_memory(until: datetime) -> list[dict[str, Json]]:
    """The memory of a logger, one reading a minute up to now: cool, a warm half hour, cool again."""
    readings: list[dict[str, Json]] = []
    for minute in range(LATE_MINUTES, -1, -1):
        value = 4.0 + 0.1 * (minute % 5) + (7.5 if 15 <= minute < 45 else 0.0)
        at = until - timedelta(minutes=minute)
        readings.append({"kind": "temperature", "value": round(value, 2), "at": at.isoformat()})
    return readings


def _some_mass(device: Scale, randomness: random.Random) -> Decimal:
    steps = randomness.randint(1500, 24000) if device.division_kg < 1 else randomness.randint(300, 1400)
    return min(device.division_kg * steps, Decimal("99999.9")).quantize(device.division_kg)
