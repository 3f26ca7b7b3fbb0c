"""The demonstration zone: a newcomer finds work on every stage of the way out, and the two ledgers agree."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from wms.auth.users import SYSTEM_ID
from wms.customs.bonded_list import BondedList
from wms.customs.cases import Discrepancy
from wms.customs.effects import Desk
from wms.customs.gate_pass import GatePass, PassState
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.retail_declaration import RetailDeclaration
from wms.db import run
from wms.demo.day import play_day
from wms.floor.loading import count_vehicles
from wms.floor.packing import count_to_pack
from wms.floor.pulling import count_undone
from wms.floor.waves import waiting_declarations
from wms.kept_key import kept_key
from wms.ledger.book import Side
from wms.ledger.moves import StockMove
from wms.ledger.verify import verify
from wms.orders.matching import Verdict
from wms.orders.procedures import PROCEDURES
from wms.orders.verdicts import Match
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.seed import FOLDER
from wms.zone import ZoneLoaders

AT = datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.fixture
def zone(fresh_database: Database, tmp_path: Path) -> tuple[Database, Desk]:
    """The demonstration's registry and its day, played once."""
    settings = replace(Settings.load({}), data_dir=tmp_path)
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=SYSTEM_ID, at=AT, procedures=PROCEDURES)
    files = read_registry(FOLDER)
    assert not isinstance(files, list)
    loaders = ZoneLoaders(
        zone=settings.zone,
        time_zone=settings.time_zone,
        by_id=SYSTEM_ID,
        buyer_key=kept_key(tmp_path, "buyers"),
    ).all()
    run(
        fresh_database.sessions,
        lambda s: load_registry(s, files, at=AT, day=date(2026, 11, 26), loaders=loaders),
        by_id=SYSTEM_ID,
        action="test.registry",
    )
    play_day(fresh_database.sessions, desk=desk)
    return fresh_database, desk


def how_many(session: Session) -> tuple[int, ...]:
    """Orders judged, parcels, lists and movements."""
    kinds = (Match, Parcel, BondedList, StockMove)
    return tuple(session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)


def test_something_waits_at_every_station(zone: tuple[Database, Desk]) -> None:
    """To be waved, picked, packed, pulled and loaded; refused, waiting and returned orders; an open case."""
    database, _ = zone

    with database.sessions() as session:
        verdicts = set(session.scalars(select(Match.verdict)))
        parcels = set(session.scalars(select(Parcel.state)))
        states = set(session.scalars(select(RetailDeclaration.state)))
        passes = set(session.scalars(select(GatePass.state).where(GatePass.side == Side.OUT)))
        cases = session.scalar(select(func.count()).select_from(Discrepancy))

        assert verdicts == {Verdict.ACCEPTED, Verdict.REFUSED, Verdict.WAITING}
        assert parcels == {
            ParcelState.TO_PICK,
            ParcelState.PICKED,
            ParcelState.SEALED,
            ParcelState.LEFT,
        }
        assert {"800", "500", "120", "100"} <= states
        assert passes == {PassState.APPROVED, PassState.PASSED}
        assert len(waiting_declarations(session)) == 1
        assert (count_to_pack(session), count_undone(session), count_vehicles(session)) == (1, 1, 1)
        assert cases == 1


def test_the_ledgers_agree_after_the_day(zone: tuple[Database, Desk]) -> None:
    """What the demonstration shows is what the system would have made of it."""
    database, _ = zone

    with database.sessions() as session:
        assert [str(finding) for finding in verify(session)] == []


def test_the_next_start_plays_nothing_again(zone: tuple[Database, Desk]) -> None:
    """A day is played once; what people did since stays as they left it."""
    database, desk = zone
    with database.sessions() as session:
        before = how_many(session)

    play_day(database.sessions, desk=desk)

    with database.sessions() as session:
        assert how_many(session) == before
