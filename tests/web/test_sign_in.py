"""Signing in through the browser."""

import logging

import pytest

from tests.web.site import BADGE, BASE, PASSWORD, PIN, Site, secure
from wms.auth.permissions import Role


def try_password(site: Site, password: str, name: str = "keeper") -> tuple[int, str]:
    client = site.client()
    answer = client.post("/sign-in", data={"name": name, "password": password}, **secure(client))
    return answer.status_code, answer.text


def test_a_badge_and_its_pin_open_the_handheld(site: Site) -> None:
    client = site.client()
    answer = client.post(
        "/h/sign-in", data={"badge": BADGE.format(role=Role.KEEPER), "pin": PIN}, **secure(client)
    )

    assert (answer.status_code, answer.location) == (303, "/h/")
    assert "测试keeper" in client.get("/h/", base_url=BASE).text


def test_a_wrong_pin_says_so_in_chinese_and_lets_nobody_in(site: Site) -> None:
    client = site.client()
    answer = client.post(
        "/h/sign-in", data={"badge": BADGE.format(role=Role.KEEPER), "pin": "2581"}, **secure(client)
    )

    assert answer.status_code == 401
    assert "工牌或 PIN 码不正确" in answer.text
    assert client.get("/h/", base_url=BASE).status_code == 302


def test_who_is_not_signed_in_on_a_handheld_is_asked_for_the_badge(site: Site) -> None:
    """The desk's small fields are nothing for a glove."""
    for address in ("/h/", "/h/receiving/34abdd15-f74e-4444-9f44-2cf1b090449f"):
        assert site.client().get(address, base_url=BASE).location == "/h/sign-in"


def test_five_wrong_passwords_lock_the_name_in_every_process_until_the_time_is_over(site: Site) -> None:
    assert [try_password(site, "wrong")[0] for _ in range(6)] == [401] * 5 + [429]
    assert try_password(site, PASSWORD)[0] == 429

    site.set_clock("2026-11-24T12:15:00+08:00")
    assert try_password(site, PASSWORD)[0] == 303


def test_an_empty_form_names_the_field(site: Site) -> None:
    status, text = try_password(site, "")

    assert status == 422
    assert "请填写：密码" in text


def test_signing_in_leads_to_the_page_that_asked_and_never_out_of_the_house(site: Site) -> None:
    client = site.client()
    form = {"name": "admin", "password": PASSWORD}
    asked = client.get("/audit/?outcome=read", base_url=BASE)
    assert asked.location == "/sign-in?next=/audit/?outcome%3Dread"

    for wanted, led in (
        ("/audit/?outcome=read", "/audit/?outcome=read"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("/\t/evil.test", "/"),
    ):
        fresh = site.client()
        answer = fresh.post("/sign-in", data=form | {"next": wanted}, **secure(fresh))
        assert answer.location == led


def test_after_signing_out_the_old_cookie_opens_nothing(site: Site) -> None:
    client = site.signed_in(Role.ADMIN)
    cookie = client.get_cookie("wms", domain="wms.test")
    assert cookie is not None
    client.post("/sign-out", **secure(client))

    thief = site.client()
    thief.set_cookie("wms", cookie.value, domain="wms.test", secure=True)

    assert thief.get("/users/", base_url=BASE).status_code == 302


def test_a_person_put_out_is_out_with_the_next_click(site: Site) -> None:
    keeper, admin = site.signed_in(Role.KEEPER), site.signed_in(Role.ADMIN)
    assert keeper.get("/h/", base_url=BASE).status_code == 200

    form = {"display_name": "x", "role": "keeper"}
    assert admin.post("/users/1", data=form, **secure(admin)).status_code == 303

    assert keeper.get("/h/", base_url=BASE).status_code == 302


def test_the_cookie_is_for_the_server_only(site: Site) -> None:
    client = site.signed_in(Role.ADMIN)
    cookie = client.get_cookie("wms", domain="wms.test")

    assert cookie is not None
    assert cookie.http_only
    assert cookie.secure
    assert cookie.same_site == "Lax"


def test_a_sign_in_that_worked_and_one_that_did_not_are_both_in_the_trail(site: Site) -> None:
    before = len(site.audit())
    try_password(site, "wrong")
    try_password(site, PASSWORD)

    refused, done = site.audit()[before:]

    assert (refused.action, refused.outcome, refused.refusal) == ("person.sign_in", "refused", "WrongSignIn")
    assert (done.action, done.outcome) == ("person.sign_in", "done")
    assert done.device is not None
    assert PASSWORD not in str(done.changes) + str(done.marks)


def test_wrong_tokens_are_counted_by_address_and_right_ones_never(site: Site) -> None:
    right = site.token(Role.DECLARANT)
    client = site.client()
    wrong = {"Authorization": "Bearer wms_wrong"}

    statuses = [client.get("/api/me", headers=wrong, base_url=BASE).status_code for _ in range(122)]

    assert statuses == [401] * 120 + [429] * 2
    assert client.get("/api/me", headers=right, base_url=BASE).status_code == 200


@pytest.mark.parametrize("name", ["keeper", "nobody", "", "王", "x" * 5000, "a\x00b"])
def test_whatever_is_typed_as_a_name_is_answered_calmly(
    site: Site, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert try_password(site, "wrong", name=name)[0] in {401, 422}


def test_a_desk_left_with_a_page_that_keeps_itself_fresh_is_signed_out_like_any_other(site: Site) -> None:
    client = site.signed_in(Role.SUPERVISOR)
    part = {"base_url": BASE, "headers": {"X-Fragment": "part"}}
    for hour in (14, 17, 19):
        site.set_clock(f"2026-11-24T{hour}:00:00+08:00")
        assert client.get("/alerts/fragment", **part).status_code == 200

    site.set_clock("2026-11-24T20:01:00+08:00")
    assert client.get("/alerts/fragment", **part).status_code == 401
