"""The anticipated "no".

A refusal is defined where it is raised, carries facts, and says one sentence a worker can act on.
Anything else that is raised is a bug, and only the edge catches it.
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """One class per reason; ``message`` is the marked sentence, the keyword arguments its facts.

    The sentence is translated at the edge, so facts are plain values: text, integers, decimals, dates.
    """

    message: ClassVar[str]
    status: ClassVar[int] = 409
    """HTTP status the edges answer with; 409 says: understood, and the state of the warehouse forbids it."""

    def __init__(self, **facts: object) -> None:
        self.facts: Mapping[str, object] = facts
        super().__init__(self.message.format(**facts))

    @property
    def code(self) -> str:
        """The reason in one word, the same in the API, the scan log and the tests."""
        return type(self).__name__
