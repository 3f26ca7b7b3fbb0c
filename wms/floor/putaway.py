"""Putting away: from where goods stand to the bin the system proposes, or a better one the worker sees.

The worker scans the place the goods stand at, the item or lot there, says how many, and scans the bin. Nothing
crosses a regime here: the valve refuses what would.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.customs.staged import refuse_bound
from wms.errors import Refusal
from wms.floor.directing import best_bin
from wms.floor.flows import Flow
from wms.floor.lookup import find_goods, find_place, read_lot, what_it_is
from wms.floor.screens import (
    Answer,
    Band,
    Chosen,
    Counted,
    Fact,
    Option,
    Scanned,
    Screen,
    Step,
    WantsChoice,
    WantsNumber,
    WantsScan,
    big,
    pieces,
    small,
    warning,
)
from wms.floor.short import ask_cover
from wms.floor.tasks import count_put_away, goods_to_put_away
from wms.i18n import N_, Sentence, plain, say
from wms.ledger.lots import Lot, Quality
from wms.ledger.moves import Balance, Move
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import post
from wms.ledger.queries import lots_at
from wms.registry.products import Product

FLOW = "putaway"
#: The first screen has room for so many.
PLACES_SHOWN = 6
TITLE = say(N_("Put away"))


class NotAPlace(Refusal):
    """The scan is no place of this warehouse."""

    message = N_("This is {found}. Scan the label of a place.")
    status = 422


class NothingHere(Refusal):
    """Nothing of what was scanned lies at the place."""

    message = N_("Nothing of “{text}” lies at {location}.")
    status = 404


class StillInspected(Refusal):
    """The inspection has not let these goods go."""

    message = N_(
        "{held} of lot {lot} at {location} are still under inspection. {free} may be put away; leave the rest there."
    )


@dataclass(frozen=True, kw_only=True)
class AskSource(Step):
    pass


@dataclass(frozen=True, kw_only=True)
class AskGoods(Step):
    source_id: int


@dataclass(frozen=True, kw_only=True)
class AskWhichLot(Step):
    source_id: int
    balance_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class AskCount(Step):
    source_id: int
    balance_id: int


@dataclass(frozen=True, kw_only=True)
class AskBin(AskCount):
    quantity: int


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    """Ask where the goods stand."""
    del by_id
    return show(session, AskSource(), at=at)


def show(session: Session, step: Step, /, *, at: datetime) -> Screen:
    """The screen of a step; changes nothing."""
    del at
    match step:
        case AskGoods(source_id=source_id):
            place = session.get_one(Location, source_id)
            return _screen(
                step,
                say(N_("Scan an item or lot.")),
                WantsScan(),
                (big(N_("From"), place.code),),
                place=place,
            )
        case AskWhichLot(source_id=source_id, balance_ids=ids):
            place = session.get_one(Location, source_id)
            options = tuple(_option(session, balance_id) for balance_id in ids[:6])
            return _screen(
                step,
                say(N_("Which lot is it?")),
                WantsChoice(options=options),
                (big(N_("From"), place.code),),
            )
        case AskBin(balance_id=balance_id, quantity=quantity, source_id=source_id):
            lot, product, _ = _goods(session, balance_id)
            source = session.get_one(Location, source_id)
            proposed = best_bin(
                session,
                product_id=product.id,
                storage_class=product.storage_class.value,
                regime=source.regime.value,
                quantity=quantity,
                warehouse_id=source.warehouse_id,
            )
            suggested = (big(N_("Suggested bin"), proposed),) if proposed else ()
            facts = (*suggested, big(N_("Quantity"), quantity), *_facts(lot, product))
            return _screen(step, say(N_("Scan the bin.")), WantsScan(), facts, place=source)
        case AskCount(balance_id=balance_id, source_id=source_id):
            lot, product, balance = _goods(session, balance_id)
            source = session.get_one(Location, source_id)
            held = (warning(N_("On hold here"), balance.held),) if balance.held else ()
            facts = (big(N_("Lying here"), balance.on_hand), *_facts(lot, product), *held)
            wants = WantsNumber(unit=say(N_("pieces")), expected=Decimal(_for_a_bin(source, balance)))
            return _screen(step, say(N_("How many do you take?")), wants, facts, place=source)
        case _:
            question = say(N_("Scan the place the goods stand at."))
            return _screen(AskSource(), question, WantsScan(), _standing(session))


def _standing(session: Session) -> tuple[Fact, ...]:
    """Places where goods wait for a bin."""
    return tuple(
        Fact(
            label=say(N_("{lots} lots, {units} pieces"), lots=each.lots, units=each.units),
            value=plain(each.location),
        )
        for each in goods_to_put_away(session)[:PLACES_SHOWN]
    )


def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    """Take an answer; the last one posts the move."""
    del by_id
    match step, given:
        case AskSource(), Scanned(text=text):
            place = _place(session, text)
            return show(session, AskGoods(source_id=place.id), at=at).saying(plain(place.code), scanned=text)
        case AskGoods(source_id=source_id), Scanned(text=text):
            return _scan_goods(session, source_id, text, at=at)
        case AskWhichLot(source_id=source_id, balance_ids=ids), Chosen(key=key) if key in map(str, ids):
            return _ask_count(session, source_id, int(key), at=at)
        case AskBin(), Scanned(text=text):
            return _put(session, step, text, at=at)
        case AskCount(source_id=source_id, balance_id=balance_id), Counted(number=number):
            _refuse_inspected(session, source_id, balance_id, wanted=pieces(number))
            asked = AskBin(source_id=source_id, balance_id=balance_id, quantity=pieces(number))
            return show(session, asked, at=at)
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _place(session: Session, text: str) -> Location:
    place = find_place(session, text)
    if place is None or place.is_partner:
        raise NotAPlace(found=what_it_is(session, text))
    return place


def _scan_goods(session: Session, source_id: int, text: str, *, at: datetime) -> Screen:
    place = session.get_one(Location, source_id)
    goods = find_goods(session, text)
    lot_code = read_lot(text)[0]
    products = {product.id for product in goods.products} if goods else set()
    lying = [
        (lot, balance)
        for lot, balance in lots_at(session, location_id=source_id)
        if lot.product_id in products or lot.code == lot_code
    ]
    if not lying:
        raise NothingHere(text=text.strip()[:60], location=place.code)
    if len(lying) > 1:
        ids = tuple(balance.id for _, balance in lying)
        return show(session, AskWhichLot(source_id=source_id, balance_ids=ids), at=at)
    lot, balance = lying[0]
    screen = _ask_count(session, source_id, balance.id, at=at)
    return screen.saying(say(N_("Lot {lot}."), lot=lot.code), scanned=text)


def _ask_count(session: Session, source_id: int, balance_id: int, *, at: datetime) -> Screen:
    _refuse_inspected(session, source_id, balance_id, wanted=1)
    return show(session, AskCount(source_id=source_id, balance_id=balance_id), at=at)


def _for_a_bin(source: Location, balance: Balance) -> int:
    """Units that may go into a bin: held goods too, but not while the inspection they were brought to has them."""
    return balance.on_hand - balance.held if source.purpose is Purpose.INSPECTION else balance.on_hand


def _refuse_inspected(session: Session, source_id: int, balance_id: int, *, wanted: int) -> None:
    """More than is there at all is for the valve to refuse."""
    source = session.get_one(Location, source_id)
    lot, _, balance = _goods(session, balance_id)
    free = _for_a_bin(source, balance)
    if free < wanted <= balance.on_hand:
        raise StillInspected(location=source.code, lot=lot.code, free=free, held=balance.held)


def _put(session: Session, step: AskBin, text: str, *, at: datetime) -> Screen:
    target = _place(session, text)
    _refuse_inspected(session, step.source_id, step.balance_id, wanted=step.quantity)
    lot, product, _ = _goods(session, step.balance_id)
    refuse_bound(session, location_id=step.source_id, lot_id=lot.id, quantity=step.quantity)
    move = Move(
        source_id=step.source_id,
        source_lot_id=lot.id,
        target_id=target.id,
        target_lot_id=lot.id,
        quantity=step.quantity,
    )
    post(session, [move], occurred_at=at)
    ask_cover(session, [lot.id])
    done = say(
        N_("{count} of {item} are in {bin}."), count=step.quantity, item=product.item_no, bin=target.code
    )
    return show(session, AskGoods(source_id=step.source_id), at=at).saying(done, scanned=text)


def _goods(session: Session, balance_id: int) -> tuple[Lot, Product, Balance]:
    balance = session.get_one(Balance, balance_id, populate_existing=True)
    lot = session.get_one(Lot, balance.lot_id)
    return lot, session.get_one(Product, lot.product_id), balance


def _option(session: Session, balance_id: int) -> Option:
    lot, product, balance = _goods(session, balance_id)
    hint = say(
        N_("{item}, {count} here, expiry {expiry}"),
        item=product.item_no,
        count=balance.on_hand,
        expiry=lot.expiry.isoformat() if lot.expiry else "—",
    )
    return Option(key=str(balance_id), label=plain(lot.code), hint=hint)


def _facts(lot: Lot, product: Product) -> tuple[Fact, ...]:
    facts = [small(N_("Item"), product.name_zh), small(N_("Lot"), lot.code)]
    if lot.quality is not Quality.GOOD:
        facts.append(warning(N_("Condition"), say(N_("damaged"))))
    return tuple(facts)


def _screen(
    step: Step,
    question: Sentence,
    wants: WantsScan | WantsNumber | WantsChoice,
    facts: tuple[Fact, ...],
    *,
    place: Location | None = None,
) -> Screen:
    band = None
    if place is not None and place.regime is not Regime.FOREIGN:
        band = Band.BONDED if place.regime is Regime.BONDED else Band.DOMESTIC
    return Screen(flow=FLOW, title=TITLE, question=question, wants=wants, step=step, facts=facts, band=band)


PUTAWAY = Flow(
    name=FLOW,
    title=TITLE.text,
    permission=Permission.PUT_AWAY,
    steps=(AskSource, AskGoods, AskWhichLot, AskCount, AskBin),
    start=start,
    show=show,
    answer=answer,
    open_tasks=count_put_away,
)
