"""Prices blocks of consignments on any executor: threads, processes, or the machines of a cluster.

Blocks are cut by the data and not by the workers, and every consignment is priced alone, so the answer is
the same for one worker, for many, and without any. What never changes of a block is sent to a worker once:
it keeps the last few, and says so when it does not know a block yet.
"""

import time
import uuid
from collections import OrderedDict
from concurrent.futures import Executor, Future
from threading import Lock
from typing import NamedTuple

import numpy as np

from routing.insertion import MOST_LEGS, Fixed
from routing.options import Ints
from routing.pricing import Floats, price_all

BLOCK = 250  # consignments
KEPT = 64  # blocks a worker remembers: 16,000 consignments

_known: OrderedDict[str, Fixed] = OrderedDict()
_lock = Lock()  # a pool of threads shares the memory


class Priced(NamedTuple):
    """The answer for one block; legs are counted from the block's first."""

    value: Floats
    length: Ints
    path: Ints
    cpu_seconds: float


def price_block(key: str, block: Fixed | None, price: Floats, places: int) -> Priced | None:
    """Price a block in a worker; None when it was not sent along and is not known here."""
    begun = time.thread_time()
    with _lock:
        block = block or _known.get(key)
        if block is None:
            return None
        _known[key] = block
        _known.move_to_end(key)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    count = len(block.mass)
    value, length = np.zeros(count), np.zeros(count, np.int64)
    path = np.zeros((count, MOST_LEGS), np.int64)
    price_all(block, price, value, length, path, places, 0, count)
    return Priced(value=value, length=length, path=path, cpu_seconds=time.thread_time() - begun)


class PricingBlocks:
    """Owns the blocks of one problem on one executor; ``cpu_seconds`` adds up what the workers used."""

    def __init__(self, fixed: Fixed, places: int, *, executor: Executor, size: int = BLOCK) -> None:
        self.executor, self.places, self.cpu_seconds = executor, places, 0.0
        count = len(fixed.mass)
        self.spans = [(first, min(first + size, count)) for first in range(0, count, size)]
        self.blocks = [_block(fixed, first, last) for first, last in self.spans]
        self.legs = [(int(fixed.leg_ptr[first]), int(fixed.leg_ptr[last])) for first, last in self.spans]
        run = uuid.uuid4().hex
        self.keys = [f"{run}:{number}" for number in range(len(self.spans))]
        self.sent = [False] * len(self.spans)

    def price(self, price: Floats, value: Floats, length: Ints, path: Ints) -> None:
        """Price everybody at ``price`` per leg; writes what ``pricing.price_all`` would write."""
        asked = [self._ask(number, price, whole=not self.sent[number]) for number in range(len(self.spans))]
        for number, future in enumerate(asked):
            answer = future.result() or self._ask(number, price, whole=True).result()
            assert answer is not None, "a block sent whole is always priced"
            self.sent[number] = True
            self.cpu_seconds += answer.cpu_seconds
            first, last = self.spans[number]
            value[first:last] = answer.value
            length[first:last] = answer.length
            path[first:last] = answer.path + self.legs[number][0]

    def _ask(self, number: int, price: Floats, *, whole: bool) -> "Future[Priced | None]":
        start, end = self.legs[number]
        block = self.blocks[number] if whole else None
        return self.executor.submit(price_block, self.keys[number], block, price[start:end], self.places)


def _block(fixed: Fixed, first: int, last: int) -> Fixed:
    """The arrays of some consignments alone, their legs counted from 0; what pricing never reads is empty."""
    start, end = int(fixed.leg_ptr[first]), int(fixed.leg_ptr[last])
    events = fixed.event[fixed.event_ptr[first] : fixed.event_ptr[last]]
    none = np.zeros(0, np.int64)
    return fixed._replace(
        origin=fixed.origin[first:last],
        destination=fixed.destination[first:last],
        mass=fixed.mass[first:last],
        volume=fixed.volume[first:last],
        refusal=fixed.refusal[first:last],
        company=none,
        leg_ptr=fixed.leg_ptr[first : last + 1] - start,
        leg_departure=fixed.leg_departure[start:end],
        leg_fen=fixed.leg_fen[start:end],
        share_fen=none,
        event_ptr=fixed.event_ptr[first : last + 1] - fixed.event_ptr[first],
        event=np.where(events >= 0, events - start, ~(~events - start)),
        user_ptr=none,
        user=none,
    )
