"""The switch between the compiled inner loop and the plain one.

The same functions run either way: numba compiles them where it is installed, Python interprets them
where it is not or where ``WMS_ROUTING_PLAIN`` is set. They use whole numbers and plain float
arithmetic only, so both ways give the same plan per iteration.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

IS_COMPILED = not os.environ.get("WMS_ROUTING_PLAIN") and find_spec("numba") is not None


def compiled(function: F) -> F:
    """Compile ``function`` and keep the machine code on disk, or leave it as it is."""
    if not IS_COMPILED:
        return function
    from numba import njit  # noqa: PLC0415 - the plain path must run where numba is not installed

    made: Any = njit(cache=True, nogil=True)(function)
    return cast("F", made)
