"""An MQTT message turned into facts, or into the reason why not; pure.

Our own sensors send JSON, one object or a list of them:

    {"kind": "temperature", "value": 4.25, "unit": "Cel", "at": "2026-05-20T00:42:00Z"}
    {"kind": "door", "value": true, "at": 1779237720000, "session": "b7", "n": 41}

`device`, if given, must be the sensor the topic belongs to. `n` counts a logger's messages within `session`;
such a logger repeats a message until it is receipted, and the pair names the message. Foreign payloads are
read by the JSON pointers of the registry.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devices.facts import (
    PHYSICAL_RANGES,
    RAW_CHARS_MAX,
    Clock,
    Event,
    Fact,
    Json,
    Measurement,
    clock_quality,
    measured,
)
from devices.registry import Sensor

PAYLOAD_BYTES_MAX = 64 * 1024
READINGS_MAX = 1000

#: Kinds that are true or false, and the name of that in the event's data.
SWITCHES = {"door": "open", "smoke": "alarm", "seal": "intact"}
_TRUE = {"1", "true", "on", "open", "alarm", "intact", "yes"}
_FALSE = {"0", "false", "off", "closed", "close", "ok", "clear", "broken", "no"}


class Unreadable(Exception):
    """The message cannot be understood; the message says why in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """The facts of a message, the name by which a repetition is told, and the number to receipt."""

    facts: tuple[Fact, ...]
    once: str
    #: False when the name says nothing unless the broker itself marks the message as repeated.
    is_told_by_content: bool
    number: tuple[str, int] | None = None


def read_message(sensor: Sensor, payload: bytes, *, received_at: datetime) -> Read:
    """The facts in `payload`; raises Unreadable."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise Unreadable(f"The payload has {len(payload)} bytes; {PAYLOAD_BYTES_MAX} are allowed.")
    said = _json(payload)
    if sensor.fields:
        readings = list(_foreign(sensor, said))
        at = _moment(_point(said, sensor.time_pointer)) if sensor.time_pointer is not None else None
        facts = tuple(_fact(sensor, kind, value, at=at, received_at=received_at) for kind, value in readings)
        return Read(facts=facts, once=_digest(payload), is_told_by_content=at is not None)
    items = said if isinstance(said, list) else [said]
    if not 1 <= len(items) <= READINGS_MAX:
        raise Unreadable(f"A message holds 1 to {READINGS_MAX} readings, not {len(items)}.")
    objects = [_own(sensor, item) for item in items]
    moments = [_moment(item.get("at")) for item in objects]
    facts = tuple(
        _fact(sensor, str(item["kind"]), item.get("value"), at=at, received_at=received_at, said=item)
        for item, at in zip(objects, moments, strict=True)
    )
    number = _number(objects[0])
    if number is not None:
        name = f"{number[0]}/{number[1]}"
        return Read(facts=facts, once=name, is_told_by_content=True, number=number)
    return Read(facts=facts, once=_digest(payload), is_told_by_content=all(moments))


def printable(payload: bytes) -> str:
    """The payload's first characters for a log or a dead letter."""
    return payload[:RAW_CHARS_MAX].decode("utf-8", errors="backslashreplace")[:RAW_CHARS_MAX]


def _json(payload: bytes) -> Json:
    try:
        said: Json = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The payload is no JSON: {error}.") from error
    return said


def _own(sensor: Sensor, item: Json) -> dict[str, Json]:
    if not isinstance(item, dict):
        raise Unreadable("A reading is a JSON object.")
    if item.get("device", sensor.id) != sensor.id:
        raise Unreadable(f"The topic of {sensor.id} carries a reading of {item['device']!r}.")
    kind = item.get("kind")
    if not isinstance(kind, str) or (kind not in PHYSICAL_RANGES and kind not in SWITCHES):
        raise Unreadable(f"{kind!r} is no kind of reading.")
    if sensor.kinds and kind not in sensor.kinds:
        raise Unreadable(f"{sensor.id} is not declared to measure {kind}.")
    return item


def _foreign(sensor: Sensor, said: Json) -> Iterator[tuple[str, Json]]:
    for kind, pointer in sensor.fields.items():
        yield kind, _point(said, pointer)


def _point(said: Json, pointer: str) -> Json:
    """RFC 6901: the value at `pointer`; "" is the whole."""
    here = said
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        else:
            raise Unreadable(f"The payload has nothing at {pointer}.")
    return here


def _fact(
    sensor: Sensor,
    kind: str,
    value: Json,
    *,
    at: datetime | None,
    received_at: datetime,
    said: dict[str, Json] | None = None,
) -> Fact:
    happened_at, clock = (at, Clock.DEVICE) if at else (received_at, Clock.GATEWAY)
    if kind in SWITCHES:
        data: dict[str, Json] = {SWITCHES[kind]: _switch(kind, value), "place": sensor.place}
        if kind == "seal":
            data["seal_no"] = (said or {}).get("seal_no")
        return Event(
            device=sensor.id,
            kind=kind,
            data=data,
            happened_at=happened_at,
            received_at=received_at,
            clock=clock,
            quality=clock_quality(happened_at, received_at),
        )
    unit = PHYSICAL_RANGES[kind][0]
    if said is not None and said.get("unit", unit) != unit:
        raise Unreadable(f"{kind} is measured in {unit}, not in {said['unit']!r}.")
    number = _float(value)
    return measured(
        Measurement(
            device=sensor.id,
            kind=kind,
            value=number,
            unit=unit,
            happened_at=happened_at,
            received_at=received_at,
            clock=clock,
            raw=None if number is not None and math.isfinite(number) else repr(value)[:RAW_CHARS_MAX],
        )
    )


def _float(value: Json) -> float | None:
    """The number a sensor means; text such as "4.2" counts, true and false do not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _switch(kind: str, value: Json) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Unreadable(f"{value!r} does not say whether the {kind} is {SWITCHES[kind]}.")


def _moment(value: Json) -> datetime | None:
    """ISO 8601 with zone, or seconds or milliseconds since 1970; None when the sensor does not say."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise Unreadable(f"The time {value!r} names no zone.")
            return moment.astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unreadable(f"{value!r} is no time.")
        seconds = value / 1000 if value > 1e11 else value
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{value!r} is no time.") from error


def _number(item: dict[str, Json]) -> tuple[str, int] | None:
    number, session = item.get("n"), item.get("session")
    if isinstance(number, int) and not isinstance(number, bool) and isinstance(session, str):
        return session[:64], number
    return None


def _digest(payload: bytes) -> str:
    return hashlib.blake2b(payload, digest_size=16).hexdigest()
