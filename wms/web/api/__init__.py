"""The JSON API: the same functions as the pages, in other clothes.

A resource is a `Resource`, a blueprint whose routes cannot be added without a permission. Programs sign in
with a bearer token only; a cookie is not looked at, so these routes need no CSRF token. Refusals are
problem+json. Every POST carries an Idempotency-Key (a UUID): the same key gets the same answer.
"""

from typing import Final

from flask import Flask, Response, jsonify
from flask_wtf.csrf import CSRFProtect

from wms.web.api import (
    alerts,
    as_of,
    counts,
    customs,
    lane,
    me,
    messages,
    moves,
    orders,
    outbound,
    readings,
    retail,
    sent,
    trade,
)
from wms.web.api.resource import Resource
from wms.web.api.specification import specification
from wms.web.doors import Door, keep_door

RESOURCES: Final[tuple[Resource, ...]] = (
    me.resource,
    alerts.resource,
    as_of.resource,
    messages.resource,
    sent.resource,
    readings.resource,
    lane.resource,
    *moves.RESOURCES,
    counts.resource,
    *customs.RESOURCES,
    *orders.RESOURCES,
    *retail.RESOURCES,
    *outbound.RESOURCES,
    *trade.RESOURCES,
)


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Add every resource and the document that describes them."""
    for resource in RESOURCES:
        csrf.exempt(resource.blueprint)
        app.register_blueprint(resource.blueprint)

    def openapi() -> Response:
        return jsonify(specification(RESOURCES))

    keep_door(openapi, Door(permission=None))
    app.add_url_rule("/api/openapi.json", "openapi", openapi)
