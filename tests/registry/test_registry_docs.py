"""docs/registry.md names every column that is read, and no other."""

import re
from pathlib import Path

import pytest

from wms.registry import columns
from wms.registry.sheets import Columns

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "registry.md").read_text("utf-8")


def named(section: str) -> set[str]:
    """Column names in the first cells of a section's table."""
    text = PAGE.split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| ([\w, ]+) \|", text, re.MULTILINE)
    return {name for cell in cells for name in cell.split(", ")} - {"Column"}


@pytest.mark.parametrize(("section", "files"), [
    ("companies.csv", (columns.COMPANIES,)),
    ("vehicles.csv", (columns.VEHICLES,)),
    ("products.csv", (columns.PRODUCTS,)),
    ("places.csv", (columns.PLACES,)),
    ("users.csv", (columns.USERS,)),
    ("account_book.json and opening_lots.csv", (columns.OPENING_LOTS,)),
    ("yearly_spent.csv, yearly_qty.csv", (columns.YEARLY_SPENT, columns.YEARLY_QUANTITY)),
])  # fmt: skip
def test_the_page_names_every_column(section: str, files: tuple[Columns[object], ...]) -> None:
    assert named(section) == {column for file in files for column in (*file.cells, *file.optional)}
