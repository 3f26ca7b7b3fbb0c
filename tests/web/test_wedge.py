"""A scanner types like a keyboard; whatever it does to the keys, each scan arrives once and in order."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.databases import Database
from tests.web.site import BADGE, PIN, Site, make_site
from wms.auth.permissions import Role
from wms.scans import ScanEvent

CHROMIUM = shutil.which("chromium")
LOT = "L1LWIN02540K8"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; no scanner was played"),
]


@pytest.fixture
def plain_site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """Without HTTPS, as a browser on this machine comes."""
    with make_site(fresh_database, tmp_path, secure_cookies="false") as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One program for all tests of this file; each opens a window that knows nothing of the others."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(plain_site: Site, browser: Any) -> Iterator[Any]:
    """A keeper's handheld at the first screen of the sample flow."""
    server = make_server("127.0.0.1", 0, plain_site.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser.new_context(viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        # the promise is that it arrives, not how soon on a machine that plays other tests beside
        page.set_default_timeout(90_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/h/sign-in")
        scan(page, BADGE.format(role=Role.KEEPER))
        for digit in PIN:
            page.click(f'[data-digit="{digit}"]')
        page.click(".key-main")
        page.click("form[action$='/start'] button")
        page.wait_for_selector("[data-kind=WantsScan]")
        yield page
    server.shutdown()
    server.server_close()


def scan(page: Any, text: str) -> None:
    page.keyboard.type(text, delay=3)
    page.keyboard.press("Enter")


def kept(site: Site) -> list[str]:
    with site.sessions() as session:
        return list(session.scalars(select(ScanEvent.raw).order_by(ScanEvent.id)))


def dispatch(page: Any, keys: list[dict[str, Any]]) -> None:
    """Keys as an input method or an odd scanner sends them."""
    page.evaluate(
        """keys => { for (const key of keys) for (const kind of ["keydown", "keyup"])
           document.body.dispatchEvent(new KeyboardEvent(kind, {bubbles: true, cancelable: true, ...key})); }""",
        keys,
    )


def test_a_scan_needs_no_field_and_sounds_right(page: Any, plain_site: Site) -> None:
    scan(page, LOT)

    page.wait_for_selector("[data-kind=WantsNumber]")
    assert page.locator("html").get_attribute("data-sound") == "ok"
    assert kept(plain_site) == [LOT]


def test_a_scanner_without_an_end_sign_is_understood_by_its_silence(page: Any, plain_site: Site) -> None:
    page.keyboard.type(LOT, delay=3)

    page.wait_for_selector("[data-kind=WantsNumber]")
    assert kept(plain_site) == [LOT]


def test_an_input_method_that_hides_the_keys_hides_no_scan(page: Any, plain_site: Site) -> None:
    """A Chinese input method reports every key as Process; the key's place tells the sign."""
    codes = [f"Digit{sign}" if sign.isdigit() else f"Key{sign}" for sign in LOT]
    keys = [
        {"key": "Process", "code": code, "shiftKey": code.startswith("Key"), "isComposing": True}
        for code in codes
    ]
    dispatch(page, [*keys, {"key": "Enter", "code": "Enter"}])

    page.wait_for_selector("[data-kind=WantsNumber]")
    assert kept(plain_site) == [LOT]


def test_the_group_separator_arrives_in_either_way_a_scanner_types_it(page: Any, plain_site: Site) -> None:
    page.keyboard.type("0109", delay=3)
    page.keyboard.press("Control+]")
    page.keyboard.type("10A", delay=3)
    dispatch(
        page,
        [
            *({"key": digit, "code": f"Numpad{digit}", "altKey": True} for digit in "029"),
            {"key": "Alt", "code": "AltLeft"},
        ],
    )
    scan(page, "17")

    page.wait_for_selector(".alarm")
    assert kept(plain_site) == ["0109\x1d10A\x1d17"]


def test_scans_that_come_while_one_is_under_way_wait_and_arrive_in_order(page: Any, plain_site: Site) -> None:
    """All three are scanned before the first is answered; a red screen between them loses none."""
    codes = [LOT, "WRONG-1", "WRONG-2"]
    page.evaluate(
        """codes => codes.forEach(code =>
           document.dispatchEvent(new CustomEvent("wms-scan", {detail: code})))""",
        codes,
    )
    for _ in codes[1:]:
        page.wait_for_selector(".alarm")
        page.click("[data-acknowledge]")

    assert kept(plain_site) == codes


def test_a_scan_without_a_network_is_kept_over_a_reload_and_arrives_once(page: Any, plain_site: Site) -> None:
    page.context.set_offline(True)
    scan(page, LOT)
    page.wait_for_selector("#net:not([hidden])")
    assert "无网络" in page.locator("#net").inner_text()
    assert kept(plain_site) == []

    page.context.set_offline(False)
    page.reload()

    page.wait_for_selector("[data-kind=WantsNumber]")
    assert kept(plain_site) == [LOT]


def test_the_red_screen_stands_until_acknowledged_and_takes_no_scan_meanwhile(
    page: Any, plain_site: Site
) -> None:
    scan(page, "X999")
    page.wait_for_selector(".alarm")
    scan(page, LOT)

    page.wait_for_selector(".alarm-count:not([hidden])")
    assert kept(plain_site) == ["X999"]
    page.keyboard.press("Enter")
    assert page.locator(".alarm").count() == 0
    scan(page, LOT)
    page.wait_for_selector("[data-kind=WantsNumber]")


def test_digits_typed_by_hand_are_a_number_and_a_fast_burst_is_a_scan(page: Any, plain_site: Site) -> None:
    scan(page, LOT)
    page.wait_for_selector("[data-kind=WantsNumber]")
    page.keyboard.type("45", delay=200)
    page.wait_for_timeout(800)
    assert page.locator(".pad-field").input_value() == "45"

    scan(page, "6901234567892")

    page.wait_for_selector(".alarm")
    assert kept(plain_site) == [LOT, "6901234567892"]
