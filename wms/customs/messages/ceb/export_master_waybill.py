"""Master and house waybills 清单总分单: CEB607 sent by the declarant, CEB608 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillHead(Retail):
    """The transport that carries the parcels out; weight in kilograms."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", exactly(18))] = None
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    transport_mode: Annotated[str, wire("trafMode", Text(least=1, most=1, collapse=True))]
    transport_name: Annotated[str, wire("trafName", Text(least=0, most=100, collapse=True))]
    voyage_no: Annotated[str, wire("voyageNo", Text(least=0, most=32, collapse=True))]
    bill_no: Annotated[str, wire("billNo", upto(37))]
    domestic_transport_no: Annotated[str | None, wire("domesticTrafNo", upto(100))] = None
    gross_kg: Annotated[Decimal, wire("grossWeight", N19_5)]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    parts: Annotated[int, wire("msgCount", Whole(total=9))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillLine(Retail):
    """One parcel on it and its declaration."""

    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    package_no: Annotated[str | None, wire("totalPackageNo", upto(60))] = None
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    list_no: Annotated[str | None, wire("invtNo", upto(20))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillDraft(Retail):
    """One master waybill: its head and its parcels."""

    head: Annotated[MasterWaybillHead, part("WayBillHead")]
    lines: Annotated[tuple[MasterWaybillLine, ...], many("WayBillList", 1)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillMessage(Numbered):
    """CEB607: up to a hundred master waybills."""

    documents: Annotated[tuple[MasterWaybillDraft, ...], many("WayBill", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillReceipt(Retail):
    """What customs says to one master waybill."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    bill_no: Annotated[str, wire("billNo", upto(37))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MasterWaybillReceipts(Numbered):
    """CEB608: customs' answers to master waybills."""

    receipts: Annotated[tuple[MasterWaybillReceipt, ...], many("WayBillReturn", 1, 100)]
