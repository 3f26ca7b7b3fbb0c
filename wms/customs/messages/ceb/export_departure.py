"""Departure 离境单: CEB509 filed by the carrier, CEB510 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureHead(Retail):
    """Which transport left the country, when."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", exactly(18))] = None
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    transport_mode: Annotated[str, wire("trafMode", Text(least=1, most=1, collapse=True))]
    transport_name: Annotated[str | None, wire("trafName", upto(100))] = None
    voyage_no: Annotated[str | None, wire("voyageNo", upto(32))] = None
    bill_no: Annotated[str | None, wire("billNo", upto(37))] = None
    left_at: Annotated[datetime, wire("leaveTime", STAMP)]
    parts: Annotated[int, wire("msgCount", Whole(total=9))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureLine(Retail):
    """One parcel on it."""

    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    package_no: Annotated[str | None, wire("totalPackageNo", upto(37))] = None
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureFiling(Retail):
    """One departure: its head and its parcels."""

    head: Annotated[ExportDepartureHead, part("DepartureHead")]
    lines: Annotated[tuple[ExportDepartureLine, ...], many("DepartureList", 1)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureMessage(Numbered):
    """CEB509: up to a hundred departures."""

    documents: Annotated[tuple[ExportDepartureFiling, ...], many("Departure", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureReceipt(Retail):
    """What customs says to one departure."""

    guid: Annotated[str, wire("guid", exactly(36))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDepartureReceipts(Numbered):
    """CEB510: customs' answers to departures."""

    receipts: Annotated[tuple[ExportDepartureReceipt, ...], many("DepartureReturn", 1, 100)]
