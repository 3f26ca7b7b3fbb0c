"""The watch: exactly one case for what no document explains, none on a clean day."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.databases import Database, TestServer
from tests.ledger.days import clean_day
from tests.ledger.superuser import superuser
from tests.makers import NOON, make_bonded_list
from wms.alerts import Alert
from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, Remedy, history
from wms.customs.deciding import approve, propose
from wms.customs.statement import mirror
from wms.customs.watching import watch_cases
from wms.db import run
from wms.ledger.book import Side

ITEM = "NP-TEA-001"


@pytest.fixture
def day(database_server: TestServer) -> Iterator[Database]:
    """A database with an honest day in it."""
    with database_server.clone() as database:
        clean_day(database.sessions, moves=60)
        yield database


@pytest.fixture
def tamper(day: Database, database_server: TestServer) -> Callable[[int], None]:
    """An intruder makes a moved fact say so many more, past the valve."""

    def more(quantity: int) -> None:
        with superuser(database_server, day) as session:
            session.execute(
                text("""
                    update book_fact set quantity = quantity + :more where id = (
                        select max(id) from book_fact where kind = 'MOVED' and side = 'IN')
                """),
                {"more": quantity},
            )
            session.commit()

    return more


def watch(day: Database) -> list[str]:
    return watch_cases(day.engine, by_id=0, at=NOON)


def cases(day: Database) -> list[tuple[CaseKind, CaseState, int]]:
    with day.sessions() as session:
        found = session.scalars(select(Discrepancy).order_by(Discrepancy.id))
        return [(case.kind, case.state, case.quantity) for case in found]


def test_a_clean_day_has_no_finding(day: Database) -> None:
    assert watch(day) == []
    assert cases(day) == []


def test_what_no_document_explains_is_one_case_however_often_it_is_seen(
    day: Database, tamper: Callable[[int], None]
) -> None:
    """Opened once, changed with its figure, ended by the watch when book and stock agree again."""
    tamper(3)

    (number,) = watch(day)
    assert watch(day) == []
    assert cases(day) == [(CaseKind.UNEXPLAINED, CaseState.OPEN, 3)]
    with day.sessions() as session:
        assert [alert.subject for alert in session.scalars(select(Alert))] == [number]

    tamper(2)
    assert watch(day) == []
    assert cases(day) == [(CaseKind.UNEXPLAINED, CaseState.OPEN, 5)]

    tamper(-5)
    assert watch(day) == []
    assert cases(day) == [(CaseKind.UNEXPLAINED, CaseState.CLOSED, 5)]
    with day.sessions() as session:
        case = session.scalars(select(Discrepancy)).one()
        assert [entry.act for entry in history(session, case)] == [Act.OPENED, Act.CHANGED, Act.CLOSED]


def test_figures_of_customs_that_are_not_those_of_the_list_are_a_case(day: Database) -> None:
    def book_otherwise(session: Session) -> None:
        made = make_bonded_list(session, "QD889926E000000777", Side.OUT, 5, list_type="8")
        mirror(
            session,
            book_id=made.book_id,
            source="QD889926E000000777",
            source_line=1,
            item_no=made.lines[0].item_no,
            side=Side.OUT,
            quantity=Decimal(4),
            stated_at=NOON,
        )

    run(day.sessions, book_otherwise, by_id=0, action="test.book")

    assert len(watch(day)) == 1
    assert watch(day) == []
    assert cases(day) == [(CaseKind.STATEMENT_DIFFERS, CaseState.OPEN, 1)]


def test_two_watches_at_once_open_one_case(day: Database, tamper: Callable[[int], None]) -> None:
    """Workers may run on several machines."""
    tamper(3)

    with ThreadPoolExecutor(4) as pool:
        opened = [number for numbers in pool.map(lambda _: watch(day), range(12)) for number in numbers]

    assert len(opened) == 1
    assert len(cases(day)) == 1


def test_what_an_officer_accepted_as_explained_is_not_opened_again(
    day: Database, tamper: Callable[[int], None]
) -> None:
    """The explanation covers exactly that figure; another one is another case."""
    tamper(3)
    (number,) = watch(day)

    def explain(session: Session) -> None:
        propose(session, number, remedy=Remedy.EXPLAINED, cause="系统迁移", by_id=1, at=NOON)
        approve(session, number, said="", by_id=2, at=NOON)

    run(day.sessions, explain, by_id=2, action="case.approve")

    assert watch(day) == []
    tamper(1)
    assert len(watch(day)) == 1
