"""Where the reference data lies, and reading it."""

import os
from pathlib import Path
from typing import TypeVar

import pytest

from wms.customs.messages.door import read_message

Body = TypeVar("Body")

DATA = Path(os.environ.get("WMS_REFERENCE_DATA", "../shared/data"))
JG2 = "jg2"
CEB = "ceb"
DAY_A = "../acceptance/day-a"


def reference(*parts: str) -> Path:
    """A file or folder of the reference data; the test is skipped aloud when it is not there."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the reference data {path} is not here; WMS_REFERENCE_DATA names its folder")
    return path


def read(path: Path, record: type[Body]) -> Body:
    """The record of that class in a file."""
    body = read_message(path.read_bytes(), file_name=path.name).body
    assert isinstance(body, record)
    return body
