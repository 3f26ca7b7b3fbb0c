"""Which scenario a simulated site plays, who plays it, and how another process asks it for a different one."""

import fcntl
import json
import os
import time
from enum import StrEnum
from pathlib import Path

from devices.registry import Registry


class Scenario(StrEnum):
    NORMAL = "normal"
    EXCURSION = "excursion"
    LATE = "late"
    UNPLUG = "unplug"
    NOISE = "noise"
    DUPLICATE = "duplicate"
    CLOCK_SKEW = "clock_skew"


class SitePlayed(Exception):
    """Another process plays the site already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The site in {folder} is being played by another process.")


def site_folder(registry: Registry) -> Path:
    """Where a simulated site keeps its broker's files and its wish."""
    return registry.gateway.data_dir / "site"


def is_played(folder: Path) -> bool:
    """Whether a process plays the site in the folder now."""
    try:
        with (folder / "playing.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def wish(folder: Path, scenario: Scenario, *, seconds: float) -> float:
    """Ask the process that plays the site for another scenario, for so long; returns the wish's name."""
    at = time.time()
    half = folder / f"wish.json.{os.getpid()}"
    half.write_text(json.dumps({"scenario": scenario.value, "at": at, "until": at + seconds}))
    half.replace(folder / "wish.json")
    return at


def wished(folder: Path) -> tuple[Scenario | None, float]:
    """What somebody wishes now, and when it was said."""
    try:
        said = json.loads((folder / "wish.json").read_text())
        if time.time() < float(said["until"]):
            return Scenario(said["scenario"]), float(said["at"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None, 0.0


def withdraw(folder: Path, name: float) -> None:
    """Wish it no more; what somebody else wishes by now is left alone."""
    if wished(folder)[1] == name:
        (folder / "wish.json").unlink(missing_ok=True)


def claim(folder: Path) -> int:
    """The lock of whoever plays the site, to be closed at the end; raises SitePlayed."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "playing.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise SitePlayed(folder) from None
    (folder / "wish.json").unlink(missing_ok=True)
    return lock
