"""The keeper: ``python -m wms.embedded FOLDER`` runs a private PostgreSQL while anybody uses it.

It restarts a server that was killed, refuses a folder that another keeper holds, and leaves when nobody has
held the users' lock for a while. It has one thread: the server asks the kernel to be told when that one ends.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from wms.embedded import ALREADY_KEPT
from wms.embedded.folder import Folder, NoDatabase, take
from wms.embedded.server import Server

#: Seconds without a user until the keeper leaves.
LINGER_S: Final = 5.0
#: A server that dies this often within a minute is not started again.
DEATHS_MAX: Final = 5


class _Told(Exception):
    """Somebody asked the keeper to end."""


def _told(_signal: int, _frame: object) -> None:
    raise _Told


def _take_place(folder: Folder) -> int | None:
    """The keeper's lock; somebody who only looks whether it is held has it for a moment, so ask more than once."""
    for _ in range(5):
        if (alone := take(folder.keeper_lock)) is not None:
            return alone
        time.sleep(0.05)
    return None


def _say(lock: int, word: str) -> None:
    """Write our process id and how we are into the keeper's lock, for those who wait."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()} {word}\n".encode(), 0)


def keep_until_unused(folder: Folder, server: Server, *, say: Callable[[str], None], linger_s: float) -> int:
    """Watch server and users; returns the users' lock, taken alone, once nobody is left.

    Whoever comes after that waits for the lock and then starts a keeper of their own.
    """
    deaths: deque[float] = deque(maxlen=DEATHS_MAX)
    server.start()
    say("ready")
    unused_since: float | None = None
    while True:
        if not server.is_running():
            deaths.append(time.monotonic())
            if len(deaths) == DEATHS_MAX and deaths[-1] - deaths[0] < 60:
                raise NoDatabase(f"the private database keeps dying: {server.last_fault()}")
            say("starting")
            server.start()
            say("ready")
        if folder.is_used():
            unused_since = None
        elif unused_since is None:
            unused_since = time.monotonic()
        elif time.monotonic() - unused_since > linger_s:
            if (alone := take(folder.users_lock)) is not None:
                return alone
            unused_since = None
        time.sleep(0.2)


def main() -> int:
    """Keep; 0 when no longer needed, 3 when another keeper was quicker, 1 with a sentence otherwise."""
    parser = argparse.ArgumentParser(prog="python -m wms.embedded", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the database, usually var/postgres")
    parser.add_argument("--temporary", action="store_true", help="for tests: never flush, remove at the end")
    arguments = parser.parse_args()
    folder = Folder(arguments.folder)
    # The starter's folder may be removed or unmounted while we live.
    os.chdir("/")
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, _told)
    server: Server | None = None
    try:
        folder.prepare()
        alone = _take_place(folder)
        if alone is None:
            print(f"{folder.path} is kept already by process {folder.keeper()}", file=sys.stderr)
            return ALREADY_KEPT
        _say(alone, "starting")
        server = Server(folder, temporary=arguments.temporary)
        keep_until_unused(
            folder, server, say=partial(_say, alone), linger_s=1.0 if arguments.temporary else LINGER_S
        )
    except _Told:
        pass
    except (NoDatabase, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)
        if server is not None:
            server.stop()
            if arguments.temporary:
                shutil.rmtree(server.place, ignore_errors=True)
                shutil.rmtree(folder.path, ignore_errors=True)
    return 0


if __name__ == "__main__":
    # No tidying up by the interpreter: the locks go with the process, after the server has gone.
    status = main()
    sys.stderr.flush()
    os._exit(status)
