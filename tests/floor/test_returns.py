"""Goods that come back: the days decide where they go, the return list enters them, sorting puts them on the shelf."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.floor.outward import lay_bins, release
from tests.makers import NOON, make_bonded_list, make_book_item, make_location, make_product
from wms.customs.bonded_list import (
    BondedList,
)
from wms.customs.reconciliation import ReconciledItem, reconcile
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.return_case import Application, Reentry, ReturnCase, ReturnLine
from wms.customs.return_list import book_returns, is_return_list, lists_back
from wms.floor.flows import Flow
from wms.floor.returned import NobodyAnnounced, NotAnnounced, NotReenteredYet, WrongReturnPlace
from wms.floor.returns import returns_flow
from wms.floor.screens import Answer, Chosen, Counted, Dated, Pressed, Scanned, Screen, Tone
from wms.floor.sorting import SORTING
from wms.ledger.book import Side
from wms.ledger.past import ledger_now
from wms.ledger.places import Purpose, Regime
from wms.ledger.queries import stock_rows
from wms.ledger.verify import verify

RETURNS = returns_flow(day_of=lambda at: at.date())
ITEM, EXPIRY = "NP-TEA-001", date(2027, 11, 30)


@pytest.fixture
def declaration(session: Session) -> RetailDeclaration:
    """Three pieces of tea went out under a declaration released at noon; ten lie in a bin."""
    make_location(session, "BACK", purpose=Purpose.RETURNS)
    make_location(session, "LATE", purpose=Purpose.RETURNS_DOMESTIC, regime=Regime.DOMESTIC)
    make_location(session, "CAGE", purpose=Purpose.QUARANTINE)
    lay_bins(session, "BIN-A: 10 × L1")
    (made,) = release(session, ("700", 3))
    return made


def ask_back(
    session: Session,
    declaration: RetailDeclaration,
    quantity: int = 2,
    application: Application = Application.ACCEPTED,
) -> ReturnCase:
    """A request to return so many, applied for on day 9."""
    case = ReturnCase(
        number="R700",
        guid="",
        declaration=declaration,
        reason="",
        applied_on=(NOON + timedelta(days=9)).date(),
        apply_day=9,
        is_late=False,
        back_days_max=45,
        application=application,
        goods_back_on=None,
        reentry=Reentry.NOT_ARRIVED,
        given_back=Decimal(0),
        given_back_on=None,
        message_id=None,
        lines=[
            ReturnLine(
                line_no=1,
                book_item_id=declaration.lines[0].book_item_id,
                item_no=ITEM,
                quantity=Decimal(quantity),
                stock_quantity=quantity,
            )
        ],
    )
    session.add(case)
    session.flush()
    return case


def go(session: Session, flow: Flow, *answers: Answer, day: int = 20) -> Screen:
    """Give these answers to a new run of a flow, so many days after the release."""
    at = NOON + timedelta(days=day)
    screen = flow.start(session, by_id=7, at=at)
    for given in answers:
        assert screen.step is not None
        screen = flow.answer(session, screen.step, given, by_id=7, at=at)
    return screen


def back(
    session: Session,
    declaration: RetailDeclaration,
    place: str,
    *,
    quantity: int = 2,
    day: int = 20,
    condition: str = "GOOD",
) -> Screen:
    """The whole parcel is taken back."""
    return go(
        session,
        RETURNS,
        Scanned(text=declaration.waybill_no),
        Scanned(text=ITEM),
        Scanned(text="L1"),
        Dated(day=EXPIRY),
        Counted(number=Decimal(quantity)),
        Chosen(key=condition),
        Scanned(text=place),
        day=day,
    )


def row(session: Session) -> ReconciledItem:
    item = make_book_item(session, make_product(session))
    assert item.book_id is not None
    return reconcile(session, book_id=item.book_id, book_number="", at=ledger_now(session)).items[0]


def lying(session: Session) -> dict[tuple[str, str], int]:
    """(place, quality) → stock units of tea."""
    return {(each.location, each.quality): each.on_hand for each in stock_rows(session, item_no=ITEM)}


def return_list(session: Session, declaration: RetailDeclaration, quantity: int) -> BondedList:
    """An inbound list that names the declaration, approved by customs."""
    return make_bonded_list(session, "QD889926I000000801", Side.IN, quantity, retail=[declaration])


def test_goods_in_time_are_bonded_and_not_yet_in_the_book(
    session: Session, declaration: RetailDeclaration
) -> None:
    case = ask_back(session, declaration)
    before = row(session)

    screen = back(session, declaration, "BACK")

    assert (screen.tone, case.reentry) == (Tone.OK, Reentry.WAITING_SORT)
    after = row(session)
    assert (after.book, after.available) == (before.book, before.available)
    assert (after.returned_not_reentered, after.arrived_not_booked) == (2, 0)
    assert (after.expected, after.present, after.difference) == (before.expected + 2, before.present + 2, 0)
    assert verify(session) == []


def test_a_return_lists_goods_are_here_when_its_parcels_are(
    session: Session, declaration: RetailDeclaration
) -> None:
    """No pass brings them; what leaves names declarations too and is none of these."""
    ask_back(session, declaration)
    listed = return_list(session, declaration, 2)
    make_bonded_list(session, "QD889926E000000802", Side.OUT, 3, retail=[declaration])
    before = lists_back(session)

    back(session, declaration, "BACK")

    assert (before, lists_back(session)) == (frozenset(), {listed.id})


@pytest.mark.parametrize(
    ("day", "place", "reentry"),
    [(45, "BACK", Reentry.WAITING_SORT), (46, "LATE", Reentry.REFUSED_LATE_GOODS)],
)
def test_day_45_still_passes(
    session: Session, declaration: RetailDeclaration, day: int, place: str, reentry: Reentry
) -> None:
    """Calendar days; the release is day 0. What comes later never touches the book."""
    case = ask_back(session, declaration)

    back(session, declaration, place, day=day)

    assert case.reentry is reentry
    late = place == "LATE"
    assert row(session).returned_not_reentered == (0 if late else 2)
    assert verify(session) == []


def test_the_days_choose_the_place_not_the_worker(session: Session, declaration: RetailDeclaration) -> None:
    ask_back(session, declaration)

    with pytest.raises(WrongReturnPlace):
        back(session, declaration, "BACK", day=46)
    with pytest.raises(WrongReturnPlace):
        back(session, declaration, "BIN-A")


def test_goods_of_a_refused_request_stay_out_of_the_book(
    session: Session, declaration: RetailDeclaration
) -> None:
    case = ask_back(session, declaration, application=Application.REFUSED_LATE)

    back(session, declaration, "LATE")

    assert case.reentry is Reentry.REFUSED
    assert row(session).returned_not_reentered == 0


def test_what_nobody_announced_is_set_aside(session: Session, declaration: RetailDeclaration) -> None:
    with pytest.raises(NobodyAnnounced):
        back(session, declaration, "BACK")
    ask_back(session, declaration)

    with pytest.raises(NotAnnounced):
        back(session, declaration, "BACK", quantity=3)


def test_closing_says_what_was_not_in_the_parcel(session: Session, declaration: RetailDeclaration) -> None:
    ask_back(session, declaration)
    back(session, declaration, "BACK", quantity=1)

    closed = go(session, RETURNS, Scanned(text=declaration.waybill_no), Pressed(key="close"))

    assert closed.tone is Tone.DECISION
    assert "NP-TEA-001 × 1" in str(closed.verdict)


def test_the_return_list_enters_them_and_then_they_may_be_sold(
    session: Session, declaration: RetailDeclaration
) -> None:
    case = ask_back(session, declaration)
    back(session, declaration, "BACK")
    before = row(session)
    with pytest.raises(NotReenteredYet):
        put_away(session, declaration, "GOOD", "BIN-A")

    bonded = return_list(session, declaration, 2)
    assert is_return_list(bonded)
    done = book_returns(session, bonded, at=NOON)

    assert (done.cases, case.reentry) == ((case,), Reentry.REENTERED)
    booked = row(session)
    assert (booked.book, booked.available) == (before.book + 2, before.available + 2)
    assert (booked.returned_not_reentered, booked.difference) == (0, 0)
    put_away(session, declaration, "GOOD", "BIN-A")
    assert lying(session) == {("BIN-A", "GOOD"): 12}
    assert verify(session) == []


def test_damaged_returns_go_to_quarantine_at_once(session: Session, declaration: RetailDeclaration) -> None:
    ask_back(session, declaration)
    back(session, declaration, "BACK")

    put_away(session, declaration, "DAMAGED", "CAGE")

    assert lying(session) == {("BIN-A", "GOOD"): 10, ("CAGE", "DAMAGED"): 2}
    assert row(session).returned_not_reentered == 2, "still bonded, still waiting for its list"
    assert verify(session) == []


def put_away(session: Session, declaration: RetailDeclaration, condition: str, place: str) -> Screen:
    """Sort both pieces."""
    return go(
        session,
        SORTING,
        Scanned(text=declaration.waybill_no),
        Scanned(text="L1"),
        Counted(number=Decimal(2)),
        Chosen(key=condition),
        Scanned(text=place),
    )


def test_a_return_list_with_a_stranger_is_booked_and_told(
    session: Session, declaration: RetailDeclaration
) -> None:
    """A receipt is an outside fact: it is booked, and what may not enter again is named."""
    ask_back(session, declaration)

    done = book_returns(session, return_list(session, declaration, 2), at=NOON)

    assert (done.cases, done.strangers) == ((), (declaration.list_no,))
    assert row(session).booked_not_arrived == 2
