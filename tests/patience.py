"""How long a piece of work takes on a machine that others use too."""

import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object], *, most: float, tries: int = 3) -> float:
    """Seconds `work` took, asked again while it took `most` or longer.

    What is slow is slow each time; what only had to wait for the processor once is not.
    """
    for _ in range(tries):
        began = time.monotonic()
        work()
        took = time.monotonic() - began
        if took < most:
            break
    return took
