"""How often one API token may call: a bucket that fills evenly, one in each web process with its share of the whole.

It keeps one partner's loop from taking the house from the others: all processes together never let more through than
the setting says, and a caller that always meets the same process gets less. What must hold exactly, the lock-out of
wrong secrets, is counted in a table (`wms.auth.limits`).
"""

import hashlib
import threading
import time
from collections.abc import Callable
from math import ceil

from wms.errors import Refusal
from wms.i18n import N_


class TooManyCalls(Refusal):
    """The token calls faster than its bucket fills."""

    message = N_("This token calls too often. Wait {seconds} s and try again.")
    status = 429


def share_of(per_minute: int, processes: int) -> int:
    """What one of so many processes may let through; at least one call a minute."""
    return max(1, per_minute // max(1, processes))


class CallRate:
    """Buckets by token: `per_minute` calls at once, and as many a minute for good."""

    def __init__(self, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._full, self._clock = per_minute / 60, float(per_minute), clock
        self._buckets: dict[bytes, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, token: str) -> None:
        """Count one call of a token that is known to be good; raises TooManyCalls."""
        key, now = hashlib.sha256(token.encode()).digest(), self._clock()
        with self._lock:
            left, since = self._buckets.get(key, (self._full, now))
            left = min(self._full, left + (now - since) * self._per_second)
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise TooManyCalls(seconds=max(1, ceil((1 - left) / self._per_second)))
