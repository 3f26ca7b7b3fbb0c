"""Statements past SQLAlchemy fail and end the way its own do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.databases import Database
from wms.db import make_engine, make_sessions, run, sqlstate
from wms.driver import all_rows

SECRET = "somebody's name"
KEPT = text(
    "insert into answered_request (request_id, by_id, content_digest, answer) values (null, 0, :name, '')"
)


def test_rows_have_the_names_of_their_columns(worker_database: Database) -> None:
    with worker_database.sessions() as session:
        (row,) = all_rows(session, text("select :one + 1 as two, 'x' as letter"), one=1)
    assert (row.two, row.letter) == (2, "x") == row


def test_a_fault_is_sqlalchemys_own_and_keeps_no_value(worker_database: Database) -> None:
    with worker_database.sessions() as session, pytest.raises(IntegrityError) as caught:
        all_rows(session, KEPT, name=SECRET)
    assert SECRET not in str(caught.value.params)
    assert sqlstate(caught.value) == "23502"


def test_it_belongs_to_the_transaction_of_its_session(worker_database: Database) -> None:
    with worker_database.sessions() as session:
        all_rows(session, text("create temporary table given_up (id bigint)"))
        session.rollback()
        assert all_rows(session, text("select to_regclass('given_up') as name"))[0].name is None


def test_on_an_engine_it_stands_alone_and_the_connection_goes_back_as_it_was(
    worker_database: Database,
) -> None:
    engine = make_engine(worker_database.url, pool_size=1)
    there = text("select to_regclass(:name) as name")
    all_rows(engine, text("create temporary table stays (id bigint)"))
    with pytest.raises(IntegrityError):
        all_rows(engine, KEPT, name=SECRET)
    with make_sessions(engine)() as session:
        all_rows(session, text("create temporary table given_up (id bigint)"))
        session.rollback()
    assert [all_rows(engine, there, name=name)[0].name for name in ("stays", "given_up")] == ["stays", None]
    engine.dispose()


def test_a_lock_not_had_is_tried_again(worker_database: Database) -> None:
    tries: list[int] = []

    def work(session: Session) -> list[object]:
        tries.append(1)
        words = "select 1 as one" if len(tries) > 1 else "do $$ begin raise sqlstate '55P03'; end $$"
        return all_rows(session, text(words))

    assert run(worker_database.sessions, work, by_id=0, action="test.lock") == [(1,)]
    assert len(tries) == 2


def test_a_connection_that_was_cut_is_not_used_again(worker_database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, worker_database.sessions() as session:
        all_rows(session, text("select pg_terminate_backend(pg_backend_pid())"))
    assert caught.value.connection_invalidated
    with pytest.raises(DBAPIError) as alone:
        all_rows(worker_database.engine, text("select pg_terminate_backend(pg_backend_pid())"))
    assert alone.value.connection_invalidated
    with worker_database.sessions() as session:
        assert all_rows(session, text("select 1 as one")) == [(1,)]
