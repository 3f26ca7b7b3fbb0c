"""Taking back: a parcel that a buyer sends back is opened against the request that announced it.

The worker scans the parcel, then for each lot: the item, its lot number, its expiry, how many, how they look, and the
place. In time they belong to the bonded returns area, late they are domestic; the screen says which.
"""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from devices.codes import ParcelCode, parse_code
from wms.auth.permissions import Permission
from wms.customs.return_case import Reentry
from wms.floor import returned
from wms.floor.flows import Flow
from wms.floor.lookup import find_goods, find_place, read_lot, what_it_is
from wms.floor.receiving import ItemNotOnFile, NotWanted
from wms.floor.returns_screens import (
    DAMAGED,
    FLOW,
    GOOD,
    TITLE,
    AskCondition,
    AskExpiry,
    AskItem,
    AskLot,
    AskParcel,
    AskPlace,
    AskQuantity,
    AskWhich,
    Over,
    product_of,
    shows,
)
from wms.floor.screens import Answer, Chosen, Counted, Dated, Pressed, Scanned, Screen, Step, pieces
from wms.i18n import N_, plain, say


class _Returns:
    """The flow's answers, with the zone's calendar."""

    def __init__(self, day_of: Callable[[datetime], date]) -> None:
        self.day_of = day_of
        self.show = shows(day_of)

    def start(self, session: Session, /, *, by_id: int, at: datetime) -> Screen:
        """Ask for a parcel."""
        del by_id
        return self.show(session, AskParcel(), at=at)

    def answer(self, session: Session, step: Step, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
        """Take an answer and give the next screen."""
        del by_id
        match step, given:
            case AskParcel(), Scanned(text=text):
                return self._parcel(session, text, at=at)
            case AskItem(parcel=parcel), Pressed(key="close"):
                return self._close(session, parcel, at=at)
            case AskItem(parcel=parcel), Scanned(text=text):
                return self._item(session, parcel, text, at=at)
            case AskWhich(), Chosen(key=key) if key in step.item_nos:
                return self._known(session, step.parcel, key, lot=step.lot, expiry=step.expiry, at=at)
            case AskLot(), Scanned(text=text):
                lot, expiry = read_lot(text)
                return self._known(session, step.parcel, step.item_no, lot=lot, expiry=expiry, at=at)
            case AskExpiry(), Dated(day=day):
                return self._next(session, AskQuantity(**vars(step), expiry=day), day.isoformat(), at=at)
            case AskExpiry(), Pressed(key="none") | Scanned(text="none"):
                return self._next(session, AskQuantity(**vars(step), expiry=None), "—", at=at)
            case AskQuantity(), Counted(number=number) if number > 0:
                asked = AskCondition(**vars(step), quantity=pieces(number))
                return self._next(session, asked, str(pieces(number)), at=at)
            case AskCondition(), Chosen(key=key) if key in {GOOD, DAMAGED}:
                asked_place = AskPlace(**vars(step), is_damaged=key == DAMAGED)
                return self.show(session, asked_place, at=at)
            case AskPlace(), Scanned(text=text):
                return self._place(session, step, text, at=at)
            case _:
                return self.show(session, step, at=at).refusing(
                    say(N_("That is no answer to this question."))
                )

    def _next(self, session: Session, step: Step, said: str, *, at: datetime) -> Screen:
        return self.show(session, step, at=at).saying(plain(said))

    def _parcel(self, session: Session, text: str, *, at: datetime) -> Screen:
        code = parse_code(text, expect=(ParcelCode,))
        parcel = code.waybill if isinstance(code, ParcelCode) else code.text
        returned.find_case(session, parcel)
        return self.show(session, AskItem(parcel=parcel), at=at).saying(plain(parcel), scanned=text)

    def _item(self, session: Session, parcel: str, text: str, *, at: datetime) -> Screen:
        goods = find_goods(session, text)
        if goods is None:
            if find_place(session, text) is not None:
                raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan an item.")))
            raise ItemNotOnFile(text=text.strip()[:60])
        if len(goods.products) > 1:
            item_nos = tuple(sorted(product.item_no for product in goods.products))
            step = AskWhich(parcel=parcel, item_nos=item_nos, lot=goods.lot, expiry=goods.expiry)
            return self.show(session, step, at=at).deciding(say(N_("Two items share this bar code.")))
        item_no = goods.products[0].item_no
        return self._known(session, parcel, item_no, lot=goods.lot, expiry=goods.expiry, at=at)

    def _known(
        self,
        session: Session,
        parcel: str,
        item_no: str,
        *,
        lot: str | None,
        expiry: date | None,
        at: datetime,
    ) -> Screen:
        """Ask for whatever is not known yet of lot and expiry."""
        if lot is None:
            screen = self.show(session, AskLot(parcel=parcel, item_no=item_no), at=at)
            return screen.saying(say(N_("Item {item}."), item=item_no))
        asked = AskExpiry(parcel=parcel, item_no=item_no, lot=lot.strip()[:40])
        step = asked if expiry is None else AskQuantity(**vars(asked), expiry=expiry)
        return self.show(session, step, at=at).saying(say(N_("Lot {lot}."), lot=asked.lot))

    def _place(self, session: Session, step: AskPlace, text: str, *, at: datetime) -> Screen:
        place = find_place(session, text)
        if place is None:
            raise NotWanted(found=what_it_is(session, text), wanted=say(N_("Scan the label of a place.")))
        found = returned.CameBack(
            product=product_of(session, step.item_no),
            lot=step.lot,
            expiry=step.expiry,
            quantity=step.quantity,
            is_damaged=step.is_damaged,
            location=place,
        )
        meaning = returned.take(session, step.parcel, found, on=self.day_of(at), at=at)
        screen = self.show(session, AskItem(parcel=step.parcel), at=at)
        if meaning is Reentry.WAITING_SORT:
            done = N_("{count} of {item} taken back.")
            return screen.saying(say(done, count=step.quantity, item=step.item_no), scanned=text)
        late = N_("{count} of {item} taken back. They may not enter the book again.")
        return screen.deciding(say(late, count=step.quantity, item=step.item_no), scanned=text)

    def _close(self, session: Session, parcel: str, *, at: datetime) -> Screen:
        lines = returned.lines_back(session, returned.find_case(session, parcel))
        missing = [f"{each.line.item_no} × {each.left}" for each in lines if each.left]
        screen = self.show(session, Over(), at=at)
        if missing:
            sentence = N_("Not in the parcel: {goods}. The declarant sees it.")
            return screen.deciding(say(sentence, goods=", ".join(missing)))
        return screen.saying(say(N_("Everything that was announced came back.")))


def returns_flow(*, day_of: Callable[[datetime], date]) -> Flow:
    """The flow, with the zone's calendar: days decide where goods go."""
    flow = _Returns(day_of)
    return Flow(
        name=FLOW,
        title=TITLE.text,
        permission=Permission.RECEIVE,
        steps=(
            AskParcel,
            AskItem,
            AskWhich,
            AskLot,
            AskExpiry,
            AskQuantity,
            AskCondition,
            AskPlace,
            Over,
        ),
        start=flow.start,
        show=flow.show,
        answer=flow.answer,
    )
