"""The only package that knows Flask: pages for each audience, the JSON API, and the handheld.

`make_app` hangs everything on one application. A view parses, calls one function below, and renders.
"""

import hashlib
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from wms.floor.flows import Flow
from wms.web import (
    acted,
    api,
    changed,
    customs,
    exports,
    filing,
    handheld,
    headers,
    identity,
    metrics,
    office,
    open_pages,
    personal,
    refusals,
    scanned,
    sensing,
    sign_in_pages,
)
from wms.web.customs import words
from wms.web.doors import Door, MenuItem, Pages, check_doors, guard, keep_door
from wms.web.house import House, close_session
from wms.web.language import install_language
from wms.web.office import retail_words
from wms.web.requests import KeyConverter
from wms.web.secret import cookie_key

#: Packages of pages, in the order of the navigation.
PAGES: Final[tuple[Pages, ...]] = (
    *office.PAGES,
    *customs.PAGES,
    *sensing.PAGES,
    *exports.PAGES,
    *filing.PAGES,
    sign_in_pages.pages,
    open_pages.pages,
    handheld.pages,
)


def make_app(house: House, flows: Sequence[Flow]) -> Flask:
    """The application over a house; the handheld's menu offers `flows` in their order."""
    app = Flask("wms.web", static_url_path=f"/static/{_static_version()}")
    settings = house.settings
    app.config.update(
        SECRET_KEY=cookie_key(settings.data_dir),
        SESSION_COOKIE_NAME="wms",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=settings.session_minutes * 60,
        MAX_CONTENT_LENGTH=settings.message_bytes_max,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        TRAP_HTTP_EXCEPTIONS=False,
        TESTING=settings.testing,
        PROPAGATE_EXCEPTIONS=False,
        # a handheld's page stays open for a whole shift; the sign-in ends it, not the form
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        TEMPLATES_AUTO_RELOAD=False,
    )
    if settings.proxies:
        # who calls is all that is believed: attempts are counted by address
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0
        )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = KeyConverter
    app.extensions["wms"] = house
    app.extensions["wms_flows"] = {flow.name: flow for flow in flows}
    metrics.install(app)
    identity.install(app)
    csrf = CSRFProtect(app)
    app.before_request(guard)
    app.teardown_request(close_session)
    headers.install(app)
    install_language(app)
    refusals.install(app)
    words.install(app)
    retail_words.install(app)
    personal.install(app)
    scanned.install(app)
    acted.install(app)
    changed.install(app)
    menu: list[MenuItem] = []
    for pages in PAGES:
        app.register_blueprint(pages.blueprint)
        menu += pages.items
    app.extensions["wms_menu"] = menu
    api.install(app, csrf)
    _open(app, "static")
    check_doors(app)
    return app


def _open(app: Flask, endpoint: str) -> None:
    view = app.view_functions[endpoint]

    @wraps(view)
    def opened(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    keep_door(opened, Door(permission=None))
    app.view_functions[endpoint] = opened


def _static_version() -> str:
    """Changes whenever one of our own files does: browsers may keep them for a year, modules and all."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "static").iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:10]
