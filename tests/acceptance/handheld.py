"""A person with a handheld: reads the page, answers its question, nothing else.

All that is used of a page: the attributes data-flow, data-step, data-wants, data-tone, data-message-code and
data-asks of its screen, its forms with their hidden fields, and the keys of its buttons.
"""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from uuid import uuid4

from tests.acceptance.web import Answer, NotThere, Web

#: Fields an answer is written into, the first that the page has.
ANSWER_FIELDS: Final = ("scan", "number", "day", "answer")
HELD_BACK: Final = frozenset({"error"})
_REDIRECTS_MAX: Final = 5
_SILENT: Final = frozenset({"script", "style", "title"})


@dataclass(kw_only=True)
class Form:
    """A form as the page sends it: hidden fields with their values, open fields, and buttons by key."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Screen:
    """What a person sees: which question, what it wants, how it sounds, and what it says."""

    path: str
    attributes: dict[str, str] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def flow(self) -> str:
        """Name of the flow; empty on the menu and on other pages."""
        return self.attributes.get("data-flow", "")

    @property
    def step(self) -> str:
        """Name of the step that waits; empty when the flow is over."""
        return self.attributes.get("data-step", "")

    @property
    def wants(self) -> str:
        """scan, number, date, choice or confirm."""
        return self.attributes.get("data-wants", "")

    @property
    def asks(self) -> str:
        """What the screen asks to be answered: the code, number or day a person reads off it."""
        return self.attributes.get("data-asks", "")

    @property
    def is_refusal(self) -> bool:
        """Whether the last answer was refused."""
        return self.attributes.get("data-tone", "") in HELD_BACK

    @property
    def says(self) -> str:
        """Reason in one word and the page's words, for the report."""
        code = self.attributes.get("data-message-code", "")
        return f"{code} {' '.join(self.words)}".strip()[:300]


class _Reader(HTMLParser):
    """Finds the screen, its forms and its words."""

    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.screen = Screen(path=path)
        self._form: Form | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "data-flow" in has and not self.screen.attributes:
            self.screen.attributes = {name: value for name, value in has.items() if name.startswith("data-")}
        if tag in _SILENT:
            self._silent += 1
        if tag == "form":
            self._form = Form(action=has.get("action", "") or self.screen.path)
            self.screen.forms.append(self._form)
        elif tag in {"input", "textarea", "select"} and self._form is not None and has.get("name"):
            kind = has.get("type", "text")
            if kind == "hidden":
                self._form.hidden[has["name"]] = has.get("value", "")
            elif kind == "submit":
                self._form.buttons[has.get("value", "")] = has["name"]
            else:
                self._form.fields.append(has["name"])
        elif tag == "button" and self._form is not None:
            self._form.buttons[has.get("value", "")] = has.get("name", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.screen.words.append(" ".join(data.split()))


def read_screen(path: str, html: str) -> Screen:
    """A page as a person reads it."""
    reader = _Reader(path)
    reader.feed(html)
    reader.close()
    return reader.screen


class Handheld:
    """One device in one hand; signs in by badge and PIN, and again when the house asks."""

    def __init__(self, web: Web, *, badge: str, pin: str) -> None:
        self._web = web
        self._badge = badge
        self._pin = pin
        self._cookies: dict[str, str] = {}

    def open(self, path: str) -> Screen:
        """A page, after signing in where that is asked; raises NotThere when it is not there."""
        answer, at = self._follow("GET", path)
        if at.startswith("/handheld/sign-in"):
            self.sign_in()
            answer, at = self._follow("GET", path)
        return self._seen(answer, at)

    def sign_in(self) -> None:
        """Scan the badge, type the PIN; raises NotThere when that is refused."""
        answer, at = self._follow("GET", "/handheld/sign-in")
        page = self._seen(answer, at)
        form = next((form for form in page.forms if {"badge", "pin"} <= set(form.fields)), None)
        if form is None:
            raise NotThere("/handheld/sign-in has no form with the fields badge and pin")
        answer, at = self._send(form, {"badge": self._badge, "pin": self._pin})
        if answer.status != 200 or at.startswith("/handheld/sign-in"):
            raise NotThere(f"signing in by badge is refused: {self._seen(answer, at).says}")

    def give(self, screen: Screen, text: str) -> Screen:
        """Answer the question of a screen: scan, type, or press the button with this key."""
        for form in screen.forms:
            if text in form.buttons and screen.wants in {"choice", "confirm"}:
                return self._seen(*self._send(form, {form.buttons[text]: text}))
        for name in ANSWER_FIELDS:
            for form in screen.forms:
                if name in form.fields:
                    return self._seen(*self._send(form, {name: text}))
        raise NotThere(f"{screen.path}: no field takes {text!r} (step {screen.step}, wants {screen.wants})")

    def press(self, screen: Screen, *keys: str) -> Screen:
        """Press the first of these buttons that the screen has."""
        for key in keys:
            for form in screen.forms:
                if key in form.buttons:
                    return self._seen(*self._send(form, {form.buttons[key]: key}))
        raise NotThere(f"{screen.path}: no button {' or '.join(keys)} (step {screen.step})")

    def _send(self, form: Form, values: Mapping[str, str]) -> tuple[Answer, str]:
        content = form.hidden | {"request_id": str(uuid4())} | dict(values)
        return self._follow("POST", form.action, urllib.parse.urlencode(content).encode())

    def _follow(self, method: str, path: str, body: bytes | None = None) -> tuple[Answer, str]:
        """Send, keep cookies, follow redirects; gives the last answer and its path."""
        for _ in range(_REDIRECTS_MAX):
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            headers |= {"Accept": "text/html"}
            if body is not None:
                headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._web.ask(method, path, headers=headers, body=body)
            self._keep(answer)
            if answer.status not in {301, 302, 303, 307, 308}:
                return answer, path
            target = urllib.parse.urljoin(path, answer.headers["location"])
            parts = urllib.parse.urlsplit(target)
            method, path, body = "GET", parts.path + (f"?{parts.query}" if parts.query else ""), None
        raise NotThere(f"{path} redirects without end")

    def _keep(self, answer: Answer) -> None:
        for line in answer.headers.get("set-cookie", "").splitlines():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value

    def _seen(self, answer: Answer, path: str) -> Screen:
        if answer.status == 404:
            raise NotThere(f"{path} is not there")
        if answer.status >= 500:
            raise NotThere(f"{path} answers {answer.status}")
        return read_screen(path, answer.body.decode("utf-8", "replace"))
