"""What every retail message shares: its number, who hands it over, who gets the answers, the signature."""

from dataclasses import dataclass
from typing import Annotated, Final

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import Record, attribute, markup, wire
from wms.customs.messages.wire.xml import BLANKS, HINTS, Element, local

CEB: Final = "http://www.chinaport.gov.cn/ceb"


class Retail(Record):
    """Every element of a retail message stands in one namespace, in the order of the fields."""

    __slots__ = ()
    namespace = CEB


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Numbered(Retail):
    """A whole message: its own number (a UUID in capitals) and the version of its form."""

    guid: Annotated[str, attribute("guid", exactly(36))]
    version: Annotated[str, attribute("version", some(10))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Transfer(Retail):
    """Who hands the message to the single window, and through which terminal."""

    sender_code: Annotated[str, wire("copCode", some(18))]
    sender_name: Annotated[str, wire("copName", upto(100))]
    dxp_mode: Annotated[str, wire("dxpMode", exactly(3))]
    dxp_id: Annotated[str, wire("dxpId", upto(30))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportTransfer(Retail):
    """As ``Transfer``; the export schema lets the sender's code stand empty."""

    sender_code: Annotated[str, wire("copCode", upto(18))]
    sender_name: Annotated[str, wire("copName", upto(100))]
    dxp_mode: Annotated[str, wire("dxpMode", exactly(3))]
    dxp_id: Annotated[str, wire("dxpId", upto(30))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Subscription(Retail):
    """Who else gets data or answers: ``status`` ALL, DATA or RET."""

    status: Annotated[str, wire("status", upto(100))]
    dxp_mode: Annotated[str, wire("dxpMode", exactly(3))]
    dxp_address: Annotated[str, wire("dxpAddress", upto(100))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


def _free_faults(element: Element, name: str) -> list[faults.SchemaFault]:
    """One element of any kind, or none; what is in it is nobody's business here."""
    line = element.sourceline
    found: list[faults.SchemaFault] = [
        faults.AttributeUnknown(element=name, line=line, attribute=local(key))
        for key in element.attrib
        if key not in HINTS
    ]
    texts = [element.text, *(child.tail for child in element)]
    if any(text and text.strip(BLANKS) for text in texts):
        found.append(faults.StrayText(element=name, line=line))
    if len(element) > 1:
        facts = {"parent": name, "element": local(element[1].tag), "line": line}
        found.append(faults.TooManyElements(**facts, limit=1))
    return found


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Extension(Retail):
    """Something two parties agreed to add; kept, never read."""

    name: Annotated[str, wire("name", upto(30))]
    version: Annotated[str, wire("version", upto(30))]
    content: Annotated[bytes, markup("Message", _free_faults)]
