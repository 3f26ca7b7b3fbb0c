"""Lines of customs' books as receipts carry them: the logistics book, and the processing book."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import AMOUNT, COUNT, FIGURE, MOMENT
from wms.customs.messages.jg2.receipt import Loose
from wms.customs.messages.wire.forms import exactly, upto
from wms.customs.messages.wire.record import extras, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BookLine(Loose):
    """One line of the account book 物流账册 as customs holds it; the four figures may be left empty."""

    book_no: Annotated[str, wire("bwsNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    book_line_no: Annotated[int | None, wire("gdsSeqno", COUNT, blank=True)] = None
    last_in_at: Annotated[datetime | None, wire("inDate", MOMENT, blank=True)] = None
    item_no: Annotated[str, wire("gdsMtno", upto(32), blank=True)] = ""
    hs10: Annotated[str, wire("gdecd", upto(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    specification: Annotated[str, wire("gdsSpcfModelDesc", upto(512), blank=True)] = ""
    origin: Annotated[str, wire("natcd", upto(3), blank=True)] = ""
    unit: Annotated[str, wire("dclUnitcd", upto(3), blank=True)] = ""
    legal_unit: Annotated[str, wire("lawfUnitcd", upto(3), blank=True)] = ""
    second_legal_unit: Annotated[str, wire("secdLawfUnitcd", upto(3), blank=True)] = ""
    price: Annotated[Decimal | None, wire("dclUprcAmt", AMOUNT, blank=True)] = None
    currency: Annotated[str, wire("dclCurrcd", upto(3), blank=True)] = ""
    average_price_usd: Annotated[Decimal | None, wire("avgPrice", AMOUNT, blank=True)] = None
    total_usd: Annotated[Decimal | None, wire("totalAmt", AMOUNT, blank=True)] = None
    entered_quantity: Annotated[Decimal | None, wire("inQty", FIGURE, blank=True)] = None
    entered_legal_quantity: Annotated[Decimal | None, wire("inLawfQty", FIGURE, blank=True)] = None
    entered_second_legal_quantity: Annotated[Decimal | None, wire("inSecdLawfQty", FIGURE, blank=True)] = None
    really_added: Annotated[Decimal | None, wire("actlIncQty", FIGURE, blank=True)] = None
    really_deducted: Annotated[Decimal | None, wire("actlRedcQty", FIGURE, blank=True)] = None
    pre_added: Annotated[Decimal | None, wire("prevdIncQty", FIGURE, blank=True)] = None
    pre_deducted: Annotated[Decimal | None, wire("prevdRedcQty", FIGURE, blank=True)] = None
    last_out_at: Annotated[datetime | None, wire("outDate", MOMENT, blank=True)] = None
    storage_limit_at: Annotated[datetime | None, wire("limitDate", MOMENT, blank=True)] = None
    entry_type: Annotated[str, wire("inType", upto(1), blank=True)] = ""
    list_no: Annotated[str, wire("invtNo", upto(18), blank=True)] = ""
    list_line_no: Annotated[int | None, wire("invtGNo", COUNT, blank=True)] = None
    customs_mark: Annotated[str, wire("cusmExeMarkcd", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(255), blank=True)] = ""
    change_mark: Annotated[str, wire("modfMarkcd", upto(1), blank=True)] = ""
    further: Annotated[tuple[tuple[str, str], ...], extras()] = ()
    """Elements later than 2017 that customs sends and nobody documented, as (name, text)."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ProcessingBookLine(Loose):
    """One line of a processing book 加工账册 that a list made or changed."""

    book_no: Annotated[str, wire("emsNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    book_line_no: Annotated[int | None, wire("gdsSeqno", COUNT, blank=True)] = None
    material_mark: Annotated[str, wire("mtpckEndprdTypecd", exactly(1), blank=True)] = ""
    item_no: Annotated[str, wire("gdsMtno", upto(32), blank=True)] = ""
    hs10: Annotated[str, wire("gdecd", exactly(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    specification: Annotated[str, wire("endprdGdsSpcfModelDesc", upto(512), blank=True)] = ""
    unit: Annotated[str, wire("dclUnitcd", exactly(3), blank=True)] = ""
    legal_unit: Annotated[str, wire("lawfUnitcd", exactly(3), blank=True)] = ""
    second_legal_unit: Annotated[str, wire("secdLawfUnitcd", exactly(3), blank=True)] = ""
    price: Annotated[Decimal | None, wire("dclUprcAmt", AMOUNT, blank=True)] = None
    currency: Annotated[str, wire("dclCurrcd", exactly(3), blank=True)] = ""
    quantity: Annotated[Decimal | None, wire("dclQty", FIGURE, blank=True)] = None
    levy_mode: Annotated[str, wire("lvyrlfModecd", upto(6), blank=True)] = ""
    quantity_control_mark: Annotated[str, wire("qtyCntrMarkcd", upto(4), blank=True)] = ""
    auxiliary_mark: Annotated[str, wire("adjmtrMarkcd", exactly(1), blank=True)] = ""
    change_mark: Annotated[str, wire("modfMarkcd", exactly(1), blank=True)] = ""
    firm_mark: Annotated[str, wire("etpsExeMarkcd", exactly(1), blank=True)] = ""
    customs_mark: Annotated[str, wire("cusmExeMarkcd", exactly(1), blank=True)] = ""
    approved_remainder: Annotated[Decimal | None, wire("apprMaxSurpQty", FIGURE, blank=True)] = None
    opening_quantity: Annotated[Decimal | None, wire("vclrPridInitQty", FIGURE, blank=True)] = None
    consumption_question_mark: Annotated[str, wire("ucnsTqsnFlag", exactly(1), blank=True)] = ""
    consultation_mark: Annotated[str, wire("csttnFlag", exactly(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    list_no: Annotated[str, wire("invtNo", upto(18), blank=True)] = ""
    list_line_no: Annotated[int | None, wire("invtGNo", COUNT, blank=True)] = None
