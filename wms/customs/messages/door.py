"""The door: raw bytes become a typed message, or a refusal that says why.

Tests in this order: size, document type, encoding and syntax, kind, form. Nothing of a refused message is
read; the caller keeps the raw bytes either way.
"""

from dataclasses import dataclass
from typing import Final

from wms.customs.messages import document
from wms.customs.messages.ceb import terminal
from wms.customs.messages.ceb.frame import CEB
from wms.customs.messages.ceb.terminal import Journey
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.kinds import BY_ELEMENT, JG2, Frame, Kind
from wms.customs.messages.wire import faults
from wms.customs.messages.wire.check import refuse_faults
from wms.customs.messages.wire.forms import shown
from wms.customs.messages.wire.read import read_element
from wms.customs.messages.wire.record import Edition, Record, shape_of
from wms.customs.messages.wire.xml import Element, local, namespace

LIMIT_BYTES: Final = 10 * 1024 * 1024
"""A full message of 100 orders with 99 lines each stays below this."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message taken in: what kind it is, who sent it, and what it says.

    ``kind`` is "CEB311", "INV101", "SAS223", "RESPONSE" …; ``body`` is the record of that kind. Only zone
    documents have an envelope; only declared ones a ``declare_flag`` ("1" declare, "0" save only); only what
    came in a terminal's envelope a ``journey``.
    """

    kind: str
    edition: str
    body: Record
    file_name: str | None
    envelope: Envelope | None = None
    pocket: Pocket | None = None
    declare_flag: str | None = None
    journey: Journey | None = None


@dataclass(frozen=True, kw_only=True)
class _Opened:
    kind: Kind
    element: Element
    envelope: Element | None = None
    pocket: Element | None = None
    declare_flag: str | None = None


def read_message(
    raw: bytes, *, file_name: str | None, edition: Edition | None = None, limit_bytes: int = LIMIT_BYTES
) -> Message:
    """The typed message in these bytes, in the edition in force unless another is named.

    Raises a ``MessageRefused``: its ``reason`` is the code (``TOO_LARGE``, ``DOCTYPE``,
    ``NOT_WELL_FORMED``, ``UNKNOWN_KIND``, ``XSD``), its sentence names element, line and what is wanted, and
    its ``others`` hold further faults of the same message.
    """
    root, journey = document.parse(raw, limit_bytes=limit_bytes), None
    if terminal.is_terminal(root):
        envelope = terminal.opened(root)
        root, journey = document.parse(envelope.data, limit_bytes=limit_bytes), envelope.journey
    opened = _open(root)
    wanted = edition or opened.kind.editions[0]
    if wanted not in opened.kind.editions:
        raise faults.WrongEdition(root=opened.kind.element, edition=wanted.name)
    return Message(
        kind=opened.kind.code,
        edition=wanted.name,
        body=_read(opened.element, opened.kind.record, wanted),
        file_name=file_name,
        envelope=_envelope(opened),
        pocket=_pocket(opened.pocket),
        declare_flag=opened.declare_flag,
        journey=journey,
    )


def _read(element: Element, record: type[Record], edition: Edition) -> Record:
    refuse_faults(element, record, edition)
    return read_element(element, shape_of(record, edition))


def _envelope(opened: _Opened) -> Envelope | None:
    if opened.envelope is None:
        return None
    read = _read(opened.envelope, Envelope, JG2)
    assert isinstance(read, Envelope)
    if read.message_type != opened.kind.code:
        found, line = shown(read.message_type), opened.envelope.sourceline
        raise faults.WrongValue(element="message_type", line=line, found=found, wanted=opened.kind.code)
    return read


def _pocket(element: Element | None) -> Pocket | None:
    if element is None:
        return None
    read = _read(element, Pocket, JG2)
    assert isinstance(read, Pocket)
    return read


def _open(root: Element) -> _Opened:
    name = local(root.tag)
    if name == "Signature":
        return _opened(root, _package(root), Frame.DECLARED)
    if name == "Package":
        return _opened(root, root, Frame.RECEIPT)
    receipt = BY_ELEMENT.get((Frame.RECEIPT, name))
    if receipt is not None:
        return _Opened(kind=receipt, element=root)
    kind = BY_ELEMENT.get((Frame.BARE, name))
    if kind is None:
        raise faults.UnknownKind(root=name)
    wanted = CEB if kind.code != "RESPONSE" else namespace(root.tag)
    if namespace(root.tag) != wanted:
        found = namespace(root.tag) or faults.NOTHING
        raise faults.WrongNamespace(element=name, line=root.sourceline, found=found, wanted=wanted)
    return _Opened(kind=kind, element=root)


def _opened(root: Element, package: Element, frame: Frame) -> _Opened:
    parts = _parts(package, "EnvelopInfo", "DataInfo")
    data = _parts(_wanted(package, parts, "DataInfo"), "PocketInfo", "BussinessData")
    business = _wanted(parts["DataInfo"], data, "BussinessData")
    flags = [child for child in business if local(child.tag) == "DelcareFlag"]
    bodies = [child for child in business if local(child.tag) != "DelcareFlag"]
    if len(bodies) != 1 or len(flags) > 1:
        extra = (flags + bodies)[-1:] or [business]
        facts = {"parent": "BussinessData", "element": local(extra[0].tag), "line": extra[0].sourceline}
        raise faults.ElementMisplaced(**facts)
    kind = BY_ELEMENT.get((frame, local(bodies[0].tag)))
    if kind is None:
        raise faults.UnknownKind(root=f"{local(root.tag)}/…/{local(bodies[0].tag)}")
    return _Opened(
        kind=kind,
        element=bodies[0],
        envelope=_wanted(package, parts, "EnvelopInfo"),
        pocket=data.get("PocketInfo"),
        declare_flag=(flags[0].text or "") if flags else None,
    )


def _package(root: Element) -> Element:
    """The package inside a declaring signature."""
    parts = _parts(root, "SignedInfo", "SignatureValue", "KeyInfo", "Object")
    holder = _wanted(root, parts, "Object")
    return _wanted(holder, _parts(holder, "Package"), "Package")


def _parts(parent: Element, *names: str) -> dict[str, Element]:
    """The children of a frame's element by name; none unknown, none twice."""
    found: dict[str, Element] = {}
    for child in parent:
        name = local(child.tag)
        if name not in names:
            raise faults.ElementUnknown(parent=local(parent.tag), element=name, line=child.sourceline)
        if name in found:
            facts = {"parent": local(parent.tag), "element": name, "line": child.sourceline}
            raise faults.TooManyElements(**facts, limit=1)
        found[name] = child
    return found


def _wanted(parent: Element, parts: dict[str, Element], name: str) -> Element:
    if name not in parts:
        raise faults.ElementMissing(parent=local(parent.tag), element=name, line=parent.sourceline)
    return parts[name]
