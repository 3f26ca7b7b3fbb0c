"""Account book 物流账册: BWS201, what customs decided about it and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.book_lines import BookLine
from wms.customs.messages.jg2.forms import COUNT, FIGURE, MOMENT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import upto
from wms.customs.messages.wire.record import many, part, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BookHead(Loose):
    """Head of the account book 物流账册 as customs holds it; areas and volumes as customs states them."""

    book_no: Annotated[str, wire("bwsNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    pre_entry_no: Annotated[str, wire("etpsPreentNo", upto(18), blank=True)] = ""
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    zone_type: Annotated[str, wire("bwlTypecd", upto(1), blank=True)] = ""
    customs_code: Annotated[str, wire("masterCuscd", upto(4), blank=True)] = ""
    operator_code: Annotated[str, wire("bizopEtpsno", upto(10), blank=True)] = ""
    operator_name: Annotated[str, wire("bizopEtpsNm", upto(512), blank=True)] = ""
    operator_credit_code: Annotated[str, wire("bizopEtpsSccd", upto(18), blank=True)] = ""
    warehouse_no: Annotated[str, wire("houseNo", upto(20), blank=True)] = ""
    warehouse_name: Annotated[str, wire("houseNm", upto(512), blank=True)] = ""
    declarant_code: Annotated[str, wire("dclEtpsno", upto(10), blank=True)] = ""
    declarant_name: Annotated[str, wire("dclEtpsNm", upto(512), blank=True)] = ""
    declarant_credit_code: Annotated[str, wire("dclEtpsSccd", upto(18), blank=True)] = ""
    declarant_type: Annotated[str, wire("dclEtpsTypecd", upto(25), blank=True)] = ""
    contact: Annotated[str, wire("contactEr", upto(10), blank=True, personal=True)] = ""
    contact_phone: Annotated[str, wire("contactTele", upto(15), blank=True, personal=True)] = ""
    firm_type: Annotated[str, wire("houseTypecd", upto(1), blank=True)] = ""
    area: Annotated[Decimal | None, wire("houseArea", FIGURE, blank=True)] = None
    volume: Annotated[Decimal | None, wire("houseVolume", FIGURE, blank=True)] = None
    address: Annotated[str, wire("houseAddress", upto(100), blank=True)] = ""
    declared_at: Annotated[datetime | None, wire("dclTime", MOMENT, blank=True)] = None
    entered_at: Annotated[datetime | None, wire("inputDate", MOMENT, blank=True)] = None
    tax_refund_mark: Annotated[str, wire("taxTypecd", upto(1), blank=True)] = ""
    approved_at: Annotated[datetime | None, wire("putrecApprTime", MOMENT, blank=True)] = None
    change_approved_at: Annotated[datetime | None, wire("chgApprTime", MOMENT, blank=True)] = None
    valid_until: Annotated[datetime | None, wire("finishValidDate", MOMENT, blank=True)] = None
    change_pause_mark: Annotated[str, wire("pauseChgMarkcd", upto(1), blank=True)] = ""
    approval_state: Annotated[str, wire("emapvStucd", upto(1), blank=True)] = ""
    declaration_mark: Annotated[str, wire("dclMarkcd", upto(1), blank=True)] = ""
    booking_mode: Annotated[str, wire("appendTypecd", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(255), blank=True)] = ""
    owner_system: Annotated[str, wire("ownerSystem", upto(1), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class AccountBookReview(Loose):
    """BWS201: the result, and the head and the lines of the book as customs holds them."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
    head: Annotated[BookHead | None, part("BwsBsc")] = None
    lines: Annotated[tuple[BookLine, ...], many("BwsDt")] = ()
