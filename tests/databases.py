"""Databases for tests: one server a run, one migrated template, and quick copies of it."""

import contextlib
import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from wms.db import Acting, make_engine, make_sessions
from wms.embedded import check_site, keep
from wms.embedded.folder import APP, OWNER, SUPERUSER
from wms.migrate import migrate
from wms.sealed import Keyring, hang_keyring

#: Who acts in tests that do not care who acts.
TESTER: Final = 1
ACTING: Final = Acting(by_id=TESTER, action="test.act")
_LOCK: Final = 20_261_124
#: Month under which tests without a clock of their own seal.
MONTH: Final = "2026-11"


def keys_folder() -> Path:
    """Where the keys of this test run lie; every worker has the same."""
    short = hashlib.sha256(os.environ["WMS_TEST_RUN"].encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"wms-test-keys-{os.geteuid()}-{short}"


@dataclass(frozen=True, kw_only=True)
class Database:
    """A migrated database and the two ways into it."""

    name: str
    url: str
    owner_url: str
    app_role: str

    @cached_property
    def engine(self) -> Engine:
        """As the application, with the keys of the test run."""
        engine = make_engine(self.url)
        hang_keyring(engine, Keyring(keys_folder(), lambda: MONTH))
        return engine

    @cached_property
    def owner_engine(self) -> Engine:
        """As the owner of the tables."""
        return make_engine(self.owner_url)

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions that really commit."""
        return make_sessions(self.engine)

    def wait_for_a_waiter(self, *, while_true: Callable[[], bool]) -> None:
        """Return once somebody in here waits for what another has locked or made; fails when the condition does."""
        asked = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1"
        with psycopg.connect(self.url, autocommit=True) as watcher:
            while watcher.execute(asked).fetchone() is None:
                assert while_true(), "nobody waits any more"

    def close(self) -> None:
        """Give back what was opened."""
        for name in ("engine", "owner_engine"):
            if name in self.__dict__:
                self.__dict__[name].dispose()


class TestServer:
    """The server of one test run; `clone` hands out databases."""

    __test__ = False

    def __init__(self, *, admin_url: str, app: tuple[str, str], owner: tuple[str, str], prefix: str) -> None:
        """`app` and `owner` are role and password; `prefix` begins the name of every database made here."""
        self.admin_url = admin_url
        self.app_role, self._app_password = app
        self.owner_role, self._owner_password = owner
        self._prefix = prefix
        self._template = f"{prefix}_template"
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def clone(self, *, empty: bool = False) -> Iterator[Database]:
        """A copy of the migrated template (or an empty database), dropped at the end."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"{self._prefix}_{worker}_{next(self._numbers)}"
        with self._admin() as admin:
            if empty:
                self._create(admin, name)
            else:
                self._prepare_template(admin)
                admin.execute(
                    sql.SQL("create database {} template {} owner {} strategy file_copy").format(
                        sql.Identifier(name), sql.Identifier(self._template), sql.Identifier(self.owner_role)
                    )
                )
        database = self.database(name)
        try:
            yield database
        finally:
            database.close()
            with self._admin() as admin:
                admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def database(self, name: str) -> Database:
        """The addresses of a database of this server."""
        return Database(
            name=name,
            url=self._url(self.app_role, self._app_password, name),
            owner_url=self._url(self.owner_role, self._owner_password, name),
            app_role=self.app_role,
        )

    def settle_roles(self) -> None:
        """Make the two roles of a site's server; every worker writes the same passwords."""
        with self._admin() as admin:
            for role, password in (
                (self.owner_role, self._owner_password),
                (self.app_role, self._app_password),
            ):
                known = admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
                verb = "alter role {} login password {}" if known else "create role {} login password {}"
                admin.execute(sql.SQL(verb).format(sql.Identifier(role), sql.Literal(password)))

    def drop_all(self) -> None:
        """Remove every database of this run."""
        with self._admin() as admin:
            known = admin.execute(
                "select datname from pg_database where starts_with(datname, %s)", [f"{self._prefix}_"]
            ).fetchall()
            for (name,) in known:
                admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def _prepare_template(self, admin: psycopg.Connection[Any]) -> None:
        """Migrate once; the other workers wait at the advisory lock and find it done."""
        known = admin.execute("select 1 from pg_database where datname = %s", [self._template]).fetchone()
        if known is None:
            unfinished = f"{self._template}_new"
            # A failed attempt may have left one behind.
            admin.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(unfinished)))
            self._create(admin, unfinished)
            migrate(self.database(unfinished).owner_url, app_role=self.app_role)
            admin.execute(
                sql.SQL("alter database {} rename to {}").format(
                    sql.Identifier(unfinished), sql.Identifier(self._template)
                )
            )

    def _create(self, admin: psycopg.Connection[Any], name: str) -> None:
        admin.execute(
            sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(self.owner_role)
            )
        )

    @contextlib.contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[Any]]:
        """One worker at a time: a template cannot be copied while another session is in it."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute("select pg_advisory_lock(%s)", [_LOCK])
            yield admin

    def _url(self, role: str, password: str, name: str) -> str:
        url = make_url(self.admin_url).set(username=role, password=password, database=name)
        return url.render_as_string(hide_password=False)


def test_server() -> TestServer:
    """A site's server when WMS_TEST_DATABASE_URL names one, otherwise a temporary one of our keeper.

    The site's address must be a superuser's: roles and databases named wms_test… are made there.
    """
    short = hashlib.sha256(os.environ["WMS_TEST_RUN"].encode()).hexdigest()[:8]
    site = os.environ.get("WMS_TEST_DATABASE_URL", "")
    if site:
        check_site(site, setting="WMS_TEST_DATABASE_URL")
        server = TestServer(
            admin_url=site.replace("postgresql+psycopg://", "postgresql://", 1),
            app=("wms_test_app", short),
            owner=("wms_test_owner", short),
            prefix=f"wms_test_{short}",
        )
        server.settle_roles()
        return server
    # Not pytest's own folder: that one is closed, and a server started by root is not root.
    secrets = keep(Path(tempfile.gettempdir()) / f"wms-tests-{os.geteuid()}-{short}", temporary=True)
    return TestServer(
        admin_url=secrets.url(SUPERUSER, "postgres"),
        app=(APP, secrets.app),
        owner=(OWNER, secrets.owner),
        prefix="test",
    )


test_server.__test__ = False  # type: ignore[attr-defined]


class QueryRecorder:
    """Collects what is sent to any database while its with-block is open, by SQLAlchemy or straight to the driver."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Self:
        for name in ("execute", "executemany"):
            self._patch.setattr(psycopg.Cursor, name, self._recording(getattr(psycopg.Cursor, name)))
        return self

    def __exit__(self, *_error: object) -> None:
        self._patch.undo()

    def _recording(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(cursor: object, statement: str, *rest: object, **options: object) -> Any:
            self.statements.append(statement)
            return send(cursor, statement, *rest, **options)

        return sent
