"""The data dictionary: every table and column with what it means, out of the comments the classes carry.

``python -m wms.dictionary`` writes `docs/data-dictionary.md`; a test compares the file with the classes.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from wms.db import Base
from wms.tables import load_all

FILE: Final = Path(__file__).resolve().parent.parent / "docs" / "data-dictionary.md"
_HEAD: Final = """# Data dictionary

Every table and column of the database. Written by `make dictionary` out of the comments in the classes; do not edit.
"""


def data_dictionary() -> str:
    """The whole page as Markdown, tables by name."""
    load_all()
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    return "\n".join([_HEAD, *(_section(table) for table in tables)])


def _section(table: Table) -> str:
    lines = [f"## {table.name}", ""]
    if said := table.comment or _docstring(table):
        lines += [said, ""]
    lines += ["| Column | Type | Meaning |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {_type(column)} | {_meaning(column)} |" for column in table.columns]
    return "\n".join([*lines, ""])


def _docstring(table: Table) -> str:
    """The first sentence of the class that maps the table."""
    for mapper in Base.registry.mappers:
        if mapper.local_table is table:
            return (mapper.class_.__doc__ or "").strip().split("\n", 1)[0]
    return ""


def _type(column: Column[object]) -> str:
    kind = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    kind = kind.replace("timestamp with time zone", "instant")
    return kind if not column.nullable else f"{kind}, may be empty"


def _meaning(column: Column[object]) -> str:
    """The comment; what a key points at is said by itself."""
    parts = [column.comment] if column.comment else []
    if column.primary_key and not parts:
        parts.append("key")
    parts += [
        f"→ `{key.target_fullname}`"
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname)
    ]
    return " ".join(parts).replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(data_dictionary(), "utf-8")
