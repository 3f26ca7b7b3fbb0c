"""The time machine: any past instant, and the facts behind each of its numbers."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.databases import Database, QueryRecorder, TestServer
from tests.ledger.days import ITEM, clean_day, declaration, do, inbound
from tests.makers import partner
from wms.ledger.behind import Figure, facts_behind, moves_behind, story_of, value_of
from wms.ledger.book import BookItem, Document, Side
from wms.ledger.history import book_at
from wms.ledger.lots import Lot
from wms.ledger.moves import Move, Posting
from wms.ledger.operations import Enter, Promise, Withdraw
from wms.ledger.past import InstantAhead, items_at, ledger_now, must_have_passed, stock_lines_at
from wms.ledger.places import Location, Purpose, Regime


@pytest.fixture(scope="module")
def a_day(database_server: TestServer) -> Iterator[Database]:
    """Some two hundred honest movements, shared by all promises of this page: nobody here writes."""
    with database_server.clone() as database:
        clean_day(database.sessions, moves=200)
        unfinished(database.sessions)
        yield database


def unfinished(sessions: sessionmaker[Session]) -> None:
    """Papers before goods, goods before papers, in and out, and one paper taken back: each in a posting of its own."""
    with sessions() as session:
        item = session.scalars(select(BookItem.id).where(BookItem.item_no == ITEM)).one()
        lot = session.scalars(select(Lot.id).where(Lot.code == "L1")).one()
        place = session.scalars(select(Location.id).where(Location.code == "D-0")).one()
        supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN).id
        buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC).id

    def crossing(source: int, target: int, quantity: int, paper: Document, pass_number: str) -> Move:
        return Move(
            source_id=source,
            source_lot_id=lot,
            target_id=target,
            target_lot_id=lot,
            quantity=quantity,
            document=paper,
            pass_number=pass_number,
        )

    def entry(side: Side, paper: Document, pass_number: str = "") -> Enter:
        return Enter(
            book_item_id=item,
            side=side,
            quantity=8,
            document=paper,
            answers=(paper,),
            pass_number=pass_number,
        )

    goods_first, papers_first, short, sold, taken_back = (
        inbound(90),
        inbound(91),
        inbound(92),
        *map(declaration, (90, 91)),
    )
    do(sessions, "receipt.scan", crossing(supplier, place, 8, goods_first, "Z90"))
    do(sessions, "list.book", entry(Side.IN, goods_first, "Z90"))
    do(sessions, "list.review", Promise(book_item_id=item, side=Side.IN, quantity=8, document=papers_first))
    do(sessions, "list.book", entry(Side.IN, papers_first, "Z91"))
    do(sessions, "receipt.scan", crossing(supplier, place, 5, papers_first, "Z91"))
    do(sessions, "receipt.scan", crossing(supplier, place, 3, short, "Z92"))
    do(sessions, "order.accept", Promise(book_item_id=item, side=Side.OUT, quantity=8, document=sold))
    do(sessions, "list.book", entry(Side.OUT, sold))
    do(sessions, "gate.pass", crossing(place, buyer, 8, sold, ""))
    do(sessions, "order.accept", Promise(book_item_id=item, side=Side.OUT, quantity=6, document=taken_back))
    do(sessions, "order.cancel", Withdraw(side=Side.OUT, document=taken_back))
    do(
        sessions,
        "order.accept",
        Promise(book_item_id=item, side=Side.OUT, quantity=2, document=declaration(92)),
    )


@pytest.fixture
def then(a_day: Database) -> Iterator[Session]:
    with a_day.sessions() as session:
        yield session


def instants(session: Session, count: int) -> list[datetime]:
    """Moments between two postings of the day, and its ends."""
    recorded = session.scalars(select(Posting.recorded_at).order_by(Posting.recorded_at)).all()
    chosen = random.Random(3).sample(list(pairwise(recorded)), count)
    return [recorded[0] - timedelta(days=1), *(a + (b - a) / 2 for a, b in chosen), *recorded[-14:]]


def test_every_figure_is_the_sum_of_the_facts_behind_it(then: Session) -> None:
    """At any instant, for every figure: what is listed adds up to what is shown."""
    seen = set()
    for at in instants(then, 25):
        for item in items_at(then, at=at):
            assert item.book == book_at(then, book_item_id=item.book_item_id, at=at)
            for figure in Figure:
                facts = facts_behind(then, book_item_id=item.book_item_id, figure=figure, at=at, limit=9999)
                shown = value_of(figure, item.book)
                assert sum(fact.counts for fact in facts) == shown, (figure, at)
                assert all(fact.recorded_at <= at for fact in facts)
                if shown:
                    seen.add(figure)

    # display has its own paper and table; nothing is lent on this day
    assert seen == set(Figure) - {Figure.DISPLAYED_OUT}, "the day should show every figure at some moment"


def test_what_lay_there_is_what_its_moves_add_up_to(then: Session) -> None:
    for at in instants(then, 8):
        lines = stock_lines_at(then, at=at)
        for line in lines:
            moves = moves_behind(then, balance_id=line.balance_id, at=at, limit=9999)
            came = sum(m.quantity for m in moves if m.target_balance_id == line.balance_id)
            left = sum(m.quantity for m in moves if m.source_balance_id == line.balance_id)
            assert line.on_hand == came - left
        (item,) = items_at(then, at=at, item_no=ITEM)
        assert item.law_holds
        assert item.bonded == sum(line.on_hand for line in lines)
        assert stock_lines_at(then, at=at, item_no=ITEM) == lines


def test_a_posting_tells_its_moves_facts_and_links(then: Session) -> None:
    at = ledger_now(then)
    (item,) = items_at(then, at=at)
    booked = facts_behind(then, book_item_id=item.book_item_id, figure=Figure.ACTUAL_OUT, at=at)[0]

    story = story_of(then, booked.posting_id)

    assert story is not None
    assert booked.id in {fact.id for fact in story.facts}
    assert story.links
    assert all(link.booked_posting_id == story.posting.id for link in story.links)
    assert story_of(then, 10**9) is None


def test_a_moment_that_has_not_come_is_refused(then: Session) -> None:
    now = ledger_now(then)

    assert must_have_passed(then, now) == now
    with pytest.raises(InstantAhead):
        must_have_passed(then, now + timedelta(minutes=1))


def test_the_whole_book_takes_two_statements(a_day: Database, query_recorder: QueryRecorder) -> None:
    """However many items there are."""
    with a_day.sessions() as session:
        at = ledger_now(session)
        with query_recorder:
            items_at(session, at=at)

    assert len([text for text in query_recorder.statements if "select" in text.lower()]) == 2
