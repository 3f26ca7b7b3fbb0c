"""A process with many connections that all ask for one unit of the same balance; says how often it got it."""

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from tests.databases import MONTH, keys_folder
from tests.makers import NOON
from wms.arrays import teach_lists
from wms.ledger.moves import Move
from wms.ledger.posting import post
from wms.scans import run_once
from wms.sealed import Keyring, hang_keyring


def main(url: str, source: int, target: int, lot_id: int, connections: int, requests: int) -> None:
    asked = Move(source_id=source, source_lot_id=lot_id, target_id=target, target_lot_id=lot_id, quantity=1)

    def ask_often(_thread: int) -> Counter[str]:
        # A connection of its own for the whole run, as 64 separate clients would have.
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
        event.listen(engine, "connect", lambda connection, _record: teach_lists(connection))
        hang_keyring(engine, Keyring(keys_folder(), lambda: MONTH))
        answers: Counter[str] = Counter()
        with engine.connect() as connection:
            sessions = sessionmaker(connection)
            for _ in range(requests):
                answers[_ask(sessions, asked)] += 1
                connection.rollback()
        engine.dispose()
        return answers

    total: Counter[str] = Counter()
    with ThreadPoolExecutor(connections) as pool:
        for answers in pool.map(ask_often, range(connections)):
            total += answers
    for word, times in total.items():
        print(word, times)


def _ask(sessions: sessionmaker[Session], asked: Move) -> str:
    answered = run_once(
        sessions,
        lambda session: _take(session, asked),
        by_id=1,
        action="race.take",
        request_id=uuid4(),
        content="one please",
    )
    return "granted" if answered.refused is None else answered.refused.code


def _take(session: Session, asked: Move) -> dict[str, int]:
    return {"posting": post(session, [asked], occurred_at=NOON).posting_id}


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
