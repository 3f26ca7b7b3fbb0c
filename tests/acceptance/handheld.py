"""A person with a handheld: reads the page, answers its question, nothing else.

Used of a page: the attributes of its screen (data-kind, data-tone, data-url, data-version, data-last, data-asks),
its forms with their hidden fields, the csrf token of its head, and its words.
"""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from uuid import uuid4

from tests.acceptance.web import Answer, NotThere, Web

SIGN_IN: Final = "/h/sign-in"
MENU: Final = "/h/"
#: What a text is sent as, by what the screen wants.
KINDS: Final = {"WantsScan": "scan", "WantsNumber": "number", "WantsDate": "date", "WantsChoice": "choice"}
_REDIRECTS_MAX: Final = 5
_SILENT: Final = frozenset({"script", "style", "title"})


@dataclass(kw_only=True)
class Form:
    """A form as the page sends it: its address, hidden fields with their values, and open fields."""

    action: str
    answers: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Screen:
    """What a person sees: what it wants, how it sounds, which buttons it has, and what it says."""

    path: str
    attributes: dict[str, str] = field(default_factory=dict)
    token: str = ""
    forms: list[Form] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def wants(self) -> str:
        """WantsScan, WantsNumber, WantsDate, WantsChoice or WantsConfirm; menu, badge on other pages."""
        return self.attributes.get("data-kind", "")

    @property
    def tone(self) -> str:
        """ok, error, decision or quiet."""
        return self.attributes.get("data-tone", "")

    @property
    def asks(self) -> str:
        """What the screen names as the answer: the code, number or day a person reads off it."""
        return self.attributes.get("data-asks", "")

    @property
    def is_over(self) -> bool:
        """Whether the flow has ended: no run to answer, or its last screen."""
        return not self.attributes.get("data-url") or "data-last" in self.attributes

    @property
    def buttons(self) -> dict[str, str]:
        """Keys of the buttons and options, and what each is sent as."""
        return {
            form.hidden["value"]: form.answers
            for form in self.forms
            if form.answers in {"press", "choice"} and "value" in form.hidden
        }

    @property
    def says(self) -> str:
        """The page's words, for the report."""
        return " ".join(self.words)[:240]


class _Reader(HTMLParser):
    """Finds the screen, its forms and its words."""

    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.screen = Screen(path=path)
        self._form: Form | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if has.get("id") == "screen":
            self.screen.attributes = {name: value for name, value in has.items() if name.startswith("data-")}
        if tag == "meta" and has.get("name") == "csrf-token":
            self.screen.token = has.get("content", "")
        if tag in _SILENT:
            self._silent += 1
        if tag == "form":
            action = has.get("action", "") or self.screen.path
            self._form = Form(action=action, answers=has.get("data-answer", ""))
            self.screen.forms.append(self._form)
        elif tag in {"input", "textarea", "select"} and self._form is not None and has.get("name"):
            if has.get("type") == "hidden":
                self._form.hidden[has["name"]] = has.get("value", "")
            else:
                self._form.fields.append(has["name"])

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

    def close(self) -> None:
        """Put it away."""
        self._web.close()

    def begin(self, flow: str) -> Screen:
        """Press a flow's button on the menu; raises NotThere when the menu has none."""
        menu = self._open(MENU)
        form = next((form for form in menu.forms if form.action.endswith(f"/{flow}/start")), None)
        if form is None:
            raise NotThere(f"the handheld's menu offers no {flow}")
        return self._seen(*self._send(form.action, form.hidden))

    def give(self, screen: Screen, text: str) -> Screen:
        """Answer the question of a screen: press the button with this key, or else scan or type the text."""
        if text in screen.buttons:
            return self.press(screen, text)
        if screen.wants not in KINDS:
            raise NotThere(f"the screen takes no {text!r}, it wants {screen.wants}: {screen.says}")
        return self._answer(screen, KINDS[screen.wants], text)

    def press(self, screen: Screen, *keys: str) -> Screen:
        """Press the first of these buttons that the screen has."""
        for key in keys:
            if key in screen.buttons:
                return self._answer(screen, screen.buttons[key], key)
        raise NotThere(f"the screen has no button {' or '.join(keys)}: {screen.says}")

    def _answer(self, screen: Screen, kind: str, value: str) -> Screen:
        if not screen.attributes.get("data-url"):
            raise NotThere(f"the flow is over: {screen.says}")
        content = {"kind": kind, "value": value, "version": screen.attributes.get("data-version", "")}
        return self._seen(*self._send(screen.attributes["data-url"], {"csrf_token": screen.token} | content))

    def _open(self, path: str) -> Screen:
        answer, at = self._follow("GET", path)
        if at.startswith(("/h/sign-in", "/sign-in")) or answer.status == 401:
            self._sign_in()
            answer, at = self._follow("GET", path)
        return self._seen(answer, at)

    def _sign_in(self) -> None:
        page = self._seen(*self._follow("GET", SIGN_IN))
        form = next((form for form in page.forms if {"badge", "pin"} <= set(form.fields)), None)
        if form is None:
            raise NotThere(f"{SIGN_IN} has no form with the fields badge and pin")
        content = form.hidden | {"badge": self._badge, "pin": self._pin}
        answer, at = self._send(form.action, content)
        if answer.status != 200 or at.startswith(SIGN_IN):
            raise NotThere(f"signing in by badge is refused: {self._seen(answer, at).says}")

    def _send(self, path: str, content: Mapping[str, str]) -> tuple[Answer, str]:
        body = {**content, "request_id": str(uuid4())}
        return self._follow("POST", path, urllib.parse.urlencode(body).encode())

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
            target = urllib.parse.urlsplit(urllib.parse.urljoin(path, answer.headers["location"]))
            method, path, body = "GET", target.path + (f"?{target.query}" if target.query else ""), None
        raise NotThere(f"{path} redirects without end")

    def _keep(self, answer: Answer) -> None:
        for line in answer.headers.get("set-cookie", "").splitlines():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value

    def _seen(self, answer: Answer, path: str) -> Screen:
        if answer.status == 404 or answer.status >= 500:
            raise NotThere(f"{path} answers {answer.status}")
        return read_screen(path, answer.body.decode("utf-8", "replace"))
