"""A long drill of the private database: kills at random while somebody writes."""

import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest

from wms.embedded import keep
from wms.embedded.folder import OWNER, Folder

ROUNDS = 20


class Writer(threading.Thread):
    """Writes numbers one by one, each in its own transaction, and remembers what was confirmed."""

    def __init__(self, folder: Folder) -> None:
        super().__init__(daemon=True)
        self.confirmed: set[int] = set()
        self.stopping = threading.Event()
        self._folder = folder

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            secrets = self._folder.secrets()
            assert secrets is not None
            with (
                contextlib.suppress(psycopg.Error),
                psycopg.connect(secrets.url(OWNER), autocommit=True) as connection,
            ):
                while not self.stopping.is_set():
                    number += 1
                    connection.execute("insert into kept values (%s)", [number])
                    self.confirmed.add(number)
            time.sleep(0.02)


def running(folder: Folder) -> int:
    """The server's process. A server whose keeper was killed may take twenty rows more and go only then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        keep(folder.path)
        with contextlib.suppress(FileNotFoundError):
            words = (folder.server.resolve() / "data" / "postmaster.pid").read_text()
            return int(words.split("\n", 1)[0])
    raise AssertionError("no server runs any more")


@pytest.mark.drill
def test_no_confirmed_row_is_lost_through_kills_at_random() -> None:
    """The server, its keeper or both are killed; every row that was confirmed is there at the end."""
    choose = random.Random(20)
    with tempfile.TemporaryDirectory(prefix="wms-drill-") as name:
        Path(name).chmod(0o755)
        folder = Folder(Path(name) / "postgres")
        with psycopg.connect(keep(folder.path).url(OWNER), autocommit=True) as connection:
            connection.execute("create table kept (number bigint primary key)")
        writer = Writer(folder)
        writer.start()

        for _ in range(ROUNDS):
            before = len(writer.confirmed)
            deadline = time.monotonic() + 60
            while len(writer.confirmed) < before + 20:
                assert time.monotonic() < deadline, "nothing is written any more"
                # As the supervisor does: a keeper that was killed this moment may still look alive once.
                keep(folder.path)
                time.sleep(0.05)
            time.sleep(choose.uniform(0, 0.3))
            server = running(folder)
            keeper = folder.keeper()
            assert keeper is not None
            for pid in choose.choice([[server], [keeper], [keeper, server], [server, keeper]]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        writer.stopping.set()
        writer.join(30)
        with psycopg.connect(keep(folder.path).url(OWNER)) as connection:
            kept = {number for (number,) in connection.execute("select number from kept")}
        keeper = folder.keeper()
        assert keeper is not None
        os.kill(keeper, signal.SIGTERM)
        while folder.is_kept():
            time.sleep(0.1)

    print(f"{ROUNDS} kills, {len(writer.confirmed)} rows confirmed")
    assert len(writer.confirmed) > 20 * ROUNDS
    assert writer.confirmed - kept == set()
