"""Readings: facts of a site's gateway, stored once by (source, epoch, seq) and never changed.

What cannot be understood goes with its whole text to the dead letters and counts as stored, so one bad item never
holds up the line. A name that comes again with other content is a conflict the gateway must solve.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Index, String, UniqueConstraint, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_

MEASUREMENTS: Final = frozenset({"temperature", "humidity", "vibration", "power", "battery"})
EVENTS: Final = frozenset(
    {
        *("door", "seal", "smoke", "scan", "weight.stable", "passage", "parcel.seen"),
        *("device.state", "gateway.heartbeat", "gateway.gap", "dead_letter"),
    }
)
#: What sensors say of rooms and goods; the rest comes from other devices or from the gateway itself.
SENSED: Final = MEASUREMENTS | {"door", "seal", "smoke"}
_KINDS: Final = MEASUREMENTS | EVENTS
QUALITIES: Final = frozenset({"good", "uncertain", "bad"})


class KeyConflict(Refusal):
    """A stored name came again with other content; the gateway draws a new epoch."""

    message = N_("Fact {seq} of {source} is stored with other content.")


class Reading(Base):
    """读数: one fact as the gateway named it."""

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("source", "epoch", "seq"),
        Index("ix_reading_device", "device", "kind", "happened_at"),
        {"comment": "Facts of the site's devices, never changed", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the reading")
    source: Mapped[str] = mapped_column(String(64), comment="the gateway")
    epoch: Mapped[str] = mapped_column(String(40), comment="life of the gateway's spool")
    seq: Mapped[int] = mapped_column(comment="its number within the epoch")
    device: Mapped[str] = mapped_column(String(64), comment="device, as in devices.toml")
    kind: Mapped[str] = mapped_column(String(64), comment="temperature, door, scan …")
    value: Mapped[float | None] = mapped_column(
        comment="measured value; none for events and impossible values"
    )
    unit: Mapped[str] = mapped_column(String(16), comment="UCUM unit of the value; empty for events")
    quality: Mapped[str] = mapped_column(
        String(10), comment="good, uncertain (clock) or bad (no possible value)"
    )
    happened_at: Mapped[datetime] = mapped_column(comment="when it was measured; rules run on this")
    received_at: Mapped[datetime] = mapped_column(comment="when the gateway had it")
    committed_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), comment="when it was stored here"
    )
    data: Mapped[dict[str, Any] | None] = mapped_column(comment="what an event says")
    raw: Mapped[str] = mapped_column(String(512), comment="what the device sent; empty if not given")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the item's canonical JSON")


class DeadLetter(Base):
    """A fact nobody here understands, kept whole."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        UniqueConstraint("source", "epoch", "seq"),
        {"comment": "Facts that could not be understood, kept whole", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the letter")
    source: Mapped[str] = mapped_column(String(64), comment="the gateway")
    epoch: Mapped[str] = mapped_column(String(40), comment="life of the gateway's spool")
    seq: Mapped[int] = mapped_column(comment="its number within the epoch")
    item: Mapped[dict[str, Any]] = mapped_column(comment="the item as it came")
    reason: Mapped[str] = mapped_column(String(200), comment="what is wrong with it")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the item's canonical JSON")
    committed_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), comment="when it was stored here"
    )


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the gateway is told; it forgets everything up to `committed`."""

    source: str
    epoch: str
    committed: int
    stored: int
    duplicates: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One understood item of a batch."""

    source: str
    epoch: str
    seq: int
    device: str
    kind: str
    value: float | None
    quality: str
    happened_at: datetime
    received_at: datetime
    data: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The receipt, and the facts it stands for; those known before may be among them when the batch was repeated."""

    receipt: Receipt
    facts: Sequence[Fact]


# A batch is copied beside the table and taken over in one statement: half the work of any insert of many rows. The
# table beside it belongs to the connection and is empty after every transaction.
_STAGE: Final = """
    create temporary table if not exists reading_stage (
        seq bigint, device text, kind text, value float8, unit text, quality text, happened_at timestamptz,
        received_at timestamptz, data jsonb, raw text, digest text) on commit delete rows
"""
_COPY: Final = "copy reading_stage from stdin"
_TAKE_OVER: Final = """
    insert into reading (source, epoch, seq, device, kind, value, unit, quality, happened_at, received_at,
                         data, raw, digest)
    select %s, %s, s.* from reading_stage s order by s.seq
    on conflict (source, epoch, seq) do nothing
"""
Row = tuple[object, ...]


def record(
    session: Session, *, source: str, epoch: str, items: Sequence[Mapping[str, Any]], devices: frozenset[str]
) -> Recorded:
    """Store what is new of a batch; raises KeyConflict for a known name with other content.

    `devices` are the ids of devices.toml; the gateway itself is always known. `items` carry rising numbers.
    """
    assert items
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 7))"), {"key": f"reading {source}"}
    )
    digests = {int(item["seq"]): _digest(item) for item in items}
    facts: list[Fact] = []
    rows: list[Row] = []
    dead: list[dict[str, Any]] = []
    for item in items:
        seq = int(item["seq"])
        fact = _understood(item, devices, source=source, epoch=epoch)
        if isinstance(fact, Fact):
            facts.append(fact)
            rows.append(_row(item, fact, digest=digests[seq]))
        else:
            name = {"source": source, "epoch": epoch, "seq": seq, "digest": digests[seq]}
            dead.append(name | {"item": dict(item), "reason": fact})
    stored = _store(session, source, epoch, rows) + _bury(session, dead)
    if stored < len(items):
        _compare(session, source, epoch, digests)
    receipt = Receipt(
        source=source,
        epoch=epoch,
        committed=max(digests),
        stored=stored,
        duplicates=len(items) - stored,
        dead=len(dead),
    )
    return Recorded(receipt=receipt, facts=facts)


def _store(session: Session, source: str, epoch: str, rows: Sequence[Row]) -> int:
    """How many were new."""
    if not rows:
        return 0
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_TAKE_OVER, (source, epoch))
        return int(cursor.rowcount)


def _bury(session: Session, dead: list[dict[str, Any]]) -> int:
    if not dead:
        return 0
    done = session.execute(
        postgresql.insert(DeadLetter).on_conflict_do_nothing().returning(DeadLetter.id), dead
    )
    return len(done.all())


def _compare(session: Session, source: str, epoch: str, digests: Mapping[int, str]) -> None:
    """Some names were known: their content must be what came now."""
    for table in (Reading, DeadLetter):
        query = select(table.seq, table.digest).where(
            table.source == source, table.epoch == epoch, table.seq.in_(list(digests))
        )
        for row in session.execute(query):
            if row.digest != digests[row.seq]:
                raise KeyConflict(source=source, seq=row.seq)


#: Made once: `json.dumps` with these wishes would make an encoder for each item.
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(item: Mapping[str, Any]) -> str:
    return hashlib.sha256(_CANONICAL.encode(item).encode("utf-8", "surrogatepass")).hexdigest()


def _understood(item: Mapping[str, Any], devices: frozenset[str], *, source: str, epoch: str) -> Fact | str:
    """An item as a fact, or what keeps it from being understood."""
    device, kind = item.get("device"), item.get("kind")
    if not isinstance(device, str) or (device != "gateway" and device not in devices):
        return f"unknown device {device!r}"[:200]
    if not isinstance(kind, str) or kind not in _KINDS:
        return f"unknown kind {kind!r}"[:200]
    value, quality, data = item.get("value"), item.get("quality"), item.get("data")
    if quality not in QUALITIES:
        return f"unknown quality {quality!r}"[:200]
    happened_at, received_at = _moment(item.get("happened_at")), _moment(item.get("received_at"))
    if happened_at is None or received_at is None:
        name = "happened_at" if happened_at is None else "received_at"
        return f"{name} is no time: {item.get(name)!r}"[:200]
    if kind in MEASUREMENTS:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number and not (value is None and quality == "bad"):
            return f"no possible value: {value!r}"[:200]
    elif not isinstance(data, dict):
        return "an event without data"
    return Fact(
        source=source,
        epoch=epoch,
        seq=item["seq"],
        device=device,
        kind=kind,
        value=value,
        quality=quality,
        happened_at=happened_at,
        received_at=received_at,
        data=data,
    )


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is UTC:
        return moment
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _row(item: Mapping[str, Any], fact: Fact, *, digest: str) -> Row:
    return (
        fact.seq,
        fact.device,
        fact.kind,
        fact.value,
        str(item.get("unit") or "")[:16],
        fact.quality,
        fact.happened_at,
        fact.received_at,
        None if fact.data is None else json.dumps(fact.data),
        str(item.get("raw") or "").replace("\x00", "\u2400")[:512],
        digest,
    )
