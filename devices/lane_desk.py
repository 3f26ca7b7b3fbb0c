"""An inspection lane: a scan is answered at once, then weight and picture of the same parcel are bound to it.

The answer goes to the lane's sign or diverter as one line; `unknown` means hold, and so does silence. What was seen of
the parcel follows as one `parcel.seen` event when its window is over or the next parcel comes. Pictures stay on this
machine under their SHA-256; the event names them.

Reconnects: the sign by itself, before the next verdict. Malformed push: refused with 400 and counted. Clock: this
machine's. Duplicate: the scanner's repeat guard. Long silence: a lane may rest. Recorded payload: any image.
"""

import hashlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from devices.adapter import ProbeReport, Unavailable
from devices.facts import Delivery, Event, Fact, Json, now
from devices.lane import Answer, Lane
from devices.push_server import PushServer, UnreadablePush
from devices.registry import Lane as Settings
from devices.registry import Registry
from devices.serial_port import BytePort, open_port

_WAITING_MAX = 1000
IMAGES_MAX = 2000
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """A scan (text), a weight (mass_kg) or a picture (image), at a moment."""

    at: datetime
    text: str | None = None
    mass_kg: str | None = None
    image: tuple[str, int] | None = None


@dataclass(kw_only=True)
class _Parcel:
    """A parcel in the lane, from its scan to the end of its window."""

    text: str
    at: datetime
    answer: Answer
    answered_ms: int
    mass_kg: str | None = None
    images: list[tuple[str, int]] = field(default_factory=list)


class LaneAdapter:
    """One lane; hears its scanner and scale from the runner."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self.errors = 0
        folder = registry.gateway.spool.parent
        self._images_folder = folder / "images"
        self._lane = Lane(
            base_url=registry.warehouse.url,
            source=registry.gateway.id,
            device=settings.scanner,
            list_file=folder / f"{settings.id}.released.json",
            token_file=registry.warehouse.token_file,
        )
        self._window = timedelta(seconds=settings.window_seconds)
        self._heard: queue.Queue[_Heard] = queue.Queue(_WAITING_MAX)
        self._early: list[_Heard] = []
        self._parcel: _Parcel | None = None
        self._sign: BytePort | None = None
        self._push: PushServer | None = None
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        """The port the camera pushes to; 0 without a camera."""
        return self._push.port if self._push else 0

    def open(self) -> None:
        if self._settings.listen_port is not None:
            address = (self._settings.listen_host, self._settings.listen_port)
            self._push = PushServer(address, take=self._take_picture, name=self.names[0])
        self._closing = threading.Event()
        threading.Thread(
            target=self._fetch_lists, args=(self._closing,), name=f"{self.names[0]}-list", daemon=True
        ).start()

    def _fetch_lists(self, closing: threading.Event) -> None:
        """Beside the questions, so that a slow list never makes a parcel wait."""
        while True:
            took = self._lane.fetch_list()
            pause = self._settings.list_minutes * 60
            if closing.wait(pause if took else min(30.0, pause)):
                return

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        while not stop.is_set():
            try:
                heard = self._heard.get(timeout=0.2)
            except queue.Empty:
                ended = self._end_of_window(now())
            else:
                ended = self._take(heard)
            yield [Delivery(facts=tuple(ended))] if ended else []
        if self._parcel is not None:
            yield [Delivery(facts=(self._event(self._parcel),))]
            self._parcel = None

    def close(self) -> None:
        self._closing.set()
        if self._push is not None:
            self._push.close()
            self._push = None
        self._drop_sign()

    def probe(self) -> ProbeReport:
        """Fetches the list and asks about a parcel that cannot be."""
        has_list = self._lane.fetch_list()
        started = time.monotonic()
        answer = self._lane.ask("PROBE-NO-PARCEL", at=now())
        took_ms = (time.monotonic() - started) * 1000
        findings = (
            f"The list for silent times {'was fetched' if has_list else 'could not be had'}.",
            f"A parcel that cannot be was answered {answer.verdict.value} in {took_ms:.0f} ms: {answer.reason}",
        )
        return ProbeReport(good=has_list and answer.by_list is None, findings=findings)

    def hear(self, fact: Fact) -> None:
        """A fact of any device; what belongs to this lane is kept for its thread."""
        if not isinstance(fact, Event):
            return
        if fact.device == self._settings.scanner and fact.kind == "scan":
            self._put(_Heard(at=fact.received_at, text=str(fact.data["text"])))
        elif fact.device == self._settings.scale and fact.kind == "weight.stable":
            self._put(_Heard(at=fact.received_at, mass_kg=str(fact.data["mass_kg"])))

    def _take_picture(self, content_type: str, body: bytes) -> None:
        ending = _ENDINGS.get(content_type.split(";", maxsplit=1)[0].strip())
        if ending is None or not body:
            self.errors += 1
            raise UnreadablePush("The push is neither image/jpeg nor image/png.")
        digest = hashlib.sha256(body).hexdigest()
        keep_image(self._images_folder, f"{digest}.{ending}", body)
        self._put(_Heard(at=now(), image=(digest, len(body))))

    def _put(self, heard: _Heard) -> None:
        try:
            self._heard.put_nowait(heard)
        except queue.Full:
            self.errors += 1

    def _take(self, heard: _Heard) -> list[Event]:
        ended = self._end_of_window(heard.at)
        if heard.text is not None:
            if self._parcel is not None:
                ended.append(self._event(self._parcel))
            self._parcel = self._ask(heard.text, at=heard.at)
            for early in self._early:
                if heard.at - early.at <= self._window:
                    self._bind(self._parcel, early)
            self._early.clear()
        elif self._parcel is not None:
            self._bind(self._parcel, heard)
        else:
            self._early = [*self._early[-20:], heard]
        return ended

    def _ask(self, text: str, *, at: datetime) -> _Parcel:
        started = time.monotonic()
        answer = self._lane.ask(text, at=at)
        self._show(f"{answer.verdict.value} {answer.parcel or '-'}")
        took_ms = round((time.monotonic() - started) * 1000)
        return _Parcel(text=text, at=at, answer=answer, answered_ms=took_ms)

    @staticmethod
    def _bind(parcel: _Parcel, heard: _Heard) -> None:
        parcel.mass_kg = heard.mass_kg or parcel.mass_kg
        if heard.image is not None:
            parcel.images.append(heard.image)

    def _end_of_window(self, at: datetime) -> list[Event]:
        if self._parcel is None or at - self._parcel.at <= self._window:
            return []
        ended, self._parcel = self._event(self._parcel), None
        return [ended]

    def _show(self, line: str) -> None:
        """To the sign, which may be away: the verdict stands in the event all the same, and the lane holds."""
        if self._settings.sign is None:
            return
        try:
            self._sign = self._sign or open_port(self._settings.sign, baud=9600)
            self._sign.write(line.encode("ascii", "replace") + b"\r\n")
        except Unavailable:
            self.errors += 1
            self._drop_sign()

    def _drop_sign(self) -> None:
        if self._sign is not None:
            self._sign.close()
            self._sign = None

    def _event(self, parcel: _Parcel) -> Event:
        answer = parcel.answer
        data: dict[str, Json] = {
            "lane": self.names[0],
            "scanner": self._settings.scanner,
            "text": parcel.text,
            "parcel": answer.parcel,
            "verdict": answer.verdict.value,
            "reason": answer.reason,
            "by_list": answer.by_list.isoformat() if answer.by_list else None,
            "answered_ms": parcel.answered_ms,
            "mass_kg": parcel.mass_kg,
            "images": [{"sha256": digest, "bytes": size} for digest, size in parcel.images],
        }
        return Event(
            device=self.names[0], kind="parcel.seen", data=data, happened_at=parcel.at, received_at=parcel.at
        )


def keep_image(folder: Path, name: str, body: bytes) -> None:
    """The picture under its digest; the oldest beyond 2,000 go. Raises OSError when the disk takes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{name}.new"
    half.write_bytes(body)
    half.replace(folder / name)
    kept = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)
    for old in kept[: max(0, len(kept) - IMAGES_MAX)]:
        old.unlink(missing_ok=True)
