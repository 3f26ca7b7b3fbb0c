"""A small warehouse: the other side of docs/gateway-contract.md, against SQLite or PostgreSQL.

    python -m tests.devices.receiver --database sqlite:///var/facts.db --port 8790
    python -m tests.devices.receiver --database postgresql://… --port 8790

It answers after its commit and only then. It is killed in the drills, so it keeps nothing in memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

BODY_BYTES_MAX = 1024 * 1024
ITEMS_MAX = 500

TABLES = """
create table if not exists fact (
    source text not null, epoch text not null, seq bigint not null,
    device text not null, kind text not null, happened_at text not null,
    digest text not null, body text not null,
    primary key (source, epoch, seq)
);
create table if not exists dead_letter (
    source text not null, epoch text not null, seq bigint not null, reason text not null, body text not null,
    primary key (source, epoch, seq)
);
"""

Row = tuple[str, str, int, str, str, str, str, str]


class Conflict(Exception):
    def __init__(self, seq: int) -> None:
        super().__init__(f"number {seq} is known with another content")
        self.seq = seq


class Refused(Exception):
    """The batch as a whole is no batch."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    stored: int
    duplicates: int
    dead: int


class Store(Protocol):
    def keep(self, rows: list[Row], dead: list[tuple[str, str, int, str, str]]) -> int:
        """Inserts what is new in one transaction; returns how many; raises Conflict."""
        ...


class SqliteStore:
    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(TABLES)
        self._mutex = threading.Lock()

    def keep(self, rows: list[Row], dead: list[tuple[str, str, int, str, str]]) -> int:
        with self._mutex, _Transaction(self._db):
            before = self._db.total_changes
            self._db.executemany("insert or ignore into fact values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            stored = self._db.total_changes - before
            if stored < len(rows):
                self._compare(rows)
            self._db.executemany("insert or ignore into dead_letter values (?, ?, ?, ?, ?)", dead)
        return stored

    def _compare(self, rows: list[Row]) -> None:
        for row in rows:
            found = self._db.execute(
                "select digest from fact where source = ? and epoch = ? and seq = ?", row[:3]
            ).fetchone()
            if found[0] != row[6]:
                raise Conflict(row[2])

    def close(self) -> None:
        self._db.close()


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, failure: object, *_rest: object) -> None:
        self._db.execute("rollback" if failure else "commit")


class PostgresStore:
    """One connection, reopened after the server went away."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._psycopg = psycopg
        self._url = url
        self._mutex = threading.Lock()
        self._connection: Any = None
        self._open().execute(TABLES)
        self._connection.commit()

    def keep(self, rows: list[Row], dead: list[tuple[str, str, int, str, str]]) -> int:
        with self._mutex:
            connection = self._open()
            try:
                with connection.transaction():
                    return self._insert(connection, rows, dead)
            except self._psycopg.OperationalError:
                connection.close()
                raise

    def _insert(self, connection: Any, rows: list[Row], dead: list[tuple[str, str, int, str, str]]) -> int:
        columns = [list(column) for column in zip(*rows, strict=True)]
        inserted = connection.execute(
            "insert into fact select * from unnest(%s::text[], %s::text[], %s::bigint[], %s::text[],"
            " %s::text[], %s::text[], %s::text[], %s::text[]) on conflict do nothing",
            columns,
        ).rowcount
        if inserted < len(rows):
            known = dict(
                connection.execute(
                    "select seq, digest from fact where source = %s and epoch = %s and seq = any(%s)",
                    (rows[0][0], rows[0][1], columns[2]),
                ).fetchall()
            )
            for row in rows:
                if known[row[2]] != row[6]:
                    raise Conflict(row[2])
        if dead:
            connection.cursor().executemany(
                "insert into dead_letter values (%s, %s, %s, %s, %s) on conflict do nothing", dead
            )
        return int(inserted)

    def _open(self) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = self._psycopg.connect(self._url, connect_timeout=5)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def receive(store: Store, body: bytes) -> dict[str, Any]:
    """Stores one batch and returns its receipt; raises Refused or Conflict."""
    try:
        said = json.loads(body)
        source, epoch, items = str(said["source"]), str(said["epoch"]), said["items"]
        seqs = [item["seq"] for item in items]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"no batch: {error!r}") from error
    if (
        not 1 <= len(items) <= ITEMS_MAX
        or any(type(seq) is not int for seq in seqs)
        or seqs != sorted(set(seqs))
    ):
        raise Refused("a batch holds 1 to 500 items in rising order of seq")
    rows, dead = [], []
    for item in items:
        text = json.dumps(item, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        fault = fault_of(item)
        if fault:
            dead.append((source, epoch, item["seq"], fault, text))
        digest = hashlib.sha256(text.encode()).hexdigest()
        device, kind, at = (str(item.get(key, "")) for key in ("device", "kind", "happened_at"))
        rows.append((source, epoch, item["seq"], device, kind, at, digest, text))
    stored = store.keep(rows, dead)
    return {
        "source": source,
        "epoch": epoch,
        "committed": seqs[-1],
        "stored": stored,
        "duplicates": len(rows) - stored,
        "dead": len(dead),
    }


def fault_of(item: dict[str, Any]) -> str | None:
    """Why an item is a dead letter, or None."""
    for key in ("device", "kind", "happened_at", "received_at", "clock", "quality"):
        if not isinstance(item.get(key), str) or not item[key]:
            return f"{key} is missing"
    if ("data" in item) == ("value" in item):
        return "an item has either a value or data"
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A tiny answer after the headers must not wait for the client's delayed acknowledgement.
    wbufsize = -1
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(min(length, BODY_BYTES_MAX + 1))
        if self.path != "/api/readings":
            self._answer(404, {"code": "not_found"})
        elif self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._answer(401, {"code": "unauthorized"})
        elif len(body) > BODY_BYTES_MAX:
            self.close_connection = True
            self._answer(413, {"code": "too_large"})
        else:
            self._receive(body)

    def _receive(self, body: bytes) -> None:
        try:
            self._answer(200, receive(self.server.store, body))
        except Conflict as error:
            self._answer(409, {"code": "key_conflict", "detail": str(error), "seq": error.seq})
        except Refused as error:
            self._answer(422, {"code": "items_refused", "detail": str(error)})
        except Exception as error:
            self._answer(503, {"code": "not_stored", "detail": repr(error)}, retry_after="1")

    def _answer(self, status: int, said: dict[str, Any], *, retry_after: str | None = None) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, store: Store, *, port: int = 0, token: str | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store = store
        self.token = token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/readings"


def make_store(database: str) -> SqliteStore | PostgresStore:
    if database.startswith("sqlite:///"):
        return SqliteStore(database.removeprefix("sqlite:///"))
    return PostgresStore(database)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="receiver")
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    receiver = Receiver(make_store(chosen.database), port=chosen.port, token=chosen.token)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=receiver.shutdown).start())
    receiver.serve_forever()


if __name__ == "__main__":
    main()
