"""Return of exported goods 出口退货: CEB213 asks, CEB215 tallies; CEB214 and CEB216 customs' answers.

New in the edition of 2022-05.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Whole, exactly, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnHead(Retail):
    """Which exported goods come back, how and why."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    platform_name: Annotated[str, wire("ebpName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(80))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    inner_no: Annotated[str, wire("coElNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    list_no: Annotated[str, wire("invtNo", upto(20))]
    supervision_mode: Annotated[str | None, wire("tradeMode", exactly(4))] = None
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    bill_no: Annotated[str, wire("billNo", upto(37))]
    direction: Annotated[str, wire("ieFlag", upto(1))]
    transport_mode: Annotated[str, wire("trafMode", upto(1))]
    transport_name: Annotated[str, wire("trafName", upto(100))]
    port_customs_code: Annotated[str, wire("portCode", upto(4))]
    reason: Annotated[str, wire("reason", upto(500))]
    country_code: Annotated[str, wire("country", upto(3))]
    voyage_no: Annotated[str, wire("voyageNo", upto(32))]
    note: Annotated[str | None, wire("note", upto(500))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnLine(Retail):
    """One line of them."""

    line_no: Annotated[int, wire("gnum", Whole(total=4))]
    hs10: Annotated[str, wire("gcode", upto(10))]
    name: Annotated[str, wire("gname", upto(250))]
    specification: Annotated[str, wire("gmodel", upto(250))]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    legal_quantity: Annotated[Decimal, wire("qty1", N19_5)]
    unit: Annotated[str, wire("unit", exactly(3))]
    legal_unit: Annotated[str, wire("unit1", exactly(3))]
    second_legal_quantity: Annotated[Decimal | None, wire("qty2", N19_5)] = None
    second_legal_unit: Annotated[str | None, wire("unit2", exactly(3))] = None
    note: Annotated[str | None, wire("note", upto(500))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnDraft(Retail):
    """One request: its head and its lines."""

    head: Annotated[ExportReturnHead, part("InvtRefundHead")]
    lines: Annotated[tuple[ExportReturnLine, ...], many("InvtRefundList", 1, 100)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnMessage(Numbered):
    """CEB213: up to a hundred requests."""

    documents: Annotated[tuple[ExportReturnDraft, ...], many("InvtRefund", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnReceipt(Retail):
    """What customs says to one request."""

    guid: Annotated[str, wire("guid", exactly(36))]
    platform_code: Annotated[str | None, wire("ebpCode", upto(18))] = None
    merchant_code: Annotated[str | None, wire("ebcCode", upto(18))] = None
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    inner_no: Annotated[str, wire("coElNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    list_no: Annotated[str, wire("invtNo", upto(20))]
    status: Annotated[str, wire("returnStatus", upto(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnReceipts(Numbered):
    """CEB214: customs' answers to requests."""

    receipts: Annotated[tuple[ExportReturnReceipt, ...], many("RefundReturn", 1, 100)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnTallyFiling(Retail):
    """One returned parcel as it was tallied at the place."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    operator_code: Annotated[str, wire("operatorCode", upto(18))]
    operator_name: Annotated[str, wire("operatorName", upto(100))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(80))]
    list_no: Annotated[str | None, wire("invtNo", upto(20))] = None
    inner_no: Annotated[str, wire("coElNo", upto(20))]
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    bill_no: Annotated[str, wire("billNo", upto(37))]
    direction: Annotated[str, wire("ieFlag", exactly(1))]
    transport_mode: Annotated[str, wire("trafMode", exactly(1))]
    transport_name: Annotated[str, wire("trafName", upto(100))]
    voyage_no: Annotated[str, wire("voyageNo", upto(32))]
    location: Annotated[str | None, wire("location", upto(250))] = None
    note: Annotated[str | None, wire("note", upto(250))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnTallyMessage(Numbered):
    """CEB215: up to a hundred tallies."""

    documents: Annotated[tuple[ExportReturnTallyFiling, ...], many("InvtRefundDetail", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnTallyReceipt(Retail):
    """What customs says to one tally."""

    guid: Annotated[str, wire("guid", exactly(36))]
    operator_code: Annotated[str, wire("operatorCode", upto(18))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(80))]
    inner_no: Annotated[str, wire("coElNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    status: Annotated[str, wire("returnStatus", upto(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportReturnTallyReceipts(Numbered):
    """CEB216: customs' answers to tallies."""

    receipts: Annotated[tuple[ExportReturnTallyReceipt, ...], many("InvtRefundDetailReturn", 1, 100)]
