"""Signing in and out: by password at a desk, by badge and PIN on a handheld."""

from dataclasses import dataclass, field

from flask import flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from wms.auth import sign_in as signing
from wms.auth.permissions import Permission
from wms.auth.sign_in import Attempt, SignedIn
from wms.errors import Refusal
from wms.i18n import N_
from wms.web.doors import Pages
from wms.web.house import device, house, maybe_person, now, run_action
from wms.web.language import t
from wms.web.metrics import REFUSALS
from wms.web.open_pages import local_address
from wms.web.requests import label, parse_form

pages = Pages("sign_in", "")


@dataclass(frozen=True, kw_only=True)
class PasswordForm:
    """What the desk's page sends."""

    name: str = field(metadata=label(N_("User name")))
    password: str = field(metadata=label(N_("Password")))


@dataclass(frozen=True, kw_only=True)
class BadgeForm:
    """What the handheld's page sends."""

    badge: str = field(metadata=label(N_("Badge")))
    pin: str = field(metadata=label(N_("PIN")))


@pages.open("/sign-in")
def door() -> str | Response:
    """Ask for name and password."""
    if maybe_person() is not None:
        return redirect(local_address(request.args.get("next", "")))
    return render_template("sign_in.html", next=request.args.get("next", ""), refusal=None)


@pages.open("/h/sign-in")
def badge_door() -> str | Response:
    """Ask for the badge, then for its PIN."""
    if maybe_person() is not None:
        return redirect(url_for("handheld.tasks"))
    return render_template("handheld/sign_in.html", refusal=None)


@pages.open("/sign-in", "POST")
def by_password() -> Response:
    """Try name and password."""
    try:
        form = parse_form(PasswordForm)
        result = run_action(
            lambda database: signing.sign_in(
                database, form.name, form.password, _attempt(), house().sign_in_rules
            ),
            action="person.sign_in",
        )
    except Refusal as refusal:
        result = refusal
    wanted = request.form.get("next", "")
    if isinstance(result, SignedIn):
        return _welcome(result, local_address(wanted))
    return _again("sign_in.html", result, next=wanted)


@pages.open("/h/sign-in", "POST")
def by_badge() -> Response:
    """Try badge and PIN."""
    try:
        form = parse_form(BadgeForm)
        result = run_action(
            lambda database: signing.sign_in_by_badge(
                database, form.badge, form.pin, _attempt(), house().sign_in_rules
            ),
            action="person.sign_in",
        )
    except Refusal as refusal:
        result = refusal
    if isinstance(result, SignedIn):
        return _welcome(result, url_for("handheld.tasks"))
    return _again("handheld/sign_in.html", result)


@pages.action("/sign-out", permission=Permission.USE)
def out() -> Response:
    """End this sign-in."""
    token = cookie.get("token", "")
    at = now()
    run_action(lambda database: signing.sign_out(database, token, at=at), action="person.sign_out")
    where = url_for("sign_in.badge_door" if request.form.get("handheld") else "sign_in.door")
    cookie.clear()
    flash(t(N_("You are signed out.")))
    return redirect(where, 303)


def _attempt() -> Attempt:
    return Attempt(address=request.remote_addr or "", device=device(), at=now())


def _welcome(signed_in: SignedIn, where: str) -> Response:
    # a new cookie, so that nobody who knew the old one is signed in with it; the language chosen here stays
    chosen = cookie.get("locale")
    cookie.clear()
    if chosen:
        cookie["locale"] = chosen
    cookie.permanent = True
    cookie["token"] = signed_in.token
    return redirect(where, 303)


def _again(template: str, refusal: Refusal, **values: str) -> Response:
    REFUSALS.labels(refusal.code).inc()
    sentence = t(refusal.message, **refusal.facts)
    return make_response(render_template(template, refusal=sentence, **values), refusal.status)
