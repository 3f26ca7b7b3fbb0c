"""A moment of the demonstration's day: the desk papers come to, the people, and the orders of the day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from wms.customs.doors import receive
from wms.customs.effects import Desk
from wms.demo.papers import Trade


@dataclass(frozen=True, kw_only=True)
class Day:
    """The zone's desk and people at one moment of the day."""

    sessions: sessionmaker[Session]
    desk: Desk
    trades: tuple[Trade, ...]
    people: Mapping[str, int]

    @property
    def at(self) -> datetime:
        return self.desk.at

    def day_of(self, at: datetime) -> date:
        """The zone's calendar day."""
        return at.astimezone(ZoneInfo(self.desk.settings.time_zone)).date()

    def later(self, *, minutes: int) -> "Day":
        """The same, so much later."""
        return replace(self, desk=replace(self.desk, at=self.at + timedelta(minutes=minutes)))

    def of(self, *stages: str) -> list[Trade]:
        """Orders that are to come so far."""
        return [each for each in self.trades if each.stage in stages]

    def hand_in(self, raw: bytes, name: str) -> None:
        """A paper through the door of every paper."""
        receive(self.sessions, raw=raw, file_name=name, door="command", desk=self.desk)
