"""Bonded list 核注清单: INV101 declared; INV201 reviewed, INV202 declaration drafted, INV211 booked.

The only document that changes the account book. A receipt of review may be short (its result alone) or carry
the whole list; it is joined to its draft by ``pre_entry_no``, which the client's answer has given.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.book_lines import BookLine, ProcessingBookLine
from wms.customs.messages.jg2.forms import (
    AMOUNT,
    COUNT,
    DAY,
    DAY_OR_MOMENT,
    FIGURE,
    ISO_MOMENT,
    MOMENT,
    QUANTITY,
    TEXT,
    WEIGHT,
)
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import extras, many, part, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListHead(Loose):
    """Head of a bonded list 核注清单 as declared."""

    change_count: Annotated[int | None, wire("ChgTmsCnt", COUNT)] = None
    pre_entry_no: Annotated[str, wire("SeqNo", upto(18), blank=True)] = ""
    inner_no: Annotated[str, wire("EtpsInnerInvtNo", some(64))]
    list_no: Annotated[str, wire("BondInvtNo", upto(18), blank=True)] = ""
    book_no: Annotated[str, wire("PutrecNo", some(64))]
    declaration_type: Annotated[str, wire("DclTypecd", upto(1))] = ""
    list_type: Annotated[str, wire("InvtType", upto(1))] = ""
    receipt_list_type: Annotated[str, wire("BondInvtTypecd", upto(1))] = ""
    list_state: Annotated[str, wire("ListStat", upto(1))] = ""
    transfer_type: Annotated[str, wire("ListType", upto(1))] = ""
    filing_no: Annotated[str, wire("ApplyNo", upto(64))] = ""
    operator_credit_code: Annotated[str, wire("BizopEtpsSccd", exactly(18), blank=True)] = ""
    operator_code: Annotated[str, wire("BizopEtpsno", exactly(10))]
    operator_name: Annotated[str, wire("BizopEtpsNm", some(512))]
    declarant_credit_code: Annotated[str, wire("DclEtpsSccd", exactly(18), blank=True)] = ""
    declarant_code: Annotated[str, wire("DclEtpsno", exactly(10))]
    declarant_name: Annotated[str, wire("DclEtpsNm", some(512))]
    consignee_credit_code: Annotated[str, wire("RvsngdEtpsSccd", exactly(18), blank=True)] = ""
    consignee_code: Annotated[str, wire("RcvgdEtpsno", exactly(10))]
    consignee_name: Annotated[str, wire("RcvgdEtpsNm", some(512))]
    entered_by_credit_code: Annotated[str, wire("InputCreditCode", exactly(18))] = ""
    entered_by_code: Annotated[str, wire("InputCode", exactly(10))]
    entered_by_name: Annotated[str, wire("InputName", some(512))]
    entered_on: Annotated[date | None, wire("InputTime", DAY)] = None
    declared_at: Annotated[date | None, wire("InvtDclTime", DAY_OR_MOMENT)] = None
    declaration_declared_on: Annotated[date | None, wire("EntryDclTime", DAY)] = None
    created_at: Annotated[datetime | None, wire("AddTime", ISO_MOMENT)] = None
    direction: Annotated[str, wire("ImpexpMarkcd", exactly(1))]
    material_mark: Annotated[str, wire("MtpckEndprdMarkcd", exactly(1))]
    supervision_mode: Annotated[str, wire("SupvModecd", exactly(4))]
    transport_mode: Annotated[str, wire("TrspModecd", exactly(1))]
    port_customs_code: Annotated[str, wire("ImpexpPortcd", exactly(4))]
    customs_code: Annotated[str, wire("DclPlcCuscd", exactly(4))]
    country_code: Annotated[str, wire("StshipTrsarvNatcd", exactly(3))]
    declaration_flag: Annotated[str, wire("DclcusFlag", exactly(1))]
    declaration_kind: Annotated[str, wire("DclcusTypecd", upto(1), blank=True)] = ""
    makes_declaration: Annotated[str, wire("GenDecFlag", upto(1))] = ""
    declaration_form: Annotated[str, wire("DecType", upto(1), blank=True)] = ""
    needs_declaration_change: Annotated[str, wire("NeedEntryModified", upto(1))] = ""
    declaration_no: Annotated[str, wire("EntryNo", exactly(18))] = ""
    related_list_no: Annotated[str, wire("RltInvtNo", upto(64), blank=True)] = ""
    related_book_no: Annotated[str, wire("RltPutrecNo", upto(64), blank=True)] = ""
    related_declaration_no: Annotated[str, wire("RltEntryNo", exactly(18))] = ""
    corresponding_declarant_credit_code: Annotated[str, wire("CorrEntryDclEtpsSccd", exactly(18))] = ""
    corresponding_declarant_code: Annotated[str, wire("CorrEntryDclEtpsNo", exactly(10))] = ""
    corresponding_declarant_name: Annotated[str, wire("CorrEntryDclEtpsNm", upto(512))] = ""
    related_operator_credit_code: Annotated[str, wire("RltEntryBizopEtpsSccd", exactly(18))] = ""
    related_operator_code: Annotated[str, wire("RltEntryBizopEtpsno", exactly(10))] = ""
    related_operator_name: Annotated[str, wire("RltEntryBizopEtpsNm", upto(512))] = ""
    related_consignee_credit_code: Annotated[str, wire("RltEntryRvsngdEtpsSccd", exactly(18))] = ""
    related_consignee_code: Annotated[str, wire("RltEntryRcvgdEtpsno", exactly(10))] = ""
    related_consignee_name: Annotated[str, wire("RltEntryRcvgdEtpsNm", upto(512))] = ""
    related_declarant_credit_code: Annotated[str, wire("RltEntryDclEtpsSccd", exactly(18))] = ""
    related_declarant_code: Annotated[str, wire("RltEntryDclEtpsno", exactly(10))] = ""
    related_declarant_name: Annotated[str, wire("RltEntryDclEtpsNm", upto(512))] = ""
    booking_mark: Annotated[str, wire("VrfdedMarkcd", upto(1), blank=True)] = ""
    gate_state: Annotated[str, wire("InvtIochkptStucd", upto(1))] = ""
    pass_use: Annotated[str, wire("PassportUsedTypeCd", upto(1))] = ""
    declaration_state: Annotated[str, wire("EntryStucd", upto(1))] = ""
    pre_booked_at: Annotated[datetime | None, wire("PrevdTime", ISO_MOMENT)] = None
    booked_at: Annotated[datetime | None, wire("FormalVrfdedTime", ISO_MOMENT)] = None
    card_no: Annotated[str, wire("IcCardNo", upto(13))] = ""
    guarantee_base: Annotated[Decimal | None, wire("LevyBlAmt", AMOUNT)] = None
    remark: Annotated[str, wire("Rmk", upto(4000), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListLine(Loose):
    """One line of goods of a bonded list as declared; weights in kilograms."""

    line_no: Annotated[int, wire("GdsSeqno", COUNT)]
    declaration_line_no: Annotated[int | None, wire("EntryGdsSeqno", COUNT)] = None
    book_line_no: Annotated[int | None, wire("PutrecSeqno", COUNT)] = None
    pre_entry_no: Annotated[str, wire("SeqNo", upto(18))] = ""
    hs10: Annotated[str, wire("Gdecd", exactly(10))]
    item_no: Annotated[str, wire("GdsMtno", some(32))]
    name: Annotated[str, wire("GdsNm", some(512))]
    specification: Annotated[str, wire("GdsSpcfModelDesc", some(512))]
    legal_unit: Annotated[str, wire("LawfUnitcd", exactly(3))]
    legal_quantity: Annotated[Decimal, wire("LawfQty", QUANTITY)]
    second_legal_unit: Annotated[str, wire("SecdLawfUnitcd", exactly(3), blank=True)] = ""
    second_legal_quantity: Annotated[Decimal | None, wire("SecdLawfQty", QUANTITY, blank=True)] = None
    unit: Annotated[str, wire("DclUnitcd", exactly(3))]
    quantity: Annotated[Decimal, wire("DclQty", QUANTITY)]
    currency: Annotated[str, wire("DclCurrcd", exactly(3))]
    price: Annotated[Decimal, wire("DclUprcAmt", AMOUNT)]
    total: Annotated[Decimal, wire("DclTotalAmt", AMOUNT)]
    total_usd: Annotated[Decimal | None, wire("UsdStatTotalAmt", AMOUNT)] = None
    origin: Annotated[str, wire("Natcd", exactly(3))]
    destination: Annotated[str, wire("DestinationNatcd", exactly(3))]
    levy_mode: Annotated[str, wire("LvyrlfModecd", some(6))]
    dangerous_mark: Annotated[str, wire("ClyMarkcd", upto(4))] = ""
    use_mark: Annotated[str, wire("UseCd", upto(4))] = ""
    gross_kg: Annotated[Decimal | None, wire("GrossWt", WEIGHT)] = None
    net_kg: Annotated[Decimal | None, wire("NetWt", WEIGHT)] = None
    weight_factor: Annotated[Decimal | None, wire("WtSfVal", FIGURE)] = None
    first_factor: Annotated[Decimal | None, wire("FstSfVal", FIGURE)] = None
    second_factor: Annotated[Decimal | None, wire("SecdSfVal", FIGURE)] = None
    consumption_version: Annotated[str, wire("UcnsVerno", upto(8))] = ""
    filing_line_no: Annotated[int | None, wire("ApplyTbSeqno", COUNT)] = None
    change_mark: Annotated[str, wire("ModfMarkcd", exactly(1))]
    focus_source: Annotated[str, wire("Param1", upto(64))] = ""
    remark: Annotated[str, wire("Rmk", upto(4000))] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RetailBill(Loose):
    """A released retail declaration (CEB621) that an exit list of type 8 gathers."""

    pre_entry_no: Annotated[str, wire("SeqNo", upto(18), blank=True)] = ""
    list_no: Annotated[str, wire("BondInvtNo", upto(18), blank=True)] = ""
    retail_list_no: Annotated[str, wire("CbecBillNo", exactly(18))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListDraft(Loose):
    """INV101: a bonded list as declared, goods coming in or going out."""

    system_id: Annotated[str, wire("SysId", upto(2))] = ""
    operator_customs_code: Annotated[str, wire("OperCusRegCode", upto(10))] = ""
    head: Annotated[BondedListHead, part("InvtHeadType")]
    lines: Annotated[tuple[BondedListLine, ...], many("InvtListType", 1)]
    retail_bills: Annotated[tuple[RetailBill, ...], many("InvtCbecBill")] = ()

    @property
    def retail_list_nos(self) -> tuple[str, ...]:
        """Numbers of the released retail declarations an exit list gathers."""
        return tuple(bill.retail_list_no for bill in self.retail_bills)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListRecord(Loose):
    """A bonded list as customs holds it: numbers given, states, times of booking."""

    list_no: Annotated[str, wire("bondInvtNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    pre_entry_no: Annotated[str, wire("invtPreentNo", upto(64), blank=True)] = ""
    book_no: Annotated[str, wire("putrecNo", upto(64), blank=True)] = ""
    inner_no: Annotated[str, wire("etpsInnerInvtNo", upto(64), blank=True)] = ""
    operator_credit_code: Annotated[str, wire("bizopEtpsSccd", exactly(18), blank=True)] = ""
    operator_code: Annotated[str, wire("bizopEtpsno", exactly(10), blank=True)] = ""
    operator_name: Annotated[str, wire("bizopEtpsNm", upto(512), blank=True)] = ""
    consignee_credit_code: Annotated[str, wire("rvsngdEtpsSccd", exactly(18), blank=True)] = ""
    consignee_code: Annotated[str, wire("rcvgdEtpsno", exactly(10), blank=True)] = ""
    consignee_name: Annotated[str, wire("rcvgdEtpsNm", upto(512), blank=True)] = ""
    declarant_credit_code: Annotated[str, wire("dclEtpsSccd", exactly(18), blank=True)] = ""
    declarant_code: Annotated[str, wire("dclEtpsno", exactly(10), blank=True)] = ""
    declarant_name: Annotated[str, wire("dclEtpsNm", upto(512), blank=True)] = ""
    declared_at: Annotated[datetime | None, wire("invtDclTime", MOMENT, blank=True)] = None
    declaration_declared_at: Annotated[datetime | None, wire("entryDclTime", MOMENT, blank=True)] = None
    declaration_no: Annotated[str, wire("entryNo", upto(64), blank=True)] = ""
    related_list_no: Annotated[str, wire("rltInvtNo", upto(64), blank=True)] = ""
    related_book_no: Annotated[str, wire("rltPutrecNo", upto(64), blank=True)] = ""
    related_declaration_no: Annotated[str, wire("rltEntryNo", upto(64), blank=True)] = ""
    related_operator_credit_code: Annotated[str, wire("rltEntryBizopEtpsSccd", exactly(18), blank=True)] = ""
    related_operator_code: Annotated[str, wire("rltEntryBizopEtpsno", exactly(10), blank=True)] = ""
    related_operator_name: Annotated[str, wire("rltEntryBizopEtpsNm", upto(512), blank=True)] = ""
    port_customs_code: Annotated[str, wire("impexpPortcd", exactly(4), blank=True)] = ""
    customs_code: Annotated[str, wire("dclPlcCuscd", exactly(4), blank=True)] = ""
    direction: Annotated[str, wire("impexpMarkcd", exactly(1), blank=True)] = ""
    material_mark: Annotated[str, wire("mtpckEndprdMarkcd", exactly(1), blank=True)] = ""
    supervision_mode: Annotated[str, wire("supvModecd", upto(6), blank=True)] = ""
    transport_mode: Annotated[str, wire("trspModecd", upto(6), blank=True)] = ""
    country_code: Annotated[str, wire("stshipTrsarvNatcd", exactly(3), blank=True)] = ""
    filing_no: Annotated[str, wire("applyNo", upto(64), blank=True)] = ""
    declaration_flag: Annotated[str, wire("dclcusFlag", exactly(1), blank=True)] = ""
    declaration_kind: Annotated[str, wire("dclcusTypecd", upto(25), blank=True)] = ""
    pre_booked_at: Annotated[datetime | None, wire("prevdTime", MOMENT, blank=True)] = None
    booked_at: Annotated[datetime | None, wire("formalVrfdedTime", MOMENT, blank=True)] = None
    gate_state: Annotated[str, wire("invtIochkptStucd", exactly(1), blank=True)] = ""
    booking_mark: Annotated[str, wire("vrfdedMarkcd", exactly(1), blank=True)] = ""
    list_state: Annotated[str, wire("invtStucd", exactly(1), blank=True)] = ""
    booking_mode: Annotated[str, wire("vrfdedModecd", upto(4), blank=True)] = ""
    accounting_code: Annotated[str, wire("duCode", upto(4), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    list_type: Annotated[str, wire("bondInvtTypecd", upto(1), blank=True)] = ""
    declaration_state: Annotated[str, wire("entryStucd", upto(1), blank=True)] = ""
    pass_use: Annotated[str, wire("passportUsedTypecd", upto(1), blank=True)] = ""
    spare_1: Annotated[str, wire("param1", upto(64), blank=True)] = ""
    spare_2: Annotated[str, wire("param2", upto(64), blank=True)] = ""
    spare_3: Annotated[Decimal | None, wire("param3", FIGURE, blank=True)] = None
    spare_4: Annotated[datetime | None, wire("param4", MOMENT, blank=True)] = None
    needs_declaration_change: Annotated[str, wire("needEntryModified", upto(1), blank=True)] = ""
    guarantee_base: Annotated[Decimal | None, wire("levyBlAmt", AMOUNT, blank=True)] = None
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    further: Annotated[tuple[tuple[str, str], ...], extras()] = ()
    """Elements later than 2017 that customs sends and nobody documented, as (name, text)."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListRecordLine(Loose):
    """One line of goods as customs holds it, with what has passed the gate; weights in kilograms."""

    list_no: Annotated[str, wire("bondInvtNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    line_no: Annotated[int | None, wire("gdsSeqno", COUNT, blank=True)] = None
    book_line_no: Annotated[int | None, wire("putrecSeqno", COUNT, blank=True)] = None
    item_no: Annotated[str, wire("gdsMtno", upto(32), blank=True)] = ""
    hs10: Annotated[str, wire("gdecd", exactly(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    specification: Annotated[str, wire("gdsSpcfModelDesc", upto(512), blank=True)] = ""
    unit: Annotated[str, wire("dclUnitcd", exactly(3), blank=True)] = ""
    legal_unit: Annotated[str, wire("lawfUnitcd", exactly(3), blank=True)] = ""
    second_legal_unit: Annotated[str, wire("secdLawfUnitcd", exactly(3), blank=True)] = ""
    origin: Annotated[str, wire("natcd", exactly(3), blank=True)] = ""
    price: Annotated[Decimal | None, wire("dclUprcAmt", AMOUNT, blank=True)] = None
    total: Annotated[Decimal | None, wire("dclTotalAmt", AMOUNT, blank=True)] = None
    total_usd: Annotated[Decimal | None, wire("usdStatTotalAmt", AMOUNT, blank=True)] = None
    currency: Annotated[str, wire("dclCurrcd", exactly(3), blank=True)] = ""
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
    declaration_line_no: Annotated[int | None, wire("entryGdsSeqno", COUNT, blank=True)] = None
    filing_line_no: Annotated[int | None, wire("applyTbSeqno", COUNT, blank=True)] = None
    dangerous_mark: Annotated[str, wire("clyMarkcd", upto(4), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    passed_quantity: Annotated[Decimal | None, wire("actlPassQty", FIGURE, blank=True)] = None
    quantity_on_passes: Annotated[Decimal | None, wire("passportUsedQty", FIGURE, blank=True)] = None
    spare_1: Annotated[str, wire("param1", upto(64), blank=True)] = ""
    spare_2: Annotated[str, wire("param2", upto(64), blank=True)] = ""
    spare_3: Annotated[Decimal | None, wire("param3", FIGURE, blank=True)] = None
    spare_4: Annotated[datetime | None, wire("param4", MOMENT, blank=True)] = None
    further: Annotated[tuple[tuple[str, str], ...], extras()] = ()
    """Elements later than 2017 that customs sends and nobody documented, as (name, text)."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatheredSlip(Loose):
    """A stock bill 出入库单 that a collective list declares."""

    list_no: Annotated[str, wire("bondInvtNo", upto(64), blank=True)] = ""
    slip_no: Annotated[str, wire("sasStockNo", exactly(18), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListPaper(Loose):
    """A paper attached to a bonded list."""

    list_no: Annotated[str, wire("bondInvtNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    paper_seq: Annotated[int | None, wire("acmpFormSeqno", COUNT, blank=True)] = None
    line_no: Annotated[int | None, wire("invtGdsSeqno", COUNT, blank=True)] = None
    paper_type: Annotated[str, wire("formTypecd", upto(25), blank=True)] = ""
    paper_no: Annotated[str, wire("formNo", upto(64), blank=True)] = ""
    fixed_no: Annotated[str, wire("fixdNo", upto(64), blank=True)] = ""
    file_name: Annotated[str, wire("acmpFormFileNm", upto(512), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListReview(Loose):
    """INV201: what customs decided about a list.

    ``result.result``: 1 passed and booked, 2 to a person, 3 returned, 4 pre-booked 预核扣, 5 passed and not
    booked, Y stored, Z not stored.
    """

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
    bonded_list: Annotated[BondedListRecord | None, part("BondInvtBsc")] = None
    lines: Annotated[tuple[BondedListRecordLine, ...], many("BondInvtDt")] = ()
    slips: Annotated[tuple[GatheredSlip, ...], many("SasCentDclStock")] = ()
    processing_lines: Annotated[tuple[ProcessingBookLine, ...], many("EmsPutrecDt")] = ()
    book_lines: Annotated[tuple[BookLine, ...], many("BwsDt")] = ()
    product_lines: Annotated[tuple[BondedListRecordLine, ...], many("BondInvtDtSimple")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class DeclarationResult(Loose):
    """Which declaration 报关单 customs drafted from which list; ``result`` 1 created, 2 failed."""

    pre_entry_no: Annotated[str, wire("invPreentNo", some(18), blank=True)]
    list_no: Annotated[str, wire("businessId", upto(18), blank=True)] = ""
    declaration_pre_entry_no: Annotated[str, wire("entrySeqNo", upto(18), blank=True)] = ""
    result: Annotated[str, wire("manageResult", exactly(1), blank=True)]
    made_at: Annotated[datetime | None, wire("createDate", MOMENT, blank=True)] = None
    reason: Annotated[str, wire("reason", TEXT, blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class DeclarationMade(Loose):
    """INV202: customs drafted a declaration from a bonded list, or could not."""

    result: Annotated[DeclarationResult, part("InvApprResult")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedListBooked(Loose):
    """INV211: the list is booked into the account book; ``book_lines`` are the lines it made or changed."""

    bonded_list: Annotated[BondedListRecord, part("BondInvtBsc")]
    book_lines: Annotated[tuple[BookLine, ...], many("BwsDt")] = ()
