"""Photograph every page in Chromium into docs/screens and look at each the way a ruler would.

``make screens`` builds the demonstration zone in a database of its own, signs in as its people, visits every
page of the application at its real size, and ends with 1 when a page is missing, answers with an error, is wider
than its screen, logs a fault, or, on the handheld, holds text under 18 px or a target under 48 px. A page added
to the application is visited without being named here; only the number in its address may need a SAMPLE.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

ROOT: Final = Path(__file__).resolve().parents[1]
OUT: Final = ROOT / "docs" / "screens"
CHROMIUM: Final = "/usr/bin/chromium"
DESK: Final = {"width": 1280, "height": 800}
HANDHELD: Final = {"width": 360, "height": 640}
#: Addresses that answer GET and are no pages: parts of pages, files, figures.
NO_PAGES: Final = {"static", "openapi", "open.healthz", "open.figures", "handheld.show"}
#: One row that the demonstration zone has, by the name of the number in the address.
SAMPLES: Final = {
    "user_id": "select min(id) from user_account where id > 0",
    "entry_id": "select max(id) from audit_entry where changes <> '[]'",
    "lot_id": "select min(lot_id) from balance where on_hand > 0",
    "list_id": "select min(id) from bonded_list",
    "pass_id": "select min(id) from gate_pass",
}
#: What a ruler sees; runs in the page.
MEASURE: Final = """
() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`${wide} px wider than the screen`);
  for (const box of document.querySelectorAll(".table-box")) {
    const hidden = box.scrollWidth - box.clientWidth;
    if (hidden > 0) faults.push(`${hidden} px of a table are out of sight`);
  }
  if (!document.body.classList.contains("handheld")) return faults;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility();
  };
  const [lowest] = [...document.querySelectorAll(".middle > *")].slice(-1);
  const bottom = [...document.querySelectorAll(".bottom")].find(seen);
  if (!document.querySelector(".alarm") && lowest && bottom && seen(lowest)) {
    const covered = lowest.getBoundingClientRect().bottom - bottom.getBoundingClientRect().top - 12;
    if (covered > 0) faults.push(`${Math.round(covered)} px lie under the buttons`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { parentElement } = node;
    const size = parseFloat(getComputedStyle(parentElement).fontSize);
    if (node.data.trim() && seen(parentElement) && size < 18) faults.push(`“${node.data.trim()}” is ${size} px`);
  }
  for (const big of document.querySelectorAll(".loud dd")) {
    const size = parseFloat(getComputedStyle(big).fontSize);
    if (size < 36) faults.push(`main value “${big.textContent}” is ${size} px`);
  }
  for (const target of document.querySelectorAll("button, a.key, a.home, summary, input:not([type=hidden])")) {
    const box = target.getBoundingClientRect();
    const name = target.textContent.trim() || target.name;
    const small = box.height < 48 || box.width < 48;
    if (!small || target.id === "catcher" || !seen(target)) continue;
    faults.push(`target “${name}” is ${box.width} × ${box.height}`);
  }
  return faults;
}
"""


@dataclass(kw_only=True)
class Album:
    """Pictures taken and faults found."""

    folder: Path
    faults: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Photograph and measure what the page shows now."""
        page.wait_for_load_state("networkidle")
        size = page.evaluate("() => [document.body.clientWidth, document.body.scrollHeight]")
        # a long list says no more in a longer picture
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 1400)} if whole else None
        page.screenshot(path=self.folder / f"{name}.png", full_page=whole, clip=clip)  # type: ignore[arg-type]
        self.faults += [f"{name}: {fault}" for fault in page.evaluate(MEASURE)]
        self.taken.append(name)

    def watch(self, page: Page) -> None:
        """Whatever the page complains about is a fault."""

        def complained(message: ConsoleMessage) -> None:
            if message.type == "error" and "the server responded with a status of" not in message.text:
                self.faults.append(f"{page.url}: {message.text}")

        page.on("console", complained)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))


class _Quiet(WSGIRequestHandler):
    def log(self, *_said: Any) -> None:
        """Say nothing."""


@contextmanager
def demonstration() -> Iterator[tuple[Flask, str, list[dict[str, str]]]]:
    """The application over a fresh demonstration zone: the app, its address, its people's secrets."""
    os.environ.setdefault("WMS_TEST_RUN", f"screens{os.getpid()}")
    from config.settings import Settings
    from tests.databases import test_server
    from wms import create_app
    from wms.seed import seed

    folder = Path(tempfile.mkdtemp(prefix="wms-screens-"))
    with test_server().clone() as database:
        os.environ |= {
            "WMS_DATABASE_URL": database.url,
            "WMS_OWNER_DATABASE_URL": database.owner_url,
            "WMS_DATA_DIR": str(folder),
        }
        app = create_app(Settings.load())
        house = app.extensions["wms"]
        seed(house.sessions)
        _raise_alerts(house)
        people = json.loads((folder / "demo-sign-ins.json").read_text("utf-8"))
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield app, f"http://127.0.0.1:{server.server_port}", people
        finally:
            server.shutdown()
            house.engine.dispose()
            shutil.rmtree(folder, ignore_errors=True)


def _raise_alerts(house: Any) -> None:
    from wms.alerts import Severity, raise_alert
    from wms.db import run
    from wms.i18n import N_, say

    sentence = say(
        N_("Vehicle {vehicle}: declared {declared} kg, weighed {weighed} kg. Send it to the manual lane."),
        vehicle="示A20001",
        declared=1200,
        weighed=1312,
    )

    def work(session: Any) -> None:
        for severity in (Severity.CRITICAL, Severity.WARNING):
            raise_alert(
                session,
                kind="gate.weight",
                subject=f"Z8890I26112400000000091{len(severity)}",
                sentence=sentence,
                severity=severity,
                at=house.clock.now(),
            )

    run(house.sessions, work, by_id=0, action="demo.alert")


def desk_pages(app: Flask) -> list[tuple[str, str]]:
    """(name of the picture, address) of every page at a desk."""
    from wms.web.doors import door_of

    found = []
    with app.extensions["wms"].engine.connect() as connection:
        for rule in app.url_map.iter_rules():
            door = door_of(app.view_functions[rule.endpoint])
            part = rule.endpoint.endswith("fragment") or rule.rule.startswith(("/api/", "/h/"))
            if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or part or door is None:
                continue
            if door.permission is None:
                continue
            address = rule.rule
            for argument in rule.arguments:
                number = connection.scalar(text(SAMPLES[argument]))
                address = address.replace(f"<int:{argument}>", str(number))
            found.append((rule.endpoint.replace(".", "-"), address))
    return sorted(found)


def photograph_desk(
    album: Album, browser: Browser, app: Flask, base: str, people: list[dict[str, str]]
) -> None:
    """Every page at a desk, each as somebody who may read it."""
    by_role = {person["role"]: person for person in people}
    pages = {role: _sign_in(album, browser, base, by_role[role]) for role in ("admin", "officer")}
    door = browser.new_page(viewport=DESK, locale="zh-CN")
    album.watch(door)
    door.goto(f"{base}/sign-in")
    album.take(door, "sign-in")
    door.fill("[name=name]", "nobody")
    door.fill("[name=password]", "nothing at all")
    door.click("button.button-main")
    album.take(door, "sign-in-refused")
    for name, address in desk_pages(app):
        for page in pages.values():
            answer = page.goto(base + address)
            assert answer is not None
            if answer.status == 200:
                album.take(page, name, whole=True)
                break
        else:
            album.faults.append(f"{name}: {address} answers {answer.status}")
    pages["officer"].goto(f"{base}/users/add")
    pages["officer"].goto(f"{base}/users/")
    album.take(pages["officer"], "refused-403")
    pages["admin"].goto(f"{base}/nowhere")
    album.take(pages["admin"], "refused-404")
    pages["admin"].click(".languages button[value=en]")
    pages["admin"].goto(f"{base}/audit/")
    album.take(pages["admin"], "english-audit")


def _sign_in(album: Album, browser: Browser, base: str, person: dict[str, str]) -> Page:
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()
    album.watch(page)
    page.goto(f"{base}/sign-in")
    page.fill("[name=name]", person["name"])
    page.fill("[name=password]", person["password"])
    page.click("button.button-main")
    page.wait_for_url(f"{base}/")
    return page


def photograph_handheld(album: Album, browser: Browser, base: str, people: list[dict[str, str]]) -> None:
    """A keeper's first minutes: badge, menu, a lorry received by scanning, a wrong scan, goods put away."""
    keeper = next(person for person in people if "badge" in person)
    context = browser.new_context(viewport=HANDHELD, device_scale_factor=2, locale="zh-CN")
    page = context.new_page()
    album.watch(page)

    def scan(code: str) -> None:
        page.keyboard.type(code, delay=4)
        page.keyboard.press("Enter")

    def step(kind: str, name: str) -> None:
        page.wait_for_selector(f"#screen[data-kind={kind}]")
        album.take(page, f"handheld-{name}")

    def number(digits: str) -> None:
        for digit in digits:
            page.click(f'[data-digit="{digit}"]')
        page.click(".pad-send")

    page.goto(f"{base}/h/sign-in")
    step("badge", "badge")
    scan(keeper["badge"])
    page.wait_for_selector(".badge-form[data-at=pin]")
    album.take(page, "handheld-pin")
    for digit in keeper["pin"]:
        page.click(f'[data-digit="{digit}"]')
    page.click(".key-main")
    page.wait_for_url(f"{base}/h/")
    step("menu", "menu")
    page.click("form[action$='/receiving/start'] button")
    step("WantsScan", "receiving-pass")
    scan("Z8890I261124000000000999")
    page.wait_for_selector(".alarm")
    album.take(page, "handheld-receiving-refused")
    page.click("[data-acknowledge]")
    scan("Z8890I261124000000000911")
    page.wait_for_selector("#screen[data-kind=WantsScan] .progress")
    album.take(page, "handheld-receiving-item")
    scan("ILM-BLK")
    page.wait_for_selector("#screen[data-version='3'], .alarm")
    album.take(page, "handheld-receiving-lot")
    scan("LOT2611A")
    step("WantsDate", "receiving-expiry")
    for digit in "20281031":
        page.click(f'[data-digit="{digit}"]')
    page.click(".pad-send")
    step("WantsNumber", "receiving-good")
    number("48")
    page.wait_for_selector("#screen[data-version='6'], .alarm")
    step("WantsNumber", "receiving-damaged")
    number("0")
    step("WantsScan", "receiving-place")
    scan("LS1-A01-01-1")
    page.wait_for_selector("#screen[data-kind=WantsScan] .progress, .alarm")
    album.take(page, "handheld-receiving-taken")
    page.goto(f"{base}/h/")
    page.click("form[action$='/putaway/start'] button")
    step("WantsScan", "putaway")


def photograph(playwright: Playwright, folder: Path) -> Album:
    """Everything."""
    album = Album(folder=folder)
    with demonstration() as (app, base, people):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            photograph_handheld(album, browser, base, people)
            photograph_desk(album, browser, app, base, people)
        finally:
            browser.close()
    return album


def main() -> int:
    """Take all pictures anew; 1 when something is wrong."""
    if not Path(CHROMIUM).exists():
        print(f"{CHROMIUM} is not installed; nothing was photographed", file=sys.stderr)
        return 1
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with sync_playwright() as playwright:
        album = photograph(playwright, OUT)
    for fault in album.faults:
        print(fault, file=sys.stderr)
    print(f"{len(album.taken)} pictures in {OUT.relative_to(ROOT)}, {len(album.faults)} faults")
    return 1 if album.faults else 0


if __name__ == "__main__":
    sys.exit(main())
