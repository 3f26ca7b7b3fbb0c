"""Group commit: many adapters, one writing thread, one synchronised commit for up to 100 facts or 20 ms.

A delivery counts as kept only after the commit; then its `kept` is called. When the disk is full nothing is
lost and nothing is acknowledged: the writer holds what it has, tries again, and the queue's bound makes the
adapters wait.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable

import structlog

from devices.facts import Delivery, Event, now
from devices.spool import Spool, SpoolFull

GROUP_FACTS_MAX = 100
GROUP_SECONDS_MAX = 0.02
QUEUE_DELIVERIES_MAX = 2000
RETRY_SECONDS = 0.5

_log = structlog.get_logger("devices.spool")


class SpoolWriter(threading.Thread):
    """Owns the writing side of a spool; `put` blocks while the queue is full."""

    def __init__(self, spool: Spool, *, on_commit: Callable[[], None] = lambda: None) -> None:
        super().__init__(name="spool-writer", daemon=True)
        self._spool = spool
        self._queue: queue.Queue[Delivery | None] = queue.Queue(QUEUE_DELIVERIES_MAX)
        self._on_commit = on_commit
        self._stopping = threading.Event()
        #: Why nothing can be kept at present, or None; shown on the health page.
        self.trouble: str | None = None
        self.kept = 0

    def put(self, delivery: Delivery, *, timeout: float | None = None) -> None:
        """Hands over; raises queue.Full when the queue stays full for `timeout` seconds."""
        self._queue.put(delivery, timeout=timeout)

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def drain(self, *, seconds_max: float) -> None:
        """Waits until what was handed over before is kept, so that it can still be acknowledged."""
        kept = threading.Event()
        with contextlib.suppress(queue.Full):
            self.put(Delivery(facts=(), kept=kept.set), timeout=seconds_max)
            kept.wait(timeout=seconds_max)

    def run(self) -> None:
        while True:
            group = self._gather()
            if group:
                self._keep(group)
            elif self._stopping.is_set():
                return

    def stop(self) -> None:
        """Keeps what was handed over, then ends."""
        self._stopping.set()
        self._queue.put(None)
        self.join()

    def _gather(self) -> list[Delivery]:
        """The first delivery and what follows it within 20 ms, up to 100 facts."""
        first = self._queue.get()
        if first is None:
            return []
        group, size = [first], len(first.facts)
        deadline = time.monotonic() + GROUP_SECONDS_MAX
        while size < GROUP_FACTS_MAX:
            try:
                delivery = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if delivery is None:
                self._queue.put(None)
                break
            group.append(delivery)
            size += len(delivery.facts)
        return group

    def _keep(self, group: list[Delivery]) -> None:
        while True:
            try:
                self.kept += self._spool.append(group)
                break
            except SpoolFull as error:
                if self.trouble is None:
                    _log.error("spool full", reason=str(error))
                self.trouble = str(error)
                if self._stopping.is_set():
                    _log.error("stopped with facts not kept", deliveries=len(group))
                    return
                time.sleep(RETRY_SECONDS)
        if self.trouble is not None:
            self.trouble = None
            _log.info("spool takes again")
        for delivery in group:
            delivery.kept()
        self._on_commit()


def state_event(device: str, *, state: str, reason: str) -> Event:
    """The fact that a device came or went."""
    at = now()
    return Event(
        device=device,
        kind="device.state",
        data={"state": state, "reason": reason},
        happened_at=at,
        received_at=at,
    )
