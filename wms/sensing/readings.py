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

from sqlalchemy import Index, String, UniqueConstraint, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_

MEASUREMENTS: Final = frozenset({"temperature", "humidity", "vibration", "power", "battery"})
EVENTS: Final = frozenset(
    {
        *("door", "seal", "smoke", "scan", "weight.stable", "passage"),
        *("device.state", "gateway.heartbeat", "gateway.gap", "dead_letter"),
    }
)
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
class Recorded:
    """The receipt, and which (device, kind) got new measurements since when."""

    receipt: Receipt
    touched: Mapping[tuple[str, str], datetime]


def record(
    session: Session, *, source: str, epoch: str, items: Sequence[Mapping[str, Any]], devices: frozenset[str]
) -> Recorded:
    """Store what is new of a batch; raises KeyConflict for a known name with other content.

    `devices` are the ids of devices.toml; the gateway itself is always known.
    """
    assert items
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 7))"), {"key": f"reading {source}"}
    )
    digests = {int(item["seq"]): _digest(item) for item in items}
    known = _known(session, source, epoch, list(digests))
    new: list[dict[str, Any]] = []
    dead: list[dict[str, Any]] = []
    for item in items:
        seq = int(item["seq"])
        if seq in known:
            if known[seq] != digests[seq]:
                raise KeyConflict(source=source, seq=seq)
            continue
        known[seq] = digests[seq]
        name = {"source": source, "epoch": epoch, "seq": seq, "digest": digests[seq]}
        fault = _fault(item, devices)
        if fault is None:
            new.append(name | _columns(item))
        else:
            dead.append(name | {"item": dict(item), "reason": fault})
    if new:
        session.execute(insert(Reading), new)
    if dead:
        session.execute(insert(DeadLetter), dead)
    receipt = Receipt(
        source=source,
        epoch=epoch,
        committed=max(digests),
        stored=len(new) + len(dead),
        duplicates=len(items) - len(new) - len(dead),
        dead=len(dead),
    )
    return Recorded(receipt=receipt, touched=_touched(new))


def _known(session: Session, source: str, epoch: str, seqs: list[int]) -> dict[int, str]:
    known: dict[int, str] = {}
    for table in (Reading, DeadLetter):
        query = select(table.seq, table.digest).where(
            table.source == source, table.epoch == epoch, table.seq.in_(seqs)
        )
        known.update((row.seq, row.digest) for row in session.execute(query))
    return known


def _digest(item: Mapping[str, Any]) -> str:
    canonical = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _fault(item: Mapping[str, Any], devices: frozenset[str]) -> str | None:
    """What keeps an item from being understood, or none."""
    device, kind = item.get("device"), item.get("kind")
    if not isinstance(device, str) or (device != "gateway" and device not in devices):
        return f"unknown device {device!r}"[:200]
    if kind not in MEASUREMENTS | EVENTS:
        return f"unknown kind {kind!r}"[:200]
    if item.get("quality") not in QUALITIES:
        return f"unknown quality {item.get('quality')!r}"[:200]
    for name in ("happened_at", "received_at"):
        if _moment(item.get(name)) is None:
            return f"{name} is no time: {item.get(name)!r}"[:200]
    value = item.get("value")
    if kind in MEASUREMENTS:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number and not (value is None and item.get("quality") == "bad"):
            return f"no possible value: {value!r}"[:200]
    elif not isinstance(item.get("data"), dict):
        return "an event without data"
    return None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _columns(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "device": item["device"],
        "kind": item["kind"],
        "value": item.get("value"),
        "unit": str(item.get("unit") or "")[:16],
        "quality": item["quality"],
        "happened_at": _moment(item["happened_at"]),
        "received_at": _moment(item["received_at"]),
        "data": item.get("data"),
        "raw": str(item.get("raw") or "").replace("\x00", "\u2400")[:512],
    }


def _touched(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], datetime]:
    touched: dict[tuple[str, str], datetime] = {}
    for row in rows:
        if row["kind"] in MEASUREMENTS and row["quality"] == "good":
            key = (row["device"], row["kind"])
            touched[key] = min(touched.get(key, row["happened_at"]), row["happened_at"])
    return touched
