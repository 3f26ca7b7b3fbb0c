"""Export waybill 物流运单: CEB505 filed by the carrier, CEB506 customs' answer."""

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
class ExportWaybillFiling(Retail):
    """One parcel on its way out; weight in kilograms."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", Text(least=1, most=1, default="2"))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    freight: Annotated[Decimal, wire("freight", N19_5)]
    insurance: Annotated[Decimal, wire("insuredFee", N19_5)]
    currency: Annotated[str, wire("currency", exactly(3))]
    gross_kg: Annotated[Decimal, wire("grossWeight", N19_5)]
    packages: Annotated[int, wire("packNo", Whole(total=9))]
    goods_text: Annotated[str, wire("goodsInfo", Text(least=0, most=200, collapse=True))]
    merchant_code: Annotated[str | None, wire("ebcCode", upto(18))] = None
    merchant_name: Annotated[str | None, wire("ebcName", upto(100))] = None
    merchant_phone: Annotated[str | None, wire("ebcTelephone", upto(50))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportWaybillMessage(Numbered):
    """CEB505: up to a hundred waybills."""

    documents: Annotated[tuple[ExportWaybillFiling, ...], many("Logistics", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportWaybillReceipt(Retail):
    """What customs says to one waybill."""

    guid: Annotated[str, wire("guid", exactly(36))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportWaybillReceipts(Numbered):
    """CEB506: customs' answers to waybills."""

    receipts: Annotated[tuple[ExportWaybillReceipt, ...], many("LogisticsReturn", 1, 100)]
