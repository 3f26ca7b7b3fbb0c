"""What a reconciliation says of goods whose papers are on their way: at every moment cases hold all of a difference."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.test_trades import receive
from tests.customs.trade_papers import Papers
from tests.floor.outward import lay_bins
from tests.floor.test_following import come, decide
from wms.customs.cases import CaseKind, Discrepancy, Remedy
from wms.customs.reconciliation import ReconciledItem, reconcile
from wms.ledger.book import AccountBook
from wms.ledger.past import ledger_now

LIST, PASS = "QD889926I000000905", "Z8899I260520000000000905"


@pytest.fixture
def papers(session: Session) -> Papers:
    lay_bins(session, "BIN-A: 10 × L1", L1=date(2027, 1, 1))
    return Papers(session=session)


def tea(papers: Papers) -> ReconciledItem:
    session = papers.session
    book = session.scalars(select(AccountBook)).one()
    items = reconcile(session, book_id=book.id, book_number=book.number, at=ledger_now(session)).items
    return next(item for item in items if item.item_no == "NP-TEA-001")


@pytest.mark.parametrize(
    ("found", "kind"), [(3, CaseKind.RECEIPT_SHORT), (5, None), (6, CaseKind.RECEIPT_OVER)]
)
def test_a_receipt_that_differs_is_a_case_before_the_passage_and_after(
    papers: Papers, found: int, kind: CaseKind | None
) -> None:
    """The vehicle is unloaded before its SAS223: the same difference stands before and after, all of it in cases."""
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)
    receive(papers, PASS, found)
    before = tea(papers)

    papers.pass_gate(truck, PASS)

    after = tea(papers)
    cases = papers.session.scalars(select(Discrepancy)).all()
    assert [case.kind for case in cases] == ([kind] if kind else [])
    for item in (before, after):
        assert item.difference == item.in_cases == sum(case.book_difference for case in cases) == found - 5
        assert item.law_holds
    assert (before.arrived_not_booked, after.arrived_not_booked) == (5, 0), "what its papers say has arrived"


def test_what_follows_on_a_later_vehicle_is_short_no_more(papers: Papers) -> None:
    """Two are missing before the passage, an officer lets them follow, and one has come."""
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)
    receive(papers, PASS, 3)
    decide(papers.session, Remedy.FOLLOWS)
    come(papers, "QD889926I000000906", "Z8899I260520000000000906", declared=4, found=5)
    before = tea(papers)

    papers.pass_gate(truck, PASS)

    for item in (before, tea(papers)):
        assert (item.difference, item.in_cases, item.stock, item.law_holds) == (-1, -1, 18, True)
