"""A bare process that posts and posts until it is killed; says its backend's number first."""

import itertools
import sys

from sqlalchemy import text

from tests.makers import NOON
from wms.db import make_engine, make_sessions, run
from wms.ledger.moves import Move
from wms.ledger.posting import post


def main(url: str, one: int, other: int, lot_id: int) -> None:
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        print(connection.execute(text("select pg_backend_pid()")).scalar_one(), flush=True)
    sessions = make_sessions(engine)
    for number in itertools.count():
        source, target = (one, other) if number % 2 else (other, one)
        asked = Move(
            source_id=source, source_lot_id=lot_id, target_id=target, target_lot_id=lot_id, quantity=1
        )
        run(
            sessions,
            lambda session, asked=asked: post(session, [asked] * 20, occurred_at=NOON),  # type: ignore[misc]
            by_id=1,
            action="kill.me",
        )


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
