"""Electronic tax bill 电子税单: CEB816 the bill, CEB818 its new status."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Numbered, Retail
from wms.customs.messages.wire.forms import LINE_NO, N19_5, exactly, some, upto
from wms.customs.messages.wire.record import many, part, wire
from wms.customs.messages.wire.times import STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillHead(Retail):
    """The three taxes of one released declaration, CNY; ``status`` 1 made, 2 gathered, 3 void."""

    guid: Annotated[str, wire("guid", exactly(36))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    list_no: Annotated[str, wire("invtNo", some(18))]
    tax_no: Annotated[str, wire("taxNo", some(50))]
    customs_tax: Annotated[Decimal, wire("customsTax", N19_5)]
    vat: Annotated[Decimal, wire("valueAddedTax", N19_5)]
    consumption_tax: Annotated[Decimal, wire("consumptionTax", N19_5)]
    status: Annotated[str, wire("status", exactly(1))]
    payment_book_no: Annotated[str | None, wire("entDutyNo", upto(50))] = None
    note: Annotated[str | None, wire("note", upto(1000))] = None
    guarantor_code: Annotated[str | None, wire("assureCode", upto(64))] = None
    merchant_code: Annotated[str | None, wire("ebcCode", upto(64))] = None
    carrier_code: Annotated[str | None, wire("logisticsCode", upto(64))] = None
    declarant_code: Annotated[str | None, wire("agentCode", some(18))] = None
    customs_code: Annotated[str | None, wire("customsCode", exactly(4))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillLine(Retail):
    """The three taxes of one line, CNY."""

    line_no: Annotated[int, wire("gnum", LINE_NO)]
    hs10: Annotated[str, wire("gcode", exactly(10))]
    tax_price: Annotated[Decimal, wire("taxPrice", N19_5)]
    customs_tax: Annotated[Decimal, wire("customsTax", N19_5)]
    vat: Annotated[Decimal, wire("valueAddedTax", N19_5)]
    consumption_tax: Annotated[Decimal, wire("consumptionTax", N19_5)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBill(Retail):
    """One bill: its head and its lines."""

    head: Annotated[TaxBillHead, part("TaxHeadRd")]
    lines: Annotated[tuple[TaxBillLine, ...], many("TaxListRd", 1, 99)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillMessage(Numbered):
    """CEB816: tax bills from customs."""

    documents: Annotated[tuple[TaxBill, ...], many("Tax", 1)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillStatusHead(Retail):
    """The status of a bill from now on; the newest ``returned_at`` counts."""

    guid: Annotated[str, wire("guid", exactly(36))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    list_no: Annotated[str, wire("invtNo", some(18))]
    tax_no: Annotated[str, wire("taxNo", some(50))]
    status: Annotated[str, wire("status", exactly(1))]
    payment_book_no: Annotated[str | None, wire("entDutyNo", upto(50))] = None
    guarantor_code: Annotated[str | None, wire("assureCode", upto(64))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillStatus(Retail):
    """One status."""

    head: Annotated[TaxBillStatusHead, part("TaxHeadStatus")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TaxBillStatusMessage(Numbered):
    """CEB818: new statuses of tax bills."""

    documents: Annotated[tuple[TaxBillStatus, ...], many("Tax", 1)]
