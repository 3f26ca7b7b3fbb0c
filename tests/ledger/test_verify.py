"""What the proofs find, and that they are quiet over an honest day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.databases import Database, TestServer
from tests.ledger.days import ITEM, clean_day, declaration
from tests.ledger.superuser import superuser
from tests.makers import NOON, make_book_item, make_product
from wms.db import run
from wms.ledger.findings import watch
from wms.ledger.periods import close_period
from wms.ledger.proofs import Check
from wms.ledger.verify import Finding, verify

#: What an intruder does, and which proof must name it. Each is done on an honest day, alone.
FAULTS = {
    "a missing move": (
        "delete from stock_move where id = (select min(id) + 40 from stock_move)",
        {Check.VERSIONS, Check.BALANCE},
    ),
    "a missing booking": (
        """with gone as (
               delete from book_fact where id = (
                   select min(id) from book_fact where kind = 'BOOKED' and side = 'OUT') returning id)
           delete from open_row where fact_id in (select id from gone)""",
        {Check.FIGURES, Check.LINK},
    ),
    "a wrong unit": (
        "update product set unit = '035' where item_no = 'NP-TEA-001'",
        {Check.UNIT},
    ),
    "a wrong book item": (
        """update book_fact set book_item_id = (select id from book_item where item_no = 'NP-OTHER')
           where id = (select min(id) from book_fact where kind = 'MOVED' and side = 'OUT')""",
        {Check.MOVED, Check.FIGURES, Check.OPEN_COPY, Check.LINK},
    ),
    "goods gone before their declaration": (
        """update posting set recorded_at = recorded_at - interval '1 day'
           where id = (select min(id) from posting where action = 'gate.pass')""",
        {Check.LEFT_EARLY},
    ),
    "a receipt booked twice": (
        """with again as (
               insert into book_fact (posting_id, book_item_id, kind, side, quantity, document_kind,
                                      document_number, document_line, pass_number)
               select posting_id, book_item_id, kind, side, quantity, document_kind, document_number,
                      document_line, pass_number
               from book_fact where kind = 'BOOKED' and side = 'IN' order by id limit 1
               returning book_item_id, quantity)
           update book_figure f set actual_in = actual_in + again.quantity
           from again where f.book_item_id = again.book_item_id""",
        {Check.BOOKED_TWICE, Check.OPEN, Check.LAW},
    ),
    "an edited balance": (
        "update balance set on_hand = on_hand + 1 where id = (select min(id) from balance)",
        {Check.BALANCE, Check.LAW},
    ),
}


@pytest.fixture(scope="module")
def day(database_server: TestServer) -> Iterator[Database]:
    """A clean day of 2,000 movements, committed."""
    with database_server.clone() as database:
        clean_day(database.sessions, moves=2000)
        run(
            database.sessions,
            lambda session: make_book_item(session, make_product(session, "NP-OTHER")),
            by_id=1,
            action="test.lay",
        )
        yield database


def proven(database: Database) -> list[Finding]:
    with database.sessions() as session:
        return verify(session)


def test_a_clean_day_of_two_thousand_movements_gives_no_finding(day: Database) -> None:
    with day.sessions() as session:
        moves = session.execute(text("select count(*) from stock_move")).scalar_one()

    assert moves >= 2000
    assert proven(day) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_what_an_intruder_changes_is_named(day: Database, database_server: TestServer, fault: str) -> None:
    """Each fault is put in by a superuser past every trigger, found, and taken back."""
    statement, checks = FAULTS[fault]
    with superuser(database_server, day) as intruder:
        assert intruder.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]
        # Seen in the same transaction, so that it is gone for the next fault.
        found = verify(intruder)

    assert checks <= {each.check for each in found}
    assert not any("{" in str(each) for each in found)
    assert proven(day) == []


def test_goods_that_left_before_customs_released_them_are_named(day: Database) -> None:
    """With customs' releases at hand, the time of leaving is held against the time of release."""
    numbers = [declaration(n).number for n in range(1, 300)]
    before, after = dict.fromkeys(numbers, NOON), dict.fromkeys(numbers, NOON)
    after["L00003"] = NOON + timedelta(hours=2)
    del after["L00004"]

    with day.sessions() as session:
        assert verify(session, released_at=before) == []
        found = verify(session, released_at=after)

    assert sorted(each.subject for each in found) == ["L00003/1", "L00004/1"]
    assert "never released" in str(found[0]) + str(found[1])


def test_the_reconciler_opens_a_finding_once_and_closes_it_when_it_is_gone(
    fresh_database: Database, database_server: TestServer
) -> None:
    clean_day(fresh_database.sessions, moves=60)
    engine = fresh_database.engine
    assert watch(engine, by_id=1).open == 0
    with superuser(database_server, fresh_database) as intruder:
        intruder.execute(text("update book_figure set actual_in = actual_in + 5 where book_item_id <> 0"))
        intruder.commit()

    first, second = watch(engine, by_id=1), watch(engine, by_id=1)

    assert {each.check for each in first.opened} == {Check.FIGURES, Check.LAW}
    assert any(f"item {ITEM}" == each.subject and "实增" in str(each) for each in first.opened)
    assert (second.opened, second.open) == ((), 2)
    with superuser(database_server, fresh_database) as intruder:
        intruder.execute(text("update book_figure set actual_in = actual_in - 5 where book_item_id <> 0"))
        intruder.commit()
    assert (watch(engine, by_id=1).closed, watch(engine, by_id=1).open) == (2, 0)


def test_the_kept_rows_of_closed_periods_are_proven(
    fresh_database: Database, database_server: TestServer
) -> None:
    """Two periods, each against its own moves; a changed row of either is found and no other."""
    clean_day(fresh_database.sessions, moves=60)
    now = NOON + timedelta(hours=3)
    for until in (NOON + timedelta(minutes=1), NOON + timedelta(hours=2)):

        def close(session: Session, until: datetime = until) -> None:
            close_period(session, until=until, at=now)

        run(fresh_database.sessions, close, by_id=1, action="period.close")
    with fresh_database.sessions() as session:
        assert verify(session) == []

    with superuser(database_server, fresh_database) as intruder:
        intruder.execute(text("update period_balance set on_hand = on_hand + 1 where period_id = 2"))
        intruder.execute(text("update period_figure set actual_in = actual_in + 1 where period_id = 2"))
        found = verify(intruder)

    assert {each.check for each in found} == {Check.PERIOD}
    assert any("实增" in str(each) for each in found)
