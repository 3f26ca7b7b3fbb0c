"""Lines expanded into dated departures; what bars a departure is kept with it, by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from routing.calendars import Calendar, next_entry, season_factor
from routing.errors import BadInput
from routing.network import Closure, Line, Link, Network, Place, Vehicle
from routing.values import (
    ALL_CLASSES,
    FORBID_EXTRA,
    Code,
    Count,
    Fen,
    GoodsClass,
    Moment,
    Percent,
    Positive,
)

UTC = ZoneInfo("UTC")


class Rule(StrEnum):
    """What may stand between a consignment and a departure; order is the order of asking."""

    SERVICE = "service"
    CANCELLED = "cancelled"
    CLOSURE = "closure"
    SEASON = "season"
    HOLIDAY = "holiday"
    VEHICLE_LIMIT = "vehicle_limit"
    GOODS_CLASS = "goods_class"
    ITEM_LIST = "item_list"
    DOCUMENTS = "documents"
    TIME = "time"
    CAPACITY = "capacity"


class Status(StrEnum):
    """Where a departure stands in life."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    DEPARTED = "departed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """One dated run: goods handed over by ``cutoff_at`` are ready at the far end at ``ready_at``.

    ``co2_g_per_t`` and ``risk_fen_per_t`` are for the whole run. ``barred_by`` names the rule that
    keeps it from running at all, ``barred_note`` says it in words; both empty when it runs.
    """

    __pydantic_config__ = FORBID_EXTRA
    code: Code
    line: str = ""
    origin: Code
    destination: Code
    stops: tuple[Code, ...] = ()
    vehicle: str = ""
    cutoff_at: Moment
    departs_at: Moment
    arrives_at: Moment
    ready_at: Moment
    units: Count
    capacity_kg: Positive
    capacity_l: Positive
    unit_fen: Fen
    fen_per_t: Fen = 0
    co2_g_per_t: Count = 0
    risk_fen_per_t: Fen = 0
    delay_minutes: Count = 0
    fill_percent: Percent = 100
    classes: tuple[GoodsClass, ...] = ALL_CLASSES
    item_lists: tuple[str, ...] = ()
    crosses_border: bool = False
    status: Status = Status.PLANNED
    barred_by: Rule | None = None
    barred_note: str = ""

    @property
    def usable_kg(self) -> int:
        """Capacity of one unit in kg, after the fill limit."""
        return self.capacity_kg * self.fill_percent // 100

    @property
    def usable_l(self) -> int:
        """Capacity of one unit in litres, after the fill limit."""
        return self.capacity_l * self.fill_percent // 100

    def units_for(self, mass_kg: int, volume_l: int) -> int:
        """Units a load needs by weight and by volume, the larger of both."""
        return max(-(-mass_kg // self.usable_kg), -(-volume_l // self.usable_l))


def expand(network: Network, *, starts_at: datetime, ends_at: datetime) -> tuple[Departure, ...]:
    """Every departure of every line that leaves in the window, those barred included, in cut-off order."""
    tables = _Tables(network)
    found = [
        departure
        for line in network.lines
        for departure in tables.runs_of(line, starts_at=starts_at, ends_at=ends_at)
    ]
    return in_order(found)


def in_order(departures: Iterable[Departure]) -> tuple[Departure, ...]:
    """The one order used everywhere: by cut-off, then code."""
    return tuple(sorted(departures, key=lambda departure: (departure.cutoff_at, departure.code)))


class _Tables:
    """Rows of a network by their code."""

    def __init__(self, network: Network) -> None:
        self.places = {place.code: place for place in network.places}
        self.links = {link.code: link for link in network.links}
        self.vehicles = {vehicle.code: vehicle for vehicle in network.vehicles}
        self.closures: dict[str, list[Closure]] = {}
        for closure in network.closures:
            self.closures.setdefault(closure.what, []).append(closure)
        self.calendar = Calendar.of(network)

    def runs_of(self, line: Line, *, starts_at: datetime, ends_at: datetime) -> Iterable[Departure]:
        origin = self.places[line.stops[0]]
        zone = ZoneInfo(origin.zone)
        clock = time.fromisoformat(line.departs_at)
        day = starts_at.astimezone(zone).date()
        while (departs_at := datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)) < ends_at:
            if departs_at >= starts_at and str(day.isoweekday()) in line.weekdays:
                yield self._run(line, departs_at)
            day += timedelta(days=1)

    def _run(self, line: Line, leaves_at: datetime) -> Departure:
        origin, vehicle = self.places[line.stops[0]], self.vehicles[line.vehicle]
        chain = [self.links[f"{start}-{end}"] for start, end in pairwise(line.stops)]
        rule, note = self._barred_outright(line, vehicle, chain, origin, leaves_at)
        moment, first_entry = leaves_at, None
        spans: list[tuple[str, datetime, datetime]] = []
        for link in chain:
            entered = next_entry(link, moment)
            if entered is None:
                if rule is None:
                    rule = Rule.SEASON
                    note = f"link {link.code} cannot be entered within three weeks of {moment:%Y-%m-%d}"
                entered = moment
            first_entry = first_entry or entered
            left = entered + timedelta(minutes=round(link.minutes * season_factor(link, entered)))
            spans += [
                (link.code, entered, left),
                (link.origin, entered, entered),
                (link.destination, left, left),
            ]
            moment = left
        if rule is None:
            rule, note = self._closed([*spans, (line.code, leaves_at, leaves_at)])
        departs_at = first_entry or leaves_at
        cutoff_at = self.calendar.last_open(origin, departs_at - timedelta(minutes=line.cutoff_minutes))
        ready_at = ready_after(self.places[line.stops[-1]], moment, self.calendar)
        if rule is None and (cutoff_at is None or ready_at is None):
            rule, note = Rule.HOLIDAY, f"{origin.code} or {line.stops[-1]} stays shut for three weeks"
        return Departure(
            code=f"{line.code}@{leaves_at.astimezone(ZoneInfo(origin.zone)):%Y%m%d}",
            line=line.code,
            origin=line.stops[0],
            destination=line.stops[-1],
            stops=line.stops,
            vehicle=vehicle.code,
            cutoff_at=cutoff_at or departs_at,
            departs_at=departs_at,
            arrives_at=moment,
            ready_at=ready_at or moment,
            units=line.units,
            capacity_kg=vehicle.capacity_kg,
            capacity_l=vehicle.capacity_l,
            unit_fen=line.unit_fen,
            fen_per_t=line.fen_per_t,
            co2_g_per_t=round(sum(link.km * vehicle.co2_g_per_tkm * link.mountain_factor for link in chain)),
            risk_fen_per_t=sum(link.risk_fen_per_t for link in chain),
            delay_minutes=line.delay_minutes,
            fill_percent=line.fill_percent,
            classes=tuple(kind for kind in ALL_CLASSES if kind in line.classes and kind in vehicle.classes),
            item_lists=tuple(link.item_list for link in chain if link.item_list),
            crosses_border=any(link.crosses_border for link in chain),
            barred_by=rule,
            barred_note=note,
        )

    def _barred_outright(
        self, line: Line, vehicle: Vehicle, chain: list[Link], origin: Place, leaves_at: datetime
    ) -> tuple[Rule | None, str]:
        """Bars that do not depend on the clock of the run: mode, height, weight, holiday."""
        for link in chain:
            if not link.is_open:
                return Rule.CLOSURE, f"link {link.code} is closed until the operator opens it"
            if link.height_limit_cm and vehicle.height_cm > link.height_limit_cm:
                limit = f"{link.code} allows {link.height_limit_cm}"
                return Rule.VEHICLE_LIMIT, f"{vehicle.code} stands {vehicle.height_cm} cm, {limit}"
            if link.weight_limit_kg and vehicle.gross_kg > link.weight_limit_kg:
                limit = f"{link.code} allows {link.weight_limit_kg}"
                return Rule.VEHICLE_LIMIT, f"{vehicle.code} weighs {vehicle.gross_kg} kg, {limit}"
        day = leaves_at.astimezone(ZoneInfo(origin.zone)).date()
        if not line.runs_on_holidays and self.calendar.is_holiday(origin.country, day):
            return Rule.HOLIDAY, f"line {line.code} rests on {day}"
        return None, ""

    def _closed(self, spans: list[tuple[str, datetime, datetime]]) -> tuple[Rule | None, str]:
        """The first closure a run meets: (what, in, out) against closures open at the end."""
        for what, entered, left in spans:
            for closure in self.closures.get(what, ()):
                if entered < closure.ends_at and (
                    left > closure.starts_at or entered == left == closure.starts_at
                ):
                    return Rule.CLOSURE, f"{what} is closed by {closure.code}"
        return None, ""


def ready_after(place: Place, arrives_at: datetime, calendar: Calendar) -> datetime | None:
    """When goods that arrive then can go on: the next opening plus handling; None when shut too long."""
    opened = calendar.next_open(place, arrives_at)
    return None if opened is None else opened + timedelta(minutes=place.handling_minutes)


def check_departures(departures: Iterable[Departure], places: Mapping[str, Place], *, where: str) -> None:
    """Refuse departures that contradict themselves: unknown ends, doubles, arriving before leaving."""
    seen: set[str] = set()
    for row, departure in enumerate(departures, start=1):
        at = f"{where}: departures, row {row} ({departure.code})"
        if departure.code in seen:
            raise BadInput(f"{at}: this code is given twice.")
        seen.add(departure.code)
        for name, end in (("origin", departure.origin), ("destination", departure.destination)):
            if end not in places:
                raise BadInput(f"{at}: field {name}: place {end!r} is unknown.")
        if departure.origin == departure.destination:
            raise BadInput(f"{at}: field destination: it leads back to its own start.")
        if departure.arrives_at <= departure.departs_at:
            raise BadInput(f"{at}: field arrives_at: it arrives before it leaves.")
        if departure.cutoff_at > departure.departs_at:
            raise BadInput(f"{at}: field cutoff_at: the cut-off is after the departure.")
        if departure.ready_at < departure.arrives_at:
            raise BadInput(f"{at}: field ready_at: goods are ready before they arrive.")
        if not departure.usable_kg or not departure.usable_l:
            raise BadInput(f"{at}: field fill_percent: nothing of a unit is left to use.")


def close(departures: Iterable[Departure], closures: Iterable[Closure]) -> tuple[Departure, ...]:
    """Bar what runs into a closure: by line, by call at a place, by passage of a place or link on the way."""
    by_what: dict[str, list[Closure]] = {}
    for closure in closures:
        by_what.setdefault(closure.what, []).append(closure)
    return tuple(_closed_by(departure, by_what) for departure in departures)


def _closed_by(departure: Departure, by_what: Mapping[str, list[Closure]]) -> Departure:
    for what, entered, left in _presence(departure):
        for closure in by_what.get(what, ()):
            if entered < closure.ends_at and left >= closure.starts_at:
                return barred(departure, Rule.CLOSURE, f"{what} is closed by {closure.code}")
    return departure


def _presence(departure: Departure) -> Iterable[tuple[str, datetime, datetime]]:
    """Where a departure is, from when until when; on the way only the whole run is known."""
    leaves, lands = departure.departs_at, departure.arrives_at
    stops = departure.stops or (departure.origin, departure.destination)
    yield departure.line, leaves, leaves
    yield departure.origin, leaves, leaves
    yield departure.destination, lands, lands
    for passed in stops[1:-1]:
        yield passed, leaves, lands
    for start, end in pairwise(stops):
        yield f"{start}-{end}", leaves, lands


def barred(departure: Departure, rule: Rule, note: str) -> Departure:
    """The same departure, kept from running; the first bar stays."""
    return departure if departure.barred_by else replace(departure, barred_by=rule, barred_note=note)
