"""Guarantee accounts of stock bills: used when goods go out, never below zero, free again when accounted for."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.customs.test_trades import HOME, KEEPER, bring_out
from tests.customs.trade_papers import Papers
from tests.floor.outward import lay_bins
from tests.makers import NOON
from wms.customs.guarantee import (
    BadGuarantee,
    GuaranteeUsedUp,
    NoGuarantee,
    all_accounts,
    file_guarantee,
)
from wms.customs.stock_bill import StockBill


@pytest.fixture
def papers(session: Session) -> Papers:
    """Ten boxes of tea, a filing of eight under letter G1."""
    lay_bins(session, "BIN-A: 6 × L1; BIN-B: 4 × L2", L1=date(2027, 1, 1), L2=date(2027, 6, 1))
    return Papers(session=session)


def letter(session: Session, amount: str, *, valid_until: date = date(2026, 12, 31)) -> None:
    file_guarantee(
        session, number="G1", amount=Decimal(amount), valid_until=valid_until, by_id=KEEPER, at=NOON
    )


def available(session: Session) -> Decimal:
    (account,) = all_accounts(session)
    return account.available


def bill(papers: Papers, number: str, quantity: int, amount: str, **record: str) -> None:
    with papers.session.begin_nested():
        papers.bill("SF1", number, quantity, guarantee_base=Decimal(amount), **record)


def test_a_bill_without_a_letter_that_counts_is_refused_and_promises_nothing(papers: Papers) -> None:
    papers.file_business(8)
    with pytest.raises(NoGuarantee):
        bill(papers, "X1", 3, "30")
    letter(papers.session, "100", valid_until=date(2026, 5, 19))
    with pytest.raises(NoGuarantee):
        bill(papers, "X1", 3, "30")

    assert papers.tea().promised_out == 0
    assert papers.session.query(StockBill).count() == 0


def test_bills_use_the_letter_to_the_fen_and_not_beyond(papers: Papers) -> None:
    """Exactly what is left still passes; what customs returns is free again."""
    letter(papers.session, "100")
    papers.file_business(8)
    bill(papers, "X1", 3, "60")
    with pytest.raises(GuaranteeUsedUp, match=r"40\.01"):
        bill(papers, "X2", 1, "40.01")
    bill(papers, "X2", 1, "40")
    assert available(papers.session) == 0

    bill(papers, "X3", 1, "0")
    papers.hand_in(papers.returned("PX1"))

    assert available(papers.session) == 60


def test_goods_that_come_back_and_the_collective_list_give_it_back_once(papers: Papers) -> None:
    """Two of five come back: two fifths; the list that books the rest frees the rest, however often it comes."""
    session = papers.session
    letter(session, "100")
    filing = papers.file_business(8)
    bill(papers, "X1", 5, "50")
    bring_out(papers, "X1")
    bill(papers, "X2", 2, "0", direction="I", related_slip_no="X1")
    assert available(session) == 70

    entry = papers.declare("E", 5, list_type="1", country_code=HOME, filing_no=filing)
    papers.review(entry, "QD889926E000000050")
    papers.book("QD889926E000000050")
    papers.book("QD889926E000000050")

    (account,) = all_accounts(session)
    assert (account.used, account.restored, account.available) == (50, 50, 100)


def test_a_letter_is_filed_once_and_nobody_changes_it(papers: Papers) -> None:
    letter(papers.session, "100")
    with pytest.raises(BadGuarantee):
        letter(papers.session, "200")
    with pytest.raises(DBAPIError), papers.session.begin_nested():
        papers.session.execute(text("update guarantee set amount = 999"))
