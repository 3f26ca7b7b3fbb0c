"""The inspection site through HTTP: draw, lane, evidence, two officers, holds, papers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from devices.lane import ReleasedList, Verdict, judge_by_list
from tests.customs.inspection_makers import make_declaration, make_list, make_officers, stage
from tests.databases import TestServer
from tests.makers import lay_stock
from tests.patience import seconds_of
from tests.web.site import BASE, PASSWORD, Site, make_site, secure
from wms.auth.permissions import Role
from wms.auth.users import find_user, set_password
from wms.customs.inspection import Inspection
from wms.db import run


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for the whole file: 100 declarations, one batch, three officers besides the role's own."""
    with (
        database_server.clone() as database,
        make_site(database, tmp_path_factory.mktemp("site"), flows=None) as site,
    ):
        run(site.sessions, lay, by_id=1, action="test.lay")
        run(site.sessions, pick, by_id=1, action="test.pick")
        yield site


def lay(session: Any) -> None:
    make_officers(session, 3)
    for number in range(1, 4):
        set_password(session, find_user(session, f"officer-{number}"), PASSWORD)
    lay_stock(session, "BIN-A: 10 × L1, 9 × L2; BIN-B: 5 × L3")
    for number in range(100):
        make_declaration(session, f"L{number:04d}", state="500" if number == 1 else "800")
    make_declaration(session, "L0900", state="100")
    make_list(session)


def pick(session: Any) -> None:
    from sqlalchemy import select

    from tests.makers import Laid
    from wms.customs.retail_declaration import find_by_number
    from wms.ledger.lots import Lot
    from wms.ledger.queries import location_by_code

    lot = session.scalars(select(Lot).where(Lot.code == "L1")).one()
    place = location_by_code(session, "BIN-A")
    laid = Laid(places={"BIN-A": place}, lots={"L1": lot})
    stage(session, find_by_number(session, "L0000"), laid, source="BIN-A", lot="L1")


def officer(site: Site, name: str) -> FlaskClient:
    client = site.client()
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD}, **secure(client))
    assert answer.status_code == 303
    return client


def press(client: FlaskClient, path: str, **form: str) -> str:
    form = {"request_id": str(uuid4()), **form}
    answer = client.post(path, data=form, **secure(client), follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def ask(site: Site, text: str) -> dict[str, Any]:
    question = {"source": "gw-1", "device": "lane-1", "text": text, "happened_at": "2026-11-24T04:00:00Z"}
    answer = site.client().post(
        "/api/lane/verdicts", json=question, headers=site.token(Role.GATE), base_url=BASE
    )
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


@pytest.mark.parametrize(
    ("text", "verdict", "parcel"),
    [
        ("XZ990001000000", "released", "XZ990001000000"),
        ("]C0xz990001000000\r", "released", "XZ990001000000"),
        ("XZ990001000001", "inspect", "XZ990001000001"),
        ("XZ990001000900", "unknown", "XZ990001000900"),
        ("XZ990001009999", "unknown", "XZ990001009999"),
        ("", "unknown", None),
    ],
)
def test_the_lane_is_told_within_half_a_second(
    site: Site, text: str, verdict: str, parcel: str | None
) -> None:
    """Unknown means hold; an inspected parcel says so."""
    assert seconds_of(lambda: ask(site, text), most=0.5) < 0.5
    said = ask(site, text)
    assert (said["verdict"], said["parcel"]) == (verdict, parcel)
    assert said["reason"]


def test_the_gateway_answers_the_same_from_its_dated_list(site: Site) -> None:
    """Both sides meet: the list is read by the gateway's own class and judged by it."""
    from pydantic import TypeAdapter

    answer = site.client().get("/api/lane/released-list", headers=site.token(Role.GATE), base_url=BASE)
    body = answer.get_json()
    kept = TypeAdapter(ReleasedList).validate_json(answer.data)
    again = json.dumps(
        {
            "made_at": kept.made_at.isoformat(),
            "valid_until": kept.valid_until.isoformat(),
            "released": sorted(kept.released),
            "inspect": sorted(kept.inspect),
        },
        sort_keys=True,
        separators=(",", ":"),
    )

    import hashlib

    assert hashlib.sha256(again.encode()).hexdigest() == body["digest"]
    for text in ("XZ990001000000", "XZ990001000001", "XZ990001000900", "XZ990001009999"):
        assert judge_by_list(text, kept, at=kept.made_at).verdict == Verdict(ask(site, text)["verdict"])
    assert judge_by_list("XZ990001000000", kept, at=kept.valid_until).verdict is Verdict.UNKNOWN


def test_a_lane_s_question_needs_its_key_and_a_body(site: Site) -> None:
    headers = site.token(Role.GATE)
    bad = site.client().post("/api/lane/verdicts", json={"text": "X"}, headers=headers, base_url=BASE)
    headers.pop("Idempotency-Key")
    without = site.client().post(
        "/api/lane/verdicts",
        json={"source": "g", "device": "d", "text": "X", "happened_at": "2026-11-24T04:00:00Z"},
        headers=headers,
        base_url=BASE,
    )

    assert (bad.status_code, without.status_code) == (422, 400)


def test_a_parcel_ordered_to_be_seen_is_held_seen_decided_by_two_and_let_go(site: Site) -> None:
    """The officer reads the lane's answer as evidence; the second officer's word frees the goods."""
    page = press(
        officer(site, "officer-1"),
        "/customs/inspections/order",
        kind="RETAIL_DECLARATION",
        number="L0000",
        reason="举报",
    )
    number = page.split("<h1>")[1].split("<")[0]
    with site.sessions() as session:
        found = session.query(Inspection).filter_by(number=number).one()
        inspection, on_duty = found.id, [each.officer_id for each in found.officers]
        names = {user: session.get_one(_user(), user).name for user in on_duty}
    assert ask(site, "XZ990001000000")["verdict"] == "inspect"
    first, second = (officer(site, names[each]) for each in on_duty)

    page = press(first, f"/customs/inspections/{inspection}/result", result="RELEASE", finding="品名数量相符")
    assert "待第二名关员同意" in page
    assert "lane-1" in page
    page = press(second, f"/customs/inspections/{inspection}/agree")

    assert "已办结" in page
    assert ask(site, "XZ990001000000")["verdict"] == "released"


def _user() -> Any:
    from wms.auth.users import User

    return User


def test_a_hold_on_customs_goods_is_lifted_by_two_people(site: Site) -> None:
    supervisor, quality = site.signed_in(Role.SUPERVISOR), site.signed_in(Role.QUALITY)
    page = press(supervisor, "/customs/holds/place", item_no="NP-TEA-001", lot="L3", reason="包装破损待查")
    action = page.split('action="/customs/holds/')[1].split("/lift")[0]

    page = press(supervisor, f"/customs/holds/{action}/lift", reason="已换箱")
    assert "待第二人同意" in page
    again = supervisor.post(
        f"/customs/holds/{action}/lift", data={"reason": "再来"}, **secure(supervisor), follow_redirects=True
    )
    assert again.status_code == 409
    page = press(quality, f"/customs/holds/{action}/lift", reason="复核无误")

    assert "包装破损待查" not in page


def test_a_hold_of_an_officer_is_not_lifted_by_the_warehouse(site: Site) -> None:
    """Two of the warehouse undo what the warehouse decided; what customs decided, officers do."""
    quality = site.signed_in(Role.QUALITY)
    page = press(
        officer(site, "officer-2"), "/customs/holds/place", item_no="NP-TEA-001", lot="L3", reason="来源可疑"
    )
    action = page.split('action="/customs/holds/')[1].split("/lift")[0]

    seen = quality.get("/customs/holds/", base_url=BASE).text
    refused = quality.post(f"/customs/holds/{action}/lift", data={"reason": "放行"}, **secure(quality))

    assert f"/customs/holds/{action}/lift" not in seen
    assert refused.status_code == 403
    press(officer(site, "officer-2"), f"/customs/holds/{action}/lift", reason="查讫")
    page = press(site.signed_in(Role.OFFICER), f"/customs/holds/{action}/lift", reason="同意")
    assert "来源可疑" not in page


def test_a_control_stops_what_fits_at_the_next_question_of_the_lane(site: Site) -> None:
    client = officer(site, "officer-2")
    assert ask(site, "XZ990001000042")["verdict"] == "released"

    page = press(client, "/customs/controls/place", document_no="L0042", reason="布控试验")

    assert "生效中" in page
    assert ask(site, "XZ990001000042")["verdict"] == "inspect"
    refused = client.post("/customs/controls/place", data={"reason": "全部"}, **secure(client))
    assert refused.status_code == 422


def test_papers_are_filed_with_their_validity_and_quantity(site: Site) -> None:
    """What could never be used is refused in words."""
    client = site.signed_in(Role.DECLARANT)
    good = {
        "kind": "CITES",
        "number": "CN-88",
        "item_no": "NP-TEA-001",
        "issued_by": "国家濒管办",
        "valid_from": "2026-11-01",
        "valid_until": "2027-04-30",
        "quantity": "20",
    }

    page = press(client, "/customs/permits/file", **good)
    press(client, "/customs/permits/marks", item_no="NP-TEA-001", kind="CITES", reason="含附录二物种")

    assert "CN-88" in page
    for wrong in ({"quantity": ""}, {"valid_until": "2026-10-01"}, {"item_no": "NOBODY"}, {"kind": "X"}, {}):
        answer = client.post("/customs/permits/file", data=good | wrong, **secure(client))
        assert answer.status_code == 422, wrong


def test_a_mark_is_taken_away_on_its_page_and_the_reason_stays(site: Site) -> None:
    client = site.signed_in(Role.DECLARANT)
    page = press(
        client, "/customs/permits/marks", item_no="NP-TEA-001", kind="QUARANTINE", reason="须检疫的茶"
    )
    (number,) = set(
        re.findall(r"/customs/permits/marks/(\d+)/end", page.split("须检疫的茶")[-1].split("</tr>")[0])
    )

    page = press(client, f"/customs/permits/marks/{number}/end", reason="已取消检疫要求")

    assert "已取消检疫要求" in page
    assert f"/marks/{number}/end" not in page


def test_a_draw_is_published_downloaded_and_drawn_again_on_the_command_line(
    site: Site, tmp_path: Path
) -> None:
    """Anybody with the file recomputes it; a changed byte of it is found. Last in the file: it may draw any parcel."""
    client = officer(site, "officer-1")
    prepared = press(client, "/customs/draws/prepare")
    number = prepared.split("<h1>")[1].split("<")[0]
    assert "开奖时公布" in prepared
    hidden = client.get(f"/customs/draws/{number}/file", base_url=BASE)

    drawn = press(client, f"/customs/draws/{number}/reveal")

    assert hidden.status_code == 409
    assert "刚刚重算：一致" in drawn
    file = tmp_path / "draw.json"
    file.write_bytes(client.get(f"/customs/draws/{number}/file", base_url=BASE).data)
    commands = site.app.test_cli_runner()
    assert commands.invoke(args=["inspection", "verify-draw", str(file)]).exit_code == 0
    assert commands.invoke(args=["inspection", "verify-draw", number]).exit_code == 0
    file.write_text(file.read_text("utf-8").replace('"findings":0', '"findings":3', 1), "utf-8")
    assert commands.invoke(args=["inspection", "verify-draw", str(file)]).exit_code == 1
