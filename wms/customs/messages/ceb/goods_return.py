"""Return of goods 退货申请单: CEB625 asks for it, CEB626 is customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import LINE_NO, N19_5, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GoodsReturnHead(Retail):
    """Which declaration's goods come back, and why; holds personal data."""

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
class GoodsReturnLine(Retail):
    """One line; ``line_no`` is that of the declaration, the quantity at most what it declared."""

    line_no: Annotated[int, wire("gnum", LINE_NO)]
    hs10: Annotated[str, wire("gcode", exactly(10))]
    name: Annotated[str, wire("gname", some(250))]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    unit: Annotated[str, wire("unit", exactly(3))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GoodsReturnDraft(Retail):
    """One request: its head and its lines."""

    head: Annotated[GoodsReturnHead, part("InvtRefundHead")]
    lines: Annotated[tuple[GoodsReturnLine, ...], many("InvtRefundList", 1, 99)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GoodsReturnMessage(Numbered):
    """CEB625: up to a hundred requests; must be signed."""

    documents: Annotated[tuple[GoodsReturnDraft, ...], many("InvtRefund", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS, least=1)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GoodsReturnReceipt(Retail):
    """What customs says to one request: 399 accepts, 100 refuses."""

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
class GoodsReturnReceipts(Numbered):
    """CEB626: customs' answers to returns."""

    receipts: Annotated[tuple[GoodsReturnReceipt, ...], many("InvtRefundReturn", 1, 100)]
