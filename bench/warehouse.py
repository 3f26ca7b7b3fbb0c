"""The real warehouse for drills and benches: our web server and worker over a PostgreSQL of their own.

Its pages and jobs are those of the product; only folder, ports and the file of devices are the drill's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psycopg

from bench.postgres import Postgres, free_port
from config.settings import Settings
from wms.db import make_engine, make_sessions
from wms.edge import keep_token
from wms.migrate import migrate
from wms.supervisor import web_command, worker_command

ROOT = Path(__file__).resolve().parent.parent
APP_ROLE = "wms_app"


class Program:
    """A program of ours with everything it starts; killed as a whole and started again.

    One that ends by itself is started again too, as a service manager does: a web server that finds the database
    recovering gives up at its start.
    """

    def __init__(
        self, name: str, command: list[str], *, log: Path, environ: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self._command = command
        self._environ = environ
        self._log: IO[bytes] = log.open("ab")
        self.kills = 0
        self.restarts = 0
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        self.start()
        threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True).start()

    def _keep(self) -> None:
        while not self._ended.wait(0.5):
            with self._mutex:
                if self._process.poll() is not None and not self._ended.is_set():
                    self.restarts += 1
                    self.start()

    @property
    def pid(self) -> int:
        """Process id of the program itself."""
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdout=self._log,
            stderr=self._log,
            env=self._environ,
            cwd=ROOT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """kill -9, children too; started again at once."""
        with self._mutex:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self.kills += 1
            self.start()

    def end(self) -> None:
        self._ended.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


class Warehouse:
    """PostgreSQL with the demonstration zone in it, the web server and, where asked, the worker."""

    def __init__(
        self, folder: Path, *, devices_file: Path, web_processes: int = 1, with_worker: bool = True
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.postgres = Postgres(folder)
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"create role {APP_ROLE} login")
        self.url = self.postgres.url.replace("postgres@", f"{APP_ROLE}@")
        migrate(self.postgres.url, app_role=APP_ROLE)
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")} | {
            "WMS_DATABASE_URL": self.url,
            "WMS_OWNER_DATABASE_URL": self.postgres.url,
            "WMS_DATA_DIR": str(folder / "var"),
            "WMS_PORT": str(self.port),
            "WMS_WEB_PROCESSES": str(web_processes),
            "WMS_DEVICES_FILE": str(devices_file),
        }
        self.settings = Settings.load(self.environ)
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "seed"],
            check=True,
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
        )
        self.token_file = folder / "gateway.token"
        engine = make_engine(self.url, pool_size=1)
        keep_token(self.token_file, make_sessions(engine), at=datetime.now(UTC))
        engine.dispose()
        log = folder / "warehouse.log"
        self.web = Program("warehouse", web_command(self.settings), log=log, environ=self.environ)
        self.worker = (
            Program("worker", worker_command(), log=folder / "worker.log", environ=self.environ)
            if with_worker
            else None
        )
        self.wait_ready()

    @property
    def readings_url(self) -> str:
        """Where a gateway delivers."""
        return f"http://127.0.0.1:{self.port}/api/readings"

    def wait_ready(self, seconds: float = 90) -> None:
        """Until it answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def end(self) -> None:
        for program in (self.web, self.worker):
            if program is not None:
                program.end()
        self.postgres.stop()
