"""Dispatching: the goods of an exit list or a stock bill are brought from their bins to staging.

The worker scans the number of the list or bill; lots were chosen first expiry first. For each bin in walking order the
bin and the lot are scanned and the pieces confirmed; another bin or lot is refused with the one that is wanted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from devices.codes import DocumentCode, parse_code
from wms.auth.permissions import Permission
from wms.customs.dispatch import Dispatch, DispatchPick, next_pick, open_dispatch, stage
from wms.errors import Refusal
from wms.floor.flows import Flow
from wms.floor.lookup import find_place, read_lot, what_it_is
from wms.floor.picking import OtherBin
from wms.floor.screens import (
    Action,
    Answer,
    Band,
    Counted,
    Frame,
    Pressed,
    Scanned,
    Screen,
    Step,
    WantsConfirm,
    WantsNumber,
    WantsScan,
    big,
    small,
)
from wms.i18n import N_, plain, say
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.registry.products import Product

FLOW = "dispatching"
TITLE = say(N_("Bring out by list"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
DONE = Action(key="done", label=say(N_("Finish")))


class LotWanted(Refusal):
    """Another lot than was chosen."""

    message = N_("This is lot {found}. Take lot {lot}; put the other back.")
    status = 422


class CountWanted(Refusal):
    """A dispatch takes what its document says, neither more nor less."""

    message = N_(
        "{wanted} are wanted here, you said {found}. Count again; if some are missing, call your supervisor."
    )
    status = 422


@dataclass(frozen=True, kw_only=True)
class AskDocument(Step):
    """Which list or bill."""


@dataclass(frozen=True, kw_only=True)
class AskBin(Step):
    dispatch_id: int
    pick_id: int


@dataclass(frozen=True, kw_only=True)
class AskLot(AskBin):
    pass


@dataclass(frozen=True, kw_only=True)
class AskCount(AskLot):
    pass


@dataclass(frozen=True, kw_only=True)
class Staged(Step):
    """Everything lies in staging."""

    dispatch_id: int


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask for the document."""
    del by_id
    return show(session, AskDocument(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskBin():
            return _show_pick(session, step)
        case Staged(dispatch_id=dispatch_id):
            dispatch = session.get_one(Dispatch, dispatch_id)
            said = say(
                N_("All goods of {number} are in staging. Load the vehicle."), number=dispatch.gate_number
            )
            return _screen(step, said, WantsConfirm(), main=DONE)
        case _:
            return _screen(step, say(N_("Scan the number of the exit list or stock bill.")), WantsScan())


def _show_pick(session: Session, step: AskBin) -> Screen:
    pick = session.get_one(DispatchPick, step.pick_id)
    lot, bin_ = session.get_one(Lot, pick.lot_id), session.get_one(Location, pick.location_id)
    product = session.get_one(Product, lot.product_id)
    facts = (
        big(N_("Bin"), bin_.code),
        big(N_("Take"), pick.quantity),
        small(N_("Item"), product.name_zh),
        small(N_("Item number"), product.item_no),
        small(N_("Lot"), lot.code),
        *((small(N_("Expiry"), lot.expiry.isoformat()),) if lot.expiry else ()),
    )
    match step:
        case AskCount():
            wants = WantsNumber(unit=say(N_("pieces")))
            return _screen(
                step, say(N_("How many do you take?")), wants, facts=facts, asks=str(pick.quantity)
            )
        case AskLot():
            return _screen(step, say(N_("Scan the lot.")), WantsScan(), facts=facts, asks=lot.code)
        case _:
            return _screen(
                step, say(N_("Go to the bin and scan it.")), WantsScan(), facts=facts, asks=bin_.code
            )


def _answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime, day: date) -> Screen:
    match step, given:
        case AskDocument(), Scanned(text=text):
            code = parse_code(text, expect=(DocumentCode,))
            number = code.number if isinstance(code, DocumentCode) else code.text
            dispatch = open_dispatch(session, number, day=day, by_id=by_id, at=at)
            return _next(session, dispatch.id, at=at)
        case AskCount(), Counted(number=number):
            pick = session.get_one(DispatchPick, step.pick_id, with_for_update=True)
            if number != pick.quantity:
                raise CountWanted(wanted=pick.quantity, found=number)
            if pick.staging_id is None:
                place = stage(session, pick, by_id=by_id, at=at)
                done = say(N_("{count} brought to {place}."), count=pick.quantity, place=place.code)
                return _next(session, step.dispatch_id, at=at).saying(done)
            return _next(session, step.dispatch_id, at=at)
        case AskLot(), Scanned(text=text) if type(step) is AskLot:
            return _scan_lot(session, step, text, at=at)
        case AskBin(), Scanned(text=text) if type(step) is AskBin:
            return _scan_bin(session, step, text, at=at)
        case Staged(), Pressed():
            return Screen(
                flow=FLOW,
                title=TITLE,
                question=say(N_("Finished.")),
                wants=WantsConfirm(),
                step=None,
                band=Band.BONDED,
            )
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _next(session: Session, dispatch_id: int, *, at: datetime) -> Screen:
    pick = next_pick(session, dispatch_id)
    if pick is None:
        return show(session, Staged(dispatch_id=dispatch_id), at=at)
    return show(session, AskBin(dispatch_id=dispatch_id, pick_id=pick.id), at=at)


def _scan_bin(session: Session, step: AskBin, text: str, *, at: datetime) -> Screen:
    pick = session.get_one(DispatchPick, step.pick_id)
    bin_ = session.get_one(Location, pick.location_id)
    place = find_place(session, text)
    if place is None or place.id != bin_.id:
        raise OtherBin(found=what_it_is(session, text), location=bin_.code)
    asked = AskLot(dispatch_id=step.dispatch_id, pick_id=step.pick_id)
    return show(session, asked, at=at).saying(plain(bin_.code), scanned=text)


def _scan_lot(session: Session, step: AskLot, text: str, *, at: datetime) -> Screen:
    pick = session.get_one(DispatchPick, step.pick_id)
    lot = session.get_one(Lot, pick.lot_id)
    found, _ = read_lot(text)
    if found.strip() != lot.code:
        raise LotWanted(found=found, lot=lot.code)
    asked = AskCount(dispatch_id=step.dispatch_id, pick_id=step.pick_id)
    return show(session, asked, at=at).saying(plain(lot.code), scanned=text)


def dispatching_flow(*, day_of: Callable[[datetime], date]) -> Flow:
    """The flow; `day_of` gives the zone's calendar day of an instant."""

    def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
        return _answer(session, step, given, by_id=by_id, at=at, day=day_of(at))

    return Flow(
        name=FLOW,
        title=TITLE.text,
        permission=Permission.PICK,
        steps=(AskDocument, AskBin, AskLot, AskCount, Staged),
        start=start,
        show=show,
        answer=answer,
    )
