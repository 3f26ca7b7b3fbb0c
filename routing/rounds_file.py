"""Our own rounds problem as JSON, with everything the OR-Tools model knows.

`SCHEMA` is its JSON Schema. All numbers are whole: distances, times, amounts and costs in units the
writer chooses and keeps to. Matrices are square, in the order of `places`, one pair a profile.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from routing.instance_files import STOPS_MAX, UnreadableInstance, text_of
from routing.rounds import FOREVER, Break, RoundsProblem, Stop, Vehicle

Amount = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Amounts = tuple[Amount, ...]

STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, kw_only=True, config=STRICT)
class ProfileRow:
    """How one kind of vehicle travels."""

    name: str = "road"
    distance: tuple[tuple[Amount, ...], ...]
    duration: tuple[tuple[Amount, ...], ...]


@checked(frozen=True, kw_only=True, config=STRICT)
class BreakRow:
    earliest: Amount
    latest: Amount
    duration: Amount


@checked(frozen=True, kw_only=True, config=STRICT)
class VehicleRow:
    name: str
    count: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 1
    capacity: Amounts = ()
    start: str
    end: str
    starts_at: Amount = 0
    ends_at: Amount | None = None
    duration_max: Amount | None = None
    distance_max: Amount | None = None
    fixed_cost: Amount = 0
    cost_per_distance: Amount = 1
    cost_per_duration: Amount = 0
    profile: str = "road"
    breaks: tuple[BreakRow, ...] = ()
    last_in_first_out: bool = False


@checked(frozen=True, kw_only=True, config=STRICT)
class StopRow:
    number: Annotated[int, Field(strict=True)]
    place: str
    delivered: Amounts = ()
    collected: Amounts = ()
    opens_at: Amount = 0
    closes_at: Amount | None = None
    service: Amount = 0
    released_at: Amount = 0
    goods: str = ""
    vehicles: tuple[str, ...] = ()
    prize: Amount | None = None
    late_after: Amount | None = None
    late_cost: Amount = 0


@checked(frozen=True, kw_only=True, config=STRICT)
class RoundsFile:
    """A rounds problem. `pairs` and `together` name stops by number, `apart` two classes of goods."""

    name: str = "rounds"
    places: tuple[str, ...]
    profiles: Annotated[tuple[ProfileRow, ...], Field(min_length=1)]
    vehicles: Annotated[tuple[VehicleRow, ...], Field(min_length=1)]
    stops: Annotated[tuple[StopRow, ...], Field(max_length=STOPS_MAX)]
    pairs: tuple[tuple[int, int], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    together: tuple[tuple[int, ...], ...] = ()
    fewest_vehicles: bool = False


_ADAPTER = TypeAdapter(RoundsFile)

SCHEMA: dict[str, Any] = _ADAPTER.json_schema()


def read_problem(path: Path) -> RoundsProblem:
    """The problem in a JSON file; refused with one sentence naming the field that is wrong."""
    text = text_of(path)
    try:
        file = _ADAPTER.validate_python(json.loads(text, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        raise UnreadableInstance(f"{path}, row {error.lineno}: not JSON ({error.msg}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableInstance(f"{path}, {where}: {first['msg']}.") from error
    except ValueError as error:
        raise UnreadableInstance(f"{path}: {error}.") from error
    return _Builder(path, file).problem()


def _refuse_constant(token: str) -> None:
    raise ValueError(f"“{token}” is not a finite number")


@dataclass
class _Builder:
    """Names to indices, each unknown one refused where it stands."""

    path: Path
    file: RoundsFile
    places: dict[str, int] = field(init=False)
    numbers: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        file = self.file
        for what, names in (
            ("places", list(file.places)),
            ("vehicles", [vehicle.name for vehicle in file.vehicles]),
            ("profiles", [profile.name for profile in file.profiles]),
            ("stops", [str(stop.number) for stop in file.stops]),
        ):
            twice = [name for name, times in Counter(names).items() if times > 1]
            if twice:
                raise self.fail(what, f"“{twice[0]}” is there twice")
        self.places = {name: at for at, name in enumerate(file.places)}
        self.numbers = {stop.number: at for at, stop in enumerate(file.stops)}

    def fail(self, where: str, why: str) -> UnreadableInstance:
        return UnreadableInstance(f"{self.path}, {where}: {why}.")

    def problem(self) -> RoundsProblem:
        file = self.file
        return RoundsProblem(
            name=file.name,
            stops=tuple(self._stop(f"stops.{at}", row) for at, row in enumerate(file.stops)),
            vehicles=tuple(self._vehicle(f"vehicles.{at}", row) for at, row in enumerate(file.vehicles)),
            distance=np.array([self._matrix(p.name, "distance", p.distance) for p in file.profiles]),
            duration=np.array([self._matrix(p.name, "duration", p.duration) for p in file.profiles]),
            pairs=self._pairs(),
            apart=frozenset(frozenset(two) for two in file.apart),
            together=tuple(tuple(self._known("together", n) for n in group) for group in file.together),
            fewest_vehicles=file.fewest_vehicles,
        )

    def _matrix(self, profile: str, what: str, rows: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
        size = len(self.file.places)
        if len(rows) != size or any(len(row) != size for row in rows):
            raise self.fail(f"profiles.{profile}.{what}", f"must have {size} rows of {size} numbers")
        return list(rows)

    def _place(self, where: str, name: str) -> int:
        if name not in self.places:
            raise self.fail(where, f"there is no place “{name}”")
        return self.places[name]

    def _known(self, where: str, number: int) -> int:
        if number not in self.numbers:
            raise self.fail(where, f"there is no stop {number}")
        return self.numbers[number]

    def _stop(self, where: str, row: StopRow) -> Stop:
        closes_at = FOREVER if row.closes_at is None else row.closes_at
        if closes_at < row.opens_at:
            raise self.fail(where, f"closes at {closes_at}, before it opens at {row.opens_at}")
        names = {vehicle.name for vehicle in self.file.vehicles}
        if unknown := [name for name in row.vehicles if name not in names]:
            raise self.fail(where, f"there is no vehicle “{unknown[0]}”")
        loads = max(len(vehicle.capacity) for vehicle in self.file.vehicles)
        if max(len(row.delivered), len(row.collected)) > loads:
            raise self.fail(where, f"has more amounts than the {loads} any vehicle has capacities for")
        return Stop(
            number=row.number,
            place=self._place(where, row.place),
            delivered=row.delivered,
            collected=row.collected,
            opens_at=row.opens_at,
            closes_at=closes_at,
            service=row.service,
            released_at=row.released_at,
            goods=row.goods,
            vehicles=frozenset(row.vehicles),
            prize=row.prize,
            late_after=FOREVER if row.late_after is None else row.late_after,
            late_cost=row.late_cost,
        )

    def _vehicle(self, where: str, row: VehicleRow) -> Vehicle:
        profiles = [profile.name for profile in self.file.profiles]
        if row.profile not in profiles:
            raise self.fail(where, f"there is no profile “{row.profile}”")
        ends_at = FOREVER if row.ends_at is None else row.ends_at
        if ends_at < row.starts_at:
            raise self.fail(where, f"ends at {ends_at}, before it starts at {row.starts_at}")
        return Vehicle(
            name=row.name,
            count=row.count,
            capacity=row.capacity,
            start=self._place(where, row.start),
            end=self._place(where, row.end),
            starts_at=row.starts_at,
            ends_at=ends_at,
            duration_max=FOREVER if row.duration_max is None else row.duration_max,
            distance_max=FOREVER if row.distance_max is None else row.distance_max,
            fixed_cost=row.fixed_cost,
            cost_per_distance=row.cost_per_distance,
            cost_per_duration=row.cost_per_duration,
            profile=profiles.index(row.profile),
            breaks=tuple(
                Break(earliest=b.earliest, latest=b.latest, duration=b.duration) for b in row.breaks
            ),
            last_in_first_out=row.last_in_first_out,
        )

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        pairs = tuple((self._known("pairs", a), self._known("pairs", b)) for a, b in self.file.pairs)
        for end, times in Counter(end for pair in pairs for end in pair).items():
            if times > 1:
                raise self.fail(
                    "pairs", f"stop {self.file.stops[end].number} is in two pairs, or paired with itself"
                )
        for a, b in pairs:
            first, second = self.file.stops[a], self.file.stops[b]
            if first.collected != second.delivered or any(first.delivered) or any(second.collected):
                why = f"stop {second.number} must deliver exactly what stop {first.number} collects"
                raise self.fail("pairs", why)
        return pairs
