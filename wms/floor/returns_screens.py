"""What taking back and sorting show: their steps, and the one screen of each. Nothing here changes anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from wms.customs.return_case import ReturnCase
from wms.floor.lookup import find_goods
from wms.floor.returned import find_case, lines_back, place_for, purpose_for
from wms.floor.screens import (
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
from wms.ledger.places import Purpose
from wms.registry.products import Product

FLOW = "returns"
TITLE = say(N_("Take back"))
CLOSE = Action(key="close", label=say(N_("Parcel is empty: close")))
NO_EXPIRY = Action(key="none", label=say(N_("No expiry date")))
GOOD = "GOOD"
DAMAGED = "DAMAGED"
CONDITIONS = WantsChoice(
    options=(
        Option(key=GOOD, label=say(N_("Good, unopened"))),
        Option(key=DAMAGED, label=say(N_("Damaged or opened"))),
    )
)


@dataclass(frozen=True, kw_only=True)
class AskParcel(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskItem(Step):
    parcel: str


@dataclass(frozen=True, kw_only=True)
class AskWhich(Step):
    """Two items share the GTIN."""

    parcel: str
    item_nos: tuple[str, ...]
    lot: str | None
    expiry: date | None


@dataclass(frozen=True, kw_only=True)
class AskLot(Step):
    parcel: str
    item_no: str


@dataclass(frozen=True, kw_only=True)
class AskExpiry(Step):
    parcel: str
    item_no: str
    lot: str


@dataclass(frozen=True, kw_only=True)
class AskQuantity(Step):
    parcel: str
    item_no: str
    lot: str
    expiry: date | None


@dataclass(frozen=True, kw_only=True)
class AskCondition(Step):
    parcel: str
    item_no: str
    lot: str
    expiry: date | None
    quantity: int


@dataclass(frozen=True, kw_only=True)
class AskPlace(Step):
    parcel: str
    item_no: str
    lot: str
    expiry: date | None
    quantity: int
    is_damaged: bool


@dataclass(frozen=True, kw_only=True)
class Over(Step):
    """Shown when a parcel is done; any answer goes back to the menu."""


Goods = AskLot | AskExpiry | AskQuantity | AskCondition | AskPlace


def shows(day_of: Callable[[datetime], date]) -> Callable[..., Screen]:
    """The function that draws a step; the zone's calendar says which place the goods belong to."""

    def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
        match step:
            case AskParcel():
                return _screen(step, say(N_("Scan the parcel number.")), WantsScan())
            case AskItem(parcel=parcel):
                case = find_case(session, parcel)
                facts = (big(N_("Parcel"), parcel), *_where(session, case, day_of(at)))
                question = say(N_("Scan an item."))
                band = _band(case, day_of(at))
                return _screen(step, question, WantsScan(), facts, (CLOSE,), _progress(session, case), band)
            case AskWhich(item_nos=item_nos):
                options = tuple(
                    Option(key=each.item_no, label=plain(each.item_no), hint=plain(each.name_zh))
                    for each in (product_of(session, item_no) for item_no in item_nos)
                )
                return _screen(step, say(N_("Which item is it?")), WantsChoice(options=options))
            case AskLot() | AskExpiry() | AskQuantity() | AskCondition() | AskPlace():
                return _goods(session, step, day_of(at))
            case _:
                return _screen(None, say(N_("The parcel is done.")), WantsConfirm())

    return show


def _goods(session: Session, step: Goods, on: date) -> Screen:
    case = find_case(session, step.parcel)
    band = _band(case, on)
    facts = _facts(session, step)
    match step:
        case AskLot():
            question = say(N_("Scan or type the lot number."))
            return _screen(step, question, WantsScan(), facts, band=band)
        case AskExpiry():
            return _screen(
                step, say(N_("Enter the expiry date.")), WantsDate(), facts, (NO_EXPIRY,), band=band
            )
        case AskQuantity():
            left = sum(each.left for each in lines_back(session, case) if each.line.item_no == step.item_no)
            wanted = WantsNumber(unit=say(N_("pieces")), expected=Decimal(left) if left == 1 else None)
            return _screen(step, say(N_("How many came back?")), wanted, facts, band=band)
        case AskCondition():
            return _screen(step, say(N_("How do they look?")), CONDITIONS, facts, band=band)
        case AskPlace():
            facts = (*_where(session, case, on), *facts)
            return _screen(step, say(N_("Scan the place you put them.")), WantsScan(), facts, band=band)


def _facts(session: Session, step: Goods) -> tuple[Fact, ...]:
    facts = [
        big(N_("Item"), product_of(session, step.item_no).name_zh),
        small(N_("Item number"), step.item_no),
    ]
    lot = None if isinstance(step, AskLot) else step.lot
    facts += [small(N_("Lot"), lot)] if lot else []
    if isinstance(step, AskQuantity | AskCondition | AskPlace) and step.expiry:
        facts.append(small(N_("Expiry"), step.expiry.isoformat()))
    if isinstance(step, AskPlace) and step.is_damaged:
        facts.append(warning(N_("Condition"), say(N_("damaged"))))
    return tuple(facts)


def _where(session: Session, case: ReturnCase, on: date) -> tuple[Fact, ...]:
    place = place_for(session, case, on=on)
    if purpose_for(case, on=on) is Purpose.RETURNS:
        return (big(N_("Put into"), place.code),)
    return big(N_("Put into"), place.code), warning(N_("Too late"), say(N_("may not enter the book again")))


def _band(case: ReturnCase, on: date) -> Band:
    return Band.BONDED if purpose_for(case, on=on) is Purpose.RETURNS else Band.DOMESTIC


def _progress(session: Session, case: ReturnCase) -> Progress:
    lines = lines_back(session, case)
    return Progress(
        done=sum(each.received for each in lines),
        total=sum(each.line.stock_quantity for each in lines),
        unit=say(N_("pieces")),
    )


def _screen(
    step: Step | None,
    question: Sentence,
    wants: Wants,
    facts: tuple[Fact, ...] = (),
    actions: tuple[Action, ...] = (),
    progress: Progress | None = None,
    band: Band | None = None,
) -> Screen:
    return Screen(
        flow=FLOW,
        title=TITLE,
        question=question,
        wants=wants,
        step=step,
        facts=facts,
        actions=actions,
        progress=progress,
        band=band,
    )


def product_of(session: Session, item_no: str) -> Product:
    """The product a step remembers."""
    goods = find_goods(session, item_no)
    assert goods is not None, "the item was resolved by the step before"
    return next(product for product in goods.products if product.item_no == item_no)
