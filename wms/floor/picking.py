"""Picking: from bin to bin in walking order, every lot for all parcels at once, into staging.

The worker scans the bin, the lot, and says how many. Another bin or lot is refused with the one that is wanted; fewer
than wanted is a decision of the worker, and the system seeks the rest elsewhere at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.floor import picks
from wms.floor.flows import Flow
from wms.floor.lookup import find_goods, find_place, read_lot, what_it_is
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
    pieces,
    small,
    warning,
)
from wms.floor.stops import Stop, count_stops, send_on, stop_at
from wms.floor.waves import NoRules
from wms.i18n import N_, Sentence, plain, say
from wms.ledger.queries import lots_at
from wms.registry.rules import rules_on

FLOW = "picking"
TITLE = say(N_("Pick orders"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
OK = Action(key="ok", label=say(N_("Go on")))
DONE = Action(key="done", label=say(N_("Finish")))
SHORT = Option(
    key="short",
    label=say(N_("There are no more")),
    hint=say(N_("The rest is sought in other bins.")),
)
AGAIN = Option(key="again", label=say(N_("Count again")))


class OtherBin(Refusal):
    """The worker stands before another bin."""

    message = N_("This is {found}. Go to bin {location}.")
    status = 422


class OtherLot(Refusal):
    """Another lot, or other goods: the order of lots is the order of expiry."""

    message = N_("This is {found}. Take lot {lot} of {item}; put the other back.")
    status = 422


class WhichLot(Refusal):
    """The label says the item only, and the bin holds more than one lot of it."""

    message = N_("{location} holds several lots of {item}. Scan or type lot {lot}.")
    status = 422


class StopKey(TypedDict):
    """Where and what."""

    location_id: int
    lot_id: int
    unit_id: int | None


@dataclass(frozen=True, kw_only=True)
class AskBin(Step):
    location_id: int
    lot_id: int
    unit_id: int | None

    @property
    def key(self) -> StopKey:
        """What every question at a stop remembers."""
        return {"location_id": self.location_id, "lot_id": self.lot_id, "unit_id": self.unit_id}


@dataclass(frozen=True, kw_only=True)
class AskLot(AskBin):
    pass


@dataclass(frozen=True, kw_only=True)
class AskCount(AskLot):
    pass


@dataclass(frozen=True, kw_only=True)
class AskShort(AskCount):
    """Fewer than wanted were found."""

    found: int


@dataclass(frozen=True, kw_only=True)
class Idle(Step):
    """Nothing waits to be picked."""


@dataclass(frozen=True, kw_only=True)
class Finished(Step):
    """The last screen."""


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Send the worker to the first bin."""
    return _send_on(session, by_id=by_id, at=at, otherwise=Idle())


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    if isinstance(step, AskBin):
        return _show_stop(step, stop_at(session, step.location_id, step.lot_id, step.unit_id))
    if isinstance(step, Finished):
        return _screen(None, _last_word(session), WantsConfirm())
    return _screen(step, _nothing(session), WantsConfirm(), main=DONE)


def _last_word(session: Session) -> Sentence:
    if count_stops(session):
        return say(N_("Others pick the rest. Bring yours to the packing bench."))
    return say(N_("Everything is picked. Bring it to the packing bench."))


def _nothing(session: Session) -> Sentence:
    if count_stops(session):
        return say(N_("Others are at the last bins. Nothing is left for you."))
    return say(N_("Nothing waits to be picked."))


def _show_stop(step: AskBin, stop: Stop) -> Screen:
    """Where, what, how many: always in this order."""
    facts: tuple[Fact, ...] = (big(N_("Bin"), stop.location), big(N_("Take"), stop.to_take))
    facts += (small(N_("Item"), stop.name), small(N_("Lot"), stop.lot))
    # beside the keypad there is room for what must be seen only
    if not isinstance(step, AskCount):
        facts += (small(N_("Item number"), stop.item_no),)
        facts += (small(N_("Expiry"), stop.expiry.isoformat()),) if stop.expiry else ()
    if stop.wanted > stop.free:
        facts += (warning(N_("On hold here"), stop.wanted - stop.to_take),)
    if not stop.wanted:
        return _screen(
            step,
            say(N_("Nothing is wanted from this bin any more.")),
            WantsConfirm(),
            facts=facts[:1],
            main=OK,
        )
    if not stop.to_take:
        question = say(N_("This lot is on hold. Leave it here; another is sought."))
        return _screen(step, question, WantsConfirm(), facts=facts, main=OK)
    match step:
        case AskShort(found=found):
            question = say(N_("Only {found} of {wanted}?"), found=found, wanted=stop.to_take)
            return _screen(step, question, WantsChoice(options=(SHORT, AGAIN)), facts=facts)
        case AskCount():
            wants = WantsNumber(unit=say(N_("pieces")), expected=Decimal(stop.to_take))
            return _screen(
                step, say(N_("How many did you take?")), wants, facts=facts, asks=str(stop.to_take)
            )
        case AskLot():
            return _screen(step, say(N_("Scan the lot.")), WantsScan(), facts=facts, asks=stop.lot)
        case _:
            return _screen(
                step, say(N_("Go to the bin and scan it.")), WantsScan(), facts=facts, asks=stop.location
            )


def _answer(
    session: Session,
    step: Step,
    given: Answer,
    /,
    *,
    by_id: int,
    at: datetime,
    day_of: Callable[[datetime], date],
) -> Screen:
    if isinstance(step, AskBin):
        stop = stop_at(session, step.location_id, step.lot_id, step.unit_id)
        match step, given:
            case _, Pressed(key="ok") if not stop.to_take:
                return _take(session, stop, 0, by_id=by_id, at=at, day=day_of(at))
            case AskShort(found=found), Chosen(key="short"):
                return _take(session, stop, found, by_id=by_id, at=at, day=day_of(at))
            case AskShort(), Chosen(key="again"):
                return show(session, AskCount(**step.key), at=at)
            case AskCount(), Counted(number=number):
                return _count(session, step, stop, pieces(number), by_id=by_id, at=at, day=day_of(at))
            case AskCount(), Scanned(text=text) if type(step) is AskCount and _is_lot(session, stop, text):
                return _scanned_twice(session, step, text, at=at)
            case AskLot(), Scanned(text=text) if type(step) is AskLot:
                if _is_at(session, stop, text):
                    return _scanned_twice(session, step, text, at=at)
                _check_lot(session, stop, text)
                screen = show(session, AskCount(**step.key), at=at)
                return screen.saying(say(N_("Lot {lot}."), lot=stop.lot), scanned=text)
            case AskBin(), Scanned(text=text) if type(step) is AskBin:
                _check_bin(session, stop, text)
                return show(session, AskLot(**step.key), at=at).saying(plain(stop.location), scanned=text)
            case _:
                pass
    elif isinstance(given, Pressed) and given.key == "done":
        return _screen(None, _nothing(session), WantsConfirm())
    return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _is_at(session: Session, stop: Stop, text: str) -> bool:
    place = find_place(session, text)
    return place is not None and place.id == stop.location_id


def _is_lot(session: Session, stop: Stop, text: str) -> bool:
    goods = find_goods(session, text)
    return read_lot(text)[0] == stop.lot or (goods is not None and goods.lot == stop.lot)


def _scanned_twice(session: Session, step: AskBin, text: str, *, at: datetime) -> Screen:
    """The trigger bounced: nothing is wrong, and the question stays."""
    return show(session, step, at=at).saying(say(N_("Scanned already.")), scanned=text, tone=Tone.QUIET)


def _check_bin(session: Session, stop: Stop, text: str) -> None:
    if not _is_at(session, stop, text):
        raise OtherBin(found=what_it_is(session, text), location=stop.location)


def _check_lot(session: Session, stop: Stop, text: str) -> None:
    """The lot's own number, or the item's bar code where it can only mean this lot."""
    if _is_lot(session, stop, text):
        return
    goods = find_goods(session, text)
    if goods is None or goods.lot is not None or stop.item_no not in {p.item_no for p in goods.products}:
        raise OtherLot(found=what_it_is(session, text), lot=stop.lot, item=stop.item_no)
    products = {product.id for product in goods.products}
    lying = {
        lot.id for lot, _ in lots_at(session, location_id=stop.location_id) if lot.product_id in products
    }
    if lying != {stop.lot_id}:
        raise WhichLot(location=stop.location, item=stop.item_no, lot=stop.lot)


def _count(
    session: Session, step: AskCount, stop: Stop, found: int, *, by_id: int, at: datetime, day: date
) -> Screen:
    if found < 0:
        return show(session, step, at=at).refusing(say(N_("A number below zero cannot be taken.")))
    if found < stop.to_take:
        screen = show(session, AskShort(**step.key, found=found), at=at)
        return screen.deciding(say(N_("{missing} are missing."), missing=stop.to_take - found))
    return _take(session, stop, found, by_id=by_id, at=at, day=day)


def _take(session: Session, stop: Stop, quantity: int, *, by_id: int, at: datetime, day: date) -> Screen:
    rules = rules_on(session, day=day)
    if rules is None:
        raise NoRules(day=day)
    done = picks.take(
        session,
        stop,
        quantity,
        on_day=day,
        min_remaining_days=rules.min_remaining_shelf_life_days,
        by_id=by_id,
        at=at,
    )
    screen = _send_on(session, by_id=by_id, at=at, otherwise=Finished())
    if done.nowhere:
        return screen.deciding(
            say(
                N_("{count} of {item} are nowhere free. Tell your supervisor."),
                count=done.nowhere,
                item=stop.item_no,
            )
        )
    if done.elsewhere:
        return screen.deciding(say(N_("{count} are taken from another bin instead."), count=done.elsewhere))
    if not done.taken:
        return screen
    return screen.saying(say(N_("{count} of {item} taken."), count=done.taken, item=stop.item_no))


def _send_on(session: Session, *, by_id: int, at: datetime, otherwise: Step) -> Screen:
    key = send_on(session, by_id=by_id, at=at)
    if key is None:
        return show(session, otherwise, at=at)
    location_id, lot_id, unit_id = key
    return show(session, AskBin(location_id=location_id, lot_id=lot_id, unit_id=unit_id), at=at)


def picking_flow(*, day_of: Callable[[datetime], date]) -> Flow:
    """The flow; `day_of` gives the zone's calendar day of an instant."""

    def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
        return _answer(session, step, given, by_id=by_id, at=at, day_of=day_of)

    return Flow(
        name=FLOW,
        title=TITLE.text,
        permission=Permission.PICK,
        steps=(AskBin, AskLot, AskCount, AskShort, Idle, Finished),
        start=start,
        show=show,
        answer=answer,
        open_tasks=count_stops,
    )
