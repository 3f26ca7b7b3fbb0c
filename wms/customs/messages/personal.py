"""Which elements of the messages hold personal data, and a raw message without them.

For pages and exports of people who may see a message but not the persons in it; the raw bytes themselves are kept
elsewhere, encrypted whole.
"""

from collections.abc import Iterator
from typing import Final

from wms.customs.messages import document
from wms.customs.messages.kinds import KINDS
from wms.customs.messages.wire.record import Record, Shape, marks_of, shape_of
from wms.customs.messages.wire.xml import local

MASK: Final = "***"


def _names(shape: Shape) -> Iterator[str]:
    yield from (mark.name for mark in marks_of(shape.record).values() if mark.personal)
    for item in shape.items:
        if item.shape is not None:
            yield from _names(item.shape)


PERSONAL_ELEMENTS: Final = frozenset(
    name for kind in KINDS.values() for name in _names(shape_of(kind.record, kind.editions[0]))
)
"""Local names of the elements whose text names, numbers or locates a person."""


def redacted(raw: bytes) -> bytes:
    """The message with every personal text masked; for showing only, as it no longer is what was signed.

    Raises what ``document.parse`` raises: what cannot be parsed cannot be shown without its persons.
    """
    root = document.parse(raw, limit_bytes=len(raw) + 1)
    for element in root.iter():
        if local(element.tag) in PERSONAL_ELEMENTS and element.text:
            element.text = MASK
    return document.serialised(root)


def personal_texts(record: Record) -> Iterator[str]:
    """Every personal text of a record and its parts: for a search that must find none of them."""
    for name, mark in marks_of(type(record)).items():
        value = getattr(record, name)
        if mark.personal and value:
            yield str(value)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Record):
                yield from personal_texts(part)
