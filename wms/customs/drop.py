"""The drop folder: a file laid into `in` is a message; a line in `done` or `refused` says what became of it.

A file is claimed by renaming it, so several watchers never take one twice; what a killed watcher left claimed is taken
again at the next start, and the procedures know a repeated message. Names that begin with a dot or end in `.part` are
still being written.
"""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.orm import Session, sessionmaker

from wms.customs.doors import Received, receive, refuse_unread
from wms.customs.effects import Desk
from wms.customs.inbox import Outcome
from wms.i18n import Sentence

_log = structlog.get_logger(__name__)
POLL_S = 1.0
#: Longest name in a folder is 255 bytes; our number, a hyphen and `.reason.txt` come to it.
_NAME_BYTES_MAX: Final = 220


@dataclass(frozen=True, kw_only=True)
class DropFolder:
    """The four rooms of the folder, made when missing."""

    root: Path
    in_words: Callable[[Sentence], str] = str
    """the site's language, for the reasons laid beside what was refused"""

    def __post_init__(self) -> None:
        (self.root / "in").mkdir(parents=True, exist_ok=True)
        for room in ("taken", "done", "refused"):
            (self.root / room).mkdir(exist_ok=True)
            (self.root / room).chmod(0o700)

    def waiting(self) -> list[Path]:
        """Whole files in `in`, by name."""
        return sorted(
            path
            for path in (self.root / "in").iterdir()
            if path.is_file()
            and not path.is_symlink()
            and not path.name.startswith(".")
            and path.suffix != ".part"
        )

    def claim(self, path: Path) -> Path | None:
        """Take a file for ourselves; none when another watcher was faster, or one of its name is not done yet."""
        taken = self.root / "taken" / path.name
        if taken.exists():
            # renaming would replace it, and a message would be lost
            return None
        try:
            return path.rename(taken)
        except FileNotFoundError:
            return None

    def left_behind(self) -> list[Path]:
        """What a watcher that was killed had claimed."""
        return sorted(path for path in (self.root / "taken").iterdir() if path.is_file())

    def put_away(self, taken: Path, received: Received, *, is_kept: bool) -> None:
        """A line in `done` or `refused` says what became of it; the bytes go, now that the inbox has them sealed.

        Left here they would name persons to whoever reads this disk, and longer than their keys last. Only a file too
        large to be read, which nothing else keeps, moves whole into `refused`.
        """
        # a name as long as the file system allows has no room for our number before it
        name = taken.name if len(os.fsencode(taken.name)) < _NAME_BYTES_MAX else f"{taken.name[:60]}…"
        target = f"{received.message_id}-{name}"
        if received.outcome is Outcome.REFUSED:
            line, said = self.root / "refused" / f"{target}.reason.txt", received.reason
        else:
            line, said = self.root / "done" / f"{target}.txt", received.outcome.value
        line.write_text(f"{said}: {self.in_words(received.said)}\n", "utf-8")
        if is_kept:
            taken.unlink()
        else:
            taken.rename(self.root / "refused" / target)


def take_all(
    sessions: sessionmaker[Session], folder: DropFolder, *, desk: Callable[[], Desk]
) -> Iterator[Received]:
    """Take every file that waits, those left behind first.

    What goes wrong with one file does not keep the others out: it stays claimed, and the first failure is raised
    at the end.
    """
    claimed = [*folder.left_behind(), *filter(None, map(folder.claim, folder.waiting()))]
    failures: list[Exception] = []
    for path in claimed:
        try:
            at = desk()
            is_kept = path.stat().st_size <= at.settings.message_bytes_max
            received = _take(sessions, path, is_kept=is_kept, desk=at)
            folder.put_away(path, received, is_kept=is_kept)
        except Exception as failure:
            failures.append(failure)
        else:
            yield received
    if failures:
        raise failures[0]


def _take(sessions: sessionmaker[Session], path: Path, *, is_kept: bool, desk: Desk) -> Received:
    if not is_kept:
        size = path.stat().st_size
        return refuse_unread(sessions, size_bytes=size, file_name=path.name, door="drop", desk=desk)
    return receive(sessions, raw=path.read_bytes(), file_name=path.name, door="drop", desk=desk)


def watch(
    sessions: sessionmaker[Session],
    folder: DropFolder,
    *,
    desk: Callable[[], Desk],
    stop: threading.Event,
) -> None:
    """Take files as they come, until told to stop. A failure is logged and tried again, the file stays claimed."""
    while not stop.wait(POLL_S):
        try:
            for received in take_all(sessions, folder, desk=desk):
                _log.info("drop.taken", message=received.message_id, outcome=received.outcome.value)
        except Exception:
            # The watcher is an edge: whatever goes wrong with one file must not end it.
            _log.exception("drop.failed")
            stop.wait(POLL_S * 5)
