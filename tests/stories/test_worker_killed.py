"""The way out with a worker that is killed at every message: in the end everything happened once.

Messages come by the drop folder. As soon as the worker has claimed one it is killed, and another worker begins.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.databases import Database
from tests.floor.outward import LOADING, PACKING
from tests.floor.test_outward_day import PICKING, follow
from tests.stories.test_goods_go_out import (
    LIST,
    PASS,
    PLATE,
    Customs,
    clean_orders,
    inner_no,
    numbers_of,
    site,
    the_law_holds,
)
from tests.web.site import Site
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.exit_declaring import declare_exit, issue_pass, waiting_for_exit
from wms.customs.gate_pass import GatePass
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.retail_declaration import BookEffect, RetailDeclaration
from wms.db import run
from wms.floor.waves import open_wave
from wms.jobs import defer
from wms.ledger.moves import StockMove
from wms.ledger.places import Location, Purpose
from wms.ledger.queries import book_rows

__all__ = ["site"]
pytestmark = [pytest.mark.drill, pytest.mark.reference]
ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 5, 20)
AT = datetime.fromisoformat("2026-05-20T18:00:00+08:00")
#: Seconds a killed worker's successor may need to begin and finish what was left.
PATIENCE_S = 240


class Worker:
    """`flask work`, which does not live long."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
        self._environ |= {
            "WMS_DATABASE_URL": database.url,
            "WMS_OWNER_DATABASE_URL": database.owner_url,
            "WMS_DATA_DIR": str(data_dir),
            "WMS_TESTING": "true",
            "WMS_CLOCK": str(data_dir / "clock"),
        }
        self._log = data_dir / "worker.log"
        self.kills = 0
        self._begin()

    def _begin(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "work"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """As a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1

    def again(self) -> None:
        self._begin()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Dropping(Customs):
    """Lays messages into the drop folder and kills the worker over each."""

    def __init__(self, site: Site, worker: Worker, data_dir: Path) -> None:
        super().__init__(site)
        self._worker = worker
        self._folder = data_dir / "messages"
        self._random = random.Random(4)
        self._number = 0

    def hand_in(self, raw: bytes, name: str) -> str:
        self._number += 1
        file = f"{self._number:03d}-{name.rpartition('/')[2]}"
        waiting = self._folder / "in" / file
        waiting.parent.mkdir(parents=True, exist_ok=True)
        part = waiting.with_name(f".{file}")
        part.write_bytes(raw)
        part.rename(waiting)
        wait_until(lambda: not waiting.exists(), f"{file} is claimed")
        time.sleep(self._random.uniform(0, 0.06))
        self._worker.kill()
        self._worker.again()
        done = self._folder / "done"
        wait_until(
            lambda: any(each.name.endswith(f"{file}.txt") for each in done.iterdir()), f"{file} is done"
        )
        return "done"


def wait_until(happened: Any, what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until, f"not yet: {what}"
        time.sleep(0.002)


@pytest.fixture
def worker(site: Site, fresh_database: Database, tmp_path: Path) -> Iterator[Worker]:
    begun = Worker(fresh_database, tmp_path)
    yield begun
    begun.end()


def matched(site: Site) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count(RetailDeclaration.id))) or 0


def test_a_worker_killed_over_every_message_changes_nothing_in_the_end(
    site: Site, worker: Worker, fresh_database: Database, tmp_path: Path
) -> None:
    customs = Dropping(site, worker, tmp_path)
    orders = clean_orders(2)
    for kind in ("CEB411", "CEB511", "CEB311"):
        customs.hand_in(customs.filings(kind, orders), f"{kind}.xml")
    run(site.sessions, lambda session: defer(session, "orders.match"), by_id=0, action="test.match")
    wait_until(lambda: matched(site) > 0, "the first order is accepted")
    worker.kill()
    worker.again()
    wait_until(lambda: matched(site) == 2, "both orders are accepted")
    the_law_holds(site)
    declared = customs.read("/api/retail-declarations")
    for each in declared:
        customs.answer("CEB622", each["number"], "800", 30, list_no=numbers_of(each))
    _pick_and_pack(site, fresh_database)
    the_law_holds(site)

    _leave(site, fresh_database, customs)

    the_law_holds(site)
    with site.sessions() as session:
        assert set(session.scalars(select(Parcel.state))) == {ParcelState.LEFT}
        assert set(session.scalars(select(RetailDeclaration.book_effect))) == {BookEffect.BOOKED}
        assert session.scalars(select(BondedList.state)).all() == [ListState.BOOKED]
        sold = sum(
            line.stock_quantity for each in session.scalars(select(RetailDeclaration)) for line in each.lines
        )
        buyers = select(Location.id).where(Location.purpose == Purpose.BUYER)
        gone = select(func.sum(StockMove.quantity)).where(StockMove.target_id.in_(buyers))
        assert session.scalar(gone) == sold
        assert all(row.left_not_booked == row.promised_out == 0 for row in book_rows(session, book_id=1))
    assert worker.kills >= 10


def _pick_and_pack(site: Site, database: Database) -> None:
    wave = partial(open_wave, day=DAY, by_id=1, at=AT)
    run(site.sessions, wave, by_id=1, action="wave.open")
    follow(database, PICKING, at=AT)
    follow(database, PACKING, at=AT)


def _leave(site: Site, database: Database, customs: Customs) -> None:
    """Declared, answered, loaded, passed, booked; the passage and the booking come twice."""

    def declare(session: Session) -> None:
        declare_exit(
            session,
            waiting_for_exit(session),
            trade=CustomsRules.load().trade,
            sender_id="DXP",
            day=DAY,
            at=AT,
        )

    run(site.sessions, declare, by_id=1, action="exit.declare")
    pre = "202600000880509000"
    (sent,) = customs.sent("INV101")
    customs.receipt("exit-E1-INV101-response.xml", SeqNo=pre, EtpsPreentNo=inner_no(sent))
    customs.receipt("exit-E1-INV201.xml", etpsPreentNo=pre, businessId=LIST, bondInvtNo=LIST)

    def issue(session: Session) -> GatePass:
        lists = session.scalars(select(BondedList)).all()
        return issue_pass(session, lists, plate=PLATE, contact="测试", sender_id="DXP", day=DAY, at=AT)

    run(site.sessions, issue, by_id=1, action="pass.issue")
    (sent,) = customs.sent("SAS121")
    vehicle = {"etpsPreentNo": "202600000770509000", "businessId": PASS, "passportNo": PASS, "rltNo": LIST}
    customs.receipt("exit-X1-SAS121-response.xml", SeqNo=vehicle["etpsPreentNo"], EtpsPreentNo=inner_no(sent))
    customs.receipt("exit-X1-SAS221.xml", **vehicle)
    follow(database, LOADING, PASS, at=AT)
    for _ in range(2):
        customs.receipt("exit-X1-SAS223.xml", **vehicle)
        customs.receipt("exit-E1-INV201-final.xml", etpsPreentNo=pre, businessId=LIST, bondInvtNo=LIST)
