"""Jobs: asked for inside a transaction, done afterwards by a worker, on the same database.

`defer` writes the job with the rows that need it, so neither exists without the other. `work` is the worker:
it maps names to functions, tries again after a failure, waits for a database that restarts, and takes up what a killed
worker left behind.
Functions receive plain values and open their own transaction (`wms.db.run`); a job may be done twice after a
crash, so they carry a request id where that matters.
"""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy.orm import Session

#: Seconds without a heartbeat until a worker counts as dead and its jobs are taken up.
_SILENT_S: Final = 30
#: Seconds between looks for jobs whose time has come; a hold waits no longer than this for its clock.
_LOOK_S: Final = 1.0
#: Seconds within which a word to stop is heard, and the longest wait for a database that is away.
_HEAR_S: Final = 0.2
_WAIT_MAX_S: Final = 30.0
#: Seconds for the database to give a connection before it counts as gone.
_ANSWER_S: Final = 3.0
_log = structlog.get_logger(__name__)
#: Knows no tasks and opens no connection: jobs travel on the session's own.
_ASKING: Final = App(connector=SyncPsycopgConnector())


@dataclass(frozen=True, kw_only=True)
class Task:
    """A name that can be deferred and the function that does it.

    `cron` (five fields, UTC) runs it without being asked, with no arguments; `attempts` counts the first one.
    """

    name: str
    do: Callable[..., object]
    attempts: int = 5
    cron: str | None = None


def defer(
    session: Session,
    name: str,
    /,
    *,
    at: datetime | None = None,
    one_after_another: str | None = None,
    only_one: str | None = None,
    **facts: Any,
) -> int | None:
    """Ask for the job `name` in the session's own transaction; its number, or none if one waits already.

    `facts` must fit JSON. Jobs with the same `one_after_another` never run side by side; with the same
    `only_one`, a second is not queued while the first still waits.
    """
    try:
        # A job that waits already is a failed insert, which must not spoil the caller's transaction.
        with session.begin_nested():
            deferrer = _ASKING.configure_task(
                name,
                schedule_at=at,
                lock=one_after_another,
                queueing_lock=only_one,
                connection=session.connection().connection.driver_connection,
            )
            return int(deferrer.defer(**facts))
    except AlreadyEnqueued:
        return None


def work(
    url: str,
    tasks: Iterable[Task],
    *,
    side_by_side: int = 4,
    until_idle: bool = False,
    stop: threading.Event | None = None,
) -> None:
    """Do jobs until told to stop (SIGTERM, SIGINT, or `stop`), or `until_idle`: until none is left.

    One that works until idle does what was asked for and leaves the clock alone: a job queued by the minute as it ends
    would stay behind.

    `url` is the application's database; `side_by_side` is how many jobs run at a time, each in a thread. A database
    that goes away is waited for, ever longer up to `_WAIT_MAX_S`; what was in hand is taken up again.
    """
    stop = stop or threading.Event()
    known, waits = list(tasks), _waits()
    with _told_by_signals(stop):
        while not stop.is_set():
            began = time.monotonic()
            try:
                _reach(url)
                asyncio.run(
                    _work_on(
                        _app(url, known, by_clock=not until_idle),
                        stop,
                        side_by_side=side_by_side,
                        until_idle=until_idle,
                    )
                )
            except (psycopg.OperationalError, ConnectorException) as error:
                if until_idle:
                    raise
                _log.warning("jobs.database_gone", reason=type(error).__name__)
            if until_idle:
                return
            if time.monotonic() - began > _WAIT_MAX_S:
                waits = _waits()
            stop.wait(next(waits))


def _waits() -> Iterator[float]:
    """Seconds until the next try: soon, then ever later."""
    wait = 0.5
    while True:
        yield wait
        wait = min(_WAIT_MAX_S, 2 * wait)


@contextlib.contextmanager
def _told_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop` while this lasts; only a main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _reach(url: str) -> None:
    """Raises OperationalError within seconds; opening a pool would wait for half a minute, deaf to signals."""
    psycopg.connect(_plain(url), connect_timeout=int(_ANSWER_S)).close()


def _app(url: str, tasks: Iterable[Task], *, by_clock: bool) -> App:
    app = App(connector=PsycopgConnector(conninfo=_plain(url), timeout=_ANSWER_S))
    for task in tasks:
        _register(app, task, by_clock=by_clock)
    if by_clock:
        app.periodic(cron="* * * * *")(app.task(name="jobs.take_up", pass_context=True)(_take_up))
    return app


async def _work_on(app: App, stop: threading.Event, *, side_by_side: int, until_idle: bool) -> None:
    """Do jobs until `stop` or until the database goes away, which ends the worker with or without an exception."""
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=side_by_side,
                wait=not until_idle,
                fetch_job_polling_interval=_LOOK_S,
                install_signal_handlers=False,
                shutdown_graceful_timeout=15,
                stalled_worker_timeout=_SILENT_S,
            )
        )
        while not (working.done() or stop.is_set()):
            await asyncio.wait({working}, timeout=_HEAR_S)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


def _register(app: App, task: Task, *, by_clock: bool) -> None:
    retry = RetryStrategy(max_attempts=task.attempts, exponential_wait=2) if task.attempts > 1 else False
    if task.cron is None:
        app.task(name=task.name, retry=retry)(task.do)
        return

    # asked for by name it comes without the moment of a schedule
    def on_time(timestamp: int | None = None) -> None:
        del timestamp
        task.do()

    # A late run of a periodic task stands for all it missed, and the next one for one that failed: tried again beside
    # it, it would meet its queueing lock and stay undone for ever.
    timed = app.task(name=task.name, queueing_lock=task.name)(on_time)
    if by_clock:
        app.periodic(cron=task.cron)(timed)


async def _take_up(context: JobContext, timestamp: int) -> None:
    """Queue again what workers without a heartbeat left unfinished."""
    del timestamp
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENT_S):
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # one of its kind waits already and does what this one left; the others must not wait for it
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
