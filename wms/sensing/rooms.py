"""What stands where at this site: devices.toml says where a sensor stands, the places there say what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.site_rules import SiteRules, load_rules
from config.storage_limits import RoomLimits, load_limits
from devices.registry import Registry, Sensor
from wms.ledger.places import Location
from wms.sensing.judge import Rule

#: A sensor that may rest is never missing, but a longer gap than this is no evidence either.
_RESTING: Final = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Room:
    """Where a sensor stands and what is asked of that room."""

    device: str
    place: str
    limits: RoomLimits
    rules: SiteRules
    #: How long the sensor may be silent; none where it may rest.
    silent_max: timedelta | None

    def rule_of(self, kind: str) -> Rule | None:
        """What is asked of one kind of measurement; none where nothing is asked."""
        if kind == "temperature":
            least, most = self.limits.temperature_min, self.limits.temperature_max
            hysteresis, possible = self.limits.hysteresis_celsius, self.rules.out_of_range.temperature
        elif kind == "humidity":
            least, most = self.limits.humidity_min, self.limits.humidity_max
            hysteresis, possible = self.limits.hysteresis_percent, self.rules.out_of_range.humidity
        else:
            return None
        if least is None and most is None:
            return None
        return Rule(
            value_min=least,
            value_max=most,
            hysteresis=hysteresis,
            tolerated=timedelta(minutes=self.limits.tolerated_minutes),
            missing_after=self.silent_max or _RESTING,
            stuck_after=timedelta(hours=self.rules.stuck.hours),
            range_min=possible[0],
            range_max=possible[1],
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Everything the site's files say of its devices."""

    devices: frozenset[str]
    places: Mapping[str, str]
    rooms: Mapping[str, Room]
    sensors: tuple[Sensor, ...]
    rules: SiteRules


def standing(session: Session, site: Registry) -> Standing:
    """What stands where now; a sensor without places or limits drives no excursion."""
    rules, limits = load_rules(), load_limits()
    sensors = tuple(device for device in site.device if isinstance(device, Sensor))
    rooms: dict[str, Room] = {}
    for sensor in sensors:
        if not sensor.place:
            continue
        query = select(Location.storage_class).where(Location.code.startswith(sensor.place, autoescape=True))
        classes = set(session.scalars(query.distinct())) & limits.keys()
        if len(classes) == 1:
            rooms[sensor.id] = Room(
                device=sensor.id,
                place=sensor.place,
                limits=limits[classes.pop()],
                rules=rules,
                silent_max=silent_max(sensor),
            )
    return Standing(
        devices=frozenset(device.id for device in site.device),
        places={sensor.id: sensor.place or "" for sensor in sensors},
        rooms=rooms,
        sensors=sensors,
        rules=rules,
    )


def silent_max(sensor: Sensor) -> timedelta | None:
    """How long a sensor may be silent; none where it may rest."""
    return timedelta(minutes=sensor.silent_minutes_max) if sensor.silent_minutes_max else None
