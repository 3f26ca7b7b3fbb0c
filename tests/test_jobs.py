"""Jobs are asked for with the rows that need them, and done once a worker is there."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.databases import Database
from wms.jobs import Task, _take_up, defer, work


def waiting(session: Session) -> list[str]:
    """Names of the jobs that wait, oldest first."""
    return list(
        session.scalars(text("select task_name from procrastinate_jobs where status = 'todo' order by id"))
    )


def test_a_job_goes_with_its_transaction(fresh_database: Database) -> None:
    """Rolled back with the rows that needed it, kept with them."""
    with fresh_database.sessions() as session:
        defer(session, "plan.run", number=1)
        session.rollback()
        defer(session, "plan.compare", number=2)
        session.commit()

        assert waiting(session) == ["plan.compare"]


def test_a_second_job_of_which_only_one_may_wait_is_not_queued(session: Session) -> None:
    """The caller's transaction goes on, and hears that one waits already."""
    first = defer(session, "plan.run", only_one="plan")
    second = defer(session, "plan.run", only_one="plan")

    assert first is not None
    assert second is None
    assert waiting(session) == ["plan.run"]


def test_a_worker_does_what_was_asked(fresh_database: Database) -> None:
    """Facts arrive as they were given."""
    done: list[tuple[str, int]] = []
    with fresh_database.sessions.begin() as session:
        defer(session, "greet", name="拉萨", number=7)

    work(
        fresh_database.url,
        [Task(name="greet", do=lambda name, number: done.append((name, number)))],
        until_idle=True,
    )

    assert done == [("拉萨", 7)]
    with fresh_database.sessions() as session:
        assert waiting(session) == []


def test_a_worker_until_idle_leaves_the_clock_alone(fresh_database: Database) -> None:
    """Nothing the minute asks for is queued, so nothing of it can be left behind."""
    with fresh_database.sessions.begin() as session:
        defer(session, "greet")

    timed = Task(name="match", do=lambda: None, cron="* * * * *")
    work(fresh_database.url, [Task(name="greet", do=lambda: None), timed], until_idle=True)

    with fresh_database.sessions() as session:
        queued = session.scalars(text("select task_name from procrastinate_jobs")).all()
        assert queued == ["greet"]


def test_a_failed_job_is_tried_again_later(
    fresh_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It stands in the queue with a later time and one attempt counted."""
    with fresh_database.sessions.begin() as session:
        defer(session, "fail")

    def fail() -> None:
        raise ConnectionError("the partner does not answer")

    with caplog.at_level("CRITICAL", logger="procrastinate"):
        work(fresh_database.url, [Task(name="fail", do=fail)], until_idle=True)

    with fresh_database.sessions() as session:
        attempts, later = session.execute(
            text("select attempts, scheduled_at > now() from procrastinate_jobs where task_name = 'fail'")
        ).one()
        assert (attempts, later) == (1, True)


def test_a_killed_workers_job_is_taken_up_though_another_of_its_kind_waits(fresh_database: Database) -> None:
    """One of the two killed jobs has a successor in the queue: it is over, and the other is tried again."""
    with fresh_database.sessions.begin() as session:
        for name in ("tidy", "plan"):
            defer(session, name, only_one=name)
    with fresh_database.owner_engine.begin() as owner:
        dead = owner.execute(
            text(
                "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id"
            )
        ).scalar_one()
        owner.execute(
            text("update procrastinate_jobs set status = 'doing', worker_id = :dead"), {"dead": dead}
        )
    with fresh_database.sessions.begin() as session:
        defer(session, "tidy", only_one="tidy")

    asyncio.run(_take_up_now(fresh_database.url))

    with fresh_database.sessions() as session:
        assert sorted(waiting(session)) == ["plan", "tidy"]


async def _take_up_now(url: str) -> None:
    connector = PsycopgConnector(conninfo=url.replace("postgresql+psycopg://", "postgresql://", 1))
    async with App(connector=connector).open_async() as app:
        await _take_up(cast("JobContext", SimpleNamespace(app=app)), 0)


def test_what_runs_by_the_clock_may_be_asked_for_too(fresh_database: Database) -> None:
    done: list[str] = []
    with fresh_database.sessions.begin() as session:
        defer(session, "match")

    task = Task(name="match", do=lambda: done.append("matched"), cron="0 0 1 1 *")
    work(fresh_database.url, [task], until_idle=True)

    assert done == ["matched"]
