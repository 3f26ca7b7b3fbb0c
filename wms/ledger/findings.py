"""The background reconciler: proves the ledgers again and again, and keeps what it found until it is gone.

A job calls `watch` every few seconds. A finding is opened once, carries when it was first seen, and is closed
when the proofs no longer find it; rows are never removed. The alarm is the caller's (ledgers lie below alerts).
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Index, String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, make_sessions, run, words
from wms.ledger.proofs import Check
from wms.ledger.verify import Finding, verify


class LedgerFinding(Base):
    """A difference the reconciler found between the ledgers and their facts."""

    __tablename__ = "ledger_finding"
    __table_args__ = (
        Index(
            "uq_ledger_finding_open",
            "check",
            "subject",
            unique=True,
            postgresql_where=text("gone_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    check: Mapped[Check] = mapped_column(words(Check), comment="what was checked")
    subject: Mapped[str] = mapped_column(String(300), comment="on what, in words")
    sentence: Mapped[str] = mapped_column(String(300), comment="the marked sentence, for translation")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="the figures of the sentence")
    found_at: Mapped[datetime] = mapped_column(comment="when it was first seen")
    gone_at: Mapped[datetime | None] = mapped_column(comment="when the proofs no longer found it; none: open")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One round of the reconciler: what is new, and how much stands open."""

    opened: tuple[Finding, ...]
    closed: int
    open: int


_OPEN = text("""
    insert into ledger_finding ("check", subject, sentence, facts, found_at)
    select d.* , statement_timestamp()
    from unnest(cast(:checks as text[]), cast(:subjects as text[]), cast(:sentences as text[]),
                cast(:facts as jsonb[])) as d
    on conflict ("check", subject) where gone_at is null do nothing
    returning "check", subject
""")
_CLOSE = text("""
    update ledger_finding f set gone_at = statement_timestamp()
    where f.gone_at is null and not exists (
        select from unnest(cast(:checks as text[]), cast(:subjects as text[])) as d(c, s)
        where d.c = f."check" and d.s = f.subject)
    returning f.id
""")


#: On however many machines workers run; whoever waited too long for a fresh snapshot is repeated by `run`.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('wms.ledger.findings'))")


#: Reads customs' releases by declaration number in the session of the proofs: ledgers lie below customs.
Releases = Callable[[Session], Mapping[str, datetime]]


def watch(engine: Engine, *, by_id: int, releases: Releases | None = None) -> Watched:
    """Prove the ledgers at one moment and keep the findings; `by_id` is the service that acts.

    Runs beside postings and locks nothing they need. A second reconciler waits its turn.
    """
    snapshots = make_sessions(engine.execution_options(isolation_level="REPEATABLE READ"))
    return run(snapshots, lambda session: _keep(session, releases), by_id=by_id, action="ledger.watch")


def keep_watch(
    engine: Engine,
    *,
    by_id: int,
    for_s: float = 50,
    every_s: float = 10,
    releases: Releases | None = None,
    on_opened: Callable[[tuple[Finding, ...]], object] = lambda _opened: None,
    beside: Callable[[], object] = lambda: None,
    rest: Callable[[float], object] = time.sleep,
) -> None:
    """Watch every `every_s` seconds for `for_s` seconds: a job that starts each minute so never sleeps long.

    A round that takes long is followed by a rest half as long again, so that a great ledger leaves the database
    to its postings. `on_opened` gets the new findings of a round, for the alarm; `beside` is done in each round too.
    `rest` waits so many seconds; where it answers True (an event is set) the watch ends at once.
    """
    ends = time.monotonic() + for_s
    while True:
        started = time.monotonic()
        watched = watch(engine, by_id=by_id, releases=releases)
        if watched.opened:
            on_opened(watched.opened)
        beside()
        took = time.monotonic() - started
        begins = started + max(every_s, 2.5 * took)
        if begins > ends:
            return
        if rest(max(0.0, begins - time.monotonic())):
            return


def _keep(session: Session, releases: Releases | None) -> Watched:
    session.execute(_ONE_AT_A_TIME)
    released_at = None if releases is None else releases(session)
    found = {(each.check, each.subject[:300]): each for each in verify(session, released_at=released_at)}
    keys = {"checks": [check.value for check, _ in found], "subjects": [subject for _, subject in found]}
    closed = len(session.execute(_CLOSE, keys).all())
    opened = session.execute(
        _OPEN,
        keys
        | {
            "sentences": [each.sentence for each in found.values()],
            "facts": [json.dumps(dict(each.facts), default=str) for each in found.values()],
        },
    ).all()
    return Watched(
        opened=tuple(found[Check(row.check), row.subject] for row in opened), closed=closed, open=len(found)
    )
