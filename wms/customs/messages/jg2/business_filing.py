"""Business filing 业务申报表: SAS101 declared, SAS201 reviewed.

Only the 2017 form of the declaration is known. ``contact`` names a person: personal data.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import AMOUNT, COUNT, DATE_ONLY, FIGURE, MOMENT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import upto
from wms.customs.messages.wire.record import many, part, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FilingRecord(Loose):
    """A business filing 业务申报表: permission in advance, its guarantee and validity."""

    filing_no: Annotated[str, wire("sasDclNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    customs_code: Annotated[str, wire("masterCuscd", upto(4), blank=True)] = ""
    pre_entry_no: Annotated[str, wire("sasDclPreentNo", upto(64), blank=True)] = ""
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    business_type: Annotated[str, wire("businessTypecd", upto(1), blank=True)] = ""
    direction: Annotated[str, wire("directionTypecd", upto(1), blank=True)] = ""
    book_no: Annotated[str, wire("areainOriactNo", upto(64), blank=True)] = ""
    outside_book_no: Annotated[str, wire("areaoutOriactNo", upto(64), blank=True)] = ""
    operator_code: Annotated[str, wire("areainEtpsno", upto(10), blank=True)] = ""
    operator_name: Annotated[str, wire("areainEtpsNm", upto(512), blank=True)] = ""
    operator_credit_code: Annotated[str, wire("areainEtpsSccd", upto(18), blank=True)] = ""
    outside_firm_code: Annotated[str, wire("areaoutEtpsno", upto(10), blank=True)] = ""
    outside_firm_name: Annotated[str, wire("areaoutEtpsNm", upto(512), blank=True)] = ""
    outside_firm_credit_code: Annotated[str, wire("areaoutEtpsSccd", upto(18), blank=True)] = ""
    guarantee_no: Annotated[str, wire("dpstLevyBlNo", upto(64), blank=True)] = ""
    valid_until: Annotated[date | None, wire("validTime", DATE_ONLY, blank=True)] = None
    display_place: Annotated[str, wire("exhibitionPlace", upto(512), blank=True)] = ""
    contact: Annotated[str, wire("dclEr", upto(256), blank=True, personal=True)] = ""
    declared_at: Annotated[datetime | None, wire("dclTime", MOMENT, blank=True)] = None
    approved_at: Annotated[datetime | None, wire("putrecEmapvTime", MOMENT, blank=True)] = None
    change_approved_at: Annotated[datetime | None, wire("chgEmapvTime", MOMENT, blank=True)] = None
    closed_at: Annotated[datetime | None, wire("clsCaseTime", MOMENT, blank=True)] = None
    approval_mark: Annotated[str, wire("emapvMarkcd", upto(1), blank=True)] = ""
    state: Annotated[str, wire("dclTbStucd", upto(4), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None
    owner_system: Annotated[str, wire("ownerSystem", upto(1), blank=True)] = ""
    approval_text: Annotated[str, wire("emapvDescription", upto(4000), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FilingRecordLine(Loose):
    """Goods of a business filing, with what has gone out and come back."""

    filing_no: Annotated[str, wire("sasDclNo", upto(64), blank=True)] = ""
    line_no: Annotated[int | None, wire("sasDclSeqno", COUNT, blank=True)] = None
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    material_mark: Annotated[str, wire("mtpckEndprdTypecd", upto(1), blank=True)] = ""
    book_line_no: Annotated[int | None, wire("oriactGdsSeqno", COUNT, blank=True)] = None
    hs10: Annotated[str, wire("gdecd", upto(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    specification: Annotated[str, wire("gdsSpcfModelDesc", upto(512), blank=True)] = ""
    quantity: Annotated[Decimal | None, wire("dclQty", FIGURE, blank=True)] = None
    unit: Annotated[str, wire("dclUnitcd", upto(3), blank=True)] = ""
    price: Annotated[Decimal | None, wire("dclUprcAmt", AMOUNT, blank=True)] = None
    total: Annotated[Decimal | None, wire("dclTotalAmt", AMOUNT, blank=True)] = None
    currency: Annotated[str, wire("dclCurrcd", upto(3), blank=True)] = ""
    licence_no: Annotated[str, wire("licenceNo", upto(64), blank=True)] = ""
    licence_valid_until: Annotated[date | None, wire("licenceValidTime", DATE_ONLY, blank=True)] = None
    out_quantity: Annotated[Decimal | None, wire("actlAreaoutQty", FIGURE, blank=True)] = None
    in_quantity: Annotated[Decimal | None, wire("actlAreainQty", FIGURE, blank=True)] = None
    goods_mark: Annotated[str, wire("gdsMarkcd", upto(4), blank=True)] = ""
    goods_remark: Annotated[str, wire("gdsRmk", upto(4000), blank=True)] = ""
    booked_quantity: Annotated[Decimal | None, wire("invtVdedtQty", FIGURE, blank=True)] = None
    booked_at: Annotated[datetime | None, wire("rcntVdedtTime", MOMENT, blank=True)] = None
    change_mark: Annotated[str, wire("modfMarkcd", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FilingConsumption(Loose):
    """How much of a material goes into a product (processing only)."""

    filing_no: Annotated[str, wire("sasDclNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    product_line_no: Annotated[int | None, wire("endprdSeqno", COUNT, blank=True)] = None
    material_line_no: Annotated[int | None, wire("mtpckSeqno", COUNT, blank=True)] = None
    net_quantity: Annotated[Decimal | None, wire("netUseupQty", FIGURE, blank=True)] = None
    loss_rate: Annotated[Decimal | None, wire("lossRate", FIGURE, blank=True)] = None
    change_mark: Annotated[str, wire("modfMarkcd", upto(1), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class FilingPaper(Loose):
    """A paper attached to a business filing."""

    filing_no: Annotated[str, wire("sasDclNo", upto(64), blank=True)] = ""
    paper_seq: Annotated[int | None, wire("acmpFormSeqno", COUNT, blank=True)] = None
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    paper_type: Annotated[str, wire("formTypecd", upto(25), blank=True)] = ""
    paper_no: Annotated[str, wire("formNo", upto(64), blank=True)] = ""
    fixed_no: Annotated[str, wire("fixdNo", upto(64), blank=True)] = ""
    file_name: Annotated[str, wire("acmpFormFileNm", upto(512), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    version: Annotated[Decimal | None, wire("version", FIGURE, blank=True)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BusinessFilingDraft(Loose):
    """SAS101: a business filing as declared."""

    filing: Annotated[FilingRecord, part("SasDclBsc")]
    lines: Annotated[tuple[FilingRecordLine, ...], many("SasDclDt")] = ()
    consumptions: Annotated[tuple[FilingConsumption, ...], many("SasDclUcnsDt")] = ()
    papers: Annotated[tuple[FilingPaper, ...], many("SasDclAcmpFormDt")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BusinessFilingReview(Loose):
    """SAS201: what customs decided; ``result.result`` 1 passed, 2 to a person, 3 returned."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
    filing: Annotated[FilingRecord | None, part("SasDclBsc")] = None
    lines: Annotated[tuple[FilingRecordLine, ...], many("SasDclDt")] = ()
    papers: Annotated[tuple[FilingPaper, ...], many("SasDclAcmpFormDt")] = ()
    consumptions: Annotated[tuple[FilingConsumption, ...], many("SasDclUcnsDt")] = ()
