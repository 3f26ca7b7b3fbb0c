"""A real worker beside a real database: what no document explains is a case within a minute of its commit."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.databases import Database, TestServer
from tests.ledger.days import clean_day
from tests.ledger.superuser import superuser

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60


def cases(database: Database) -> list[tuple[str, str]]:
    with database.engine.connect() as connection:
        rows = connection.execute(text("select kind, state from discrepancy order by id")).all()
    return [(row[0], row[1]) for row in rows]


@pytest.mark.drill
def test_the_worker_tells_within_a_minute_of_the_commit(
    fresh_database: Database, database_server: TestServer, tmp_path: Path
) -> None:
    """Nothing on the clean day; then one case, once, however many rounds follow."""
    clean_day(fresh_database.sessions, moves=200)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")} | {
        "WMS_DATABASE_URL": fresh_database.url,
        "WMS_OWNER_DATABASE_URL": fresh_database.owner_url,
        "WMS_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "work"]
    with subprocess.Popen(command, cwd=ROOT, env=environ) as worker:
        try:
            time.sleep(75)
            assert cases(fresh_database) == [], "a clean day has no finding"
            with superuser(database_server, fresh_database) as intruder:
                intruder.execute(
                    text("""
                        update book_fact set quantity = quantity + 3 where id = (
                            select max(id) from book_fact where kind = 'MOVED' and side = 'IN')
                    """)
                )
                intruder.commit()
            committed = time.monotonic()
            while not cases(fresh_database) and time.monotonic() - committed < WITHIN_S:
                time.sleep(0.5)
            took = time.monotonic() - committed
            time.sleep(25)
        finally:
            worker.terminate()
            worker.wait(80)

    print(f"the case stood {took:.1f} s after the commit")
    assert took < WITHIN_S
    assert cases(fresh_database) == [("UNEXPLAINED", "OPEN")]
