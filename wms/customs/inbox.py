"""Every message as it came in, and what became of it. Nothing that reaches a door is lost.

A message that cannot be read is kept raw and refused with its reason; one that names a document nobody knows yet
waits, and is taken up when that document comes.
"""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base, words
from wms.i18n import Sentence, restore, store
from wms.sealed import SealedBytes, keyring_of


class Outcome(StrEnum):
    """What became of a message."""

    ACCEPTED = "ACCEPTED"
    REPEATED = "REPEATED"
    """it says what was known already; nothing changed"""
    WAITING = "WAITING"
    """it belongs to a document that is not here yet"""
    PARKED = "PARKED"
    """its result is not known here; a person decides"""
    REFUSED = "REFUSED"


class InboxMessage(Base):
    """One message at one of the doors; its outcome may change from waiting to taken, its bytes never."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        Index("ix_inbox_message_waits_for", "waits_for", postgresql_where="waits_for <> ''"),
        {"comment": "Every message as received", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    received_at: Mapped[datetime] = mapped_column(index=True, comment="when it reached the door")
    door: Mapped[str] = mapped_column(String(10), comment="api, drop or command")
    file_name: Mapped[str] = mapped_column(String(255), comment="name it came under; empty if none")
    by_id: Mapped[int] = mapped_column(comment="who handed it in")
    digest: Mapped[str] = mapped_column(
        String(64), index=True, comment="keyed hash of the bytes, hexadecimal: tells that the same came again"
    )
    raw: Mapped[bytes] = mapped_column(SealedBytes, comment="the bytes as received, packed and sealed")
    kind: Mapped[str] = mapped_column(String(20), comment="kind of message; empty when it could not be told")
    document_number: Mapped[str] = mapped_column(String(64), index=True, comment="document it is about")
    outcome: Mapped[Outcome] = mapped_column(words(Outcome), comment="what became of it")
    reason: Mapped[str] = mapped_column(String(40), comment="reason of a refusal in one word; else empty")
    sentence: Mapped[str] = mapped_column(String(500), comment="marked sentence that explains the outcome")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="facts of the sentence")
    elements: Mapped[int] = mapped_column(comment="business elements in it")
    waits_for: Mapped[str] = mapped_column(String(80), comment="key of the document it waits for; else empty")

    @property
    def said(self) -> Sentence:
        """Why, ready to be translated."""
        return Sentence(text=self.sentence, facts=restore(self.facts))


def readable_name(file_name: str) -> str:
    """A file's name as a table can hold it: what is no character, or controls something, is shown as U+FFFD."""
    text = file_name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join("\ufffd" if unicodedata.category(sign) == "Cc" else sign for sign in text)[:255]


def keep(
    session: Session, *, raw: bytes, file_name: str, door: str, by_id: int, at: datetime
) -> InboxMessage:
    """Keep a message before anything is known of it."""
    message = InboxMessage(
        received_at=at,
        door=door,
        file_name=readable_name(file_name),
        by_id=by_id,
        digest=keyring_of(session).digest(raw),
        raw=raw,
        kind="",
        document_number="",
        outcome=Outcome.REFUSED,
        reason="",
        sentence="",
        facts={},
        elements=0,
        waits_for="",
    )
    session.add(message)
    session.flush()
    return message


def settle(message: InboxMessage, outcome: Outcome, said: Sentence, *, reason: str = "") -> None:
    """Say what became of a message."""
    message.outcome = outcome
    message.reason = reason
    message.sentence = said.text
    message.facts = store(said.facts)


def waiting_for(session: Session, key: str) -> list[int]:
    """Messages that wait for a document, in order of arrival."""
    query = select(InboxMessage.id).where(
        InboxMessage.waits_for == key, InboxMessage.outcome == Outcome.WAITING
    )
    return list(session.scalars(query.order_by(InboxMessage.id)))


def newest(session: Session, *, outcome: Outcome | None = None, limit: int = 200) -> list[InboxMessage]:
    """Messages, the newest first."""
    query = select(InboxMessage).order_by(InboxMessage.id.desc()).limit(limit)
    return list(session.scalars(query if outcome is None else query.where(InboxMessage.outcome == outcome)))
