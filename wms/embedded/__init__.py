"""The database every command gets: the site's own server when given, otherwise a private one we keep.

`database_urls` is the door. The private server is kept by a process of its own (``python -m wms.embedded``),
which lives as long as any process holds a shared lock on its folder; this module starts that keeper when
nobody has, and never touches PostgreSQL itself.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from config.settings import Settings
from wms.embedded.folder import APP, OWNER, Folder, NoDatabase, Secrets

#: The oldest PostgreSQL we are tested on.
MAJOR_MIN: Final = 15
#: The keeper's way of saying that another keeper was quicker.
ALREADY_KEPT: Final = 3
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Urls:
    """Addresses (``postgresql://…``) of one database, as the application and as its owner.

    `owner` is empty when a site gave only the application's address: such a process cannot migrate.
    """

    app: str
    owner: str


def database_urls(settings: Settings) -> Urls:
    """The site's database, checked, or the private one under ``data_dir``, started if need be.

    The private server stays for as long as this process lives. Raises NoDatabase with one sentence.
    """
    if settings.database_url:
        check_site(settings.database_url, setting="database_url")
        if settings.owner_database_url:
            check_site(settings.owner_database_url, setting="owner_database_url")
        return Urls(app=settings.database_url, owner=settings.owner_database_url)
    secrets = keep(postgres_folder(settings))
    return Urls(app=secrets.url(APP), owner=secrets.url(OWNER))


def postgres_folder(settings: Settings) -> Path:
    """Where the private server of these settings lives."""
    return settings.data_dir.absolute() / "postgres"


def check_site(url: str, *, setting: str) -> None:
    """Say no in one sentence when the server at `url` is not there or too old."""
    try:
        with psycopg.connect(_libpq(url), connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise NoDatabase(f"setting {setting}: the database does not answer: {said}") from None
    if version < MAJOR_MIN * 10_000:
        raise NoDatabase(
            f"setting {setting}: the server is PostgreSQL {version // 10_000}; {MAJOR_MIN} or newer is needed"
        )


def keep(path: Path, *, temporary: bool = False, patience_s: float = 300) -> Secrets:
    """Make sure the private server in `path` runs, and hold it for the life of this process.

    `temporary` is for tests: no flush to disk, and the folder is removed when the last user has gone.
    """
    folder = Folder(path)
    folder.prepare()
    folder.join(patience_s=60)
    deadline = time.monotonic() + patience_s
    keeper: int | None = None
    while time.monotonic() < deadline:
        if keeper is None and not folder.is_kept():
            keeper = _start_keeper(folder, temporary=temporary)
        if (secrets := folder.answering()) is not None:
            return secrets
        if keeper is not None and (status := _ended(keeper)) is not None:
            if status != ALREADY_KEPT:
                raise NoDatabase(folder.last_word())
            keeper = None
        time.sleep(0.05)
    raise NoDatabase(f"the private database in {path} did not answer within {patience_s:.0f} s")


def _start_keeper(folder: Folder, *, temporary: bool) -> int:
    """Start the keeper in a session of its own, so that a Ctrl-C here does not reach it; its process id."""
    argv = [sys.executable, "-m", "wms.embedded", str(folder.path)] + ["--temporary"] * temporary
    known = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    said = os.open(folder.word_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        return os.posix_spawn(
            sys.executable,
            argv,
            os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), *known])},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, said, 1),
                (os.POSIX_SPAWN_DUP2, said, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(said)


def _ended(pid: int) -> int | None:
    """Exit status of our keeper, or none while it runs."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return ALREADY_KEPT
    return os.waitstatus_to_exitcode(status) if found else None


def _libpq(url: str) -> str:
    """The address as libpq reads it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
