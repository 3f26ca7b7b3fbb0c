"""Forms of times on the wire: digits only, with blanks, or with a T; all of them China time."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.forms import Form, Unreadable, Wrong, shown

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
"""Every time in these messages is China time; none carries a zone."""


def _local(moment: datetime) -> datetime:
    """China time without its zone, as the wire has it."""
    return moment.astimezone(CHINA).replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True)
class Stamp(Form):
    """A China time as digits only: 8 (day), 14 (second) or 17 (millisecond)."""

    digits: int

    def fault(self, text: str) -> Wrong | None:
        if len(text) == self.digits:
            return None
        return faults.WrongLength, {"length": len(text), "wanted": self.digits}

    def read(self, text: str) -> object:
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise Unreadable(faults.NotATime, found=shown(text), wanted=_STAMPS[self.digits])
        try:
            return self._moment(text)
        except ValueError:
            raise Unreadable(faults.NotATime, found=shown(text), wanted=_STAMPS[self.digits]) from None

    def _moment(self, text: str) -> date | datetime:
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        if self.digits == 8:
            return date(year, month, day)
        milliseconds = int(text[14:]) if self.digits == 17 else 0
        clock = (int(text[8:10]), int(text[10:12]), int(text[12:14]), milliseconds * 1000)
        return datetime(year, month, day, *clock, tzinfo=CHINA)

    def write(self, value: object) -> str:
        if self.digits == 8:
            assert isinstance(value, date)
            return f"{value.year:04}{value.month:02}{value.day:02}"
        assert isinstance(value, datetime)
        at = value.astimezone(CHINA)
        text = f"{at.year:04}{at.month:02}{at.day:02}{at.hour:02}{at.minute:02}{at.second:02}"
        return f"{text}{at.microsecond // 1000:03}" if self.digits == 17 else text


_STAMPS = {8: "YYYYMMDD", 14: "YYYYMMDDhhmmss", 17: "YYYYMMDDhhmmssfff"}
_SPACED = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\d", re.ASCII)
_SPACED_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-[0-3]\d", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Spaced(Form):
    """``YYYY-MM-DD hh:mm:ss``, or ``YYYY-MM-DD`` when ``day``; empty reads as no time."""

    day: bool = False

    def fault(self, text: str) -> Wrong | None:
        if not text or (_SPACED_DAY if self.day else _SPACED).fullmatch(text):
            return None
        return faults.NotATime, {"found": shown(text), "wanted": self._wanted}

    @property
    def _wanted(self) -> str:
        return "YYYY-MM-DD" if self.day else "YYYY-MM-DD hh:mm:ss"

    def read(self, text: str) -> object:
        if not text:
            return None
        try:
            if self.day:
                return date.fromisoformat(text)
            return datetime.fromisoformat(text).replace(tzinfo=CHINA)
        except ValueError:
            raise Unreadable(faults.NotATime, found=shown(text), wanted=self._wanted) from None

    def write(self, value: object) -> str:
        assert isinstance(value, date)
        if isinstance(value, datetime):
            return _local(value).isoformat(sep=" ", timespec="seconds")
        return value.isoformat()


_ZONE = r"(Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
_XSD_DATE = re.compile(r"(-?(?:[1-9]\d{4,}|\d{4}))-(\d{2})-(\d{2})" + _ZONE, re.ASCII)
_XSD_CLOCK = r"T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?)"
_XSD_MOMENT = re.compile(r"(-?(?:[1-9]\d{4,}|\d{4}))-(\d{2})-(\d{2})" + _XSD_CLOCK + _ZONE, re.ASCII)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_day(year: int, month: int, day: int) -> bool:
    if year == 0 or not (1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]):
        return False
    if month == 2 and day == 29:
        return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return True


@dataclass(frozen=True, kw_only=True)
class Iso(Form):
    """``xs:dateTime``, or ``xs:date`` when ``day``: with ``T``, written without a zone (China time)."""

    day: bool = False

    def fault(self, text: str) -> Wrong | None:
        match = (_XSD_DATE if self.day else _XSD_MOMENT).fullmatch(text)
        if match is None or not _is_day(int(match[1]), int(match[2]), int(match[3])):
            return faults.NotATime, {"found": shown(text), "wanted": self._wanted}
        return None

    @property
    def _wanted(self) -> str:
        return "YYYY-MM-DD" if self.day else "YYYY-MM-DDThh:mm:ss"

    def read(self, text: str) -> object:
        if not text:
            return None
        try:
            if self.day:
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment.astimezone(CHINA)
        except (ValueError, OverflowError):
            raise Unreadable(faults.NotATime, found=shown(text), wanted=self._wanted) from None

    def write(self, value: object) -> str:
        assert isinstance(value, date)
        if isinstance(value, datetime):
            return _local(value).isoformat()
        return value.isoformat()


@dataclass(frozen=True, kw_only=True)
class AnyTime(Form):
    """The first of several time forms that fits; the single window's clients disagree about some fields."""

    forms: tuple[Form, ...]

    def fault(self, text: str) -> Wrong | None:
        wrong: Wrong | None = None
        for form in self.forms:
            wrong = form.fault(text)
            if wrong is None:
                return None
        return wrong

    def read(self, text: str) -> object:
        for form in self.forms:
            if form.fault(text) is None:
                return form.read(text)
        raise AssertionError("read is only called on a text without fault")

    def write(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.forms[0].write(value)
        return self.forms[-1].write(value)


STAMP_DAY: Final = Stamp(digits=8)
STAMP: Final = Stamp(digits=14)
STAMP_MS: Final = Stamp(digits=17)
