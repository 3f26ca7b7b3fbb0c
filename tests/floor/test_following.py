"""A receipt's missing goods that follow on a later truck: allowed by an officer, received under their own papers."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.test_trades import KEEPER, receive
from tests.customs.trade_papers import Papers
from tests.floor.outward import lay_bins
from wms.customs import deciding
from wms.customs.cases import CaseKind, CaseState, Discrepancy, Remedy
from wms.customs.deciding import CaseIsDecided, RemedyDoesNotFit

OFFICER = 31
FIRST, SECOND, THIRD = (f"QD889926I00000080{number}" for number in (1, 2, 3))
PASS_1, PASS_2, PASS_3 = (f"Z8899I26052000000000080{number}" for number in (1, 2, 3))


@pytest.fixture
def papers(session: Session) -> Papers:
    """A list of five came with three: the receipt is closed, two are missing under their case."""
    lay_bins(session, "BIN-A: 10 × L1", L1=date(2027, 1, 1))
    made = Papers(session=session)
    come(made, FIRST, PASS_1, declared=5, found=3)
    return made


def come(papers: Papers, list_no: str, pass_no: str, *, declared: int, found: int) -> None:
    entry = papers.declare("I", declared)
    papers.review(entry, list_no)
    papers.drive("I", pass_no, list_no, plate=f"藏A{pass_no[-5:]}")
    receive(papers, pass_no, found)


def cases(session: Session) -> list[tuple[CaseKind, CaseState, int]]:
    found = session.scalars(select(Discrepancy).order_by(Discrepancy.id)).all()
    return [(each.kind, each.state, each.quantity) for each in found]


def decide(session: Session, remedy: Remedy) -> Discrepancy:
    case = session.scalars(select(Discrepancy).order_by(Discrepancy.id).limit(1)).one()
    deciding.propose(
        session, case.number, remedy=remedy, cause="第二车随后到", by_id=KEEPER, at=case.opened_at
    )
    deciding.approve(session, case.number, said="", by_id=OFFICER, at=case.opened_at)
    return case


def test_what_follows_answers_what_was_missing_and_no_surplus_is_found(papers: Papers) -> None:
    """The later truck has a list of its own; what it brings beyond it is what was missing."""
    session = papers.session
    case = decide(session, Remedy.FOLLOWS)
    assert (case.state, papers.tea().stock, papers.tea().book) == (CaseState.DECIDED, 13, 15)

    come(papers, SECOND, PASS_2, declared=4, found=6)

    assert cases(session) == [(CaseKind.RECEIPT_SHORT, CaseState.CLOSED, 2)]
    tea = papers.tea()
    assert (tea.stock, tea.book, tea.booked_not_arrived, tea.arrived_not_booked) == (19, 19, 0, 0)


def test_it_may_come_in_parts_and_what_never_comes_is_booked_out_after_all(papers: Papers) -> None:
    session = papers.session
    decide(session, Remedy.FOLLOWS)
    come(papers, SECOND, PASS_2, declared=4, found=5)
    assert cases(session) == [(CaseKind.RECEIPT_SHORT, CaseState.DECIDED, 1)]

    case = decide(session, Remedy.BY_LIST)

    assert (case.state, case.book_difference) == (CaseState.DECIDED, -1)
    with pytest.raises(CaseIsDecided):
        deciding.propose(
            session, case.number, remedy=Remedy.FOLLOWS, cause="x", by_id=KEEPER, at=case.opened_at
        )
    come(papers, THIRD, PASS_3, declared=1, found=2)
    assert cases(session)[1:] == [(CaseKind.RECEIPT_OVER, CaseState.OPEN, 1)]


def test_without_a_decision_a_later_truck_s_surplus_is_a_surplus(papers: Papers) -> None:
    come(papers, SECOND, PASS_2, declared=4, found=6)

    assert cases(papers.session) == [
        (CaseKind.RECEIPT_SHORT, CaseState.OPEN, 2),
        (CaseKind.RECEIPT_OVER, CaseState.OPEN, 2),
    ]


def test_a_surplus_does_not_follow(papers: Papers) -> None:
    session = papers.session
    come(papers, SECOND, PASS_2, declared=4, found=6)
    over = session.scalars(select(Discrepancy).where(Discrepancy.kind == CaseKind.RECEIPT_OVER)).one()

    with pytest.raises(RemedyDoesNotFit):
        deciding.propose(
            session, over.number, remedy=Remedy.FOLLOWS, cause="x", by_id=KEEPER, at=over.opened_at
        )
