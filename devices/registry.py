"""devices.toml read and checked: what stands where, how it is reached, what it is for.

Unknown keys, doubled ids and settings that cannot be are refused with the line they stand on; all faults are
told at once.
"""

import os
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from devices.weight_frames import READERS

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Port = Annotated[str, Field(pattern=r"^(/|\.\.?/|socket://|rfc2217://)")]
_STRICT = ConfigDict(extra="forbid")


class RegistryError(Exception):
    """Every fault of a devices.toml, one line each."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__("\n".join(f"{path}:{fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Gateway:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    spool: Path
    #: Where relative paths below it lead: spool, secrets, ports. Itself from the file's folder; `--data-dir` wins.
    data_dir: Path = Path()
    spool_mib_max: Annotated[int, Field(ge=1)] = 512
    spool_days_max: Annotated[int, Field(ge=1)] = 14
    #: Droppable measurements taken from one device in a second; the rest is counted and marked as a gap.
    readings_per_second_max: Annotated[float, Field(gt=0)] = 50.0


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """Where the facts go. Secrets stand in files, never here."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    url: Annotated[str, Field(pattern=r"^https?://[^/]+/")]
    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    batch_facts_max: Annotated[int, Field(ge=1, le=500)] = 500
    timeout_seconds: Annotated[float, Field(gt=0)] = 10.0


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """A serial or socket scanner. `port` is a stable name (/dev/serial/by-id/…), socket:// or rfc2217://."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["scanner"]
    id: Id
    port: Port
    baud: int = 9600
    #: Signs this scanner sends in place of GS.
    separators: tuple[str, ...] = ()
    encoding: Literal["utf-8", "latin-1", "gbk"] = "utf-8"
    station: str | None = None
    #: The scanner waits for ACK (0x06) before it beeps, and repeats without it: no scan is lost at a restart.
    confirm: bool = False
    #: The same text again within this time is one scan.
    repeat_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    #: Minutes without a word that are worth an alert; 0 for a scanner that may rest.
    silent_minutes_max: Annotated[float, Field(ge=0)] = 0


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A weighing indicator; `format` is one of devices.weight_frames.READERS and is never guessed."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["scale"]
    id: Id
    port: Port
    format: str
    baud: int = 9600
    division_kg: Annotated[Decimal, Field(gt=0)]
    rearm_below_kg: Annotated[Decimal, Field(gt=0)]
    frames_needed: Annotated[int, Field(ge=3, le=50)] = 5
    #: Asks for the weight (command mode) with this address; None listens.
    address: Annotated[str, Field(pattern=r"^[A-Z]$")] | None = None
    station: str | None = None
    silent_minutes_max: Annotated[float, Field(ge=0)] = 1


@dataclass(frozen=True, kw_only=True)
class Broker:
    """One MQTT broker with the sensors behind it. MQTT 5, or 3.1.1 for amqtt and old boxes.

    MQTT 3.1.1 answers a forbidden topic with "Success", so a site names "5"; "auto" is for demonstrations.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["broker"]
    id: Id
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    protocol: Literal["5", "3.1.1", "auto"] = "5"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    receive_max: Annotated[int, Field(ge=1, le=5000)] = 500
    silent_minutes_max: Annotated[float, Field(ge=0)] = 5


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """A declared sensor: which topic it speaks on and where in the payload its values stand.

    `topic` without `fields` carries our own JSON (docs/operations of the site); with `fields`, each is
    kind → JSON pointer into a foreign payload ("" for a bare number).
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["sensor"]
    id: Id
    broker: Id
    topic: Annotated[str, Field(pattern=r"^[^#+\s]+$", max_length=200)]
    place: str | None = None
    kinds: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    #: JSON pointer to the time: ISO 8601 text, or seconds or milliseconds since 1970. None: no clock.
    time_pointer: str | None = None
    silent_minutes_max: Annotated[float, Field(ge=0)] = 5


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A lane of the gate: plate camera by HTTP push, joined with seal, weight and card in a window."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["gate"]
    id: Id
    listen_port: Annotated[int, Field(ge=0, le=65535)]
    listen_host: str = "127.0.0.1"
    #: Devices whose facts belong to a passage: a scale, a card reader or seal reader (scanners).
    scale: Id | None = None
    card_reader: Id | None = None
    seal_reader: Id | None = None
    window_seconds: Annotated[float, Field(gt=0, le=600)] = 60
    plate_confidence_min: Annotated[float, Field(ge=0, le=1)] = 0.85


@dataclass(frozen=True, kw_only=True)
class Lane:
    """An inspection lane: each scan is answered released, inspect or unknown; weight and image are bound to it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["lane"]
    id: Id
    scanner: Id
    scale: Id | None = None
    #: Where the diverter or the light listens: one line for each verdict, `released XZ990001000458`.
    sign: Port | None = None
    #: Where a camera pushes its picture, image/jpeg or image/png; none without a camera.
    listen_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    listen_host: str = "127.0.0.1"
    #: Weight and image count for a scan within this time before and after it.
    window_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    #: How often the list for silent times is fetched anew.
    list_minutes: Annotated[float, Field(gt=0)] = 5


@dataclass(frozen=True, kw_only=True)
class Printer:
    """A thermal label printer on TCP; the gateway only asks its state."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["printer"]
    id: Id
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 9100
    language: Literal["zpl", "tspl"]
    dpi: Literal[203, 300] = 203


Device = Annotated[Scanner | Scale | Broker | Sensor | Gate | Lane | Printer, Field(discriminator="type")]
AnyDevice = Scanner | Scale | Broker | Sensor | Gate | Lane | Printer


@dataclass(frozen=True, kw_only=True)
class Registry:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    gateway: Gateway
    warehouse: Warehouse
    device: tuple[Device, ...] = ()

    def sensors_of(self, broker_id: str) -> tuple[Sensor, ...]:
        return tuple(one for one in self.device if isinstance(one, Sensor) and one.broker == broker_id)

    def find(self, device_id: str) -> AnyDevice | None:
        return next((one for one in self.device if one.id == device_id), None)


_READ = TypeAdapter(Registry)


def load_registry(path: Path, *, data_dir: Path | None = None, warehouse_url: str | None = None) -> Registry:
    """The checked registry with its relative paths made absolute. Raises RegistryError.

    `data_dir` and `warehouse_url` stand in for what the file says of them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RegistryError(path, [f"0: cannot be read: {error.strerror}"]) from error
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line ([0-9]+)", str(error))
        raise RegistryError(path, [f"{line[1] if line else 0}: is no TOML: {error}"]) from error
    try:
        registry = _READ.validate_python(said)
    except ValidationError as error:
        raise RegistryError(path, [_fault(text, fault) for fault in error.errors()]) from error
    faults = _contradictions(registry, text)
    if faults:
        raise RegistryError(path, faults)
    if warehouse_url is not None:
        said["warehouse"]["url"] = warehouse_url
    folder = data_dir.absolute() if data_dir is not None else path.parent / registry.gateway.data_dir
    said["gateway"]["data_dir"] = str(folder)
    return _anchored(said, folder)


def _fault(text: str, fault: Any) -> str:
    # The third part of a device's location is the name of its type, which is no key.
    where = [part for at, part in enumerate(fault["loc"]) if at != 2 or part not in _TYPE_TAGS]
    line = _line_of(text, where)
    name = ".".join(str(part) for part in where)
    if fault["type"] == "extra_forbidden" or fault["type"] == "unexpected_keyword_argument":
        return f"{line}: {name} is no known key."
    return f"{line}: {name}: {fault['msg']}."


_TYPE_TAGS = ("scanner", "scale", "broker", "sensor", "gate", "lane", "printer")


def _line_of(text: str, where: list[Any]) -> int:
    """The line of a key: the n-th [[device]] header, then the key below it; the header if it is missing."""
    lines = text.splitlines()
    table = str(where[0]) if where else ""
    number = next((part for part in where if isinstance(part, int)), 0)
    header = re.compile(rf"^\s*\[\[?\s*{re.escape(table)}\s*\]\]?")
    heads = [at for at, line in enumerate(lines) if header.match(line)]
    if number >= len(heads):
        return next((at + 1 for at, line in enumerate(lines) if line.strip().startswith(table)), 1)
    keys = [part for part in where[1:] if isinstance(part, str)]
    for at in range(heads[number] + 1, len(lines)):
        if re.match(r"^\s*\[\[?\s*[a-z]+\s*\]", lines[at]):
            break
        if keys and re.match(rf"^\s*{re.escape(keys[0])}\s*(=|\.)", lines[at]):
            return at + 1
    return heads[number] + 1


def _contradictions(registry: Registry, text: str) -> list[str]:
    """What no single setting shows: doubled ids and topics, names of devices that are not there."""
    faults = []
    ids = Counter(one.id for one in registry.device)
    topics = Counter((one.broker, one.topic) for one in registry.device if isinstance(one, Sensor))
    for number, one in enumerate(registry.device):

        def line(key: str, number: int = number) -> int:
            return _line_of(text, ["device", number, key])

        if ids[one.id] > 1 or one.id == "gateway":
            faults.append(f"{line('id')}: the id {one.id} is used more than once or reserved.")
        match one:
            case Scale() if one.format not in READERS:
                faults.append(f"{line('format')}: {one.format} is none of {', '.join(READERS)}.")
            case Scale() if (one.format == "yaohua_command") != (one.address is not None):
                faults.append(f"{line('format')}: an address belongs to yaohua_command, and to it alone.")
            case Sensor() if not isinstance(registry.find(one.broker), Broker):
                faults.append(f"{line('broker')}: there is no broker {one.broker}.")
            case Sensor() if topics[one.broker, one.topic] > 1:
                faults.append(f"{line('topic')}: the topic {one.topic} belongs to two sensors.")
            case Gate():
                for key in ("scale", "card_reader", "seal_reader"):
                    named = getattr(one, key)
                    if named is not None and not isinstance(registry.find(named), Scale | Scanner):
                        faults.append(f"{line(key)}: there is no device {named} for a passage.")
            case Lane():
                for key, kind in (("scanner", Scanner), ("scale", Scale)):
                    named = getattr(one, key)
                    if named is not None and not isinstance(registry.find(named), kind):
                        faults.append(f"{line(key)}: there is no {key} {named} for the lane.")
            case _:
                pass
    return faults


def _anchored(said: dict[str, Any], folder: Path) -> Registry:
    """The same registry with its relative paths and ports made absolute."""
    for table in (said["gateway"], said["warehouse"], *said.get("device", ())):
        for key in ("spool", "token_file", "ca_file", "cert_file", "key_file", "password_file"):
            if key in table:
                table[key] = _absolute(folder, table[key])
        for key in ("port", "sign"):
            if str(table.get(key, "")).startswith("."):
                table[key] = _absolute(folder, table[key])
    return _READ.validate_python(said)


def _absolute(folder: Path, path: str) -> str:
    return os.path.normpath((folder / path).absolute())
