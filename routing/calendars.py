"""When a place works and when a link may be entered: hours, weekdays, seasons, holidays."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

from routing.network import Holiday, Link, Network, Place
from routing.values import hours_span

SEARCH_DAYS = 21  # nobody waits longer than this for a gate; the departure is barred instead


@cache
def _public(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(public_holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()  # a country the package does not know has no holidays but the operator's


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """Working days by country: the operator's table over the ``holidays`` package."""

    operator: dict[tuple[str, str], Holiday] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network) -> "Calendar":
        return cls(operator={(row.country, row.date): row for row in network.holidays})

    def is_holiday(self, country: str, day: date) -> bool:
        said = self.operator.get((country, day.isoformat()))
        if said is not None:
            return not said.works
        return day in _public(country, day.year)

    def is_open(self, place: Place, day: date) -> bool:
        """Whether ``place`` works at all on the local ``day``."""
        said = self.operator.get((place.country, day.isoformat()))
        if place.keeps_holidays and said is not None:
            return said.works
        if str(day.isoweekday()) not in place.open_weekdays:
            return False
        return not (place.keeps_holidays and day in _public(place.country, day.year))

    def next_open(self, place: Place, moment: datetime) -> datetime | None:
        """The first instant from ``moment`` on at which ``place`` is open; None beyond three weeks."""
        if place.opens == "00:00-24:00" and place.open_weekdays == "1234567" and not place.keeps_holidays:
            return moment
        for span_start, span_end in self._spans(place, moment, step=1):
            if span_end > moment:
                return max(span_start, moment)
        return None

    def last_open(self, place: Place, moment: datetime) -> datetime | None:
        """The last instant up to ``moment`` at which ``place`` was open; None beyond three weeks."""
        if place.opens == "00:00-24:00" and place.open_weekdays == "1234567" and not place.keeps_holidays:
            return moment
        for span_start, span_end in self._spans(place, moment, step=-1):
            if span_start <= moment:
                return min(span_end, moment)
        return None

    def _spans(self, place: Place, moment: datetime, *, step: int) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(place.zone)
        start, end = hours_span(place.opens)
        first = moment.astimezone(zone).date()
        days = (first + timedelta(days=step * ahead) for ahead in range(SEARCH_DAYS))
        return [(_at(day, start, zone), _at(day, end, zone)) for day in days if self.is_open(place, day)]


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minute)
    return local.astimezone(ZoneInfo("UTC"))


def in_season(season: str, day: date) -> bool:
    """Whether ``day`` lies in ``"05-01..11-30"``, both ends included; a span may run over New Year."""
    if not season:
        return True
    start, end = season.split("..")
    today = f"{day:%m-%d}"
    return start <= today <= end if start <= end else today >= start or today <= end


def next_entry(link: Link, moment: datetime) -> datetime | None:
    """The first instant from ``moment`` on at which ``link`` may be entered; None beyond three weeks."""
    if not link.is_open:
        return None
    if not (link.window or link.season or link.open_weekdays != "1234567"):
        return moment
    zone = ZoneInfo(link.window_zone)
    start, end = hours_span(link.window or "00:00-24:00")
    first = moment.astimezone(zone).date()
    for ahead in range(SEARCH_DAYS):
        day = first + timedelta(days=ahead)
        if str(day.isoweekday()) not in link.open_weekdays or not in_season(link.season, day):
            continue
        if _at(day, end, zone) > moment:
            return max(_at(day, start, zone), moment)
    return None


def season_factor(link: Link, moment: datetime) -> float:
    """How much longer the link takes: monsoon June–September, snow December–March."""
    month = moment.astimezone(ZoneInfo(link.window_zone)).month
    if 6 <= month <= 9:
        return link.monsoon_factor
    return link.snow_factor if month in (12, 1, 2, 3) else 1.0
