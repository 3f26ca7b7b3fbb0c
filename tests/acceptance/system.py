"""The system under test, started as a site would: private database, migrations, registry, people, web and worker."""

import fcntl
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Self

from tests.acceptance.day import Day
from tests.acceptance.web import NotThere, Web

ROOT: Final = Path(__file__).resolve().parents[2]
PIN: Final = "2580"
#: Seconds a command of the day may take, and the web server may need to answer first.
COMMAND_S: Final = 600
START_S: Final = 60
_MIGRATE: Final = (
    "from config.settings import Settings; from wms.embedded import database_urls; from wms.migrate import migrate; "
    "from wms.embedded.folder import APP; migrate(database_urls(Settings.load()).owner, app_role=APP)"
)


class CannotStart(Exception):
    """The system did not start or a command failed; the sentence holds what it said last."""


class System:
    """A fresh installation in a folder of its own, which goes when it is left."""

    def __init__(self, day: Day, *, keep: bool = False) -> None:
        self._day = day
        self._keep = keep
        self.folder = Path(tempfile.mkdtemp(prefix="acceptance-"))
        self.folder.chmod(0o755)  # the database server runs as another user when we are root
        self._clock = self.folder / "clock"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._commands: subprocess.Popen[bytes] | None = None
        self._held: IO[Any] | None = None
        self.port = _free_port()
        self.set_clock(day.opens_at)
        self._environ = _environ(day, self.folder, clock=self._clock, port=self.port)

    def __enter__(self) -> Self:
        try:
            self._keep_database()
            self.run(sys.executable, "-c", _MIGRATE)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                pipe.close()
        if self._held is not None:
            self._held.close()
        if self._keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def set_clock(self, at: datetime) -> None:
        """The system's clock shows `at` from now on, in every process."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(at.isoformat(), "utf-8")
        fresh.replace(self._clock)

    def run(self, *argv: str) -> str:
        """Run one command to its end and give what it printed; raises CannotStart."""
        try:
            done = subprocess.run(
                argv, cwd=ROOT, env=self._environ, capture_output=True, timeout=COMMAND_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise CannotStart(f"{_called(argv)} did not end within {COMMAND_S} s") from None
        if done.returncode:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
            raise CannotStart(f"{_called(argv)} ended with {done.returncode}: {' / '.join(said[-3:])}")
        return done.stdout.decode("utf-8")

    def flask(self, *argv: str) -> str:
        """Run one of the system's own commands and give what it printed; raises CannotStart.

        One process runs them all: to start takes longer than most of them do.
        """
        if self._commands is None or self._commands.poll() is not None:
            self._commands = self._start(
                "commands", sys.executable, "-m", "tests.acceptance.commands", asked=True
            )
        asked, answers = self._commands.stdin, self._commands.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(argv).encode() + b"\n")
        asked.flush()
        if not select.select([answers], [], [], COMMAND_S)[0]:
            raise CannotStart(f"flask {' '.join(argv[:3])} did not end within {COMMAND_S} s")
        line = answers.readline()
        done = json.loads(line) if line else {"code": -1, "said": self.last_words("commands")}
        if done["code"]:
            words = " / ".join(done["said"].strip().splitlines()[-3:])
            raise CannotStart(f"flask {' '.join(argv[:3])} ended with {done['code']}: {words}")
        return str(done["said"])

    def load_registry(self) -> None:
        """Load the day's registry folder."""
        self.flask("registry", "load", str(self._day.folder / "registry"))

    def load_history(self) -> None:
        """Tell what was released on earlier days."""
        prior = self._day.folder / "receipts" / "prior_lists.csv"
        if prior.exists():
            self.flask("orders", "history", str(prior))

    def badge(self, user: str) -> str:
        """A badge for a user, with the PIN of this module."""
        return self.flask("users", "badge", user, "--pin", PIN).strip().splitlines()[-1]

    def token(self, user: str) -> str:
        """An API token for a user."""
        return self.flask("tokens", "add", user, "--for", "acceptance").strip().splitlines()[-1]

    def serve(self) -> Web:
        """Start the web server as `make run` does, and the worker; gives a connection once it answers."""
        web = self._start("web", sys.executable, "-m", "wms.supervisor", "serve")
        self._start("work", sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "work")
        connection = Web("127.0.0.1", self.port)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if web.poll() is not None:
                break
            try:
                if connection.ask("GET", "/healthz").status == 200:
                    return connection
            except (NotThere, OSError):
                pass
            time.sleep(0.2)
        raise CannotStart(f"the web server does not answer /healthz: {self.last_words('web')}")

    def last_words(self, name: str) -> str:
        """The end of what a process wrote, in one line."""
        said = (self.folder / f"{name}.log").read_text("utf-8", "replace").strip().splitlines()
        return " / ".join(said[-3:])

    def _keep_database(self) -> None:
        """Hold the database's users' lock from the first to the last, so that it lives through the day."""
        folder = self.folder / "var" / "postgres"
        folder.mkdir(parents=True)
        self._held = (folder / "users.lock").open("w")
        fcntl.flock(self._held, fcntl.LOCK_SH)
        self._start("database", sys.executable, "-m", "wms.embedded", str(folder), "--temporary")

    def _start(self, name: str, *argv: str, asked: bool = False) -> subprocess.Popen[bytes]:
        """A process that lives until the system is left; one that is `asked` answers, the others only log."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.PIPE if asked else None,
                stdout=subprocess.PIPE if asked else log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process


def _environ(day: Day, folder: Path, *, clock: Path, port: int) -> dict[str, str]:
    """Only what the day needs; a site's own settings do not reach in."""
    passed = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
    return passed | {
        "WMS_DATA_DIR": str(folder / "var"),
        "WMS_PORT": str(port),
        "WMS_TESTING": "true",
        "WMS_CLOCK": str(clock),
        "WMS_HOLD_OVER_RECEIPT": "false",
        "WMS_MATCHING_CRON": "",
        "WMS_GATE_WEIGHT_TOLERANCE_RATE": str(day.rules["gate_weight_tolerance_rate"]),
        "WMS_TIME_ZONE": _zone(day),
        "PYTHONUNBUFFERED": "1",
    }


def _zone(day: Day) -> str:
    """A zone with the day's offset; a whole number of hours is all the world's calendar of the format has."""
    offset = day.zone.utcoffset(None)
    hours = int(offset / timedelta(hours=1))
    return "Asia/Shanghai" if hours == 8 else f"Etc/GMT{-hours:+d}"


def _called(argv: Sequence[str]) -> str:
    words = ["…" if "\n" in word or ";" in word else Path(word).name for word in argv]
    return " ".join(words[:8])


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def users_by_role(rows: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Names of the day's users by the role word of its file."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["role"], []).append(row["user"])
    return found
