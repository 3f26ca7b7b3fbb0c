"""The terminal's envelope DxpMsg: in it, in base64, a message travels to the single window and back."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from lxml import etree

from wms.customs.messages import document
from wms.customs.messages.ceb.signature_form import DS, is_base64, is_name, signature_faults
from wms.customs.messages.wire import faults
from wms.customs.messages.wire.check import refuse_faults
from wms.customs.messages.wire.forms import Form, Text, Wrong, some, upto
from wms.customs.messages.wire.read import read_element
from wms.customs.messages.wire.record import Edition, Record, attribute, many, markup, part, shape_of, wire
from wms.customs.messages.wire.times import Iso
from wms.customs.messages.wire.write import write_element
from wms.customs.messages.wire.xml import Element

DXP: Final = "http://www.chinaport.gov.cn/dxp"
TERMINAL: Final = Edition(name="terminal")
_VERSION: Final = Text(choices=frozenset({"1.0"}))


class _Base64(Form):
    def fault(self, text: str) -> Wrong | None:
        return None if is_base64(text) else (faults.NotBase64, {})

    def read(self, text: str) -> object:
        return b64decode(text)

    def write(self, value: object) -> str:
        assert isinstance(value, bytes)
        return b64encode(value).decode("ascii")


class _Name(Form):
    def fault(self, text: str) -> Wrong | None:
        return None if is_name(text) else (faults.WrongValue, {"found": "?", "wanted": "ID"})

    def read(self, text: str) -> object:
        return text

    def write(self, value: object) -> str:
        return str(value)


def _anything(element: Element, name: str) -> list[faults.SchemaFault]:
    del element, name
    return []


class Terminal(Record):
    """Every element of the envelope stands in the terminal's namespace."""

    __slots__ = ()
    namespace = DXP


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Receivers(Terminal):
    """Up to five receivers."""

    receivers: Annotated[tuple[str, ...], many("ReceiverId", 1, 5, form=some(16))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Journey(Terminal):
    """From whom, to whom, when; ``CreatTime`` is spelled so."""

    message_id: Annotated[str, wire("CopMsgId", some(255))]
    sender: Annotated[str, wire("SenderId", some(16))]
    to: Annotated[Receivers, part("ReceiverIds")]
    created_at: Annotated[datetime, wire("CreatTime", Iso())]
    kind: Annotated[str, wire("MsgType", upto(30))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TerminalMessage(Terminal):
    """The whole envelope; ``data`` is the message in it, as bytes."""

    version: Annotated[str, attribute("ver", _VERSION)]
    id: Annotated[str | None, attribute("Id", _Name())] = None
    journey: Annotated[Journey, part("TransInfo")]
    data: Annotated[bytes, wire("Data", _Base64())]
    further: Annotated[bytes | None, markup("AddInfo", _anything)] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None


def is_terminal(root: Element) -> bool:
    """Whether a parsed message is an envelope."""
    return bool(root.tag == f"{{{DXP}}}DxpMsg")


def opened(root: Element) -> TerminalMessage:
    """The envelope of a parsed message; raises a ``SchemaFault``."""
    refuse_faults(root, TerminalMessage, TERMINAL)
    read = read_element(root, shape_of(TerminalMessage, TERMINAL))
    assert isinstance(read, TerminalMessage)
    return read


def wrapped(
    message: bytes, *, message_id: str, kind: str, sender: str, receivers: tuple[str, ...], at: datetime
) -> bytes:
    """A message in its envelope, ready for the terminal; ``at`` is the moment of sending."""
    journey = Journey(
        message_id=message_id,
        sender=sender,
        to=Receivers(receivers=receivers),
        created_at=at.replace(microsecond=0),
        kind=kind,
    )
    envelope = TerminalMessage(version="1.0", journey=journey, data=message)
    root = etree.Element(f"{{{DXP}}}DxpMsg", nsmap={"dxp": DXP})
    write_element(envelope, shape_of(TerminalMessage, TERMINAL), root)
    refuse_faults(root, TerminalMessage, TERMINAL)
    return document.serialised(root)
