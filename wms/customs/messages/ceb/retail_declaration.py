"""Retail import declaration 进口清单: CEB621 sent by the declarant, CEB622 customs' answer.

One declaration is one parcel. The wire calls it an inventory; we never do.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import LINE_NO, N19_5, YUAN, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_DAY, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationHead(Retail):
    """The parcel, its buyer, the book it leaves and how; weights in kilograms; holds personal data.

    In bonded mode (1210) book_no, zone_firm_code and zone_firm_name are wanted although the schema lets them
    out, and transport_no, voyage_no and bill_no stay out.
    """

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    order_no: Annotated[str, wire("orderNo", some(60))]
    platform_code: Annotated[str, wire("ebpCode", some(18))]
    platform_name: Annotated[str, wire("ebpName", some(100))]
    merchant_code: Annotated[str, wire("ebcCode", some(18))]
    merchant_name: Annotated[str, wire("ebcName", some(100))]
    waybill_no: Annotated[str, wire("logisticsNo", some(60))]
    carrier_code: Annotated[str, wire("logisticsCode", some(18))]
    carrier_name: Annotated[str, wire("logisticsName", some(100))]
    inner_no: Annotated[str | None, wire("copNo", upto(20))] = None
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    guarantor_code: Annotated[str, wire("assureCode", some(30))]
    book_no: Annotated[str | None, wire("emsNo", upto(30))] = None
    list_no: Annotated[str | None, wire("invtNo", upto(18))] = None
    direction: Annotated[str, wire("ieFlag", exactly(1))]
    declared_on: Annotated[date, wire("declTime", STAMP_DAY)]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    port_customs_code: Annotated[str, wire("portCode", exactly(4))]
    crossed_on: Annotated[date | None, wire("ieDate", STAMP_DAY)] = None
    buyer_id_type: Annotated[str, wire("buyerIdType", exactly(1))]
    buyer_id_no: Annotated[str, wire("buyerIdNumber", some(60), personal=True)]
    buyer_name: Annotated[str, wire("buyerName", some(60), personal=True)]
    buyer_phone: Annotated[str, wire("buyerTelephone", some(30), personal=True)]
    consignee_address: Annotated[str, wire("consigneeAddress", some(200), personal=True)]
    declarant_code: Annotated[str, wire("agentCode", some(18))]
    declarant_name: Annotated[str, wire("agentName", some(100))]
    zone_firm_code: Annotated[str | None, wire("areaCode", upto(18))] = None
    zone_firm_name: Annotated[str | None, wire("areaName", upto(100))] = None
    supervision_mode: Annotated[str, wire("tradeMode", exactly(4))]
    transport_mode: Annotated[str, wire("trafMode", exactly(1))]
    transport_no: Annotated[str | None, wire("trafNo", upto(100))] = None
    voyage_no: Annotated[str | None, wire("voyageNo", upto(32))] = None
    bill_no: Annotated[str | None, wire("billNo", upto(37))] = None
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    licence_no: Annotated[str | None, wire("licenseNo", upto(19))] = None
    country_code: Annotated[str, wire("country", exactly(3))]
    freight: Annotated[Decimal, wire("freight", N19_5)]
    insurance: Annotated[Decimal, wire("insuredFee", N19_5)]
    currency: Annotated[str, wire("currency", YUAN)]
    wrap_type: Annotated[str | None, wire("wrapType", exactly(1))] = None
    packages: Annotated[int, wire("packNo", Whole(total=9))]
    gross_kg: Annotated[Decimal, wire("grossWeight", N19_5)]
    net_kg: Annotated[Decimal, wire("netWeight", N19_5)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationLine(Retail):
    """One line; line n is line n of the order. ``item_record_no`` is the line number of the account book."""

    line_no: Annotated[int, wire("gnum", LINE_NO)]
    item_record_no: Annotated[str | None, wire("itemRecordNo", upto(30))] = None
    item_no: Annotated[str | None, wire("itemNo", upto(20))] = None
    item_name: Annotated[str | None, wire("itemName", upto(250))] = None
    hs10: Annotated[str, wire("gcode", exactly(10))]
    name: Annotated[str, wire("gname", some(250))]
    specification: Annotated[str, wire("gmodel", some(510))]
    barcode: Annotated[str | None, wire("barCode", upto(50))] = None
    origin: Annotated[str, wire("country", exactly(3))]
    trade_country_code: Annotated[str | None, wire("tradeCountry", some(3))] = None
    currency: Annotated[str, wire("currency", YUAN)]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    unit: Annotated[str, wire("unit", exactly(3))]
    legal_quantity: Annotated[Decimal, wire("qty1", N19_5)]
    legal_unit: Annotated[str, wire("unit1", exactly(3))]
    second_legal_quantity: Annotated[Decimal | None, wire("qty2", N19_5)] = None
    second_legal_unit: Annotated[str | None, wire("unit2", exactly(3))] = None
    price: Annotated[Decimal, wire("price", N19_5)]
    total: Annotated[Decimal, wire("totalPrice", N19_5)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationDraft(Retail):
    """One declaration: its head and its lines."""

    head: Annotated[RetailDeclarationHead, part("InventoryHead")]
    lines: Annotated[tuple[RetailDeclarationLine, ...], many("InventoryList", 1, 99)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationMessage(Numbered):
    """CEB621: up to a hundred declarations; must be signed."""

    documents: Annotated[tuple[RetailDeclarationDraft, ...], many("Inventory", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS, least=1)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationReceipt(Retail):
    """What customs says to one declaration; joined by ``inner_no``.

    ``status`` is a code of ``codes.declaration_status``; receipts come late, twice and out of order.
    """

    guid: Annotated[str, wire("guid", exactly(36))]
    customs_code: Annotated[str | None, wire("customsCode", exactly(4))] = None
    platform_code: Annotated[str | None, wire("ebpCode", some(18))] = None
    merchant_code: Annotated[str | None, wire("ebcCode", some(18))] = None
    declarant_code: Annotated[str | None, wire("agentCode", some(18))] = None
    inner_no: Annotated[str, wire("copNo", some(20))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    list_no: Annotated[str | None, wire("invtNo", exactly(18))] = None
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailDeclarationReceipts(Numbered):
    """CEB622: customs' answers to declarations."""

    receipts: Annotated[tuple[RetailDeclarationReceipt, ...], many("InventoryReturn", 1, 100)]
