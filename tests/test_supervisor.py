"""`make run`: everything starts, stays and ends together, and what stands in the way is one sentence."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import wms.supervisor
from config.settings import Settings
from tests.patience import seconds_of
from wms.embedded.folder import Folder
from wms.seed import SignIn
from wms.supervisor import CannotRun, Child, claimed, prepare

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(promise: Callable[[], bool], *, seconds: float = 90) -> None:
    """Wait for the promise to come true."""
    deadline = time.monotonic() + seconds
    while not promise():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@dataclass(kw_only=True)
class Site:
    """A folder and a port to run in."""

    data_dir: Path
    port: int
    edge: str = "none"
    devices_file: str = "config/devices.toml"

    @property
    def environ(self) -> dict[str, str]:
        """What a person would set."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
        return known | {
            "WMS_DATA_DIR": str(self.data_dir),
            "WMS_PORT": str(self.port),
            "WMS_WEB_PROCESSES": "1",
            "WMS_SITE": self.edge,
            "WMS_DEVICES_FILE": self.devices_file,
        }

    @property
    def settings(self) -> Settings:
        """The same, read."""
        return Settings.load({k: v for k, v in self.environ.items() if k.startswith("WMS_")})

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """`make run` without make; killed at the end if it still runs."""
        with subprocess.Popen(
            [sys.executable, "-m", "wms.supervisor"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def is_healthy(self) -> bool:
        """Whether a browser would get a page."""
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5),
        ):
            return True
        return False

    def processes(self, word: str) -> list[int]:
        """Our processes with a word in their command line: those that were started with this site's folder."""
        found = []
        mine = f"WMS_DATA_DIR={self.data_dir}".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                is_mine = entry.name.isdigit() and mine in (entry / "environ").read_bytes().split(b"\0")
                if is_mine and word in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
        return found


@pytest.fixture
def site() -> Iterator[Site]:
    """An open folder with a space and Chinese characters in its name."""
    with tempfile.TemporaryDirectory(prefix="wms 运行 ") as name:
        Path(name).chmod(0o755)
        site = Site(data_dir=Path(name) / "var", port=free_port())
        yield site
        # The keeper lingers for whoever comes next; its folder goes now.
        folder = Folder(site.data_dir / "postgres")
        if folder.keeper_lock.exists() and (keeper := folder.keeper()) is not None and folder.is_kept():
            os.kill(keeper, signal.SIGTERM)
            until(lambda: not folder.is_kept())


def ready(process: subprocess.Popen[str]) -> str:
    """The first line it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.skipif(not (ROOT / "wsgi.py").exists(), reason="the web application (wsgi.py) is not here yet")
def test_everything_starts_stays_through_kills_and_ends_together(site: Site) -> None:
    """Started, refused a second time, killed in parts, stopped, and started again with its data."""
    with site.running() as running:
        assert ready(running).startswith("Ready after ")
        assert site.is_healthy()

        second = subprocess.run(
            [sys.executable, "-m", "wms.supervisor"],
            cwd=ROOT,
            env=site.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert (
            second.stderr
            == f"the system runs already: http://127.0.0.1:{site.port} (process {running.pid})\n"
        )

        for word in ("gunicorn", "wms.embedded", "flask"):
            killed = site.processes(word)
            assert killed, word
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            until(lambda word=word, killed=killed: bool(set(site.processes(word)) - set(killed)))
            until(site.is_healthy)

        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    assert not site.is_healthy()
    assert site.processes("gunicorn") + site.processes("flask") == []

    def start_again() -> None:
        with site.running() as again:
            assert ready(again).startswith("Ready after ")
        # Children go with a killed supervisor.
        until(lambda: site.processes("gunicorn") + site.processes("flask") == [])

    # 10 s is promised of a machine that does nothing else; tests share theirs.
    assert seconds_of(start_again, most=40) < 40


def test_a_taken_port_is_said_so(site: Site) -> None:
    """Before anything is started, with the way out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()

        said = rf"port {site.port} .* cannot be used .*: end the program that has it"
        with pytest.raises(CannotRun, match=said), claimed(site.settings):
            pass


def test_a_full_disk_is_said_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both figures are in the sentence."""
    monkeypatch.setattr(wms.supervisor, "_ROOM_BYTES_MIN", 10**18)

    said = r"is full: \d+ MB are free, 1000000000000 MB are needed"
    with pytest.raises(CannotRun, match=said), claimed(site.settings):
        pass


def test_a_folder_that_cannot_be_written_is_said_so(site: Site) -> None:
    """One sentence with the reason, no trace."""
    site.data_dir.touch()

    said = "cannot be written: (Not a directory|File exists)"
    with pytest.raises(CannotRun, match=said), claimed(site.settings):
        pass


def test_a_bad_setting_is_one_sentence(site: Site) -> None:
    """Also on the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "wms.supervisor"],
        cwd=ROOT,
        env=site.environ | {"WMS_PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("setting port: ")
    assert done.stderr.count("\n") == 1


def test_a_site_without_the_owners_address_cannot_be_migrated(fresh_database: object) -> None:
    """The application's role may not make tables, so the sentence asks for the owner."""
    from tests.databases import Database

    assert isinstance(fresh_database, Database)
    settings = Settings.load({"WMS_DATABASE_URL": fresh_database.url})

    with pytest.raises(CannotRun, match="setting owner_database_url is empty"):
        prepare(settings)


def test_a_program_that_keeps_dying_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    """Four deaths within a minute."""
    child = Child(name="worker", argv=["sh", "-c", "echo no luck >&2; exit 1"], log=tmp_path / "log")
    child.start()

    def try_for_ever() -> None:
        while True:
            assert child.process is not None
            child.process.wait()
            child.restart_if_dead()

    with pytest.raises(CannotRun, match="the worker keeps dying: no luck"):
        try_for_ever()


_TOLD_IN_A_FORK = """
import os, pathlib, signal, sys
from wms import supervisor
from config.settings import Settings

signal.signal(signal.SIGTERM, supervisor._told)
os.register_at_fork(after_in_parent=lambda: signal.raise_signal(signal.SIGTERM))
child = supervisor.Child(name="program", argv=["true"], log=pathlib.Path(sys.argv[1]))
child.start()
print("started", flush=True)
try:
    supervisor._look_after(Settings.load({}), [child])
except supervisor._Told:
    print("told")
"""


def test_a_request_to_end_in_the_middle_of_a_fork_is_not_lost(tmp_path: Path) -> None:
    """A hook of the fork swallows what the signal's handler raises; the supervisor ends all the same."""
    done = subprocess.run(
        [sys.executable, "-c", _TOLD_IN_A_FORK, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(wms.supervisor.__file__).resolve().parent.parent,
    )

    assert done.stdout.split() == ["started", "told"]


def test_sign_ins_are_shown_in_columns_that_hold_them(site: Site) -> None:
    """However long a badge is, its PIN stands apart."""
    said = wms.supervisor._welcome(
        site.settings, [SignIn(role="keeper", name="U1208A71F7CA9361DE162253", password="4711")], seconds=1
    )

    assert [line.split() for line in said.splitlines()[2:]] == [
        ["role", "sign", "in", "as", "password"],
        ["keeper", "U1208A71F7CA9361DE162253", "4711"],
    ]
