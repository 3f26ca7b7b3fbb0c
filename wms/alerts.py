"""What somebody must look at: raised once while it is open, acknowledged by a person."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import mark
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_, Sentence, restore, store


class Severity(StrEnum):
    """How soon somebody must look."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class AlreadyAcknowledged(Refusal):
    """Somebody was faster."""

    message = N_("Alert {alert} was already acknowledged.")


class NoSuchAlert(Refusal):
    """The number names no alert."""

    message = N_("There is no alert {alert}.")
    status = 404


class Alert(Base):
    """Something that needs a look; open until acknowledged."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open", "kind", "subject", unique=True, postgresql_where=text("acknowledged_at is null")
        ),
        Index(None, "raised_at"),
        {"comment": "Something that needs a look; open until a person acknowledges it"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the alert")
    kind: Mapped[str] = mapped_column(comment="What it is about, a word with a dot: message.refused")
    subject: Mapped[str] = mapped_column(comment="What it is about by number or name: a document, a sensor")
    severity: Mapped[str] = mapped_column(comment="notice, warning or critical")
    message: Mapped[str] = mapped_column(comment="Marked sentence, translated by the page")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="Facts of the sentence")
    raised_at: Mapped[datetime] = mapped_column(comment="When it was first raised")
    last_at: Mapped[datetime] = mapped_column(comment="When it was last raised")
    times: Mapped[int] = mapped_column(comment="How often it was raised while open")
    acknowledged_at: Mapped[datetime | None] = mapped_column(comment="When a person took note")
    acknowledged_by_id: Mapped[int | None] = mapped_column(comment="Who took note")
    note: Mapped[str | None] = mapped_column(comment="What that person said")

    @property
    def sentence(self) -> Sentence:
        """What it says, ready to be translated."""
        return Sentence(text=self.message, facts=restore(self.facts))


def raise_alert(
    session: Session, *, kind: str, subject: str, sentence: Sentence, severity: Severity, at: datetime
) -> None:
    """Open an alert; one open already for the same kind and subject is raised again, with the newer facts."""
    new = insert(Alert).values(
        kind=kind,
        subject=subject,
        severity=severity.value,
        message=sentence.text,
        facts=store(sentence.facts),
        raised_at=at,
        last_at=at,
        times=1,
    )
    again = {
        "times": Alert.times + 1,
        "last_at": func.greatest(Alert.last_at, new.excluded.last_at),
        "facts": new.excluded.facts,
        "message": new.excluded.message,
        "severity": new.excluded.severity,
    }
    statement = new.on_conflict_do_update(
        index_elements=["kind", "subject"], index_where=Alert.acknowledged_at.is_(None), set_=again
    )
    session.execute(statement)
    mark(session, alert=f"{kind} {subject}")


def acknowledge(session: Session, alert_id: int, *, note: str, by_id: int, at: datetime) -> Alert:
    """Close an alert with a person's note; raises NoSuchAlert and AlreadyAcknowledged."""
    alert = session.get(Alert, alert_id, with_for_update=True, populate_existing=True)
    if alert is None:
        raise NoSuchAlert(alert=alert_id)
    if alert.acknowledged_at is not None:
        raise AlreadyAcknowledged(alert=alert_id)
    alert.acknowledged_at, alert.acknowledged_by_id, alert.note = at, by_id, note
    return alert


def open_alerts(session: Session, *, limit: int = 200) -> list[Alert]:
    """Open alerts, the gravest and newest first."""
    gravest = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}
    found = session.scalars(
        select(Alert).where(Alert.acknowledged_at.is_(None)).order_by(Alert.last_at.desc()).limit(limit)
    )
    return sorted(found, key=lambda alert: gravest[Severity(alert.severity)])
