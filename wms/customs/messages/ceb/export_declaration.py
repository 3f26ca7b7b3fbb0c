"""Retail export declaration 出口清单: CEB603 sent by the declarant, CEB604 customs' answer."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_DAY, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationHead(Retail):
    """The parcel, its firms and its way out; weights in kilograms."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", exactly(1))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    platform_name: Annotated[str, wire("ebpName", upto(100))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    carrier_code: Annotated[str, wire("logisticsCode", upto(18))]
    carrier_name: Annotated[str, wire("logisticsName", upto(100))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", exactly(18))] = None
    list_no: Annotated[str | None, wire("invtNo", upto(20))] = None
    direction: Annotated[str, wire("ieFlag", exactly(1))]
    port_customs_code: Annotated[str, wire("portCode", exactly(4))]
    crossed_on: Annotated[date, wire("ieDate", STAMP_DAY)]
    statistics_flag: Annotated[str, wire("statisticsFlag", exactly(1))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    owner_code: Annotated[str, wire("ownerCode", upto(18))]
    owner_name: Annotated[str, wire("ownerName", upto(100))]
    zone_firm_code: Annotated[str | None, wire("iacCode", upto(18))] = None
    zone_firm_name: Annotated[str | None, wire("iacName", upto(100))] = None
    book_no: Annotated[str | None, wire("emsNo", upto(30))] = None
    supervision_mode: Annotated[str, wire("tradeMode", exactly(4))]
    transport_mode: Annotated[str, wire("trafMode", Text(least=1, most=1, collapse=True))]
    transport_name: Annotated[str | None, wire("trafName", upto(100))] = None
    voyage_no: Annotated[str | None, wire("voyageNo", upto(32))] = None
    bill_no: Annotated[str | None, wire("billNo", upto(37))] = None
    package_no: Annotated[str | None, wire("totalPackageNo", upto(37))] = None
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    licence_no: Annotated[str | None, wire("licenseNo", upto(19))] = None
    country_code: Annotated[str, wire("country", exactly(3))]
    destination_port: Annotated[str, wire("POD", Text(least=3, most=4, collapse=True))]
    freight: Annotated[Decimal, wire("freight", N19_5)]
    freight_currency: Annotated[str, wire("fCurrency", exactly(3))]
    freight_flag: Annotated[str, wire("fFlag", Text(least=1, most=1, fixed="3"))]
    insurance: Annotated[Decimal, wire("insuredFee", N19_5)]
    insurance_currency: Annotated[str, wire("iCurrency", exactly(3))]
    insurance_flag: Annotated[str, wire("iFlag", Text(least=1, most=1, fixed="3"))]
    wrap_type: Annotated[str, wire("wrapType", Text(least=1, most=1, collapse=True))]
    packages: Annotated[int, wire("packNo", Whole(total=9))]
    gross_kg: Annotated[Decimal, wire("grossWeight", N19_5)]
    net_kg: Annotated[Decimal, wire("netWeight", N19_5)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationLine(Retail):
    """One line; ``destination`` is the country of final destination."""

    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    item_no: Annotated[str, wire("itemNo", upto(20))]
    item_record_no: Annotated[str | None, wire("itemRecordNo", upto(30))] = None
    item_name: Annotated[str | None, wire("itemName", upto(250))] = None
    hs10: Annotated[str, wire("gcode", exactly(10))]
    name: Annotated[str, wire("gname", upto(250))]
    specification: Annotated[str, wire("gmodel", Text(least=0, most=250, collapse=True))]
    barcode: Annotated[str, wire("barCode", Text(least=0, most=50, collapse=True))]
    destination: Annotated[str, wire("country", exactly(3))]
    currency: Annotated[str, wire("currency", exactly(3))]
    quantity: Annotated[Decimal, wire("qty", N19_5)]
    legal_quantity: Annotated[Decimal, wire("qty1", N19_5)]
    second_legal_quantity: Annotated[Decimal | None, wire("qty2", N19_5)] = None
    unit: Annotated[str, wire("unit", exactly(3))]
    legal_unit: Annotated[str, wire("unit1", exactly(3))]
    second_legal_unit: Annotated[str | None, wire("unit2", upto(3))] = None
    price: Annotated[Decimal, wire("price", N19_5)]
    total: Annotated[Decimal, wire("totalPrice", N19_5)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationDraft(Retail):
    """One declaration: its head and its lines."""

    head: Annotated[ExportDeclarationHead, part("InventoryHead")]
    lines: Annotated[tuple[ExportDeclarationLine, ...], many("InventoryList", 1, 100)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationMessage(Numbered):
    """CEB603: up to a hundred declarations."""

    documents: Annotated[tuple[ExportDeclarationDraft, ...], many("Inventory", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationReceipt(Retail):
    """What customs says to one declaration."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    list_no: Annotated[str, wire("invtNo", upto(20))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    statistics_flag: Annotated[str, wire("statisticsFlag", exactly(1))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportDeclarationReceipts(Numbered):
    """CEB604: customs' answers to declarations."""

    receipts: Annotated[tuple[ExportDeclarationReceipt, ...], many("InventoryReturn", 1, 100)]
