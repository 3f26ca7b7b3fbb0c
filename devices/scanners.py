"""Fixed and desk scanners on a serial line or a socket: bytes in, one `scan` event a label out.

Reconnects: the runner reopens by stable name; half a frame dies with the connection.
Malformed input: anything ends somewhere; 4096 bytes without an end are dropped and counted.
Clock: none of its own, the gateway's is used. Duplicate: the same text within `repeat_ms` is one scan.
Confirmation: with `confirm` the scanner gets ACK after the spool's commit and repeats what was not confirmed.
Long silence: `silent_minutes_max`, judged by the runner. Recorded payloads: tests/payloads/scanner.
The text is kept as read; what it means is for `devices.codes`, at the warehouse.
"""

import contextlib
import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from devices.adapter import ProbeReport, Unavailable
from devices.codes import Grammar, UnknownCode, parse_code
from devices.facts import Delivery, Event, Once, now
from devices.frames import Frame, ScanFramer, decode_text
from devices.registry import Scanner
from devices.serial_port import BytePort, open_port

ACK = b"\x06"


class ScannerAdapter:
    def __init__(self, settings: Scanner) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self._framer = ScanFramer()
        self._port: BytePort | None = None
        self._last: tuple[bytes, float] = (b"", 0.0)
        #: Scans the spool has kept and the scanner has not been told of, by the opening they came in.
        self._kept: deque[tuple[int, bytes]] = deque()
        self._unconfirmed: bytes | None = None
        self._opened = 0
        self._is_first = True
        self.repeats = 0

    @property
    def errors(self) -> int:
        return self._framer.overflows

    def open(self) -> None:
        self._framer.drop()
        self._opened += 1
        self._is_first = True
        self._unconfirmed = None
        self._port = open_port(self._settings.port, baud=self._settings.baud)

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        assert self._port is not None
        while not stop.is_set():
            data = self._port.read()
            frames = self._framer.feed(data) if data else self._framer.silence()
            self._confirm(self._port)
            # What is repeated while the spool is still at it gets the one ACK that is on its way.
            yield [
                self._delivery(frame)
                for frame in frames
                if not (self._settings.confirm and frame.raw == self._unconfirmed)
            ]

    def close(self) -> None:
        if self._port is not None:
            with contextlib.suppress(Unavailable):
                self._confirm(self._port)
            self._port.close()
            self._port = None

    def probe(self) -> ProbeReport:
        """Waits ten seconds for one scan of a GS1 test label and says what the scanner sends."""
        try:
            self.open()
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        stop, deadline = threading.Event(), time.monotonic() + 10
        try:
            for deliveries in self.read(stop):
                for fact in (fact for delivery in deliveries for fact in delivery.facts):
                    if isinstance(fact, Event):
                        return self._judge(str(fact.data["text"]))
                if time.monotonic() > deadline:
                    break
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        finally:
            self.close()
        return ProbeReport(good=False, findings=("The port opened, but nothing was scanned in ten seconds.",))

    def _judge(self, text: str) -> ProbeReport:
        code = parse_code(text, grammar=Grammar(separators=self._settings.separators))
        findings = [f"Read {text!r} as {type(code).__name__}."]
        findings.append(
            f"It sends the AIM identifier {code.symbology}."
            if code.symbology
            else "It sends no AIM identifier: switch it on, so that GS1 is told from other codes."
        )
        if isinstance(code, UnknownCode):
            findings.append(code.detail)
        return ProbeReport(good=code.symbology is not None, findings=tuple(findings))

    def _delivery(self, frame: Frame) -> Delivery:
        """One scan; what a scanner that waits for ACK repeats after a restart is told apart."""
        opened, raw = self._opened, frame.raw
        self._unconfirmed = raw
        digest = hashlib.blake2b(frame.raw, digest_size=16).hexdigest()
        may_be_repeat = self._settings.confirm and self._is_first
        self._is_first = False
        return Delivery(
            facts=() if self._is_repeat(frame) else (self._event(frame),),
            kept=lambda: self._kept.append((opened, raw)),
            once=Once(slot=self._settings.id, name=digest, may_be_repeat=may_be_repeat, only_last=True),
        )

    def _confirm(self, port: BytePort) -> None:
        while self._kept:
            opened, raw = self._kept.popleft()
            if raw == self._unconfirmed:
                self._unconfirmed = None
            if opened == self._opened and self._settings.confirm:
                port.write(ACK)

    def _is_repeat(self, frame: Frame) -> bool:
        last_raw, last_at = self._last
        at = time.monotonic()
        self._last = (frame.raw, at)
        if frame.raw == last_raw and (at - last_at) * 1000 < self._settings.repeat_ms:
            self.repeats += 1
            return True
        return False

    def _event(self, frame: Frame) -> Event:
        at = now()
        return Event(
            device=self._settings.id,
            kind="scan",
            data={
                "text": decode_text(frame.raw, encoding=self._settings.encoding),
                "station": self._settings.station,
                "separators": list(self._settings.separators),
            },
            happened_at=at,
            received_at=at,
            raw=frame.raw.hex(),
        )
