"""How a no is said: a page, a fragment, or problem+json (RFC 9457); and how a bug is hidden.

A refusal keeps its sentence and its status. Anything unexpected is logged with a number; the person sees the
number and never a trace.
"""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Flask, Response, g, json, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from wms.audit import mark_refused
from wms.auth.permissions import NotAllowed, NotSignedIn
from wms.auth.users import SYSTEM_ID
from wms.db import RETRIED, run, sqlstate
from wms.errors import Refusal
from wms.i18n import N_
from wms.scans import Refused
from wms.web.house import House, close_session, device, maybe_person
from wms.web.identity import API_PREFIX
from wms.web.language import locale, t
from wms.web.metrics import FAILURES, REFUSALS

PROBLEM: Final = "application/problem+json"


class Busy(Refusal):
    """The same rows were wanted by too many at once, five times in a row."""

    message = N_("Too many people are working on the same goods right now. Please try again.")
    status = 503


class PageTooOld(Refusal):
    """The form's token is missing or from another sign-in."""

    message = N_("This page was open too long or came from elsewhere. Reload it and try again.")
    status = 400


class NoSuchPage(Refusal):
    """The address leads nowhere."""

    message = N_("There is nothing at this address.")
    status = 404


class WrongMethod(Refusal):
    """The address exists and is asked in the wrong way."""

    message = N_("This address does not take that kind of request.")
    status = 405


class TooLarge(Refusal):
    """More bytes than the doors take."""

    message = N_("This is larger than the {bytes_max} bytes the system takes at once.")
    status = 413


class BadRequest(Refusal):
    """The request itself is damaged."""

    message = N_("The request could not be read ({status}).")
    status = 400


def install(app: Flask) -> None:
    """Answer refusals, HTTP errors and bugs."""
    house: House = app.extensions["wms"]

    @app.errorhandler(Refusal)
    def _refusal(refusal: Refusal) -> BaseResponse:
        if not isinstance(refusal, NotSignedIn):
            _record(house, refusal)
        return answer_refusal(Refused.of(refusal))

    @app.errorhandler(CSRFError)
    def _csrf(_error: CSRFError) -> BaseResponse:
        return _refusal(PageTooOld())

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> BaseResponse:
        if error.code is not None and error.code < 400:
            return error.get_response()
        known: dict[int, Refusal] = {
            404: NoSuchPage(),
            405: WrongMethod(),
            413: TooLarge(bytes_max=house.settings.message_bytes_max),
        }
        refused = Refused.of(known.get(error.code or 500, BadRequest(status=error.code)))
        return answer_refusal(refused, status=error.code)

    @app.errorhandler(Exception)
    def _bug(error: Exception) -> BaseResponse:
        close_session()
        if isinstance(error, DBAPIError) and sqlstate(error) in RETRIED:
            return _refusal(Busy())
        number = secrets.token_hex(4).upper()
        FAILURES.labels(request.endpoint or "none").inc()
        structlog.get_logger().error("bug", number=number, endpoint=request.endpoint, exc_info=error)
        return _calm(number)


def answer_refusal(refused: Refused, *, status: int | None = None) -> BaseResponse:
    """The refusal in the clothes the asker understands."""
    status = refused.status if status is None else status
    REFUSALS.labels(refused.code).inc()
    sentence = t(refused.sentence)
    if wants_json():
        response = problem(status=status, code=refused.code, sentence=sentence, facts=refused.facts)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = str(_wait_s(refused.facts))
        return response
    if refused.code == NotSignedIn.__name__ and request.method == "GET" and not wants_fragment():
        if request.path.startswith("/h/"):
            return redirect(url_for("sign_in.badge_door"))
        return redirect(url_for("sign_in.door", next=request.full_path.rstrip("?")))
    template = "fragment_refusal.html" if wants_fragment() else "refusal.html"
    page = render_template(template, sentence=sentence, status=status, code=refused.code)
    return make_response(page, status)


def _wait_s(facts: Mapping[str, object]) -> int:
    """Seconds to wait, as the refusal says them: in seconds or in minutes."""
    match facts:
        case {"seconds": int(seconds)}:
            return seconds
        case {"minutes": int(minutes)}:
            return 60 * minutes
        case _:
            return 60


def problem(*, status: int, code: str, sentence: str, facts: Any = None) -> Response:
    """A problem document: type, title, status, detail, and the facts by name."""
    body = {
        "type": f"urn:wms:refusal:{code}",
        "title": code,
        "code": code,
        "status": status,
        "detail": sentence,
        "facts": {name: t("{fact}", fact=fact) for name, fact in (facts or {}).items()},
    }
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type=PROBLEM)
    response.headers["Content-Language"] = locale().replace("_", "-")
    if status == NotSignedIn.status:
        response.headers["WWW-Authenticate"] = 'Bearer realm="wms"'
    return response


def wants_json() -> bool:
    """Whether the asker is a program."""
    return request.path.startswith(API_PREFIX)


def wants_fragment() -> bool:
    """Whether a script of ours asks for a part of a page."""
    return request.headers.get("X-Fragment") is not None


def _calm(number: str) -> BaseResponse:
    sentence = t(
        N_("Something went wrong on our side. Nothing was changed. Tell the administrator: {number}."),
        number=number,
    )
    if wants_json():
        return problem(status=500, code="Bug", sentence=sentence)
    template = "fragment_refusal.html" if wants_fragment() else "refusal.html"
    return make_response(render_template(template, sentence=sentence, status=500, code=number), 500)


def _record(house: House, refusal: Refusal) -> None:
    """A refused attempt to change something, or to read what is not for this role, is an entry of its own."""
    who = maybe_person()
    if who is None or not (isinstance(refusal, NotAllowed) or request.method not in {"GET", "HEAD"}):
        return
    close_session()
    run(
        house.sessions,
        lambda session: mark_refused(session, refusal),
        by_id=who.id if who else SYSTEM_ID,
        action=str(g.get("action") or request.endpoint or "request"),
        device=device(),
    )
