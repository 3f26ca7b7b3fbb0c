"""Lists drafted here after a decision: valid as sent, taken in as declared, booked by customs' receipts alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.customs.test_deciding import Laid, counted, decided, laid, row
from tests.customs.test_trades import KEEPER
from tests.customs.trade_papers import Papers
from tests.floor.outward import DAY, rules
from tests.floor.test_returns import ask_back, back, declaration
from tests.makers import NOON
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.cases import CaseState, Discrepancy
from wms.customs.dispatch import NothingToDispatch, open_dispatch
from wms.customs.drafting import (
    DraftedAlready,
    Drafter,
    NothingBack,
    NothingReturned,
    PriceMissing,
    draft_correction,
    draft_return,
)
from wms.customs.messages.door import read_message
from wms.customs.messages.jg2.bonded_list import BondedListDraft
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.return_case import Reentry
from wms.outbox import OutboxMessage
from wms.registry.rules import keep_rules

__all__ = ["declaration", "laid"]
BY = Drafter(rules=CustomsRules.load(), sender_id="DXPTEST", by_id=KEEPER, day=DAY, at=NOON)
NUMBER = "QD889926E000000601"


@pytest.fixture
def papers(session: Session) -> Papers:
    return Papers(session=session)


def sent(session: Session) -> BondedListDraft:
    """The newest list that leaves, read back as customs would: its form holds."""
    query = select(OutboxMessage).where(OutboxMessage.kind == "INV101").order_by(OutboxMessage.id.desc())
    message = session.scalars(query.limit(1)).one()
    body = read_message(message.payload, file_name="INV101.xml").body
    assert isinstance(body, BondedListDraft)
    return body


def answered(papers: Papers, made: BondedList, number: str) -> str:
    pre_entry = f"{made.id:018}"
    papers.hand_in(ClientResponse(pre_entry_no=pre_entry, inner_no=made.inner_no, deal_flag="0"))
    papers.review(pre_entry, number)
    return pre_entry


def correction(session: Session, laid: Laid, **found: int) -> Discrepancy:
    """A counted difference an officer has decided."""
    keep_rules(session, replace(rules(), day=date(2026, 1, 1)), at=NOON)
    (case,) = counted(session, laid, **found)
    decided(session, case)
    return case


def test_what_is_missing_goes_out_by_a_list_drafted_from_the_decision(
    session: Session, laid: Laid, papers: Papers
) -> None:
    """Three are missing: the list promises them, customs' receipt books them, and the case ends."""
    case = correction(session, laid, A_L1=7)
    with pytest.raises(PriceMissing):
        draft_correction(session, case.number, by=BY)

    made = draft_correction(session, case.number, price=Decimal("10.5"), by=BY)

    body = sent(session)
    (line,) = body.lines
    assert (body.head.direction, body.head.list_type, body.head.inner_no) == ("E", "0", made.inner_no)
    assert (line.item_no, line.quantity, line.total, line.legal_quantity) == (
        "NP-TEA-001",
        3,
        Decimal("31.50"),
        Decimal("0.75"),
    )
    assert papers.tea().promised_out == 3
    with pytest.raises(DraftedAlready):
        draft_correction(session, case.number, price=Decimal(1), by=BY)
    pre_entry = answered(papers, made, NUMBER)
    with pytest.raises(NothingToDispatch):
        open_dispatch(session, NUMBER, day=DAY, by_id=KEEPER, at=NOON)
    papers.review(pre_entry, NUMBER, "5")

    done = row(session)
    assert (done.book, done.present, done.difference, done.missing) == (19, 19, 0, 0)
    assert (case.state, papers.tea().promised_out) == (CaseState.CLOSED, 0)


def test_what_was_found_enters_and_a_list_given_back_is_drafted_anew(
    session: Session, laid: Laid, papers: Papers
) -> None:
    case = correction(session, laid, B_L1=9)
    first = draft_correction(session, case.number, price=Decimal(10), by=BY)
    pre_entry = answered(papers, first, "QD889926I000000602")
    papers.review(pre_entry, "QD889926I000000602", "3")
    assert (first.state, papers.tea().promised_in) == (ListState.RETURNED, 0)

    second = draft_correction(session, case.number, price=Decimal(10), by=BY)
    answered(papers, second, "QD889926I000000603")
    papers.book("QD889926I000000603")

    assert (sent(session).head.direction, sent(session).lines[0].levy_mode) == ("I", "3")
    assert (row(session).difference, row(session).book, row(session).in_cases) == (0, 24, 0)
    assert case.state is CaseState.CLOSED


def test_the_price_is_that_of_the_newest_list_that_brought_the_item(
    session: Session, laid: Laid, papers: Papers
) -> None:
    papers.declare("I", 1)
    case = correction(session, laid, B_L1=9)

    draft_correction(session, case.number, by=BY)

    assert sent(session).lines[0].price == Decimal(10)


def test_returned_goods_enter_by_a_list_drafted_from_the_return(
    session: Session, declaration: RetailDeclaration, papers: Papers
) -> None:
    """It names the parcel's declaration, takes what is here at the price it was sold at, and is drafted once."""
    case = ask_back(session, declaration)
    with pytest.raises(NothingBack):
        draft_return(session, [case.number], by=BY)
    with pytest.raises(NothingReturned):
        draft_return(session, ["NONE"], by=BY)
    back(session, declaration, "BACK")

    made = draft_return(session, [case.number, case.number], by=BY)

    body = sent(session)
    (line,) = body.lines
    assert (body.head.direction, body.retail_list_nos) == ("I", (declaration.list_no,))
    assert (line.quantity, line.total, line.price, line.levy_mode) == (2, Decimal(20), Decimal(10), "3")
    with pytest.raises(DraftedAlready):
        draft_return(session, [case.number], by=BY)
    answered(papers, made, "QD889926I000000604")
    papers.book("QD889926I000000604")

    assert case.reentry is Reentry.REENTERED
    assert (row(session).returned_not_reentered, row(session).difference) == (0, 0)
