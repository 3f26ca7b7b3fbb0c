"""A site in small: a warehouse that receipts, a gateway's settings, and patience with a limit."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.runner import Runner, RunnerSettings
from devices.spool import Caps
from devices.uplink import UplinkSettings
from tests.devices.receiver import Receiver, SqliteStore


def until(met: Callable[[], Any], *, seconds: float = 20.0) -> Any:
    """Waits for `met` to be true and returns what it said; fails the test when it stays false."""
    deadline = time.monotonic() + seconds
    while not (said := met()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return said


class Warehouse:
    """A receiver on SQLite with what a test asks of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "facts.db"
        self.store = SqliteStore(str(self.file))
        self.receiver = Receiver(self.store)
        self._thread = threading.Thread(target=self.receiver.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return self.receiver.url

    def rows(self, kind: str | None = None) -> list[tuple[str, str, str]]:
        """(device, kind, body) in order of arrival in the ledger of facts."""
        db = sqlite3.connect(self.file)
        found = db.execute(
            "select device, kind, body from fact where kind = coalesce(?, kind) order by epoch, seq", (kind,)
        ).fetchall()
        db.close()
        return found

    def close(self) -> None:
        self.receiver.shutdown()
        self._thread.join()
        self.receiver.server_close()
        self.store.close()


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    made = Warehouse(tmp_path)
    yield made
    made.close()


@pytest.fixture
def run_gateway(warehouse: Warehouse, tmp_path: Path) -> Iterator[Callable[..., Runner]]:
    """Starts a runner over adapters; every runner is stopped at the end."""
    running: list[Runner] = []

    def run(*adapters: Any, **settings: Any) -> Runner:
        runner = Runner(
            RunnerSettings(
                source="gw-test",
                spool=tmp_path / "spool.db",
                caps=Caps(),
                uplink=UplinkSettings(url=warehouse.url, timeout_seconds=5),
                **settings,
            ),
            adapters,
        )
        runner.start()
        running.append(runner)
        return runner

    yield run
    for runner in running:
        runner.stop()
