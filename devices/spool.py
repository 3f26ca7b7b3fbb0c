"""Spool: what was seen, kept on disk until the warehouse's receipt.

One SQLite file, fully synchronised, one owner at a time. The file's birth draws its `epoch`; each fact gets
the next `seq`; (source, epoch, seq) is its name for ever and makes every resend harmless. Facts leave only by
`release` after a receipt, or, if they are droppable and the caps are reached, oldest first and with a gap
marker in their place. Scans, weights, seals and alarms are never dropped.
"""

import fcntl
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from devices.facts import Delivery, Event, Fact, instant_text, may_be_dropped, now, to_wire

_TABLES = """
create table if not exists spool (only integer primary key check (only = 1), epoch text not null);
create table if not exists item (
    seq integer primary key autoincrement,
    droppable integer not null,
    born_at text not null,
    bytes integer not null,
    body text not null
);
create index if not exists item_droppable on item (seq) where droppable = 1;
create table if not exists seen (
    id integer primary key autoincrement, slot text not null, name text not null, unique (slot, name)
);
create table if not exists refused (
    epoch text not null, seq integer not null, reason text not null, body text not null,
    primary key (epoch, seq)
);
"""

_INSERT = "insert into item (droppable, born_at, bytes, body) values (?, ?, ?, ?)"
_KNOWN = """
select slot, name from json_each(?) as asked
join seen on slot = json_extract(asked.value, '$[0]') and name = json_extract(asked.value, '$[1]')
"""

#: Message names remembered to know a repetition.
SEEN_NAMES_MAX = 200_000


class SpoolInUse(Exception):
    """Another process owns the spool."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The spool {path} is in use by another gateway process.")


class SpoolFull(Exception):
    """The disk took nothing more; what was given is not kept and must be given again."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """How much droppable telemetry may wait. Facts that are never dropped do not count."""

    bytes_max: int = 512 * 1024 * 1024
    age_max: timedelta = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Spooled:
    seq: int
    body: str


@dataclass(frozen=True, kw_only=True)
class SpoolStatus:
    epoch: str
    waiting: int
    first_seq: int | None
    last_seq: int
    oldest_at: datetime | None
    refused: int
    bytes_on_disk: int


class Spool:
    """The open spool; every method may be called from any thread."""

    def __init__(self, path: Path, *, caps: Caps | None = None) -> None:
        """Opens or creates the file and takes its lock; raises SpoolInUse."""
        self.path = path
        self._caps = caps or Caps()
        self._lock_file = _own(path)
        self._mutex = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_TABLES)
        self._db.execute("insert or ignore into spool values (1, ?)", (_new_epoch(),))
        self.epoch: str = self._db.execute("select epoch from spool").fetchone()[0]
        self._droppable_bytes: int = self._db.execute(
            "select coalesce(sum(bytes), 0) from item where droppable = 1"
        ).fetchone()[0]
        self.dropped = 0
        self._named = 0

    def append(self, deliveries: Sequence[Delivery], *, at: datetime | None = None) -> int:
        """Keeps the facts in order in one synchronised commit; returns how many were new.

        Raises SpoolFull when the disk refuses; then nothing is kept.
        """
        at = at or now()
        with self._mutex:
            try:
                self._db.execute("begin immediate")
                born_at = instant_text(at)
                rows = [
                    _row(fact, born_at) for delivery in self._new_of(deliveries) for fact in delivery.facts
                ]
                self._db.executemany(_INSERT, rows)
                added = sum(row[2] for row in rows if row[0])
                freed, dropped = self._make_room(added, at=at)
                self._db.execute("commit")
            except Exception as error:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                if isinstance(error, sqlite3.OperationalError):
                    raise SpoolFull(f"The spool {self.path} cannot keep more: {error}") from error
                raise
            self._droppable_bytes += added - freed
            self.dropped += dropped
        return len(rows)

    def _new_of(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Those that did not come before; remembers their names, of which the newest 200,000 are known.

        Three statements for a whole group: one for each name would hand Python's lock to and fro.
        """
        named = [delivery.once for delivery in deliveries if delivery.once is not None]
        if not named:
            return list(deliveries)
        asked = json.dumps([[once.slot, once.name] for once in named if once.may_be_repeat])
        known = set(self._db.execute(_KNOWN, (asked,)).fetchall())
        new = []
        for delivery in deliveries:
            once = delivery.once
            if once is None:
                new.append(delivery)
            elif (name := (once.slot, once.name)) not in known or not once.may_be_repeat:
                if once.only_last:
                    known = {(slot, other) for slot, other in known if slot != once.slot}
                known.add(name)
                new.append(delivery)
        told = [delivery.once for delivery in new if delivery.once is not None]
        last = {once.slot: once for once in told if once.only_last}
        told = [once for once in told if not once.only_last or once is last[once.slot]]
        self._db.executemany("delete from seen where slot = ?", [(slot,) for slot in last])
        self._db.executemany(
            "insert or replace into seen (slot, name) values (?, ?)",
            [(once.slot, once.name) for once in told],
        )
        self._named += len(told)
        if self._named >= 1000:
            self._named = 0
            self._db.execute("delete from seen where id <= (select max(id) from seen) - ?", (SEEN_NAMES_MAX,))
        return new

    def take(self, *, limit: int) -> list[Spooled]:
        """The oldest facts that wait for a receipt, in order; they stay until `release`."""
        with self._mutex:
            rows = self._db.execute("select seq, body from item order by seq limit ?", (limit,)).fetchall()
        return [Spooled(seq=seq, body=body) for seq, body in rows]

    def release(self, upto: int) -> int:
        """Lets go of everything up to and including `upto`, which the warehouse has receipted."""
        with self._mutex:
            freed = self._sum_droppable("seq <= ?", upto)
            count = self._db.execute("delete from item where seq <= ?", (upto,)).rowcount
            self._droppable_bytes -= freed
        return count

    def refuse(self, seq: int, *, reason: str) -> None:
        """Sets aside one fact the warehouse will never take; it is kept, counted and shown, not dropped."""
        with self._mutex:
            freed = self._sum_droppable("seq = ?", seq)
            self._db.execute("begin immediate")
            self._db.execute(
                "insert or ignore into refused select ?, seq, ?, body from item where seq = ?",
                (self.epoch, reason, seq),
            )
            self._db.execute("delete from item where seq = ?", (seq,))
            self._db.execute("commit")
            self._droppable_bytes -= freed

    def renew_epoch(self) -> str:
        """A new name for the same numbers, after the warehouse met a number of ours with another content.

        That happens when the file was put back from a copy; without a new epoch new facts would be
        taken for old ones.
        """
        with self._mutex:
            self.epoch = _new_epoch()
            self._db.execute("update spool set epoch = ?", (self.epoch,))
        return self.epoch

    def status(self) -> SpoolStatus:
        with self._mutex:
            return read_status(self._db, self.path)

    def close(self) -> None:
        with self._mutex:
            self._db.close()
            self._lock_file.close()

    def _make_room(self, added: int, *, at: datetime) -> tuple[int, int]:
        """Drops the oldest droppable facts beyond the caps, marks the gap; returns (bytes freed, facts)."""
        oldest_kept = instant_text(at - self._caps.age_max)
        too_many = self._droppable_bytes + added - self._caps.bytes_max
        doomed: list[tuple[int, str]] = []
        cursor = self._db.execute(
            "select seq, bytes, body, born_at from item where droppable = 1 order by seq"
        )
        freed = 0
        for seq, size, body, born_at in cursor:
            if freed >= too_many and born_at >= oldest_kept:
                break
            doomed.append((seq, body))
            freed += size
        cursor.close()
        if doomed:
            self._db.executemany("delete from item where seq = ?", [(seq,) for seq, _body in doomed])
            self._db.execute(_INSERT, _row(_gap(doomed, at=at), instant_text(at)))
        return freed, len(doomed)

    def _sum_droppable(self, where: str, seq: int) -> int:
        freed: int = self._db.execute(
            f"select coalesce(sum(bytes), 0) from item where droppable = 1 and {where}", (seq,)
        ).fetchone()[0]
        return freed


def read_status(db: sqlite3.Connection, path: Path) -> SpoolStatus:
    """The status from any connection, so that a look does not need the owner's lock."""
    waiting, first, oldest = db.execute("select count(*), min(seq), min(born_at) from item").fetchone()
    last = db.execute("select seq from sqlite_sequence where name = 'item'").fetchone()
    refused = db.execute("select count(*) from refused").fetchone()[0]
    return SpoolStatus(
        epoch=db.execute("select epoch from spool").fetchone()[0],
        waiting=waiting,
        first_seq=first,
        last_seq=last[0] if last else 0,
        oldest_at=datetime.fromisoformat(oldest) if oldest else None,
        refused=refused,
        bytes_on_disk=sum(file.stat().st_size for file in path.parent.glob(path.name + "*")),
    )


def _own(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_file = (path.parent / (path.name + ".lock")).open("ab")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock_file.close()
        raise SpoolInUse(path) from error
    os.set_inheritable(lock_file.fileno(), False)
    return lock_file


def _new_epoch() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S") + "-" + secrets.token_hex(4)


def _row(fact: Fact, born_at: str) -> tuple[int, str, int, str]:
    body = to_wire(fact)
    return int(may_be_dropped(fact)), born_at, len(body) + 40, body


def _gap(doomed: list[tuple[int, str]], *, at: datetime) -> Event:
    bodies = [json.loads(body) for _seq, body in doomed]
    moments = sorted(body["happened_at"] for body in bodies)
    return Event(
        device="gateway",
        kind="gateway.gap",
        data={
            "reason": "spool caps reached",
            "count": len(doomed),
            "first_seq": doomed[0][0],
            "last_seq": doomed[-1][0],
            "from": moments[0],
            "to": moments[-1],
            "devices": sorted({body["device"] for body in bodies}),
        },
        happened_at=at,
        received_at=at,
    )


def requeue(path: Path) -> int:
    """Puts what was refused back into the line, under new numbers; raises SpoolInUse while a gateway runs."""
    lock_file = _own(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("begin immediate")
    moved = db.execute(
        "insert into item (droppable, born_at, bytes, body)"
        " select 0, ?, length(body) + 40, body from refused order by epoch, seq",
        (instant_text(now()),),
    ).rowcount
    db.execute("delete from refused")
    db.execute("commit")
    db.close()
    lock_file.close()
    return moved
