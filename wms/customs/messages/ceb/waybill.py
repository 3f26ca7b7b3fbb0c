"""Waybill 物流运单: CEB511 filed by the carrier, CEB512 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, YUAN, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillHead(Retail):
    """Which parcel carries which order to whom; weight in kilograms; holds personal data."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    carrier_name: Annotated[str, wire("logisticsName", some(100))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    bill_no: Annotated[str | None, wire("billNo", upto(37))] = None
    order_no: Annotated[str, wire("orderNo", some(60))]
    freight: Annotated[Decimal | None, wire("freight", N19_5)] = None
    insurance: Annotated[Decimal | None, wire("insuredFee", N19_5)] = None
    currency: Annotated[str, wire("currency", YUAN)]
    gross_kg: Annotated[Decimal, wire("weight", N19_5)]
    packages: Annotated[int, wire("packNo", Whole(total=9))]
    goods_text: Annotated[str | None, wire("goodsInfo", upto(200))] = None
    consignee: Annotated[str, wire("consignee", some(100), personal=True)]
    consignee_address: Annotated[str, wire("consigneeAddress", some(200), personal=True)]
    consignee_phone: Annotated[str, wire("consigneeTelephone", some(50), personal=True)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillFiling(Retail):
    """One waybill."""

    head: Annotated[WaybillHead, part("LogisticsHead")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillMessage(Numbered):
    """CEB511: up to a hundred waybills."""

    documents: Annotated[tuple[WaybillFiling, ...], many("Logistics", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillReceipt(Retail):
    """What customs says to one waybill."""

    guid: Annotated[str, wire("guid", exactly(36))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class WaybillReceipts(Numbered):
    """CEB512: customs' answers to waybills."""

    receipts: Annotated[tuple[WaybillReceipt, ...], many("LogisticsReturn", 1, 100)]
