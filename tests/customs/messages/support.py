"""Folders of the reference data, and reading a record out of a file."""

from pathlib import Path
from typing import TypeVar

from tests.reference import reference
from wms.customs.messages.door import read_message

__all__ = ["CEB", "DAY_A", "JG2", "read", "reference"]

Body = TypeVar("Body")

JG2 = "jg2"
CEB = "ceb"
DAY_A = "../acceptance/day-a"


def read(path: Path, record: type[Body]) -> Body:
    """The record of that class in a file."""
    body = read_message(path.read_bytes(), file_name=path.name).body
    assert isinstance(body, record)
    return body
