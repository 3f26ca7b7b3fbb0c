"""What a handheld sends, read into an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from wms.errors import Refusal
from wms.floor.screens import Answer, Chosen, Counted, Dated, Pressed, Scanned
from wms.i18n import N_
from wms.web.requests import NUL, NUL_SIGN, is_plain

#: Longest text a scanner sends; a GS1 DataMatrix holds at most 2,335 letters.
_SCAN_CHARS_MAX: Final = 3_000
_NUMBER_DIGITS_MAX: Final = 15


class NotANumber(Refusal):
    """The keypad's field holds something else."""

    message = N_("{text} is not a number.")
    status = 422


class NotADay(Refusal):
    """The date field holds something else."""

    message = N_("{text} is not a date.")
    status = 422


class ScanTooLong(Refusal):
    """No scanner sends that much."""

    message = N_("This scan has {chars} characters; no label holds that many. Scan again.")
    status = 422


class NothingSent(Refusal):
    """An answer of no known kind."""

    message = N_("Nothing was received. Scan or press again.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it came."""

    answer: Answer
    version: int
    """The screen it was given on."""
    device_at: datetime | None
    """When, by the device's clock; no rule believes it."""
    verb: str
    """Names the action: scan, count, choose, date, press."""
    content: str
    """All of it as one text, to know a repeat by."""

    @property
    def scanned(self) -> str | None:
        """Raw text if it was a scan."""
        return self.answer.text if isinstance(self.answer, Scanned) else None


def read_answer(form: Mapping[str, str]) -> Given:
    """Read the fields `kind`, `value`, `version` and `at` (milliseconds); raises a refusal of this module."""
    kind, value = form.get("kind", ""), form.get("value", "").replace(NUL, NUL_SIGN)
    if len(value) > _SCAN_CHARS_MAX:
        raise ScanTooLong(chars=len(value))
    answer, verb = _answer(kind, value)
    version = form.get("version", "")
    return Given(
        answer=answer,
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1,
        device_at=_moment(form.get("at", "")),
        verb=verb,
        content=f"{kind} {value}",
    )


def _answer(kind: str, value: str) -> tuple[Answer, str]:
    match kind:
        case "scan" if value:
            return Scanned(text=value), "scan"
        case "number":
            return Counted(number=_number(value)), "count"
        case "choice" if value:
            return Chosen(key=value), "choose"
        case "date":
            return Dated(day=_day(value)), "date"
        case "press" if value:
            return Pressed(key=value), value if value.isascii() and value.isalpha() else "press"
    raise NothingSent


def _number(value: str) -> Decimal:
    text = value.strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotANumber(text=text[:40]) from None
    if not is_plain(number) or len(number.as_tuple().digits) > _NUMBER_DIGITS_MAX:
        raise NotANumber(text=text[:40])
    return number


def _day(value: str) -> date:
    """A date as date fields send it (2026-11-24) or as people type it (20261124, 261124)."""
    digits = "".join(sign for sign in value if sign.isascii() and sign.isdigit())
    text = f"20{digits}" if len(digits) == 6 else digits
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise NotADay(text=value.strip()[:40]) from None


def _moment(value: str) -> datetime | None:
    if not (value.isascii() and value.isdigit() and len(value) == 13):
        return None
    return datetime.fromtimestamp(int(value) / 1000, UTC)
