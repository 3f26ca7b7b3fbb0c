"""Every kind of message this system knows: its code, its record, and the frame it stands in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from wms.customs.messages.jg2.bonded_list import (
    BondedListBooked,
    BondedListDraft,
    BondedListReview,
    DeclarationMade,
)
from wms.customs.messages.jg2.gate_pass import (
    GatePassDraft,
    GatePassInspection,
    GatePassPassage,
    GatePassReview,
)
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.messages.wire.record import Record


class Frame(Enum):
    """What stands round the record."""

    BARE = auto()
    """The root element is the record."""
    RECEIPT = auto()
    """``Package`` / ``DataInfo`` / ``BussinessData``: customs answers."""
    DECLARED = auto()
    """``Signature`` / ``Object`` round a ``Package``: a firm declares."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of message; ``element`` is the local name of the element that holds the record."""

    code: str
    element: str
    record: type[Record]
    frame: Frame


def _zone(frame: Frame, *kinds: tuple[str, str, type[Record]]) -> Iterable[Kind]:
    for code, element, record in kinds:
        yield Kind(code=code, element=element, record=record, frame=frame)


_ALL: Final = (
    Kind(code="RESPONSE", element="CommonResponeMessage", record=ClientResponse, frame=Frame.BARE),
    *_zone(
        Frame.DECLARED,
        ("INV101", "InvtMessage", BondedListDraft),
        ("SAS121", "PassPortMessage", GatePassDraft),
    ),
    *_zone(
        Frame.RECEIPT,
        ("INV201", "INV201", BondedListReview),
        ("INV202", "INV202", DeclarationMade),
        ("INV211", "INV211", BondedListBooked),
        ("SAS221", "SAS221", GatePassReview),
        ("SAS223", "SAS223", GatePassPassage),
        ("SAS224", "SAS224", GatePassInspection),
    ),
)

KINDS: Final[Mapping[str, Kind]] = {kind.code: kind for kind in _ALL}
BY_ELEMENT: Final[Mapping[tuple[Frame, str], Kind]] = {(kind.frame, kind.element): kind for kind in _ALL}
