"""Statements that go straight to psycopg.

Most of the house speaks through SQLAlchemy. What runs in every writing request goes past its layers, which find types
and cached forms of a statement and cost more than the sending itself. Both share one connection and one transaction.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_CURSOR: Final = "wms.driver.cursor"


def all_rows(on: Session | Engine, statement: TextClause, **values: object) -> list[Any]:
    """The rows of one statement, as named tuples of the driver's own values; empty where it gives none.

    It belongs to the transaction of a session; on an engine it stands alone, and no transaction is begun or ended.
    Raises what SQLAlchemy would raise; the values sent, which may be somebody's name, are not kept in it.
    """
    if isinstance(on, Engine):
        return _alone(on, statement, values)
    connection = on.connection()
    return _rows(connection.connection, statement, values, lost=connection.invalidate)


def _alone(engine: Engine, statement: TextClause, values: dict[str, object]) -> list[Any]:
    lent = engine.raw_connection()
    driver: Any = lent.driver_connection
    try:
        driver.autocommit = True
        try:
            return _rows(lent, statement, values, lost=lent.invalidate)
        finally:
            if not driver.closed:
                driver.autocommit = False
    finally:
        lent.close()


def _rows(
    lent: PoolProxiedConnection,
    statement: TextClause,
    values: dict[str, object],
    *,
    lost: Callable[[psycopg.Error], None],
) -> list[Any]:
    """Send it on the driver's connection lent by the pool; `lost` is told of one that was cut."""
    driver: Any = lent.driver_connection
    words = _words(statement)
    # one cursor for as long as the connection lives: making one costs as much as sending a small statement
    cursor = lent.info.get(_CURSOR) or lent.info.setdefault(_CURSOR, driver.cursor(row_factory=_named))
    try:
        cursor.execute(words, values)
        return [] if cursor.rownumber is None else cast("list[Any]", cursor.fetchall())
    except psycopg.Error as error:
        gone = bool(driver.closed)
        if gone:
            lost(error)
        raise DBAPIError.instance(
            words, None, error, psycopg.Error, connection_invalidated=gone, dialect=_DIALECT
        ) from error


@lru_cache
def _words(statement: TextClause) -> str:
    """The statement as the driver wants it: with ``%(name)s`` for each value."""
    return str(statement.compile(dialect=_DIALECT))


def _named(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Any]:
    """Named tuples like the driver's own, made without a call of Python for each row."""
    result = cursor.pgresult
    names = () if result is None else tuple(result.fname(n) or b"" for n in range(result.nfields))
    return partial(tuple.__new__, _kind(*names))


@lru_cache
def _kind(*names: bytes) -> type[tuple[Any, ...]]:
    return namedtuple("Row", [name.decode() for name in names])  # noqa: PYI024 (columns are known when they come)
