"""What receiving shows: its steps, and the one screen of each. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from wms.floor import receipt
from wms.floor.directing import best_bin
from wms.floor.lookup import find_goods
from wms.floor.receipt_progress import progress
from wms.floor.screens import (
    Action,
    Band,
    Fact,
    Frame,
    Option,
    Progress,
    Screen,
    Step,
    WantsChoice,
    WantsConfirm,
    WantsDate,
    WantsNumber,
    WantsScan,
    big,
    small,
    warning,
)
from wms.floor.tasks import lorries_waiting
from wms.i18n import N_, Sentence, plain, say
from wms.registry.products import Product

FLOW = "receiving"
#: The first screen has room for so many.
LORRIES_SHOWN = 4
TITLE = say(N_("Receive goods"))
_screen = Frame(flow=FLOW, title=TITLE, band=Band.BONDED).ask
CLOSE = Action(key="close", label=say(N_("Truck is empty: close")), asks_again=True)
NO_EXPIRY = Action(key="none", label=say(N_("No expiry date")))
#: Until the place is scanned nothing is kept, so a slip costs one press.
AGAIN = Action(key="again", label=say(N_("Wrong: enter again")))


@dataclass(frozen=True, kw_only=True)
class AskPass(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskItem(Step):
    pass_no: str


@dataclass(frozen=True, kw_only=True)
class AskWhich(Step):
    """Two items share the GTIN."""

    pass_no: str
    item_nos: tuple[str, ...]
    lot: str | None
    expiry: date | None


@dataclass(frozen=True, kw_only=True)
class AskLot(Step):
    pass_no: str
    item_no: str


@dataclass(frozen=True, kw_only=True)
class AskExpiry(Step):
    pass_no: str
    item_no: str
    lot: str


@dataclass(frozen=True, kw_only=True)
class AskGood(Step):
    pass_no: str
    item_no: str
    lot: str
    expiry: date | None


@dataclass(frozen=True, kw_only=True)
class AskDamaged(AskGood):
    good: int


@dataclass(frozen=True, kw_only=True)
class AskDamagedPlace(AskDamaged):
    damaged: int


@dataclass(frozen=True, kw_only=True)
class AskPlace(AskDamagedPlace):
    damaged_location: str | None


@dataclass(frozen=True, kw_only=True)
class Closed(Step):
    """Shown after the last truckload; any answer goes back to the menu."""


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask for the gate pass."""
    del by_id
    return show(session, AskPass(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskPass():
            return _screen(
                step, say(N_("Scan the gate pass, or type the plate.")), WantsScan(), facts=_waiting(session)
            )
        case AskItem(pass_no=pass_no):
            return _screen(
                step,
                say(N_("Scan an item.")),
                WantsScan(),
                facts=_pass_facts(session, pass_no),
                progress=_progress(session, pass_no),
                actions=(CLOSE,),
            )
        case AskWhich(item_nos=item_nos):
            options = tuple(
                Option(key=product.item_no, label=plain(product.item_no), hint=plain(product.name_zh))
                for product in (product_of(session, item_no) for item_no in item_nos)
            )
            return _screen(step, say(N_("Which item is it?")), WantsChoice(options=options))
        case _:
            return _show_goods(session, step)


def _waiting(session: Session) -> tuple[Fact, ...]:
    """Lorries to unload, those at the gate first, with the pass to scan."""
    return tuple(
        Fact(label=plain(each.gate_pass.vehicle_no), value=plain(each.gate_pass.pass_no))
        for each in lorries_waiting(session)[:LORRIES_SHOWN]
    )


def _show_goods(session: Session, step: Step) -> Screen:
    """The screens between an item and its place."""
    match step:
        case AskDamagedPlace():
            return _show_place(session, step)
        case AskDamaged(item_no=item_no):
            product = product_of(session, item_no)
            return _screen(
                step,
                say(N_("How many are damaged?")),
                WantsNumber(unit=_unit(), expected=Decimal(0)),
                # small, as the keys leave no room for more
                facts=(
                    *_goods_facts(product, lot=step.lot, expiry=step.expiry),
                    small(N_("Good"), step.good),
                ),
            )
        case AskGood(item_no=item_no, pass_no=pass_no):
            product = product_of(session, item_no)
            return _screen(
                step,
                say(N_("How many are good?")),
                WantsNumber(unit=_unit()),
                facts=_goods_facts(product, lot=step.lot, expiry=step.expiry),
                progress=_item_progress(session, pass_no, item_no),
            )
        case AskExpiry(item_no=item_no, lot=lot):
            return _screen(
                step,
                say(N_("Enter the expiry date.")),
                WantsDate(),
                facts=_goods_facts(product_of(session, item_no), lot=lot),
                actions=(NO_EXPIRY,),
            )
        case AskLot(item_no=item_no, pass_no=pass_no):
            return _screen(
                step,
                say(N_("Scan or type the lot number.")),
                WantsScan(),
                facts=_goods_facts(product_of(session, item_no)),
                progress=_item_progress(session, pass_no, item_no),
            )
        case _:
            return _screen(None, say(N_("The receipt is closed.")), WantsConfirm())


def _show_place(session: Session, step: AskDamagedPlace) -> Screen:
    """Where the good or the damaged ones go: the last screen before anything is kept."""
    product = product_of(session, step.item_no)
    goods = _goods_facts(product, lot=step.lot, expiry=step.expiry)
    if not isinstance(step, AskPlace):
        return _screen(
            step,
            say(N_("Scan the place for the damaged ones.")),
            WantsScan(),
            facts=(warning(N_("Damaged"), step.damaged), *goods),
            actions=(AGAIN,),
        )
    proposed = _proposed(session, product, step)
    return _screen(
        step,
        say(N_("Scan the place for the good ones.")),
        WantsScan(),
        facts=(
            *((big(N_("Suggested bin"), proposed),) if proposed else ()),
            big(N_("Good"), step.good),
            small(N_("Item"), product.name_zh),
            *goods[1:],
        ),
        actions=(AGAIN,),
    )


def _pass_facts(session: Session, pass_no: str) -> tuple[Fact, ...]:
    found = receipt.find_receivable(session, pass_no)
    return (big(N_("Vehicle"), found.vehicle_no), small(N_("Gate pass"), found.pass_no))


def _progress(session: Session, pass_no: str) -> Progress:
    lines = progress(session, receipt.find_receivable(session, pass_no))
    return Progress(
        done=sum(each.received for each in lines), total=sum(each.declared for each in lines), unit=_unit()
    )


def count_over(session: Session, step: AskDamaged, *, damaged: int) -> int:
    """Pieces by which good and damaged ones exceed what the papers still promise; 0 when they do not."""
    lines = progress(session, receipt.find_receivable(session, step.pass_no))
    still = sum(each.declared - each.received for each in lines if each.item_no == step.item_no)
    return max(0, step.good + damaged - max(0, still))


def _item_progress(session: Session, pass_no: str, item_no: str) -> Progress | None:
    found = receipt.find_receivable(session, pass_no)
    lines = [each for each in progress(session, found) if each.item_no == item_no]
    declared = sum(each.declared for each in lines)
    return (
        Progress(done=sum(each.received for each in lines), total=declared, unit=_unit())
        if declared
        else None
    )


def _goods_facts(product: Product, *, lot: str = "", expiry: date | None = None) -> tuple[Fact, ...]:
    facts = [big(N_("Item"), product.name_zh), small(N_("Item number"), product.item_no)]
    if lot:
        facts.append(small(N_("Lot"), lot))
    if expiry:
        facts.append(small(N_("Expiry"), expiry.isoformat()))
    return tuple(facts)


def _unit() -> Sentence:
    return say(N_("pieces"))


def product_of(session: Session, item_no: str) -> Product:
    goods = find_goods(session, item_no)
    assert goods is not None, "the item was resolved by the step before"
    return next(product for product in goods.products if product.item_no == item_no)


def _proposed(session: Session, product: Product, step: AskPlace) -> str | None:
    return best_bin(
        session,
        product_id=product.id,
        storage_class=product.storage_class.value,
        regime="BONDED",
        quantity=step.good,
    )
