"""CEB900: the exchange platform could not read a message of ours and sends it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import Numbered, Retail
from wms.customs.messages.wire.forms import Text, exactly, some, upto
from wms.customs.messages.wire.record import part, wire
from wms.customs.messages.wire.times import STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FormatErrorReceipt(Retail):
    """Why, and the message it is about; ``original_text`` is what we had sent."""

    guid: Annotated[str, wire("guid", exactly(36))]
    status: Annotated[str, wire("returnStatus", some(10))]
    text: Annotated[str, wire("returnInfo", upto(5000))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    original_message_id: Annotated[str, wire("oriCopMsgId", upto(255))]
    original_kind: Annotated[str, wire("oriMessageType", upto(15))]
    original_text: Annotated[str, wire("oriBizMessage", Text(), personal=True)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FormatErrorMessage(Numbered):
    """CEB900: exactly one refused message."""

    receipt: Annotated[FormatErrorReceipt, part("MessageReturn")]
