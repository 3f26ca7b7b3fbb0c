"""The audit trail: one entry per action, nothing personal in it, and no quiet change."""

from datetime import UTC, datetime
from typing import Never
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.databases import Database
from wms.audit import AuditEntry, AuditSeal, hang_listener, mark, mark_read, seal, verify_seals
from wms.auth.permissions import Role
from wms.auth.users import User, add_user, find_user, set_password
from wms.db import Sessions, run, sqlstate
from wms.errors import Refusal
from wms.scans import run_once

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
REQUEST = UUID(int=1)


#: A column of each table of facts, and a row for it.
FACTS = {
    "audit_entry": (
        "by_id",
        "insert into audit_entry (action, by_id, outcome, changes, marks) values ('', 1, 'done', '[]', '{}')",
    ),
    "audit_seal": (
        "digest",
        "insert into audit_seal (previous_digest, digest, entry_ids) values ('', '', '{}')",
    ),
    "audit_sealed": ("seal_id", "insert into audit_sealed (entry_id, seal_id) values (1, 1)"),
    "answered_request": (
        "by_id",
        (
            "insert into answered_request (request_id, by_id, content_digest, answer) "
            "values (gen_random_uuid(), 1, '', '{}')"
        ),
    ),
    "scan_event": (
        "by_id",
        "insert into scan_event (by_id, raw, verdict, sentence) values (1, 'x', 'ok', '')",
    ),
}


@pytest.fixture
def sessions(fresh_database: Database) -> Sessions:
    hang_listener(fresh_database.sessions)
    return fresh_database.sessions


def entries(sessions: Sessions) -> list[AuditEntry]:
    with sessions() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def add(session: Session) -> User:
    return add_user(session, name="anna", display_name="王安娜", role=Role.KEEPER, at=NOON)


def test_an_action_leaves_one_entry_with_its_rows_and_columns(sessions: Sessions) -> None:
    run(sessions, add, by_id=7, action="user.add", device="H-1")

    (entry,) = entries(sessions)

    assert (entry.action, entry.by_id, entry.device, entry.outcome) == ("user.add", 7, "H-1", "done")
    (change,) = entry.changes
    assert change["table"] == "user_account"
    assert change["kind"] == "insert"
    assert change["columns"]["role"] == "keeper"


def test_personal_columns_say_that_they_changed_and_not_to_what(sessions: Sessions) -> None:
    run(sessions, add, by_id=7, action="user.add")
    run(
        sessions,
        lambda session: set_password(session, find_user(session, "anna"), "雪域高原 10 letters"),
        by_id=7,
        action="user.password",
    )

    added, changed = entries(sessions)

    assert added.changes[0]["columns"]["display_name"] == "•••"
    assert changed.changes[0]["columns"] == {"password_hash": ["•••", "•••"]}


def test_a_changed_column_shows_what_was_and_what_is(sessions: Sessions) -> None:
    def promote(session: Session) -> None:
        find_user(session, "anna").role = Role.SUPERVISOR.value

    run(sessions, add, by_id=7, action="user.add")
    run(sessions, promote, by_id=7, action="user.role")

    assert entries(sessions)[1].changes[0]["columns"] == {"role": ["keeper", "supervisor"]}


def test_what_a_refusal_undid_is_not_in_the_entry_and_the_refusal_is(sessions: Sessions) -> None:
    class No(Refusal):
        message = "No {thing}."

    def attempt(session: Session) -> Never:
        add(session)
        raise No(thing="user")

    run_once(sessions, attempt, by_id=7, action="user.add", request_id=REQUEST, content="x")

    (entry,) = entries(sessions)

    assert entry.outcome == "refused"
    assert entry.refusal == "No"
    assert entry.changes == []
    assert entry.request_id == REQUEST


def test_reading_without_marking_leaves_no_entry_and_an_officers_reading_does(sessions: Sessions) -> None:
    run(sessions, lambda session: session.execute(text("select 1")), by_id=7, action="stock.read")
    run(sessions, lambda session: mark_read(session, "/book", item=3), by_id=8, action="book.read")

    (entry,) = entries(sessions)

    assert (entry.by_id, entry.outcome, entry.marks) == (8, "read", {"page": "/book", "item": 3})


def test_a_session_nobody_acts_in_cannot_change_anything(sessions: Sessions) -> None:
    with pytest.raises(KeyError), sessions.begin() as session:
        add(session)

    assert entries(sessions) == []


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("verb", ["update {} set {} = {}", "delete from {}", "truncate {}"])
def test_facts_cannot_be_changed_by_the_application_nor_by_the_owners_slip(
    fresh_database: Database, table: str, verb: str
) -> None:
    """The application lacks the grant (42501); the owner meets the trigger (23001)."""
    column, insert = FACTS[table]
    with fresh_database.engine.begin() as connection:
        connection.execute(text(insert))
    statement = text(verb.format(table, column, column))

    with pytest.raises(DBAPIError) as application, fresh_database.engine.begin() as connection:
        connection.execute(statement)
    with pytest.raises(DBAPIError) as owner, fresh_database.owner_engine.begin() as connection:
        connection.execute(statement)

    assert sqlstate(application.value) == "42501"
    assert sqlstate(owner.value) == "23001"


def make_entries(sessions: Sessions, count: int) -> None:
    for number in range(count):
        run(sessions, lambda session: mark(session, number=number), by_id=1, action="test.act")  # noqa: B023


def seal_all(sessions: Sessions, entries_max: int = 100) -> AuditSeal | None:
    return run(sessions, lambda session: seal(session, entries_max=entries_max), by_id=0, action="audit.seal")


def check(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return [broken.reason for broken in verify_seals(session)]


def test_a_whole_trail_verifies_and_each_entry_is_sealed_once(sessions: Sessions) -> None:
    make_entries(sessions, 5)
    first, second = seal_all(sessions, entries_max=3), seal_all(sessions, entries_max=3)

    assert first is not None
    assert second is not None
    assert [len(first.entry_ids), len(second.entry_ids)] == [3, 2]
    assert second.previous_digest == first.digest
    assert seal_all(sessions) is None
    assert check(sessions) == []


@pytest.mark.parametrize(
    ("crime", "reason"),
    [
        ("update audit_entry set by_id = 9 where id = 2", "an entry of the batch was changed"),
        ("delete from audit_entry where id = 2", "the entry is gone"),
        ("delete from audit_seal where id = 1", "the seal before it is not the one it names"),
        (
            (
                "insert into audit_entry (recorded_at, action, by_id, outcome, changes, marks) "
                "values (now() - interval '3 days', 'a', 1, 'done', '[]', '{}')"
            ),
            "the entry is old and in no seal",
        ),
    ],
)
def test_an_owner_who_takes_the_triggers_off_and_changes_history_is_found_out(
    fresh_database: Database, sessions: Sessions, crime: str, reason: str
) -> None:
    make_entries(sessions, 4)
    seal_all(sessions, entries_max=2)
    seal_all(sessions, entries_max=2)

    with fresh_database.owner_engine.begin() as owner:
        for table in ("audit_entry", "audit_seal"):
            owner.execute(text(f"alter table {table} disable trigger user"))
        owner.execute(text(crime))

    assert reason in check(sessions)
