"""One private PostgreSQL as a child of the keeper: made, started, watched, stopped.

It listens on the loopback address only and asks everybody for a password. Root is dropped before it starts,
and it ends when the keeper ends, however that happens.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from wms.embedded.folder import APP, DATABASE, OWNER, SUPERUSER, Folder, NoDatabase, Secrets, fresh_secrets
from wms.embedded.programs import Programs, find_programs, within_reach

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
_LOG_BYTES_MAX: Final = 10_000_000
_ACCESS: Final = "host all all 127.0.0.1/32 scram-sha-256\n"
#: Safe to lose, so that tests need not wait for the disk.
_TEMPORARY: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user the server runs as when the keeper is root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """`wms` when a site has made that user, otherwise `nobody`; none when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("wms", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise NoDatabase("PostgreSQL does not run as root, and there is neither a user wms nor nobody")


class Server:
    """Lives as long as its keeper; `start` may be called again after it died."""

    def __init__(self, folder: Folder, *, temporary: bool) -> None:
        self._folder = folder
        self._temporary = temporary
        self._account = server_account()
        uid = self._account.uid if self._account else None
        self.place = folder.place_server(uid)
        self._data = self.place / "data"
        self._log = self.place / "server.log"
        self._programs: Programs = within_reach(find_programs(self._data), uid=uid, beside=self.place)
        self._secrets: Secrets = folder.secrets() or fresh_secrets()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it, wait until it answers, settle roles and database."""
        self._hand_over()
        if not self._data.exists():
            self._make()
        self._clear_stale()
        self._secrets = replace(self._secrets, port=_free_port(self._secrets.port))
        self._folder.write_secrets(self._secrets)
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES_MAX:
            self._log.replace(self._log.with_suffix(".log.1"))
        options = [
            "listen_addresses=127.0.0.1",
            f"port={self._secrets.port}",
            "unix_socket_directories=",
            "timezone=UTC",
            "log_timezone=UTC",
            # without the rows an error is about
            "log_error_verbosity=terse",
            *(_TEMPORARY if self._temporary else ()),
        ]
        argv: list[str | Path] = [self._programs.path("postgres"), "-D", self._data]
        argv += [word for option in options for word in ("-c", option)]
        keeper = os.getpid()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                # The keeper has one thread, so code between fork and exec is safe; and the wish must be made
                # after root is dropped, because the kernel forgets it when the user changes.
                preexec_fn=lambda: _end_with(keeper),  # noqa: PLW1509
                user=self._account.uid if self._account else None,
                group=self._account.gid if self._account else None,
                extra_groups=[] if self._account else None,
            )
        self._wait()
        self._settle()

    def is_running(self) -> bool:
        """Whether the server lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop at once: open transactions are rolled back, everything committed is flushed."""
        if self._process is None:
            return
        for sign, patience_s in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            self._process.send_signal(sign)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
            break
        self._process = None

    def last_fault(self) -> str:
        """The last line of the server's log that reports a fault."""
        if not self._log.exists():
            return "no log was written"
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - 20_000))
            lines = file.read().decode("utf-8", "replace").splitlines()
        faults = [line for line in lines if any(word in line for word in ("PANIC:", "FATAL:"))] or lines
        return faults[-1] if faults else "the log is empty"

    def _hand_over(self) -> None:
        """Give the server's files to the server's user, should a site have made a better one since."""
        if self._account is None or self.place.stat().st_uid != self._account.uid:
            return
        if self._data.exists() and self._data.stat().st_uid != self._account.uid:
            for path in (self._data, *self._data.rglob("*")):
                os.chown(path, self._account.uid, self._account.gid, follow_symlinks=False)

    def _make(self) -> None:
        """Make the cluster beside its final name, so that half of one is never taken for a database."""
        fresh = self.place / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.place / "password"
        password.touch(mode=0o600)
        password.write_text(self._secrets.superuser + "\n")
        if self._account:
            os.chown(password, self._account.uid, self._account.gid)
        argv: list[str | Path] = [
            self._programs.path("initdb"),
            *("-D", fresh, "-U", SUPERUSER, "--encoding=UTF8", "--locale=C", "--data-checksums"),
            *("--auth=scram-sha-256", f"--pwfile={password}"),
        ]
        argv += ["--no-sync"] * self._temporary
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
        )
        password.unlink()
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            faults = [line for line in done.stderr.splitlines() if "error" in line.lower() or "FATAL" in line]
            said = (faults or done.stderr.splitlines() or ["initdb failed"])[-1]
            raise NoDatabase(f"the private database could not be made in {self.place}: {said}")
        (fresh / "pg_hba.conf").write_text(_ACCESS)
        fresh.rename(self._data)

    def _clear_stale(self) -> None:
        """Wait for a predecessor that is still leaving; forget one that is dead.

        PostgreSQL itself refuses to start while the process id in its file exists, and an unreaped child of a
        killed keeper, or another program with that number, exists. Its shared memory still guards the data.
        """
        lock = self._data / "postmaster.pid"
        deadline = time.monotonic() + 60
        while lock.exists() and self._is_server(lock):
            if time.monotonic() > deadline:
                raise NoDatabase(f"another PostgreSQL works on {self._data} and does not end")
            time.sleep(0.1)
        lock.unlink(missing_ok=True)

    def _is_server(self, lock: Path) -> bool:
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            status = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False
        return status.rpartition(")")[2].split()[0] != "Z" and os.fsencode(self._data) in command

    def _wait(self) -> None:
        """Until it takes connections; a long recovery after a crash is waited for."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if not self.is_running():
                raise NoDatabase(f"the private database does not start: {self.last_fault()}")
            try:
                psycopg.connect(self._secrets.url(SUPERUSER, "postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
                continue
            return
        raise NoDatabase(f"the private database in {self.place} did not start within 600 s")

    def _settle(self) -> None:
        """Two roles and one database; the database comes last, so that who can enter it finds all."""
        url = self._secrets.url(SUPERUSER, "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            for role, password in ((OWNER, self._secrets.owner), (APP, self._secrets.app)):
                known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
                verb: LiteralString = (
                    "alter role {} login password {}" if known else ("create role {} login password {}")
                )
                # Only the hash travels, so no password can reach a log.
                hashed = connection.pgconn.encrypt_password(
                    password.encode(), role.encode(), b"scram-sha-256"
                ).decode()
                connection.execute(sql.SQL(verb).format(sql.Identifier(role), sql.Literal(hashed)))
            if (
                connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
                is None
            ):
                connection.execute(
                    sql.SQL("create database {} owner {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )


def _end_with(keeper: int) -> None:
    """In the new process: be stopped when the keeper is gone, also if it went just now."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != keeper:
        os._exit(1)


def _free_port(wanted: int) -> int:
    """The port of last time if it is free, so that open programs find the server again; otherwise any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise NoDatabase("no free port on the loopback address")
