"""Lists of the API: whole however long they are, and no number in an address breaks them."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from tests.floor.outward import gate_pass
from tests.web.site import BASE, Site
from wms.auth.permissions import Role
from wms.db import run
from wms.web.api import paging

HUGE = "9" * 40


def pages(site: Site, path: str | None, column: str) -> Iterator[list[str]]:
    """One column of a list, page by page, as a partner follows `next`."""
    while path:
        page = site.client().get(path, headers=site.token(Role.DECLARANT), base_url=BASE).json
        assert page is not None
        yield [item[column] for item in page["items"]]
        path = page["next"]


def test_a_long_list_of_messages_is_read_whole_page_by_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every message in order of arrival; a day of more than a page loses none."""
    monkeypatch.setattr(paging, "PAGE", 2)
    names = [f"{number}.xml" for number in range(5)]
    for name in names:
        headers = site.token(Role.DECLARANT) | {"X-File-Name": quote(name)}
        site.client().post("/api/messages", data=f"<{name}".encode(), headers=headers, base_url=BASE)

    assert list(pages(site, "/api/messages", "file_name")) == [names[:2], names[2:4], names[4:]]


@pytest.mark.parametrize("number", [HUGE, "-1", "x", "²", ""])
@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.DECLARANT, "/api/messages?after="),
        (Role.OFFICER, "/api/messages/sent?kind=CEB621&after="),
        (Role.OFFICER, "/api/yearly-values?year="),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_place(
    site: Site, role: Role, path: str, number: str
) -> None:
    answer = site.client().get(path + quote(number), headers=site.token(role), base_url=BASE)

    assert answer.status_code == 422, answer.text
    assert path.rsplit("?", 1)[1].rstrip("=").split("&")[-1].split("=")[-1] in answer.text


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.OFFICER, f"/api/messages/{HUGE}/masked"),
        (Role.OFFICER, f"/customs/lists/{HUGE}"),
        (Role.OFFICER, f"/customs/lists/{2**63}"),
        (Role.OFFICER, f"/customs/lists/{2**63 - 1}"),
        (Role.ADMIN, f"/users/{HUGE}"),
    ],
)
def test_an_address_with_a_number_no_table_holds_is_an_address_of_nothing(
    site: Site, role: Role, path: str
) -> None:
    if path.startswith("/api/"):
        answer = site.client().get(path, headers=site.token(role), base_url=BASE)
    else:
        answer = site.signed_in(role).get(path, base_url=BASE)

    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize("path", ["/orders/", "/tax-bills/"])
def test_a_page_too_far_to_count_is_the_first(site: Site, path: str) -> None:
    answer = site.signed_in(Role.DECLARANT).get(f"{path}?page={HUGE}", base_url=BASE)

    assert answer.status_code == 200


@pytest.mark.parametrize("number", [2**63, -1, 10**40])
def test_a_lot_no_table_can_hold_is_refused_with_its_place(site: Site, number: int) -> None:
    move = {"source": "A", "target": "B", "lot_id": number, "quantity": 1}

    answer = site.client().post(
        "/api/moves", json={"moves": [move]}, headers=site.token(Role.KEEPER), base_url=BASE
    )

    assert answer.status_code == 422, answer.text
    assert "lot_id" in answer.text


def test_a_long_list_of_documents_is_read_whole_page_by_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes between two pages is on a later one; nothing is missed and nothing comes twice."""
    monkeypatch.setattr(paging, "PAGE", 2)

    def declare(*numbers: int) -> None:
        def work(session: Session) -> None:
            for number in numbers:
                gate_pass(session, number=f"Z{number}", vehicle=f"藏A0000{number}")

        run(site.sessions, work, by_id=0, action="test.declare")

    declare(1, 2, 3, 4)
    read = pages(site, "/api/gate-passes?of=here", "number")
    first = next(read)
    declare(5)

    assert [first, *read] == [["Z1", "Z2"], ["Z3", "Z4"], ["Z5"]]
