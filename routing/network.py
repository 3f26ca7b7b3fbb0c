"""The network: places, links between them, vehicles, lines that run, closures that stop them.

Everything is data: ``config/network/*.csv`` holds the defaults, a problem file may bring its own.
Decides nothing about consignments.
"""

import csv
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, TypeAdapter

from routing.errors import BadInput
from routing.values import (
    ALL_CLASSES,
    FORBID_EXTRA,
    Clock,
    Code,
    Count,
    Degrees,
    Factor,
    Fen,
    GoodsClass,
    Hours,
    Moment,
    Percent,
    Positive,
    Weekdays,
    hours_span,
    parse,
)

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "config" / "network"


class PlaceKind(StrEnum):
    """What stands at a place."""

    WAREHOUSE = "warehouse"
    ENTERPRISE = "enterprise"
    RAIL_YARD = "rail_yard"
    PORT = "port"
    FAR_PORT = "far_port"
    DEPOT = "depot"
    AIRPORT = "airport"
    CITY = "city"


class Mode(StrEnum):
    """How a link is travelled."""

    ROAD = "road"
    RAIL = "rail"
    AIR = "air"
    SEA = "sea"


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a row comes from; ``confidence`` "to be confirmed" marks own knowledge."""

    __pydantic_config__ = FORBID_EXTRA
    source: str = "problem file"
    as_of: str = ""
    confidence: str = "given"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place(Provenance):
    """A place where goods start, end or change vehicle.

    ``handling_minutes`` pass between arrival and readiness for the next departure, counted from
    the next opening; ``storage_fen_per_t_day`` is paid while goods wait here.
    """

    code: Code
    name: str
    name_zh: str = ""
    kind: PlaceKind = PlaceKind.CITY
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "CN"
    zone: str = "Asia/Shanghai"
    latitude: Degrees = 0.0
    longitude: Degrees = 0.0
    altitude_m: int = 0
    handling_minutes: Count = 120
    handling_fen_per_t: Fen = 0
    storage_fen_per_t_day: Fen = 0
    opens: Hours = "00:00-24:00"
    open_weekdays: Weekdays = "1234567"
    keeps_holidays: bool = False
    classes: tuple[GoodsClass, ...] = ALL_CLASSES
    bonded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Link(Provenance):
    """One direction of a way between two places.

    ``window`` bars entry outside its hours, told in ``window_zone`` (the Gyirong bridge alternates in
    Beijing time, whatever side one stands on). ``season`` "05-01..11-30" bars entry outside its days.
    Factors stretch the running time in June–September and December–March.
    """

    origin: Code
    destination: Code
    mode: Mode = Mode.ROAD
    km: Positive
    minutes: Positive
    window: Hours | Literal[""] = ""
    window_zone: str = "Asia/Shanghai"
    season: Annotated[str, Field(pattern=r"^(\d\d-\d\d\.\.\d\d-\d\d)?$")] = ""
    open_weekdays: Weekdays = "1234567"
    monsoon_factor: Factor = 1.0
    snow_factor: Factor = 1.0
    mountain_factor: Factor = 1.0
    height_limit_cm: Count = 0
    weight_limit_kg: Count = 0
    item_list: str = ""
    crosses_border: bool = False
    risk_fen_per_t: Fen = 0
    is_open: bool = True

    @property
    def code(self) -> str:
        """``origin-destination``: how closures name a link."""
        return f"{self.origin}-{self.destination}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Vehicle(Provenance):
    """A unit of carriage: container, truck, wagon, ULD. Emissions in g CO2e per t·km, well to wheel."""

    code: Code
    name: str
    mode: Mode
    capacity_kg: Positive
    capacity_l: Positive
    height_cm: Count = 0
    gross_kg: Count = 0
    co2_g_per_tkm: Count = 80
    classes: tuple[GoodsClass, ...] = ALL_CLASSES


@dataclass(frozen=True, kw_only=True, slots=True)
class Line(Provenance):
    """A dedicated line or train service: a timetable over a chain of links.

    ``departs_at`` is local time of the first place; goods must be there ``cutoff_minutes`` earlier.
    At most ``units`` vehicles run each time; opening one costs ``unit_fen``, carriage ``fen_per_t``.
    ``delay_minutes`` is the usual delay, the far end of the arrival range.
    """

    code: Code
    name: str = ""
    operator: str = ""
    vehicle: Code
    stops: tuple[Code, ...]
    weekdays: Weekdays = "1234567"
    departs_at: Clock
    cutoff_minutes: Count = 120
    units: Positive
    unit_fen: Fen
    fen_per_t: Fen = 0
    delay_minutes: Count = 0
    fill_percent: Percent = 100
    runs_on_holidays: bool = True
    classes: tuple[GoodsClass, ...] = ALL_CLASSES


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure(Provenance):
    """A place, link ("A-B") or line that does not work from ``starts_at`` until ``ends_at`` (exclusive)."""

    code: Code
    what: Code
    starts_at: Moment
    ends_at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Holiday(Provenance):
    """The operator's word on one date: stands over the ``holidays`` package."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    works: bool
    name: str = ""

    @property
    def code(self) -> str:
        """``country:date``: how the row is named."""
        return f"{self.country}:{self.date}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemList(Provenance):
    """Goods a list-trade crossing lets through, by name."""

    code: Code
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """All of it, checked as a whole: every code known, every line over links that exist."""

    __pydantic_config__ = FORBID_EXTRA
    places: tuple[Place, ...]
    links: tuple[Link, ...]
    vehicles: tuple[Vehicle, ...]
    lines: tuple[Line, ...] = ()
    closures: tuple[Closure, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    item_lists: tuple[ItemList, ...] = ()

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> "Network":
        """Read the CSV tables of ``folder``; raises BadInput with file, row and field."""
        network = cls(
            places=_rows(folder / "places.csv", Place),
            links=_rows(folder / "links.csv", Link),
            vehicles=_rows(folder / "vehicles.csv", Vehicle),
            lines=_rows(folder / "lines.csv", Line),
            closures=_rows(folder / "closures.csv", Closure),
            holidays=_rows(folder / "holidays.csv", Holiday),
            item_lists=_rows(folder / "item_lists.csv", ItemList),
        )
        network.check(where=str(folder))
        return network

    def place(self, code: str) -> Place:
        return next(place for place in self.places if place.code == code)

    def check(self, *, where: str) -> None:
        """Refuse unknown codes, doubles, lines that turn in a circle and clocks nobody keeps."""
        places = _unique([place.code for place in self.places], where=where, what="place")
        links = _unique([link.code for link in self.links], where=where, what="link")
        vehicles = {vehicle.code: vehicle for vehicle in self.vehicles}
        _unique([vehicle.code for vehicle in self.vehicles], where=where, what="vehicle")
        lines = _unique([line.code for line in self.lines], where=where, what="line")
        for place in self.places:
            _zone(place.zone, where=f"{where}: place {place.code}")
            hours_span(place.opens)
        for link in self.links:
            self._check_link(link, places, where=where)
        for line in self.lines:
            _check_line(line, places, links, vehicles, where=where)
        known = places | links | lines
        for closure in self.closures:
            if closure.what not in known:
                raise BadInput(
                    f"{where}: closure {closure.code}: {closure.what!r} is no place, link or line."
                )
            if closure.ends_at <= closure.starts_at:
                raise BadInput(f"{where}: closure {closure.code}: it ends before it starts.")

    def _check_link(self, link: Link, places: set[str], *, where: str) -> None:
        for end in (link.origin, link.destination):
            if end not in places:
                raise BadInput(f"{where}: link {link.code}: place {end!r} is unknown.")
        if link.origin == link.destination:
            raise BadInput(f"{where}: link {link.code} leads back to its own start.")
        _zone(link.window_zone, where=f"{where}: link {link.code}")
        if link.window:
            hours_span(link.window)
        if link.item_list and link.item_list not in {items.code for items in self.item_lists}:
            raise BadInput(f"{where}: link {link.code}: item list {link.item_list!r} is unknown.")


def _check_line(
    line: Line, places: set[str], links: set[str], vehicles: dict[str, Vehicle], *, where: str
) -> None:
    if line.vehicle not in vehicles:
        raise BadInput(f"{where}: line {line.code}: vehicle {line.vehicle!r} is unknown.")
    if len(line.stops) < 2:
        raise BadInput(f"{where}: line {line.code}: a line needs at least two stops.")
    if len(set(line.stops)) < len(line.stops):
        raise BadInput(f"{where}: line {line.code} is circular: it calls at a place twice.")
    for stop in line.stops:
        if stop not in places:
            raise BadInput(f"{where}: line {line.code}: place {stop!r} is unknown.")
    for start, end in pairwise(line.stops):
        if f"{start}-{end}" not in links:
            raise BadInput(f"{where}: line {line.code}: there is no link {start}-{end}.")


def _unique(codes: list[str], *, where: str, what: str) -> set[str]:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise BadInput(f"{where}: {what} {code!r} is given twice.")
        seen.add(code)
    return seen


def _zone(name: str, *, where: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"{where}: time zone {name!r} is unknown.") from None


Row = TypeVar("Row")


def _rows(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    """One CSV table; lists inside a cell are parted by a bar, empty cells take the default."""
    if not path.exists():
        if kind in (Closure, Holiday, ItemList):
            return ()
        raise BadInput(f"{path}: this table of the network is missing.")
    adapter = TypeAdapter(kind)
    lists = {item.name for item in fields(kind) if "tuple" in str(item.type)}  # type: ignore[arg-type]
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, cells in enumerate(csv.DictReader(file), start=2):
            if None in cells:
                raise BadInput(f"{path}: row {number} has more cells than the heading.")
            given: dict[str, Any] = {
                name: cell.split("|") if name in lists else cell for name, cell in cells.items() if cell
            }
            rows.append(parse(adapter, given, where=f"{path}: row {number}"))
    return tuple(rows)
