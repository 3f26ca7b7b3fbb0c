"""`make run`: the whole system on one machine, under one supervisor, until Ctrl-C.

In this order: settings, our place (one supervisor a folder, room on the disk, a free port), database,
migrations, demonstration zone, then web server and worker as children, and beside them the gateway and the simulated
site (`wms.edge`). A child that dies is started again; what cannot be mended ends everything with one sentence, but at
the edge it ends the edge alone. Children end with us, also when we are killed.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from config.settings import BadSettings, Settings
from wms.clock import Clock
from wms.db import make_engine, make_sessions
from wms.edge import Edge, edge
from wms.embedded import Urls, database_urls, keep, postgres_folder
from wms.embedded.folder import Folder, NoDatabase
from wms.migrate import migrate
from wms.sealed import Keyring, hang_keyring
from wms.seed import SignIn, seed

_ROOT: Final = Path(__file__).resolve().parent.parent
_ROOM_BYTES_MIN: Final = 200_000_000
#: Seconds the children have to finish what they are doing.
_PATIENCE_S: Final = 20
#: A child that dies this often within a minute is not started again.
_DEATHS_MAX: Final = 4
_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1
#: Signals that told us to end: what a handler raises inside a fork's hooks Python swallows; they are seen here.
_SIGNS: Final[list[int]] = []


class CannotRun(Exception):
    """The system cannot start or go on; one sentence, with what to do where there is something."""


class _Told(Exception):
    """Ctrl-C, or another polite request to end."""


def web_command(settings: Settings) -> list[str]:
    """The web server's command line."""
    return [
        *(sys.executable, "-m", "gunicorn", "--chdir", str(_ROOT), "--worker-class", "gthread"),
        *("--workers", str(settings.web_processes), "--threads", str(settings.web_threads)),
        *("--bind", f"{settings.host}:{settings.port}", "--graceful-timeout", "10", "--no-control-socket"),
        # One start-up for all: processes are cheap to have, and a request shares its process with few others.
        *("--preload", "--config", "python:wms.web.gunicorn_hooks"),
        "wsgi:app",
    ]


def web_environment(settings: Settings) -> dict[str, str]:
    """What the web processes share besides our own environment: an empty folder to add up their metrics in."""
    metrics = settings.data_dir.absolute() / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    return os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}


def worker_command() -> list[str]:
    """The worker's command line."""
    return [sys.executable, "-m", "flask", "--app", str(_ROOT / "wsgi.py"), "work"]


@dataclass(kw_only=True)
class Child:
    """One program under the supervisor; its output goes to its own log."""

    name: str
    argv: Sequence[str]
    log: Path
    environ: Mapping[str, str] | None = None
    is_vital: bool = True
    """without it nothing goes on; else its end is said and the rest stays"""
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=_DEATHS_MAX))

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C is ours to pass on."""
        supervisor = os.getpid()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=_ROOT,
                env=self.environ,
                start_new_session=True,
                # Nothing but one system call; the supervisor has one thread.
                preexec_fn=lambda: _end_with(supervisor),  # noqa: PLW1509
            )

    def restart_if_dead(self) -> None:
        """Start it again when it died; give up when it dies again and again."""
        if self.process is None or self.process.poll() is None:
            return
        self.deaths.append(time.monotonic())
        if len(self.deaths) == _DEATHS_MAX and self.deaths[-1] - self.deaths[0] < 60:
            said = f"the {self.name} keeps dying: {_last_line(self.log)} (more in {self.log})"
            if self.is_vital:
                raise CannotRun(said)
            print(f"{said}; everything else goes on", flush=True)
            self.process = None
            return
        self.start()

    def end(self) -> None:
        """Ask it to finish."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Until it is gone, by force after the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def claimed(settings: Settings) -> Iterator[None]:
    """Our place in ``data_dir`` and on the port, or a sentence why not."""
    place = settings.data_dir.absolute()
    address = f"http://{settings.host}:{settings.port}"
    try:
        (place / "log").mkdir(parents=True, exist_ok=True)
        lock = (place / "run.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise CannotRun(f"the folder {place} cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(f"the system runs already: {lock.read().strip()}") from None
        room = shutil.disk_usage(place).free
        if room < _ROOM_BYTES_MIN:
            raise CannotRun(
                f"the disk of {place} is full: {room // 1_000_000} MB are free, "
                f"{_ROOM_BYTES_MIN // 1_000_000} MB are needed"
            )
        _check_port(settings)
        lock.truncate(0)
        lock.write(f"{address} (process {os.getpid()})")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotRun(
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
                f"end the program that has it, or choose another: WMS_PORT=8001 make run"
            ) from None


def prepare(settings: Settings) -> tuple[Urls, tuple[SignIn, ...], Edge]:
    """The database at the newest revision, with the demonstration zone and the gateway's token in it."""
    urls = database_urls(settings)
    if not urls.owner:
        raise CannotRun("setting owner_database_url is empty: migrations sign in as the owner of the tables")
    app_role = make_url(urls.app).username
    if not app_role:
        raise CannotRun("setting database_url names no role to sign in as")
    keyring = Keyring(settings.data_dir, Clock(settings).month)
    migrate(urls.owner, app_role=app_role, keyring=keyring)
    engine = make_engine(urls.app, pool_size=1)
    hang_keyring(engine, keyring)
    try:
        sessions = make_sessions(engine)
        return urls, seed(sessions), edge(settings, sessions, at=datetime.now(UTC))
    finally:
        engine.dispose()


def run(settings: Settings) -> None:
    """Everything, until told to stop; raises CannotRun, NoDatabase."""
    began = time.monotonic()
    with claimed(settings):
        _, sign_ins, beside = prepare(settings)
        logs = settings.data_dir.absolute() / "log"
        children = [
            Child(
                name="web server",
                argv=web_command(settings),
                log=logs / "web.log",
                environ=web_environment(settings),
            ),
            Child(name="worker", argv=worker_command(), log=logs / "worker.log"),
        ]
        edges = [
            Child(
                name=each.name,
                argv=each.argv,
                log=logs / f"{each.name.replace(' ', '-')}.log",
                is_vital=False,
            )
            for each in beside.programs
        ]
        try:
            for child in children:
                child.start()
            _wait_for_web(settings, children)
            print(_welcome(settings, sign_ins, seconds=time.monotonic() - began), flush=True)
            if beside.said:
                print(f"\n{beside.said}", flush=True)
            # After the system: a gateway has nowhere to go before it, and the first page should not wait.
            children += edges
            for child in edges:
                child.start()
            while True:
                _look_after(settings, children)
                time.sleep(0.5)
        finally:
            _ignore_signals()
            deadline = time.monotonic() + _PATIENCE_S
            for child in children:
                child.end()
            for child in children:
                child.wait(deadline)


def _look_after(settings: Settings, children: Sequence[Child]) -> None:
    if _SIGNS:
        raise _Told
    if not settings.database_url and not Folder(postgres_folder(settings)).is_kept():
        # Somebody killed the keeper. It comes back on the same port, so the children find it again.
        keep(postgres_folder(settings))
    for child in children:
        child.restart_if_dead()


def _wait_for_web(settings: Settings, children: Sequence[Child]) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared only
    url = f"http://{host}:{settings.port}/healthz"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        _look_after(settings, children)
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CannotRun(f"the web server does not answer at {url}: {_last_line(children[0].log)}")


def _welcome(settings: Settings, sign_ins: Sequence[SignIn], *, seconds: float) -> str:
    lines = [f"Ready after {seconds:.1f} s: http://{settings.host}:{settings.port} (Ctrl-C stops everything)"]
    if sign_ins:
        rows = [("role", "sign in as", "password"), *((one.role, one.name, one.password) for one in sign_ins)]
        widths = [max(len(row[column]) for row in rows) + 2 for column in (0, 1)]
        lines += ["", *(f"  {role:<{widths[0]}}{name:<{widths[1]}}{secret}" for role, name, secret in rows)]
    return "\n".join(lines)


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it wrote nothing"


def _end_with(supervisor: int) -> None:
    """In the new process: be asked to end when the supervisor is gone, also if it went just now."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:
        os._exit(1)


def _told(sign: int, _frame: object) -> None:
    _SIGNS.append(sign)
    raise _Told


def _ignore_signals() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)


def main(argv: Sequence[str]) -> int:
    """``python -m wms.supervisor`` runs everything; ``… serve`` becomes the web server alone."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _told)
    try:
        settings = Settings.load()
        if list(argv) == ["serve"]:
            command = web_command(settings)
            os.execve(command[0], command, web_environment(settings))  # noqa: S606 - no shell is the point
        run(settings)
    except _Told:
        print("Stopped.")
    except (CannotRun, NoDatabase, BadSettings) as error:
        print(error, file=sys.stderr)
        return 1
    except DBAPIError as error:
        print(f"the database refuses to be migrated: {error.orig}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
