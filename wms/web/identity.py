"""Before anything else: who asks, on which device.

Pages know the person by the sign-in on the cookie, the API by a bearer token; neither takes the other's, so a
page of somebody else's cannot make a signed-in browser use the API.
"""

import secrets
from typing import Final

import structlog
from flask import Flask, Response, g, request
from flask import session as cookie
from itsdangerous import BadSignature, Signer

from wms.auth import limits, users
from wms.auth.permissions import NotSignedIn
from wms.auth.sign_in import ADDRESS_ATTEMPTS_MAX, who_is
from wms.auth.users import Person
from wms.db import run
from wms.web.house import House, now
from wms.web.rate import CallRate, share_of

DEVICE_COOKIE: Final = "wms_device"
API_PREFIX: Final = "/api/"
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_YEARS_S: Final = 5 * 365 * 24 * 3600


def install(app: Flask) -> None:
    """Look at each request first, and give an unknown device its number."""
    house: House = app.extensions["wms"]
    signer = Signer(app.config["SECRET_KEY"], salt="wms.device")
    rate = CallRate(per_minute=share_of(house.settings.api_calls_per_minute, house.settings.web_processes))

    @app.before_request
    def _who() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=secrets.token_hex(6))
        g.device = _device(signer)
        if request.endpoint == "static":
            return
        found = _by_token(house, rate) if request.path.startswith(API_PREFIX) else _by_cookie(house)
        if found is None and request.endpoint == "open.figures":
            found = _by_token(house, rate)
        g.person = found
        if found is not None:
            structlog.contextvars.bind_contextvars(by_id=found.id)

    @app.after_request
    def _number_device(response: Response) -> Response:
        if g.get("device") is None and not request.path.startswith((API_PREFIX, "/static/")):
            code = "D-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
            response.set_cookie(
                DEVICE_COOKIE,
                signer.sign(code).decode(),
                max_age=_YEARS_S,
                httponly=True,
                samesite="Lax",
                secure=house.settings.secure_cookies,
            )
        return response


def _device(signer: Signer) -> str | None:
    signed = request.cookies.get(DEVICE_COOKIE, "")
    try:
        return signer.unsign(signed).decode()
    except BadSignature:
        return None


def _by_cookie(house: House) -> Person | None:
    token = cookie.get("token")
    if not token:
        return None
    with house.sessions.begin() as session:
        return who_is(
            session,
            token,
            rules=house.sign_in_rules,
            at=now(),
            by_itself=request.headers.get("X-Fragment") == "part",
        )


def _by_token(house: House, rate: CallRate) -> Person | None:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        return None
    found = users.token_person(house.engine, text.strip(), at=now())
    if found is not None:
        rate.take(text.strip())
        return found
    # only wrong tokens are counted, so a busy partner is never locked out
    address = request.remote_addr or ""
    full = run(
        house.sessions,
        lambda session: limits.count_attempt(
            session, "token", address, attempts_max=ADDRESS_ATTEMPTS_MAX, minutes=1, at=now()
        ),
        by_id=users.SYSTEM_ID,
        action="token.wrong",
    )
    raise full or NotSignedIn
