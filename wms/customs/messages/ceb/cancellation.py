"""Cancellation 撤销申请单: CEB623 asks to cancel a declaration, CEB624 is customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CancellationDraft(Retail):
    """Which declaration is to be cancelled, and why; holds personal data."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    order_no: Annotated[str, wire("orderNo", some(60))]
    platform_code: Annotated[str, wire("ebpCode", some(18))]
    platform_name: Annotated[str, wire("ebpName", some(100))]
    merchant_code: Annotated[str, wire("ebcCode", some(18))]
    merchant_name: Annotated[str, wire("ebcName", some(100))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    carrier_name: Annotated[str, wire("logisticsName", some(100))]
    inner_no: Annotated[str | None, wire("copNo", upto(20))] = None
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    list_no: Annotated[str, wire("invtNo", some(18))]
    buyer_id_type: Annotated[str, wire("buyerIdType", exactly(1))]
    buyer_id_no: Annotated[str, wire("buyerIdNumber", some(60), personal=True)]
    buyer_name: Annotated[str, wire("buyerName", some(60), personal=True)]
    buyer_phone: Annotated[str, wire("buyerTelephone", some(30), personal=True)]
    declarant_code: Annotated[str, wire("agentCode", some(18))]
    declarant_name: Annotated[str, wire("agentName", some(100))]
    reason: Annotated[str, wire("reason", some(1000))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CancellationMessage(Numbered):
    """CEB623: up to a hundred requests; must be signed."""

    documents: Annotated[tuple[CancellationDraft, ...], many("InvtCancel", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS, least=1)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CancellationReceipt(Retail):
    """What customs says to one request: 399 cancels, 100 refuses."""

    guid: Annotated[str, wire("guid", exactly(36))]
    customs_code: Annotated[str | None, wire("customsCode", exactly(4))] = None
    declarant_code: Annotated[str | None, wire("agentCode", some(18))] = None
    platform_code: Annotated[str | None, wire("ebpCode", some(18))] = None
    merchant_code: Annotated[str | None, wire("ebcCode", some(18))] = None
    inner_no: Annotated[str, wire("copNo", some(20))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    list_no: Annotated[str | None, wire("invtNo", exactly(18))] = None
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CancellationReceipts(Numbered):
    """CEB624: customs' answers to cancellations."""

    receipts: Annotated[tuple[CancellationReceipt, ...], many("InvtCancelReturn", 1, 100)]
