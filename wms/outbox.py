"""What must be told outside: written in the transaction that decides it, delivered by the worker.

Delivery is at least once; the receiver knows a repeat by the message's number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.sealed import SealedBytes

#: Waits between tries, minutes: soon at first, then every hour for as long as it takes.
_WAITS = (1, 2, 5, 15, 60)


class OutboxMessage(Base):
    """One message to one place outside."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_due", "next_try_at", postgresql_where=text("delivered_at is null")),
        {"comment": "A message to somebody outside, until delivered and after"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the message, told to the receiver")
    destination: Mapped[str] = mapped_column(comment="Who gets it: a channel the worker knows")
    kind: Mapped[str] = mapped_column(comment="What it is: CEB621, EPCIS")
    payload: Mapped[bytes] = mapped_column(SealedBytes, comment="Bytes as they leave, packed and sealed")
    written_at: Mapped[datetime] = mapped_column(comment="When it was decided")
    attempts: Mapped[int] = mapped_column(comment="Tries so far")
    next_try_at: Mapped[datetime] = mapped_column(comment="Not tried before this moment")
    last_error: Mapped[str | None] = mapped_column(comment="Why the last try failed")
    delivered_at: Mapped[datetime | None] = mapped_column(comment="When the receiver took it")


class NotDelivered(Exception):
    """The receiver could not be reached or did not take the message; the text says why."""


def tell(session: Session, *, destination: str, kind: str, payload: bytes, at: datetime) -> OutboxMessage:
    """Put a message into the outbox; it leaves only if this transaction commits."""
    message = OutboxMessage(
        destination=destination, kind=kind, payload=payload, written_at=at, attempts=0, next_try_at=at
    )
    session.add(message)
    session.flush()
    return message


def deliver_next(
    session: Session, deliver: Callable[[OutboxMessage], None], *, at: datetime
) -> OutboxMessage | None:
    """Try the oldest due message that no other worker has in hand; None when nothing is due.

    `deliver` raises NotDelivered when the receiver did not take it; the message is then tried again later.
    """
    message = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.delivered_at.is_(None), OutboxMessage.next_try_at <= at)
        .order_by(OutboxMessage.next_try_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if message is None:
        return None
    message.attempts += 1
    try:
        deliver(message)
    except NotDelivered as failure:
        wait = _WAITS[min(message.attempts, len(_WAITS)) - 1]
        message.last_error, message.next_try_at = str(failure), at + timedelta(minutes=wait)
    else:
        message.last_error, message.delivered_at = None, at
    return message
