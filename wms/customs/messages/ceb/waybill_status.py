"""State of a waybill 运单状态: CEB513 says a parcel was signed for, CEB514 is customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillStatusFiling(Retail):
    """One parcel's new state; the only one there is is S, signed for."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    carrier_name: Annotated[str, wire("logisticsName", some(100))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    status: Annotated[str, wire("logisticsStatus", exactly(1))]
    happened_at: Annotated[datetime, wire("logisticsTime", STAMP)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillStatusMessage(Numbered):
    """CEB513: up to a hundred states."""

    documents: Annotated[tuple[WaybillStatusFiling, ...], many("LogisticsStatus", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillStatusReceipt(Retail):
    """What customs says to one state."""

    guid: Annotated[str, wire("guid", exactly(36))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    waybill_status: Annotated[str, wire("logisticsStatus", exactly(1))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillStatusReceipts(Numbered):
    """CEB514: customs' answers to states."""

    receipts: Annotated[tuple[WaybillStatusReceipt, ...], many("LogisticsStatusReturn", 1, 100)]
