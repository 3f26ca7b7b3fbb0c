"""Fixed and desk scanners on a serial line or a socket: bytes in, one `scan` event a label out.

Reconnects: the runner reopens by stable name; half a frame dies with the connection.
Malformed input: anything ends somewhere; 4096 bytes without an end are dropped and counted.
Clock: none of its own, the gateway's is used. Duplicate: the same text within `repeat_ms` is one scan.
Long silence: `silent_minutes_max`, judged by the runner. Recorded payloads: tests/payloads/scanner.
The text is kept as read; what it means is for `devices.codes`, at the warehouse.
"""

import threading
import time
from collections.abc import Iterator

from devices.adapter import ProbeReport, Unavailable
from devices.codes import Grammar, UnknownCode, parse_code
from devices.facts import Delivery, Event, now
from devices.frames import Frame, ScanFramer, decode_text
from devices.registry import Scanner
from devices.serial_port import BytePort, open_port


class ScannerAdapter:
    def __init__(self, settings: Scanner) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self._framer = ScanFramer()
        self._port: BytePort | None = None
        self._last: tuple[bytes, float] = (b"", 0.0)
        self.repeats = 0

    @property
    def errors(self) -> int:
        return self._framer.overflows

    def open(self) -> None:
        self._framer.drop()
        self._port = open_port(self._settings.port, baud=self._settings.baud)

    def read(self, stop: threading.Event) -> Iterator[Delivery | None]:
        assert self._port is not None
        while not stop.is_set():
            data = self._port.read()
            frames = self._framer.feed(data) if data else self._framer.silence()
            events = tuple(self._event(frame) for frame in frames if not self._is_repeat(frame))
            yield Delivery(facts=events) if events else None

    def close(self) -> None:
        if self._port is not None:
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
            for delivery in self.read(stop):
                if delivery is not None:
                    fact = delivery.facts[0]
                    return self._judge(str(fact.data["text"]) if isinstance(fact, Event) else "")
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
