"""Statements that go straight to psycopg, and the lists they send whole.

Most of the house speaks through SQLAlchemy. What runs in every writing request goes past its layers, which find types
and cached forms of a statement and cost more than the sending itself. Both share one connection and one transaction.
"""

import math
import struct
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final, cast

import numpy as np
import psycopg
from psycopg import adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Engine, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_CURSOR: Final = "wms.driver.cursor"


class Bigints(list[int | None]):
    """Whole numbers that go to PostgreSQL as one bigint[].

    psycopg looks at a list item by item and names its type after the greatest, so that a statement with many columns
    would be planned anew for each mix of small and large numbers.
    """


class _BigintsDumper(Dumper):
    oid = adapters.types["int8"].array_oid
    format = Format.BINARY

    def dump(self, obj: Bigints) -> bytes:
        return _array(obj, len(obj))


class Numbers(list[tuple[int | None, ...]]):
    """Rows of whole numbers, two or more each, that go to PostgreSQL as one bigint[][]: read as ``rows[n][column]``."""


class _NumbersDumper(Dumper):
    oid = adapters.types["int8"].array_oid
    format = Format.BINARY

    def dump(self, obj: Numbers) -> bytes:
        return _array(list(chain.from_iterable(obj)), len(obj), len(obj[0]) if obj else 0)


_ITEM: Final = np.dtype([("length", ">i4"), ("value", ">i8")])
_NULL: Final = struct.pack("!i", -1)


def _array(items: list[int | None], *shape: int) -> bytes:
    """PostgreSQL's binary form of a bigint[]: a head, the length of each dimension, each item with its own length.

    Its text form costs both sides several times as much. Raises psycopg.DataError for a number beyond 64 bits.
    """
    kind, count = adapters.types["int8"].oid, len(items)
    assert count == math.prod(shape), "every row has the same columns"
    if not count:
        return struct.pack("!iiI", 0, 0, kind)
    try:
        written, has_null = _written(items)
    except (OverflowError, struct.error) as error:
        raise psycopg.DataError("a number beyond 64 bits") from error
    dimensions = b"".join(struct.pack("!ii", length, 1) for length in shape)
    return struct.pack("!iiI", len(shape), has_null, kind) + dimensions + written


def _written(items: list[int | None]) -> tuple[bytes, bool]:
    """Each item with its length, and whether one is null."""
    try:
        numbers = np.fromiter(cast("list[int]", items), np.int64, len(items))
    except TypeError:
        # none for a number: units of loose goods, ends at partner places
        return b"".join(_NULL if item is None else struct.pack("!iq", 8, item) for item in items), True
    written = np.empty(len(items), _ITEM)
    written["length"], written["value"] = 8, numbers
    return written.tobytes(), False


class Texts(list[str | None]):
    """Texts that go to PostgreSQL as one text[], none of them looked at for what it may need."""


class _TextsDumper(Dumper):
    oid = adapters.types["text"].array_oid

    def dump(self, obj: Texts) -> bytes:
        return ("{" + ",".join(map(_quoted, obj)) + "}").encode()


# Columns repeat themselves: places of a posting, or nothing at all a hundred times.
@lru_cache(maxsize=20_000)
def _quoted(text: str | None) -> str:
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def teach_lists(connection: psycopg.Connection[Any]) -> None:
    """Let a new connection send `Bigints`, `Numbers` and `Texts`."""
    connection.adapters.register_dumper(Bigints, _BigintsDumper)
    connection.adapters.register_dumper(Numbers, _NumbersDumper)
    connection.adapters.register_dumper(Texts, _TextsDumper)


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
