"""The folder of a private server: who uses it, who keeps it, and its secrets.

Two locks say everything. Users hold ``users.lock`` together; the one keeper holds ``keeper.lock`` alone.
A lock ends with its process however that ends, so nothing here can be stale.
"""

import fcntl
import hashlib
import json
import os
import pwd
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import psycopg

#: Owns the tables; migrations sign in as it.
OWNER: Final = "wms_owner"
#: Everything else signs in as it; it may do what migrations grant.
APP: Final = "wms_app"
#: The server's own superuser; only the keeper and the tests sign in as it.
SUPERUSER: Final = "postgres"
DATABASE: Final = "wms"
#: Where the server's files go when root keeps a database in a folder that the server's user cannot enter.
OUTSIDE: Final = Path("/var/lib/lhasa-wms")


class NoDatabase(Exception):
    """There is no database to work with; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Port and passwords of one private server, kept in a file only its owner can read."""

    port: int
    superuser: str
    owner: str
    app: str

    def url(self, role: str, database: str = DATABASE) -> str:
        """Address of `database` for one of the three roles."""
        password = {SUPERUSER: self.superuser, OWNER: self.owner, APP: self.app}[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


class Folder:
    """``<data_dir>/postgres``: locks and secrets here, the server's own files in `server`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.users_lock = self.path / "users.lock"
        self.keeper_lock = self.path / "keeper.lock"
        self.secrets_file = self.path / "server.json"
        self.word_file = self.path / "keeper.log"
        self.server = self.path / "server"

    def prepare(self) -> None:
        """Make the folder, ours and closed; refuse one that is another person's or cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            owner = self.path.stat().st_uid
            if owner != os.geteuid():
                raise NoDatabase(
                    f"{self.path} belongs to {_name(owner)}: start as that user, or name another data_dir"
                )
            # The server's own user must be able to pass through, never to list.
            self.path.chmod(0o711 if owner == 0 else 0o700)
            os.close(os.open(self.users_lock, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise NoDatabase(f"the database folder {self.path} cannot be used: {error.strerror}") from None

    def join(self, *, patience_s: float) -> None:
        """Become a user, until this process ends. Waits for a keeper that is just leaving."""
        if self.path in _held:
            return
        deadline = time.monotonic() + patience_s
        while (handle := take(self.users_lock, shared=True)) is None:
            if time.monotonic() > deadline:
                raise NoDatabase(f"the private database in {self.path} is stopping and does not end")
            time.sleep(0.05)
        _held[self.path] = handle

    def is_kept(self) -> bool:
        """Whether a keeper lives."""
        if (handle := take(self.keeper_lock)) is None:
            return True
        os.close(handle)
        return False

    def keeper(self) -> int | None:
        """Process id the last keeper wrote down; whether it lives only `is_kept` knows."""
        words = self.keeper_lock.read_text("ascii").split()
        return int(words[0]) if words else None

    def is_ready(self) -> bool:
        """Whether a keeper lives and says that its server takes connections.

        A server whose keeper was killed answers a little longer, but it is about to go.
        """
        return self.keeper_lock.exists() and "ready" in self.keeper_lock.read_text("ascii") and self.is_kept()

    def is_used(self) -> bool:
        """Whether anybody holds the users' lock."""
        if (handle := take(self.users_lock)) is None:
            return True
        os.close(handle)
        return False

    def secrets(self) -> Secrets | None:
        """What the keeper has written, or none before the first start."""
        try:
            return Secrets(**json.loads(self.secrets_file.read_text("utf-8")))
        except FileNotFoundError:
            return None

    def write_secrets(self, secrets: Secrets) -> None:
        """Replace the file whole, so that no reader sees half of it."""
        fresh = self.secrets_file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(secrets), file)
        fresh.rename(self.secrets_file)

    def answering(self) -> Secrets | None:
        """The secrets when the database answers to them, otherwise none."""
        secrets = self.secrets() if self.is_ready() else None
        if secrets is None:
            return None
        try:
            psycopg.connect(secrets.url(APP), connect_timeout=5).close()
        except psycopg.OperationalError:
            return None
        return secrets

    def last_word(self) -> str:
        """What the keeper said before it ended."""
        said = self.word_file.read_text("utf-8", errors="replace").strip().splitlines()
        return said[-1] if said else f"the keeper of {self.path} ended without a word"

    def place_server(self, uid: int | None) -> Path:
        """The server's own folder as its user can reach it: ours, or a link to one outside a closed home.

        The link stays once made, so that a moved project keeps its data.
        """
        if not self.server.exists():
            self.server.unlink(missing_ok=True)
            if uid is None or reachable(self.path, uid):
                self.server.mkdir(mode=0o700)
            else:
                # The path names the outside folder, so two closed projects never share one.
                digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
                outside = OUTSIDE / digest
                outside.mkdir(parents=True, exist_ok=True)
                self.server.symlink_to(outside)
        found = self.server.resolve()
        if uid is not None:
            os.chown(found, uid, -1)
        found.chmod(0o700)
        return found


#: Locks this process holds until it ends, by folder.
_held: Final[dict[Path, int]] = {}


def take(path: Path, *, shared: bool = False) -> int | None:
    """A lock on `path` as an open file, or none when others hold it. Closing the file gives it back."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def fresh_secrets() -> Secrets:
    """Passwords for a new server; its port is chosen at the start."""
    return Secrets(port=0, superuser=token_urlsafe(24), owner=token_urlsafe(24), app=token_urlsafe(24))


def reachable(path: Path, uid: int) -> bool:
    """Whether the user `uid`, a member of no group, can pass through every folder down to `path`."""
    for folder in (path, *path.parents):
        status = folder.stat()
        needed = 0o100 if status.st_uid == uid else 0o001
        if not status.st_mode & needed:
            return False
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
