"""The clock that edges read: the real one, or the file a test or an acceptance day sets."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.settings import Settings


class Clock:
    """Gives the moment, with its zone; services get it as `at` and never ask."""

    def __init__(self, settings: Settings) -> None:
        self._file = Path(settings.clock) if settings.clock else None
        self._zone = ZoneInfo(settings.time_zone)

    def now(self) -> datetime:
        """UTC now; with the setting `clock`, the ISO instant its file holds."""
        if self._file is None:
            return datetime.now(UTC)
        return datetime.fromisoformat(self._file.read_text("utf-8").strip()).astimezone(UTC)

    def month(self) -> str:
        """The site's calendar month, as 2026-05."""
        return f"{self.now().astimezone(self._zone):%Y-%m}"
