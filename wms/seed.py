"""The demonstration zone: its registry, a first lorry at the gate, and people with made-up secrets.

Secrets are made when the zone is first loaded and kept in a file only its owner can read; nothing of the kind stands
in the repository.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.customs_rules import CustomsRules
from config.settings import Settings
from wms.auth import users
from wms.auth.permissions import Role
from wms.auth.users import SYSTEM_ID, User
from wms.customs.doors import receive
from wms.customs.effects import Desk
from wms.customs.inbox import InboxMessage
from wms.db import run
from wms.demo.day import play_day
from wms.kept_key import kept_key
from wms.ledger.book import AccountBook
from wms.orders.merchants import merchants_of
from wms.orders.procedures import PROCEDURES
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.zone import ZoneLoaders

FOLDER: Final = Path(__file__).resolve().parent.parent / "config" / "demo"
#: The account book of the demonstration zone.
BOOK: Final = "T8890W000026"
_FLOOR: Final = (Role.KEEPER, Role.SUPERVISOR)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A demonstration person: role, name and password, to be shown where the system starts."""

    role: str
    name: str
    password: str


def seed(sessions: sessionmaker[Session]) -> tuple[SignIn, ...]:
    """Load what is missing of the zone; one sign-in per role, and badges for the floor.

    Each part is looked for by itself, because a first start may be interrupted after any of them.
    """
    settings = Settings.load()
    keys = settings.data_dir / "demo-sign-ins.json"
    with sessions() as session:
        is_open = session.scalars(select(AccountBook.id)).first() is not None
        came = set(session.scalars(select(InboxMessage.file_name)))
        can_sign_in = (
            session.scalars(select(User.id).where(User.password_hash.is_not(None))).first() is not None
        )
    if not is_open:
        _load_registry(sessions, settings)
    if _is_demonstration(sessions):
        desk = _desk(settings)
        _receive_messages(sessions, desk, came=came)
        play_day(sessions, desk=desk)
    if not can_sign_in:
        _give_secrets(sessions, keys)
    return tuple(_sign_ins(keys))


def _load_registry(sessions: sessionmaker[Session], settings: Settings) -> None:
    files = read_registry(FOLDER)
    assert not isinstance(files, list), f"the demonstration zone has faults: {files}"
    loaders = ZoneLoaders(
        zone=settings.zone,
        time_zone=settings.time_zone,
        by_id=SYSTEM_ID,
        buyer_key=kept_key(settings.data_dir, "buyers"),
    ).all()
    at = datetime.now(UTC)
    day = at.astimezone(ZoneInfo(settings.time_zone)).date()
    run(
        sessions,
        lambda session: load_registry(session, files, at=at, day=day, loaders=loaders),
        by_id=SYSTEM_ID,
        action="registry.load",
    )


def _is_demonstration(sessions: sessionmaker[Session]) -> bool:
    """Whether the zone is the demonstration's; a site that filed its own book gets none of its papers."""
    with sessions() as session:
        return session.scalars(select(AccountBook.id).where(AccountBook.number == BOOK)).first() is not None


def _desk(settings: Settings) -> Desk:
    return Desk(
        settings=settings,
        rules=CustomsRules.load(),
        by_id=SYSTEM_ID,
        at=datetime.now(UTC),
        procedures=PROCEDURES,
        merchants_of=merchants_of,
    )


def _receive_messages(sessions: sessionmaker[Session], desk: Desk, *, came: set[str]) -> None:
    for path in sorted((FOLDER / "messages").glob("*.xml")):
        if path.name in came:
            continue
        receive(sessions, raw=path.read_bytes(), file_name=path.name, door="command", desk=desk)


def _give_secrets(sessions: sessionmaker[Session], keys: Path) -> None:
    """A password for everybody, a badge and PIN for the floor; written to `keys`, readable by its owner only."""

    def give(session: Session) -> None:
        given = []
        for user in users.list_users(session):
            if user.id == SYSTEM_ID:
                continue
            password = secrets.token_urlsafe(9)
            users.set_password(session, user, password)
            entry = {"role": user.role, "name": user.name, "password": password}
            if Role(user.role) in _FLOOR:
                badge, pin = users.new_badge(), f"{secrets.randbelow(900_000) + 100_000}"
                users.set_badge(session, user, badge=badge, pin=pin)
                entry |= {"badge": badge, "pin": pin}
            given.append(entry)
        # Before the commit: secrets that nobody wrote down would lock everybody out.
        _write(keys, given)

    run(sessions, give, by_id=SYSTEM_ID, action="demo.secrets")


def _write(keys: Path, given: list[dict[str, str]]) -> None:
    keys.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(given, file, ensure_ascii=False, indent=1)


def _sign_ins(keys: Path) -> list[SignIn]:
    if not keys.exists():
        return []
    sign_ins: dict[str, SignIn] = {}
    for entry in json.loads(keys.read_text("utf-8")):
        role = entry["role"]
        sign_ins.setdefault(role, SignIn(role=role, name=entry["name"], password=entry["password"]))
        if "badge" in entry:
            name = f"{role}, handheld"
            sign_ins.setdefault(name, SignIn(role=name, name=entry["badge"], password=entry["pin"]))
    return list(sign_ins.values())
