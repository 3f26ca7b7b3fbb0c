"""The import rule, as one table; and the sizes a room may have.

A module imports from its own package or from a row below its own. Packages in one row do not know each other; where
one needs another's fact, the edge hands it over as a plain value. A new package is a new entry here: a visible
decision. Sizes are asked of the product; tests may be longer, where a list of cases is.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent

#: From the edges down. `wms` is the composition root alone (`wms/__init__.py`).
ROWS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"wsgi"}),
    frozenset({"wms"}),
    frozenset({"wms.commands", "wms.worker", "wms.upkeep", "wms.supervisor"}),
    frozenset({"wms.web", "wms.cli"}),
    frozenset({"wms.seed", "wms.edge"}),
    frozenset({"wms.zone", "wms.demo"}),
    frozenset({"wms.trace", "wms.statistics", "wms.exports", "wms.evidence"}),
    frozenset({"wms.floor"}),
    frozenset({"wms.orders", "wms.shop", "wms.shipments", "wms.sensing"}),
    frozenset({"wms.customs"}),
    frozenset({"wms.ledger"}),
    frozenset({"wms.registry"}),
    frozenset({"wms.auth"}),
    frozenset({"wms.scans", "wms.alerts", "wms.outbox", "wms.jobs", "wms.numbering"}),
    frozenset({"wms.audit"}),
    frozenset({"wms.dictionary"}),
    frozenset({"wms.migrate", "wms.tables"}),
    frozenset({"wms.sealed"}),
    frozenset({"wms.db", "wms.errors", "wms.i18n", "wms.embedded", "wms.clock", "wms.logs", "wms.kept_key"}),
    frozenset({"wms.arrays", "wms.driver"}),
    frozenset({"routing", "devices"}),
    frozenset({"config"}),
)

#: Libraries that only some packages may know.
LIBRARIES: Final[dict[str, frozenset[str]]] = {
    "flask": frozenset({"wms", "wms.web", "wms.cli", "wms.commands", "wms.worker", "wms.upkeep"}),
    "ortools": frozenset({"routing"}),
    "pyvrp": frozenset({"routing"}),
    "highspy": frozenset({"routing"}),
    "serial": frozenset({"devices"}),
    "paho": frozenset({"devices"}),
    "barcode": frozenset({"devices"}),
    "biip": frozenset({"devices"}),
    "typst": frozenset({"wms.exports"}),
    "xlsxwriter": frozenset({"wms.exports"}),
}

#: Only the valve writes these; see ARCHITECTURE.md, invariant 1. Classes are for reading, the texts for writing.
FACTS: Final = frozenset({"StockMove", "Balance", "BookFact", "BookLink", "Posting", "OpenRow"})
WRITTEN: Final = re.compile(
    r"\b(insert\s+into|update|delete\s+from)\s+(stock_move|balance|book_fact|book_link|posting|open_row)\b",
    re.IGNORECASE,
)
VALVE: Final = "wms.ledger.posting"
SCENE: Final = "wms.ledger.scene"
STATEMENTS: Final = "wms.ledger.statements"

LINES_OF_A_FUNCTION: Final = 60
LINES_OF_A_FILE: Final = 400
LINES_OF_A_TEMPLATE: Final = 120


def module_name(path: Path) -> str:
    """The dotted name of a file of ours."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the product, parsed."""
    paths = [
        path for top in ("config", "wms", "routing", "devices") for path in sorted((ROOT / top).rglob("*.py"))
    ]
    return {module_name(path): ast.parse(path.read_text("utf-8")) for path in [*paths, *ROOT.glob("wsgi.py")]}


@cache
def package_of(module: str) -> str | None:
    """The entry of the table a module belongs to; `wms` stands for its own file only."""
    known = {package for row in ROWS for package in row}
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in known and (name != "wms" or module == "wms"):
            return name
    return None


def row_of(package: str) -> int:
    """Number of the row, the edges' being 0."""
    return next(number for number, row in enumerate(ROWS) if package in row)


def imports(module: str) -> Iterator[tuple[str, int]]:
    """Absolute names a module imports, with their lines; `from a import b` names `a.b` when that is a module."""
    for node in ast.walk(sources()[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively; say the whole name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in sources() else str(node.module)), node.lineno


def test_every_module_has_its_row() -> None:
    """A package without a place in the table is a decision nobody took."""
    assert [module for module in sources() if package_of(module) is None] == []


def test_modules_import_downward_only() -> None:
    """Upward and sideways imports are named with their line."""
    wrong = []
    for module in sources():
        package = package_of(module)
        for name, line in imports(module):
            other = package_of(name)
            if package is None or other is None or other == package:
                continue
            if row_of(other) <= row_of(package):
                wrong.append(f"{module}:{line} imports {name}")

    assert wrong == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_known_only_where_it_belongs(library: str) -> None:
    """So that it can be replaced in one place, and the rest be tested without it."""
    wrong = [
        f"{module}:{line}"
        for module in sources()
        for name, line in imports(module)
        if name.split(".")[0] == library and package_of(module) not in LIBRARIES[library]
    ]

    assert wrong == []


def test_only_the_valve_makes_facts() -> None:
    """Nobody else constructs a move, a balance or a book fact, nor writes one in SQL or past its class."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in sources().items()
        if module not in {VALVE, STATEMENTS}
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and made_or_written(node) in FACTS)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and WRITTEN.search(node.value))
    ]

    assert wrong == []


def test_only_the_valve_knows_the_statements() -> None:
    """The texts that write facts have one caller; what it decides on is read and locked beside it."""
    callers = {module for module in sources() for name, _ in imports(module) if name == STATEMENTS}

    assert callers <= {VALVE, SCENE}


def made_or_written(call: ast.Call) -> str | None:
    """The class a call constructs, or gives to `insert`, `update` or `delete`."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", None)
    if name in {"insert", "update", "delete"} and call.args and isinstance(call.args[0], ast.Name):
        return call.args[0].id
    return name


def test_planner_and_gateway_run_without_the_warehouse() -> None:
    """They know neither Flask nor a database."""
    forbidden = {"flask", "sqlalchemy", "psycopg", "wms", "alembic", "procrastinate"}
    wrong = [
        f"{module}:{line} imports {name}"
        for module in sources()
        if module.split(".")[0] in {"routing", "devices"}
        for name, line in imports(module)
        if name.split(".")[0] in forbidden
    ]

    assert wrong == []


def largest(sizes: dict[str, int], *, limit: int) -> list[str]:
    """Print the ten largest; name those past the limit."""
    ranked = sorted(sizes.items(), key=lambda item: -item[1])
    for name, lines in ranked[:10]:
        print(f"{lines:5} {name}")
    return [f"{name}: {lines} lines" for name, lines in ranked if lines > limit]


def test_functions_keep_their_size() -> None:
    """Past the limit, a noun is missing."""
    sizes = {
        f"{module}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert largest(sizes, limit=LINES_OF_A_FUNCTION) == []


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [
        ("**/*.py", LINES_OF_A_FILE),
        ("**/*.js", LINES_OF_A_FILE),
        ("**/*.html", LINES_OF_A_TEMPLATE),
    ],
)
def test_files_keep_their_size(pattern: str, limit: int) -> None:
    """One concept, one file; one question, one template."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for top in ("config", "wms", "routing", "devices")
        for path in (ROOT / top).glob(pattern)
    }

    assert largest(sizes, limit=limit) == []
