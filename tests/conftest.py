"""What every test may ask for. Nothing starts until a test asks, so routing and devices need no database."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

#: Files kept in memory: a database is a thousand files, and a run makes some hundreds of databases.
MEMORY: Final = Path("/dev/shm")
ROOM_BYTES_MIN: Final = 4 * 1024**3
FOLDER: Final = Path(__file__).parent
#: Files of ten seconds and more; the first compiles the planner's inner loop for all others.
LONG_FILES: Final = (
    "routing/test_planner.py",
    "acceptance/test_own_day.py",
    "routing/test_rounds_plan.py",
    "ledger/test_law.py",
    "test_supervisor.py",
    "test_edge.py",
    "ledger/test_races.py",
    "routing/test_executors.py",
    "routing/test_plan_command.py",
    "routing/test_bound.py",
    "stories/test_http_races.py",
    "customs/messages/test_agreement.py",
    "devices/test_mqtt.py",
    "customs/test_inbound_day.py",
    "stories/test_goods_go_out.py",
    "test_personal_dump.py",
    "test_permissions.py",
    "web/test_wedge.py",
    "stories/test_goods_come_in.py",
    "orders/test_orders_day.py",
    "web/test_stalled_clients.py",
    "web/test_pages.py",
    "web/test_acted.py",
    "exports/test_exports.py",
    "routing/test_stuffing.py",
    "ledger/test_verify.py",
    "test_embedded.py",
    "test_architecture.py",
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session, sessionmaker

    from tests.databases import Database, QueryRecorder, TestServer


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a name and a place; xdist workers inherit them from the process that starts them."""
    os.environ.setdefault("WMS_TEST_RUN", f"{os.getpid()}")
    if "TMPDIR" not in os.environ and has_room(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
    # Long files first, in the order below; xdist would go by the number of tests.
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files begin and the short ones fill what is left, so that no worker waits long for another's last."""
    place = {FOLDER / name: number for number, name in enumerate(LONG_FILES)}
    assert (gone := [path for path in place if not path.exists()]) == [], f"no such file any more: {gone}"
    items.sort(key=lambda item: place.get(item.path, len(place)))


def has_room(folder: Path) -> bool:
    """Whether a run's databases fit in there, and programs copied there may be run."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize >= ROOM_BYTES_MIN and not found.f_flag & os.ST_NOEXEC


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing of this run on a site's server. Our own temporary one goes as a whole."""
    if hasattr(session.config, "workerinput"):
        return
    if "tests.databases" in sys.modules:
        from tests.databases import keys_folder

        shutil.rmtree(keys_folder(), ignore_errors=True)
    if os.environ.get("WMS_TEST_DATABASE_URL"):
        from tests.databases import test_server

        test_server().drop_all()


@pytest.fixture(scope="session")
def database_server() -> TestServer:
    """The server of this run, shared by all xdist workers: our own keeper's, or WMS_TEST_DATABASE_URL."""
    from tests.databases import test_server
    from wms.tables import load_all

    # foreign keys name tables of modules a single test file may not import
    load_all()
    return test_server()


@pytest.fixture(scope="session")
def worker_database(database_server: TestServer) -> Iterator[Database]:
    """This worker's migrated database. Tests share it, so nothing may be committed here."""
    with database_server.clone() as database:
        yield database


@pytest.fixture(scope="session")
def engine(worker_database: Database) -> Engine:
    """The application's role on the shared database; for reading the catalogue, never to commit."""
    return worker_database.engine


@pytest.fixture(scope="session")
def owner_engine(worker_database: Database) -> Engine:
    """The owner's role on the shared database; for reading the catalogue, never to commit."""
    return worker_database.owner_engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One connection in a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture
def sessions(connection: Connection) -> sessionmaker[Session]:
    """Sessions whose commits end in a savepoint and are gone after the test; all on one connection."""
    from sqlalchemy.orm import sessionmaker

    return sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A plain session in which TESTER acts; what it commits is gone after the test."""
    from tests.databases import ACTING

    with sessions() as session:
        session.info["acting"] = ACTING
        yield session


@pytest.fixture
def fresh_database(database_server: TestServer) -> Iterator[Database]:
    """A migrated database of one's own (about 0.1 s), for tests that commit or use several connections."""
    with database_server.clone() as database:
        yield database


@pytest.fixture
def query_recorder() -> QueryRecorder:
    """``with query_recorder: …`` and then ``query_recorder.statements``: every SQL statement sent."""
    from tests.databases import QueryRecorder

    return QueryRecorder()
