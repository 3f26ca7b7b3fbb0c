"""Counting: what lies in a place, blind, by as many people as there are.

The worker scans a place, then for each lot there: the item, its lot number, its expiry and how many. Nothing the
ledger says is shown. Scanning the next place leaves this one. A lot counted again in a later visit replaces the
earlier figure. The count itself is begun and closed in the office; nothing is moved by it.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.floor import tally
from wms.floor.counting_screens import (
    FLOW,
    TITLE,
    AskExpiry,
    AskItem,
    AskLot,
    AskPlace,
    AskQuantity,
    AskWhich,
    Over,
    place_of,
    product_of,
    show,
    start,
)
from wms.floor.flows import Flow
from wms.floor.lookup import find_goods, find_place, read_lot, what_it_is
from wms.floor.receiving import ItemNotOnFile, NotWanted
from wms.floor.screens import Answer, Chosen, Counted, Dated, Pressed, Scanned, Screen, Step, Tone, pieces
from wms.i18n import N_, plain, say
from wms.ledger import counts
from wms.ledger.places import Location


def _answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    match step, given:
        case AskPlace(), Scanned(text=text):
            return _scan_place(session, text, at=at)
        case AskPlace(), Pressed(key="close"):
            return show(session, Over(), at=at)
        case AskItem(), Pressed(key="close"):
            return _leave(session, step, at=at)
        case AskItem(last=int(last)), Pressed(key="undo"):
            return _undo(session, step, last, by_id=by_id, at=at)
        case AskItem(), Scanned(text=text):
            return _scan_item(session, step, text, at=at)
        case AskWhich(), Chosen(key=key) if key in step.item_nos:
            return _with_item(session, step, key, lot=step.lot, expiry=step.expiry, at=at)
        case AskLot(), Scanned(text=text):
            lot, expiry = read_lot(text)
            return _with_item(session, step, step.item_no, lot=lot, expiry=expiry, at=at)
        case AskExpiry(), Dated(day=day):
            return _ask_quantity(session, step, expiry=day, at=at)
        case AskExpiry(), Pressed(key="none") | Scanned(text="none"):
            return _ask_quantity(session, step, expiry=None, at=at)
        case AskQuantity(), Pressed(key="damaged"):
            changed = AskQuantity(**(vars(step) | {"is_damaged": not step.is_damaged}))
            return show(session, changed, at=at)
        case AskQuantity(), Counted(number=number):
            return _keep(session, step, number, by_id=by_id, at=at)
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _scan_place(session: Session, text: str, *, at: datetime) -> Screen:
    place = find_place(session, text)
    if place is None:
        raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan the label of a place.")))
    return _at_place(session, place, text, at=at)


def _at_place(session: Session, place: Location, text: str, *, at: datetime) -> Screen:
    tally.count_at(session, place)
    step = AskItem(place=place.code, visit=uuid4(), last=None)
    return show(session, step, at=at).saying(say(N_("Count every lot that lies here.")), scanned=text)


def _leave(session: Session, step: AskItem, *, at: datetime) -> Screen:
    tally.count_at(session, place_of(session, step.place))
    screen = show(session, AskPlace(), at=at)
    return screen.saying(say(N_("{place} is counted. Scan the next place."), place=step.place))


def _scan_item(session: Session, step: AskItem, text: str, *, at: datetime) -> Screen:
    goods = find_goods(session, text)
    if goods is None:
        place = find_place(session, text)
        if place is not None:
            return _at_place(session, place, text, at=at)
        raise ItemNotOnFile(text=text.strip()[:60])
    if len(goods.products) > 1:
        item_nos = tuple(sorted(product.item_no for product in goods.products))
        which = AskWhich(
            place=step.place, visit=step.visit, item_nos=item_nos, lot=goods.lot, expiry=goods.expiry
        )
        return show(session, which, at=at).deciding(say(N_("Two items share this bar code.")), scanned=text)
    item_no = goods.products[0].item_no
    return _with_item(session, step, item_no, lot=goods.lot, expiry=goods.expiry, at=at, scanned=text)


def _with_item(
    session: Session,
    step: AskItem | AskWhich | AskLot,
    item_no: str,
    *,
    lot: str | None,
    expiry: date | None,
    at: datetime,
    scanned: str | None = None,
) -> Screen:
    """Ask for whatever is not known yet of lot and expiry."""
    if lot is None:
        screen = show(session, AskLot(place=step.place, visit=step.visit, item_no=item_no), at=at)
        return screen.saying(say(N_("Item {item}."), item=item_no), scanned=scanned)
    lot = lot.strip()[:40]
    asked = AskExpiry(place=step.place, visit=step.visit, item_no=item_no, lot=lot)
    if expiry is None:
        screen = show(session, asked, at=at)
    else:
        screen = show(session, AskQuantity(**vars(asked), expiry=expiry, is_damaged=False), at=at)
    return screen.saying(say(N_("Lot {lot}."), lot=lot), scanned=scanned)


def _ask_quantity(session: Session, step: AskExpiry, *, expiry: date | None, at: datetime) -> Screen:
    asked = AskQuantity(**vars(step), expiry=expiry, is_damaged=False)
    return show(session, asked, at=at).saying(plain(expiry.isoformat() if expiry else "—"))


def _keep(session: Session, step: AskQuantity, number: Decimal, *, by_id: int, at: datetime) -> Screen:
    place = place_of(session, step.place)
    found = tally.Found(
        product=product_of(session, step.item_no),
        lot=step.lot,
        expiry=step.expiry,
        is_damaged=step.is_damaged,
        quantity=pieces(number),
    )
    line, again = tally.keep(session, place, found, visit=step.visit, by_id=by_id, at=at)
    screen = show(session, AskItem(place=step.place, visit=step.visit, last=line.id), at=at)
    facts = {"count": pieces(number), "item": step.item_no, "lot": step.lot}
    if again:
        sentence = N_("{count} of {item}, lot {lot}. This replaces what was counted here before.")
        return screen.saying(say(sentence, **facts), tone=Tone.DECISION)
    return screen.saying(say(N_("{count} of {item}, lot {lot}."), **facts))


def _undo(session: Session, step: AskItem, last: int, *, by_id: int, at: datetime) -> Screen:
    count = tally.count_at(session, place_of(session, step.place))
    line = counts.take_back(session, count, last, at=at, by_id=by_id)
    screen = show(session, AskItem(place=step.place, visit=step.visit, last=None), at=at)
    return screen.saying(say(N_("Taken back: {count}."), count=line.counted), tone=Tone.QUIET)


def _open_counts(session: Session) -> int:
    """Places still to be looked at, for the handheld's menu."""
    done = (tally.places_done(session, count) for count in counts.open_counts(session))
    return sum(places - looked_at for looked_at, places in done)


COUNTING = Flow(
    name=FLOW,
    title=TITLE.text,
    permission=Permission.COUNT_STOCK,
    steps=(AskPlace, AskItem, AskWhich, AskLot, AskExpiry, AskQuantity, Over),
    start=start,
    show=show,
    answer=_answer,
    open_tasks=_open_counts,
)
