"""Sixty-four programs ask a running web server for the same goods: exactly what there is is granted.

After some eight requests each all is gone, and what is asked then is refused: fifty are tried each time, two hundred in
a drill. The ledger itself is asked two hundred times by each of sixty-four in `tests/ledger/test_races.py`.
"""

import http.client
import json
import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from config.settings import Settings
from tests.databases import Database
from tests.makers import lay_stock
from wms.auth import users
from wms.auth.permissions import Role
from wms.db import run
from wms.ledger.moves import Balance
from wms.ledger.places import Location
from wms.ledger.verify import verify
from wms.supervisor import web_command

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, THERE = 64, 500


@pytest.fixture
def server(fresh_database: Database, tmp_path: Path) -> Iterator[tuple[int, str, int]]:
    """Gunicorn with two processes of eight threads; gives port, a keeper's token and the lot."""

    def prepare(session: object) -> tuple[str, int]:
        from datetime import UTC, datetime

        laid = lay_stock(session, f"BIN-A: {THERE} × L1; BIN-B:")  # type: ignore[arg-type]
        user = users.add_user(
            session, name="keeper", display_name="k", role=Role.KEEPER, at=datetime.now(UTC)
        )  # type: ignore[arg-type]
        token = users.make_token(session, user, name="race", days=1, at=datetime.now(UTC))  # type: ignore[arg-type]
        return token, laid.lots["L1"].id

    token, lot_id = run(fresh_database.sessions, prepare, by_id=0, action="test.prepare")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {
        "WMS_DATABASE_URL": fresh_database.url,
        "WMS_OWNER_DATABASE_URL": fresh_database.owner_url,
        "WMS_DATA_DIR": str(tmp_path),
        "WMS_PORT": str(port),
        # All that is asked for at once comes with one token.
        "WMS_API_CALLS_PER_MINUTE": "1000000",
    }
    process = subprocess.Popen(
        web_command(Settings.load(environ)), env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port, token, lot_id
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the web server did not come up")


@pytest.mark.parametrize("requests", [50, pytest.param(200, marks=pytest.mark.drill)])
def test_exactly_what_there_is_is_granted_over_http(
    server: tuple[int, str, int], fresh_database: Database, requests: int
) -> None:
    """A retry after a broken connection carries the same key and is not granted twice."""
    port, token, lot_id = server
    move = {"source": "BIN-A", "target": "BIN-B", "lot_id": lot_id, "quantity": 1}
    body = json.dumps({"moves": [move]})

    def client(_number: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _ in range(requests):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
            for _try in range(5):
                try:
                    connection.request("POST", "/api/moves", body, headers)
                    answer = connection.getresponse()
                    answer.read()
                    break
                except (OSError, http.client.HTTPException):
                    connection.close()
            statuses[answer.status] += 1
        connection.close()
        return statuses

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = sum(pool.map(client, range(CLIENTS)), Counter[int]())

    print(dict(statuses))
    assert statuses[200] == THERE
    assert statuses[200] + statuses[409] == CLIENTS * requests
    with fresh_database.sessions() as session:
        query = select(Balance.on_hand).join(Location, Location.id == Balance.location_id)
        assert session.scalars(query.where(Location.code == "BIN-B")).one() == statuses[200]
        assert verify(session) == []
