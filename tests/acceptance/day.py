"""A day's folder: what arrives when, what hands and eyes find, and the key."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any


class NoDay(Exception):
    """The folder is no acceptance day; the sentence says what is missing."""


class Turn(IntEnum):
    """What comes first when two things happen at one moment: arrivals."""

    ARRIVAL = 0
    RECEIVING = 1
    RETURN = 2
    MATCH = 3
    COUNT = 4


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One message of the day, to be handed in at `at`."""

    at: datetime
    seq: int
    file: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happens: `rows` are what one person does in one go."""

    at: datetime
    turn: Turn
    order: int
    arrival: Arrival | None = None
    rows: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Day:
    """A day's folder, read."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("registry", "arrivals.csv", "expected.json", "registry/rules.json"):
            if not (self.folder / name).exists():
                raise NoDay(f"{self.folder} is no acceptance day: {name} is missing")

    @cached_property
    def key(self) -> dict[str, Any]:
        """expected.json."""
        found = json.loads((self.folder / "expected.json").read_text("utf-8"))
        if not isinstance(found, dict):
            raise NoDay(f"{self.folder}/expected.json holds no sections")
        return found

    @cached_property
    def rules(self) -> dict[str, Any]:
        """registry/rules.json."""
        found: dict[str, Any] = json.loads((self.folder / "registry" / "rules.json").read_text("utf-8"))
        return found

    @cached_property
    def zone(self) -> timezone:
        """The zone of all local times of the day."""
        offset = str(self.rules["utc_offset"])
        hours, minutes = int(offset[1:3]), int(offset[4:6])
        return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))

    @cached_property
    def date(self) -> date:
        """The calendar day."""
        return date.fromisoformat(self.rules["day"])

    @property
    def opens_at(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.date, time(), self.zone)

    @property
    def matches_at(self) -> datetime:
        """When the match runs."""
        return datetime.combine(self.date, time.fromisoformat(self.rules["matching_run_time"]), self.zone)

    @cached_property
    def arrivals(self) -> tuple[Arrival, ...]:
        """Every message, in the order of `seq`."""
        found = (
            Arrival(
                at=self.moment(row["arrived_at"]), seq=int(row["seq"]), file=row["file"], kind=row["kind"]
            )
            for row in self.table("arrivals.csv")
        )
        return tuple(sorted(found, key=lambda arrival: arrival.seq))

    def moment(self, local: str) -> datetime:
        """A local time of the day's files, with its zone."""
        return datetime.fromisoformat(local).replace(tzinfo=self.zone)

    def table(self, name: str) -> list[dict[str, str]]:
        """A CSV file of the day; nothing where the day has none."""
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    def bytes_of(self, file: str) -> bytes:
        """A message as it arrives."""
        return (self.folder / file).read_bytes()

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All that happens, by time; arrivals first on a tie, and among themselves by `seq`."""
        happening = [
            Event(at=arrival.at, turn=Turn.ARRIVAL, order=arrival.seq, arrival=arrival)
            for arrival in self.arrivals
        ]
        happening += self._together("inbound/receiving.csv", "received_at", "pass_no", Turn.RECEIVING)
        happening += self._together("receipts/return_arrivals.csv", "arrived_at", "invt_no", Turn.RETURN)
        happening += self._together("count.csv", "counted_at", None, Turn.COUNT)
        happening.append(Event(at=self.matches_at, turn=Turn.MATCH, order=0))
        return tuple(sorted(happening, key=lambda event: (event.at, event.turn, event.order)))

    def _together(self, name: str, at: str, group: str | None, turn: Turn) -> Iterator[Event]:
        """Rows of one moment and one group are one go, in the order of the file."""
        goes: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in self.table(name):
            goes.setdefault((row[at], row[group] if group else ""), []).append(row)
        for order, ((local, _), rows) in enumerate(goes.items()):
            yield Event(at=self.moment(local), turn=turn, order=order, rows=tuple(rows))
