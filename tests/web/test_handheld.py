"""The handheld through HTTP: the server owns the flow, the screen only shows it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.web.sample_flow import SAMPLE, AskLot, show
from tests.web.site import BASE, Site, secure
from wms.auth.permissions import Role
from wms.floor import codec
from wms.floor.flows import FlowRun
from wms.outbox import OutboxMessage
from wms.scans import ScanEvent

LOT = "L1LWIN02540K8"


class Handheld:
    """A keeper with the sample flow open."""

    def __init__(self, site: Site, role: Role = Role.KEEPER) -> None:
        self.site = site
        self.client: FlaskClient = site.signed_in(role)
        self.form = secure(self.client)
        self.url = self.client.post("/h/sample/start", **self.form).location
        self.version = 1

    def send(
        self, kind: str, value: str, *, request_id: UUID | None = None, version: int | None = None
    ) -> TestResponse:
        data = {
            "kind": kind,
            "value": value,
            "version": str(self.version if version is None else version),
            "request_id": str(request_id or uuid4()),
            "at": "1795492800000",
        }
        headers = self.form["headers"] | {"X-Fragment": "screen"}
        answer = self.client.post(self.url, data=data, headers=headers, base_url=BASE)
        if 'data-version="' in answer.text:
            self.version = int(answer.text.split('data-version="', 1)[1].split('"', 1)[0])
        return answer


@pytest.fixture
def handheld(site: Site) -> Handheld:
    return Handheld(site)


def count(site: Site, table: Any) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def tone(answer: TestResponse) -> str:
    return answer.text.split('data-tone="', 1)[1].split('"', 1)[0]


def test_a_whole_run_from_menu_to_the_last_screen(handheld: Handheld) -> None:
    for _ in range(3):
        assert tone(handheld.send("scan", LOT)) == "ok"
        assert tone(handheld.send("number", "120")) == "ok"
        assert tone(handheld.send("date", "20270331")) == "ok"
    last = handheld.send("press", "finish")

    assert "The vehicle is unloaded." in last.text
    assert "返回菜单" in last.text
    assert handheld.client.get(handheld.url, base_url=BASE).location == "/h/"
    assert handheld.send("scan", LOT).status_code == 410


def test_a_refused_scan_undoes_its_work_shows_the_red_screen_and_the_step_stays(
    handheld: Handheld, site: Site
) -> None:
    answer = handheld.send("scan", "X999")

    assert tone(answer) == "error"
    assert 'class="alarm"' in answer.text
    assert "X999 is not on this gate pass." in answer.text
    assert count(site, OutboxMessage) == 0
    assert "Scan the lot label." in handheld.client.get(handheld.url, base_url=BASE).text


def test_a_scan_sent_twice_with_one_id_is_done_once_and_answered_with_the_same_screen(
    handheld: Handheld, site: Site
) -> None:
    handheld.send("scan", LOT)
    request_id = uuid4()
    first = handheld.send("number", "120", request_id=request_id)
    handheld.send("date", "20270331")
    again = handheld.send("number", "120", request_id=request_id)

    def without_tokens(text: str) -> list[str]:
        return [line for line in text.splitlines() if "csrf_token" not in line and "request_id" not in line]

    assert without_tokens(again.text) == without_tokens(first.text)
    assert count(site, OutboxMessage) == 1
    other = handheld.send("number", "121", request_id=request_id)
    assert other.status_code == 409


def test_every_scan_is_kept_raw_with_its_verdict(handheld: Handheld, site: Site) -> None:
    handheld.send("scan", "X999")
    handheld.send("scan", LOT)
    handheld.send("scan", "]C1\x1d乱码")

    with site.sessions() as session:
        kept = session.execute(
            select(ScanEvent.raw, ScanEvent.verdict, ScanEvent.sentence, ScanEvent.flow).order_by(
                ScanEvent.id
            )
        ).all()

    assert [tuple(row) for row in kept] == [
        ("X999", "NotOnPass", "X999 is not on this gate pass. Expected: L1LWIN02540K8.", "sample"),
        (LOT, "ok", f"Lot {LOT} is right.", "sample"),
        ("]C1\x1d乱码", "error", "That does not answer the question.", "sample"),
    ]


def test_a_button_of_an_older_screen_does_nothing(handheld: Handheld, site: Site) -> None:
    handheld.send("scan", LOT)
    old = handheld.version
    handheld.send("number", "130")
    handheld.send("press", "more")

    answer = handheld.send("press", "more", version=old + 1)

    assert "该按钮属于上一画面" in answer.text
    assert count(site, OutboxMessage) == 1


def test_a_scan_of_an_older_screen_counts_because_it_waited_in_the_queue(handheld: Handheld) -> None:
    assert tone(handheld.send("scan", LOT, version=0)) == "ok"


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("number", "12a", "“12a”不是数字"),
        ("number", "1e99", "“1e99”不是数字"),
        ("number", "NaN", "“NaN”不是数字"),
        ("date", "20270231", "“20270231”不是日期"),
        ("scan", "", "未收到内容"),
        ("scan", "X" * 3001, "3001 个字符"),
        ("dance", "x", "未收到内容"),
    ],
)
def test_nonsense_is_refused_in_words_on_the_same_screen(
    handheld: Handheld, kind: str, value: str, says: str
) -> None:
    answer = handheld.send(kind, value)

    assert tone(answer) == "error"
    assert says in answer.text
    assert "Scan the lot label." in answer.text


def test_nobody_steps_into_somebody_elses_run(site: Site, handheld: Handheld) -> None:
    other = Handheld(site, Role.SUPERVISOR)
    other.url = handheld.url

    assert other.send("scan", LOT).status_code == 410
    assert other.client.get(handheld.url, base_url=BASE).location == "/h/"


def test_a_role_without_the_flows_permission_neither_sees_nor_starts_it(site: Site) -> None:
    client = site.signed_in(Role.GATE)

    assert "Receiving" not in client.get("/h/", base_url=BASE).text
    assert client.post("/h/sample/start", **secure(client)).status_code == 403


def test_the_step_never_leaves_the_server(handheld: Handheld, site: Site) -> None:
    answer = handheld.send("scan", LOT)

    assert "AskQuantity" not in answer.text
    with site.sessions() as session:
        run = session.scalars(select(FlowRun)).one()
        assert (run.step, run.state) == ("AskQuantity", {"lot": LOT, "done": 0})


def test_a_screen_survives_being_stored(site: Site) -> None:
    with site.sessions() as session:
        from wms.clock import Clock

        at = Clock(site.app.extensions["wms"].settings).now()
        for step in SAMPLE.steps:
            fields = {"lot": "L1", "quantity": 130, "done": 1}
            known = {name: fields[name] for name in step.__dataclass_fields__}
            screen = show(session, step(**known), at=at).deciding(show(session, AskLot(), at=at).question)
            stored = codec.from_json(codec.to_json(screen))
            from dataclasses import replace

            assert codec.to_json(stored) == codec.to_json(screen)
            assert replace(stored, step=screen.step, facts=screen.facts) == screen


def test_a_scan_with_a_sign_no_database_holds_is_judged_like_any_other(handheld: Handheld) -> None:
    answer = handheld.send("scan", "X\x009")

    assert tone(answer) == "error"
    assert "X␀9 is not on this gate pass." in answer.text
