"""A goods owner sees the goods of the own company: of another's neither stock nor lot, nor the work on the floor."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.databases import TestServer
from tests.stories.test_goods_come_in import DEMO
from tests.web.site import BASE, Site, make_site
from wms.auth.permissions import Role

#: In the demonstration zone the keeper of the book owns every lot, and the merchant none.
OWNING, OTHER = "5499W6K001", "5499W6K003"


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        yield site


def works_for(site: Site, code: str | None) -> None:
    with site.sessions.begin() as session:
        session.info["acting"] = None
        session.execute(
            text("update user_account set company_code = :code where name = 'owner'"), {"code": code}
        )


def api(site: Site, role: Role, path: str) -> list[dict[str, Any]]:
    answer = site.client().get(path, headers=site.token(role), base_url=BASE)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    items: list[dict[str, Any]] = answer.json["items"]
    return items


@pytest.mark.parametrize("path", ["/api/stock", "/api/as-of/stock", "/api/as-of/stock?item_no=ILM-BLK"])
def test_an_owner_is_told_the_stock_of_the_own_company_alone(site: Site, path: str) -> None:
    """Whoever works for nobody is told nothing; the house sees all of it."""
    everything = api(site, Role.KEEPER, path)
    assert everything

    told = {}
    for code in (OWNING, OTHER, None):
        works_for(site, code)
        told[code] = api(site, Role.OWNER, path)

    assert told == {OWNING: everything, OTHER: [], None: []}


def test_an_owner_opens_the_pages_of_the_own_lots_alone(site: Site) -> None:
    """Another's lot is not there at all: not even that it exists is told."""
    lot = api(site, Role.KEEPER, "/api/stock")[0]["lot_id"]
    owner = site.signed_in(Role.OWNER)

    found = {}
    for code in (OWNING, OTHER):
        works_for(site, code)
        page = owner.get("/stock/", base_url=BASE).text
        found[code] = (
            f"/stock/lots/{lot}" in page,
            owner.get(f"/stock/lots/{lot}", base_url=BASE).status_code,
        )

    assert found == {OWNING: (True, 200), OTHER: (False, 404)}
    assert "没有贵公司的库存" in page


@pytest.mark.parametrize(
    "path",
    [
        *("/tasks/", "/waves/", "/waves/1", "/parcels/"),
        *("/customs/time-machine/balances/1", "/customs/time-machine/postings/1"),
    ],
)
def test_an_owner_does_not_look_over_the_floors_shoulder(site: Site, path: str) -> None:
    """Waves, parcels, tasks and postings are of everybody's goods and name orders, waybills and people."""
    works_for(site, OWNING)

    assert site.signed_in(Role.OWNER).get(path, base_url=BASE).status_code == 403
    assert site.signed_in(Role.KEEPER).get(path, base_url=BASE).status_code != 403


def test_an_owners_program_does_not_read_what_was_picked_for_whom(site: Site) -> None:
    answer = site.client().get("/api/allocations", headers=site.token(Role.OWNER), base_url=BASE)

    assert answer.status_code == 403
