"""What asks for the moves under a paper finds them without reading the other moves, however many there are."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, TextClause

import wms
from tests.databases import TestServer

_PAPER = re.compile(r"(document_number|pass_number) = (any\()?:")
_PARAMETER = re.compile(r"(?<!:):(\w+)")


def lookups() -> dict[str, str]:
    """Every statement of the product that looks for moves by the number of a paper."""
    found = {}
    for module in pkgutil.walk_packages(wms.__path__, "wms."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, TextClause) and "stock_move" in str(value) and _PAPER.search(str(value)):
                found[f"{module.name}.{name}"] = str(value)
    return found


@pytest.fixture(scope="module")
def server(database_server: TestServer) -> Iterator[Connection]:
    """A database of its own: in the one that tests share, statistics of what they rolled back change the plans."""
    with database_server.clone() as database, database.engine.connect() as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(lookups()))
def test_moves_under_a_paper_are_found_by_its_number(server: Connection, name: str) -> None:
    """Under the plan for any value, as a statement asked often gets."""
    statement = lookups()[name]
    names = list(dict.fromkeys(_PARAMETER.findall(statement)))
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", statement)
    server.exec_driver_sql("set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan")
    server.exec_driver_sql(f"prepare looked_up as {numbered}")
    given = ", ".join(["null"] * len(names))
    plan = "\n".join(row[0] for row in server.exec_driver_sql(f"explain execute looked_up({given})"))
    server.exec_driver_sql("deallocate looked_up")

    assert "Seq Scan on stock_move" not in plan
    assert not re.search(r"using pk_stock_move[^\n]*\n(?!\s+Index Cond)", plan)


def test_there_are_such_statements() -> None:
    assert {
        "wms.floor.receipt_progress._PROGRESS",
        "wms.exports.story._POSTINGS_OF_NUMBERS",
    } <= lookups().keys()
