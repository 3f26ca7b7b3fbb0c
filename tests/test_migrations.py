"""Every database gets its tables, grants and guards from the migrations alone."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.databases import Database, TestServer
from wms.db import Base
from wms.migrate import alembic_config, migrate
from wms.tables import FOREIGN_TABLES, load_all

load_all()

#: Tables whose rows are facts: added, never changed. The guard of each is checked as soon as it exists.
FACTS = {
    "answered_request",
    "audit_entry",
    "audit_seal",
    "book_fact",
    "book_link",
    "posting",
    "scan_event",
    "stock_move",
} & Base.metadata.tables.keys()

OURS = """
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    and relname <> 'alembic_version' order by relname
"""
LEFT_BEHIND = """
    select 'table ' || relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'v') and relname <> 'alembic_version'
    union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'type ' || typname from pg_type
        where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all select 'default privileges' from pg_default_acl
"""


@pytest.fixture
def empty_database(database_server: TestServer) -> Iterator[Database]:
    """A database without a single table."""
    with database_server.clone(empty=True) as database:
        yield database


def rows(engine: Engine, query: str, **values: object) -> list[str]:
    """The first column of a query."""
    with engine.connect() as connection:
        return [str(value) for value in connection.scalars(text(query), values)]


def test_migrations_go_up_down_and_up_again(empty_database: Database) -> None:
    """One revision at a time on the way down, and nothing of ours is left at the bottom."""
    with alembic_config(empty_database.owner_url, app_role=empty_database.app_role) as config:
        steps = len(list(ScriptDirectory.from_config(config).walk_revisions()))

    migrate(empty_database.owner_url, app_role=empty_database.app_role)
    before = rows(empty_database.owner_engine, OURS)
    for _ in range(steps):
        migrate(empty_database.owner_url, app_role=empty_database.app_role, revision="-1")
    left = rows(empty_database.owner_engine, LEFT_BEHIND)
    migrate(empty_database.owner_url, app_role=empty_database.app_role)

    assert left == []
    assert before
    assert rows(empty_database.owner_engine, OURS) == before


def test_the_tables_are_what_the_classes_say(fresh_database: Database) -> None:
    """Alembic finds no difference: a changed class without its migration fails here."""
    with alembic_config(fresh_database.owner_url, app_role=fresh_database.app_role) as config:
        command.check(config)


def test_there_is_one_newest_revision(fresh_database: Database) -> None:
    """Two would mean that two people numbered their change alike."""
    with alembic_config(fresh_database.owner_url, app_role=fresh_database.app_role) as config:
        assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_the_application_owns_nothing_and_makes_nothing(engine: Engine) -> None:
    """It is an ordinary role that may neither create nor bypass."""
    powers = "rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication"

    assert rows(engine, f"select {powers} from pg_roles where rolname = current_user") == ["False"]
    assert rows(engine, "select has_schema_privilege('public', 'create')") == ["False"]
    assert rows(engine, "select relname from pg_class where relowner = current_user::regrole") == []


def test_the_application_reads_every_table_and_empties_none(engine: Engine) -> None:
    """SELECT on all; TRUNCATE, TRIGGER and REFERENCES on none."""
    unread = f"select relname from ({OURS}) t where not has_table_privilege(quote_ident(relname), 'select')"
    powers = "truncate, trigger, references"
    strong = f"select relname from ({OURS}) t where has_table_privilege(quote_ident(relname), '{powers}')"

    assert rows(engine, unread) == []
    assert rows(engine, strong) == []


def test_the_revision_is_the_owners_to_write(engine: Engine) -> None:
    """An application that could pretend to be migrated would start on the wrong tables."""
    assert rows(engine, "select has_table_privilege('alembic_version', 'update, delete')") == ["False"]


@pytest.mark.parametrize("table", sorted(FACTS))
def test_facts_cannot_be_changed_by_the_application(engine: Engine, table: str) -> None:
    """Neither the table nor one of its columns is granted for change."""
    granted = """
        select privilege_type from information_schema.role_column_grants
        where table_name = :table and grantee = current_user and privilege_type = 'UPDATE'
        union select privilege_type from information_schema.role_table_grants
        where table_name = :table and grantee = current_user and privilege_type in ('UPDATE', 'DELETE')
    """

    assert rows(engine, granted, table=table) == []


@pytest.mark.parametrize("table", sorted(FACTS))
def test_facts_are_guarded_against_their_owner_too(owner_engine: Engine, table: str) -> None:
    """Triggers for rows and for the whole table, both enabled; the second is tried."""
    guards = """
        select case when tgtype & 1 = 1 then 'row' else 'statement' end from pg_trigger
        where tgrelid = to_regclass(:table) and not tgisinternal and tgenabled in ('O', 'A')
        -- bits: 2 before, 8 delete, 16 update, 32 truncate
        and (tgtype & 26 = 26 or tgtype & 34 = 34) order by 1
    """

    assert rows(owner_engine, guards, table=table) == ["row", "statement"]
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match=r"rows of .* are facts"):
        connection.execute(text(f'truncate "{table}" cascade'))


def test_every_column_of_ours_says_what_it_means() -> None:
    """Comments become the data dictionary."""
    silent = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        if not table.name.startswith(FOREIGN_TABLES)
        for column in table.columns
        # A key says nothing but its name.
        if not column.comment and not column.primary_key
    ]

    assert silent == []


def test_the_job_queue_is_the_pinned_procrastinates() -> None:
    """Revision 0002 takes the schema out of the installed package; another version needs a revision of its own."""
    from importlib.metadata import version

    assert version("procrastinate").startswith("3.10.")
