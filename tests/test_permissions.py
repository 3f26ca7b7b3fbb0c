"""Every address × every role: whoever may comes in, whoever may not is refused and recorded."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.databases import Database, TestServer
from tests.web.site import BASE, Site, make_site, secure
from wms import create_app
from wms.auth.permissions import ROLE_PERMISSIONS, Permission, Role
from wms.web.api import RESOURCES
from wms.web.doors import Door, check_doors, door_of

#: Open to all, and why that is right: they show nothing and change nothing of the house.
OPEN = {
    "static",
    "openapi",
    "open.healthz",
    "open.language",
    "sign_in.door",
    "sign_in.by_password",
    "sign_in.badge_door",
    "sign_in.by_badge",
}
#: In the table and on no address yet; the test below asks to take each out as soon as it is on one.
NOT_YET_ON_AN_ADDRESS: set[Permission] = set()


@pytest.fixture(scope="module")
def shared(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for the whole table: these tests only knock."""
    with database_server.clone() as database, make_site(database, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def browsers(shared: Site) -> dict[Role, FlaskClient]:
    return {role: shared.signed_in(role) for role in Role}


def doors(site: Site) -> list[tuple[Rule, Door]]:
    found = []
    for rule in site.app.url_map.iter_rules():
        door = door_of(site.app.view_functions[rule.endpoint])
        assert door is not None, rule.rule
        found.append((rule, door))
    return found


def address(rule: Rule) -> str:
    """The address with numbers nobody has."""
    given = {
        name: {"KeyConverter": "999999", "UUIDConverter": str(uuid4())}.get(
            type(converter).__name__, "sample"
        )
        for name, converter in rule._converters.items()
    }
    text = rule.rule
    for name, value in given.items():
        kind = {"KeyConverter": "int:", "UUIDConverter": "uuid:", "PathConverter": "path:"}.get(
            type(rule._converters[name]).__name__, ""
        )
        text = text.replace(f"<{kind}{name}>", value)
    assert "<" not in text, text
    return text


def knock(
    client: FlaskClient, rule: Rule, method: str, *, form: dict[str, Any], token: dict[str, str] | None = None
) -> int:
    """The status; `form` is what `secure` gives of the client, once for all its doors."""
    where = address(rule)
    if where.startswith("/api/"):
        headers = (token or {}) | {"Idempotency-Key": str(uuid4())}
        return client.open(where, method=method, headers=headers, base_url=BASE).status_code
    if method == "POST":
        return client.post(where, data={"request_id": str(uuid4())}, **form).status_code
    return client.get(where, base_url=BASE).status_code


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_only_these_addresses_are_open_to_all(shared: Site) -> None:
    assert {rule.endpoint for rule, door in doors(shared) if door.permission is None} == OPEN


def test_every_address_lets_in_exactly_the_roles_of_the_table(
    shared: Site, browsers: dict[Role, FlaskClient]
) -> None:
    """403 says no; anything else (200, 303, 404, 410, 422) says the door opened. Signing out comes last."""
    wrong = []
    for role, client in browsers.items():
        token, form = shared.token(role), secure(client)
        for rule, door in doors(shared):
            if door.permission is None or rule.endpoint == "sign_in.out":
                continue
            # the sample flow asks for more than its generic address
            flow = rule.endpoint in {"handheld.start", "handheld.show", "handheld.answer"}
            wanted = Permission.RECEIVE if flow else door.permission
            for method in methods(rule):
                status = knock(client, rule, method, form=form, token=token)
                allowed = wanted in ROLE_PERMISSIONS[role]
                if (status == 403) is allowed or status >= 500 or status in {400, 401, 405}:
                    wrong.append(f"{role} {method} {rule.rule}: {status}")
        way_out = next(rule for rule, _ in doors(shared) if rule.endpoint == "sign_in.out")
        assert knock(client, way_out, "POST", form=form) == 303

    assert wrong == []


#: What an officer may write: decisions on cases and inspections, and barring goods.
DECISIONS = {Permission.DECIDE_DISCREPANCY, Permission.DECIDE_INSPECTION, Permission.HOLD_STOCK}
#: Making files of what may be read anyway changes nothing of the house.
FILES_TO_READ = {"exports.ask_for", "evidence.ask_for"}


def test_an_officer_writes_decisions_only(shared: Site) -> None:
    """Every other address that writes refuses, whatever the form or the token."""
    officer, token = shared.signed_in(Role.OFFICER), shared.token(Role.OFFICER)
    form = secure(officer)
    opened = {
        rule.endpoint: door.permission
        for rule, door in doors(shared)
        if "POST" in methods(rule)
        and door.permission is not None
        and rule.endpoint != "sign_in.out"
        and knock(officer, rule, "POST", form=form, token=token) != 403
    }

    assert {name for name, permission in opened.items() if permission not in DECISIONS} == FILES_TO_READ
    assert set(opened.values()) >= DECISIONS, "each decision has an address"


def test_nobody_unknown_comes_in_anywhere(shared: Site) -> None:
    """A page leads to the sign-in, an action and the API say 401."""
    client, wrong = shared.client(), []
    form = secure(client)
    for rule, door in doors(shared):
        if door.permission is None:
            continue
        for method in methods(rule):
            status = knock(client, rule, method, form=form)
            page = method == "GET" and not rule.rule.startswith("/api/")
            if status != (302 if page else 401):
                wrong.append(f"{method} {rule.rule}: {status}")

    assert wrong == []


def test_every_page_that_changes_something_refuses_a_form_without_its_token(
    shared: Site,
) -> None:
    client = shared.signed_in(Role.ADMIN)
    before = len(shared.audit())
    posts = [r for r, _ in doors(shared) if "POST" in methods(r) and not r.rule.startswith("/api/")]
    assert len(posts) > 5

    answers = {rule.rule: client.post(address(rule), base_url=BASE).status_code for rule in posts}

    assert set(answers.values()) == {400}, answers
    assert all(entry.outcome == "refused" for entry in shared.audit()[before:])


def test_a_cookie_opens_no_door_of_the_api_and_a_token_none_of_the_pages(shared: Site) -> None:
    client = shared.signed_in(Role.ADMIN)

    assert client.get("/api/me", base_url=BASE).status_code == 401
    assert shared.client().get("/users/", headers=shared.token(Role.ADMIN), base_url=BASE).status_code == 302


def test_every_permission_is_on_an_address_or_waits_for_one(shared: Site) -> None:
    house = shared.app.extensions["wms"]
    app = create_app(house.settings)
    app.extensions["wms"].engine.dispose()
    flows = app.extensions["wms_flows"].values()
    used = {door.permission for _, door in doors(shared)} | {flow.permission for flow in flows}

    assert set(Permission) - used == NOT_YET_ON_AN_ADDRESS


def test_every_route_of_the_api_stands_in_its_specification(shared: Site) -> None:
    document = json.loads(shared.client().get("/api/openapi.json", base_url=BASE).text)
    routes = {
        (
            rule.rule.replace("<int:", "{").replace("<uuid:", "{").replace("<", "{").replace(">", "}"),
            method.lower(),
        )
        for rule, _ in doors(shared)
        if rule.rule.startswith("/api/") and rule.endpoint != "openapi"
        for method in methods(rule)
    }

    assert document["openapi"] == "3.1.0"
    assert {(path, method) for path, item in document["paths"].items() for method in item} == routes
    assert len(routes) == sum(len(resource.routes) for resource in RESOURCES)


def test_a_forgotten_permission_is_a_failing_start(fresh_database: Database, tmp_path: Path) -> None:
    with make_site(fresh_database, tmp_path) as site:
        site.app.view_functions["forgotten"] = lambda: "open"
        site.app.url_map.add(Rule("/forgotten", endpoint="forgotten"))

        with pytest.raises(AssertionError, match="/forgotten"):
            check_doors(site.app)
