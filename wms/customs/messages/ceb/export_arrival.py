"""Arrival at the supervised place 运抵单: CEB507 filed by its operator, CEB508 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalHead(Retail):
    """Which parcels arrived where, and in which part of how many this stands."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", Text(least=1, most=1, default="1"))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", exactly(18))] = None
    operator_code: Annotated[str, wire("operatorCode", upto(18))]
    operator_name: Annotated[str, wire("operatorName", upto(100))]
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    direction: Annotated[str, wire("ieFlag", exactly(1))]
    transport_mode: Annotated[str, wire("trafMode", Text(least=1, most=1, collapse=True))]
    bill_no: Annotated[str | None, wire("billNo", upto(37))] = None
    domestic_transport_no: Annotated[str, wire("domesticTrafNo", Text(least=0, most=100, collapse=True))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    parts: Annotated[int, wire("msgCount", Whole(total=9))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalLine(Retail):
    """One parcel."""

    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    package_no: Annotated[str | None, wire("totalPackageNo", upto(37))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalFiling(Retail):
    """One arrival: its head and its parcels."""

    head: Annotated[ExportArrivalHead, part("ArrivalHead")]
    lines: Annotated[tuple[ExportArrivalLine, ...], many("ArrivalList", 0)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalMessage(Numbered):
    """CEB507: up to a hundred arrivals."""

    documents: Annotated[tuple[ExportArrivalFiling, ...], many("Arrival", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalReceipt(Retail):
    """What customs says to one arrival."""

    guid: Annotated[str, wire("guid", exactly(36))]
    operator_code: Annotated[str, wire("operatorCode", upto(18))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    bill_no: Annotated[str, wire("billNo", upto(37))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportArrivalReceipts(Numbered):
    """CEB508: customs' answers to arrivals."""

    receipts: Annotated[tuple[ExportArrivalReceipt, ...], many("ArrivalReturn", 1, 100)]
