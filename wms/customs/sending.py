"""The way out for drafted messages: from the outbox into the client's folder, or by HTTP to the client.

An edge, run by the worker: each message is one transaction. A message leaves at least once; its file name and its
number are the same every time, so the client knows a repeat. Files are whole as soon as they have their name.
"""

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from wms.alerts import Severity, raise_alert
from wms.auth.users import SYSTEM_ID
from wms.db import run
from wms.i18n import N_, say
from wms.outbox import NotDelivered, OutboxMessage, deliver_next

_log = structlog.get_logger(__name__)
POLL_S: Final = 2.0
#: The client answers at once or not at all.
_ANSWER_S: Final = 20
#: Tries after which a person is told; five take about an hour and a half.
TRIES_BEFORE_ALARM: Final = 5

Channel = Callable[[OutboxMessage], None]


def file_name(message: OutboxMessage) -> str:
    """The name under which a message leaves, the same at every try."""
    return f"{message.kind}-{message.id:08d}.xml"


@dataclass(frozen=True, kw_only=True)
class OutgoingFolder:
    """A folder the single-window client empties; readable by its owner only, as messages name persons."""

    root: Path

    def __call__(self, message: OutboxMessage) -> None:
        """Lay the message there; raises NotDelivered."""
        _refuse_forgotten(message)
        name = file_name(message)
        draft = self.root / f".{name}.part"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.payload)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.root / name)
        except OSError as error:
            raise NotDelivered(f"{self.root}: {error.strerror}") from error


@dataclass(frozen=True, kw_only=True)
class ClientAddress:
    """The client's own HTTP door; it answers 2xx when it has the message."""

    url: str

    def __call__(self, message: OutboxMessage) -> None:
        """Post the message; raises NotDelivered."""
        _refuse_forgotten(message)
        request = urllib.request.Request(  # noqa: S310 - the site's own setting, never a message's word
            self.url,
            data=message.payload,
            headers={
                "Content-Type": "application/xml",
                "X-File-Name": file_name(message),
                "Idempotency-Key": f"{message.kind}-{message.id}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S):  # noqa: S310 - as above
                return
        except urllib.error.HTTPError as error:
            raise NotDelivered(f"{self.url}: HTTP {error.code}") from error
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            raise NotDelivered(f"{self.url}: {reason}") from error


def _refuse_forgotten(message: OutboxMessage) -> None:
    if not message.payload:
        raise NotDelivered("the key of its month was destroyed")


def channel(*, url: str, folder: Path) -> Channel:
    """Where messages leave to: the client's address if there is one, else the folder."""
    return ClientAddress(url=url) if url else OutgoingFolder(root=folder)


def send_all(
    sessions: sessionmaker[Session], deliver: Channel, *, now: Callable[[], datetime]
) -> Iterator[int]:
    """Try every message that is due, the oldest first; gives the numbers of those taken."""
    while True:
        at = now()
        tried = run(
            sessions, partial(_send_next, deliver=deliver, at=at), by_id=SYSTEM_ID, action="outbox.send"
        )
        if tried is None:
            return
        number, is_taken = tried
        if is_taken:
            yield number


def _send_next(session: Session, *, deliver: Channel, at: datetime) -> tuple[int, bool] | None:
    message = deliver_next(session, deliver, at=at)
    if message is None:
        return None
    if message.delivered_at is None and message.attempts >= TRIES_BEFORE_ALARM:
        raise_alert(
            session,
            kind="outbox.stuck",
            subject=file_name(message),
            sentence=say(
                N_("{name} could not be sent in {tries} tries: {error}"),
                name=file_name(message),
                tries=message.attempts,
                error=message.last_error or "",
            ),
            severity=Severity.CRITICAL,
            at=at,
        )
    return message.id, message.delivered_at is not None


def watch_outbox(
    sessions: sessionmaker[Session],
    deliver: Channel,
    *,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> None:
    """Send what becomes due, until told to stop. A failure is logged and tried again."""
    while not stop.wait(POLL_S):
        try:
            for number in send_all(sessions, deliver, now=now):
                _log.info("outbox.sent", message=number)
        except Exception:
            # The sender is an edge: whatever goes wrong must not end it.
            _log.exception("outbox.failed")
            stop.wait(POLL_S * 5)


def queue(session: Session, *, limit: int = 500) -> list[OutboxMessage]:
    """Messages that have not left, the oldest first."""
    query = select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None))
    return list(session.scalars(query.order_by(OutboxMessage.id).limit(limit)))


def lately_sent(session: Session, *, limit: int = 50) -> list[OutboxMessage]:
    """Messages that left, the newest first."""
    query = select(OutboxMessage).where(OutboxMessage.delivered_at.is_not(None))
    return list(session.scalars(query.order_by(OutboxMessage.id.desc()).limit(limit)))
