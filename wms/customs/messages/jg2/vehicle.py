"""Filed vehicle 车辆备案: SAS131 declared, SAS231 reviewed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.jg2.forms import COUNT, FIGURE, MOMENT, WEIGHT
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote, Loose
from wms.customs.messages.wire.forms import some, upto
from wms.customs.messages.wire.record import many, part, wire


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class VehicleRecord(Loose):
    """A filed vehicle 车辆备案 and its tare in kilograms."""

    vehicle_no: Annotated[str, wire("vehicleNo", some(64), blank=True)]
    change_count: Annotated[int | None, wire("chgTmsCnt", COUNT, blank=True)] = None
    vehicle_type: Annotated[str, wire("vehicleTypecd", upto(1), blank=True)] = ""
    customs_code: Annotated[str, wire("masterCuscd", upto(4), blank=True)] = ""
    pre_entry_no: Annotated[str, wire("dclPreentNo", upto(18), blank=True)] = ""
    declaration_type: Annotated[str, wire("dclTypecd", upto(1), blank=True)] = ""
    customs_vehicle_no: Annotated[str, wire("vehicleCusNo", upto(10), blank=True)] = ""
    firm_code: Annotated[str, wire("etpsno", upto(10), blank=True)] = ""
    firm_name: Annotated[str, wire("etpsNm", upto(512), blank=True)] = ""
    firm_credit_code: Annotated[str, wire("etpsSccd", upto(18), blank=True)] = ""
    vehicle_kg: Annotated[Decimal | None, wire("vehicleWt", WEIGHT, blank=True)] = None
    contact: Annotated[str, wire("dclEr", upto(256), blank=True, personal=True)] = ""
    declared_at: Annotated[datetime | None, wire("dclTime", MOMENT, blank=True)] = None
    approved_at: Annotated[datetime | None, wire("putrecEmapvTime", MOMENT, blank=True)] = None
    change_approved_at: Annotated[datetime | None, wire("chgEmapvTime", MOMENT, blank=True)] = None
    approval_mark: Annotated[str, wire("emapvMarkcd", upto(1), blank=True)] = ""
    state: Annotated[str, wire("stucd", upto(1), blank=True)] = ""
    remark: Annotated[str, wire("rmk", upto(512), blank=True)] = ""
    spare_1: Annotated[str, wire("col1", upto(512), blank=True)] = ""
    spare_2: Annotated[str, wire("col2", upto(512), blank=True)] = ""
    spare_3: Annotated[datetime | None, wire("col3", MOMENT, blank=True)] = None
    spare_4: Annotated[Decimal | None, wire("col4", FIGURE, blank=True)] = None
    owner_system: Annotated[str, wire("ownerSystem", upto(1), blank=True)] = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class VehicleDraft(Loose):
    """SAS131: a vehicle as declared."""

    vehicle: Annotated[VehicleRecord, part("SasVehicleBsc")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class VehicleReview(Loose):
    """SAS231: what customs decided; ``result.result`` 1 passed, 2 to a person, 3 returned."""

    result: Annotated[ApprovalResult, part("HdeApprResult")]
    vehicle: Annotated[VehicleRecord | None, part("SasVehicleBsc")] = None
    notes: Annotated[tuple[CheckNote, ...], many("CheckInfo")] = ()
