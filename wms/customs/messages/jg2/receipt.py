"""What every receipt of the zone system begins with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.jg2.forms import COUNT, MOMENT
from wms.customs.messages.wire.forms import exactly, upto
from wms.customs.messages.wire.record import ANY_NAMESPACE, Model, Record, wire


class Loose(Record):
    """Parsed by local name, in any order: real receipts differ from the 2017 schemas and each other."""

    __slots__ = ()
    namespace = ANY_NAMESPACE
    model = Model.LOOSE


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ApprovalResult(Loose):
    """Head of every receipt 回执: whose document, which result, when."""

    pre_entry_no: Annotated[str, wire("etpsPreentNo", upto(64), blank=True)] = ""
    document_no: Annotated[str, wire("businessId", upto(128), blank=True)] = ""
    change_count: Annotated[int | None, wire("tmsCnt", COUNT, blank=True)] = None
    business_type: Annotated[str, wire("typecd", upto(1), blank=True)] = ""
    result: Annotated[str, wire("manageResult", exactly(1), blank=True)]
    decided_at: Annotated[datetime | None, wire("manageDate", MOMENT, blank=True)] = None
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    """The schema of 2017 allows 255 characters; customs' reasons are not refused for being longer."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CheckNote(Loose):
    """One sentence of customs' check 检查信息."""

    text: Annotated[str, wire("note", upto(4000), blank=True)] = ""
