"""Pass for goods declared in two steps 两步申报核放单: ICP101 declared; SAS251 reviewed, SAS253 passed.

No schema and no example of the declaration is public: the form is that of a working client. The receipts are
those of an ordinary pass, whatever names their parts have.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import DAY_OR_MOMENT, MOMENT, WEIGHT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import exactly, some, upto
from wms.customs.messages.wire.record import many, part, remainder, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TwoStepPassHead(Loose):
    """Head of a pass for goods declared in two steps; weights in kilograms."""

    pre_entry_no: Annotated[str, wire("SasPassportPreentNo", upto(18))] = ""
    pass_no: Annotated[str, wire("PassportNo", upto(24))] = ""
    inner_no: Annotated[str, wire("EtpsPreentNo", some(64))]
    declaration_type: Annotated[str, wire("DclTypecd", exactly(1))]
    direction: Annotated[str, wire("IoTypecd", exactly(1))]
    customs_code: Annotated[str, wire("MasterCuscd", exactly(4))]
    book_no: Annotated[str, wire("AreainOriactNo", upto(64))] = ""
    operator_credit_code: Annotated[str, wire("AreainEtpsSccd", exactly(18))] = ""
    operator_code: Annotated[str, wire("AreainEtpsNo", exactly(10))]
    operator_name: Annotated[str, wire("AreainEtpsNm", some(512))]
    declarant_credit_code: Annotated[str, wire("DclEtpsSccd", exactly(18))] = ""
    declarant_code: Annotated[str, wire("DclEtpsno", exactly(10))] = ""
    declarant_name: Annotated[str, wire("DclEtpsNm", upto(512))] = ""
    entered_by_credit_code: Annotated[str, wire("InputCreditCode", exactly(18))] = ""
    entered_by_code: Annotated[str, wire("InputCode", exactly(10))] = ""
    entered_by_name: Annotated[str, wire("InputName", upto(512))] = ""
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
    contact: Annotated[str, wire("DclErConc", upto(512), personal=True)] = ""
    declared_at: Annotated[date | None, wire("DclTime", DAY_OR_MOMENT)] = None
    passed_at: Annotated[datetime | None, wire("PassTime", MOMENT)] = None
    second_passed_at: Annotated[datetime | None, wire("SecdPassTime", MOMENT)] = None
    state: Annotated[str, wire("Stucd", upto(1))] = ""
    remark: Annotated[str, wire("Rmk", upto(4000))] = ""
    arrival_mark: Annotated[str, wire("Col1", upto(64))] = ""
    spare_2: Annotated[str, wire("Col2", upto(64))] = ""
    spare_3: Annotated[str, wire("Col3", upto(64))] = ""
    spare_4: Annotated[str, wire("Col4", upto(64))] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TwoStepDeclaration(Loose):
    """The declaration 报关单 whose goods ride on this vehicle."""

    declaration_no: Annotated[str, wire("EntryId", exactly(18))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TwoStepPassDraft(Loose):
    """ICP101: a two-step pass as declared."""

    system_id: Annotated[str, wire("SysId", upto(2))] = ""
    operator_customs_code: Annotated[str, wire("OperCusRegCode", upto(10))] = ""
    head: Annotated[TwoStepPassHead, part("Sas2sPassportHead")]
    declarations: Annotated[tuple[TwoStepDeclaration, ...], many("Sas2sPassportRlt")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TwoStepPassReview(Loose):
    """SAS251: what customs decided; ``rest`` is what the receipt says beyond its result."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
    rest: Annotated[tuple[bytes, ...], remainder()] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TwoStepPassPassage(Loose):
    """SAS253: the vehicle was at the gate; ``result.result`` 1 passed, 2 not passed."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
    rest: Annotated[tuple[bytes, ...], remainder()] = ()
