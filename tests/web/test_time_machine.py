"""The time machine's pages: from a figure to the scan behind it, at the moment that was asked for."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.databases import TestServer
from tests.stories.test_goods_come_in import DEMO, MESSAGES, PASS, Handheld, hand_in, place
from tests.web.site import BASE, Site, make_site
from wms.auth.permissions import Role


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration zone with one item of its first lorry received."""
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        for path in MESSAGES:
            hand_in(site, path.read_bytes(), path.name)
        hand = Handheld(site)
        hand.begin("receiving")
        hand.scan(PASS)
        hand.receive("ILM-BLK", "B-1", "2028-01-31", 48, place(site, "ILM-BLK"))
        assert hand.tone == "ok", hand.page
        yield site


def links(page: str, part: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', page) if part in link]


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path, base_url=BASE)
    assert answer.status_code == 200, answer.text
    return answer.text


def api(site: Site, path: str, **query: str) -> Any:
    answer = site.client().get(f"{path}?{urlencode(query)}", headers=site.token(Role.OFFICER), base_url=BASE)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_an_officer_walks_from_a_figure_to_the_scan_behind_it(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER)

    book = read(officer, "/customs/time-machine/?item=ILM-BLK")
    (facts,) = set(links(book, "/arrived_not_booked"))
    page = read(officer, facts)
    assert ">48<" in page
    posting = read(officer, links(page, "/postings/")[0])

    assert "receiv" in posting
    for scanned in ("ILM-BLK", "B-1"):
        assert f'<span class="code">{scanned}</span>' in posting
    assert "keeper" in posting


def test_a_place_tells_the_moves_that_made_it(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER)

    book = read(officer, "/customs/time-machine/?item=ILM-BLK")
    pages = [read(officer, link) for link in links(book, "/balances/")]

    assert any("+48" in page for page in pages)


def test_before_the_lorry_there_was_nothing_of_it(site: Site) -> None:
    now = api(site, "/api/as-of/book", item_no="ILM-BLK")
    facts = api(site, "/api/as-of/facts/ILM-BLK/arrived_not_booked")
    arrived = facts["items"][0]["recorded_at"]
    before = api(
        site, "/api/as-of/book", item_no="ILM-BLK", at=arrived.replace("Z", "+00:00")[:19] + "+00:00"
    )

    assert facts["total"] == "48"
    assert now["items"][0]["arrived_not_booked"] == "48"
    assert before["items"][0]["arrived_not_booked"] == "0"
    assert all(item["law_holds"] for item in (*now["items"], *before["items"]))
    lying = api(site, "/api/as-of/stock", item_no="ILM-BLK")["items"]
    assert sum(int(line["quantity"]) for line in lying if line["regime"] == "BONDED") == int(
        now["items"][0]["stock"]
    )


@pytest.mark.parametrize(
    "moment", ["2999-01-01T00:00:00", "tomorrow", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00"]
)
def test_a_moment_that_cannot_be_shown_is_refused_in_words(site: Site, moment: str) -> None:
    officer = site.signed_in(Role.OFFICER)

    answer = officer.get("/customs/time-machine/", query_string={"at": moment}, base_url=BASE)

    assert answer.status_code == 422


def test_who_may_not_read_scans_sees_the_posting_without_them(site: Site) -> None:
    """A keeper finds the moves; the texts of the scan log are for supervisors and officers."""
    officer, keeper = site.signed_in(Role.OFFICER), site.signed_in(Role.KEEPER)
    facts = read(
        officer, links(read(officer, "/customs/time-machine/?item=ILM-BLK"), "/arrived_not_booked")[0]
    )
    posting = links(facts, "/postings/")[0]

    assert "B-1</span>" in read(officer, posting)
    assert "B-1</span>" not in read(keeper, posting)
