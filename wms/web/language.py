"""Languages and how pages write times, numbers and codes."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask import session as cookie
from markupsafe import Markup, escape

from wms.auth.permissions import Permission, may, role_name
from wms.i18n import DEFAULT_LOCALE, Sentence, render, translate
from wms.web.doors import menu_of
from wms.web.house import device, house, maybe_person
from wms.web.requests import new_request_id

#: What may be chosen, by the name its readers give it.
OFFERED: Final = {"zh_Hans": "中文", "en": "English"}
#: Halves of a Chinese sign that half the handheld's width holds.
FACT_HALVES_MAX: Final = 13
_INSIDE_A_CODE: Final = re.compile(r"(?<=[A-Z0-9])-(?=[A-Z0-9])")
_HTML_LANG: Final = {"zh_Hans": "zh-Hans", "en": "en"}


def locale() -> str:
    """The language of this request: chosen on this device, else the person's, else the house's."""
    chosen = cookie.get("locale") if request else None
    if chosen in OFFERED:
        return str(chosen)
    who = maybe_person()
    return who.locale if who is not None and who.locale in OFFERED else DEFAULT_LOCALE


def t(sentence: str | Sentence, /, **facts: object) -> str:
    """A marked sentence or a Sentence in the language of this request."""
    if isinstance(sentence, Sentence):
        return translate(sentence.text, locale(), **sentence.facts)
    return translate(sentence, locale(), **facts)


def number(value: int | Decimal | None) -> str:
    """Digits in groups of three, exact and without empty decimals; a dash for none."""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return "–" if value is None else f"{value:,}"


def moment(value: datetime | None, *, seconds: bool = False) -> Markup:
    """A time in the site's zone with the zone beside it, machine-readable too; a dash for none."""
    if value is None:
        return Markup("–")
    local = value.astimezone(ZoneInfo(house().settings.time_zone))
    text = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    zone = local.strftime("%z")[:3]
    return Markup('<time datetime="{}">{} <small>{}</small></time>').format(
        local.isoformat(timespec="seconds"), text, f"UTC{zone}"
    )


def show_value(value: object) -> Markup | str:
    """Any fact as a page writes it."""
    match value:
        case Markup():
            return value
        case Sentence():
            return t(value)
        case datetime():
            return moment(value)
        case bool():
            return "✓" if value else "–"
        case int() | Decimal():
            return number(value)
        case None | "":
            return "–"
        case _:
            return escape(str(render(value, locale())))


def is_wide(text: str) -> bool:
    """Whether a fact needs the handheld's whole width: Chinese signs count twice."""
    return sum(2 if sign > "\u2e7f" else 1 for sign in text) > FACT_HALVES_MAX


def unbroken(text: str) -> str:
    """A sentence whose codes (LS1-A01-02-1) stay in one line: a worker reads them as one word."""
    return _INSIDE_A_CODE.sub("-\u2060", text)


def install_language(app: Flask) -> None:
    """Give the templates their words."""
    app.add_template_global(t, "t")
    app.add_template_filter(number, "number")
    app.add_template_filter(moment, "moment")
    app.add_template_filter(show_value, "value")
    app.add_template_filter(is_wide)
    app.add_template_filter(unbroken)

    @app.context_processor
    def _words() -> dict[str, Any]:
        who = maybe_person()
        return {
            "person": who,
            "device": device(),
            "locale": locale(),
            "html_lang": _HTML_LANG[locale()],
            "languages_offered": OFFERED,
            "new_request_id": new_request_id,
            "role_name": role_name,
            "named": (lambda names: [(key, t(name)) for key, name in names.items()]),
            "may": (lambda name: who is not None and may(who.role, Permission(name))),
            "menu": (lambda: [] if who is None else menu_of(who.role)),
        }
