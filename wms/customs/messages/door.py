"""The door: raw bytes become a typed message, or a refusal that says why.

Tests in this order: size, document type, encoding and syntax, kind, form. Nothing of a refused message is
read; the caller keeps the raw bytes either way.
"""

from dataclasses import dataclass
from typing import Final

from wms.customs.messages import document
from wms.customs.messages.ceb.frame import CEB
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.kinds import BY_ELEMENT, JG2, Frame, Kind
from wms.customs.messages.wire import faults
from wms.customs.messages.wire.check import refuse_faults
from wms.customs.messages.wire.read import read_element
from wms.customs.messages.wire.record import Edition, Record, shape_of
from wms.customs.messages.wire.xml import Element, local, namespace

LIMIT_BYTES: Final = 10 * 1024 * 1024
"""A full message of 100 orders with 99 lines each stays below this."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message taken in: what kind it is, who sent it, and what it says.

    ``kind`` is "CEB311", "INV101", "SAS223", "RESPONSE" …; ``body`` is the record of that kind. Only zone
    documents have an envelope; only declared ones a ``declare_flag`` ("1" declare, "0" save only).
    """

    kind: str
    edition: str
    body: Record
    file_name: str | None
    envelope: Envelope | None = None
    pocket: Pocket | None = None
    declare_flag: str | None = None


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
    opened = _open(document.parse(raw, limit_bytes=limit_bytes))
    wanted = edition or opened.kind.editions[0]
    if wanted not in opened.kind.editions:
        raise faults.WrongEdition(root=opened.kind.element, edition=wanted.name)
    return Message(
        kind=opened.kind.code,
        edition=wanted.name,
        body=_read(opened.element, opened.kind.record, wanted),
        file_name=file_name,
        envelope=_envelope(opened.envelope),
        pocket=_pocket(opened.pocket),
        declare_flag=opened.declare_flag,
    )


def _read(element: Element, record: type[Record], edition: Edition) -> Record:
    refuse_faults(element, record, edition)
    return read_element(element, shape_of(record, edition))


def _envelope(element: Element | None) -> Envelope | None:
    if element is None:
        return None
    read = _read(element, Envelope, JG2)
    assert isinstance(read, Envelope)
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
        return _opened(root, _step(root, "Object", "Package"), Frame.DECLARED)
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
    envelope = _step(package, "EnvelopInfo")
    business = _step(package, "DataInfo", "BussinessData")
    flag = None
    element = None
    for child in business:
        if local(child.tag) == "DelcareFlag":
            flag = child.text or ""
        elif element is None:
            element = child
        else:
            raise faults.ElementUnknown(
                parent="BussinessData", element=local(child.tag), line=child.sourceline
            )
    if element is None:
        raise faults.ElementMissing(parent="BussinessData", element="*", line=business.sourceline)
    kind = BY_ELEMENT.get((frame, local(element.tag)))
    if kind is None:
        raise faults.UnknownKind(root=f"{local(root.tag)}/…/{local(element.tag)}")
    pocket = _find(_step(package, "DataInfo"), "PocketInfo")
    return _Opened(kind=kind, element=element, envelope=envelope, pocket=pocket, declare_flag=flag)


def _find(parent: Element, name: str) -> Element | None:
    return next((child for child in parent if local(child.tag) == name), None)


def _step(parent: Element, *names: str) -> Element:
    for name in names:
        child = _find(parent, name)
        if child is None:
            raise faults.ElementMissing(parent=local(parent.tag), element=name, line=parent.sourceline)
        parent = child
    return parent
