"""What happens at the site is told once, lasts until it is over, and nobody edits it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from devices.registry import load_registry
from tests.databases import Database, TestServer
from tests.makers import Laid, lay_stock, make_location
from tests.sensing.test_excursions import NOON, count, held, item, lay, send
from tests.web.site import BASE, Site, make_site, secure
from wms.alerts import Alert
from wms.auth.permissions import Role
from wms.db import make_engine, run
from wms.i18n import translate
from wms.ledger.lots import Hold, HoldEntry
from wms.ledger.moves import Move
from wms.ledger.posting import post
from wms.registry.products import StorageClass
from wms.sensing.consequences import look, watch
from wms.sensing.excursions import Excursion
from wms.sensing.incidents import Incident, IncidentEntry, IncidentKind, incidents, needing_a_person
from wms.sensing.passage_faults import passage_fault
from wms.sensing.rooms import Standing, standing

SITE_FILE = Path(__file__).resolve().parents[2] / "config" / "devices.toml"


#: What a test of this module may leave behind.
LEFT = ("incident_entry", "incident", "alert", "excursion", "reading", "dead_letter", "procrastinate_jobs")


@pytest.fixture(scope="module")
def zone(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One application for all tests here, with ten of L1 in the cool room; five were moved out."""
    with (
        database_server.clone() as database,
        make_site(database, tmp_path_factory.mktemp("zone"), flows=None) as site,
    ):
        lay(site)
        yield site


@pytest.fixture
def site(zone: Site) -> Iterator[Site]:
    """The same with nothing said yet; only the owner of the tables may empty them."""
    yield zone
    owner = make_engine(zone.app.extensions["wms"].settings.owner_database_url)
    with owner.begin() as connection:
        for table in LEFT:
            connection.execute(text(f"alter table {table} disable trigger user"))
        connection.execute(text(f"truncate {', '.join(LEFT)} cascade"))
        for table in LEFT:
            connection.execute(text(f"alter table {table} enable trigger user"))
    owner.dispose()


@pytest.fixture
def own_site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """A zone of its own, where goods are held."""
    with make_site(fresh_database, tmp_path, flows=None) as site:
        lay(site)
        yield site


def event(seq: int, minute: float, kind: str, device: str = "cool-1-door", **data: Any) -> dict[str, Any]:
    said = item(seq, minute, None, device=device, kind=kind, data=data)
    del said["value"], said["unit"]
    return said


def kinds(site: Site) -> list[IncidentKind]:
    with site.sessions() as session:
        return list(session.scalars(select(Incident.kind).order_by(Incident.id)))


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def watched(site: Site, minute: float) -> None:
    def work(session: Any) -> None:
        watch(session, stands_of(session), by_id=0, at=at(minute))

    run(site.sessions, work, by_id=0, action="sensing.watch")


def stands_of(session: Any) -> Standing:
    return standing(session, load_registry(SITE_FILE))


def test_a_broken_seal_is_told_once_and_nobody_edits_it_away(site: Site) -> None:
    seal = event(1, 0, "seal", intact=False, seal_no="E7701")
    send(site, [seal])
    send(site, [seal])

    assert kinds(site) == [IncidentKind.SEAL_BROKEN]
    assert count(site, Alert) == 1
    for change in (update(Incident).values(message="nothing"), text("delete from incident")):
        with pytest.raises(DBAPIError, match=r"permission denied|facts"):
            run(site.sessions, lambda session, do=change: session.execute(do), by_id=1, action="test.edit")


def test_an_incident_is_closed_by_a_person_with_words_and_stays(site: Site) -> None:
    send(site, [event(1, 0, "seal", intact=False, seal_no="E7701")])
    client = site.signed_in(Role.QUALITY)
    with site.sessions() as session:
        number = session.scalars(select(Incident.id)).one()
        assert [each.id for each in needing_a_person(session)] == [number]

    def add(**form: str) -> int:
        return client.post(f"/sensing/incidents/{number}", data=form, **secure(client)).status_code

    assert add(note="") == 422
    assert add(note="已通知海关") == 303
    assert add(note="关员到场，换新封志 E7702", close="true") == 303
    assert add(note="again", close="true") == 409
    page = client.get("/sensing/", base_url=BASE).text
    assert "封志 E7701 已破损" in page
    assert "换新封志 E7702" in page
    with site.sessions() as session:
        assert needing_a_person(session) == []
        assert len(session.scalars(select(IncidentEntry)).all()) == 2


def test_a_seal_with_a_wrong_clock_is_told_all_the_same(site: Site) -> None:
    send(site, [event(1, 0, "seal", intact=False, seal_no="E7701") | {"quality": "uncertain"}])

    assert kinds(site) == [IncidentKind.SEAL_BROKEN]


def test_smoke_is_told_at_once_and_a_clear_detector_is_not(site: Site) -> None:
    send(site, [event(1, 0, "smoke", alarm=False), event(2, 1, "smoke", alarm=True)])

    assert kinds(site) == [IncidentKind.SMOKE]


def test_a_door_may_stand_open_for_five_minutes(site: Site) -> None:
    send(site, [event(1, 0, "door", open=True)])
    watched(site, 4.9)
    assert kinds(site) == []

    watched(site, 5.1)
    watched(site, 6.1)
    assert kinds(site) == [IncidentKind.DOOR_OPEN]

    send(site, [event(2, 7, "door", open=False)])
    with site.sessions() as session:
        (told,) = incidents(session)
    assert (told.incident.began_at, told.ended_at, told.is_open) == (NOON, at(7), False)


def test_a_door_that_was_open_for_long_is_found_when_its_words_come_late(site: Site) -> None:
    send(site, [event(1, 20, "door", open=False), event(2, 0, "door", open=True)])

    assert kinds(site) == [IncidentKind.DOOR_OPEN]


def test_a_passage_that_does_not_agree_becomes_a_task(site: Site) -> None:
    passage = {"lane": "gate-in", "plate": "藏A12345", "missing": ["card"], "mismatch": []}
    whole = {**passage, "missing": []}
    send(site, [event(1, 0, "passage", device="gate-in", **passage)])
    send(site, [event(2, 1, "passage", device="gate-in", **whole)])

    assert kinds(site) == [IncidentKind.PASSAGE]
    page = site.signed_in(Role.SUPERVISOR).get("/tasks/", base_url=BASE).text
    assert "车辆 藏A12345：缺少通行卡" in page


def test_a_silent_sensor_is_missing_until_it_speaks(site: Site) -> None:
    send(site, [item(1, 0, 5.0)])
    watched(site, 2.9)
    assert kinds(site) == []

    watched(site, 3.1)
    watched(site, 4.1)
    send(site, [item(2, 5, 5.0)])
    watched(site, 5.1)

    assert kinds(site) == [IncidentKind.MISSING]
    with site.sessions() as session:
        assert incidents(session)[0].ended_at == at(5)


def test_behind_a_silent_gateway_only_the_gateway_is_told(site: Site) -> None:
    beat = event(2, 0, "gateway.heartbeat", device="gateway")
    send(site, [item(1, 0, 5.0), beat])

    watched(site, 10)

    assert kinds(site) == [IncidentKind.GATEWAY_SILENT]


def test_a_value_that_never_moves_is_told_and_over_when_it_moves(site: Site) -> None:
    steady = [item(number + 1, number * 2, 5.25) for number in range(182)]
    send(site, steady)
    watched(site, 362)
    assert kinds(site) == [IncidentKind.STUCK]

    send(site, [item(500, 364, 5.31)])
    watched(site, 364.5)
    with site.sessions() as session:
        assert incidents(session)[0].ended_at == at(364)


def test_an_impossible_value_is_a_broken_instrument_and_holds_nothing(site: Site) -> None:
    broken = [item(number + 1, number, 999.0, quality="bad") for number in range(15)]

    send(site, broken)

    assert kinds(site) == [IncidentKind.OUT_OF_RANGE]
    assert count(site, Excursion) == 0
    assert held(site) == [0, 0]


def test_the_hold_does_not_wait_for_the_next_reading(own_site: Site) -> None:
    """Warm at every word, and the time is up between two of them: the job that waits for it holds the goods."""
    send(own_site, warm_until(9.5))
    with own_site.sessions() as session:
        jobs = session.execute(
            text("select scheduled_at from procrastinate_jobs where task_name = 'sensing.look'")
        ).all()
    assert count(own_site, Excursion) == 0
    assert len(jobs) == 1

    def work(session: Any) -> None:
        look(
            session,
            stands_of(session),
            device="cool-1",
            kind="temperature",
            by_id=0,
            at=at(10) + timedelta(seconds=1),
        )

    run(own_site.sessions, work, by_id=0, action="sensing.look")
    assert (count(own_site, Excursion), held(own_site)) == (1, [5, 5])


def test_the_watch_holds_both_rooms_in_one_ledger_call(own_site: Site) -> None:
    """Time runs out in two cool rooms between two words: one transaction, one posting."""

    def lay_more(session: Any) -> None:
        make_location(session, "LS1-F01-01-1", storage_class=StorageClass.COOL)
        lay_stock(session, "LS1-F01-01-1: 7 × L7")

    run(own_site.sessions, lay_more, by_id=1, action="test.lay")
    other = [item(100 + number, number / 2, 9.0, device="frozen-1") for number in range(20)]
    send(own_site, [*warm_until(9.5), *other])
    assert held(own_site) == [0, 0, 0]

    watched(own_site, 10.1)

    assert held(own_site) == [5, 5, 7]
    with own_site.sessions() as session:
        postings = session.scalars(select(HoldEntry.posting_id).distinct()).all()
    assert len(postings) == 1


def warm_until(minute: float) -> list[dict[str, Any]]:
    return [item(number + 1, number / 2, 8.4) for number in range(int(minute * 2) + 1)]


def put_into_the_room(site: Site, name: str, *, quantity: int, minute: float) -> None:
    """A lot from staging to the cool room at a minute."""
    laid: list[Laid] = []

    def lay_it(session: Any) -> None:
        laid.append(lay_stock(session, f"LS1-S01: {quantity} × {name}"))

    run(site.sessions, lay_it, by_id=1, action="test.lay")
    places, lots = laid[0].places, laid[0].lots

    def move_in(session: Any) -> None:
        room = make_location(session, "LS1-C01-01-1")
        lot, staging = lots[name].id, places["LS1-S01"].id
        move = Move(
            source_id=staging, source_lot_id=lot, target_id=room.id, target_lot_id=lot, quantity=quantity
        )
        post(session, [move], occurred_at=at(minute))

    run(site.sessions, move_in, by_id=1, action="test.move")


def test_what_came_into_a_warm_room_is_held_and_what_came_afterwards_is_not(own_site: Site) -> None:
    """Everything that lay there within the span, under one hold; nothing twice, nothing that came later."""
    send(own_site, [item(number + 1, number, 9.0) for number in range(12)])
    assert held(own_site) == [5, 5]

    put_into_the_room(own_site, "L2", quantity=4, minute=13)
    send(own_site, [item(12 + number, 11 + number, 9.0) for number in range(1, 5)])
    assert held(own_site) == [4, 5, 5]

    send(own_site, [item(40 + number, 16 + number, 5.0) for number in range(7)])
    put_into_the_room(own_site, "L3", quantity=3, minute=30)
    send(own_site, [item(60, 14.5, 9.5)])

    assert held(own_site) == [0, 4, 5, 5]
    assert (count(own_site, Excursion), count(own_site, Hold), count(own_site, Alert)) == (1, 1, 1)


def test_the_devices_page_names_every_device_and_what_nobody_understood(site: Site) -> None:
    devices = {
        "lane-1": {"state": "lost", "reason": "unplugged", "last_word_at": "2026-11-24T04:00:00.000Z"},
        "cool-1": {"state": "ready", "reason": "", "facts": 12, "clock_offset_s": -0.4},
    }
    beat = event(1, 0, "gateway.heartbeat", device="gateway", devices=devices, backlog=17, trouble=None)
    send(site, [beat, item(2, 0, 5.0, device="stranger")])

    page = site.signed_in(Role.QUALITY).get("/devices/", base_url=BASE).text

    for said in ("unplugged", "失联", "cool-1", "-0.4 秒", "17", "stranger", "printer-packing"):
        assert said in page


@pytest.mark.parametrize(
    ("missing", "mismatch", "said"),
    [
        (["card"], [], "缺少通行卡"),
        (["card", "mass_kg"], [], "缺少通行卡、重量"),
        ([], ["plate was read as 藏A1 and as 藏A2"], "车牌读到 藏A1 和 藏A2"),
        (
            ["seal_no"],
            ["the plate 藏A1 was read with confidence 0.42 only"],
            "缺少封志；车牌 藏A1 识别可信度仅 42 %",
        ),
        ([], ["something new"], "something new"),
    ],
)
def test_what_is_wrong_with_a_passage_is_said_in_chinese(
    missing: list[str], mismatch: list[str], said: str
) -> None:
    """The gateway's words are its own; a person at the gate reads ours."""
    fault = passage_fault({"missing": missing, "mismatch": mismatch})

    assert translate(fault.text, "zh_Hans", **fault.facts) == said
