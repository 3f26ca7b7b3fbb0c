"""Group commit: many adapters, one writing thread, one synchronised commit for 20 ms or 100 facts.

What already waits when the hundred are together goes along, up to 500: a commit costs one flush whatever it holds.

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
GROUP_FACTS_WAITING_MAX = 500
GROUP_SECONDS_MAX = 0.02
QUEUE_GROUPS_MAX = 200
RETRY_SECONDS = 0.5

_log = structlog.get_logger("devices.spool")


class SpoolWriter(threading.Thread):
    """Owns the writing side of a spool; `put` blocks while the queue is full."""

    def __init__(self, spool: Spool, *, on_commit: Callable[[], None] = lambda: None) -> None:
        super().__init__(name="spool-writer", daemon=True)
        self._spool = spool
        self._queue: queue.Queue[tuple[Delivery, ...]] = queue.Queue(QUEUE_GROUPS_MAX)
        self._on_commit = on_commit
        self._stopping = threading.Event()
        self._ended = False
        #: Why nothing can be kept at present, or None; shown on the health page.
        self.trouble: str | None = None
        self.kept = 0

    def put(self, *deliveries: Delivery, timeout: float | None = None) -> None:
        """Hands over what came together; raises queue.Full when the queue stays full for `timeout` seconds."""
        self._queue.put(deliveries, timeout=timeout)

    def drain(self, *, seconds_max: float) -> None:
        """Waits until what was handed over before is kept, so that it can still be acknowledged."""
        kept = threading.Event()
        with contextlib.suppress(queue.Full):
            self.put(Delivery(facts=(), kept=kept.set), timeout=seconds_max)
            kept.wait(timeout=seconds_max)

    def run(self) -> None:
        while not self._ended:
            group = self._gather()
            if group:
                self._keep(group)

    def stop(self) -> None:
        """Keeps what was handed over, then ends."""
        self._stopping.set()
        self._queue.put(())
        self.join()

    def _gather(self) -> list[Delivery]:
        """What comes first and what follows within 20 ms, until 100 facts are together; and what waits then."""
        group: list[Delivery] = []
        size, deadline = 0, None
        while size < GROUP_FACTS_WAITING_MAX:
            try:
                timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
                timeout = 0.0 if size >= GROUP_FACTS_MAX else timeout
                deliveries = self._queue.get(block=timeout != 0.0, timeout=timeout)
            except queue.Empty:
                break
            if not deliveries:
                self._ended = True
                break
            group += deliveries
            size += sum(len(delivery.facts) for delivery in deliveries)
            deadline = deadline or time.monotonic() + GROUP_SECONDS_MAX
        return group

    def _append(self, group: list[Delivery]) -> None:
        """Keeps a group; a delivery that breaks it gives way to a dead letter, so that the others are kept."""
        try:
            self.kept += self._spool.append(group)
        except SpoolFull:
            raise
        except Exception as error:  # a fact no one foresaw must not end the one thread that keeps them
            _log.exception("delivery cannot be kept")
            if len(group) == 1:
                group = [Delivery(facts=(unkeepable(error),), kept=group[0].kept)]
                self.kept += self._spool.append(group)
                return
            for delivery in group:
                self._append([delivery])

    def _keep(self, group: list[Delivery]) -> None:
        while True:
            try:
                self._append(group)
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


def unkeepable(error: Exception) -> Event:
    """What stands in the place of a fact that cannot be written down at all: a bug, told and counted."""
    at = now()
    return Event(
        device="gateway",
        kind="dead_letter",
        data={"topic": "", "reason": f"could not be kept: {error!r}"[:500]},
        happened_at=at,
        received_at=at,
    )


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
