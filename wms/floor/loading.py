"""Loading: scanning a parcel binds it to a vehicle and moves nothing; the vehicle's passage moves what is bound.

The worker scans the gate pass, then the parcels of its lists one by one. A parcel of another list is sent to its own
truck; one that may not go on is sent back with the reason. A truck may leave with less: the rest stays in staging.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from wms.auth.permissions import Permission
from wms.customs.barring import barred
from wms.customs.bonded_list import BondedList
from wms.customs.gate_pass import GatePass, PassState
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.permits import give_back
from wms.customs.retail_declaration import RetailDeclaration
from wms.floor.binding import NotOnVehicle, bind, find_loadable, locked_pass, rides_on
from wms.floor.flows import Flow
from wms.floor.lookup import pass_in
from wms.floor.packing import LOOK_AHEAD, first_free, known_parcel
from wms.floor.screens import (
    Action,
    Answer,
    Band,
    Fact,
    Frame,
    Pressed,
    Progress,
    Scanned,
    Screen,
    Step,
    Tone,
    WantsConfirm,
    WantsScan,
    big,
    small,
)
from wms.i18n import N_, plain, say
from wms.ledger.book import Side

FLOW = "loading"
#: The first screen has room for so many.
VEHICLES_SHOWN = 6
TITLE = say(N_("Load vehicle"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
TAKE_OFF = Action(key="off", label=say(N_("Take a parcel off")))
CLOSE = Action(key="close", label=say(N_("Vehicle is loaded")), asks_again=True)
BACK = Action(key="back", label=say(N_("Go on loading")))


@dataclass(frozen=True, kw_only=True)
class AskPass(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskParcel(Step):
    pass_id: int


@dataclass(frozen=True, kw_only=True)
class AskOff(AskParcel):
    """A parcel to take off again."""


@dataclass(frozen=True, kw_only=True)
class Loaded(AskParcel):
    """The last screen."""


def count_vehicles(session: Session) -> int:
    """How many vehicles may be loaded."""
    query = (
        select(func.count())
        .select_from(GatePass)
        .where(GatePass.side == Side.OUT, GatePass.state == PassState.APPROVED)
    )
    return session.scalar(query) or 0


def _waiting_vehicles(session: Session) -> tuple[Fact, ...]:
    """Vehicles that may be loaded, with how far each is: whoever begins sees which truck to go to."""
    query = (
        select(GatePass)
        .where(GatePass.side == Side.OUT, GatePass.state == PassState.APPROVED)
        .order_by(GatePass.id)
        .limit(VEHICLES_SHOWN)
    )
    facts = []
    for found in session.scalars(query):
        done, total = load_of(session, found)
        loaded = say(N_("{done} of {total} on it"), done=done, total=total)
        facts.append(Fact(label=loaded, value=plain(found.vehicle_no)))
    return tuple(facts)


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask for the gate pass."""
    del by_id
    return show(session, AskPass(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    if not isinstance(step, AskParcel):
        return _screen(
            AskPass(),
            say(N_("Scan the gate pass, or type the plate.")),
            WantsScan(),
            facts=_waiting_vehicles(session),
        )
    found = session.get_one(GatePass, step.pass_id, populate_existing=True)
    progress = _progress(session, found)
    facts: tuple[Fact, ...] = (big(N_("Vehicle"), found.vehicle_no), small(N_("Gate pass"), found.pass_no))
    is_gone = found.state is PassState.PASSED
    match step:
        case Loaded():
            question = (
                say(N_("The vehicle has passed the gate."))
                if is_gone
                else say(N_("Loaded. The vehicle may go to the gate."))
            )
            return _screen(None, question, WantsConfirm(), facts=facts, progress=progress)
        case _ if is_gone:
            question = say(N_("The vehicle has passed the gate."))
            return _screen(step, question, WantsScan(), facts=facts, progress=progress, actions=(CLOSE,))
        case AskOff():
            question = say(N_("Scan the parcel to take off."))
            return _screen(step, question, WantsScan(), facts=facts, progress=progress, actions=(BACK,))
        case _:
            ready = first_free(session, session.scalars(_to_load(found)).all())
            waybill = ready.waybill_no if ready else None
            next_one = (big(N_("Next"), waybill),) if waybill else ()
            return _screen(
                step,
                say(N_("Scan a parcel.")) if waybill else say(N_("Everything ready is loaded.")),
                WantsScan(),
                facts=(*facts, *next_one),
                asks=waybill,
                progress=progress,
                actions=(CLOSE, TAKE_OFF),
            )


def _of_pass(found: GatePass) -> Select[str]:
    """Waybills of the declarations whose lists ride on the pass."""
    return (
        select(Parcel.waybill_no)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .join(BondedList, BondedList.id == RetailDeclaration.exit_list_id)
        .where(BondedList.list_no.in_(found.list_nos), Parcel.state != ParcelState.PULLED)
        # what an earlier vehicle took of the list is not this one's load
        .where(or_(Parcel.pass_id == found.id, Parcel.state != ParcelState.LEFT))
    )


def _to_load(found: GatePass) -> Select[Parcel]:
    return (
        select(Parcel)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .join(BondedList, BondedList.id == RetailDeclaration.exit_list_id)
        .where(BondedList.list_no.in_(found.list_nos), Parcel.state == ParcelState.SEALED, ~barred())
        .order_by(Parcel.id)
        .limit(LOOK_AHEAD)
        .options(joinedload(Parcel.declaration))
    )


def load_of(session: Session, found: GatePass) -> tuple[int, int]:
    """How many parcels are bound to the vehicle, and how many its lists have."""
    on_it = select(func.count()).select_from(Parcel).where(Parcel.pass_id == found.id)
    total = select(func.count()).select_from(_of_pass(found).subquery())
    return session.scalar(on_it) or 0, session.scalar(total) or 0


def _progress(session: Session, found: GatePass) -> Progress:
    done, total = load_of(session, found)
    return Progress(done=done, total=total, unit=say(N_("parcels")))


def _answer(session: Session, step: Step, given: Answer, *, by_id: int, at: datetime, day: date) -> Screen:
    """Take an answer; a parcel's scan binds it."""
    match step, given:
        case AskPass(), Scanned(text=text):
            return _scan_pass(session, text, at=at)
        case AskOff(), Scanned(text=text):
            return _take_off(session, step, text, by_id=by_id, at=at)
        case AskOff(), Pressed(key="back"):
            return show(session, AskParcel(pass_id=step.pass_id), at=at)
        case AskParcel(pass_id=pass_id), Scanned(text=text):
            return _load(session, pass_id, text, by_id=by_id, at=at, day=day)
        case AskParcel(pass_id=pass_id), Pressed(key="off"):
            return show(session, AskOff(pass_id=pass_id), at=at)
        case AskParcel(pass_id=pass_id), Pressed(key="close"):
            return _close(session, pass_id, at=at)
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _scan_pass(session: Session, text: str, *, at: datetime) -> Screen:
    found = find_loadable(session, text)
    done = say(N_("Vehicle {vehicle}."), vehicle=found.vehicle_no)
    return show(session, AskParcel(pass_id=found.id), at=at).saying(done, scanned=text)


def _load(session: Session, pass_id: int, text: str, *, by_id: int, at: datetime, day: date) -> Screen:
    found = locked_pass(session, pass_id)
    if pass_in(session, text, side=Side.OUT) == found:
        said = say(N_("Vehicle {vehicle}."), vehicle=found.vehicle_no)
        return show(session, AskParcel(pass_id=found.id), at=at).saying(said, scanned=text, tone=Tone.QUIET)
    parcel = known_parcel(session, text, lock=True)
    if parcel.pass_id == found.id:
        screen = show(session, AskParcel(pass_id=found.id), at=at)
        return screen.saying(
            say(N_("{waybill} is on this vehicle already."), waybill=parcel.waybill_no),
            scanned=text,
            tone=Tone.QUIET,
        )
    bind(session, found, parcel, by_id=by_id, at=at, day=day)
    said = say(N_("{waybill} is loaded."), waybill=parcel.waybill_no)
    return show(session, AskParcel(pass_id=found.id), at=at).saying(said, scanned=text)


def _close(session: Session, pass_id: int, *, at: datetime) -> Screen:
    """The last screen; whoever closes too early reads what stays."""
    screen = show(session, Loaded(pass_id=pass_id), at=at)
    assert screen.progress is not None
    missing = int(screen.progress.total - screen.progress.done)
    if missing <= 0:
        return screen
    return screen.deciding(
        say(N_("{count} parcels of its lists are not on it and stay in staging."), count=missing)
    )


def _take_off(session: Session, step: AskOff, text: str, *, by_id: int, at: datetime) -> Screen:
    found = locked_pass(session, step.pass_id)
    parcel = known_parcel(session, text, lock=True)
    if parcel.pass_id is None and rides_on(session, parcel, found):
        said = say(N_("{waybill} is off the vehicle."), waybill=parcel.waybill_no)
        return show(session, AskOff(pass_id=found.id), at=at).saying(said, scanned=text, tone=Tone.QUIET)
    if parcel.pass_id != found.id:
        raise NotOnVehicle(waybill=parcel.waybill_no, vehicle=found.vehicle_no)
    parcel.state = ParcelState.SEALED
    parcel.pass_id = parcel.loaded_at = parcel.loaded_by_id = None
    give_back(session, parcel.declaration.number, by_id=by_id, at=at)
    said = say(N_("{waybill} is off the vehicle."), waybill=parcel.waybill_no)
    return show(session, AskOff(pass_id=found.id), at=at).saying(said, scanned=text)


def loading_flow(*, day_of: Callable[[datetime], date]) -> Flow:
    """The flow; `day_of` gives the zone's calendar day of an instant, by which papers are valid."""

    def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
        return _answer(session, step, given, by_id=by_id, at=at, day=day_of(at))

    return Flow(
        name=FLOW,
        title=TITLE.text,
        permission=Permission.LOAD,
        steps=(AskPass, AskParcel, AskOff, Loaded),
        start=start,
        show=show,
        answer=answer,
        open_tasks=count_vehicles,
    )
