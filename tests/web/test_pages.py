"""What every page promises: refusals in words, no trace, strict headers, the reader's language."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.databases import QueryRecorder
from tests.web.site import BASE, PASSWORD, Site, secure
from wms.alerts import Severity, raise_alert
from wms.auth.permissions import Permission, Role
from wms.db import run
from wms.i18n import say
from wms.web.doors import Door, keep_door
from wms.web.house import now
from wms.web.secret import cookie_key


def raise_one(site: Site) -> int:
    from datetime import UTC, datetime

    run(
        site.sessions,
        lambda session: raise_alert(
            session,
            kind="sensor.warm",
            subject="T-1",
            sentence=say("Sensor {sensor} is warm.", sensor="<b>T-1</b>"),
            severity=Severity.WARNING,
            at=datetime(2026, 11, 24, 4, tzinfo=UTC),
        ),
        by_id=0,
        action="sensor.judge",
    )
    return 1


def add_view(app: Flask, path: str, view: object) -> None:
    """A page only this test has."""
    app._got_first_request = False
    keep_door(view, Door(permission=Permission.USE))  # type: ignore[arg-type]
    app.add_url_rule(path, path.strip("/"), view, methods=["GET", "POST"])  # type: ignore[arg-type]


def test_every_answer_forbids_foreign_script_framing_and_keeping(site: Site) -> None:
    client = site.signed_in(Role.ADMIN)
    for where in ("/", "/h/", "/users/", "/nowhere", "/api/me", "/healthz"):
        headers = client.get(where, base_url=BASE).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_no_page_holds_script_or_style_of_its_own_nor_anything_from_elsewhere() -> None:
    folder = Path(__file__).resolve().parents[2] / "wms/web"
    for path in [*folder.rglob("*.html"), *folder.rglob("*.js"), *folder.rglob("*.css")]:
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|eval\(|innerHTML", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert "http://" not in text.replace("http://www.w3.org/", ""), path
        assert "https://" not in text, path


def test_our_own_files_may_be_kept_and_change_their_address_when_they_change(site: Site) -> None:
    page = site.client().get("/sign-in", base_url=BASE).text
    (style,) = re.findall(r'href="(/static/[0-9a-f]{10}/wms\.css)"', page)

    with site.client().get(style, base_url=BASE) as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_refused_page_says_why_in_words_and_offers_a_way_back(site: Site) -> None:
    answer = site.signed_in(Role.KEEPER).get("/users/", base_url=BASE)

    assert answer.status_code == 403
    assert "您的角色（仓管员）无权执行此操作" in answer.text
    assert "返回" in answer.text


def test_a_refused_attempt_is_in_the_trail_with_who_and_what(site: Site) -> None:
    client = site.signed_in(Role.KEEPER)
    before = len(site.audit())
    client.get("/users/", base_url=BASE)

    (entry,) = site.audit()[before:]

    assert (entry.action, entry.outcome, entry.refusal) == ("users.everybody", "refused", "NotAllowed")
    assert entry.by_id == 1


def test_the_trail_names_who_signed_in(site: Site) -> None:
    """Nobody is signed in when the action begins; the row is theirs all the same, and found under their name."""
    client = site.client()
    client.post("/sign-in", data={"name": "keeper", "password": PASSWORD}, **secure(client))
    number = site.audit()[-1].id
    officer = site.signed_in(Role.OFFICER)

    found = officer.get("/audit/?name=keeper", base_url=BASE).text
    of_others = officer.get("/audit/?name=gate", base_url=BASE).text
    one = officer.get(f"/audit/{number}", base_url=BASE).text

    assert f'href="/audit/{number}">' in found
    assert f'href="/audit/{number}">' not in of_others
    assert "<dd>keeper</dd>" in re.sub(r"\s*<(/?)(\w+)[^>]*>\s*", r"<\1\2>", one)


def test_what_an_officer_reads_is_in_the_trail_and_what_a_keeper_reads_is_not(site: Site) -> None:
    officer, keeper = site.signed_in(Role.OFFICER), site.signed_in(Role.KEEPER)
    before = len(site.audit())
    keeper.get("/alerts/", base_url=BASE)
    officer.get("/audit/?outcome=refused", base_url=BASE)
    officer.get("/alerts/fragment", base_url=BASE)

    (entry,) = site.audit()[before:]

    assert entry.outcome == "read"
    assert entry.marks == {"page": "audit.entries", "arguments": {"outcome": "refused"}}


def test_a_bug_shows_a_number_and_no_trace_and_logs_the_trace_under_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        raise RuntimeError("secret of the house")

    add_view(site.app, "/broken", broken)
    client = site.signed_in(Role.ADMIN)
    page = client.get("/broken", base_url=BASE)

    assert page.status_code == 500
    assert "secret of the house" not in page.text
    assert "RuntimeError" not in page.text
    number = re.search(r"编号告知管理员：([0-9A-F]{8})", page.text)
    assert number is not None
    logged = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert logged["number"] == number[1]
    assert "secret of the house" in logged["exception"]


def test_a_lock_that_does_not_come_free_is_a_refusal_to_try_again(site: Site) -> None:
    class LockNotAvailable(Exception):
        sqlstate = "55P03"

    def busy() -> str:
        raise OperationalError("select", {}, LockNotAvailable())

    add_view(site.app, "/busy", busy)
    answer = site.signed_in(Role.ADMIN).get("/busy", base_url=BASE)

    assert answer.status_code == 503
    assert "同一货物当前操作人数过多" in answer.text


def test_the_language_changes_at_once_stays_with_the_person_and_keeps_the_task(site: Site) -> None:
    client = site.signed_in(Role.ADMIN)
    answer = client.post("/language", data={"locale": "en", "next": "/audit/?page=2"}, **secure(client))

    assert answer.location == "/audit/?page=2"
    assert '<html lang="en">' in client.get("/users/", base_url=BASE).text
    assert '<html lang="en">' in site.signed_in(Role.ADMIN).get("/users/", base_url=BASE).text
    assert '<html lang="zh-Hans">' in site.signed_in(Role.KEEPER).get("/h/", base_url=BASE).text


def test_facts_are_text_and_never_markup(site: Site) -> None:
    raise_one(site)
    page = site.signed_in(Role.ADMIN).get("/alerts/", base_url=BASE).text

    assert "&lt;b&gt;T-1&lt;/b&gt;" in page
    assert "<b>T-1" not in page


def test_every_time_shows_its_zone(site: Site) -> None:
    raise_one(site)
    page = site.signed_in(Role.ADMIN).get("/alerts/", base_url=BASE).text

    assert "2026-11-24 12:00 <small>UTC+08</small>" in page


def test_an_alert_is_acknowledged_once_with_a_note(site: Site) -> None:
    number = raise_one(site)
    client = site.signed_in(Role.SUPERVISOR)

    nothing = client.post(f"/alerts/{number}/acknowledge", data={"note": " "}, **secure(client))
    first = client.post(f"/alerts/{number}/acknowledge", data={"note": "关门"}, **secure(client))
    second = client.post(f"/alerts/{number}/acknowledge", data={"note": "关门"}, **secure(client))

    assert (nothing.status_code, first.status_code, second.status_code) == (422, 303, 409)
    assert "请填写：处理情况" in nothing.text


def test_the_api_says_no_as_a_problem_document(site: Site) -> None:
    answer = site.client().post(
        "/api/alerts/7/acknowledge", json={"note": "x"}, headers=site.token(Role.DECLARANT), base_url=BASE
    )

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:wms:refusal:NoSuchAlert",
        "title": "NoSuchAlert",
        "code": "NoSuchAlert",
        "status": 404,
        "detail": "没有预警 7。",
        "facts": {"alert": "7"},
    }


def test_the_api_answers_the_same_key_with_the_same_answer(site: Site) -> None:
    number = raise_one(site)
    headers = site.token(Role.DECLARANT)
    send = lambda note, headers: site.client().post(  # noqa: E731
        f"/api/alerts/{number}/acknowledge", json={"note": note}, headers=headers, base_url=BASE
    )

    first, again = send("done", headers), send("done", headers)
    other = send("something else", headers)
    anew = send("done", headers | {"Idempotency-Key": str(uuid4())})

    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert (other.status_code, other.json["title"]) == (409, "RequestIdReused")
    assert (anew.status_code, anew.json["title"]) == (409, "AlreadyAcknowledged")


@pytest.mark.parametrize("body", ["", "[]", "{", '{"note": 3}', '{"note": "x", "nota": "y"}', '{"note": ""}'])
def test_a_body_that_does_not_fit_is_named_and_changes_nothing(site: Site, body: str) -> None:
    number = raise_one(site)
    answer = site.client().post(
        f"/api/alerts/{number}/acknowledge", data=body, headers=site.token(Role.DECLARANT), base_url=BASE
    )

    assert answer.status_code == 422
    assert answer.json["title"] == "BadBody"


def test_a_request_without_a_key_is_refused(site: Site) -> None:
    headers = site.token(Role.DECLARANT)
    for key in ("", "7", "not-a-uuid"):
        answer = site.client().post(
            "/api/alerts/1/acknowledge",
            json={"note": "x"},
            headers=headers | {"Idempotency-Key": key},
            base_url=BASE,
        )
        assert answer.status_code == 400


def test_health_tells_whether_the_database_answers(site: Site) -> None:
    assert site.client().get("/healthz", base_url=BASE).json == {"status": "ok"}

    site.app.extensions["wms"].engine.dispose()
    house = site.app.extensions["wms"]
    object.__setattr__(house, "sessions", lambda: (_ for _ in ()).throw(RuntimeError()))
    assert site.client().get("/healthz", base_url=BASE).status_code == 503


def test_figures_count_requests_and_need_a_token(site: Site) -> None:
    client = site.client()
    client.get("/healthz", base_url=BASE)

    assert client.get("/metrics", base_url=BASE).status_code == 302
    text = client.get("/metrics", headers=site.token(Role.ADMIN), base_url=BASE).text
    assert 'wms_requests_total{endpoint="open.healthz",method="GET",status="200"}' in text


def test_a_sign_no_database_holds_is_refused_and_no_bug(site: Site) -> None:
    client = site.signed_in(Role.ADMIN)

    assert client.get("/audit/?name=a%00b", base_url=BASE).status_code == 400
    answer = client.post("/users/1/password", data={"password": "long enough \x00 x"}, **secure(client))
    assert answer.status_code == 422


@pytest.mark.parametrize("where", ["/", "/users/", "/alerts/", "/audit/", "/scans/"])
def test_a_list_asks_the_database_the_same_number_of_times_however_long_it_is(
    site: Site, query_recorder: QueryRecorder, where: str
) -> None:
    client = site.signed_in(Role.ADMIN)
    client.get(where, base_url=BASE)
    with query_recorder:
        client.get(where, base_url=BASE)

    assert len(query_recorder.statements) <= 6, query_recorder.statements


def test_every_web_process_gets_the_same_cookie_key_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    first = cookie_key(tmp_path)

    assert cookie_key(tmp_path) == first
    assert len(first) == 32
    assert (tmp_path / "secrets/cookie.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["cookie.key"]


def test_the_moment_is_one_moment_within_a_request(site: Site) -> None:
    with site.app.test_request_context("/"):
        first = now()
        site.set_clock("2026-11-25T00:00:00+08:00")
        assert now() == first
