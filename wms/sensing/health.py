"""How the site's gateways and devices are, out of what the gateways last said of themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from wms.sensing.readings import DeadLetter, Reading


@dataclass(frozen=True, kw_only=True)
class DeviceHealth:
    """One device as its gateway sees it. `state` is init, ready, lost or alert; empty when no gateway names it."""

    device: str
    state: str
    reason: str
    last_word_at: datetime | None
    facts: int
    thinned: int
    errors: int
    clock_offset_s: float | None

    @property
    def clock_is_right(self) -> bool:
        """Whether what it says of the time can be trusted (the gateway marks what cannot as uncertain)."""
        return self.clock_offset_s is None or -300 <= self.clock_offset_s <= 120


@dataclass(frozen=True, kw_only=True)
class GatewayHealth:
    """One gateway's last word of itself. `backlog` is what waits in its spool for our receipt."""

    source: str
    heard_at: datetime
    is_silent: bool
    backlog: int
    oldest_at: datetime | None
    refused: int
    dropped: int
    delivered: int
    clock_offset_s: float | None
    trouble: str
    devices: tuple[DeviceHealth, ...]


def gateways(session: Session, *, silent_after: timedelta, at: datetime) -> list[GatewayHealth]:
    """Every gateway that was heard within the last week, by name."""
    query = (
        select(Reading.source, Reading.received_at, Reading.data)
        .where(
            Reading.device == "gateway",
            Reading.kind == "gateway.heartbeat",
            Reading.happened_at > at - timedelta(days=7),
        )
        .ext(distinct_on(Reading.source))
        .order_by(Reading.source, Reading.happened_at.desc(), Reading.seq.desc())
    )
    return [
        _gateway(source, heard_at, data or {}, is_silent=at - heard_at > silent_after)
        for source, heard_at, data in session.execute(query)
    ]


def _gateway(source: str, heard_at: datetime, said: Mapping[str, Any], *, is_silent: bool) -> GatewayHealth:
    devices = said.get("devices") or {}
    return GatewayHealth(
        source=source,
        heard_at=heard_at,
        is_silent=is_silent,
        backlog=_count(said.get("backlog")),
        oldest_at=_moment(said.get("oldest_at")),
        refused=_count(said.get("refused")),
        dropped=_count(said.get("dropped")),
        delivered=_count(said.get("delivered")),
        clock_offset_s=_number(said.get("clock_offset_s")),
        trouble=str(said.get("trouble") or ""),
        devices=tuple(_device(str(name), each) for name, each in devices.items() if isinstance(each, dict)),
    )


def _device(name: str, said: Mapping[str, Any]) -> DeviceHealth:
    return DeviceHealth(
        device=name,
        state=str(said.get("state") or ""),
        reason=str(said.get("reason") or ""),
        last_word_at=_moment(said.get("last_word_at")),
        facts=_count(said.get("facts")),
        thinned=_count(said.get("thinned")),
        errors=_count(said.get("errors")),
        clock_offset_s=_number(said.get("clock_offset_s")),
    )


def undeclared(found: Iterable[GatewayHealth], declared: Iterable[str]) -> list[str]:
    """Devices of the site's file that no gateway names."""
    named = {device.device for gateway in found for device in gateway.devices}
    return sorted(set(declared) - named)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A dead letter as the page shows it."""

    source: str
    device: str
    reason: str
    committed_at: datetime


def dead_letters(session: Session, *, limit: int = 20) -> list[Letter]:
    """The newest facts nobody understood: those we refused, and those the gateway itself could not read."""
    ours = session.scalars(select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit))
    letters = [
        Letter(
            source=letter.source,
            device=str(letter.item.get("device", ""))[:64],
            reason=letter.reason,
            committed_at=letter.committed_at,
        )
        for letter in ours
    ]
    theirs = session.scalars(
        select(Reading).where(Reading.kind == "dead_letter").order_by(Reading.id.desc()).limit(limit)
    )
    letters += [
        Letter(
            source=fact.source,
            device=fact.device,
            reason=str((fact.data or {}).get("reason", "")),
            committed_at=fact.committed_at,
        )
        for fact in theirs
    ]
    return sorted(letters, key=lambda letter: letter.committed_at, reverse=True)[:limit]


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
