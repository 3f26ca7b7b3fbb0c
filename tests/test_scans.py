"""The same id gets the same answer, whatever happened on the way."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Never
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests.databases import Database
from wms.audit import AuditEntry, hang_listener
from wms.db import Sessions, run
from wms.errors import Refusal
from wms.i18n import plain, say
from wms.outbox import OutboxMessage, tell
from wms.scans import Answered, RequestIdReused, ScanEvent, record_scan, run_once

ID = UUID(int=7)
Work = Callable[[Session], Mapping[str, Any]]


class Short(Refusal):
    message = "{location} holds {on_hand}."


@pytest.fixture
def sessions(fresh_database: Database) -> Sessions:
    hang_listener(fresh_database.sessions)
    return fresh_database.sessions


def ask(sessions: Sessions, content: str, work: Work, *, by_id: int = 1, request_id: UUID = ID) -> Answered:
    return run_once(sessions, work, by_id=by_id, action="test.ask", request_id=request_id, content=content)


def write(session: Session) -> dict[str, int]:
    message = tell(session, destination="x", kind="y", payload=b"", at=datetime(2026, 1, 1, tzinfo=UTC))
    return {"message": message.id}


def written(sessions: Sessions) -> int | None:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(OutboxMessage))


def test_asked_twice_is_done_once_and_answered_alike(sessions: Sessions) -> None:
    first = ask(sessions, "L1", write)
    again = ask(sessions, "L1", write)

    assert again.answer == first.answer
    assert (first.repeated, again.repeated) == (False, True)
    assert written(sessions) == 1


def test_the_same_id_with_other_content_or_from_another_person_is_refused(sessions: Sessions) -> None:
    ask(sessions, "L1", write)

    with pytest.raises(RequestIdReused):
        ask(sessions, "L2", write)
    with pytest.raises(RequestIdReused):
        ask(sessions, "L1", write, by_id=2)

    assert RequestIdReused.status == 409
    assert written(sessions) == 1


def test_a_refusal_undoes_the_work_and_is_the_answer_for_good(sessions: Sessions) -> None:
    def refuse(session: Session) -> Never:
        write(session)
        raise Short(location=say("Bin {bin}", bin="A-1"), on_hand=Decimal("1.50"))

    first = ask(sessions, "L1", refuse)
    again = ask(sessions, "L1", write)

    assert written(sessions) == 0
    assert first.refused is not None
    assert again.refused is not None
    assert again.refused.code == "Short"
    assert str(again.refused.sentence) == str(first.refused.sentence) == "Bin A-1 holds 1.50."


def test_two_requests_with_one_id_at_the_same_moment_do_the_work_once(sessions: Sessions) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(ask, sessions, "L1", write) for _ in range(8)]]

    assert written(sessions) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert len({answer.answer["message"] for answer in answers}) == 1


def test_an_answer_given_between_a_refusal_and_its_keeping_is_the_answer(sessions: Sessions) -> None:
    """The same request came in twice; the second found the goods while the first was giving up."""
    between: list[Answered] = []

    @event.listens_for(sessions, "after_rollback", once=True)
    def _meanwhile(_session: Session) -> None:
        between.append(ask(sessions, "L1", write))

    def refuse(_session: Session) -> Never:
        raise Short(location="A-1", on_hand=0)

    told = ask(sessions, "L1", refuse)

    assert [told.refused, told.repeated] == [None, True]
    assert told.answer == between[0].answer
    assert written(sessions) == 1


def test_a_bug_leaves_nothing_behind_so_the_same_id_may_try_again(sessions: Sessions) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(sessions, "L1", lambda _session: {"never": 1 / 0})

    assert ask(sessions, "L1", write).repeated is False


def test_facts_of_a_stored_refusal_come_back_as_they_read(sessions: Sessions) -> None:
    def refuse(_session: Session) -> Never:
        raise Short(location=date(2026, 11, 24), on_hand=3)

    ask(sessions, "L1", refuse)

    refused = ask(sessions, "L1", refuse).refused
    assert refused is not None
    assert refused.facts == {"location": "2026-11-24", "on_hand": 3}


def test_a_scan_is_kept_as_it_came_even_with_signs_no_database_holds(sessions: Sessions) -> None:
    raw = "]C1010690\x1d\x00\u202e中"
    run(
        sessions,
        lambda s: record_scan(s, raw, verdict="ok", sentence=plain("fine")),
        by_id=1,
        action="test.scan",
    )

    with sessions() as session:
        scan = session.scalars(select(ScanEvent)).one()
        assert scan.raw == raw.replace("\x00", "\u2400")
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
