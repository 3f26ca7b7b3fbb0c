"""Lists that go to PostgreSQL whole, as one array of known type: `Bigints`, `Numbers`, `Texts`.

psycopg looks at a list item by item, and what a posting sends has thousands.
"""

import math
import struct
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import numpy as np
import psycopg
from psycopg import adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format


class Bigints(list[int | None]):
    """Whole numbers that go to PostgreSQL as one bigint[].

    psycopg names the type of a list after its greatest item: a statement with many columns would be planned anew
    for each mix of small and large numbers.
    """


class _BigintsDumper(Dumper):
    oid = adapters.types["int8"].array_oid
    format = Format.BINARY

    def dump(self, obj: Bigints) -> bytes:
        return _array(obj, len(obj))


class Numbers(list[tuple[int | None, ...]]):
    """Rows of whole numbers that go to PostgreSQL as one bigint[][]: read as ``rows[n][column]``."""


class _NumbersDumper(Dumper):
    oid = adapters.types["int8"].array_oid
    format = Format.BINARY

    def dump(self, obj: Numbers) -> bytes:
        return _array(list(chain.from_iterable(obj)), len(obj), len(obj[0]) if obj else 0)


_ITEM: Final = np.dtype([("length", ">i4"), ("value", ">i8")])
_NULL: Final = struct.pack("!i", -1)


def _array(items: list[int | None], *shape: int) -> bytes:
    """PostgreSQL's binary form of a bigint[]: a head, the length of each dimension, each item with its own length.

    Text costs both sides several times as much. Raises psycopg.DataError for what is no whole number of 64 bits.
    """
    kind, count = adapters.types["int8"].oid, len(items)
    assert count == math.prod(shape), "every row has the same columns"
    if not count:
        return struct.pack("!iiI", 0, 0, kind)
    try:
        written, has_null = _written(items)
    except struct.error as error:
        raise psycopg.DataError("not a whole number of 64 bits") from error
    dimensions = b"".join(struct.pack("!ii", length, 1) for length in shape)
    return struct.pack("!iiI", len(shape), has_null, kind) + dimensions + written


def _written(items: list[int | None]) -> tuple[bytes, bool]:
    """Each item with its length, and whether one is null. Raises struct.error."""
    numbers = np.array(items)
    if numbers.dtype != np.int64:
        # one by one where some are none (units of loose goods, ends at partner places) or no such numbers at all
        each = (_NULL if item is None else struct.pack("!iq", 8, item) for item in items)
        return b"".join(each), None in items
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
