"""A reference day's retail trade, played message by message: filed, matched, answered."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from wms.customs.doors import Received, receive
from wms.customs.effects import Desk
from wms.db import run
from wms.kept_key import kept_key
from wms.orders.acceptance import match_orders
from wms.orders.history import load_history, read_history
from wms.orders.procedures import PROCEDURES
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.zone import ZoneLoaders

MATCHED_AT = datetime(2026, 5, 20, 7, tzinfo=UTC)
ZONE = "Asia/Shanghai"


@cache
def _key_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    return found


@dataclass(frozen=True, kw_only=True)
class RetailDay:
    """A database, the day's folder, and the desk its messages are worked at."""

    database: Database
    folder: Path
    desk: Desk
    sessions: sessionmaker[Session]

    @property
    def key(self) -> dict[str, Any]:
        """What must come out; read once, so it is looked at and never changed."""
        return _key_of(self.folder)

    def files(self, *kinds: str) -> list[str]:
        """The day's messages of these kinds, in the order they came."""
        rows = csv.DictReader((self.folder / "arrivals.csv").read_text("utf-8").splitlines())
        return [row["file"] for row in rows if row["kind"] in kinds]

    def hand_in(self, names: Iterable[str]) -> list[Received]:
        """Hand in these files of the day."""
        return [self.hand_in_bytes((self.folder / name).read_bytes(), name) for name in names]

    def hand_in_bytes(self, raw: bytes, name: str = "test.xml") -> Received:
        """Hand in a message that is no file of the day."""
        return receive(self.sessions, raw=raw, file_name=name, door="test", desk=self.desk)

    def match(self) -> None:
        """The matching run."""
        match_orders(self.sessions, desk=self.desk)


def begin(database: Database, folder: Path, data_dir: Path) -> RetailDay:
    """Load the day's registry and history."""
    settings = replace(Settings.load({}), data_dir=data_dir)
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=0, at=MATCHED_AT, procedures=PROCEDURES)
    files = read_registry(folder / "registry")
    assert not isinstance(files, list)
    key = kept_key(data_dir, "buyers")
    loaders = ZoneLoaders(zone="LXZ", time_zone=ZONE, by_id=0, buyer_key=key).all()
    day = date(2026, 5, 20)
    run(
        database.sessions,
        lambda s: load_registry(s, files, at=MATCHED_AT, day=day, loaders=loaders),
        by_id=0,
        action="registry.load",
    )
    rows = read_history(folder / "receipts" / "prior_lists.csv")
    assert not isinstance(rows, list)
    zone = ZoneInfo(ZONE)
    run(
        database.sessions,
        lambda s: load_history(s, rows, file="prior_lists.csv", key=key, zone=zone, at=MATCHED_AT),
        by_id=0,
        action="orders.history",
    )
    return RetailDay(database=database, folder=folder, desk=desk, sessions=database.sessions)
