"""Bonded trade beside the retail import, a story each; every paper is handed in and the ledgers are proven after it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.trade_papers import Papers
from tests.floor.outward import KEEPER, Hand, lay_bins
from tests.makers import NOON, make_company, make_location, make_product, partner
from wms.customs import transfer
from wms.customs.bonded_list import BondedList, ListState, find_by_list_no
from wms.customs.declaration import DeclarationState, of_list
from wms.customs.dispatch import (
    Dispatch,
    DispatchState,
    GoodsShort,
    NothingToDispatch,
    PapersIncomplete,
    open_dispatch,
)
from wms.customs.stock_bill import BeyondFiling, FilingNotInForce, PaperState, StockBill
from wms.floor import receipt
from wms.floor.dispatching import CountWanted, LotWanted, dispatching_flow
from wms.floor.screens import Counted
from wms.ledger import refusals
from wms.ledger.book import AccountBook, BookItem, BookLineStopped
from wms.ledger.lots import Lot
from wms.ledger.moves import StockMove
from wms.ledger.opening import add_item
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.queries import total_on_hand

DAY = date(2026, 5, 20)
DISPATCHING = dispatching_flow(day_of=lambda at: at.date())
HOME, ABROAD = "142", "125"


@pytest.fixture
def papers(session: Session) -> Papers:
    """Ten boxes of tea in the bonded bins, booked in."""
    lay_bins(session, "BIN-A: 6 × L1; BIN-B: 4 × L2", L1=date(2027, 1, 1), L2=date(2027, 6, 1))
    return Papers(session=session)


def bring_out(papers: Papers, number: str) -> Hand:
    """Scan the document and answer what the handheld asks."""
    hand = Hand(session=papers.session, flow=DISPATCHING)
    hand.scan(number)
    hand.follow()
    return hand


def went_to(session: Session, purpose: Purpose, regime: Regime) -> int:
    """Pieces that reached a partner place."""
    place = partner(session, purpose, regime)
    return sum(session.scalars(select(StockMove.quantity).where(StockMove.target_id == place.id)))


def receive(papers: Papers, pass_number: str, quantity: int, lot: str = "L9") -> None:
    """Unload so many boxes of tea on a pass."""
    arrived = receipt.Arrived(
        product=make_product(papers.session), lot=lot, expiry=date(2028, 1, 1), good=quantity, damaged=0,
        location=make_location(papers.session, "BIN-A"), damaged_location=None,
    )  # fmt: skip
    receipt.take(papers.session, pass_number, arrived, by_id=KEEPER, at=papers.at, hold_over=False)
    receipt.close(papers.session, pass_number, by_id=KEEPER, at=papers.at)


def in_staging(session: Session) -> int:
    ids = session.scalars(select(Location.id).where(Location.purpose == Purpose.STAGING)).all()
    return total_on_hand(session, location_ids=ids)


def test_goods_are_sold_inside_the_country_against_duty(papers: Papers) -> None:
    """二线出区: promised when declared, brought out once the declaration is released, booked when customs says so."""
    session = papers.session
    entry = papers.declare("E", 7, country_code=HOME, declaration_flag="1")
    assert (papers.tea().promised_out, papers.tea().available) == (7, 3)
    papers.review(entry, "QD889926E000000001")
    papers.draft_declaration(entry, "QD889926E000000001")
    with pytest.raises(PapersIncomplete):
        open_dispatch(session, "QD889926E000000001", day=DAY, by_id=KEEPER, at=papers.at)
    papers.review(entry, "QD889926E000000001", declaration_no="889920261000000001", declaration_state="1")

    assert bring_out(papers, "QD889926E000000001").screen.step is None
    assert in_staging(session) == 7
    papers.drive("E", "Z8899E260520000000000001", "QD889926E000000001")
    assert went_to(session, Purpose.BUYER, Regime.DOMESTIC) == 7
    assert (papers.tea().left_not_booked, papers.tea().actual_out) == (7, 0)
    papers.book("QD889926E000000001")

    tea = papers.tea()
    assert (tea.actual_out, tea.promised_out, tea.left_not_booked, tea.available, tea.stock) == (
        7,
        0,
        0,
        3,
        3,
    )
    assert session.scalars(select(Dispatch.state)).all() == [DispatchState.LEFT]


@pytest.mark.parametrize(("mark", "stopped"), [("1", ""), ("4", "IE"), ("5", "I"), ("6", "E"), ("7", "IE")])
def test_no_list_names_a_line_that_customs_stopped(papers: Papers, mark: str, stopped: str) -> None:
    """cusmExeMarkcd: 4 in and out stopped, 5 in, 6 out, 7 all."""
    item = papers.session.scalars(select(BookItem).where(BookItem.item_no == "NP-TEA-001")).one()
    item.execution_mark = mark
    for side in "IE":
        if side in stopped:
            with pytest.raises(BookLineStopped):
                papers.declare(side, 2)
        else:
            papers.declare(side, 2)


def test_goods_go_back_abroad(papers: Papers) -> None:
    """一线退运出境: a list towards another country takes the goods to the buyer abroad."""
    entry = papers.declare("E", 4, country_code=ABROAD)
    papers.review(entry, "QD889926E000000002")
    bring_out(papers, "QD889926E000000002")
    papers.drive("E", "Z8899E260520000000000002", "QD889926E000000002")
    papers.review(entry, "QD889926E000000002", "5")

    assert went_to(papers.session, Purpose.BUYER, Regime.FOREIGN) == 4
    assert (papers.tea().actual_out, papers.tea().available) == (4, 6)


def test_domestic_goods_enter_the_zone_and_leave_as_export(papers: Papers) -> None:
    """1210 出口: goods of this country enter under bond (二线入区) and leave for a buyer abroad."""
    entry = papers.declare("I", 5, country_code=HOME, declaration_flag="1")
    papers.review(entry, "QD889926I000000003", declaration_no="889920261000000003", declaration_state="1")
    papers.drive("I", "Z8899I260520000000000003", "QD889926I000000003")
    receive(papers, "Z8899I260520000000000003", 5)
    came = papers.session.scalars(
        select(StockMove.quantity).where(
            StockMove.source_id == partner(papers.session, Purpose.SUPPLIER, Regime.DOMESTIC).id
        )
    ).all()
    assert sum(came) == 5

    out = papers.declare("E", 12, country_code=ABROAD)
    papers.review(out, "QD889926E000000003")
    bring_out(papers, "QD889926E000000003")
    papers.drive("E", "Z8899E260520000000000003", "QD889926E000000003")
    papers.book("QD889926E000000003")
    assert went_to(papers.session, Purpose.BUYER, Regime.FOREIGN) == 12
    assert papers.tea().stock == papers.tea().book == 3


def test_goods_come_before_their_declaration_which_may_be_returned(papers: Papers) -> None:
    """先入区后报关: the gate books nothing; a return takes back the promise, not the goods; the release books."""
    entry = papers.declare("I", 8, list_type="3", declaration_flag="1")
    papers.review(entry, "QD889926I000000004")
    papers.drive("I", "Z8899I260520000000000004", "QD889926I000000004")
    receive(papers, "Z8899I260520000000000004", 8)
    assert (papers.tea().actual_in, papers.tea().promised_in, papers.tea().arrived_not_booked) == (10, 8, 8)

    papers.review(entry, "QD889926I000000004", "3")
    assert (papers.tea().promised_in, papers.tea().arrived_not_booked, papers.tea().available) == (0, 8, 10)
    papers.review(entry, "QD889926I000000004")
    papers.review(entry, "QD889926I000000004", declaration_no="889920261000000004", declaration_state="1")

    tea = papers.tea()
    assert (tea.actual_in, tea.promised_in, tea.arrived_not_booked, tea.available) == (18, 0, 0, 18)
    bonded = find_by_list_no(papers.session, "QD889926I000000004")
    assert bonded is not None
    declaration = of_list(papers.session, bonded)
    assert declaration is not None
    assert declaration.state is DeclarationState.RELEASED


def test_two_vehicles_of_goods_first_are_booked_as_each_passes(papers: Papers) -> None:
    """A vehicle that passes after the release books itself; the one before is booked by the release."""
    first = papers.declare("I", 3, list_type="3", declaration_flag="1")
    papers.review(first, "QD889926I000000005")
    second = papers.declare("I", 2, list_type="3", declaration_flag="1")
    papers.review(second, "QD889926I000000006")
    papers.drive("I", "Z8899I260520000000000005", "QD889926I000000005")
    papers.review(first, "QD889926I000000005", declaration_no="889920261000000005", declaration_state="1")
    assert papers.tea().actual_in == 13
    papers.review(second, "QD889926I000000006", declaration_no="889920261000000006", declaration_state="1")
    assert papers.tea().actual_in == 13
    papers.drive("I", "Z8899I260520000000000006", "QD889926I000000006", plate="藏A00002")
    assert papers.tea().actual_in == 15


def test_goods_leave_by_stock_bills_and_are_declared_together(papers: Papers) -> None:
    """分送集报: bills promise, vehicles take the goods out, one list of type 1 books them all, once."""
    session = papers.session
    filing = papers.file_business(9)
    for number, quantity in (("X8899E260520000001", 2), ("X8899E260520000002", 3)):
        papers.bill(filing, number, quantity)
        bring_out(papers, number)
        papers.drive("E", f"Z8899E26052000000000{number[-4:]}", number, plate=f"藏A{number[-5:]}")
    papers.bill(filing, "X8899E260520000003", 4, code="3")
    assert (papers.tea().promised_out, papers.tea().left_not_booked) == (5, 5)
    assert went_to(session, Purpose.BUYER, Regime.DOMESTIC) == 5

    entry = papers.declare("E", 5, list_type="1", filing_no=filing, country_code=HOME, declaration_flag="1")
    assert papers.tea().promised_out == 5
    papers.review(entry, "QD889926E000000007")
    papers.book("QD889926E000000007")
    papers.book("QD889926E000000007")

    tea = papers.tea()
    assert (tea.actual_out, tea.promised_out, tea.left_not_booked, tea.stock) == (5, 0, 0, 5)
    states = session.scalars(select(StockBill.state).order_by(StockBill.id)).all()
    assert states == [PaperState.GATHERED, PaperState.GATHERED, PaperState.RETURNED]


def test_a_stock_bill_stays_within_its_filing(papers: Papers) -> None:
    """Neither more than granted nor after its last day."""
    filing = papers.file_business(4)
    papers.bill(filing, "X8899E260520000001", 3)
    with pytest.raises(BeyondFiling) as beyond:
        papers.bill(filing, "X8899E260520000002", 2)
    assert beyond.value.facts["left"] == 1
    with pytest.raises(FilingNotInForce):
        papers.bill("SF9", "X8899E260520000003", 1)


def test_a_filing_that_has_run_out_covers_nothing(papers: Papers) -> None:
    """Its last day still counts, the day after does not."""
    filing = papers.file_business(9, valid_until=date(2026, 5, 19))
    with pytest.raises(FilingNotInForce):
        papers.bill(filing, "X8899E260520000001", 1)


def other_book(session: Session) -> None:
    """A second keeper in the zone with a book of its own."""
    book = AccountBook(
        number="T8899W000002", kind="Z", cumulative=True, company_id=make_company(session, number=2).id,
        customs_code="8899", opened_at=NOON,
    )  # fmt: skip
    session.add(book)
    session.flush()
    tea = make_product(session)
    item = BookItem(
        book_id=book.id, line_no=1, item_no=tea.item_no, hs10=tea.hs10, name=tea.name_zh, origin=tea.origin_num,
        unit=tea.unit, unit1=tea.unit1, unit2="", execution_mark="1",
    )  # fmt: skip
    add_item(session, item)


def transfer_lists(papers: Papers, *, received: int, sent: int) -> tuple[str, str]:
    """Both lists of a transfer, declared; gives the numbers their receipts are joined by."""
    receiving = papers.declare("I", received, list_type="6", book_no="T8899W000002", country_code=HOME)
    papers.review(receiving, "QD889926I000000008")
    sending = papers.declare(
        "E", sent, list_type="6", country_code=HOME, related_list_no="QD889926I000000008",
        related_book_no="T8899W000002",
    )  # fmt: skip
    return receiving, sending


def test_goods_change_owner_and_book_inside_the_zone(papers: Papers) -> None:
    """区内流转: it waits for the other side; then the goods lie in the same bin under the other book."""
    session = papers.session
    other_book(session)
    _, sending = transfer_lists(papers, received=6, sent=6)
    assert papers.tea().promised_out == 6
    with pytest.raises(transfer.NoTransfer):
        transfer.carry_out(session, "QD889926E000000008", day=DAY, at=papers.at)
    papers.review(sending, "QD889926E000000008")

    assert transfer.carry_out(session, "QD889926E000000008", day=DAY, at=papers.at) == 1
    with pytest.raises(transfer.AlreadyMoved):
        transfer.carry_out(session, "QD889926E000000008", day=DAY, at=papers.at)
    theirs = papers.tea(book="T8899W000002")
    assert (papers.tea().left_not_booked, theirs.arrived_not_booked, theirs.stock) == (6, 6, 6)
    papers.book("QD889926E000000008")
    papers.book("QD889926I000000008")

    ours, theirs = papers.tea(), papers.tea(book="T8899W000002")
    assert (ours.book, ours.stock, ours.promised_out, ours.left_not_booked) == (4, 4, 0, 0)
    assert (theirs.book, theirs.stock, theirs.promised_in, theirs.arrived_not_booked) == (6, 6, 0, 0)
    owner = make_company(session, number=2).id
    assert session.scalars(select(Lot.code).where(Lot.owner_id == owner)).all() == ["L1"]


def test_a_transfer_whose_sides_differ_is_refused_by_field(papers: Papers) -> None:
    """Line by line the two lists say the same."""
    other_book(papers.session)
    _, sending = transfer_lists(papers, received=6, sent=5)
    papers.review(sending, "QD889926E000000008")
    with pytest.raises(transfer.SidesDiffer) as differs:
        transfer.carry_out(papers.session, "QD889926E000000008", day=DAY, at=papers.at)
    assert differs.value.facts["field"] == "DclQty"


def test_a_transfer_waits_for_the_other_side(papers: Papers) -> None:
    """The receiving list must be approved too."""
    other_book(papers.session)
    receiving, sending = transfer_lists(papers, received=6, sent=6)
    papers.review(sending, "QD889926E000000008")
    papers.review(receiving, "QD889926I000000008", "3")
    with pytest.raises(transfer.WaitsForOtherSide):
        transfer.carry_out(papers.session, "QD889926E000000008", day=DAY, at=papers.at)


def test_goods_go_to_another_zone_and_come_from_one(papers: Papers) -> None:
    """区间流转 (2018 No.52): ordinary lists that name the other zone's book; the goods stay under bond on the way."""
    entry = papers.declare(
        "E", 3, country_code=HOME, related_book_no="T9008W000007", related_list_no="QD900826I1"
    )
    papers.review(entry, "QD889926E000000009")
    bring_out(papers, "QD889926E000000009")
    papers.drive("E", "Z8899E260520000000000009", "QD889926E000000009")
    papers.book("QD889926E000000009")
    assert went_to(papers.session, Purpose.BUYER, Regime.BONDED) == 3

    back = papers.declare("I", 2, country_code=HOME, related_book_no="T9008W000007")
    papers.review(back, "QD889926I000000009")
    papers.drive("I", "Z8899I260520000000000009", "QD889926I000000009", plate="藏A00009")
    receive(papers, "Z8899I260520000000000009", 2)
    assert (papers.tea().book, papers.tea().stock) == (9, 9)


def test_goods_of_another_mode_stay_where_they_are(papers: Papers) -> None:
    """1239 beside 1210: a list takes out only lots that entered under its own mode."""
    entry = papers.declare("E", 2, country_code=ABROAD, supervision_mode="1239")
    papers.review(entry, "QD889926E000000010")
    with pytest.raises(GoodsShort) as short:
        open_dispatch(papers.session, "QD889926E000000010", day=DAY, by_id=KEEPER, at=papers.at)
    assert short.value.facts["mode"] == "1239"

    into = papers.declare("I", 2, supervision_mode="1239")
    papers.review(into, "QD889926I000000010")
    papers.drive("I", "Z8899I260520000000000010", "QD889926I000000010")
    receive(papers, "Z8899I260520000000000010", 2, lot="L1239")
    bring_out(papers, "QD889926E000000010")
    papers.drive("E", "Z8899E260520000000000010", "QD889926E000000010", plate="藏A00010")
    papers.book("QD889926E000000010")
    assert went_to(papers.session, Purpose.BUYER, Regime.FOREIGN) == 2
    lots: dict[str, Any] = {lot.code: lot.mode for lot in papers.session.scalars(select(Lot))}
    assert (lots["L1239"], lots["L1"]) == ("1239", "1210")


def test_an_exit_list_beyond_the_book_is_refused_when_declared(papers: Papers) -> None:
    """The guard stands where the declarant can still mend it."""
    with pytest.raises(refusals.NotEnoughInBook):
        papers.declare("E", 11, country_code=HOME)


def test_a_list_the_client_does_not_take_takes_its_promise_back(papers: Papers) -> None:
    """What was never handed on to customs promises nothing."""
    papers.declare("E", 8, country_code=HOME, answer="-1")
    assert (papers.tea().promised_out, papers.tea().available) == (0, 10)
    assert papers.session.scalars(select(BondedList.state)).one() is ListState.REFUSED


def test_a_returned_list_may_live_again_and_promises_again(papers: Papers) -> None:
    """Past the guard: customs has decided by then."""
    entry = papers.declare("E", 8, country_code=HOME)
    papers.review(entry, "QD889926E000000011", "3")
    assert papers.tea().promised_out == 0
    assert papers.session.scalars(select(BondedList.state)).one() is ListState.RETURNED

    papers.review(entry, "QD889926E000000011")
    assert papers.tea().promised_out == 8
    assert papers.session.scalars(select(BondedList.state)).one() is ListState.PRE_BOOKED


def test_the_floor_is_told_what_it_should_have_scanned(papers: Papers) -> None:
    """Another lot, another count, another document: each with what is wanted."""
    entry = papers.declare("E", 6, country_code=HOME)
    papers.review(entry, "QD889926E000000012")
    hand = Hand(session=papers.session, flow=DISPATCHING)
    with pytest.raises(NothingToDispatch):
        hand.scan("QD889926E999999999")
    hand.scan("QD889926E000000012", "BIN-A")
    with pytest.raises(LotWanted):
        hand.scan("L2")
    hand.scan("L1")
    with pytest.raises(CountWanted):
        hand.give(Counted(number=5))
    hand.follow()
    assert in_staging(papers.session) == 6
