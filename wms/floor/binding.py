"""What binds a parcel to a vehicle, and what speaks against it: each refusal says where the parcel belongs instead."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.codes import DocumentCode, DocumentKind, parse_code
from wms.customs import gate_pass as passes
from wms.customs.bonded_list import BondedList
from wms.customs.gate_pass import GatePass, PassedList, PassState
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.permits import use_papers_of
from wms.errors import Refusal
from wms.floor.lookup import known_here, pass_in, what_it_is
from wms.floor.packing import STATES, not_barred
from wms.i18n import N_, say
from wms.ledger.book import Side


class NoSuchPass(Refusal):
    """The number names no gate pass."""

    message = N_("There is no gate pass {number} here. Ask the declarant whether it was declared.")
    status = 404


class NotAPass(Refusal):
    """Something else than a gate pass was scanned."""

    message = N_("This is {found}. Scan the gate pass.")
    status = 422


class PassIsInbound(Refusal):
    """A pass for goods that come in."""

    message = N_("Gate pass {number} is for goods coming in. Nothing is loaded on it.")


class PassNotApproved(Refusal):
    """Customs has not approved the vehicle."""

    message = N_("Gate pass {number} is not approved by customs (state {state}). Do not load.")


class VehicleIsGone(Refusal):
    """The vehicle passed the gate."""

    message = N_("Vehicle {vehicle} has passed the gate with {number}. Nothing is loaded on it any more.")


class NotSealed(Refusal):
    """A parcel at another point of its way."""

    message = N_("Parcel {waybill} is {state}. Only sealed parcels are loaded.")


class OnNoList(Refusal):
    """No exit list takes the parcel out."""

    message = N_("Parcel {waybill} is on no exit list yet. Leave it in staging.")


class HasLeft(Refusal):
    """By the books the parcel is gone; if it lies here, the passage took along what it did not carry."""

    message = N_(
        "Parcel {waybill} left the zone with vehicle {vehicle}. Do not load it; tell your supervisor."
    )


class NoVehicleYet(Refusal):
    """No pass that can still be loaded takes the parcel's list."""

    message = N_("Parcel {waybill} of list {list} has no vehicle yet. Leave it in staging.")


class LeftBehind(Refusal):
    """The vehicle of the parcel's list went without it."""

    message = N_(
        "Vehicle {vehicle} left without parcel {waybill}. Leave it in staging until the declarant has another pass."
    )


class WrongVehicle(Refusal):
    """The parcel's list rides on another vehicle."""

    message = N_("Parcel {waybill} goes on vehicle {right}, not on {vehicle} (list {list}).")


class OnOtherVehicle(Refusal):
    """The parcel was scanned onto another vehicle before."""

    message = N_("Parcel {waybill} is on vehicle {vehicle} already. Take it off there first.")


class NotOnVehicle(Refusal):
    """The parcel is not on this vehicle."""

    message = N_("Parcel {waybill} is not on vehicle {vehicle}.")


def find_loadable(session: Session, text: str) -> GatePass:
    """The pass to load on; raises NoSuchPass, NotAPass, PassIsInbound, VehicleIsGone and PassNotApproved."""
    found = pass_in(session, text, side=Side.OUT)
    if found is not None:
        return _loadable(found)
    code = parse_code(text, expect=(DocumentCode,))
    if isinstance(code, DocumentCode) and code.kind is DocumentKind.GATE_PASS:
        raise NoSuchPass(number=code.number)
    if isinstance(code, DocumentCode) or known_here(session, text) is not None:
        raise NotAPass(found=what_it_is(session, text))
    raise NoSuchPass(number=code.text)


def _loadable(found: GatePass) -> GatePass:
    number = found.pass_no or found.inner_no
    if found.side is not Side.OUT:
        raise PassIsInbound(number=number)
    if found.state is PassState.PASSED:
        raise VehicleIsGone(vehicle=found.vehicle_no, number=number)
    if found.state is not PassState.APPROVED:
        raise PassNotApproved(number=number, state=say(passes.STATES[found.state]))
    return found


def locked_pass(session: Session, pass_id: int) -> GatePass:
    """The pass, still loadable: shared with other loaders, not with the passage, which takes the row alone."""
    found = session.get_one(
        GatePass, pass_id, with_for_update={"of": GatePass, "read": True}, populate_existing=True
    )
    return _loadable(found)


def rides_on(session: Session, parcel: Parcel, found: GatePass) -> bool:
    """Whether the parcel's exit list rides on the pass."""
    list_id = parcel.declaration.exit_list_id
    return list_id is not None and session.get_one(BondedList, list_id).list_no in found.list_nos


def bind(session: Session, found: GatePass, parcel: Parcel, *, by_id: int, at: datetime, day: date) -> None:
    """Bind a parcel to the vehicle of a pass; raises what speaks against it, with the right truck.

    Papers its goods need on `day` are used with it.
    """
    if parcel.state is ParcelState.LEFT:
        gone = None if parcel.pass_id is None else session.get(GatePass, parcel.pass_id)
        raise HasLeft(waybill=parcel.waybill_no, vehicle=gone.vehicle_no if gone else "–")
    not_barred(session, parcel)
    if parcel.pass_id is not None:
        other = session.get_one(GatePass, parcel.pass_id)
        raise OnOtherVehicle(waybill=parcel.waybill_no, vehicle=other.vehicle_no)
    if parcel.state is not ParcelState.SEALED:
        raise NotSealed(waybill=parcel.waybill_no, state=say(STATES[parcel.state]))
    if parcel.declaration.exit_list_id is None:
        raise OnNoList(waybill=parcel.waybill_no)
    if not rides_on(session, parcel, found):
        raise _belongs_elsewhere(session, found, parcel)
    use_papers_of(session, parcel.declaration, day=day, by_id=by_id, at=at)
    parcel.state, parcel.pass_id = ParcelState.LOADED, found.id
    parcel.loaded_at, parcel.loaded_by_id = at, by_id
    session.flush()


def _belongs_elsewhere(session: Session, found: GatePass, parcel: Parcel) -> Refusal:
    """Where a parcel of another list belongs: on a vehicle that can still be loaded, or in staging."""
    bonded = session.get_one(BondedList, parcel.declaration.exit_list_id)
    number = bonded.list_no or bonded.inner_no
    right = _pass_of(session, bonded.list_no)
    if right is None:
        return NoVehicleYet(waybill=parcel.waybill_no, list=number)
    if right.state is PassState.PASSED:
        return LeftBehind(waybill=parcel.waybill_no, vehicle=right.vehicle_no)
    return WrongVehicle(
        waybill=parcel.waybill_no, list=number, vehicle=found.vehicle_no, right=right.vehicle_no
    )


def _pass_of(session: Session, list_no: str) -> GatePass | None:
    """The newest pass that lives of a list."""
    query = (
        select(GatePass)
        .join(PassedList, PassedList.pass_id == GatePass.id)
        .where(
            PassedList.list_no == list_no,
            PassedList.list_no != "",
            GatePass.state.not_in(passes.UNUSED),
        )
        .order_by(GatePass.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()
