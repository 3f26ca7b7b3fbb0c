"""Incidents: what happened at the site and is never edited; people and the system only add entries to it.

A seal break, smoke, a passage that does not agree, a door left open, a sensor that is silent, stuck or broken. Each is
raised once, with the reading that showed it, in the transaction that learns of it. What lasts ends with an entry of the
system; what needs a person is closed by one, with a reason. Neither table can be changed: the role has no grant and a
trigger stops the owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, exists, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from wms.alerts import Severity, raise_alert
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, Sentence, restore, store


class IncidentKind(StrEnum):
    """What can happen."""

    SEAL_BROKEN = "seal_broken"
    SMOKE = "smoke"
    PASSAGE = "passage"
    DOOR_OPEN = "door_open"
    MISSING = "missing"
    STUCK = "stuck"
    OUT_OF_RANGE = "out_of_range"
    VIBRATION = "vibration"
    BATTERY = "battery"
    GATEWAY_SILENT = "gateway_silent"


INCIDENT_NAMES: Final[Mapping[IncidentKind, str]] = {
    IncidentKind.SEAL_BROKEN: N_("Seal broken"),
    IncidentKind.SMOKE: N_("Smoke"),
    IncidentKind.PASSAGE: N_("Passage does not agree"),
    IncidentKind.DOOR_OPEN: N_("Door left open"),
    IncidentKind.MISSING: N_("Sensor silent"),
    IncidentKind.STUCK: N_("Sensor stuck"),
    IncidentKind.OUT_OF_RANGE: N_("Sensor broken"),
    IncidentKind.VIBRATION: N_("Vibration"),
    IncidentKind.BATTERY: N_("Battery weak"),
    IncidentKind.GATEWAY_SILENT: N_("Gateway silent"),
}
#: What only a person may close; everything else ends when it is over.
NEED_A_PERSON: Final = frozenset({IncidentKind.SEAL_BROKEN, IncidentKind.SMOKE, IncidentKind.PASSAGE})


class EntryKind(StrEnum):
    """What was added to an incident."""

    ENDED = "ended"
    REMARK = "remark"
    CLOSED = "closed"


class NoSuchIncident(Refusal):
    """The number names none."""

    message = N_("There is no incident {number}.")
    status = 404


class IncidentClosed(Refusal):
    """Somebody was faster."""

    message = N_("Incident {number} is closed already.")


class Incident(Base):
    """事件: something that happened, as it was learned; never changed."""

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("kind", "device", "began_at"),
        Index(None, "recorded_at"),
        {"comment": "What happened at the site: seal breaks, smoke, silent sensors; never changed"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the incident")
    kind: Mapped[IncidentKind] = mapped_column(words(IncidentKind), comment="What happened")
    device: Mapped[str] = mapped_column(String(64), comment="device that saw it, or the gateway itself")
    place: Mapped[str] = mapped_column(String(40), comment="where the device stands; empty if not declared")
    began_at: Mapped[datetime] = mapped_column(comment="when it began, by the time of measuring")
    recorded_at: Mapped[datetime] = mapped_column(comment="when the system learned of it")
    message: Mapped[str] = mapped_column(comment="Marked sentence, translated by the page")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="Facts of the sentence")
    evidence: Mapped[dict[str, Any]] = mapped_column(
        comment="numbers of the readings that showed it, what they said, version of the rules"
    )

    @property
    def sentence(self) -> Sentence:
        """What it says, ready to be translated."""
        return Sentence(text=self.message, facts=restore(self.facts))


class IncidentEntry(Base):
    """处置记录: what was added to an incident: its end, a remark, the reason it was closed; never changed."""

    __tablename__ = "incident_entry"
    __table_args__ = (
        Index(None, "incident_id"),
        {"comment": "What was added to an incident; never changed"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the entry")
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), comment="the incident")
    kind: Mapped[EntryKind] = mapped_column(words(EntryKind), comment="ended, remark or closed")
    note: Mapped[str] = mapped_column(String(500), comment="what was found and done; empty for an end")
    by_id: Mapped[int] = mapped_column(comment="who added it; 0 is the system itself")
    happened_at: Mapped[datetime] = mapped_column(comment="when it ended or was said")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An incident as a rule sees it, before it is known whether it is new."""

    kind: IncidentKind
    device: str
    place: str
    began_at: datetime
    sentence: Sentence
    severity: Severity
    evidence: Mapping[str, Any]


def open_incident(session: Session, seen: Seen, *, at: datetime) -> Incident | None:
    """Record what was seen and alert once; None when the same is known already or still lasts."""
    _one_at_a_time(session, f"{seen.kind.value} {seen.device}")
    if _known(session, seen) is not None:
        return None
    incident = Incident(
        kind=seen.kind,
        device=seen.device,
        place=seen.place,
        began_at=seen.began_at,
        recorded_at=at,
        message=seen.sentence.text,
        facts=store(seen.sentence.facts),
        evidence=dict(seen.evidence),
    )
    session.add(incident)
    session.flush()
    raise_alert(
        session,
        kind=f"sensing.{seen.kind.value}",
        subject=seen.device,
        sentence=seen.sentence,
        severity=seen.severity,
        at=at,
    )
    return incident


def _one_at_a_time(session: Session, key: str) -> None:
    """Until the transaction ends; a row that may not be changed may not be locked either."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 9))"), {"key": key})


def _known(session: Session, seen: Seen) -> int | None:
    """The same incident, or, of what lasts, one that is not over."""
    query = select(Incident.id).where(Incident.kind == seen.kind, Incident.device == seen.device)
    same = Incident.began_at == seen.began_at
    if seen.kind not in NEED_A_PERSON:
        same |= ~exists().where(
            IncidentEntry.incident_id == Incident.id, IncidentEntry.kind == EntryKind.ENDED
        )
    return session.scalars(query.where(same).limit(1)).first()


def end_incidents(session: Session, *, kind: IncidentKind, device: str, ended_at: datetime) -> int:
    """Say that what lasted is over; returns how many ended. What began later than that is left alone."""
    lasting = session.scalars(
        select(Incident.id).where(
            Incident.kind == kind,
            Incident.device == device,
            Incident.began_at <= ended_at,
            ~exists().where(IncidentEntry.incident_id == Incident.id, IncidentEntry.kind == EntryKind.ENDED),
        )
    ).all()
    for incident_id in lasting:
        session.add(
            IncidentEntry(
                incident_id=incident_id, kind=EntryKind.ENDED, note="", by_id=0, happened_at=ended_at
            )
        )
    return len(lasting)


def lasting(session: Session, kinds: frozenset[IncidentKind]) -> frozenset[tuple[IncidentKind, str]]:
    """What of these kinds is not over, by kind and device: one look serves a whole batch."""
    query = select(Incident.kind, Incident.device).where(
        Incident.kind.in_(kinds),
        ~exists().where(IncidentEntry.incident_id == Incident.id, IncidentEntry.kind == EntryKind.ENDED),
    )
    return frozenset((row.kind, row.device) for row in session.execute(query))


def add_remark(
    session: Session, incident_id: int, *, note: str, close: bool, by_id: int, at: datetime
) -> IncidentEntry:
    """A person's remark, or with `close` the reason why nothing more is to be done.

    The incident itself stays as it is. Raises NoSuchIncident and IncidentClosed.
    """
    if session.get(Incident, incident_id) is None:
        raise NoSuchIncident(number=incident_id)
    _one_at_a_time(session, f"close {incident_id}")
    is_closed = exists().where(
        IncidentEntry.incident_id == incident_id, IncidentEntry.kind == EntryKind.CLOSED
    )
    if close and session.scalar(select(is_closed)):
        raise IncidentClosed(number=incident_id)
    kind = EntryKind.CLOSED if close else EntryKind.REMARK
    entry = IncidentEntry(incident_id=incident_id, kind=kind, note=note[:500], by_id=by_id, happened_at=at)
    session.add(entry)
    return entry


@dataclass(frozen=True, kw_only=True)
class Told:
    """An incident with what was added to it, oldest first."""

    incident: Incident
    entries: tuple[IncidentEntry, ...]

    @property
    def ended_at(self) -> datetime | None:
        """When it was over by itself."""
        return next((each.happened_at for each in self.entries if each.kind is EntryKind.ENDED), None)

    @property
    def closed(self) -> IncidentEntry | None:
        """The entry of the person who closed it."""
        return next((each for each in self.entries if each.kind is EntryKind.CLOSED), None)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act, or it still lasts."""
        if self.incident.kind in NEED_A_PERSON:
            return self.closed is None
        return self.closed is None and self.ended_at is None


def incidents(session: Session, *, limit: int = 50) -> list[Told]:
    """The newest incidents, with their entries."""
    found = session.scalars(select(Incident).order_by(Incident.id.desc()).limit(limit)).all()
    return _told(session, list(found))


def needing_a_person(session: Session, *, limit: int = 50) -> list[Incident]:
    """Seal breaks, smoke and passages that nobody has closed, oldest first: tasks."""
    return _open_of(session, NEED_A_PERSON, limit=limit)


def _open_of(session: Session, kinds: frozenset[IncidentKind], *, limit: int) -> list[Incident]:
    entry = aliased(IncidentEntry)
    query = (
        select(Incident)
        .where(
            Incident.kind.in_(kinds),
            ~exists().where(entry.incident_id == Incident.id, entry.kind == EntryKind.CLOSED),
        )
        .order_by(Incident.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def _told(session: Session, found: list[Incident]) -> list[Told]:
    entries: dict[int, list[IncidentEntry]] = {}
    query = select(IncidentEntry).where(IncidentEntry.incident_id.in_([each.id for each in found]))
    for entry in session.scalars(query.order_by(IncidentEntry.id)):
        entries.setdefault(entry.incident_id, []).append(entry)
    return [Told(incident=each, entries=tuple(entries.get(each.id, ()))) for each in found]
