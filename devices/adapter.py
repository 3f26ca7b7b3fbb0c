"""What every adapter is: opened, read until it fails, closed; it never retries, sleeps on errors or logs."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.facts import Delivery


class Unavailable(Exception):
    """The device cannot be reached or has gone; the runner will try again."""


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What an installer needs to know: one finding a line, and whether the device may go into service."""

    good: bool
    findings: tuple[str, ...]


class Adapter(Protocol):
    #: Device ids this adapter speaks for; the first is its own.
    names: tuple[str, ...]

    @property
    def errors(self) -> int:
        """Runs of bytes, or messages, that could not be understood since the start."""
        ...

    def open(self) -> None:
        """Reaches the device; raises Unavailable."""
        ...

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        """What came together, until `stop`; nothing at least twice a second, as a sign of life.

        Raises Unavailable.
        """
        ...

    def close(self) -> None:
        """Lets go; never raises, may be called twice."""
        ...

    def probe(self) -> ProbeReport:
        """Opens, looks for a few seconds, closes."""
        ...
