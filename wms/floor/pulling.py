"""Taking a parcel apart: goods of an order that was cancelled, returned or is to be inspected go back into their bin.

The worker scans the parcel, then, lot by lot, the bin the goods are put back into: their own, or a better one. A
parcel on a vehicle comes off it first. Nothing is picked for the declaration any more; what was still chosen is let go.
What is to be inspected may be brought to the inspection place as well; it stays held, and after release it is picked
anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, exists, func, or_, select, text
from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.customs.barring import inspected
from wms.customs.double_random import SubjectKind
from wms.customs.inspection import barred_by_inspection
from wms.customs.inspection_goods import moved_under_hold
from wms.customs.parcels import IN_STAGING, Parcel, ParcelState, Pick, PickState
from wms.customs.permits import give_back
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, document_of
from wms.errors import Refusal
from wms.floor.flows import Flow
from wms.floor.lookup import find_place, parcel_in, what_it_is
from wms.floor.packing import known_parcel, not_barred
from wms.floor.screens import (
    Action,
    Answer,
    Band,
    Fact,
    Frame,
    Pressed,
    Scanned,
    Screen,
    Step,
    Tone,
    WantsConfirm,
    WantsScan,
    big,
    small,
    warning,
)
from wms.floor.short import ask_cover
from wms.i18n import N_, say
from wms.ledger.lots import Lot
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, Reserve, ReserveItem
from wms.ledger.places import OUTSIDE, Location, Purpose, Regime
from wms.ledger.posting import apply
from wms.registry.products import Product

FLOW = "pulling"
TITLE = say(N_("Take apart"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
DONE = Action(key="done", label=say(N_("Finish")))


class StaysSealed(Refusal):
    """Only what was taken back or is to be inspected is taken apart."""

    message = N_("Order {order} was not cancelled and is not inspected. Leave parcel {waybill} as it is.")


class AlreadyGone(Refusal):
    """The goods are not in the zone, or back already."""

    message = N_("Parcel {waybill} has no goods in staging. Nothing is to be put back.")


class NotABondedBin(Refusal):
    """Goods under bond go back under bond."""

    message = N_("This is {found}. Put the goods into a bonded bin, best into {location}.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class AskParcel(Step):
    """Which parcel is taken apart; `waybill` is the one proposed."""

    waybill: str


@dataclass(frozen=True, kw_only=True)
class AskBack(Step):
    """Where one lot of a parcel is put back."""

    parcel_id: int
    lot_id: int
    location_id: int


@dataclass(frozen=True, kw_only=True)
class Idle(Step):
    """Nothing is to be taken apart."""


@dataclass(frozen=True, kw_only=True)
class Finished(Step):
    """The last screen."""


# A picked lot lies in staging under the hold of an inspection of its batch or list.
_BATCH_INSPECTED: Final = text("""
    exists (
        select 1 from pick k
        join balance b on b.location_id = k.staging_id and b.lot_id = k.lot_id and b.held > 0
        join hold_entry e on e.balance_id = b.id
        join inspection i on i.hold_id = e.hold_id
        where k.parcel_id = parcel.id and k.state = 'PICKED'
          and i.subject_kind <> 'RETAIL_DECLARATION' and i.state <> 'CLOSED'
        group by e.hold_id having sum(e.quantity) > 0)
""")


def _undone() -> Select[Parcel]:
    """Parcels with goods in staging whose declaration was taken back or is inspected, or whose batch is."""
    some_picked = exists().where(Pick.parcel_id == Parcel.id, Pick.state == PickState.PICKED)
    return (
        select(Parcel)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .where(
            or_(RetailDeclaration.book_effect == BookEffect.WITHDRAWN, inspected(), _BATCH_INSPECTED),
            or_(Parcel.state.in_(IN_STAGING), Parcel.state == ParcelState.TO_PICK),
            some_picked,
        )
    )


def count_undone(session: Session) -> int:
    """How many parcels wait to be taken apart."""
    return session.scalar(select(func.count()).select_from(_undone().subquery())) or 0


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Name the first parcel to fetch."""
    del by_id
    return _next(session, at=at, otherwise=Idle())


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskParcel(waybill=waybill):
            question = say(N_("Fetch this parcel and scan it."))
            facts: tuple[Fact, ...] = (big(N_("Parcel"), waybill),)
            found = known_parcel(session, waybill)
            if found.pass_id is not None:
                facts += (warning(N_("Stands on"), say(N_("a vehicle: take it off"))),)
            return _screen(step, question, WantsScan(), facts=facts, asks=waybill)
        case AskBack():
            return _show_back(session, step)
        case Finished():
            return _screen(None, say(N_("All goods are back in their bins.")), WantsConfirm())
        case _:
            return _screen(step, say(N_("Nothing is to be taken apart.")), WantsConfirm(), main=DONE)


def _show_back(session: Session, step: AskBack) -> Screen:
    query = (
        select(Product.name_zh, Lot.code, Location.code, func.sum(Pick.quantity))
        .join_from(Pick, Lot, Lot.id == Pick.lot_id)
        .join(Product, Product.id == Lot.product_id)
        .join(Location, Location.id == Pick.location_id)
        .where(
            Pick.parcel_id == step.parcel_id,
            Pick.lot_id == step.lot_id,
            Pick.location_id == step.location_id,
            Pick.state == PickState.PICKED,
        )
        .group_by(Product.id, Lot.id, Location.id)
    )
    row = session.execute(query).first()
    if row is None:
        return _screen(step, say(N_("These goods are back already.")), WantsConfirm(), main=DONE)
    name, lot, location, quantity = row
    facts = (
        big(N_("Bin"), location),
        big(N_("Put back"), int(quantity)),
        small(N_("Item"), name),
        small(N_("Lot"), lot),
    )
    return _screen(
        step, say(N_("Put the goods back and scan the bin.")), WantsScan(), facts=facts, asks=location
    )


def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    """Take an answer; each bin's scan moves goods back."""
    match step, given:
        case AskParcel() | Idle(), Scanned(text=text):
            parcel = _to_pull(session, text, by_id=by_id, at=at)
            screen = _next_lot(session, parcel, at=at)
            return screen.saying(say(N_("Open {waybill}."), waybill=parcel.waybill_no), scanned=text)
        case AskBack(parcel_id=parcel_id), Scanned(text=text) if _is_parcel(session, parcel_id, text):
            return show(session, step, at=at).saying(
                say(N_("Scanned already.")), scanned=text, tone=Tone.QUIET
            )
        case AskBack(), Scanned(text=text):
            return _put_back(session, step, text, at=at)
        case AskBack(), Pressed(key="done"):
            return _next_lot(session, session.get_one(Parcel, step.parcel_id), at=at)
        case Idle(), Pressed(key="done"):
            return _screen(None, say(N_("Nothing is to be taken apart.")), WantsConfirm())
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _is_parcel(session: Session, parcel_id: int, text: str) -> bool:
    """Whether a scan is the parcel in hand once more: the trigger bounced."""
    found = parcel_in(session, text)
    return found is not None and found.id == parcel_id


def _to_pull(session: Session, text: str, *, by_id: int, at: datetime) -> Parcel:
    parcel = known_parcel(session, text, lock=True)
    if parcel.state in (ParcelState.LEFT, ParcelState.PULLED):
        raise AlreadyGone(waybill=parcel.waybill_no)
    if session.scalar(_undone().where(Parcel.id == parcel.id).with_only_columns(Parcel.id)) is None:
        not_barred(session, parcel)
        raise StaysSealed(order=parcel.declaration.order_no, waybill=parcel.waybill_no)
    if parcel.pass_id is not None:
        give_back(session, parcel.declaration.number, by_id=by_id, at=at)
    parcel.pass_id = parcel.loaded_at = parcel.loaded_by_id = None
    return parcel


def _next_lot(session: Session, parcel: Parcel, *, at: datetime) -> Screen:
    pick = next((each for each in parcel.picks if each.state is PickState.PICKED), None)
    if pick is None:
        return _next(session, at=at, otherwise=Finished())
    return show(
        session, AskBack(parcel_id=parcel.id, lot_id=pick.lot_id, location_id=pick.location_id), at=at
    )


def _put_back(session: Session, step: AskBack, text: str, *, at: datetime) -> Screen:
    parcel = session.get_one(Parcel, step.parcel_id, with_for_update={"of": Parcel}, populate_existing=True)
    back = [
        pick
        for pick in parcel.picks
        if pick.state is PickState.PICKED
        and (pick.lot_id, pick.location_id) == (step.lot_id, step.location_id)
    ]
    if not back:
        raise AlreadyGone(waybill=parcel.waybill_no)
    declaration = parcel.declaration
    lives = declaration.book_effect is not BookEffect.WITHDRAWN
    target = _bin(session, text, proposed_id=step.location_id, to_inspect=lives)
    moves = [
        Move(
            source_id=pick.staging_id,
            source_lot_id=step.lot_id,
            target_id=target.id,
            target_lot_id=step.lot_id,
            quantity=pick.quantity,
            document=document_of(declaration.number, pick.line_no),
        )
        for pick in back
        if pick.staging_id is not None
    ]
    numbers = [declaration.number]
    found = barred_by_inspection(session, SubjectKind.RETAIL_DECLARATION, numbers).get(declaration.number)
    operations = moved_under_hold(session, found, moves)
    if lives:
        operations += _promised_again(session, declaration, back)
    operations += _let_go(parcel)
    for pick in back:
        pick.state = PickState.BACK
    if all(pick.state is PickState.BACK for pick in parcel.picks):
        parcel.state = ParcelState.PULLED
    session.flush()
    apply(session, operations, occurred_at=at)
    ask_cover(session, [step.lot_id])
    quantity = sum(pick.quantity for pick in back)
    said = say(N_("{count} are back in {bin}."), count=quantity, bin=target.code)
    return _next_lot(session, parcel, at=at).saying(said, scanned=text)


def _promised_again(
    session: Session, declaration: RetailDeclaration, back: Sequence[Pick]
) -> list[Operation]:
    """What was picked stood for the promise; put back, the promise stands again, so that it can be picked anew."""
    return [
        ReserveItem(
            book_item_id=pick.book_item_id,
            owner_id=lot.owner_id,
            mode=lot.mode,
            quantity=pick.quantity,
            document=document_of(declaration.number, pick.line_no),
            on_day=date.max,
            min_remaining_days=0,
            guarded=False,
        )
        for pick in back
        for lot in [session.get_one(Lot, pick.lot_id)]
    ]


def _let_go(parcel: Parcel) -> list[Operation]:
    """What was chosen for the parcel and never picked."""
    waiting = [pick for pick in parcel.picks if pick.state in (PickState.CHOSEN, PickState.SHORT)]
    operations: list[Operation] = [
        Reserve(
            location_id=pick.location_id,
            lot_id=pick.lot_id,
            handling_unit_id=pick.handling_unit_id,
            quantity=-pick.quantity,
        )
        for pick in waiting
        if pick.state is PickState.CHOSEN
    ]
    for pick in waiting:
        pick.state = PickState.BACK
    return operations


def _bin(session: Session, text: str, *, proposed_id: int, to_inspect: bool) -> Location:
    place = find_place(session, text)
    wanted = (Purpose.STORE, Purpose.INSPECTION) if to_inspect else (Purpose.STORE,)
    bonded = (
        place is not None
        and place.purpose in wanted
        and place.regime is Regime.BONDED
        and place.zone != OUTSIDE
    )
    if place is None or not bonded:
        proposed = session.get_one(Location, proposed_id)
        raise NotABondedBin(found=what_it_is(session, text), location=proposed.code)
    return place


def _next(session: Session, *, at: datetime, otherwise: Step) -> Screen:
    parcel = session.scalars(_undone().order_by(Parcel.id).limit(1)).first()
    return show(session, otherwise if parcel is None else AskParcel(waybill=parcel.waybill_no), at=at)


PULLING = Flow(
    name=FLOW,
    title=TITLE.text,
    permission=Permission.PICK,
    steps=(AskParcel, AskBack, Idle, Finished),
    start=start,
    show=show,
    answer=answer,
    open_tasks=count_undone,
)
