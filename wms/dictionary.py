"""The data dictionary: every table and column with what it means, as the columns themselves say it.

``python -m wms.dictionary`` prints it; docs/data-dictionary.md is that text, and a test holds it current.
"""

from collections.abc import Iterator

from sqlalchemy import Column, MetaData, Table, make_url

from wms.db import Base
from wms.tables import load_all

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_HEAD = """\
# Data dictionary

Made by `flask data-dictionary` from the comments of the columns; do not edit. Times are instants with their zone (UTC
in the database); quantities of the ledgers are whole stock units; money is CNY unless a column says otherwise.
"""


def data_dictionary() -> str:
    """The dictionary of every table of the system, Markdown, tables by name and columns in their order."""
    load_all()
    return write(Base.metadata)


def write(metadata: MetaData) -> str:
    """The dictionary of these tables."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    return "\n".join([_HEAD, *("\n".join(_section(table)) for table in tables)])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    if table.comment:
        yield table.comment
    yield ""
    yield "| Column | Kind | Meaning |"
    yield "|---|---|---|"
    for column in table.columns:
        yield f"| {column.name} | {_kind(column)} | {_meaning(column)} |"
    yield ""


def _kind(column: Column[object]) -> str:
    """The database type, whether it may be empty, and what it points to."""
    words = [str(column.type.compile(dialect=_DIALECT)).lower()]
    if column.nullable:
        words.append("or empty")
    words += [f"→ {key.target_fullname}" for key in sorted(column.foreign_keys, key=str)]
    return " ".join(words)


def _meaning(column: Column[object]) -> str:
    said = column.comment or ("Key inside the system" if column.primary_key else "")
    return said.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    print(data_dictionary(), end="")
