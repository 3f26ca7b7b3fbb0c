"""What is drafted leaves whole, is tried until it is taken, and somebody is told when it is not or has no answer."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.filings import payment
from tests.databases import Database
from tests.web.site import BASE, Site, make_site
from wms.alerts import Alert, acknowledge, open_alerts
from wms.auth.permissions import Role
from wms.customs.sending import TRIES_BEFORE_ALARM, ClientAddress, OutgoingFolder, channel, send_all
from wms.db import run
from wms.orders.alarms import raise_alarms
from wms.outbox import OutboxMessage, tell

DEMO = Path(__file__).parents[2] / "config" / "demo"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
PAYLOAD = "<ceb:CEB621Message>甲</ceb:CEB621Message>".encode()


def draft(database: Database, *, count: int = 1) -> None:
    with database.sessions.begin() as session:
        for _ in range(count):
            tell(session, destination="single_window", kind="CEB621", payload=PAYLOAD, at=NOON)


def waiting(database: Database) -> list[OutboxMessage]:
    with database.sessions() as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None))))


def test_messages_lie_in_the_folder_whole_and_for_their_owner_only(
    fresh_database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    draft(fresh_database, count=2)

    sent = list(send_all(fresh_database.sessions, channel(url="", folder=folder), now=lambda: NOON))

    assert len(sent) == 2
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [f"CEB621-{number:08d}.xml" for number in sorted(sent)]
    assert {path.read_bytes() for path in files} == {PAYLOAD}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert waiting(fresh_database) == []


def test_a_folder_that_cannot_be_written_keeps_the_message_and_tells_somebody(
    fresh_database: Database, tmp_path: Path
) -> None:
    """Tried again later and later; after five tries a person is told, and the message still leaves afterwards."""
    blocked = tmp_path / "out"
    blocked.write_text("a file stands where the folder belongs", "utf-8")
    draft(fresh_database)
    clock = [NOON]

    def now() -> datetime:
        return clock[-1]

    for _ in range(TRIES_BEFORE_ALARM):
        assert list(send_all(fresh_database.sessions, OutgoingFolder(root=blocked), now=now)) == []
        clock.append(waiting(fresh_database)[0].next_try_at)

    with fresh_database.sessions() as session:
        told = session.scalars(select(Alert)).one()
    assert (told.kind, told.facts["tries"]) == ("outbox.stuck", TRIES_BEFORE_ALARM)
    assert str(blocked) in str(waiting(fresh_database)[0].last_error)
    assert now() > NOON + timedelta(hours=1)
    blocked.unlink()
    assert len(list(send_all(fresh_database.sessions, OutgoingFolder(root=blocked), now=now))) == 1


class Client(BaseHTTPRequestHandler):
    """A client of the single window that is out of order once, and then takes what comes."""

    taken: list[tuple[str, bytes]]
    broken: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = type(self)
        if kind.broken:
            kind.broken -= 1
            self.send_response(503)
        else:
            kind.taken.append((self.headers["Idempotency-Key"], body))
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def client_url() -> Iterator[str]:
    Client.taken, Client.broken = [], 1
    server = HTTPServer(("127.0.0.1", 0), Client)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/take"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_client_that_fails_once_gets_the_message_the_next_time(
    fresh_database: Database, client_url: str
) -> None:
    draft(fresh_database)
    deliver = channel(url=client_url, folder=Path("unused"))

    assert list(send_all(fresh_database.sessions, deliver, now=lambda: NOON)) == []
    assert "HTTP 503" in str(waiting(fresh_database)[0].last_error)
    later = NOON + timedelta(minutes=2)
    (number,) = send_all(fresh_database.sessions, deliver, now=lambda: later)

    assert Client.taken == [(f"CEB621-{number}", PAYLOAD)]


def test_a_client_nobody_answers_for_is_an_error_with_a_reason(fresh_database: Database) -> None:
    draft(fresh_database)

    list(send_all(fresh_database.sessions, ClientAddress(url="http://127.0.0.1:9/"), now=lambda: NOON))

    assert "refused" in str(waiting(fresh_database)[0].last_error).lower()


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """The demonstration zone, opened by the command line."""
    with make_site(fresh_database, tmp_path, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        yield site


def test_who_waits_too_long_is_told_once_and_again_a_day_after_somebody_took_note(site: Site) -> None:
    """A list without an answer after four hours, an order without its papers after a day: the rules' own figures."""
    hand_in(site, (DEMO / "messages" / "1-INV101.xml").read_bytes())
    hand_in(site, payment(1).encode())
    site.app.test_cli_runner().invoke(args=["orders", "match"])

    def waits(hours: float) -> list[str]:
        at = NOON + timedelta(hours=hours)
        run(site.sessions, lambda s: raise_alarms(s, day=at.date(), at=at), by_id=0, action="test.alarms")
        wanted = Alert.kind.in_(("receipt.missing", "order.incomplete")), Alert.acknowledged_at.is_(None)
        with site.sessions() as session:
            found = session.scalars(select(Alert).where(*wanted).order_by(Alert.id))
            return [f"{alert.kind} {alert.times}" for alert in found]

    assert waits(3.9) == []
    assert waits(4.1) == ["receipt.missing 1"]
    assert waits(23.9) == ["receipt.missing 1"]
    assert waits(24.1) == ["receipt.missing 1", "order.incomplete 1"]
    run(site.sessions, lambda s: take_note(s, at=NOON + timedelta(hours=25)), by_id=0, action="test.note")
    assert waits(26) == []
    assert waits(50) == ["receipt.missing 1", "order.incomplete 1"]


def hand_in(site: Site, raw: bytes) -> None:
    headers = site.token(Role.DECLARANT) | {"X-File-Name": "x.xml"}
    answer = site.client().post("/api/messages", data=raw, headers=headers, base_url=BASE)
    assert answer.status_code == 201, answer.text


def take_note(session: Session, *, at: datetime) -> None:
    for alert in open_alerts(session):
        acknowledge(session, alert.id, note="asked", by_id=1, at=at)
