"""What a device says: a measurement or an event, and its form on the wire.

Two clocks on every fact: `happened_at` by the device where it has one (`clock` tells), `received_at` by the
gateway. Nothing here judges a value; it only marks what cannot be one.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

RAW_CHARS_MAX = 512
CLOCK_TOLERANCE = timedelta(minutes=5)
FUTURE_TOLERANCE = timedelta(minutes=2)
#: How old the memory of a device with a good clock may be.
BACKLOG_MAX = timedelta(days=30)

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Quality(StrEnum):
    GOOD = "good"
    UNCERTAIN = "uncertain"  # the clock of the device cannot be right
    BAD = "bad"  # no possible value: not a number, outside what physics or the instrument allows


class Clock(StrEnum):
    """Whose clock `happened_at` is."""

    DEVICE = "device"
    GATEWAY = "gateway"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One value of a continuous quantity; may be dropped, with a mark, when the spool is full."""

    device: str
    kind: str
    value: float | None
    unit: str
    happened_at: datetime
    received_at: datetime
    clock: Clock = Clock.GATEWAY
    quality: Quality = Quality.GOOD
    raw: str | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened once: a scan, a stable weight, a door, a seal, a passage. Never dropped.

    `is_chatter` marks events of which the spool may drop the oldest, such as heartbeats and dead letters.
    """

    device: str
    kind: str
    data: Mapping[str, Json]
    happened_at: datetime
    received_at: datetime
    clock: Clock = Clock.GATEWAY
    quality: Quality = Quality.GOOD
    raw: str | None = None
    is_chatter: bool = False


Fact = Measurement | Event


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Once:
    """The name of a message within its `slot`, for sources that may send one twice.

    `may_be_repeat` false: the name is only remembered. `only_last`: the slot remembers no earlier name.
    """

    slot: str
    name: str
    may_be_repeat: bool = True
    only_last: bool = False


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Facts that came together; `kept` is called from any thread once the spool has committed.

    What came `once` before is not kept again, and is `kept` all the same.
    """

    facts: tuple[Fact, ...]
    kept: Callable[[], None] = field(default=_nothing)
    once: Once | None = None


def may_be_dropped(fact: Fact) -> bool:
    return isinstance(fact, Measurement) or fact.is_chatter


#: What instruments of a kind can measure at all, in the unit named.
PHYSICAL_RANGES: dict[str, tuple[str, float, float]] = {
    "temperature": ("Cel", -90.0, 150.0),
    "humidity": ("%", 0.0, 100.0),
    "battery": ("%", 0.0, 100.0),
    "vibration": ("m/s2", 0.0, 2000.0),
    "power": ("W", -1e7, 1e7),
}


def measured(reading: Measurement) -> Measurement:
    """The reading with its quality told: impossible values lose the value, impossible clocks the trust."""
    value = reading.value
    _unit, low, high = PHYSICAL_RANGES.get(reading.kind, ("", -1e12, 1e12))
    if value is None or not math.isfinite(value):
        return replace(reading, value=None, quality=Quality.BAD)
    if not low <= value <= high:
        return replace(reading, quality=Quality.BAD)
    quality = clock_quality(reading.happened_at, reading.received_at)
    return reading if quality is reading.quality else replace(reading, quality=quality)


def clock_quality(happened_at: datetime, received_at: datetime) -> Quality:
    """UNCERTAIN when the device's clock lies too far ahead, or further behind than a live message can be."""
    behind = received_at - happened_at
    if behind > CLOCK_TOLERANCE or -behind > FUTURE_TOLERANCE:
        return Quality.UNCERTAIN
    return Quality.GOOD


def trust_memory(facts: tuple[Fact, ...], *, clock_is_good: bool) -> tuple[tuple[Fact, ...], bool]:
    """The facts of one message, and whether their device's clock is good as far as is known now.

    A clock is good when the newest fact of a message was right when it came. What such a device says of the past is its
    memory of an outage and as good as what it says of now; from a device whose clock was never right it is not.
    """
    told = [fact for fact in facts if fact.clock is Clock.DEVICE]
    if not told:
        return facts, clock_is_good
    newest = max(told, key=lambda fact: fact.happened_at)
    if clock_quality(newest.happened_at, newest.received_at) is Quality.GOOD:
        clock_is_good = True
    elif newest.happened_at > newest.received_at:
        clock_is_good = False
    if not clock_is_good:
        return facts, False
    return tuple(_remembered(fact) for fact in facts), True


def _remembered(fact: Fact) -> Fact:
    behind = fact.received_at - fact.happened_at
    if fact.quality is Quality.UNCERTAIN and timedelta() <= behind <= BACKLOG_MAX:
        return replace(fact, quality=Quality.GOOD)
    return fact


def to_wire(fact: Fact) -> str:
    """The fact as JSON text, without its sequence number (docs/gateway-contract.md)."""
    times = (
        f'"happened_at":"{instant_text(fact.happened_at)}","received_at":"{instant_text(fact.received_at)}",'
        f'"clock":"{fact.clock.value}","quality":"{fact.quality.value}",'
    )
    if isinstance(fact, Measurement):
        said = f'"value":{_encode(fact.value)},"unit":{_encode(fact.unit)}'
    else:
        said = f'"data":{_encode(_storable(dict(fact.data)))}'
    raw = "" if fact.raw is None else f',"raw":{_encode(_storable(fact.raw[:RAW_CHARS_MAX]))}'
    return f"{_head(fact.device, fact.kind)}{times}{said}{raw}}}"


#: Made once: `json.dumps` with our wishes would make an encoder for each fact.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def _head(device: str, kind: str) -> str:
    return f'{{"device":{_encode(device)},"kind":{_encode(kind)},'


def _storable(value: Json) -> Json:
    """The value without what databases refuse in text: NUL becomes its picture, half a surrogate pair a `?`.

    A line's noise is full of zeros; one of them must not stop the queue behind it.
    """
    if isinstance(value, str):
        return value.replace("\x00", "\u2400").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {str(_storable(name)): _storable(one) for name, one in value.items()}
    return value


def instant_text(moment: datetime) -> str:
    """UTC with milliseconds, `2026-05-20T08:42:00.123Z`."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="milliseconds")[:-6] + "Z"


def now() -> datetime:
    return datetime.now(UTC)
