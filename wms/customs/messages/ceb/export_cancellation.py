"""Cancellation of an export declaration 撤销申请单: CEB605 asks, CEB606 is customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import Text, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportCancellationDraft(Retail):
    """Which declaration is to be cancelled, and why."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", exactly(18))] = None
    list_no: Annotated[str, wire("invtNo", upto(20))]
    reason: Annotated[str, wire("reason", Text(least=0, most=1000, collapse=True))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportCancellationMessage(Numbered):
    """CEB605: up to a hundred requests."""

    documents: Annotated[tuple[ExportCancellationDraft, ...], many("InvtCancel", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportCancellationReceipt(Retail):
    """What customs says to one request."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    list_no: Annotated[str, wire("invtNo", upto(20))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportCancellationReceipts(Numbered):
    """CEB606: customs' answers to cancellations."""

    receipts: Annotated[tuple[ExportCancellationReceipt, ...], many("InvtCancelReturn", 1, 100)]
