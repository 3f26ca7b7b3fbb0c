"""The test databases keep their own promises, or no other test means anything."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from tests.databases import Database, QueryRecorder
from wms.db import acting, make_engine, run


def test_the_application_role_is_not_the_owner(session: Session) -> None:
    """A test that could do everything would prove nothing about grants."""
    role = session.scalar(text("select current_user"))
    owner = session.scalar(
        text("select pg_get_userbyid(datdba) from pg_database where datname = current_database()")
    )

    assert role != owner
    assert not session.scalar(text("select rolsuper from pg_roles where rolname = current_user"))


def test_a_committed_session_is_gone_with_its_test(sessions: sessionmaker[Session], session: Session) -> None:
    """`run` commits into a savepoint, and the session of the same test sees it."""
    seen = run(
        sessions,
        lambda inner: (
            acting(inner).action,
            inner.scalar(text("select set_config('wms.seen', 'yes', false)")),
        ),
        by_id=7,
        action="test.run",
    )

    assert seen == ("test.run", "yes")
    assert session.scalar(text("select current_setting('wms.seen')")) == "yes"


def test_a_fresh_database_is_migrated_and_ones_own(fresh_database: Database, session: Session) -> None:
    """Copies of the template stand at the newest revision and are not the shared one."""
    with fresh_database.owner_engine.connect() as connection:
        revision = connection.scalar(text("select version_num from alembic_version"))
        name = connection.scalar(text("select current_database()"))

    assert revision
    assert name != session.scalar(text("select current_database()"))


def test_every_statement_is_recorded(session: Session, query_recorder: QueryRecorder) -> None:
    """Only what is sent inside the block counts."""
    session.execute(text("select 1"))
    with query_recorder:
        session.execute(text("select 2"))
        session.execute(text("select 3"))
    session.execute(text("select 4"))

    assert query_recorder.statements == ["select 2", "select 3"]


def test_a_connection_that_died_while_it_rested_is_replaced_unseen(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was started anew between two requests costs none of them."""
    monkeypatch.setattr("wms.db.REST_S", 0.0)
    engine = make_engine(fresh_database.url)
    with engine.connect() as one, engine.connect() as other:
        died = [
            connection.execute(text("select pg_backend_pid()")).scalar_one() for connection in (one, other)
        ]
    with fresh_database.engine.connect() as another:
        for pid in died:
            another.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})

    for _ in died:
        with engine.connect() as connection:
            assert connection.execute(text("select 1")).scalar_one() == 1
    engine.dispose()
