"""Settings: read once, frozen, typed. TOML first, then WMS_ variables."""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

DEFAULT = Path(__file__).with_name("default.toml")


class BadSettings(Exception):
    """A setting that is unknown or has a value of the wrong kind; the sentence names file, key and value."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What `default.toml` explains, key by key."""

    database_url: str
    owner_database_url: str
    data_dir: Path
    host: str
    port: int
    web_processes: int
    web_threads: int
    time_zone: str
    zone: str
    session_minutes: int
    sign_in_attempts: int
    lock_minutes: int
    message_bytes_max: int
    message_ahead_hours_max: int
    single_window_url: str
    matching_cron: str
    api_calls_per_minute: int
    export_retention_days: int
    personal_retention_months: int
    hold_over_receipt: bool
    inbound_booked_by: str
    exit_booked_by: tuple[str, ...]
    signing_key_file: str
    dxp_id: str
    devices_file: Path
    site: Literal["simulated", "gateway", "none"]
    gate_weight_tolerance_rate: Decimal
    clock: str
    testing: bool
    proxies: int
    secure_cookies: bool

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Default file, then the site's file (WMS_CONFIG), then WMS_ variables; raises BadSettings."""
        environ = os.environ if environ is None else environ
        values = tomllib.loads(DEFAULT.read_text("utf-8"))
        if site := environ.get("WMS_CONFIG"):
            values |= _site_values(Path(site), known=values)
        for key in values:
            text = environ.get(f"WMS_{key.upper()}")
            if text is not None:
                values[key] = text.split(",") if isinstance(values[key], list) else text
        try:
            settings = TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadSettings(f"setting {first['loc'][0]}: {first['msg']} (got {first['input']!r})") from None
        if settings.clock and not settings.testing:
            raise BadSettings("setting clock: only tests and acceptance days may set the clock")
        return settings


def _site_values(path: Path, *, known: Mapping[str, object]) -> dict[str, object]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from None
    if unknown := sorted(values.keys() - known.keys()):
        raise BadSettings(f"{path}: no such setting: {', '.join(unknown)}")
    return values
