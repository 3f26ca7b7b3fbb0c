"""Walk (e), through HTTP: counted, found to differ, proposed by the warehouse, decided by an officer, reconciled."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook

from tests.databases import TestServer
from tests.web.site import BASE, Site, make_site, secure
from wms.auth.permissions import ROLE_PERMISSIONS, Permission, Role
from wms.ledger.queries import book_rows
from wms.ledger.verify import verify

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
WAREHOUSE = "LS1"


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration zone, opened by the command line; the tests of this file follow each other in it."""
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        yield site


def opening_lots() -> list[dict[str, str]]:
    """What lies in the warehouse, as a file of a count would say it."""
    rows = csv.DictReader((DEMO / "opening_lots.csv").read_text("utf-8").splitlines())
    names = {"location": "location", "item_no": "item_no", "lot": "lot", "expiry": "expiry"}
    return [
        {name: row[column] for name, column in names.items()} | {"counted_qty": row["qty"]}
        for row in rows
        if row["location"].startswith(WAREHOUSE)
    ]


def as_csv(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_excel(rows: list[dict[str, str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([int(text) if name == "counted_qty" else text for name, text in row.items()])
    book.save(out)
    return out.getvalue()


def post(site: Site, role: Role, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = site.client().post(path, json=body, headers=site.token(role), base_url=BASE)
    return answer.status_code, answer.get_json()


def read(site: Site, path: str) -> list[dict[str, Any]]:
    answer = site.client().get(path, headers=site.token(Role.OFFICER), base_url=BASE)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def fill(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    """Send a form; the status, and the page that follows."""
    answer = client.post(path, data=form, **secure(client))
    page = (
        client.get(answer.headers["Location"], base_url=BASE).text
        if answer.status_code == 303
        else answer.text
    )
    return answer.status_code, page


def take_file(site: Site, number: str, content: bytes) -> tuple[int, str]:
    client = site.signed_in(Role.SUPERVISOR)
    data = {"file": (io.BytesIO(content), "count.xlsx")}
    answer = client.post(f"/counts/{number}/file", data=data, **secure(client))
    return answer.status_code, answer.text


def the_law_holds(site: Site) -> None:
    with site.sessions() as session:
        assert all(row.law_holds for row in book_rows(session, book_id=1))
        assert verify(session) == []


def begun(site: Site) -> str:
    status, told = post(site, Role.KEEPER, "/api/counts", {"warehouses": [WAREHOUSE]})
    assert status == 200, told
    return str(told["number"])


def item(site: Site, item_no: str) -> dict[str, Any]:
    return next(each for each in read(site, "/api/reconciliation") if each["item_no"] == item_no)


def test_a_file_is_taken_whole_or_not_at_all(site: Site) -> None:
    """Every row that does not fit is counted, the first is named, and the rows before it are not kept."""
    number, rows = begun(site), opening_lots()
    wrong = [rows[0], rows[1] | {"item_no": "NO-SUCH"}, rows[2] | {"counted_qty": "-3"}]

    status, page = take_file(site, number, as_csv(wrong))
    assert (status, "有 2 行不符" in page, "第 3 行" in page) == (422, True, True), page
    assert take_file(site, number, b"\n")[0] == 422
    assert take_file(site, number, b"PK\x03\x04 no workbook")[0] == 422
    assert take_file(site, number, "库位\n".encode("gbk"))[0] == 422
    assert take_file(site, number, as_csv([{"location": "X", "lot": "Y"}]))[0] == 422
    (count,) = read_counts(site)
    assert count["places_done"] == 0

    assert take_file(site, number, as_excel(rows))[0] == 303
    status, told = post(site, Role.KEEPER, f"/api/counts/{number}/close", {})
    assert (status, told["cases"]) == (200, [])
    assert read(site, "/api/discrepancies") == []


def read_counts(site: Site) -> list[dict[str, Any]]:
    answer = site.client().get("/api/counts", headers=site.token(Role.KEEPER), base_url=BASE)
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_a_count_is_begun_once_and_closed_once(site: Site) -> None:
    """The same request gets the same answer; a second count of the warehouse and a second closing are refused."""
    headers = site.token(Role.KEEPER)
    first, again = (
        site.client().post("/api/counts", json={"warehouses": [WAREHOUSE]}, headers=headers, base_url=BASE)
        for _ in range(2)
    )
    assert first.get_json() == again.get_json()
    number = first.get_json()["number"]
    status, told = post(site, Role.KEEPER, "/api/counts", {"warehouses": [WAREHOUSE]})
    assert (status, told["code"]) == (409, "CountStillOpen")
    assert post(site, Role.KEEPER, "/api/counts", {"warehouses": ["XX"]})[1]["code"] == "NoSuchWarehouse"
    assert post(site, Role.KEEPER, "/api/counts/P0/close", {})[1]["code"] == "NoSuchCount"

    assert take_file(site, number, as_csv(opening_lots()))[0] == 303
    assert post(site, Role.KEEPER, f"/api/counts/{number}/close", {})[0] == 200
    assert post(site, Role.KEEPER, f"/api/counts/{number}/close", {})[1]["code"] == "CountIsClosed"


def test_a_shortage_from_the_count_to_the_decision(site: Site) -> None:
    number, rows = begun(site), opening_lots()
    short = rows[1]
    changed = [
        row | {"counted_qty": str(int(row["counted_qty"]) - 3)} if row is short else row for row in rows
    ]
    take_file(site, number, as_csv(changed))
    _, told = post(site, Role.KEEPER, f"/api/counts/{number}/close", {})
    (case,) = told["cases"]
    before = item(site, short["item_no"])
    assert (before["difference"], before["returned_not_reentered"]) == ("-3", "0")
    the_law_holds(site)

    officer, supervisor = site.signed_in(Role.OFFICER), site.signed_in(Role.SUPERVISOR)
    where = f"/customs/cases/{case}"
    assert fill(officer, f"{where}/decide", verdict="yes")[0] == 409, "nothing is proposed yet"
    assert fill(officer, f"{where}/propose", remedy="BY_LIST", cause="?")[0] == 403
    assert fill(supervisor, f"{where}/propose", remedy="EXPLAINED", cause="?")[0] == 422
    assert fill(supervisor, f"{where}/propose", remedy="BY_LIST", cause="")[0] == 422
    status, page = fill(supervisor, f"{where}/propose", remedy="BY_LIST", cause="搬运破损")
    assert (status, "搬运破损" in page) == (303, True)
    assert fill(supervisor, f"{where}/decide", verdict="yes")[0] == 403
    assert fill(officer, f"{where}/decide", verdict="no")[0] == 422, "a no needs its reason"
    status, page = fill(officer, f"{where}/decide", verdict="yes")
    assert (status, "待更正清单" in page) == (303, True)

    after = item(site, short["item_no"])
    assert (after["book"], after["difference"], after["counted"]) == (before["book"], "-3", before["counted"])
    the_law_holds(site)
    page = officer.get("/customs/reconcile/", base_url=BASE).text
    assert re.search(rf'href="{where}"', page), "the difference leads to its case"
    page = officer.get("/customs/reconcile/?at=2001-01-01T00:00:00", base_url=BASE).text
    assert case not in page
    assert officer.get("/customs/reconcile/?at=2999-01-01T00:00:00", base_url=BASE).status_code == 422
    declarant = site.signed_in(Role.DECLARANT)
    assert fill(declarant, f"{where}/name-list", list_no="QD1")[0] == 404


def test_an_officer_writes_decisions_only(site: Site) -> None:
    """Whatever an officer may do besides reading and using the house decides about something."""
    decides = {
        Permission.DECIDE_DISCREPANCY,
        Permission.DECIDE_INSPECTION,
        Permission.HOLD_STOCK,
    }
    writes = {each for each in ROLE_PERMISSIONS[Role.OFFICER] if not each.value.startswith("read_")}

    assert writes - {Permission.USE} == decides
    for path in ("/api/counts", "/api/messages", "/api/moves", "/api/matching-runs", "/api/pick-waves"):
        assert post(site, Role.OFFICER, path, {})[0] == 403, path
