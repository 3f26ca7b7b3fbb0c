"""Export order 电子订单: CEB303 filed by platform or merchant, CEB304 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Number, Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderHead(Retail):
    """``order_type``: E retail, B to firms, W to an overseas warehouse."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", Text(least=1, most=1, default="1"))]
    order_type: Annotated[str, wire("orderType", exactly(1))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    platform_name: Annotated[str, wire("ebpName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    goods_value: Annotated[Decimal, wire("goodsValue", N19_5)]
    freight: Annotated[Decimal, wire("freight", Number(total=19, fraction=5, default="0"))]
    currency: Annotated[str, wire("currency", exactly(3))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderLine(Retail):
    """One line of an export order."""

    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    item_no: Annotated[str, wire("itemNo", upto(30))]
    item_name: Annotated[str, wire("itemName", upto(250))]
    description: Annotated[str | None, wire("itemDescribe", upto(1000))] = None
    barcode: Annotated[str | None, wire("barCode", upto(50))] = None
    unit: Annotated[str, wire("unit", exactly(3))]
    currency: Annotated[str, wire("currency", exactly(3))]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    price: Annotated[Decimal, wire("price", N19_5)]
    total: Annotated[Decimal, wire("totalPrice", N19_5)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderFiling(Retail):
    """One order: its head and its lines."""

    head: Annotated[ExportOrderHead, part("OrderHead")]
    lines: Annotated[tuple[ExportOrderLine, ...], many("OrderList", 1, 100)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderMessage(Numbered):
    """CEB303: up to a hundred orders."""

    documents: Annotated[tuple[ExportOrderFiling, ...], many("Order", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderReceipt(Retail):
    """What customs says to one order."""

    guid: Annotated[str, wire("guid", exactly(36))]
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportOrderReceipts(Numbered):
    """CEB304: customs' answers to orders."""

    receipts: Annotated[tuple[ExportOrderReceipt, ...], many("OrderReturn", 1, 100)]
