"""The cold room gets warm: readings in, one excursion, one hold, one alert; and who lets the goods go."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.databases import Database
from tests.makers import lay_stock, make_location, partner
from tests.web.site import BASE, Site, make_site, secure
from wms.alerts import Alert
from wms.auth.permissions import Role
from wms.db import run
from wms.ledger.lots import Hold
from wms.ledger.moves import Balance, Move
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import post
from wms.registry.products import StorageClass
from wms.sensing.excursions import Excursion
from wms.sensing.readings import DeadLetter, Reading

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SENSOR = "cool-1"


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """A cool room LS1-C with ten of L1; five of them were moved out before anybody knew."""
    with make_site(fresh_database, tmp_path, flows=None) as site:
        yield site


def lay(site: Site) -> None:
    def work(session: Any) -> None:
        from tests.makers import make_product

        make_product(session, storage_class=StorageClass.COOL)
        make_location(session, "LS1-C01-01-1", storage_class=StorageClass.COOL)
        make_location(session, "LS1-S01", purpose=Purpose.STAGING)
        laid = lay_stock(session, "LS1-C01-01-1: 10 × L1")
        partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
        lots.append(laid.lots["L1"].id)
        places.append(laid.places["LS1-C01-01-1"].id)

    lots: list[int] = []
    places: list[int] = []
    run(site.sessions, work, by_id=1, action="test.lay")

    def move_out(session: Any) -> None:
        staging = make_location(session, "LS1-S01")
        move = Move(
            source_id=places[0],
            source_lot_id=lots[0],
            target_id=staging.id,
            target_lot_id=lots[0],
            quantity=5,
        )
        post(session, [move], occurred_at=NOON + timedelta(minutes=5))

    run(site.sessions, move_out, by_id=1, action="test.move")


def item(seq: int, minute: float, value: float | None, **more: Any) -> dict[str, Any]:
    moment = (NOON + timedelta(minutes=minute)).isoformat()
    return {
        "seq": seq,
        "device": SENSOR,
        "kind": "temperature",
        "value": value,
        "unit": "Cel",
        "quality": "good",
        "happened_at": moment,
        "received_at": moment,
        "clock": "device",
        **more,
    }


def send(site: Site, items: list[dict[str, Any]], epoch: str = "e1") -> tuple[int, dict[str, Any]]:
    body = json.dumps({"source": "gw-1", "epoch": epoch, "items": items})
    answer = site.client().post("/api/readings", data=body, headers=site.token(Role.GATE), base_url=BASE)
    return answer.status_code, answer.get_json()


def warm(minutes: int = 12) -> list[dict[str, Any]]:
    return [item(number + 1, number, 8.4) for number in range(minutes)]


def held(site: Site) -> list[int]:
    with site.sessions() as session:
        return sorted(session.scalars(select(Balance.held).where(Balance.on_hand > 0)))


def count(site: Site, table: type[Any]) -> int:
    with site.sessions() as session:
        return len(session.scalars(select(table)).all())


def test_a_warm_room_holds_what_lay_there_and_what_left_meanwhile(site: Site) -> None:
    lay(site)

    status, receipt = send(site, warm())

    assert (status, receipt["committed"], receipt["stored"]) == (200, 12, 12)
    assert held(site) == [5, 5]
    assert (count(site, Excursion), count(site, Hold)) == (1, 1)
    with site.sessions() as session:
        alerts = [alert.kind for alert in session.scalars(select(Alert))]
    assert alerts == ["sensing.excursion"]


def test_duplicates_disorder_and_a_late_half_make_one_excursion(site: Site) -> None:
    lay(site)
    readings = warm(40)

    send(site, readings[20:])
    send(site, readings[:20])
    status, receipt = send(site, readings[10:30])
    send(site, [item(50 + minute, minute, 5.0) for minute in range(40, 47)])

    assert (status, receipt["duplicates"]) == (200, 20)
    assert (count(site, Excursion), count(site, Hold), count(site, Alert)) == (1, 1, 1)
    with site.sessions() as session:
        found = session.scalars(select(Excursion)).one()
    assert (found.began_at, found.ended_at) == (NOON, NOON + timedelta(minutes=45))


def test_a_name_with_other_content_is_a_conflict(site: Site) -> None:
    send(site, [item(1, 0, 5.0)])

    status, told = send(site, [item(1, 0, 6.0)])

    assert (status, told["code"], told["seq"]) == (409, "key_conflict", 1)
    assert count(site, Reading) == 1


def test_what_nobody_understands_is_kept_as_a_dead_letter(site: Site) -> None:
    """One bad item never holds up the line."""
    bad = [
        item(1, 0, 5.0, device="nobody"),
        item(2, 0, 5.0, kind="feelings"),
        item(3, 0, None),
        item(4, 0, 5.0, happened_at="yesterday"),
        item(5, 0, 5.0),
    ]

    status, receipt = send(site, bad)

    assert (status, receipt["committed"], receipt["stored"], receipt["dead"]) == (200, 5, 5, 4)
    assert (count(site, Reading), count(site, DeadLetter)) == (1, 4)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"source":"g","epoch":"e","items":[]}', b'{"items": "x"}'])
def test_a_batch_that_is_none_is_refused_whole(site: Site, body: bytes) -> None:
    answer = site.client().post("/api/readings", data=body, headers=site.token(Role.GATE), base_url=BASE)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "items_refused")


def test_goods_of_the_account_book_are_let_go_by_two(site: Site) -> None:
    lay(site)
    send(site, warm())
    with site.sessions() as session:
        number = session.scalars(select(Excursion.id)).one()

    def let_go(role: Role) -> int:
        client = site.signed_in(role)
        form = {"reason": "复检合格"}
        return client.post(f"/sensing/{number}/release", data=form, **secure(client)).status_code

    assert let_go(Role.QUALITY) == 303
    assert held(site) == [5, 5]
    assert let_go(Role.QUALITY) == 409
    assert let_go(Role.SUPERVISOR) == 303
    assert held(site) == [0, 0]
    assert let_go(Role.SUPERVISOR) == 404


def test_the_page_shows_the_curve_and_the_excursion(site: Site) -> None:
    lay(site)
    send(site, warm())

    page = site.signed_in(Role.QUALITY).get("/sensing/", base_url=BASE).text

    assert "<svg" in page
    assert "持续中" in page
    assert "8.4 °C" in page
