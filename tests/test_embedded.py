"""The private database: there when asked for, closed to others, alive after every kill."""

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

import wms.embedded
import wms.embedded.folder
from config.settings import Settings
from wms.embedded import check_site, database_urls, keep
from wms.embedded.folder import APP, OWNER, SUPERUSER, Folder, NoDatabase, Secrets, reachable
from wms.embedded.programs import Programs, find_programs, within_reach

ROOT = Path(__file__).resolve().parent.parent
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root is dropped; this run is an ordinary user's")


@pytest.fixture(scope="module")
def folder() -> Iterator[Folder]:
    """A kept folder with a space and Chinese characters in its name; flushed to disk as a site's is."""
    with tempfile.TemporaryDirectory(prefix="wms 拉萨 ") as name:
        Path(name).chmod(0o755)
        folder = Folder(Path(name) / "postgres")
        keep(folder.path)
        yield folder
        keeper = folder.keeper()
        assert keeper is not None
        os.kill(keeper, signal.SIGTERM)
        until(lambda: not folder.is_kept())


def secrets(folder: Folder) -> Secrets:
    """The secrets as they stand now."""
    found = folder.secrets()
    assert found is not None
    return found


def server_pid(folder: Folder) -> int:
    """Process id of the running PostgreSQL."""
    return int((folder.server.resolve() / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def until(promise: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for the promise to come true."""
    deadline = time.monotonic() + seconds
    while not promise():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def count(folder: Folder) -> int:
    """Write one row as the owner and count all, in a transaction that is committed."""
    with psycopg.connect(secrets(folder).url(OWNER)) as connection:
        connection.execute("create table if not exists seen (id int)")
        connection.execute("insert into seen values (1)")
        (number,) = connection.execute("select count(*) from seen").fetchone() or (0,)
    return int(number)


def test_the_server_is_closed_to_everybody_without_a_password(folder: Folder) -> None:
    """Loopback only, a password for each role, readable by us alone; pages carry checksums."""
    known = secrets(folder)

    with psycopg.connect(known.url(SUPERUSER, "postgres")) as connection:
        shown = {
            name: connection.execute("select current_setting(%s)", [name]).fetchone()
            for name in ("listen_addresses", "unix_socket_directories", "data_checksums")
        }
        stored = connection.execute("select rolpassword from pg_authid where rolname = %s", [APP]).fetchone()

    assert shown == {
        "listen_addresses": ("127.0.0.1",),
        "unix_socket_directories": ("",),
        "data_checksums": ("on",),
    }
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")
    assert folder.secrets_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(known.url(APP).replace(known.app, "guessed"))


@as_root
def test_the_server_does_not_run_as_root(folder: Folder) -> None:
    """Neither the process nor its files are root's."""
    assert Path(f"/proc/{server_pid(folder)}").stat().st_uid != 0
    assert (folder.server.resolve() / "data").stat().st_uid != 0


def test_a_killed_server_comes_back_with_its_rows(folder: Folder) -> None:
    """On the same port, so that open programs find it again."""
    before, port, pid = count(folder), secrets(folder).port, server_pid(folder)

    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid))
    until(lambda: folder.answering() is not None)

    assert count(folder) == before + 1
    assert secrets(folder).port == port


def test_a_killed_keeper_takes_the_server_along_and_the_next_command_starts_both(folder: Folder) -> None:
    """No orphan keeps the folder; committed rows stay."""
    before, port, pid, keeper = count(folder), secrets(folder).port, server_pid(folder), folder.keeper()
    assert keeper is not None

    os.kill(keeper, signal.SIGKILL)
    until(lambda: not is_alive(pid))
    keep(folder.path)

    assert folder.keeper() != keeper
    assert count(folder) == before + 1
    assert secrets(folder).port == port


def test_both_killed_at_once_leave_nothing_in_the_way(folder: Folder) -> None:
    """The process id left behind is not believed."""
    before, pid, keeper = count(folder), server_pid(folder), folder.keeper()
    assert keeper is not None

    os.kill(keeper, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not folder.is_kept())
    keep(folder.path)

    assert count(folder) == before + 1


def test_a_second_keeper_of_a_folder_is_refused(folder: Folder) -> None:
    """It names the first, and the first goes on."""
    second = subprocess.run(
        [sys.executable, "-m", "wms.embedded", folder.path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == wms.embedded.ALREADY_KEPT
    assert second.stderr.strip() == f"{folder.path} is kept already by process {folder.keeper()}"
    assert folder.answering() is not None


def test_the_server_goes_with_its_last_user() -> None:
    """A command that ends, however it ends, leaves neither processes nor, when temporary, files."""
    place = Path(tempfile.mkdtemp(prefix="wms-last-"))
    place.chmod(0o755)
    folder = Folder(place / "postgres")
    user = "import pathlib, sys, wms.embedded; wms.embedded.keep(pathlib.Path(sys.argv[1]), temporary=True)"
    subprocess.run([sys.executable, "-c", user, folder.path], cwd=ROOT, check=True)
    pid, keeper = server_pid(folder), folder.keeper()
    assert keeper is not None

    until(lambda: not is_alive(keeper))

    assert not is_alive(pid)
    assert not folder.path.exists()
    place.rmdir()


@as_root
def test_another_persons_folder_is_refused(tmp_path: Path) -> None:
    """Two owners of one folder would lock each other out."""
    os.chown(tmp_path, 65534, -1)

    with pytest.raises(NoDatabase, match="belongs to nobody: start as that user, or name another data_dir"):
        keep(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    """One sentence with the reason."""
    (tmp_path / "file").touch()

    with pytest.raises(NoDatabase, match="cannot be used: Not a directory"):
        keep(tmp_path / "file" / "postgres")


@as_root
def test_the_server_reaches_its_files_when_the_project_lies_in_a_closed_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files go outside and a link says where; the home stays closed."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(wms.embedded.folder, "OUTSIDE", tmp_path / "outside")
    folder = Folder(home / "var" / "postgres")
    folder.prepare()

    place = folder.place_server(65534)

    assert place.parent == tmp_path / "outside"
    assert folder.server.readlink() == place
    assert place.stat().st_uid == 65534
    assert home.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_in_a_closed_home_are_copied_to_where_they_can_be_run(open_folder: Path) -> None:
    """The copy runs as nobody; a second start finds it there."""
    found = find_programs(open_folder / "no data yet")
    closed = open_folder / "closed" / found.folder.parents[1].name / found.folder.parent.name
    closed.parent.mkdir(parents=True)
    closed.symlink_to(found.folder.parent)
    (open_folder / "closed").chmod(0o700)
    programs = Programs(folder=closed / "bin", major=found.major)

    copy = within_reach(programs, uid=65534, beside=open_folder)
    said = subprocess.run(
        [copy.path("postgres"), "--version"], user=65534, cwd="/", capture_output=True, text=True, check=True
    )

    assert copy.folder.is_relative_to(open_folder)
    assert f" {found.major}." in said.stdout
    assert within_reach(programs, uid=65534, beside=open_folder) == copy


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own is closed."""
    with tempfile.TemporaryDirectory(prefix="wms-open-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_reachable_asks_every_folder_on_the_way(open_folder: Path) -> None:
    """One closed parent is enough to shut a user out, its owner excepted."""
    inner = open_folder / "a" / "b"
    inner.mkdir(parents=True)

    assert reachable(inner, 65534)
    (open_folder / "a").chmod(0o700)
    assert not reachable(inner, 65534)
    assert reachable(inner, os.geteuid())


def test_data_of_another_major_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """Old files are never handed to a server that cannot read them."""
    (tmp_path / "PG_VERSION").write_text("9\n")

    with pytest.raises(NoDatabase, match="was written by PostgreSQL 9, and only"):
        find_programs(tmp_path)


def test_a_sites_database_is_used_as_given(folder: Folder) -> None:
    """Nothing is started; both addresses come back as they are."""
    known = secrets(folder)
    settings = Settings.load(
        {
            "WMS_DATABASE_URL": known.url(APP),
            "WMS_OWNER_DATABASE_URL": known.url(OWNER),
            "WMS_DATA_DIR": "/nowhere",
        }
    )

    urls = database_urls(settings)

    assert (urls.app, urls.owner) == (known.url(APP), known.url(OWNER))


def test_a_sites_database_that_does_not_answer_is_said_so() -> None:
    """The sentence names the setting."""
    settings = Settings.load({"WMS_DATABASE_URL": "postgresql://wms_app@127.0.0.1:1/wms"})

    with pytest.raises(NoDatabase, match=r"^setting database_url: the database does not answer: .*refused"):
        database_urls(settings)


def test_a_sites_database_that_is_too_old_is_said_so(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names what it is and what is needed."""
    monkeypatch.setattr(wms.embedded, "MAJOR_MIN", 99)

    with pytest.raises(NoDatabase, match=r"the server is PostgreSQL \d+; 99 or newer is needed"):
        check_site(secrets(folder).url(APP), setting="database_url")
