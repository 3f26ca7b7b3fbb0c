"""The whole application over a database of its own, with one person per role."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config.settings import Settings
from tests.databases import Database, keys_folder
from tests.web.sample_flow import SAMPLE
from wms import create_app
from wms.audit import AuditEntry
from wms.auth import users
from wms.auth.permissions import Role
from wms.db import Sessions, run
from wms.floor.flows import Flow
from wms.sealed import Keyring, hang_keyring

# argon2 is slow on purpose, and tests sign in a few hundred times
users._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
users._NOBODY_HASH = users._HASHER.hash("nobody")

PASSWORD = "a long enough secret"
BADGE = "U1BADGEOF{role}"
PIN = "2580"
NOON = "2026-11-24T12:00:00+08:00"
BASE = "https://wms.test"


@dataclass(frozen=True, kw_only=True)
class Site:
    app: Flask
    sessions: Sessions
    clock: Path

    def set_clock(self, moment: str | datetime) -> None:
        """Only tests may."""
        self.clock.write_text(moment if isinstance(moment, str) else moment.isoformat(), "utf-8")

    def client(self) -> FlaskClient:
        """A browser nobody is signed in with."""
        return self.app.test_client()

    def signed_in(self, role: Role) -> FlaskClient:
        """A browser with a person of the role signed in by password."""
        client = self.client()
        answer = client.post("/sign-in", data={"name": role.value, "password": PASSWORD}, **secure(client))
        assert answer.status_code == 303, answer.text
        return client

    def token(self, role: Role) -> dict[str, str]:
        """Headers of a program that acts as the person of the role."""
        at = datetime.fromisoformat(self.clock.read_text("utf-8"))
        text = run(
            self.sessions,
            lambda session: users.make_token(
                session, users.find_user(session, role.value), name="test", days=9999, at=at
            ),
            by_id=0,
            action="token.add",
        )
        return {"Authorization": f"Bearer {text}", "Idempotency-Key": str(uuid4())}

    def audit(self) -> list[AuditEntry]:
        """Every entry so far."""
        with self.sessions() as session:
            return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def secure(client: FlaskClient) -> dict[str, Any]:
    """What a form of ours carries: a token for this browser's cookie."""
    page = client.get("/h/sign-in", base_url=BASE)
    if page.status_code in {302, 303}:
        page = client.get("/h/", base_url=BASE)
    token = page.text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    return {"headers": {"X-CSRFToken": token, "Referer": f"{BASE}/"}, "base_url": BASE}


@contextmanager
def make_site(
    database: Database, folder: Path, *, flows: Sequence[Flow] | None = (SAMPLE,), **settings: str
) -> Iterator[Site]:
    """An application of its own with the sample flow (or its real ones: none), and one person per role."""
    clock = folder / "clock"
    clock.write_text(NOON, "utf-8")
    environ = {
        "WMS_DATABASE_URL": database.url,
        "WMS_OWNER_DATABASE_URL": database.owner_url,
        "WMS_DATA_DIR": str(folder),
        "WMS_TESTING": "true",
        "WMS_CLOCK": str(clock),
        "WMS_SECURE_COOKIES": "true",
        **{f"WMS_{name.upper()}": value for name, value in settings.items()},
    }
    app = create_app(Settings.load(environ), flows=flows)
    house = app.extensions["wms"]
    # one set of keys for the site and for whoever looks into its database
    hang_keyring(house.engine, Keyring(keys_folder(), house.clock.month))

    def people(session: Any) -> None:
        for role in Role:
            user = users.add_user(
                session, name=role.value, display_name=f"测试{role.value}", role=role, at=house.clock.now()
            )
            users.set_password(session, user, PASSWORD)
            users.set_badge(session, user, badge=BADGE.format(role=role), pin=PIN)

    run(house.sessions, people, by_id=0, action="test.people")
    try:
        yield Site(app=app, sessions=house.sessions, clock=clock)
    finally:
        house.engine.dispose()
