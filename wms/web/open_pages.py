"""Addresses that need no sign-in: health, the language; and the figures, which need one."""

from urllib.parse import urlsplit

from flask import Response, g, jsonify, redirect, request
from flask import session as cookie
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from wms.auth.permissions import Permission
from wms.auth.users import get_user
from wms.web import metrics
from wms.web.doors import Pages
from wms.web.house import maybe_person, run_action, session
from wms.web.language import OFFERED

pages = Pages("open", "")


@pages.open("/healthz")
def healthz() -> tuple[Response, int]:
    """200 while this process reaches its database, else 503."""
    try:
        session().execute(text("select 1"))
    except Exception:
        return jsonify(status="no database"), 503
    return jsonify(status="ok"), 200


@pages.page("/metrics", permission=Permission.READ_METRICS, recorded=False)
def figures() -> Response:
    """Figures for Prometheus; it signs in with a bearer token."""
    return metrics.figures()


@pages.open("/language", "POST")
def language() -> BaseResponse:
    """Change the language and go back to where the person was; the task at hand stays."""
    wanted = request.form.get("locale", "")
    if wanted in OFFERED:
        cookie["locale"] = wanted
        who = maybe_person()
        if who is not None and who.locale != wanted:

            def keep(database: Session) -> None:
                get_user(database, who.id).locale = wanted

            run_action(keep, action="person.language")
    g.pop("person", None)
    return redirect(local_address(request.form.get("next", "")), 303)


def local_address(wanted: str) -> str:
    """The address if it is one of ours, else the start page: nobody is led elsewhere."""
    parts = urlsplit(wanted)
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\\" not in wanted
    printable = wanted.isprintable() and not any(sign.isspace() for sign in wanted)
    return wanted if plain and printable and not parts.netloc and not parts.scheme else "/"
