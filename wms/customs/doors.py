"""The one way in for messages, whichever door they came through: API, command or drop folder.

An edge: each message is one transaction, and each message that waited for it is another.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from wms.customs.inbox import InboxMessage, Outcome, keep, waiting_for
from wms.customs.intake import Desk, Effect, refuse_message, take_in
from wms.customs.messages.wire.faults import TooLarge
from wms.db import run
from wms.i18n import Sentence, say


@dataclass(frozen=True, kw_only=True)
class Received:
    """What the sender is told."""

    message_id: int
    kind: str
    outcome: Outcome
    reason: str
    said: Sentence
    document_number: str


def receive(
    sessions: sessionmaker[Session],
    *,
    raw: bytes,
    file_name: str,
    door: str,
    desk: Desk,
    device: str | None = None,
) -> Received:
    """Take a message in, then whatever waited for it."""

    def take(session: Session) -> tuple[Received, tuple[str, ...]]:
        message = keep(session, raw=raw, file_name=file_name, door=door, by_id=desk.by_id, at=desk.at)
        effect = take_in(session, message, desk=desk)
        return _received(message, effect), effect.brings

    received, brings = run(sessions, take, by_id=desk.by_id, action="message.receive", device=device)
    for key in brings:
        _take_up(sessions, key, desk=desk)
    return received


def refuse_unread(
    sessions: sessionmaker[Session],
    *,
    size_bytes: int,
    file_name: str,
    door: str,
    desk: Desk,
    device: str | None = None,
) -> Received:
    """Refuse by its size a message nobody read: that it came is kept, its bytes are not."""
    limit = desk.settings.message_bytes_max

    def refuse(session: Session) -> Received:
        message = keep(session, raw=b"", file_name=file_name, door=door, by_id=desk.by_id, at=desk.at)
        too_large = TooLarge(size_bytes=size_bytes, limit_bytes=limit)
        return _received(message, refuse_message(session, message, too_large, desk=desk))

    return run(sessions, refuse, by_id=desk.by_id, action="message.refuse", device=device)


def _take_up(sessions: sessionmaker[Session], key: str, *, desk: Desk) -> None:
    """Take up, one by one and in order of arrival, what waited for a document."""
    waiting = run(
        sessions, lambda s: waiting_for(s, key), by_id=desk.by_id, action="message.look_for_waiting"
    )
    for message_id in waiting:
        again = run(
            sessions,
            partial(_again, message_id=message_id, desk=desk),
            by_id=desk.by_id,
            action="message.take_up",
        )
        for next_key in again:
            _take_up(sessions, next_key, desk=desk)


def _again(session: Session, *, message_id: int, desk: Desk) -> tuple[str, ...]:
    message = session.get_one(InboxMessage, message_id, with_for_update=True)
    return take_in(session, message, desk=desk).brings if message.outcome is Outcome.WAITING else ()


def _received(message: InboxMessage, effect: Effect) -> Received:
    return Received(
        message_id=message.id,
        kind=message.kind,
        outcome=message.outcome,
        reason=message.reason,
        said=effect.said if effect.said.text else say("{text}", text=""),
        document_number=message.document_number,
    )
