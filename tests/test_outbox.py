"""What must be told outside leaves only when its transaction committed, and is tried until it is taken."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.databases import Database
from wms.outbox import NotDelivered, OutboxMessage, deliver_next, tell

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def refuse(_message: OutboxMessage) -> None:
    raise NotDelivered("nobody home")


def test_a_message_not_taken_is_tried_again_later_and_less_and_less_often(session: Session) -> None:
    tell(session, destination="customs", kind="CEB621", payload=b"<x/>", at=NOON)

    failed = deliver_next(session, refuse, at=NOON)
    assert failed is not None
    assert failed.last_error == "nobody home"
    assert deliver_next(session, refuse, at=NOON) is None
    deliver_next(session, refuse, at=NOON + timedelta(minutes=1))
    assert failed.next_try_at == NOON + timedelta(minutes=3)

    taken: list[bytes] = []
    deliver_next(session, lambda message: taken.append(message.payload), at=NOON + timedelta(minutes=3))
    assert taken == [b"<x/>"]
    assert failed.delivered_at == NOON + timedelta(minutes=3)
    assert deliver_next(session, refuse, at=NOON + timedelta(days=9)) is None


def test_a_transaction_that_did_not_commit_tells_nobody(fresh_database: Database) -> None:
    with fresh_database.sessions() as session:
        tell(session, destination="customs", kind="CEB621", payload=b"", at=NOON)
        session.rollback()

        assert deliver_next(session, refuse, at=NOON) is None


def test_two_workers_never_have_one_message_in_hand(fresh_database: Database) -> None:
    with fresh_database.sessions.begin() as session:
        tell(session, destination="customs", kind="CEB621", payload=b"", at=NOON)

    with fresh_database.sessions() as one, fresh_database.sessions() as other:
        assert deliver_next(one, lambda _message: None, at=NOON) is not None
        assert deliver_next(other, lambda _message: pytest.fail("told twice"), at=NOON) is None
