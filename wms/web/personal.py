"""Personal data on pages and in answers: masked, unless the role may read them and the person asks to.

A page shows ``{{ order.buyer_name | personal }}`` and `m.clear_link()`; the link asks for the same page with
``clear=1``, which is recorded. A route of the API that always gives them in clear asks for
`Permission.READ_PERSONAL`; the doors record who came through.
"""

from flask import Flask, g, request, url_for

from wms.audit import mark_read
from wms.auth.permissions import Permission, may
from wms.db import run
from wms.i18n import N_
from wms.sealed import Forgotten
from wms.web.house import device, house, maybe_person, person
from wms.web.language import t

#: What stands for the letters that are not shown.
DOTS = "•••"


def install(app: Flask) -> None:
    """Give templates the filter `personal` and the two questions about it."""
    app.add_template_filter(shown, "personal")
    app.add_template_global(may_read_personal)
    app.add_template_global(in_clear)
    app.add_template_global(other_way)


def may_read_personal() -> bool:
    """Whether this person may read who somebody is."""
    person = maybe_person()
    return person is not None and may(person.role, Permission.READ_PERSONAL)


def in_clear() -> bool:
    """Whether this page shows it: the person may and asked to. Said once a page, it is recorded."""
    if "in_clear" not in g:
        g.in_clear = request.args.get("clear") == "1" and may_read_personal()
        if g.in_clear:
            page, arguments = request.endpoint or "", dict(request.view_args or {})
            # in a session of its own: the page is being drawn out of the reading one
            run(
                house().sessions,
                lambda session: mark_read(session, page, arguments=arguments, in_clear=True),
                by_id=person().id,
                action="personal.read",
                device=device(),
            )
    return bool(g.in_clear)


def shown(text: str | None) -> str:
    """A personal text as this page may show it."""
    if text is None:
        return "–"
    if isinstance(text, Forgotten):
        return t(N_("destroyed at the end of its term"))
    return text if in_clear() else masked(text)


def masked(text: str) -> str:
    """Enough to recognise what one knows, too little to learn it: 扎•••, 138•••5678, 540102•••."""
    text = text.strip()
    if text.isascii() and len(text) >= 9:
        return f"{text[:3]}{DOTS}{text[-4:]}" if len(text) < 15 else f"{text[:6]}{DOTS}"
    return f"{text[:3] if len(text) > 6 else text[:1]}{DOTS}"


def other_way() -> str:
    """The address of this page with personal data in clear, or masked again."""
    arguments = {**request.args.to_dict(), **(request.view_args or {})}
    arguments.pop("clear", None)
    if not in_clear():
        arguments["clear"] = "1"
    return url_for(request.endpoint or "", **arguments)
