"""What a request may reach for: the house it runs in, the person, the device, a session, an action.

Pages read through `session()`. They change things only through `run_action` and `run_once`, which open their
own transaction with the person, the device and the request id in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config.settings import Settings
from wms import scans
from wms.auth.permissions import NotSignedIn, Role
from wms.auth.sign_in import Rules
from wms.auth.users import SYSTEM_ID, Person
from wms.clock import Clock
from wms.db import Sessions, run
from wms.scans import Answered

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class House:
    """What `create_app` put together."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    clock: Clock

    def day_of(self, at: datetime) -> date:
        """The calendar day of an instant in the zone of the site."""
        return at.astimezone(ZoneInfo(self.settings.time_zone)).date()

    @property
    def sign_in_rules(self) -> Rules:
        """The settings that rule signing in."""
        return Rules(
            attempts_max=self.settings.sign_in_attempts,
            lock_minutes=self.settings.lock_minutes,
            session_minutes=self.settings.session_minutes,
        )


def house() -> House:
    """The house of the running application."""
    return cast("House", current_app.extensions["wms"])


def now() -> datetime:
    """The moment of this request; the same however often it is asked."""
    if "now" not in g:
        g.now = house().clock.now()
    return cast("datetime", g.now)


def today() -> date:
    """The day of this request in the zone's calendar."""
    return now().astimezone(ZoneInfo(house().settings.time_zone)).date()


def session() -> Session:
    """A session for reading, open until the request ends; nothing in it is ever committed."""
    if "session" not in g:
        g.session = house().sessions()
    return cast("Session", g.session)


def close_session(_error: BaseException | None = None) -> None:
    """End the reading session of this request."""
    found = g.pop("session", None)
    if found is not None:
        found.close()


def maybe_person() -> Person | None:
    """Who asks; None before signing in."""
    return cast("Person | None", g.get("person"))


def person() -> Person:
    """Who asks; raises NotSignedIn."""
    found = maybe_person()
    if found is None:
        raise NotSignedIn
    return found


def goods_of() -> str | None:
    """Customs code of the company whose goods alone this person sees; None: everybody's.

    An owner who works for no company sees nobody's: no company has an empty code.
    """
    who = person()
    return (who.company_code or "") if who.role is Role.OWNER else None


def device() -> str | None:
    """The device the request came from, by the number on its cookie."""
    return cast("str | None", g.get("device"))


def run_action(work: Callable[[Session], T], *, action: str, request_id: UUID | None = None) -> T:
    """Do `work` in one transaction as the signed-in person (`wms.db.run`)."""
    return run(house().sessions, work, request_id=request_id, **_acting(action))


def run_once(
    work: Callable[[Session], Mapping[str, Any]], *, action: str, request_id: UUID, content: str | bytes
) -> Answered:
    """Do `work` once for this request id as the signed-in person (`wms.scans.run_once`)."""
    return scans.run_once(
        house().sessions,
        work,
        request_id=request_id,
        content=content,
        **_acting(action),
    )


class _Acting(TypedDict):
    by_id: int
    action: str
    device: str | None


def _acting(action: str) -> _Acting:
    """Who does this; the reading session of the request ends, so that a transaction has a connection."""
    who = maybe_person()
    g.action = action
    close_session()
    return _Acting(by_id=SYSTEM_ID if who is None else who.id, action=action, device=device())
