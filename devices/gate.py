"""A lane of the gate: listens for a plate camera's push and joins plate, card, seal and weight to a passage.

Cameras push multipart with an `anpr.xml` (Hikvision's form) or JSON `{"plate", "confidence", "at"}`; facts of
other devices are heard from the runner. Images are not carried: their SHA-256 and size stand in the event.

Reconnects: the camera does, this side only listens. Malformed push: refused with 400 and counted. Clock: the
camera's is noted, the gateway's decides the window. Duplicate: the same plate again joins the same
passage. Long silence: a lane may rest. Recorded payloads: tests/payloads/gate.
"""

import hashlib
import json
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from lxml import etree

from devices.adapter import ProbeReport, Unavailable
from devices.codes import PlateCode, parse_code
from devices.facts import Delivery, Event, Fact, Json, now
from devices.passages import GateRule, OpenPassage, Part, Passage, Seen, end_of_window, see
from devices.push_server import PushServer, UnreadablePush
from devices.registry import Gate

_WAITING_MAX = 1000


@dataclass(frozen=True, kw_only=True)
class Push:
    """A plate as the camera read it; `images` are (sha256, bytes)."""

    plate: str
    confidence: float
    camera_time: str | None
    images: tuple[tuple[str, int], ...] = ()


def read_push(content_type: str, body: bytes) -> Push:
    """The plate in a camera's push; raises UnreadablePush."""
    if content_type.startswith("multipart/"):
        head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        parts = [part for part in message.iter_parts() if part.get_content_maintype() != "multipart"]
        contents = [(part.get_content_type(), _bytes_of(part)) for part in parts]
    else:
        contents = [(content_type.split(";", maxsplit=1)[0].strip(), body)]
    images = tuple(
        (hashlib.sha256(content).hexdigest(), len(content))
        for kind, content in contents
        if kind.startswith("image/")
    )
    for kind, content in contents:
        if kind.endswith("/xml"):
            return _read_xml(content, images)
        if kind.endswith("/json"):
            return _read_json(content, images)
    raise UnreadablePush("The push holds neither XML nor JSON.")


def _bytes_of(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _read_xml(content: bytes, images: tuple[tuple[str, int], ...]) -> Push:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadablePush(f"The push is no XML: {error}.") from error

    def text_of(name: str) -> str | None:
        found = root.find(f".//{{*}}{name}")
        return None if found is None or found.text is None else found.text.strip()

    confidence = text_of("confidenceLevel") or "0"
    return _push(text_of("licensePlate"), confidence, text_of("dateTime"), images)


def _read_json(content: bytes, images: tuple[tuple[str, int], ...]) -> Push:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadablePush(f"The push is no JSON: {error}.") from error
    if not isinstance(said, dict):
        raise UnreadablePush("The push is no JSON object.")
    at = said.get("at")
    return _push(said.get("plate"), str(said.get("confidence", 0)), str(at) if at else None, images)


def _push(plate: Any, confidence: str, at: str | None, images: tuple[tuple[str, int], ...]) -> Push:
    if not isinstance(plate, str) or not re.search(r"\w", plate):
        raise UnreadablePush("The push names no plate.")
    code = parse_code(plate, expect=(PlateCode,))
    try:
        sure = float(confidence)
    except ValueError:
        sure = 0.0
    # Cameras say either 0 to 1 or percent.
    sure = sure / 100 if sure > 1 else sure
    known = code.plate if isinstance(code, PlateCode) else plate.strip().upper()[:32]
    is_plate = isinstance(code, PlateCode) and 0 <= sure <= 1
    return Push(plate=known, confidence=sure if is_plate else 0.0, camera_time=at, images=images)


class GateAdapter:
    def __init__(self, settings: Gate) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self.errors = 0
        self._rule = GateRule(
            window=timedelta(seconds=settings.window_seconds),
            expected=frozenset(_expected(settings)),
            plate_confidence_min=settings.plate_confidence_min,
        )
        self._arrived: queue.Queue[tuple[Seen, Push | None]] = queue.Queue(_WAITING_MAX)
        self._passage: OpenPassage | None = None
        self._images: list[tuple[str, int]] = []
        self._server: PushServer | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 in the registry lets the system choose."""
        return self._server.port if self._server else 0

    def open(self) -> None:
        address = (self._settings.listen_host, self._settings.listen_port)
        self._server = PushServer(address, take=self.take_push, name=self.names[0])

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        while not stop.is_set():
            try:
                seen, push = self._arrived.get(timeout=0.2)
            except queue.Empty:
                self._passage, ended = end_of_window(self._passage, self._rule, at=now())
            else:
                self._passage, ended = see(self._passage, seen, self._rule)
                self._images += push.images if push else ()
            events = tuple(self._event(passage) for passage in ended)
            yield [Delivery(facts=events)] if events else []

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def probe(self) -> ProbeReport:
        try:
            self.open()
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        self.close()
        listens = (
            f"Listens on {self._settings.listen_host}:{self._settings.listen_port} for the camera's push."
        )
        return ProbeReport(good=True, findings=(listens,))

    def hear(self, fact: Fact) -> None:
        """A fact of any device; what belongs to this lane joins its passage."""
        if not isinstance(fact, Event):
            return
        seen = None
        if fact.device == self._settings.scale and fact.kind == "weight.stable":
            seen = Seen(part=Part.MASS, value=str(fact.data["mass_kg"]), at=fact.received_at)
        elif fact.device == self._settings.card_reader and fact.kind == "scan":
            seen = Seen(part=Part.CARD, value=str(fact.data["text"]), at=fact.received_at)
        elif fact.device == self._settings.seal_reader and fact.kind == "scan":
            seen = Seen(part=Part.SEAL, value=str(fact.data["text"]), at=fact.received_at)
        if seen is not None:
            self._put(seen, None)

    def take_push(self, content_type: str, body: bytes) -> None:
        """Raises UnreadablePush."""
        try:
            push = read_push(content_type, body)
        except UnreadablePush:
            self.errors += 1
            raise
        self._put(Seen(part=Part.PLATE, value=push.plate, at=now(), confidence=push.confidence), push)

    def _put(self, seen: Seen, push: Push | None) -> None:
        try:
            self._arrived.put_nowait((seen, push))
        except queue.Full:
            self.errors += 1

    def _event(self, passage: Passage) -> Event:
        plate = passage.seen.get(Part.PLATE)
        data: dict[str, Json] = {"lane": self._settings.id}
        data |= {part.value: passage.seen[part].value if part in passage.seen else None for part in Part}
        data["plate_confidence"] = plate.confidence if plate else None
        data["missing"] = [part.value for part in passage.missing]
        data["mismatch"] = list(passage.mismatch)
        data["images"] = [{"sha256": digest, "bytes": size} for digest, size in self._images[:8]]
        self._images.clear()
        return Event(
            device=self._settings.id,
            kind="passage",
            data=data,
            happened_at=passage.opened_at,
            received_at=passage.closed_at,
        )


def _expected(settings: Gate) -> Iterator[Part]:
    yield Part.PLATE
    if settings.scale is not None:
        yield Part.MASS
    if settings.card_reader is not None:
        yield Part.CARD
    if settings.seal_reader is not None:
        yield Part.SEAL
