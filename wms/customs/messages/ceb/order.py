"""Electronic order 电子订单: CEB311 filed by the merchant or platform, CEB312 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import LINE_NO, N19_5, YUAN, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderHead(Retail):
    """Who bought from whom, what it costs in yuan and where it goes; holds personal data.

    ``amount_paid`` is goods_value + freight + tax_total - discount (``acturalPaid`` on the wire, spelled so).
    """

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    order_type: Annotated[str, wire("orderType", exactly(1))]
    order_no: Annotated[str, wire("orderNo", some(60))]
    platform_code: Annotated[str, wire("ebpCode", some(18))]
    platform_name: Annotated[str, wire("ebpName", some(100))]
    merchant_code: Annotated[str, wire("ebcCode", some(18))]
    merchant_name: Annotated[str, wire("ebcName", some(100))]
    goods_value: Annotated[Decimal, wire("goodsValue", N19_5)]
    freight: Annotated[Decimal, wire("freight", N19_5)]
    discount: Annotated[Decimal, wire("discount", N19_5)]
    tax_total: Annotated[Decimal, wire("taxTotal", N19_5)]
    amount_paid: Annotated[Decimal, wire("acturalPaid", N19_5)]
    currency: Annotated[str, wire("currency", YUAN)]
    buyer_account: Annotated[str, wire("buyerRegNo", some(60), personal=True)]
    buyer_name: Annotated[str, wire("buyerName", some(60), personal=True)]
    buyer_phone: Annotated[str, wire("buyerTelephone", some(30), personal=True)]
    buyer_id_type: Annotated[str, wire("buyerIdType", exactly(1))]
    buyer_id_no: Annotated[str, wire("buyerIdNumber", some(60), personal=True)]
    payment_firm_code: Annotated[str | None, wire("payCode", upto(18))] = None
    payment_firm_name: Annotated[str | None, wire("payName", upto(100))] = None
    payment_no: Annotated[str | None, wire("payTransactionId", upto(60))] = None
    batch_nos: Annotated[str | None, wire("batchNumbers", upto(100))] = None
    consignee: Annotated[str, wire("consignee", some(100), personal=True)]
    consignee_phone: Annotated[str, wire("consigneeTelephone", some(50), personal=True)]
    consignee_address: Annotated[str, wire("consigneeAddress", some(200), personal=True)]
    consignee_district: Annotated[str | None, wire("consigneeDistrict", exactly(6))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderLine(Retail):
    """One line of an order; a gift has price 0."""

    line_no: Annotated[int, wire("gnum", LINE_NO)]
    item_no: Annotated[str | None, wire("itemNo", upto(30))] = None
    item_name: Annotated[str, wire("itemName", some(250))]
    specification: Annotated[str, wire("gmodel", some(510))]
    description: Annotated[str | None, wire("itemDescribe", upto(1000))] = None
    barcode: Annotated[str | None, wire("barCode", upto(50))] = None
    unit: Annotated[str, wire("unit", exactly(3))]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    price: Annotated[Decimal, wire("price", N19_5)]
    total: Annotated[Decimal, wire("totalPrice", N19_5)]
    currency: Annotated[str, wire("currency", YUAN)]
    origin: Annotated[str, wire("country", exactly(3))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderFiling(Retail):
    """One order: its head and its lines."""

    head: Annotated[OrderHead, part("OrderHead")]
    lines: Annotated[tuple[OrderLine, ...], many("OrderList", 1, 99)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderMessage(Numbered):
    """CEB311: up to a hundred orders."""

    documents: Annotated[tuple[OrderFiling, ...], many("Order", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderReceipt(Retail):
    """What customs says to one order."""

    guid: Annotated[str, wire("guid", exactly(36))]
    platform_code: Annotated[str, wire("ebpCode", some(18))]
    merchant_code: Annotated[str, wire("ebcCode", some(18))]
    order_no: Annotated[str, wire("orderNo", some(60))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OrderReceipts(Numbered):
    """CEB312: customs' answers to orders."""

    receipts: Annotated[tuple[OrderReceipt, ...], many("OrderReturn", 1, 100)]
