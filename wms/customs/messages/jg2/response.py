"""The import client's immediate answer (CommonResponeMessage, spelled so on the wire)."""

from dataclasses import dataclass
from typing import Annotated

from wms.customs.messages.jg2.receipt import Loose
from wms.customs.messages.wire.forms import some, upto
from wms.customs.messages.wire.record import wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ClientResponse(Loose):
    """Immediate answer of the import client; ``deal_flag`` "0" is good, everything else is bad."""

    pre_entry_no: Annotated[str, wire("SeqNo", upto(18))] = ""
    inner_no: Annotated[str, wire("EtpsPreentNo", some(64))]
    text: Annotated[str, wire("CheckInfo", upto(4000), blank=True)] = ""
    deal_flag: Annotated[str, wire("DealFlag", some(4))]

    @property
    def is_good(self) -> bool:
        """Whether the document was taken in; a repeated own number is not, and ``text`` names the old one."""
        return self.deal_flag == "0"
