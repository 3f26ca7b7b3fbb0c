"""Customs' reviews of lists and passes that order an inspection: what is held, what is barred, what lets it go."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules, Review
from tests.customs.inspection_makers import make_officers
from tests.customs.test_trades import ABROAD, DAY, KEEPER, bring_out, receive
from tests.customs.trade_papers import Papers
from tests.floor.outward import exit_list, gate_pass, lay_bins, release
from tests.makers import NOON
from wms.customs.barring import bars
from wms.customs.departure import pass_by_hand
from wms.customs.dispatch import PapersIncomplete, open_dispatch
from wms.customs.gate_pass import GatePass, Passage, PassState
from wms.customs.inbox import Outcome
from wms.customs.inspection import Inspection, InspectionState, OrderedBy
from wms.customs.inspection_watch import watch
from wms.customs.unanswered import unanswered
from wms.ledger.moves import Balance

ENTRY, EXIT = "QD889926I000000701", "QD889926E000000701"
PASS_IN, PASS_OUT = "Z8899I260520000000000701", "Z8899E260520000000000701"


@pytest.fixture
def papers(session: Session) -> Papers:
    """Ten boxes of tea booked in; customs' code 9 orders an inspection at this site."""
    make_officers(session)
    lay_bins(session, "BIN-A: 6 × L1; BIN-B: 4 × L2", L1=date(2027, 1, 1), L2=date(2027, 6, 1))
    rules = CustomsRules.load()
    asks = {"9": Review.INSPECT}
    review = replace(
        rules.review,
        inbound={**rules.review.inbound, **asks},
        outbound={**rules.review.outbound, **asks},
        gate_pass={**rules.review.gate_pass, **asks},
    )
    return Papers(session=session, rules=replace(rules, review=review))


def ordered(session: Session) -> list[tuple[str, str, InspectionState]]:
    found = session.scalars(select(Inspection).order_by(Inspection.id)).all()
    assert all(each.ordered_by is OrderedBy.RECEIPT for each in found)
    return [(each.subject_number, each.order_number, each.state) for each in found]


def held(session: Session) -> int:
    return sum(session.scalars(select(Balance.held)))


def round_of_watch(papers: Papers) -> None:
    watch(papers.session, merchants_of=lambda _s, _o: {}, officers=2, by_id=0, at=papers.at)


def test_an_inbound_list_customs_wants_to_see_is_held_as_it_arrives(papers: Papers) -> None:
    """INV201: nothing is booked or promised by it; a repeated receipt orders nothing again."""
    entry = papers.declare("I", 5)
    papers.review(entry, ENTRY)
    effect = papers.review(entry, ENTRY, "9")
    papers.review(entry, ENTRY, "9")
    assert effect.outcome is Outcome.ACCEPTED
    assert papers.tea().promised_in == 5

    papers.drive("I", PASS_IN, ENTRY)
    receive(papers, PASS_IN, 5)

    assert ordered(papers.session) == [(ENTRY, ENTRY, InspectionState.ORDERED)]
    assert held(papers.session) == 5
    round_of_watch(papers)
    assert held(papers.session) == 5

    papers.review(entry, ENTRY, "4")
    round_of_watch(papers)
    assert ordered(papers.session) == [(ENTRY, ENTRY, InspectionState.CLOSED)]
    assert held(papers.session) == 0


def test_an_older_order_to_inspect_does_not_undo_a_newer_release(papers: Papers) -> None:
    """Receipts count by customs' own time, not by their arrival."""
    entry = papers.declare("I", 5)
    papers.review(entry, ENTRY)
    papers.at -= timedelta(hours=1)

    papers.review(entry, ENTRY, "9")

    assert ordered(papers.session) == []


def test_an_exit_list_customs_wants_to_see_is_not_brought_out(papers: Papers) -> None:
    entry = papers.declare("E", 4, country_code=ABROAD)
    papers.review(entry, EXIT)
    papers.review(entry, EXIT, "9")

    with pytest.raises(PapersIncomplete):
        open_dispatch(papers.session, EXIT, day=DAY, by_id=KEEPER, at=papers.at)

    papers.review(entry, EXIT, "4")
    round_of_watch(papers)
    assert bring_out(papers, EXIT).screen.step is None


def test_a_marked_pass_holds_what_was_brought_out_for_it_and_nothing_else(papers: Papers) -> None:
    """SAS221 with logisticsStucd 1: approved, and yet the vehicle waits for its inspection."""
    session = papers.session
    entry = papers.declare("E", 4, country_code=ABROAD)
    papers.review(entry, EXIT)
    bring_out(papers, EXIT)
    pre_entry = papers.drive("E", PASS_OUT, EXIT, is_passed=False)

    papers.review_pass(pre_entry, PASS_OUT, inspection_state="1")

    truck = session.scalars(select(GatePass)).one()
    passing = Passage(passed_at=papers.at, collected_kg=None, tolerance_rate=truck.total_kg, books=False)
    assert (truck.state, held(session)) == (PassState.APPROVED, 4)
    assert ordered(session) == [(EXIT, PASS_OUT, InspectionState.ORDERED)]
    with pytest.raises(PapersIncomplete):
        pass_by_hand(session, truck, passing)

    papers.review_pass(pre_entry, PASS_OUT, inspection_state="0")
    round_of_watch(papers)
    assert pass_by_hand(session, truck, passing).lifted == 0


def test_a_pass_under_inspection_is_no_pass_that_nobody_answered(papers: Papers) -> None:
    entry = papers.declare("E", 4, country_code=ABROAD)
    papers.review(entry, EXIT)
    pre_entry = papers.drive("E", PASS_OUT, EXIT, is_passed=False)

    papers.review_pass(pre_entry, PASS_OUT, "9")

    assert papers.session.scalars(select(GatePass.state)).one() is PassState.DECLARED
    assert unanswered(papers.session, declared_before=papers.at) == []


def test_the_parcels_of_a_marked_pass_are_put_aside_one_by_one(papers: Papers) -> None:
    """A retail exit list is inspected declaration by declaration; released parcels stay barred until it ends."""
    session = papers.session
    chosen = release(session, ("1", 2), ("2", 1))
    other = release(session, ("3", 1))[0]
    truck = gate_pass(session, exit_list(session, chosen))
    truck.pre_entry_no, truck.reviewed_at = "000000000000000777", NOON
    session.flush()

    papers.review_pass(truck.pre_entry_no, truck.pass_no, inspection_state="1")
    round_of_watch(papers)

    assert [subject for subject, _, _ in ordered(session)] == ["L1", "L2"]
    assert all(bars(session, each) is not None for each in chosen)
    assert bars(session, other) is None
