"""Bare processes that post and post until they are killed.

For each line it reads, a process is forked that says its own number and its backend's, and then posts. Forking
from one that has everything imported keeps twenty kills within seconds.
"""

import itertools
import os
import signal
import sys

from sqlalchemy import text

from tests.makers import NOON
from wms.db import make_engine, make_sessions, run
from wms.ledger.moves import Move
from wms.ledger.posting import post


def post_until_killed(url: str, one: int, other: int, lot_id: int) -> None:
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        backend = connection.execute(text("select pg_backend_pid()")).scalar_one()
    print(os.getpid(), backend, flush=True)
    sessions = make_sessions(engine)
    there_and_back = [
        Move(source_id=a, source_lot_id=lot_id, target_id=b, target_lot_id=lot_id, quantity=1)
        for a, b in ((one, other), (other, one))
    ]
    for _ in itertools.count():
        run(
            sessions,
            lambda session: post(session, there_and_back * 10, occurred_at=NOON),
            by_id=1,
            action="kill.me",
        )


def main() -> None:
    url, places = sys.argv[1], [int(word) for word in sys.argv[2:]]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        if os.fork() == 0:
            try:
                post_until_killed(url, *places)
            finally:
                os._exit(1)


if __name__ == "__main__":
    main()
