"""Counts that lock: failed sign-ins by name and badge, attempts by address.

They live in a table, so any number of web processes shares them, and they are counted before the secret is
looked at, so attempts at the same moment cannot slip past.
"""

import hashlib
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_


class TooManyAttempts(Refusal):
    """The count is full; waiting is the only way."""

    message = N_("Too many attempts. Wait {minutes} min and try again, or ask a supervisor.")
    status = 429


class AttemptCount(Base):
    """Attempts at one thing within a span of time."""

    __tablename__ = "attempt_count"
    __table_args__ = {"comment": "Attempts at one thing within a span of time", "info": UNAUDITED}  # noqa: RUF012

    kind: Mapped[str] = mapped_column(
        primary_key=True, comment="What is attempted: password, badge, address, token"
    )
    key_digest: Mapped[str] = mapped_column(
        primary_key=True, comment="SHA-256 of the name, badge or address, hexadecimal"
    )
    since: Mapped[datetime] = mapped_column(comment="When the span began")
    attempts: Mapped[int] = mapped_column(comment="Attempts within the span")


def count_attempt(
    session: Session, kind: str, key: str, *, attempts_max: int, minutes: int, at: datetime
) -> TooManyAttempts | None:
    """Count one attempt; gives the refusal, as a value so that the count is kept, once the span is full.

    The span starts with its first attempt and ends `minutes` later; attempts past the limit do not make it
    longer, so nobody can lock a colleague out for ever by trying on.
    """
    span = timedelta(minutes=minutes)
    new = insert(AttemptCount).values(kind=kind, key_digest=_digest(key), since=at, attempts=1)
    over = AttemptCount.since <= at - span
    statement = new.on_conflict_do_update(
        index_elements=["kind", "key_digest"],
        set_={
            "since": case((over, at), else_=AttemptCount.since),
            "attempts": case((over, 1), else_=func.least(AttemptCount.attempts + 1, attempts_max + 1)),
        },
    ).returning(AttemptCount.attempts, AttemptCount.since)
    attempts, since = session.execute(statement).one()
    if attempts <= attempts_max:
        return None
    return TooManyAttempts(minutes=max(1, ceil((since + span - at).total_seconds() / 60)))


def forget_attempts(session: Session, kind: str, key: str) -> None:
    """The right secret was given: start from zero."""
    found = session.get(AttemptCount, (kind, _digest(key)))
    if found is not None:
        session.delete(found)


def _digest(key: str) -> str:
    return hashlib.sha256(key.casefold().encode("utf-8", "surrogatepass")).hexdigest()
