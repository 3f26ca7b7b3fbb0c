"""docs/data-dictionary.md says what the columns say today."""

from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

from wms.db import Base
from wms.dictionary import data_dictionary, write

FILE = Path(__file__).resolve().parent.parent / "docs" / "data-dictionary.md"


def test_the_file_is_current() -> None:
    """After a change of a table: ``python -m wms.dictionary > docs/data-dictionary.md``."""
    assert FILE.read_text("utf-8") == data_dictionary()


def test_a_table_is_written_with_kinds_and_meanings() -> None:
    metadata = MetaData()
    Table("shelf", metadata, Column("id", Integer, primary_key=True))
    Table(
        "box", metadata, Column("shelf_id", ForeignKey("shelf.id"), nullable=False, comment="Where it is"),
        Column("note", Text, comment="a|b"), comment="A box",
    )  # fmt: skip

    assert write(metadata).splitlines()[5:] == [
        "## box",
        "A box",
        "",
        "| Column | Kind | Meaning |",
        "|---|---|---|",
        "| shelf_id | integer → shelf.id | Where it is |",
        "| note | text or empty | a\\|b |",
        "",
        "## shelf",
        "",
        "| Column | Kind | Meaning |",
        "|---|---|---|",
        "| id | integer | Key inside the system |",
    ]


@pytest.mark.parametrize("table", ["company", "company_credit", "product", "vehicle"])
def test_every_column_of_the_registry_says_what_it_means(table: str) -> None:
    data_dictionary()
    found = Base.metadata.tables[table]

    assert found.comment
    assert [column.name for column in found.columns if not column.comment] == []
