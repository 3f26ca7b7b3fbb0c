"""Asked once, answered once: every scan as it came in, and the answer every request id got.

A handheld or a partner that lost the answer asks again with the same id and gets the same answer; the work is
not done twice. Rows here are facts and are never changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Index, func, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED, mark_refused
from wms.db import Base, Sessions, acting, run
from wms.driver import all_rows
from wms.errors import Refusal
from wms.i18n import N_, Sentence, plain, restore, store
from wms.sealed import Sealed, SealedJson, keyring_of, open_json, seal_json


class RequestIdReused(Refusal):
    """The id was used before for something else; a new request needs a new id."""

    message = N_("This request number was already used for something else. Try again.")


class AnsweredRequest(Base):
    """A request that changes something, and the answer it got for good."""

    __tablename__ = "answered_request"
    __table_args__ = {"comment": "A writing request and its final answer", "info": UNAUDITED}  # noqa: RUF012

    request_id: Mapped[UUID] = mapped_column(
        primary_key=True, comment="Number made by the asker, once per request"
    )
    answered_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), comment="When it was answered"
    )
    by_id: Mapped[int] = mapped_column(comment="Who asked")
    device: Mapped[str | None] = mapped_column(comment="Device it came from")
    content_digest: Mapped[str] = mapped_column(comment="Keyed hash of who asked what, hexadecimal")
    refusal: Mapped[str | None] = mapped_column(comment="Reason in one word when the answer is no")
    answer: Mapped[dict[str, Any]] = mapped_column(
        SealedJson, comment="The answer, sealed; for a refusal its status, sentence and facts"
    )


# Every writing request runs these two, so they go straight to the driver.
#: waits for whoever does the same request now
_KNOWN: Final = text(
    "select content_digest, refusal, answer from answer_of_request(cast(:request_id as uuid))"
)
_ANSWER: Final = text("""
    insert into answered_request (request_id, by_id, device, content_digest, refusal, answer)
    values (:request_id, :by_id, :device, :content_digest, :refusal, :answer)
""")


class ScanEvent(Base):
    """One scan: what the scanner sent, what we took it for, what we said."""

    __tablename__ = "scan_event"
    __table_args__ = (
        Index(None, "recorded_at"),
        Index(None, "flow_id"),
        {"comment": "One scan as it came in; never changed", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the scan")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), comment="When it was kept"
    )
    device_at: Mapped[datetime | None] = mapped_column(comment="When it was scanned, by the device's clock")
    request_id: Mapped[UUID | None] = mapped_column(comment="Request it came in")
    by_id: Mapped[int] = mapped_column(comment="Who scanned")
    device: Mapped[str | None] = mapped_column(comment="Device that scanned")
    flow: Mapped[str | None] = mapped_column(comment="Handheld flow, or the door it came through")
    flow_id: Mapped[UUID | None] = mapped_column(comment="Which run of the flow")
    raw: Mapped[str] = mapped_column(Sealed, comment="Text exactly as sent, sealed")
    parsed: Mapped[dict[str, Any] | None] = mapped_column(
        SealedJson, comment="What the text was taken for, sealed"
    )
    verdict: Mapped[str] = mapped_column(comment="ok, error, decision or quiet; or the reason of a refusal")
    sentence: Mapped[str] = mapped_column(
        Sealed, comment="Sentence shown for it, English with its facts, sealed"
    )
    said: Mapped[dict[str, Any] | None] = mapped_column(
        SealedJson, comment="The same as marked text and facts, to be told in any language, sealed"
    )

    @property
    def told(self) -> Sentence:
        """What the worker was told; of scans kept before its parts were, the English."""
        if not self.said:
            return plain(self.sentence)
        return Sentence(text=self.said["text"], facts=restore(self.said["facts"]))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A refusal as it was stored; edges show it like a fresh one."""

    code: str
    status: int
    message: str
    facts: Mapping[str, object]

    @classmethod
    def of(cls, refusal: Refusal) -> "Refused":
        """The stored form of a refusal."""
        return cls(code=refusal.code, status=refusal.status, message=refusal.message, facts=refusal.facts)

    @property
    def sentence(self) -> Sentence:
        """What to tell the person."""
        return Sentence(text=self.message, facts=self.facts)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What to tell the asker: the answer, or why not; `repeated` when it was told before."""

    answer: Mapping[str, Any]
    refused: Refused | None
    repeated: bool


def run_once(
    sessions: Sessions,
    work: Callable[[Session], Mapping[str, Any]],
    *,
    by_id: int,
    action: str,
    request_id: UUID,
    content: str | bytes,
    device: str | None = None,
) -> Answered:
    """Do `work` if this id is new, else give the stored answer; raises RequestIdReused for other content.

    `work` answers with a mapping that JSON can hold, and its changes and this answer are one transaction. A Refusal it
    raises undoes them, and a transaction of its own keeps the refusal: the final answer of this id, unless the same
    request was answered in between. Two requests with one id at the same moment wait for each other.
    """

    def told(answering: Callable[[Session, str], Answered]) -> Answered:
        def once(session: Session) -> Answered:
            keyring = keyring_of(session)
            digest = keyring.digest(_content(by_id, content))
            known = all_rows(session, _KNOWN, request_id=request_id)
            if not known:
                return answering(session, digest)
            if known[0].content_digest != digest:
                raise RequestIdReused
            return _told_before(known[0].refusal, open_json(keyring, known[0].answer))

        return run(sessions, once, by_id=by_id, action=action, request_id=request_id, device=device)

    def granted(session: Session, digest: str) -> Answered:
        try:
            answer = work(session)
        except Refusal as refusal:
            raise _RefusedWork(refusal) from None
        _keep(session, digest, refusal=None, answer=dict(answer))
        return Answered(answer=answer, refused=None, repeated=False)

    def refused(session: Session, digest: str, refusal: Refusal) -> Answered:
        mark_refused(session, refusal)
        kept = Refused.of(refusal)
        _keep(session, digest, refusal=kept.code, answer=_stored(kept))
        return Answered(answer={}, refused=kept, repeated=False)

    try:
        return told(granted)
    except _RefusedWork as no:
        refusal = no.refusal
        return told(lambda session, digest: refused(session, digest, refusal))


class _RefusedWork(Exception):
    """The work was refused: its transaction is given up."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def _keep(session: Session, digest: str, *, refusal: str | None, answer: Mapping[str, Any]) -> None:
    who = acting(session)
    all_rows(
        session,
        _ANSWER,
        request_id=who.request_id,
        by_id=who.by_id,
        device=who.device,
        content_digest=digest,
        refusal=refusal,
        answer=seal_json(keyring_of(session), answer),
    )


def record_scan(
    session: Session,
    raw: str,
    *,
    verdict: str,
    sentence: Sentence | None,
    flow: str | None = None,
    flow_id: UUID | None = None,
    parsed: Mapping[str, Any] | None = None,
    device_at: datetime | None = None,
) -> None:
    """Keep a scan. NUL, which PostgreSQL's text cannot hold, is kept as the sign for it, U+2400."""
    who = acting(session)
    session.execute(
        insert(ScanEvent).values(
            raw=raw.replace("\x00", "\u2400"),
            verdict=verdict,
            sentence="" if sentence is None else str(sentence).replace("\x00", "\u2400"),
            said=None if sentence is None else {"text": sentence.text, "facts": store(sentence.facts)},
            flow=flow,
            flow_id=flow_id,
            parsed=None if parsed is None else dict(parsed),
            device_at=device_at,
            request_id=who.request_id,
            by_id=who.by_id,
            device=who.device,
        )
    )


def _content(by_id: int, content: str | bytes) -> bytes:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return b"%d\n" % by_id + raw


def _stored(refused: Refused) -> dict[str, Any]:
    return {"status": refused.status, "message": refused.message, "facts": store(refused.facts)}


def _told_before(refusal: str | None, answer: Any) -> Answered:
    if refusal is None:
        return Answered(answer=answer, refused=None, repeated=True)
    refused = Refused(
        code=refusal,
        status=answer["status"],
        message=answer["message"],
        facts=restore(answer["facts"]),
    )
    return Answered(answer={}, refused=refused, repeated=True)
