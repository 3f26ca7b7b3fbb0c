"""Weighbridges and bench scales: many frames a second in, one `weight.stable` event a load out.

Reconnects: half a frame and a half-judged load die with the connection; a load once told is not told again.
Malformed input: frames with a wrong check are dropped and counted; a weight needs five agreeing ones without
motion, because one check byte lets some wrong weights pass. Clock: the gateway's.
Duplicate: one event until the pan was empty. Long silence: `silent_minutes_max`.
Recorded payloads: tests/payloads/scale.
"""

import threading
import time
from collections.abc import Iterator, Sequence

from devices.adapter import ProbeReport, Unavailable
from devices.facts import Delivery, Event, now
from devices.registry import Scale
from devices.serial_port import BytePort, open_port
from devices.weight_frames import StabilityJudge, StableWeight, weight_framer, yaohua_command

_ASK_SECONDS = 0.2


class ScaleAdapter:
    def __init__(self, settings: Scale) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self._framer = weight_framer(settings.format)
        self._judge = StabilityJudge(
            division_kg=settings.division_kg,
            rearm_below_kg=settings.rearm_below_kg,
            frames_needed=settings.frames_needed,
        )
        self._port: BytePort | None = None
        self._asked_at = 0.0
        self.frames = 0

    @property
    def errors(self) -> int:
        return self._framer.errors

    def open(self) -> None:
        self._framer.drop()
        self._judge.drop()
        self._port = open_port(self._settings.port, baud=self._settings.baud)

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        assert self._port is not None
        while not stop.is_set():
            self._ask(self._port)
            weights = []
            for frame in self._framer.feed(self._port.read()):
                self.frames += 1
                weights.append(self._judge.judge(frame))
            events = tuple(self._event(weight) for weight in weights if weight is not None)
            yield [Delivery(facts=events)] if events else []

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def probe(self) -> ProbeReport:
        """Listens for three seconds and counts frames, good and bad."""
        try:
            self.open()
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        seen, errors, deadline = self.frames, self.errors, time.monotonic() + 3
        try:
            for _delivery in self.read(threading.Event()):
                if time.monotonic() > deadline:
                    break
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        finally:
            self.close()
        good, bad = self.frames - seen, self.errors - errors
        findings = [
            f"{good} good frames of format {self._settings.format} in 3 s, {bad} runs of unread bytes."
        ]
        if not good:
            findings.append("Check the baud rate, the format, and that the indicator sends continuously.")
        return ProbeReport(good=good > 0 and bad <= 1, findings=tuple(findings))

    def _ask(self, port: BytePort) -> None:
        if self._settings.address is not None and time.monotonic() - self._asked_at >= _ASK_SECONDS:
            port.write(yaohua_command(self._settings.address, "B"))
            self._asked_at = time.monotonic()

    def _event(self, weight: StableWeight) -> Event:
        at = now()
        return Event(
            device=self._settings.id,
            kind="weight.stable",
            data={
                "mass_kg": str(weight.mass_kg),
                "frames": [raw.hex() for raw in weight.frames],
                "station": self._settings.station,
            },
            happened_at=at,
            received_at=at,
        )
