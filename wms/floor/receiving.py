"""Receiving: a truck is unloaded against its gate pass.

The worker scans the pass, then for each lot: the item, its lot number, its expiry, how many are good, how many are
damaged, and where they go. What is really there is posted; too many, too few or something else entirely opens a
case and the work goes on. At the end a person closes the receipt.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.floor import receipt
from wms.floor.flows import Flow
from wms.floor.lookup import find_goods, find_place, pass_in, read_lot, what_it_is
from wms.floor.receipt_progress import progress
from wms.floor.receiving_screens import (
    AGAIN,
    FLOW,
    TITLE,
    AskDamaged,
    AskDamagedPlace,
    AskExpiry,
    AskGood,
    AskItem,
    AskLot,
    AskPass,
    AskPlace,
    AskWhich,
    Closed,
    count_over,
    product_of,
    show,
    start,
)
from wms.floor.screens import (
    Answer,
    Chosen,
    Counted,
    Dated,
    Pressed,
    Scanned,
    Screen,
    Step,
    Tone,
    pieces,
)
from wms.floor.tasks import count_lorries
from wms.i18n import N_, plain, say
from wms.ledger.book import Side
from wms.ledger.places import Location
from wms.ledger.queries import location_by_code


class NotWanted(Refusal):
    """The scan means something, but not what this step asks for."""

    message = N_("This is {found}. {wanted}")
    status = 422


class ItemNotOnFile(Refusal):
    """No product answers to the scan."""

    message = N_("No filed item has the code “{text}”. Set the carton aside and call your supervisor.")
    status = 404


def _answer(
    session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime, hold_over: bool
) -> Screen:
    match step, given:
        case AskPass(), Scanned(text=text):
            return _scan_pass(session, text, at=at)
        case AskItem(pass_no=pass_no), Pressed(key="close"):
            return _close(session, pass_no, by_id=by_id, at=at)
        case AskItem(pass_no=pass_no), Scanned(text=text):
            return _scan_item(session, pass_no, text, at=at)
        case AskWhich(), Chosen(key=key) if key in step.item_nos:
            return _with_item(session, step.pass_no, key, lot=step.lot, expiry=step.expiry, at=at)
        case AskLot(pass_no=pass_no, item_no=item_no), Scanned(text=text):
            lot, expiry = read_lot(text)
            return _with_item(session, pass_no, item_no, lot=lot, expiry=expiry, at=at)
        case AskExpiry(), Dated(day=day):
            return _ask_good(session, step, expiry=day, at=at)
        case AskExpiry(), Pressed(key="none") | Scanned(text="none"):
            return _ask_good(session, step, expiry=None, at=at)
        case AskPlace() | AskDamagedPlace(), Scanned(text=text):
            return _scan_place(session, step, text, by_id=by_id, at=at, hold_over=hold_over)
        case AskDamaged(), Counted(number=number) if type(step) is AskDamaged:
            return _damaged(session, step, pieces(number), at=at)
        case AskGood(), Counted(number=number) if type(step) is AskGood:
            return _good(session, step, pieces(number), at=at)
        case AskPlace(pass_no=pass_no) | AskDamagedPlace(pass_no=pass_no), Pressed(key=AGAIN.key):
            screen = show(session, AskItem(pass_no=pass_no), at=at)
            return screen.saying(say(N_("Nothing was taken in. Scan the item again.")), tone=Tone.QUIET)
        case _:
            return show(session, step, at=at).refusing(say(N_("That is no answer to this question.")))


def _scan_pass(session: Session, text: str, *, at: datetime) -> Screen:
    named = pass_in(session, text, side=Side.IN)
    if named is None:
        raise receipt.NoSuchPass(number=text.strip()[:60])
    found = receipt.receivable(named)
    done = say(N_("Vehicle {vehicle}."), vehicle=found.vehicle_no)
    return show(session, AskItem(pass_no=found.pass_no), at=at).saying(done, scanned=text)


def _scan_item(session: Session, pass_no: str, text: str, *, at: datetime) -> Screen:
    goods = find_goods(session, text)
    if goods is None:
        if find_place(session, text) is not None:
            raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan an item.")))
        raise ItemNotOnFile(text=text.strip()[:60])
    if len(goods.products) > 1:
        item_nos = tuple(sorted(product.item_no for product in goods.products))
        step = AskWhich(pass_no=pass_no, item_nos=item_nos, lot=goods.lot, expiry=goods.expiry)
        return show(session, step, at=at).deciding(say(N_("Two items share this bar code.")), scanned=text)
    item_no = goods.products[0].item_no
    return _with_item(session, pass_no, item_no, lot=goods.lot, expiry=goods.expiry, at=at, scanned=text)


def _with_item(
    session: Session,
    pass_no: str,
    item_no: str,
    *,
    lot: str | None,
    expiry: date | None,
    at: datetime,
    scanned: str | None = None,
) -> Screen:
    """Ask for whatever is not known yet of lot and expiry."""
    if lot is None:
        screen = show(session, AskLot(pass_no=pass_no, item_no=item_no), at=at)
        listed = any(
            each.item_no == item_no and each.declared
            for each in progress(session, receipt.find_receivable(session, pass_no))
        )
        if listed:
            return screen.saying(say(N_("Item {item}."), item=item_no), scanned=scanned)
        sentence = N_("Item {item} is not on this pass. Count it all the same; a case will be opened.")
        return screen.deciding(say(sentence, item=item_no), scanned=scanned)
    lot = lot.strip()[:40]
    if not lot:
        return show(session, AskLot(pass_no=pass_no, item_no=item_no), at=at).refusing(
            say(N_("A lot number is wanted."))
        )
    if expiry is None:
        step = AskExpiry(pass_no=pass_no, item_no=item_no, lot=lot)
        return show(session, step, at=at).saying(say(N_("Lot {lot}."), lot=lot), scanned=scanned)
    asked = AskGood(pass_no=pass_no, item_no=item_no, lot=lot, expiry=expiry)
    return show(session, asked, at=at).saying(say(N_("Lot {lot}."), lot=lot), scanned=scanned)


def _ask_good(session: Session, step: AskExpiry, *, expiry: date | None, at: datetime) -> Screen:
    asked = AskGood(pass_no=step.pass_no, item_no=step.item_no, lot=step.lot, expiry=expiry)
    screen = show(session, asked, at=at)
    if expiry is not None and expiry <= at.date():
        return screen.saying(say(N_("These goods have expired.")), tone=Tone.DECISION)
    return screen.saying(plain(expiry.isoformat() if expiry else "—"))


def _good(session: Session, step: AskGood, good: int, *, at: datetime) -> Screen:
    asked = AskDamaged(**vars(step), good=good)
    screen = show(session, asked, at=at)
    if over := count_over(session, asked, damaged=0):
        sentence = N_("{count} good: {over} more than the papers say.")
        return screen.deciding(say(sentence, count=good, over=over))
    return screen.saying(say(N_("{count} good."), count=good))


def _damaged(session: Session, step: AskDamaged, damaged: int, *, at: datetime) -> Screen:
    """Ask where they go; more than the papers say is told while it may still be a slip of the finger."""
    known = {name: value for name, value in vars(step).items() if name in AskDamaged.__dataclass_fields__}
    over = count_over(session, step, damaged=damaged)
    if damaged:
        apart = N_("{count} damaged: set them apart.")
        too_many = N_("{count} damaged: set them apart. Together {over} more than the papers say.")
        screen = show(session, AskDamagedPlace(**known, damaged=damaged), at=at)
        return screen.deciding(say(too_many if over else apart, count=damaged, over=over))
    screen = show(session, AskPlace(**known, damaged=0, damaged_location=None), at=at)
    if over:
        sentence = N_("{over} more than the papers say. If it is a slip, enter it again.")
        return screen.deciding(say(sentence, over=over))
    return screen


def _scan_place(
    session: Session, step: AskDamagedPlace, text: str, *, by_id: int, at: datetime, hold_over: bool
) -> Screen:
    place = find_place(session, text)
    if place is None:
        raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan the label of a place.")))
    if not isinstance(step, AskPlace):
        if step.good:
            return show(session, AskPlace(**vars(step), damaged_location=place.code), at=at).saying(
                plain(place.code), scanned=text
            )
        return _take(session, step, None, place, by_id=by_id, at=at, hold_over=hold_over)
    damaged = location_by_code(session, step.damaged_location) if step.damaged_location else None
    return _take(session, step, place, damaged, by_id=by_id, at=at, hold_over=hold_over)


def _take(
    session: Session,
    step: AskDamagedPlace,
    place: Location | None,
    damaged_place: Location | None,
    *,
    by_id: int,
    at: datetime,
    hold_over: bool,
) -> Screen:
    location = place or damaged_place
    assert location is not None
    arrived = receipt.Arrived(
        product=product_of(session, step.item_no),
        lot=step.lot,
        expiry=step.expiry,
        good=step.good,
        damaged=step.damaged,
        location=location,
        damaged_location=damaged_place,
    )
    cases = receipt.take(session, step.pass_no, arrived, by_id=by_id, at=at, hold_over=hold_over)
    screen = show(session, AskItem(pass_no=step.pass_no), at=at)
    if cases:
        return screen.deciding(
            say(N_("Taken. More than the papers say: case {case}."), case=", ".join(cases))
        )
    return screen.saying(
        say(N_("{count} of {item} taken in."), count=step.good + step.damaged, item=step.item_no)
    )


def _close(session: Session, pass_no: str, *, by_id: int, at: datetime) -> Screen:
    cases = receipt.close(session, pass_no, by_id=by_id, at=at)
    screen = show(session, Closed(), at=at)
    if cases:
        return screen.deciding(say(N_("Closed. Missing goods: case {case}."), case=", ".join(cases)))
    return screen.saying(say(N_("Closed. Everything on the papers was there.")))


def receiving_flow(*, hold_over: bool) -> Flow:
    """The flow, with the site's word on over-receipts (setting hold_over_receipt)."""

    def answer(session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
        return _answer(session, step, given, by_id=by_id, at=at, hold_over=hold_over)

    return Flow(
        name=FLOW,
        title=TITLE.text,
        permission=Permission.RECEIVE,
        steps=(
            AskPass,
            AskItem,
            AskWhich,
            AskLot,
            AskExpiry,
            AskGood,
            AskDamaged,
            AskDamagedPlace,
            AskPlace,
            Closed,
        ),
        start=start,
        show=show,
        answer=answer,
        open_tasks=count_lorries,
    )
