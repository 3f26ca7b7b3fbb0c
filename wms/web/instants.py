"""Moments in addresses: ISO 8601 with its zone, or as a person writes it, in the site's zone."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import request

from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.past import ledger_now, must_have_passed
from wms.web.house import house, session

#: Before and after these a moment is a slip of the keyboard.
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 9000


class UnreadableInstant(Refusal):
    """The text is no moment."""

    message = N_("{text} is no moment. Write it like 2026-11-26T18:30:00 (site's time) or with its zone.")
    status = 422


def site_zone() -> ZoneInfo:
    """The zone that pages show times in."""
    return ZoneInfo(house().settings.time_zone)


def asked_instant() -> datetime:
    """The moment of `?at=`, now by the ledger's clock when none is given; raises InstantAhead, UnreadableInstant."""
    text = request.args.get("at", "").strip()
    return read_instant(text) if text else ledger_now(session()).astimezone(site_zone())


def read_instant(text: str) -> datetime:
    """A moment as somebody wrote it; raises InstantAhead, UnreadableInstant."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableInstant(text=text[:60]) from None
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise UnreadableInstant(text=text[:60])
    if found.tzinfo is None:
        found = found.replace(tzinfo=site_zone())
    return must_have_passed(session(), found.astimezone(site_zone()))
