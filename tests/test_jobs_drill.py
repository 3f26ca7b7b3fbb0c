"""A drill of the worker: its database restarts under it, and it is told to stop while it rests."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from config.settings import Settings
from wms.db import make_engine, make_sessions, run
from wms.embedded import keep
from wms.embedded.folder import APP, OWNER, Folder
from wms.jobs import defer
from wms.migrate import migrate
from wms.sealed import Keyring

pytestmark = pytest.mark.drill
ROOT = Path(__file__).resolve().parent.parent
#: Seconds within which a worker that is told to stop is gone.
STOPS_WITHIN_S = 8
PATIENCE_S = 120


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder with a private database at the newest revision; its keeper ends with the test."""
    with tempfile.TemporaryDirectory(prefix="wms-worker-drill-") as name:
        Path(name).chmod(0o755)
        folder = Folder(Path(name) / "postgres")
        secrets = keep(folder.path)
        role = make_url(secrets.url(APP)).username
        assert role is not None
        migrate(secrets.url(OWNER), app_role=role, keyring=Keyring(Path(name), lambda: "2026-11"))
        yield Path(name)
        keeper = folder.keeper()
        if keeper is not None:
            os.kill(keeper, signal.SIGTERM)
        until(lambda: not folder.is_kept(), "the keeper has ended")


@contextlib.contextmanager
def worker(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask work` on that folder."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "work"]
    with (data_dir / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ | {"WMS_DATA_DIR": str(data_dir)}, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(happened: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < ends, f"not yet: {what}"
        time.sleep(0.1)


def done(data_dir: Path) -> None:
    """A job asked for now is done."""
    url = keep(data_dir / "postgres").url(APP)
    engine = make_engine(url, pool_size=1)
    job = run(make_sessions(engine), lambda s: defer(s, "audit.seal"), by_id=0, action="drill.ask")
    engine.dispose()

    def is_done() -> bool:
        with contextlib.suppress(psycopg.Error), psycopg.connect(url) as connection:
            query = "select status from procrastinate_jobs where id = %s"
            return connection.execute(query, [job]).fetchall() == [("succeeded",)]
        return False

    until(is_done, f"job {job} is done")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_the_worker_outlives_a_restart_of_its_database_and_stops_in_seconds(
    data_dir: Path, sign: signal.Signals
) -> None:
    """The same process goes on: nobody has to start it anew, and a word to stop is heard even while it rests."""
    assert Settings.load({"WMS_DATA_DIR": str(data_dir)}).database_url == ""
    folder = Folder(data_dir / "postgres")
    with worker(data_dir) as process:
        done(data_dir)

        for _ in range(2):
            server = int((folder.server.resolve() / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(server, sign)
            until(lambda: not Path(f"/proc/{server}").exists(), "the server is gone")  # noqa: B023
            done(data_dir)

        assert process.poll() is None
        began = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < STOPS_WITHIN_S


def test_a_worker_whose_database_is_away_stops_when_told(data_dir: Path) -> None:
    folder = Folder(data_dir / "postgres")
    with worker(data_dir) as process:
        done(data_dir)
        keeper = folder.keeper()
        assert keeper is not None
        server = int((folder.server.resolve() / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(keeper, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
        time.sleep(8)

        began = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < STOPS_WITHIN_S
