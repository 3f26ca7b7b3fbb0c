"""What counting shows: its steps, and the one screen of each. It is blind: no figure of the ledger appears."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.floor import tally
from wms.floor.lookup import find_goods
from wms.floor.screens import (
    UNDO,
    Action,
    Band,
    Fact,
    Option,
    Progress,
    Screen,
    Step,
    Wants,
    WantsChoice,
    WantsConfirm,
    WantsDate,
    WantsNumber,
    WantsScan,
    big,
    small,
    warning,
)
from wms.i18n import N_, Sentence, plain, say
from wms.ledger.counts import open_counts
from wms.ledger.places import Location, Regime
from wms.ledger.queries import location_by_code
from wms.registry.products import Product

FLOW = "counting"
TITLE = say(N_("Count"))
LEAVE = Action(key="close", label=say(N_("All counted here")))
FINISH = Action(key="close", label=say(N_("Stop counting")))
NO_EXPIRY = Action(key="none", label=say(N_("No expiry date")))
DAMAGED = Action(key="damaged", label=say(N_("These are damaged")))
GOOD = Action(key="damaged", label=say(N_("These are good after all")))


@dataclass(frozen=True, kw_only=True)
class AskPlace(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskItem(Step):
    place: str
    visit: UUID
    last: int | None
    """Line the last answer made, for Undo."""


@dataclass(frozen=True, kw_only=True)
class AskWhich(Step):
    """Two items share the GTIN."""

    place: str
    visit: UUID
    item_nos: tuple[str, ...]
    lot: str | None
    expiry: date | None


@dataclass(frozen=True, kw_only=True)
class AskLot(Step):
    place: str
    visit: UUID
    item_no: str


@dataclass(frozen=True, kw_only=True)
class AskExpiry(Step):
    place: str
    visit: UUID
    item_no: str
    lot: str


@dataclass(frozen=True, kw_only=True)
class AskQuantity(Step):
    place: str
    visit: UUID
    item_no: str
    lot: str
    expiry: date | None
    is_damaged: bool


@dataclass(frozen=True, kw_only=True)
class Over(Step):
    """Shown when a worker stops; any answer goes back to the menu."""


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask for a place."""
    del by_id
    return show(session, AskPlace(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskPlace():
            return Screen(
                flow=FLOW,
                title=TITLE,
                question=say(N_("Scan a place to count.")),
                wants=WantsScan(),
                step=step,
                progress=_progress(session),
                actions=(FINISH,),
            )
        case Over():
            return Screen(
                flow=FLOW,
                title=TITLE,
                question=say(N_("Thank you. What you counted is kept.")),
                wants=WantsConfirm(),
                step=None,
            )
        case AskItem() | AskWhich() | AskLot() | AskExpiry() | AskQuantity():
            return _in_place(session, step)
        case _:
            raise AssertionError(step)


def _in_place(session: Session, step: AskItem | AskWhich | AskLot | AskExpiry | AskQuantity) -> Screen:
    place = place_of(session, step.place)
    # the keypad leaves room for one big fact and two lines of small ones
    where, here = big(N_("Place"), place.code), small(N_("Place"), place.code)
    match step:
        case AskItem(last=last):
            question = say(N_("Scan an item, or the next place."))
            actions = (LEAVE, UNDO) if last else (LEAVE,)
            facts = (where, *_seen(session, place, step.visit))
            return _screen(place, step, question, WantsScan(), facts, actions)
        case AskWhich(item_nos=item_nos):
            options = tuple(
                Option(key=each.item_no, label=plain(each.item_no), hint=plain(each.name_zh))
                for each in (product_of(session, item_no) for item_no in item_nos)
            )
            wants = WantsChoice(options=options)
            return _screen(place, step, say(N_("Which item is it?")), wants, (where,))
        case AskLot(item_no=item_no):
            facts = (where, *_goods(session, item_no))
            return _screen(place, step, say(N_("Scan or type the lot number.")), WantsScan(), facts)
        case AskExpiry(item_no=item_no, lot=lot):
            facts = (*_goods(session, item_no)[:1], small(N_("Lot"), lot), here)
            return _screen(place, step, say(N_("Enter the expiry date.")), WantsDate(), facts, (NO_EXPIRY,))
        case AskQuantity():
            facts = (*_goods(session, step.item_no)[:1], small(N_("Lot"), step.lot), here)
            facts += (small(N_("Expiry"), step.expiry.isoformat()),) if step.expiry else ()
            facts += (warning(N_("Condition"), say(N_("damaged"))),) if step.is_damaged else ()
            wanted = WantsNumber(unit=say(N_("pieces")))
            button = GOOD if step.is_damaged else DAMAGED
            return _screen(place, step, say(N_("How many are there?")), wanted, facts, (button,))


def _screen(
    place: Location,
    step: Step,
    question: Sentence,
    wants: Wants,
    facts: tuple[Fact, ...],
    actions: tuple[Action, ...] = (),
) -> Screen:
    bands = {Regime.BONDED: Band.BONDED, Regime.DOMESTIC: Band.DOMESTIC}
    return Screen(
        flow=FLOW,
        title=TITLE,
        question=question,
        wants=wants,
        step=step,
        facts=facts,
        band=bands.get(place.regime),
        actions=actions,
    )


def place_of(session: Session, code: str) -> Location:
    """The place a step remembers."""
    found = location_by_code(session, code)
    assert found is not None, "the place was resolved by the step before"
    return found


def product_of(session: Session, item_no: str) -> Product:
    """The product a step remembers."""
    goods = find_goods(session, item_no)
    assert goods is not None, "the item was resolved by the step before"
    return next(product for product in goods.products if product.item_no == item_no)


def _goods(session: Session, item_no: str) -> tuple[Fact, ...]:
    return big(N_("Item"), product_of(session, item_no).name_zh), small(N_("Item number"), item_no)


_SEEN = text("""
    select count(distinct c.lot_id) as lots, coalesce(sum(c.counted), 0) as units from count_line c
    where c.visit = :visit and c.location_id = :location_id and c.takes_back_id is null
      and not exists (select from count_line t where t.takes_back_id = c.id)
""")


def _seen(session: Session, place: Location, visit: UUID) -> tuple[Fact, ...]:
    """What this worker has counted here so far: theirs to see, unlike the ledger's figures."""
    row = session.execute(_SEEN, {"visit": visit, "location_id": place.id}).one()
    return (small(N_("Counted by you"), say(N_("{lots} lots, {units} pieces"), **row._asdict())),)


def _progress(session: Session) -> Progress | None:
    done = [tally.places_done(session, count) for count in open_counts(session)]
    if not done:
        return None
    return Progress(
        done=sum(looked_at for looked_at, _ in done),
        total=sum(places for _, places in done),
        unit=say(N_("places")),
    )
