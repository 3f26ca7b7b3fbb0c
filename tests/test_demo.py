"""The demonstration zone: a newcomer finds work on every stage of the way out, and the two ledgers agree."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database, TestServer
from tests.web.site import BASE, make_site
from wms.alerts import Alert
from wms.auth.permissions import Role
from wms.auth.users import SYSTEM_ID
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.cases import Discrepancy
from wms.customs.drafting import list_of_return
from wms.customs.effects import Desk
from wms.customs.gate_pass import GatePass, PassState
from wms.customs.guarantee import all_accounts
from wms.customs.overview import reconcile_all
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.retail_declaration import RetailDeclaration, is_released
from wms.customs.return_case import Application, Reentry, ReturnCase
from wms.customs.return_list import received_by_line
from wms.customs.tax_bill import TaxBill, agrees, billed
from wms.db import run
from wms.demo.day import play_day
from wms.floor.loading import count_vehicles
from wms.floor.packing import count_to_pack
from wms.floor.pulling import count_undone
from wms.floor.returned import places_waiting
from wms.floor.waves import waiting_declarations
from wms.kept_key import kept_key
from wms.ledger.book import Side
from wms.ledger.buyers import year_values
from wms.ledger.lots import Lot, Quality
from wms.ledger.moves import Balance, StockMove
from wms.ledger.past import ledger_now
from wms.ledger.places import Location, Purpose
from wms.ledger.verify import verify
from wms.orders.matching import Verdict
from wms.orders.procedures import PROCEDURES
from wms.orders.verdicts import Match
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.seed import FOLDER
from wms.zone import ZoneLoaders

AT = datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def zone(
    database_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Desk]]:
    """The demonstration's registry and its day, played once for all; no promise here changes the day."""
    with database_server.clone() as database:
        yield database, _play(database, tmp_path_factory.mktemp("demo"))


def _play(database: Database, folder: Path) -> Desk:
    settings = replace(Settings.load({}), data_dir=folder)
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=SYSTEM_ID, at=AT, procedures=PROCEDURES)
    files = read_registry(FOLDER)
    assert not isinstance(files, list)
    loaders = ZoneLoaders(
        zone=settings.zone,
        time_zone=settings.time_zone,
        by_id=SYSTEM_ID,
        buyer_key=kept_key(folder, "buyers"),
    ).all()
    run(
        database.sessions,
        lambda s: load_registry(s, files, at=AT, day=date(2026, 11, 26), loaders=loaders),
        by_id=SYSTEM_ID,
        action="test.registry",
    )
    play_day(database.sessions, desk=desk)
    return desk


def how_many(session: Session) -> tuple[int, ...]:
    """Orders judged, parcels, lists, movements, bills and returns."""
    kinds = (Match, Parcel, BondedList, StockMove, TaxBill, ReturnCase)
    return tuple(session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)


def lots_moved(session: Session, end: InstrumentedAttribute[int]) -> dict[str, int]:
    """Stock units by lot number that came from buyers, or went to them; `end` says which."""
    query = (
        select(Lot.code, func.sum(StockMove.quantity))
        .join(Lot, Lot.id == StockMove.source_lot_id)
        .join(Location, Location.id == end)
        .where(Location.purpose == Purpose.BUYER)
        .group_by(Lot.code)
    )
    return {code: int(quantity) for code, quantity in session.execute(query)}


def lying(session: Session, purpose: Purpose) -> dict[Quality, int]:
    """What lies in places of that purpose by quality, stock units."""
    query = (
        select(Lot.quality, func.sum(Balance.on_hand))
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.purpose == purpose, Balance.on_hand > 0)
        .group_by(Lot.quality)
    )
    return {quality: int(on_hand) for quality, on_hand in session.execute(query)}


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


def test_customs_billed_what_they_released(zone: tuple[Database, Desk]) -> None:
    """Every bill agrees with our own taxes, and that of the parcel which came back is void."""
    database, _ = zone

    with database.sessions() as session:
        bills = {bill.list_no: bill for bill in session.scalars(select(TaxBill))}
        released = {
            each.list_no: each
            for each in session.scalars(select(RetailDeclaration))
            if is_released(each) and each.state == "800"
        }
        returned = session.scalars(select(ReturnCase)).one().declaration

        assert bills.keys() == released.keys()
        assert all(agrees(bill, released[list_no]) for list_no, bill in bills.items())
        assert all(billed(bill).total for bill in bills.values())
        assert {list_no for list_no, bill in bills.items() if bill.status == "3"} == {returned.list_no}
        assert not session.scalars(select(Alert.kind).where(Alert.kind.like("tax.%"))).all()


def test_a_guarantee_letter_is_on_file(zone: tuple[Database, Desk]) -> None:
    """In force, and nothing of it used: no stock bill has gone out."""
    database, desk = zone

    with database.sessions() as session:
        (account,) = all_accounts(session)

        assert account.letter.valid_until > desk.at.date()
        assert account.available == account.letter.amount


def test_one_parcel_came_back(zone: tuple[Database, Desk]) -> None:
    """Accepted, the buyer's year has it again; all of it is here, of the lot that had left; its list is declared."""
    database, _ = zone

    with database.sessions() as session:
        case = session.scalars(select(ReturnCase)).one()
        listed = list_of_return(session, case)
        whole = {line.line_no: line.stock_quantity for line in case.lines}
        used = year_values(session, year=case.declaration.year)[case.declaration.buyer]
        promised = session.scalars(
            select(RetailDeclaration).where(
                RetailDeclaration.buyer == case.declaration.buyer, RetailDeclaration.id != case.declaration.id
            )
        )

        assert (case.application, case.reentry) == (Application.ACCEPTED, Reentry.WAITING_SORT)
        assert case.given_back == case.declaration.dutiable_value > 0
        assert used == sum(int(each.dutiable_value * 100) for each in promised)
        assert received_by_line(session, case.number) == whole
        assert lots_moved(session, StockMove.source_id) == lots_moved(session, StockMove.target_id)
        assert listed is not None
        assert (listed.state, bool(listed.pre_entry_no)) == (ListState.DECLARED, True)
        assert [line.stock_quantity for line in listed.lines] == list(whole.values())


def test_what_came_back_is_sorted_as_far_as_customs_let_it(zone: tuple[Database, Desk]) -> None:
    """A damaged piece is in quarantine; the good one waits, and the newcomer's handheld counts its place."""
    database, _ = zone

    with database.sessions() as session:
        case = session.scalars(select(ReturnCase)).one()
        total = sum(line.stock_quantity for line in case.lines)

        assert lying(session, Purpose.QUARANTINE) == {Quality.DAMAGED: 1}
        assert lying(session, Purpose.RETURNS) == {Quality.UNSORTED: total - 1}
        assert places_waiting(session) == 1


def test_account_and_goods_agree_but_for_what_is_named(zone: tuple[Database, Desk]) -> None:
    """Every item agrees; what came back stands in its own open column, and the law holds."""
    database, _ = zone

    with database.sessions() as session:
        (found,) = reconcile_all(session, at=ledger_now(session))
        case = session.scalars(select(ReturnCase)).one()
        returned = {item.item_no: item.returned_not_reentered for item in found.items}

        assert [item.item_no for item in found.differing] == []
        assert {item_no: count for item_no, count in returned.items() if count} == {
            line.item_no: line.stock_quantity for line in case.lines
        }


def test_the_next_start_plays_nothing_again(zone: tuple[Database, Desk]) -> None:
    """A day is played once; what people did since stays as they left it."""
    database, desk = zone
    with database.sessions() as session:
        before = how_many(session)

    play_day(database.sessions, desk=desk)

    with database.sessions() as session:
        assert how_many(session) == before


def test_a_newcomer_finds_the_bills_and_the_return_on_their_pages(
    zone: tuple[Database, Desk], tmp_path: Path
) -> None:
    """And where no bill differs the page says that, not that none has come."""
    database, _ = zone
    with database.sessions() as session:
        case = session.scalars(select(ReturnCase)).one()
        bills = session.scalars(select(TaxBill.number)).all()

    with make_site(database, tmp_path) as site:
        declarant = site.signed_in(Role.DECLARANT)
        pages = {
            path: declarant.get(path, base_url=BASE).text
            for path in ("/returns/", "/tax-bills/", "/tax-bills/?differing=true")
        }

    assert case.number in pages["/returns/"]
    assert all(number in pages["/tax-bills/"] for number in bills)
    assert "没有不符的税单。" in pages["/tax-bills/?differing=true"]
