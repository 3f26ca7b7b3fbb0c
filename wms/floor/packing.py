"""Packing: goods in staging become a sealed parcel, weighed, with its label.

The screen says what belongs into the parcel; the scale tells whether it is in there. Packing moves no stock: the goods
lie in staging before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from wms.auth.permissions import Permission
from wms.customs.barring import barred, bars, bars_all
from wms.customs.parcels import IN_STAGING, Parcel, ParcelState, Pick, PickState
from wms.customs.retail_declaration import RetailDeclaration
from wms.errors import Refusal
from wms.floor.flows import Flow
from wms.floor.lookup import parcel_in, what_it_is
from wms.floor.screens import (
    Action,
    Answer,
    Band,
    Chosen,
    Counted,
    Fact,
    Frame,
    Option,
    Pressed,
    Scanned,
    Screen,
    Step,
    Tone,
    WantsChoice,
    WantsConfirm,
    WantsNumber,
    WantsScan,
    big,
    small,
    warning,
)
from wms.floor.stops import FORGOTTEN_AFTER
from wms.i18n import N_, Sentence, plain, say
from wms.ledger.lots import Lot
from wms.registry.products import Product

FLOW = "packing"
TITLE = say(N_("Pack parcels"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
DONE = Action(key="done", label=say(N_("Finish")))
#: What a parcel may weigh more or less than reckoned: of its weight, and at least so many grams.
TOLERANCE_RATE: Final = Decimal("0.05")
TOLERANCE_G: Final = 50
#: How many parcels are looked at to find one that nothing bars.
LOOK_AHEAD: Final = 20
AGAIN = Option(key="again", label=say(N_("Weigh again")))
KEEP = Option(
    key="keep", label=say(N_("Contents are right")), hint=say(N_("Opened and counted, every piece is in."))
)


class NotAParcel(Refusal):
    """The scan names no parcel of ours."""

    message = N_("This is {found}. Scan a waybill of this warehouse.")
    status = 404


class ParcelBarred(Refusal):
    """The declaration's goods may not go on; the sentence says why and what to do."""

    message = N_("{reason}")


class NotToPack(Refusal):
    """A parcel at another point of its way."""

    message = N_("Parcel {waybill} is not to be packed now: {state}.")


class OtherParcel(Refusal):
    """The label of another parcel, or no label at all."""

    message = N_("This is {found}. Stick the label of {waybill} and scan it.")
    status = 422


class NoWeight(Refusal):
    """A parcel weighs something."""

    message = N_("A parcel weighs more than nothing. Put it on the scale.")
    status = 422


STATES: Final = {
    ParcelState.TO_PICK: N_("not picked yet"),
    ParcelState.PICKED: N_("to be packed"),
    ParcelState.SEALED: N_("sealed"),
    ParcelState.LOADED: N_("on a vehicle"),
    ParcelState.LEFT: N_("left the zone"),
    ParcelState.PULLED: N_("taken apart"),
}


@dataclass(frozen=True, kw_only=True)
class AskWeight(Step):
    parcel_id: int


@dataclass(frozen=True, kw_only=True)
class AskDeviation(AskWeight):
    """The scale says something else than the contents."""

    weight_g: int


@dataclass(frozen=True, kw_only=True)
class AskLabel(AskDeviation):
    pass


@dataclass(frozen=True, kw_only=True)
class Idle(Step):
    """Nothing waits to be packed."""


@dataclass(frozen=True, kw_only=True)
class Finished(Step):
    """The last screen."""


def weight_agrees(*, expected_g: int, weight_g: int) -> bool:
    """Within five per cent or fifty grams, whichever is more (pure)."""
    return abs(weight_g - expected_g) <= max(TOLERANCE_RATE * expected_g, Decimal(TOLERANCE_G))


def count_to_pack(session: Session) -> int:
    """How many parcels wait to be packed."""
    query = select(func.count()).select_from(Parcel).join(RetailDeclaration)
    return session.scalar(query.where(Parcel.state == ParcelState.PICKED, ~barred())) or 0


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Show the first parcel to pack."""
    return _next(session, by_id=by_id, at=at, otherwise=Idle())


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    if isinstance(step, AskWeight):
        return _show_parcel(session, step, session.get_one(Parcel, step.parcel_id, populate_existing=True))
    if isinstance(step, Finished):
        return _screen(None, say(N_("Everything is packed.")), WantsConfirm())
    return _screen(step, say(N_("Nothing waits to be packed.")), WantsConfirm(), main=DONE)


def _show_parcel(session: Session, step: AskWeight, parcel: Parcel) -> Screen:
    waybill = big(N_("Parcel"), parcel.waybill_no)
    match step:
        case AskLabel(weight_g=weight_g):
            return _screen(
                step,
                say(N_("Seal it, stick its label, scan the label.")),
                WantsScan(),
                facts=(waybill, big(N_("Weight"), _kg(weight_g))),
                asks=parcel.waybill_no,
            )
        case AskDeviation(weight_g=weight_g):
            facts = (
                waybill,
                big(N_("On the scale"), _kg(weight_g)),
                warning(N_("Should weigh"), _kg(parcel.expected_g)),
                *_contents(session, parcel),
            )
            return _screen(
                step,
                say(N_("The weight does not fit. Open it and count.")),
                WantsChoice(options=(AGAIN, KEEP)),
                facts=facts,
            )
        case _:
            expected = Decimal(parcel.expected_g) / 1000
            return _screen(
                step,
                say(N_("Put these in and weigh the parcel.")),
                WantsNumber(unit=say(N_("kg")), decimals=3),
                facts=(waybill, *_contents(session, parcel)),
                asks=f"{expected.normalize():f}",
            )


def _contents(session: Session, parcel: Parcel) -> tuple[Fact, ...]:
    """What belongs into the parcel, item by item; the sum first, for a long list runs below the screen's edge."""
    query = (
        select(Product.name_zh, Lot.code, func.sum(Pick.quantity))
        .join_from(Pick, Lot, Lot.id == Pick.lot_id)
        .join(Product, Product.id == Lot.product_id)
        .where(Pick.parcel_id == parcel.id, Pick.state == PickState.PICKED)
        .group_by(Product.id, Lot.id)
        .order_by(Product.item_no, Lot.code)
    )
    rows = session.execute(query).all()
    facts = tuple(
        Fact(label=plain(name), value=say(N_("{count} × lot {lot}"), count=int(quantity), lot=lot))
        for name, lot, quantity in rows
    )
    if len(rows) < 2:
        return facts
    summed = say(
        N_("{pieces} pieces, {lines} lots"), pieces=int(sum(row[2] for row in rows)), lines=len(rows)
    )
    return (small(N_("In all"), summed), *facts)


def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    """Take an answer; the label's scan seals the parcel."""
    match step, given:
        case AskLabel(), Scanned(text=text):
            return _seal(session, step, text, by_id=by_id, at=at)
        case AskDeviation(), Chosen(key="keep"):
            return _ask_label(session, _to_pack(session, step.parcel_id), step.weight_g, at=at)
        case AskDeviation(), Chosen(key="again"):
            return show(session, AskWeight(parcel_id=step.parcel_id), at=at)
        case AskWeight() | Idle(), Scanned(text=text):
            return _switch(session, step, text, by_id=by_id, at=at)
        case AskWeight(), Counted(number=number) if type(step) is AskWeight:
            return _weigh(session, step, number, at=at)
        case Idle(), Pressed(key="done"):
            return _screen(None, say(N_("Nothing waits to be packed.")), WantsConfirm())
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _weigh(session: Session, step: AskWeight, number: Decimal, *, at: datetime) -> Screen:
    parcel = _to_pack(session, step.parcel_id)
    weight_g = int((number * 1000).to_integral_value())
    if weight_g <= 0:
        raise NoWeight
    if not weight_agrees(expected_g=parcel.expected_g, weight_g=weight_g):
        screen = show(session, AskDeviation(parcel_id=parcel.id, weight_g=weight_g), at=at)
        return screen.deciding(
            say(
                N_("{weight}, but the contents should weigh {expected}."),
                weight=_kg(weight_g),
                expected=_kg(parcel.expected_g),
            )
        )
    screen = _ask_label(session, parcel, weight_g, at=at)
    return screen.saying(say(N_("{weight}: fits."), weight=_kg(weight_g)))


def _ask_label(session: Session, parcel: Parcel, weight_g: int, *, at: datetime) -> Screen:
    """The label is printed now and says what the scale said, so that is kept before the parcel is sealed."""
    parcel.weight_g = weight_g
    session.flush()
    return show(session, AskLabel(parcel_id=parcel.id, weight_g=weight_g), at=at)


def _seal(session: Session, step: AskLabel, text: str, *, by_id: int, at: datetime) -> Screen:
    parcel = _to_pack(session, step.parcel_id)
    found = parcel_in(session, text)
    if found is None or found.waybill_no != parcel.waybill_no:
        raise OtherParcel(found=what_it_is(session, text), waybill=parcel.waybill_no)
    parcel.state, parcel.weight_g = ParcelState.SEALED, step.weight_g
    parcel.sealed_at, parcel.sealed_by_id = at, by_id
    session.flush()
    screen = _next(session, by_id=by_id, at=at, otherwise=Finished())
    return screen.saying(say(N_("{waybill} is sealed."), waybill=parcel.waybill_no), scanned=text)


def _switch(session: Session, step: Step, text: str, *, by_id: int, at: datetime) -> Screen:
    """A packer may take another parcel than the one proposed; the label just stuck may be scanned twice."""
    found = known_parcel(session, text)
    if found.state is ParcelState.SEALED and found.sealed_by_id == by_id:
        not_barred(session, found)
        said = say(N_("{waybill} is sealed."), waybill=found.waybill_no)
        return show(session, step, at=at).saying(said, scanned=text, tone=Tone.QUIET)
    parcel = _to_pack(session, found.id)
    parcel.taken_by_id, parcel.taken_at = by_id, at
    return show(session, AskWeight(parcel_id=parcel.id), at=at).saying(plain(parcel.waybill_no), scanned=text)


def known_parcel(session: Session, text: str, *, lock: bool = False) -> Parcel:
    """The parcel a scan names; raises NotAParcel."""
    found = parcel_in(session, text, lock=lock)
    if found is None:
        raise NotAParcel(found=what_it_is(session, text))
    return found


def not_barred(session: Session, parcel: Parcel) -> Parcel:
    """The parcel, if nothing keeps it from going on; raises ParcelBarred with what to do."""
    reason = bars(session, parcel.declaration)
    if reason is not None:
        raise ParcelBarred(reason=reason)
    return parcel


def _to_pack(session: Session, parcel_id: int) -> Parcel:
    parcel = session.get_one(Parcel, parcel_id, with_for_update={"of": Parcel}, populate_existing=True)
    if parcel.state in IN_STAGING:
        # what was cancelled is to be taken apart, however far it came
        not_barred(session, parcel)
    if parcel.state is not ParcelState.PICKED:
        raise NotToPack(waybill=parcel.waybill_no, state=say(STATES[parcel.state]))
    return parcel


def _next(session: Session, *, by_id: int, at: datetime, otherwise: Step) -> Screen:
    """The next parcel nobody else has in hand, in the order of release."""
    free = or_(
        Parcel.taken_by_id.is_(None), Parcel.taken_by_id == by_id, Parcel.taken_at < at - FORGOTTEN_AFTER
    )
    query = (
        select(Parcel)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .where(Parcel.state == ParcelState.PICKED, ~barred(), free)
        .order_by(Parcel.id)
        .limit(LOOK_AHEAD)
        .with_for_update(of=Parcel, skip_locked=True)
        .options(joinedload(Parcel.declaration))
    )
    parcel = first_free(session, session.scalars(query).all())
    if parcel is None:
        return show(session, otherwise, at=at)
    session.execute(
        update(Parcel)
        .where(Parcel.id == parcel.id)
        .values(taken_by_id=by_id, taken_at=at)
        .execution_options(synchronize_session=False)
    )
    return show(session, AskWeight(parcel_id=parcel.id), at=at)


def first_free(session: Session, parcels: Sequence[Parcel]) -> Parcel | None:
    """The first of these that nothing bars, directed controls included; a worker is not sent for a barred one."""
    found = bars_all(session, [parcel.declaration for parcel in parcels])
    return next((parcel for parcel in parcels if parcel.declaration.number not in found), None)


def _kg(grams: int) -> Sentence:
    return say(N_("{number} kg"), number=f"{Decimal(grams) / 1000:.3f}")


PACKING = Flow(
    name=FLOW,
    title=TITLE.text,
    permission=Permission.PICK,
    steps=(AskWeight, AskDeviation, AskLabel, Idle, Finished),
    start=start,
    show=show,
    answer=answer,
    open_tasks=count_to_pack,
)
