"""storage_classes.toml, typed: the limits of a room by storage class."""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

PATH = Path(__file__).with_name("storage_classes.toml")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RoomLimits:
    """°C, percent of relative humidity, minutes; none where there is no limit."""

    tolerated_minutes: int
    hysteresis_celsius: float
    hysteresis_percent: float
    temperature_min: float | None = None
    temperature_max: float | None = None
    humidity_min: float | None = None
    humidity_max: float | None = None


def load_limits(path: Path = PATH) -> Mapping[str, RoomLimits]:
    """Limits by storage class; a value of the wrong kind raises pydantic's ValidationError naming it."""
    kind = TypeAdapter(dict[str, RoomLimits])
    return kind.validate_python(tomllib.loads(path.read_text("utf-8")))
