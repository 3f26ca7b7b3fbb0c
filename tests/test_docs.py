"""What the documents say is so."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENTS: Final = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/glossary.md")
#: Packages whose tables are words of the trade; the others' are our own machinery.
DOMAIN: Final = ("registry", "ledger", "customs", "orders", "shop", "sensing", "shipments")


def read(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text("utf-8")


def targets() -> dict[str, str]:
    """Make's targets with what they say of themselves."""
    return dict(re.findall(r"^([a-z-]+):.*?## (.+)$", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_named_exists(document: str) -> None:
    """A word in backticks with a slash in it is a path; links too."""
    text = read(document)
    named = re.findall(r"`([\w./-]*/[\w./-]*)`", text)
    named += [
        str((ROOT / document).parent.relative_to(ROOT) / link)
        for link in re.findall(r"\]\(([^):#]+)\)", text)
    ]
    # What a run makes is not in the tree.
    missing = [path for path in named if not (ROOT / path).exists() and not path.startswith(("var/", "/"))]

    assert missing == []


def test_every_room_is_on_the_map() -> None:
    """Packages and modules at the top of each tree; what stands deeper is found from there."""
    named = set(re.findall(r"`([\w./-]+)`", read("ARCHITECTURE.md").partition("## Invariants")[0]))
    rooms = {
        str(path.relative_to(ROOT)) + "/" * path.is_dir()
        for path in [
            *(ROOT / "wms").iterdir(),
            ROOT / "routing",
            ROOT / "devices",
            ROOT / "bench",
            ROOT / "config",
        ]
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }

    assert rooms - named == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_named_is_a_target(document: str) -> None:
    """In backticks or in a block of code."""
    named = set(re.findall(r"^make ([a-z-]+)|`(?:[A-Z_]+=\S+ )*make ([a-z-]+)", read(document), re.MULTILINE))

    assert {one or other for one, other in named} - targets().keys() == set()


def test_the_first_screen_names_the_two_commands() -> None:
    """A newcomer scrolls nowhere."""
    first = "\n".join(read("README.md").splitlines()[:25])

    assert "\nmake run " in first
    assert "\nmake test " in first


def test_make_alone_lists_every_target() -> None:
    """Each target has its sentence, and the list is what is printed."""
    declared = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)) - {"venv", "venv-dev"}
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert declared == targets().keys()
    assert set(re.findall(r"^  make ([a-z-]+) ", printed, re.MULTILINE)) == declared


def test_every_module_make_starts_exists() -> None:
    """`python -m` of something that is not there would be an empty promise."""
    named = set(re.findall(r"-m ([\w.]+)", read("Makefile")))
    # Benches are long, and tried by being run.
    ours = {name for name in named if (ROOT / name.split(".")[0]).is_dir() and not name.startswith("bench.")}
    files = {name: ROOT.joinpath(*name.split(".")) for name in ours}

    assert ours
    assert [
        n
        for n, path in files.items()
        if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists()
    ] == []


def defined(path: Path) -> set[str]:
    """Classes a module defines."""
    return {
        node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)
    }


def test_every_word_of_the_glossary_is_a_class_in_its_home() -> None:
    """A word whose class was renamed or moved is changed here too."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| `(.*?)` \|$", read("docs/glossary.md"), re.MULTILINE)
    homeless = [word for word, _, _, home in rows if word not in defined(ROOT / home)]
    without_chinese = [word for word, chinese, _, _ in rows if not re.search(r"[\u4e00-\u9fff]", chinese)]

    assert rows
    assert homeless == []
    assert without_chinese == []


def test_every_table_of_the_trade_is_in_the_glossary() -> None:
    """A new noun is explained on the day it is stored."""
    words = set(re.findall(r"^\| `(\w+)` \|", read("docs/glossary.md"), re.MULTILINE))
    tables = {
        f"{path.relative_to(ROOT)} {node.name}"
        for package in DOMAIN
        for path in (ROOT / "wms" / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Base" for base in node.bases)
        and node.name not in words
    }

    assert tables == set()


def test_every_module_with_tables_is_listed_for_the_migrations() -> None:
    """A module that is not imported would be compared as if its tables were to be dropped."""
    from wms.tables import MODULES

    with_tables = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "wms").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Base" for base in node.bases)
    }

    assert with_tables == set(MODULES)


def test_the_data_dictionary_is_what_the_tables_say() -> None:
    """After a change of a table: make dictionary."""
    from wms.dictionary import FILE, data_dictionary

    assert FILE.read_text("utf-8") == data_dictionary()


def pins(name: str) -> dict[str, str]:
    """Packages a requirements file pins."""
    return {
        package.lower().replace("_", "-"): version
        for package, version in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", read(name), re.MULTILINE)
    }


def test_the_locks_hold_what_is_asked_for_and_agree() -> None:
    """What is tested is what runs; every package has a hash; no index is named."""
    running, developing = pins("requirements.lock"), pins("requirements-dev.lock")

    assert pins("requirements.txt").items() <= running.items()
    assert pins("requirements-dev.txt").items() <= developing.items()
    assert running.items() <= developing.items()
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in read(name)
        assert len(re.findall(r"==[\w.]+ \\\n    --hash=sha256:", read(name))) == len(pins(name))


def test_every_decision_says_situation_choice_and_cost() -> None:
    """One page each, numbered without gaps."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [path.name[:4] for path in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        text = path.read_text("utf-8")
        assert all(f"**{part}.**" in text for part in ("Situation", "Choice", "Cost")), path.name
        assert len(text.splitlines()) <= 60
