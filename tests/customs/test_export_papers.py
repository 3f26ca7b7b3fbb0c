"""Papers of goods that leave under a list: a condition of bringing them out, used once, given back with the list."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.customs.test_trades import ABROAD, DAY, HOME, KEEPER, bring_out
from tests.customs.trade_papers import Papers
from tests.floor.outward import lay_bins
from tests.makers import NOON
from wms.customs.departure import pass_by_hand
from wms.customs.dispatch import Dispatch, PapersIncomplete, open_dispatch
from wms.customs.gate_pass import GatePass, Passage
from wms.customs.permit_filing import NoSuchMark, ReasonMissing, end_mark, file_permit, mark_product
from wms.customs.permits import PaperMissing, PermitUse, ProductPaper

PAPERS = CustomsRules.load().inspection.papers
LIST = "QD889926E000000801"
PASS = "Z8899E260520000000000801"


@pytest.fixture
def papers(session: Session) -> Papers:
    lay_bins(session, "BIN-A: 6 × L1; BIN-B: 4 × L2", L1=date(2027, 1, 1), L2=date(2027, 6, 1))
    return Papers(session=session)


def needs(session: Session, kind: str) -> ProductPaper:
    return mark_product(
        session, PAPERS, item_no="NP-TEA-001", kind=kind, reason="物种", by_id=KEEPER, at=NOON
    )


def file(session: Session, kind: str, quantity: int | None = None) -> None:
    about: dict[str, Any] = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
    file_permit(
        session, PAPERS, kind=kind, number=f"N-{kind}", item_no="NP-TEA-001", issued_by="国家濒管办",
        quantity=quantity, by_id=KEEPER, at=NOON, **about,
    )  # fmt: skip


def used(session: Session) -> int:
    return int(session.scalar(select(func.sum(PermitUse.quantity))) or 0)


def approve(papers: Papers, quantity: int, country: str) -> str:
    entry = papers.declare("E", quantity, country_code=country)
    papers.review(entry, LIST)
    return entry


def test_goods_abroad_are_not_brought_out_before_every_paper_is_there(papers: Papers) -> None:
    """CITES is counted and used up, export quarantine only has to be there; scanning again uses nothing again."""
    session = papers.session
    needs(session, "CITES")
    needs(session, "QUARANTINE")
    approve(papers, 4, ABROAD)

    def opened() -> None:
        with session.begin_nested():
            open_dispatch(session, LIST, day=DAY, by_id=KEEPER, at=papers.at)

    with pytest.raises(PaperMissing):
        opened()
    file(session, "CITES", 5)
    with pytest.raises(PaperMissing, match="NP-TEA-001"):
        opened()
    assert (used(session), session.scalars(select(Dispatch)).all()) == (0, [])
    file(session, "QUARANTINE")

    assert bring_out(papers, LIST).screen.step is None
    opened()

    assert used(session) == 4


def test_goods_that_stay_in_the_country_need_no_export_paper(papers: Papers) -> None:
    needs(papers.session, "QUARANTINE")
    approve(papers, 4, HOME)

    assert bring_out(papers, LIST).screen.step is None


def test_a_list_that_customs_gives_back_gives_its_papers_back_and_may_not_leave(papers: Papers) -> None:
    """Approved again it uses them again; what has left keeps what it used."""
    session = papers.session
    needs(session, "CITES")
    file(session, "CITES", 4)
    entry = approve(papers, 4, ABROAD)
    bring_out(papers, LIST)
    papers.drive("E", PASS, LIST, is_passed=False)
    truck = session.scalars(select(GatePass)).one()
    passing = Passage(passed_at=papers.at, collected_kg=None, tolerance_rate=truck.total_kg, books=False)
    papers.review(entry, LIST, "3")
    assert used(session) == 0
    with pytest.raises(PapersIncomplete):
        pass_by_hand(session, truck, passing)

    papers.review(entry, LIST, "4")
    open_dispatch(session, LIST, day=DAY, by_id=KEEPER, at=papers.at)
    pass_by_hand(session, truck, passing)
    papers.review(entry, LIST, "3")

    assert used(session) == 4


def test_a_mark_is_taken_away_with_its_reason_and_stays_on_record(papers: Papers) -> None:
    """From that moment the paper is not asked for; nobody undoes it, and the product may be marked anew."""
    session = papers.session
    mark = needs(session, "CITES")
    with pytest.raises(ReasonMissing):
        end_mark(session, mark.id, reason=" ", by_id=KEEPER, at=papers.at)

    end_mark(session, mark.id, reason="鉴定为非附录物种", by_id=KEEPER, at=papers.at)

    session.flush()
    with pytest.raises(NoSuchMark):
        end_mark(session, mark.id, reason="x", by_id=KEEPER, at=papers.at)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("update product_paper set ended_at = null"))
    approve(papers, 4, ABROAD)
    assert bring_out(papers, LIST).screen.step is None
    assert needs(session, "CITES").id != mark.id
