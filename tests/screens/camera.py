"""Walks through the pages of one person, photographs each, and says what is wrong with it."""

import re
from base64 import b64decode
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.screens.measure import MEASURE
from tests.screens.running import Person, Running

DESK: Final = {"width": 1280, "height": 800}
HANDHELD: Final = {"width": 360, "height": 640}
TEXT_PX_MIN: Final = 18
#: A long page's photograph ends here.
HEIGHT_PX_MAX: Final = 1600

# Asked over the debugging protocol: a page under a strict policy refuses scripts handed to it as text.
_WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_HEIGHT: Final = "document.documentElement.scrollHeight"
# A link in a drawing has no plain href, so the attribute is resolved by hand.
_LINKS: Final = """JSON.stringify([...document.querySelectorAll('a[href]')].map(a =>
    new URL(a.getAttribute('href'), document.baseURI).href))"""
_SMALL: Final = """JSON.stringify([...document.querySelectorAll('body *')].filter(e =>
    e.checkVisibility() && e.getClientRects().length &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
    parseFloat(getComputedStyle(e).fontSize) < LIMIT
).map(e => getComputedStyle(e).fontSize + ' ' + e.textContent.trim().slice(0, 30)))"""


@dataclass(kw_only=True)
class Album:
    """What has been photographed, and what was wrong."""

    into: Path
    taken: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def rule_of(self, path: str, rules: frozenset[str]) -> str | None:
        """The application's rule behind a path, plain ones first."""
        for rule in sorted(rules, key=lambda rule: ("<" in rule, rule)):
            pattern = re.sub(r"<[^>]+>", "[^/]+", re.sub(r"([.+*?()])", r"\\\1", rule))
            if re.fullmatch(pattern, path):
                return rule
        return None


class Visit:
    """One person in one browser window."""

    def __init__(self, browser: Browser, system: Running, album: Album, *, handheld: bool) -> None:
        self._system = system
        self._album = album
        self._handheld = handheld
        size = HANDHELD if handheld else DESK
        self._context = browser.new_context(viewport=size, locale="zh-CN", has_touch=handheld)  # type: ignore[arg-type]
        self.page: Page = self._context.new_page()
        self._protocol = self._context.new_cdp_session(self.page)
        self._said: list[str] = []
        self.page.on("console", lambda line: self._said.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def go(self, path: str) -> None:
        """Ask for a page."""
        self.page.goto(self._system.address + path, wait_until="load")

    def sign_in(self, person: Person) -> None:
        """By password; the handheld's cookie is the same."""
        self.go("/sign-in")
        self.page.locator("input[name=name]").fill(person.name)
        self.page.locator("input[name=password]").fill(person.password)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_load_state("load")
        if urlsplit(self.page.url).path == "/sign-in":
            self._album.faults.append(f"{person.role} could not sign in")

    def photograph(self, name: str, *, forgive: str = "") -> None:
        """Keep a picture of what is shown and look at it; what the browser says with `forgive` in it is expected."""
        if not forgive:
            self.page.wait_for_load_state("networkidle")
        height = HANDHELD["height"] if self._handheld else min(HEIGHT_PX_MAX, self._ask(_HEIGHT))
        width, shown = (HANDHELD if self._handheld else DESK).values()
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        # Asked over the protocol: a drawing that is a document of its own has no body Playwright could wait for.
        taken = self._protocol.send(
            "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": height > shown, "format": "png"}
        )
        (self._album.into / f"{name}.png").write_bytes(b64decode(taken["data"]))
        wider = self._ask(_WIDER)
        if wider > 0:
            self._album.faults.append(f"{name}: {wider} px wider than its window")
        if self._handheld and (small := self._ask_list(_SMALL.replace("LIMIT", str(TEXT_PX_MIN)))):
            self._album.faults.append(f"{name}: text under {TEXT_PX_MIN} px: {'; '.join(small[:3])}")
        self._album.faults += [f"{name}: {fault}" for fault in self._ask_list(MEASURE)]
        self._album.faults += [f"{name}: {line}" for line in self._said if not forgive or forgive not in line]
        self._said.clear()

    def walk(self, start: str, *, role: str) -> None:
        """Follow every link from `start`, photographing each kind of page not yet in the album."""
        todo, seen = deque([start]), {start}
        while todo:
            path = todo.popleft()
            self.go(path)
            here = urlsplit(self.page.url).path
            rule = self._album.rule_of(here, self._system.rules)
            if rule is None:
                self._album.faults.append(f"{here}: no such page, linked for {role}")
                continue
            if rule not in self._album.taken:
                self._album.taken.add(rule)
                self.photograph(picture_name(rule))
            self._said.clear()
            for link in self._ask_list(_LINKS):
                parts = urlsplit(link)
                if f"{parts.scheme}://{parts.netloc}" == self._system.address and parts.path not in seen:
                    seen.add(parts.path)
                    if self._is_wanted(parts.path):
                        todo.append(parts.path)

    def _is_wanted(self, path: str) -> bool:
        """Pages of the window's own kind, and no more of a kind than the album needs."""
        if (
            path.startswith("/static")
            or path.endswith(("/file", ".svg"))
            or path.startswith("/h/") != self._handheld
        ):
            return False
        rule = self._album.rule_of(path, self._system.rules)
        # Pages with an argument look alike: one of each is enough.
        return rule is None or "<" not in rule or rule not in self._album.taken

    def _ask(self, expression: str) -> Any:
        answer = self._protocol.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def _ask_list(self, expression: str) -> list[str]:
        import json

        return list(json.loads(self._ask(expression)))


def picture_name(rule: str) -> str:
    """File name of a rule's photograph: ``/customs/lists/<int:list_id>`` is customs-lists-list_id."""
    plain = re.sub(r"<(?:\w+:)?(\w+)>", r"\1", rule).strip("/")
    return plain.replace("/", "-") or "start"
