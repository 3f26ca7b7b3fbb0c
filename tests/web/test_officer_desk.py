"""The officer's desk: counts what waits for this officer, stays calm about the rest, and every reading is on record."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from tests.databases import TestServer
from tests.makers import NOON
from tests.web.site import BASE, Site, make_site
from wms.audit import AuditEntry, seal
from wms.auth.permissions import Role
from wms.auth.users import User
from wms.customs.cases import CaseKind, open_case
from wms.customs.waiting import Desk, Tray, trays
from wms.ledger.past import ledger_now


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        database_server.clone() as database,
        make_site(database, tmp_path_factory.mktemp("site"), flows=None) as site,
    ):
        yield site


def tray(session: Session, desk: Desk, *, by_id: int) -> Tray:
    return next(each for each in trays(session, by_id=by_id) if each.desk is desk)


def test_a_proposal_waits_for_every_officer_but_the_one_who_made_it(session: Session) -> None:
    case = open_case(
        session, kind=CaseKind.RECEIPT_SHORT, item_no="X", quantity=2, book_difference=-2, at=NOON, by_id=7
    )
    session.flush()
    assert tray(session, Desk.CASES, by_id=1).to_see == 1

    session.execute(
        text("update discrepancy set state = 'PROPOSED', proposed_by_id = 7 where id = :id"), {"id": case.id}
    )

    assert tray(session, Desk.CASES, by_id=1) == Tray(desk=Desk.CASES, to_decide=1, to_see=0, oldest_at=NOON)
    assert tray(session, Desk.CASES, by_id=7).to_decide == 0


def test_every_tray_is_there_and_an_empty_zone_is_calm(session: Session) -> None:
    found = trays(session, by_id=1)

    assert [each.desk for each in found] == list(Desk)
    assert all(each.is_calm for each in found)


def test_what_a_sealer_that_stands_still_leaves_is_seen(session: Session) -> None:
    """An hour is allowed; the clock is the database's own."""
    now = ledger_now(session)
    for minutes in (59, 61):
        session.execute(
            insert(AuditEntry).values(
                recorded_at=now - timedelta(minutes=minutes),
                action="test.old",
                by_id=0,
                outcome="done",
                changes=[],
                marks={"minutes": minutes},
            )
        )

    assert tray(session, Desk.AUDIT, by_id=1).to_see == 1

    assert seal(session) is not None
    assert tray(session, Desk.AUDIT, by_id=1).is_calm


def test_an_officer_begins_at_the_desk_and_a_keeper_does_not(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER).get("/", base_url=BASE).text
    keeper = site.signed_in(Role.KEEPER).get("/", base_url=BASE).text

    assert "没有等您处理的事项" in officer
    assert "查阅均有记录" in officer
    assert "查阅均有记录" not in keeper


def test_every_page_an_officer_opens_is_on_the_page_of_readings(site: Site) -> None:
    """With what was asked for; nobody else's reading is kept, and parts that poll do not fill it."""
    officer, admin = site.signed_in(Role.OFFICER), site.signed_in(Role.ADMIN)
    officer.get("/customs/time-machine/?item=NP-TEA-777", base_url=BASE)
    officer.get("/exports/fragment", base_url=BASE)
    admin.get("/customs/book/", base_url=BASE)

    page = admin.get("/customs/readings/?about=NP-TEA-777", base_url=BASE).text
    everything = admin.get("/customs/readings/?name=officer", base_url=BASE).text

    assert "NP-TEA-777" in page
    assert "测试officer" in page
    assert "时点回溯" in page
    assert "fragment" not in everything
    assert "没有符合" in admin.get("/customs/readings/?name=admin", base_url=BASE).text
    assert site.signed_in(Role.KEEPER).get("/customs/readings/", base_url=BASE).status_code == 403


def test_a_reading_says_when(site: Site) -> None:
    with site.sessions() as session:
        officer = session.scalars(select(User).where(User.name == "officer")).one()
    entry = next(
        each for each in reversed(site.audit()) if each.by_id == officer.id and each.outcome == "read"
    )

    assert entry.recorded_at.utcoffset() == timedelta(0)
    assert entry.marks["page"]
