"""The gateway at work: one thread an adapter, one writer, one uplink, and a heartbeat that tells of all.

An adapter that fails is closed and opened again after 0.5 to 30 s with jitter, for ever; its state is init,
ready, lost or alert (silent too long, or its thread no longer turns), and one line is logged for each change.
No adapter can stop another. A device that talks too much is thinned, counted and marked; events never are.
"""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog

from devices.adapter import Adapter, Unavailable
from devices.facts import Clock, Delivery, Event, Fact, Json, instant_text, may_be_dropped, now
from devices.spool import Caps, Spool
from devices.spool_writer import SpoolWriter, state_event
from devices.uplink import Uplink, UplinkSettings

BACKOFF_SECONDS_MIN = 0.5
BACKOFF_SECONDS_MAX = 30.0
HEARTBEAT_SECONDS = 30.0
FIRST_BEAT_SECONDS = 5.0
HEALTH_SECONDS = 2.0
THINNING_SECONDS = 10.0
STALLED_SECONDS = 60.0

_log = structlog.get_logger("devices.runner")


class State(StrEnum):
    INIT = "init"
    READY = "ready"
    LOST = "lost"
    ALERT = "alert"


@dataclass(kw_only=True)
class Health:
    """What is known of one device at present."""

    state: State = State.INIT
    reason: str = ""
    last_word_at: datetime | None = None
    last_word: float = field(default_factory=time.monotonic)
    facts: int = 0
    thinned: int = 0
    #: The device's clock minus ours, by its newest word; none for a device without a clock.
    clock_offset_s: float | None = None


class _Thinner:
    """A bucket a device: droppable facts beyond its rate are counted instead of kept."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._room: dict[str, tuple[float, float]] = {}
        self._thinned: dict[str, list[datetime]] = defaultdict(list)
        self._counts: dict[str, int] = defaultdict(int)

    def admit(self, fact: Fact) -> bool:
        if not may_be_dropped(fact):
            return True
        at = time.monotonic()
        room, last = self._room.get(fact.device, (2 * self._per_second, at))
        room = min(2 * self._per_second, room + (at - last) * self._per_second)
        admitted = room >= 1
        self._room[fact.device] = (room - 1 if admitted else room, at)
        if not admitted:
            self._counts[fact.device] += 1
            span = self._thinned[fact.device]
            self._thinned[fact.device] = [*span[:1], fact.happened_at]
        return admitted

    def gaps(self) -> list[Event]:
        """One marker for each device thinned since the last call."""
        at = now()
        events = [
            Event(
                device=device,
                kind="gateway.gap",
                data={
                    "reason": "the device talks too fast",
                    "count": self._counts[device],
                    "devices": [device],
                    "from": instant_text(min(span)),
                    "to": instant_text(max(span)),
                },
                happened_at=at,
                received_at=at,
            )
            for device, span in self._thinned.items()
        ]
        self._thinned.clear()
        self._counts.clear()
        return events


@dataclass(frozen=True, kw_only=True)
class RunnerSettings:
    source: str
    spool: Path
    caps: Caps
    uplink: UplinkSettings
    readings_per_second_max: float = 50.0
    #: Silence in minutes that is worth an alert, by device; devices not named may be silent.
    silent_minutes_max: dict[str, float] = field(default_factory=dict)
    health_file: Path | None = None


class Runner:
    """Owns the spool and every thread; `start`, then `stop` once."""

    def __init__(
        self,
        settings: RunnerSettings,
        adapters: Iterable[Adapter],
        *,
        listeners: Iterable[Callable[[Fact], None]] = (),
    ) -> None:
        """Opens the spool; raises SpoolInUse. `listeners` hear every fact, from the adapter's thread."""
        self._listeners = tuple(listeners)
        self._settings = settings
        self._adapters = list(adapters)
        self.spool = Spool(settings.spool, caps=settings.caps)
        self.uplink = Uplink(self.spool, settings.uplink, source=settings.source)
        self.writer = SpoolWriter(self.spool, on_commit=self.uplink.wake)
        self.health = {name: Health() for adapter in self._adapters for name in adapter.names}
        self._mutex = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._tend, args=(adapter,), name=adapter.names[0], daemon=True)
            for adapter in self._adapters
        ]
        self._threads.append(threading.Thread(target=self._watch, name="watch", daemon=True))
        self._turned = {adapter.names[0]: time.monotonic() for adapter in self._adapters}

    def start(self) -> None:
        self.writer.start()
        self.uplink.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the adapters, keeps what they gave, then ends the rest; the backlog waits in the spool."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self.writer.stop()
        self.uplink.stop()
        self.spool.close()

    def _tend(self, adapter: Adapter) -> None:
        name, pause = adapter.names[0], BACKOFF_SECONDS_MIN
        thinner = _Thinner(self._settings.readings_per_second_max)
        while not self._stop.is_set():
            try:
                adapter.open()
                self._change(name, State.READY, "")
                pause = BACKOFF_SECONDS_MIN
                self._pump(adapter, thinner)
            except Unavailable as error:
                self._change(name, State.LOST, str(error))
            except Exception as error:  # a bug in one adapter must not end the others
                _log.exception("adapter failed", device=name)
                self._change(name, State.LOST, f"internal error: {error!r}")
            if self._stop.is_set():
                self.writer.drain(seconds_max=1.0)
            adapter.close()
            self._turned[name] = time.monotonic()
            self._stop.wait(pause * random.uniform(0.7, 1.0))
            pause = min(pause * 2, BACKOFF_SECONDS_MAX)
        self._keep_gaps(thinner)

    def _pump(self, adapter: Adapter, thinner: _Thinner) -> None:
        marked_at = time.monotonic()
        for deliveries in adapter.read(self._stop):
            self._turned[adapter.names[0]] = time.monotonic()
            if deliveries:
                self.writer.put(*(self._admit(delivery, thinner) for delivery in deliveries))
            if time.monotonic() - marked_at > THINNING_SECONDS:
                self._keep_gaps(thinner)
                marked_at = time.monotonic()

    def _admit(self, delivery: Delivery, thinner: _Thinner) -> Delivery:
        """The delivery without what its device said too fast."""
        admitted = []
        for fact in delivery.facts:
            self._hear(fact)
            for listener in self._listeners:
                listener(fact)
            if thinner.admit(fact):
                admitted.append(fact)
            else:
                self.health[fact.device].thinned += 1
        if len(admitted) == len(delivery.facts):
            return delivery
        return Delivery(facts=tuple(admitted), kept=delivery.kept, once=delivery.once)

    def _keep_gaps(self, thinner: _Thinner) -> None:
        gaps = thinner.gaps()
        if gaps:
            self.writer.put(Delivery(facts=tuple(gaps)))

    def _hear(self, fact: Fact) -> None:
        health = self.health.get(fact.device)
        if health is None:
            return
        health.facts += 1
        health.last_word, health.last_word_at = time.monotonic(), fact.received_at
        if fact.clock is Clock.DEVICE:
            health.clock_offset_s = round((fact.happened_at - fact.received_at).total_seconds(), 1)
        if health.state is not State.READY:
            self._change(fact.device, State.READY, "")

    def _change(self, name: str, state: State, reason: str) -> None:
        """One log line and one fact for each change of state, none for the same again."""
        with self._mutex:
            health = self.health[name]
            changed = health.state is not state
            health.state, health.reason = state, reason
            if state is State.READY:
                health.last_word = time.monotonic()
        if not changed:
            return
        _log.info("device", device=name, state=state.value, reason=reason)
        self.writer.put(Delivery(facts=(state_event(name, state=state.value, reason=reason),)))

    def _watch(self) -> None:
        """Heartbeat, health file, silence and stalled threads."""
        # The first beat comes as soon as the devices had a moment to answer: the health page waits for it.
        beat_at = time.monotonic() - HEARTBEAT_SECONDS + FIRST_BEAT_SECONDS
        while not self._stop.wait(HEALTH_SECONDS if self._settings.health_file else 0.5):
            self._look_for_silence()
            if self._settings.health_file is not None:
                _write_whole(self._settings.health_file, json.dumps(self.report(), indent=1))
            if time.monotonic() - beat_at >= HEARTBEAT_SECONDS:
                self.writer.put(Delivery(facts=(self.heartbeat(),)))
                beat_at = time.monotonic()

    def _look_for_silence(self) -> None:
        at = time.monotonic()
        lost = {
            name
            for adapter in self._adapters
            if self.health[adapter.names[0]].state is State.LOST
            for name in adapter.names[1:]
        }
        for name, minutes in self._settings.silent_minutes_max.items():
            health = self.health[name]
            # Behind a lost broker every sensor is silent; one alert, the broker's, is enough.
            if minutes and name not in lost and health.state in {State.READY, State.INIT}:
                silence = timedelta(seconds=at - health.last_word)
                if silence > timedelta(minutes=minutes):
                    self._change(name, State.ALERT, f"Silent for {silence.total_seconds() / 60:.1f} minutes.")
        for name, turned in self._turned.items():
            if at - turned > STALLED_SECONDS and self.health[name].state is State.READY:
                self._change(name, State.ALERT, f"Its thread has not turned for {at - turned:.0f} s.")

    def heartbeat(self) -> Event:
        at = now()
        return Event(
            device="gateway",
            kind="gateway.heartbeat",
            data=self.report(),
            happened_at=at,
            received_at=at,
            is_chatter=True,
        )

    def report(self) -> dict[str, Json]:
        """Everything the health page shows."""
        status = self.spool.status()
        errors = {adapter.names[0]: adapter.errors for adapter in self._adapters}
        devices: dict[str, Json] = {
            name: {
                "state": health.state.value,
                "reason": health.reason,
                "last_word_at": instant_text(health.last_word_at) if health.last_word_at else None,
                "facts": health.facts,
                "thinned": health.thinned,
                "errors": errors.get(name, 0),
                "clock_offset_s": health.clock_offset_s,
            }
            for name, health in self.health.items()
        }
        return {
            "at": instant_text(now()),
            "devices": devices,
            "epoch": status.epoch,
            "last_seq": status.last_seq,
            "backlog": status.waiting,
            "oldest_at": instant_text(status.oldest_at) if status.oldest_at else None,
            "refused": status.refused,
            "dropped": self.spool.dropped,
            "delivered": self.uplink.delivered,
            "clock_offset_s": self.uplink.clock_offset_seconds,
            "trouble": self.writer.trouble or self.uplink.trouble,
        }


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of one; a full disk leaves the old one."""
    half = path.with_name(path.name + ".new")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        _log.warning("health file not written", reason=str(error))
