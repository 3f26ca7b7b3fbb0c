"""The database: declarative base, time with its zone, and `run`, the one place that commits.

Services take a plain `Session` first and never commit. Only edges call `run`, which opens the transaction,
does the work, and repeats the whole of it with the same request id when PostgreSQL asks for another try.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Engine, Enum, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from wms.arrays import teach_lists

#: deadlock detected, serialization failure, lock not available
RETRIED: Final = frozenset({"40P01", "40001", "55P03"})
ATTEMPTS: Final = 5
#: a connection of the pool that rested longer is asked whether it still lives
REST_S: Final = 1.0
T = TypeVar("T")
Sessions = sessionmaker[Session]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values going in, gives UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored time needs its zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table; constraint names are given so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        int: BigInteger,
        dict[str, Any]: JSONB,
    }


def words(kind: type[StrEnum]) -> Enum:
    """A text column with a CHECK for the words of `kind`; never a database type of its own."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=max(len(word) for word in kind),
        name=kind.__name__.lower(),
        values_callable=lambda words_of: [word.value for word in words_of],
    )


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine that waits at most 2 s for a lock and says who it is."""
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    # what a failed statement was given may be somebody's name, and its error goes into the log
    engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: object) -> None:
        teach_lists(connection)
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '2s'; set timezone = 'UTC'; set application_name = 'wms'")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _rest(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wake(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        # A server does not come and go within a second: a busy connection need not be asked each time.
        if time.monotonic() - record.info.get("rests_since", math.inf) < REST_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise InvalidatePoolError("the server went away while this connection rested") from gone

    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions that keep loaded values after commit: pages render what was just done."""
    return sessionmaker(engine, expire_on_commit=False)


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's five-letter reason, if the server gave one."""
    return getattr(error.orig, "sqlstate", None)


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Who does what in this transaction; the audit entry and the ledger's postings read it."""

    by_id: int
    action: str
    request_id: UUID | None = None
    device: str | None = None


def acting(session: Session) -> Acting:
    """Who acts in this session; a session that `run` did not open acts for nobody, which is a bug."""
    found = session.info["acting"]
    assert isinstance(found, Acting)
    return found


def run(
    sessions: sessionmaker[Session],
    work: Callable[[Session], T],
    *,
    by_id: int,
    action: str,
    request_id: UUID | None = None,
    device: str | None = None,
) -> T:
    """Do `work` in exactly one transaction, all of it again on 40P01, 40001 and 55P03, up to 5 times.

    `action` is a human word with a dot (``receipt.scan``); it names the audit entry of the transaction.
    """
    who = Acting(by_id=by_id, action=action, request_id=request_id, device=device)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with sessions.begin() as session:
                session.info["acting"] = who
                return work(session)
        except DBAPIError as error:
            if sqlstate(error) not in RETRIED or attempt == ATTEMPTS:
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
    raise AssertionError("the loop returns or raises")
