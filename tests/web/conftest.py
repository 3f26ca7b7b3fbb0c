"""A site per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.web.site import Site, make_site


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    with make_site(fresh_database, tmp_path) as site:
        yield site
