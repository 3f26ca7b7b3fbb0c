"""Inbound detail 入库明细单: CEB711 sent by a supervised place, CEB712 customs' answer.

Belongs to direct purchase (9610); goods of a bonded zone enter with a bonded list instead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import LINE_NO, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailHead(Retail):
    """Which transport document came into which place."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str | None, wire("copNo", upto(20))] = None
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    inbound_no: Annotated[str | None, wire("rkdNo", upto(18))] = None
    operator_code: Annotated[str, wire("operatorCode", some(18))]
    operator_name: Annotated[str, wire("operatorName", some(100))]
    direction: Annotated[str, wire("ieFlag", exactly(1))]
    transport_mode: Annotated[str, wire("trafMode", exactly(1))]
    transport_no: Annotated[str, wire("trafNo", some(100))]
    voyage_no: Annotated[str, wire("voyageNo", some(32))]
    bill_no: Annotated[str, wire("billNo", some(37))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    carrier_name: Annotated[str, wire("logisticsName", some(100))]
    unloading_place: Annotated[str | None, wire("unloadLocation", upto(100))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailLine(Retail):
    """One parcel of it."""

    line_no: Annotated[int, wire("gnum", LINE_NO)]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailDraft(Retail):
    """One inbound detail: its head and its parcels, as many as there are."""

    head: Annotated[InboundDetailHead, part("DeliveryHead")]
    lines: Annotated[tuple[InboundDetailLine, ...], many("DeliveryList", 1)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailMessage(Numbered):
    """CEB711: exactly one inbound detail; must be signed."""

    document: Annotated[InboundDetailDraft, part("Delivery")]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS, least=1)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailReceipt(Retail):
    """What customs says to one inbound detail."""

    guid: Annotated[str, wire("guid", exactly(36))]
    customs_code: Annotated[str | None, wire("customsCode", exactly(4))] = None
    operator_code: Annotated[str | None, wire("operatorCode", some(18))] = None
    inner_no: Annotated[str | None, wire("copNo", upto(20))] = None
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    inbound_no: Annotated[str | None, wire("rkdNo", upto(18))] = None
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InboundDetailReceipts(Numbered):
    """CEB712: customs' answers to inbound details."""

    receipts: Annotated[tuple[InboundDetailReceipt, ...], many("DeliveryReturn", 1, 100)]
