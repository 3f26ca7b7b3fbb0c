"""Gate pass 核放单: SAS121 declared; SAS221 reviewed, SAS223 passed the gate, SAS224 inspection disposal.

One pass, one vehicle, one passage. A pass is new or void, never changed. ``contact`` holds a person's name
and telephone: personal data.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import COUNT, DAY_OR_MOMENT, FIGURE, MOMENT, QUANTITY, WEIGHT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import extras, many, part, wire

JOINT = "\\"
"""Several related numbers stand in one element, joined by a backslash (bind type 1)."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassHead(Loose):
    """Head of a gate pass 核放单 as declared: one vehicle, one passage; weights in kilograms."""

    pre_entry_no: Annotated[str, wire("SeqNo", upto(18))] = ""
    pass_no: Annotated[str, wire("PassportNo", upto(24))] = ""
    inner_no: Annotated[str, wire("EtpsPreentNo", some(64))]
    related_type: Annotated[str, wire("RltTbTypecd", upto(1))] = ""
    related_nos_text: Annotated[str, wire("RltNo", upto(4000))] = ""
    declaration_type: Annotated[str, wire("DclTypecd", exactly(1))]
    direction: Annotated[str, wire("IoTypecd", exactly(1))]
    pass_type: Annotated[str, wire("PassportTypecd", exactly(1))]
    bind_type: Annotated[str, wire("BindTypecd", upto(1))] = ""
    customs_code: Annotated[str, wire("MasterCuscd", exactly(4))]
    book_no: Annotated[str, wire("AreainOriactNo", upto(64))] = ""
    operator_credit_code: Annotated[str, wire("AreainEtpsSccd", exactly(18))] = ""
    operator_code: Annotated[str, wire("AreainEtpsno", exactly(10))]
    operator_name: Annotated[str, wire("AreainEtpsNm", some(512))]
    declarant_credit_code: Annotated[str, wire("DclEtpsSccd", exactly(18))] = ""
    declarant_code: Annotated[str, wire("DclEtpsno", exactly(10))]
    declarant_name: Annotated[str, wire("DclEtpsNm", some(512))]
    entered_by_credit_code: Annotated[str, wire("InputSccd", exactly(18))] = ""
    entered_by_code: Annotated[str, wire("InputCode", exactly(10))]
    entered_by_name: Annotated[str, wire("InputName", some(512))]
    vehicle_no: Annotated[str, wire("VehicleNo", some(64))]
    vehicle_card_no: Annotated[str, wire("VehicleIcNo", upto(64))] = ""
    vehicle_kg: Annotated[Decimal, wire("VehicleWt", WEIGHT)]
    frame_no: Annotated[str, wire("VehicleFrameNo", upto(64))] = ""
    frame_kg: Annotated[Decimal | None, wire("VehicleFrameWt", WEIGHT)] = None
    container_no: Annotated[str, wire("ContainerNo", upto(64))] = ""
    container_type: Annotated[str, wire("ContainerType", upto(64))] = ""
    container_kg: Annotated[Decimal | None, wire("ContainerWt", WEIGHT)] = None
    total_kg: Annotated[Decimal, wire("TotalWt", WEIGHT)]
    gross_kg: Annotated[Decimal | None, wire("TotalGrossWt", WEIGHT)] = None
    net_kg: Annotated[Decimal | None, wire("TotalNetWt", WEIGHT)] = None
    contact: Annotated[str, wire("DclErConc", some(512), personal=True)]
    declared_at: Annotated[date | None, wire("DclTime", DAY_OR_MOMENT)] = None
    passed_at: Annotated[datetime | None, wire("PassTime", MOMENT)] = None
    second_passed_at: Annotated[datetime | None, wire("SecdPassTime", MOMENT)] = None
    state: Annotated[str, wire("Stucd", upto(1))] = ""
    remark: Annotated[str, wire("Rmk", upto(4000))] = ""
    arrival_mark: Annotated[str, wire("Col1", upto(64))] = ""
    spare_2: Annotated[str, wire("Col2", upto(64))] = ""
    spare_3: Annotated[str, wire("Col3", upto(64))] = ""
    spare_4: Annotated[str, wire("Col4", upto(64))] = ""

    @property
    def related_nos(self) -> tuple[str, ...]:
        """The related documents' numbers, one by one."""
        return tuple(no for no in self.related_nos_text.split(JOINT) if no)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassLine(Loose):
    """Goods that ride on this vehicle; only passes of bind type 3 carry them. Weights in kilograms."""

    pre_entry_no: Annotated[str, wire("SeqNo", upto(18))] = ""
    pass_no: Annotated[str, wire("PassportNo", upto(24))] = ""
    line_no: Annotated[int, wire("PassportSeqNo", COUNT)]
    list_line_no: Annotated[int, wire("RltGdsSeqno", COUNT)]
    item_no: Annotated[str, wire("GdsMtno", some(32))]
    hs10: Annotated[str, wire("Gdecd", exactly(10))]
    name: Annotated[str, wire("GdsNm", some(512))]
    unit: Annotated[str, wire("DclUnitcd", exactly(3))]
    quantity: Annotated[Decimal, wire("DclQty", QUANTITY)]
    gross_kg: Annotated[Decimal | None, wire("GrossWt", WEIGHT)] = None
    net_kg: Annotated[Decimal | None, wire("NetWt", WEIGHT)] = None
    remark: Annotated[str, wire("Rmk", upto(4000))] = ""
    spare_1: Annotated[str, wire("Col1", upto(64))] = ""
    spare_2: Annotated[str, wire("Col2", upto(64))] = ""
    spare_3: Annotated[str, wire("Col3", upto(64))] = ""
    spare_4: Annotated[str, wire("Col4", upto(64))] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassDocument(Loose):
    """A document the pass refers to; the names on the wire are spelled as they are."""

    pre_entry_no: Annotated[str, wire("SeqNo", upto(18))] = ""
    pass_no: Annotated[str, wire("PassPortNo", upto(24), also="PassportNo")] = ""
    related_type: Annotated[str, wire("RtlBillTypecd", exactly(1), also="RltBillTypecd")]
    related_no: Annotated[str, wire("RtlBillNo", some(64), also="RltBillNo")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassDraft(Loose):
    """SAS121: a gate pass as declared."""

    operator_customs_code: Annotated[str, wire("OperCusRegCode", upto(10))] = ""
    head: Annotated[GatePassHead, part("PassportHead")]
    lines: Annotated[tuple[GatePassLine, ...], many("PassportList")] = ()
    documents: Annotated[tuple[GatePassDocument, ...], many("PassportAcmp")] = ()

    @property
    def list_nos(self) -> tuple[str, ...]:
        """The related numbers, from the documents where they are given, else from the head."""
        return tuple(document.related_no for document in self.documents) or self.head.related_nos


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassRecord(Loose):
    """A gate pass as customs holds it: states, what the gate weighed, when it passed; kilograms."""

    pass_no: Annotated[str, wire("passportNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    pass_type: Annotated[str, wire("passportTypecd", upto(1), blank=True)] = ""
    pre_entry_no: Annotated[str, wire("sasPassportPreentNo", upto(64), blank=True)] = ""
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    direction: Annotated[str, wire("ioTypecd", upto(1), blank=True)] = ""
    bind_type: Annotated[str, wire("bindTypecd", upto(1), blank=True)] = ""
    customs_code: Annotated[str, wire("masterCuscd", upto(4), blank=True)] = ""
    related_type: Annotated[str, wire("rltTbTypecd", upto(1), blank=True)] = ""
    related_nos_text: Annotated[str, wire("rltNo", upto(4000), blank=True)] = ""
    operator_code: Annotated[str, wire("areainEtpsno", upto(10), blank=True)] = ""
    operator_name: Annotated[str, wire("areainEtpsNm", upto(512), blank=True)] = ""
    operator_credit_code: Annotated[str, wire("areainEtpsSccd", upto(18), blank=True)] = ""
    vehicle_no: Annotated[str, wire("vehicleNo", upto(64), blank=True)] = ""
    vehicle_card_no: Annotated[str, wire("vehicleIcNo", upto(64), blank=True)] = ""
    container_no: Annotated[str, wire("containerNo", upto(64), blank=True)] = ""
    vehicle_kg: Annotated[Decimal | None, wire("vehicleWt", WEIGHT, blank=True)] = None
    frame_no: Annotated[str, wire("vehicleFrameNo", upto(64), blank=True)] = ""
    frame_kg: Annotated[Decimal | None, wire("vehicleFrameWt", WEIGHT, blank=True)] = None
    container_type: Annotated[str, wire("containerType", upto(64), blank=True)] = ""
    container_kg: Annotated[Decimal | None, wire("containerWt", WEIGHT, blank=True)] = None
    total_kg: Annotated[Decimal | None, wire("totalWt", WEIGHT, blank=True)] = None
    collected_kg: Annotated[Decimal | None, wire("passCollectWt", WEIGHT, blank=True)] = None
    difference_kg: Annotated[Decimal | None, wire("wtError", WEIGHT, blank=True)] = None
    gross_kg: Annotated[Decimal | None, wire("totalGrossWt", WEIGHT, blank=True)] = None
    net_kg: Annotated[Decimal | None, wire("totalNetWt", WEIGHT, blank=True)] = None
    contact: Annotated[str, wire("dclErConc", upto(512), blank=True, personal=True)] = ""
    declared_at: Annotated[datetime | None, wire("dclTime", MOMENT, blank=True)] = None
    gate_id: Annotated[str, wire("passID", upto(64), blank=True, also="passId")] = ""
    second_gate_id: Annotated[str, wire("secdPassId", upto(64), blank=True)] = ""
    passed_at: Annotated[datetime | None, wire("passTime", MOMENT, blank=True)] = None
    second_passed_at: Annotated[datetime | None, wire("secdPassTime", MOMENT, blank=True)] = None
    state: Annotated[str, wire("stucd", upto(1), blank=True)] = ""
    approval_mark: Annotated[str, wire("emapvMarkcd", upto(1), blank=True)] = ""
    inspection_state: Annotated[str, wire("logisticsStucd", upto(1), blank=True)] = ""
    owner_system: Annotated[str, wire("ownerSystem", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    arrival_mark: Annotated[str, wire("col1", upto(64), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(64))] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE)] = None
    further: Annotated[tuple[tuple[str, str], ...], extras()] = ()
    """Elements later than 2017 that customs sends and nobody documented, as (name, text)."""

    @property
    def related_nos(self) -> tuple[str, ...]:
        """The related documents' numbers, one by one."""
        return tuple(no for no in self.related_nos_text.split(JOINT) if no)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassRecordLine(Loose):
    """Goods on this vehicle as customs holds them; weights in kilograms."""

    pass_no: Annotated[str, wire("passportNo", upto(64), blank=True)] = ""
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    line_no: Annotated[int | None, wire("passportSeqno", COUNT, blank=True)] = None
    item_no: Annotated[str, wire("gdsMtno", upto(32), blank=True)] = ""
    hs10: Annotated[str, wire("gdecd", upto(10), blank=True)] = ""
    name: Annotated[str, wire("gdsNm", upto(512), blank=True)] = ""
    gross_kg: Annotated[Decimal | None, wire("grossWt", WEIGHT, blank=True)] = None
    net_kg: Annotated[Decimal | None, wire("netWt", WEIGHT, blank=True)] = None
    list_line_no: Annotated[int | None, wire("rltGdsSeqno", COUNT, blank=True)] = None
    unit: Annotated[str, wire("dclUnitcd", upto(3), blank=True)] = ""
    quantity: Annotated[Decimal | None, wire("dclQty", FIGURE, blank=True)] = None
    remark: Annotated[str, wire("rmk", upto(4000), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(64))] = ""
    spare_2: Annotated[str, wire("col2", upto(64))] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassRecordDocument(Loose):
    """A document the pass refers to, as customs holds it."""

    pass_no: Annotated[str, wire("passportNo", upto(64), blank=True)] = ""
    related_type: Annotated[str, wire("rltTbTypecd", upto(1), blank=True)] = ""
    related_no: Annotated[str, wire("rltNo", upto(64), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassReview(Loose):
    """SAS221: what customs decided about a pass; ``result.result`` 1 passed, 2 to a person, 3 returned."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    gate_pass: Annotated[GatePassRecord | None, part("SasPassportBsc")] = None
    lines: Annotated[tuple[GatePassRecordLine, ...], many("SasPassportDt")] = ()
    documents: Annotated[tuple[GatePassRecordDocument, ...], many("SasPassportRlt")] = ()
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassPassage(Loose):
    """SAS223: the vehicle was at the gate; ``result.result`` 1 passed, 2 not passed."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    gate_pass: Annotated[GatePassRecord | None, part("SasPassportBsc")] = None
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePassInspection(Loose):
    """SAS224: what inspection decided about a pass 查验处置; only result 3 was ever seen."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    gate_pass: Annotated[GatePassRecord | None, part("SasPassportBsc")] = None
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
