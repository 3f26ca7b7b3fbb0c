"""The frames round a zone document: who sends what (Envelope), which part (Pocket), and the document itself.

Two frames are read: ``Package`` (customs' receipts) and ``Signature`` round a ``Package`` (what a firm
declares). The signature element of the declaring form carries empty values; the client's card signs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.jg2.forms import COUNT, ISO_MOMENT
from wms.customs.messages.jg2.receipt import Loose
from wms.customs.messages.wire.forms import some, upto
from wms.customs.messages.wire.record import wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Envelope(Loose):
    """Who sends what to whom 报文头."""

    version: Annotated[str, wire("version", upto(11))] = ""
    business_id: Annotated[str, wire("business_id", upto(128))] = ""
    message_id: Annotated[str, wire("message_id", some(128))]
    file_name: Annotated[str, wire("file_name", upto(128))] = ""
    message_type: Annotated[str, wire("message_type", some(16))]
    sender_id: Annotated[str, wire("sender_id", upto(16))] = ""
    receiver_id: Annotated[str, wire("receiver_id", upto(16))] = ""
    sent_at: Annotated[datetime | None, wire("send_time", ISO_MOMENT)] = None
    card_no: Annotated[str, wire("Ic_Card", upto(64))] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Pocket(Loose):
    """Which part of a split message this is 包信息; all parts share ``pocket_id``."""

    pocket_id: Annotated[str, wire("pocket_id", upto(128), blank=True)] = ""
    parts: Annotated[int | None, wire("total_pocket_qty", COUNT)] = None
    part_no: Annotated[int | None, wire("cur_pocket_no", COUNT)] = None
    unstructured: Annotated[str, wire("is_unstructured", upto(1), blank=True)] = ""
