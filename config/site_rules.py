"""site_rules.toml, typed: what instruments and events of a site mean."""

import dataclasses
import tomllib
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

PATH = Path(__file__).with_name("site_rules.toml")
Severity = Literal["notice", "warning", "critical"]
_STRICT = ConfigDict(extra="forbid")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """How loud something is told."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severity: Severity


@dataclasses.dataclass(frozen=True, kw_only=True)
class StuckRule(Told):
    """Hours of the very same value."""

    hours: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class RangeRule(Told):
    """What can be measured at all, °C and percent."""

    temperature: tuple[float, float]
    humidity: tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DoorRule(Told):
    """Minutes a door may stand open."""

    open_minutes: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class VibrationRule(Told):
    """m/s2, and how many readings above it within an hour are tolerated."""

    limit: float
    per_hour: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatteryRule(Told):
    """Percent below which a battery is weak."""

    least: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class GatewayRule(Told):
    """Minutes without a heartbeat."""

    silent_minutes: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class SiteRules:
    """Every rule, with the version that incidents name."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: str
    missing: Told
    stuck: StuckRule
    out_of_range: RangeRule
    door: DoorRule
    smoke: Told
    seal: Told
    passage: Told
    vibration: VibrationRule
    battery: BatteryRule
    gateway: GatewayRule


def load_rules(path: Path = PATH) -> SiteRules:
    """The rules; an unknown key or a value of the wrong kind raises pydantic's ValidationError naming it."""
    return TypeAdapter(SiteRules).validate_python(tomllib.loads(path.read_text("utf-8")))
