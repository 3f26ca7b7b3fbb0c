"""Which elements of the messages hold personal data, and a raw message without them.

For pages and exports of people who may see a message but not the persons in it; the raw bytes themselves are kept
elsewhere, encrypted whole.
"""

from collections.abc import Iterator
from typing import Final

from wms.customs.messages import document
from wms.customs.messages.ceb.terminal import TERMINAL, Journey
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.kinds import JG2, KINDS
from wms.customs.messages.wire.record import Record, Shape, marks_of, shape_of
from wms.customs.messages.wire.xml import HINTS, NIL, local

MASK: Final = "***"


def _named(shape: Shape) -> Iterator[tuple[str, bool]]:
    """Every name on the wire of a record and its parts, and whether a person stands behind it."""
    marks = marks_of(shape.record)
    yield from ((mark.name, mark.personal) for mark in marks.values())
    for item in (*shape.items, *shape.attributes):
        yield item.name, marks[item.attr].personal
        if item.shape is not None:
            yield from _named(item.shape)


_SHAPES: Final = (
    *(shape_of(kind.record, edition) for kind in KINDS.values() for edition in kind.editions),
    *(shape_of(record, JG2) for record in (Envelope, Pocket)),
    shape_of(Journey, TERMINAL),
)
PERSONAL_ELEMENTS: Final = frozenset(
    name for shape in _SHAPES for name, personal in _named(shape) if personal
)
"""Local names of the elements whose text names, numbers or locates a person."""

_OPEN: Final = frozenset(
    {"DelcareFlag", *(name for shape in _SHAPES for name, _ in _named(shape))} - PERSONAL_ELEMENTS
)
"""Local names of elements and attributes that may be shown. What nobody knows may hold anything: a person under a
misspelt name, or a whole message in base64."""


def redacted(raw: bytes) -> bytes:
    """The message with every text masked that is personal or unknown; for showing only, no longer what was signed.

    Raises what ``document.parse`` raises: what cannot be parsed cannot be shown without its persons.
    """
    root = document.parse(raw, limit_bytes=len(raw) + 1)
    for element in root.iter():
        if local(element.tag) in PERSONAL_ELEMENTS:
            # what stands inside a name is of the name
            del element[:]
        if element.text and element.text.strip() and local(element.tag) not in _OPEN:
            element.text = MASK
        if element.tail and element.tail.strip():
            element.tail = MASK
        for name in element.attrib:
            if local(name) not in _OPEN and name not in HINTS and name != NIL:
                element.set(name, MASK)
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
