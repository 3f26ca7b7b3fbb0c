"""Stock bill 出入库单: SAS111 declared, SAS211 reviewed.

Only the 2017 form of the declaration is known. ``contact`` names a person: personal data.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import AMOUNT, COUNT, FIGURE, MOMENT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import upto
from wms.customs.messages.wire.record import many, part, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SlipRecord(Loose):
    """A stock bill 出入库单: one physical movement under a business filing; weights in kilograms."""

    slip_no: Annotated[str, wire("sasStockNo", upto(64), blank=True)] = ""
    pre_entry_no: Annotated[str, wire("sasStockPreentNo", upto(64), blank=True)] = ""
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    filing_no: Annotated[str, wire("sasDclNo", upto(64), blank=True)] = ""
    customs_code: Annotated[str, wire("masterCuscd", upto(4), blank=True)] = ""
    direction: Annotated[str, wire("stockTypecd", upto(1), blank=True)] = ""
    list_no: Annotated[str, wire("rltBondInvtNo", upto(64), blank=True)] = ""
    business_type: Annotated[str, wire("businessTypecd", upto(1), blank=True)] = ""
    collective_mark: Annotated[str, wire("centralizedDclTypecd", upto(1), blank=True)] = ""
    related_slip_no: Annotated[str, wire("rltSasStockNo", upto(64), blank=True)] = ""
    contact: Annotated[str, wire("dclEr", upto(256), blank=True, personal=True)] = ""
    declared_at: Annotated[datetime | None, wire("dclTime", MOMENT, blank=True)] = None
    packages: Annotated[Decimal | None, wire("packageQty", FIGURE, blank=True)] = None
    gross_kg: Annotated[Decimal | None, wire("grossWt", FIGURE, blank=True)] = None
    net_kg: Annotated[Decimal | None, wire("netWt", FIGURE, blank=True)] = None
    wrap_type: Annotated[str, wire("packType", upto(4), blank=True)] = ""
    guarantee_base: Annotated[Decimal | None, wire("levyBlAmt", AMOUNT, blank=True)] = None
    gate_mark: Annotated[str, wire("passTypecd", upto(4), blank=True)] = ""
    pass_use: Annotated[str, wire("passportUsedTypecd", upto(1), blank=True)] = ""
    state: Annotated[str, wire("stucd", upto(4), blank=True)] = ""
    approval_mark: Annotated[str, wire("emapvMarkcd", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    owner_system: Annotated[str, wire("ownerSystem", upto(1), blank=True)] = ""
    approval_text: Annotated[str, wire("emapvDescription", upto(4000), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SlipRecordLine(Loose):
    """Goods of a stock bill; weights in kilograms."""

    slip_no: Annotated[str, wire("sasStockNo", upto(64), blank=True)] = ""
    line_no: Annotated[int | None, wire("sasStockSeqno", COUNT, blank=True)] = None
    filing_line_no: Annotated[int | None, wire("sasDclSeqno", COUNT, blank=True)] = None
    book_line_no: Annotated[int | None, wire("oriactGdsSeqno", COUNT, blank=True)] = None
    item_no: Annotated[str, wire("gdsMtno", upto(32), blank=True)] = ""
    hs10: Annotated[str, wire("gdecd", upto(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    specification: Annotated[str, wire("gdsSpcfModelDesc", upto(512), blank=True)] = ""
    unit: Annotated[str, wire("dclUnitcd", upto(3), blank=True)] = ""
    legal_unit: Annotated[str, wire("lawfUnitcd", upto(3), blank=True)] = ""
    second_legal_unit: Annotated[str, wire("secdLawfUnitcd", upto(3), blank=True)] = ""
    origin: Annotated[str, wire("natcd", upto(3), blank=True)] = ""
    price: Annotated[Decimal | None, wire("dclUprcAmt", AMOUNT, blank=True)] = None
    total: Annotated[Decimal | None, wire("dclTotalAmt", AMOUNT, blank=True)] = None
    total_usd: Annotated[Decimal | None, wire("usdStatTotalAmt", AMOUNT, blank=True)] = None
    currency: Annotated[str, wire("dclCurrcd", upto(3), blank=True)] = ""
    legal_quantity: Annotated[Decimal | None, wire("lawfQty", FIGURE, blank=True)] = None
    second_legal_quantity: Annotated[Decimal | None, wire("secdLawfQty", FIGURE, blank=True)] = None
    weight_factor: Annotated[Decimal | None, wire("wtSfVal", FIGURE, blank=True)] = None
    first_factor: Annotated[Decimal | None, wire("fstSfVal", FIGURE, blank=True)] = None
    second_factor: Annotated[Decimal | None, wire("secdSfVal", FIGURE, blank=True)] = None
    quantity: Annotated[Decimal | None, wire("dclQty", FIGURE, blank=True)] = None
    gross_kg: Annotated[Decimal | None, wire("grossWt", FIGURE, blank=True)] = None
    net_kg: Annotated[Decimal | None, wire("netWt", FIGURE, blank=True)] = None
    use_mark: Annotated[str, wire("useCd", upto(4), blank=True)] = ""
    levy_mode: Annotated[str, wire("lvyrlfModecd", upto(6), blank=True)] = ""
    consumption_version: Annotated[str, wire("ucnsVerno", upto(8), blank=True)] = ""
    dangerous_mark: Annotated[str, wire("clyMarkcd", upto(4), blank=True)] = ""
    passed_quantity: Annotated[Decimal | None, wire("actlPassQty", FIGURE, blank=True)] = None
    quantity_on_passes: Annotated[Decimal | None, wire("passportUsedQty", FIGURE, blank=True)] = None
    replaced_quantity: Annotated[Decimal | None, wire("replaceQty", FIGURE, blank=True)] = None
    related_line_no: Annotated[int | None, wire("rltStockSeqno", COUNT, blank=True)] = None
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class StockBillDraft(Loose):
    """SAS111: a stock bill as declared."""

    slip: Annotated[SlipRecord, part("SasStockBsc")]
    lines: Annotated[tuple[SlipRecordLine, ...], many("SasStockDt")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class StockBillReview(Loose):
    """SAS211: what customs decided; ``result.result`` 1 passed, 2 to a person, 3 returned."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    slip: Annotated[SlipRecord | None, part("SasStockBsc")] = None
    lines: Annotated[tuple[SlipRecordLine, ...], many("SasStockDt")] = ()
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
