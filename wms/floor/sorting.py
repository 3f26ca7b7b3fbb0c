"""Sorting: returned goods leave the returns area, good ones to a bin once the book has them, damaged to quarantine.

The worker scans the parcel, then a lot of it, says how many and how they are, and scans where they go. A lot gets the
condition that was found, so only goods somebody has looked at can be sold again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from devices.codes import ParcelCode, parse_code
from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.floor import returned
from wms.floor.flows import Flow
from wms.floor.lookup import find_place, read_lot, what_it_is
from wms.floor.receiving import NotWanted
from wms.floor.returns_screens import CONDITIONS, DAMAGED, GOOD
from wms.floor.screens import (
    Action,
    Answer,
    Band,
    Chosen,
    Counted,
    Fact,
    Frame,
    Pressed,
    Scanned,
    Screen,
    Step,
    WantsConfirm,
    WantsNumber,
    WantsScan,
    big,
    pieces,
    small,
)
from wms.i18n import N_, plain, say
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.registry.products import Product

FLOW = "sorting"
TITLE = say(N_("Sort returns"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
CLOSE = Action(key="close", label=say(N_("Finish")))


class NotInReturns(Refusal):
    """The lot is not among what this parcel brought."""

    message = N_("Lot {lot} of parcel {parcel} is not in the returns area.")
    status = 404


@dataclass(frozen=True, kw_only=True)
class AskParcel(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskLot(Step):
    parcel: str


@dataclass(frozen=True, kw_only=True)
class AskQuantity(Step):
    parcel: str
    lot_id: int
    source_id: int


@dataclass(frozen=True, kw_only=True)
class AskCondition(Step):
    parcel: str
    lot_id: int
    source_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class AskPlace(Step):
    parcel: str
    lot_id: int
    source_id: int
    quantity: int
    is_damaged: bool


@dataclass(frozen=True, kw_only=True)
class Over(Step):
    """The worker is done; any answer goes back to the menu."""


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask for a parcel."""
    del by_id
    return show(session, AskParcel(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskParcel():
            return _screen(step, say(N_("Scan the parcel number.")), WantsScan())
        case AskLot(parcel=parcel):
            lots = ", ".join(lot.code for lot, _ in _waiting(session, parcel)) or "—"
            facts = (big(N_("Parcel"), parcel), small(N_("Waits to be sorted"), lots))
            return _screen(step, say(N_("Scan a lot.")), WantsScan(), facts=facts, actions=(CLOSE,))
        case AskQuantity():
            wanted = WantsNumber(unit=say(N_("pieces")))
            return _screen(step, say(N_("How many of it?")), wanted, facts=_facts(session, step))
        case AskCondition():
            return _screen(step, say(N_("How are they?")), CONDITIONS, facts=_facts(session, step))
        case AskPlace():
            where = N_("Scan the quarantine place.") if step.is_damaged else N_("Scan the bin.")
            return _screen(step, say(where), WantsScan(), facts=_facts(session, step))
        case _:
            return _screen(None, say(N_("Sorted.")), WantsConfirm())


def _facts(session: Session, step: AskQuantity | AskCondition | AskPlace) -> tuple[Fact, ...]:
    lot = session.get_one(Lot, step.lot_id)
    product = session.get_one(Product, lot.product_id)
    facts = (big(N_("Item"), product.name_zh), small(N_("Item number"), product.item_no))
    return (*facts, small(N_("Lot"), lot.code))


def _waiting(session: Session, parcel: str) -> list[tuple[Lot, int]]:
    """Lots this parcel brought that still lie in a bonded returns place, with the place."""
    return returned.lots_waiting(session, returned.find_case(session, parcel))


def _answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    del by_id
    match step, given:
        case AskParcel(), Scanned(text=text):
            code = parse_code(text, expect=(ParcelCode,))
            parcel = code.waybill if isinstance(code, ParcelCode) else code.text
            returned.find_case(session, parcel)
            return show(session, AskLot(parcel=parcel), at=at).saying(plain(parcel), scanned=text)
        case AskLot(), Pressed(key="close"):
            return show(session, Over(), at=at)
        case AskLot(parcel=parcel), Scanned(text=text):
            return _lot(session, parcel, text, at=at)
        case AskQuantity(), Counted(number=number) if number > 0:
            return show(session, AskCondition(**vars(step), quantity=pieces(number)), at=at)
        case AskCondition(), Chosen(key=key) if key in {GOOD, DAMAGED}:
            return show(session, AskPlace(**vars(step), is_damaged=key == DAMAGED), at=at)
        case AskPlace(), Scanned(text=text):
            return _place(session, step, text, at=at)
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _lot(session: Session, parcel: str, text: str, *, at: datetime) -> Screen:
    code, _ = read_lot(text)
    for lot, source_id in _waiting(session, parcel):
        if lot.code == code:
            step = AskQuantity(parcel=parcel, lot_id=lot.id, source_id=source_id)
            return show(session, step, at=at).saying(say(N_("Lot {lot}."), lot=code), scanned=text)
    raise NotInReturns(lot=code[:40], parcel=parcel)


def _place(session: Session, step: AskPlace, text: str, *, at: datetime) -> Screen:
    place = find_place(session, text)
    if place is None:
        raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan the label of a place.")))
    returned.sort(
        session,
        step.parcel,
        source=session.get_one(Location, step.source_id),
        lot=session.get_one(Lot, step.lot_id),
        is_damaged=step.is_damaged,
        quantity=step.quantity,
        target=place,
        at=at,
    )
    done = say(N_("{count} in {place}."), count=step.quantity, place=place.code)
    return show(session, AskLot(parcel=step.parcel), at=at).saying(done, scanned=text)


def _count_places(session: Session) -> int:
    """Bonded returns places with goods on them, for the handheld's menu."""
    return returned.places_waiting(session)


SORTING = Flow(
    name=FLOW,
    title=TITLE.text,
    permission=Permission.PUT_AWAY,
    steps=(AskParcel, AskLot, AskQuantity, AskCondition, AskPlace, Over),
    start=start,
    show=show,
    answer=_answer,
    open_tasks=_count_places,
)
