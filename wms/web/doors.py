"""Doors: every address names one permission, or says that it is open to all.

`Pages` is a blueprint whose pages and actions cannot be added without a permission; `check_doors` looks at
every address once more when the application is made, so a forgotten one is a failing start and never a hole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, abort, current_app, g, request, url_for

from wms.audit import MASK, mark_read
from wms.auth.permissions import RECORDED_READERS, NotSignedIn, Permission, Role, may, require
from wms.i18n import N_
from wms.web.house import maybe_person, run_action

View = TypeVar("View", bound=Callable[..., Any])


class Menu(StrEnum):
    """Where a page stands in the office's navigation."""

    WAREHOUSE = "warehouse"
    CUSTOMS = "customs"
    ORDERS = "orders"
    TRANSPORT = "transport"
    HOUSE = "house"


MENU_NAMES: Final[dict[Menu, str]] = {
    Menu.WAREHOUSE: N_("Warehouse"),
    Menu.CUSTOMS: N_("Customs"),
    Menu.ORDERS: N_("Orders"),
    Menu.TRANSPORT: N_("Transport"),
    Menu.HOUSE: N_("Administration"),
}


@dataclass(frozen=True, kw_only=True)
class Door:
    """What an address asks of whoever comes."""

    permission: Permission | None
    """None: open to all."""
    recorded: bool = True
    """Reading it leaves an entry when an officer reads; live parts that poll say no."""


@dataclass(frozen=True, kw_only=True)
class MenuItem:
    """One line of the navigation."""

    endpoint: str
    title: str
    menu: Menu
    permission: Permission


class Pages:
    """A package of pages under one prefix; see docs/web.md."""

    def __init__(self, name: str, prefix: str) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=prefix)
        self.items: list[MenuItem] = []

    def page(
        self,
        rule: str,
        *,
        permission: Permission,
        title: str | None = None,
        menu: Menu | None = None,
        recorded: bool = True,
    ) -> Callable[[View], View]:
        """Something to read; with `menu` (and `title`) it stands in the navigation."""

        def add(view: View) -> View:
            if menu is not None:
                assert title is not None
                endpoint = f"{self.blueprint.name}.{view.__name__}"
                self.items.append(MenuItem(endpoint=endpoint, title=title, menu=menu, permission=permission))
            return self._add(rule, view, Door(permission=permission, recorded=recorded), "GET")

        return add

    def action(self, rule: str, *, permission: Permission) -> Callable[[View], View]:
        """Something to do; takes POST only."""
        return lambda view: self._add(rule, view, Door(permission=permission), "POST")

    def open(self, rule: str, *methods: str) -> Callable[[View], View]:
        """Open to all, signed in or not."""
        return lambda view: self._add(rule, view, Door(permission=None), *methods or ("GET",))

    def _add(self, rule: str, view: View, door: Door, *methods: str) -> View:
        keep_door(view, door)
        self.blueprint.add_url_rule(rule, view.__name__, view, methods=list(methods))
        return view


def keep_door(view: Callable[..., Any], door: Door) -> None:
    """Say what a view asks; a view has one door however many addresses."""
    view.wms_door = door  # type: ignore[attr-defined]


def door_of(view: Callable[..., Any]) -> Door | None:
    """What a view asks; None when nobody said."""
    return getattr(view, "wms_door", None)


def check_doors(app: Flask) -> None:
    """Every address has a door; raises AssertionError naming those that have none."""
    missing = [
        rule.rule for rule in app.url_map.iter_rules() if door_of(app.view_functions[rule.endpoint]) is None
    ]
    assert not missing, f"addresses without a permission: {', '.join(sorted(missing))}"


def guard() -> None:
    """Before each request: let in whoever may; raises NotSignedIn and NotAllowed."""
    if request.endpoint is None:
        return
    if any("\x00" in text for text in (request.path, *request.args.values())):
        abort(400)
    door = door_of(current_app.view_functions[request.endpoint])
    assert door is not None
    if door.permission is None:
        return
    person = maybe_person()
    if person is None:
        raise NotSignedIn
    g.action = request.endpoint
    require(person.role, door.permission)
    is_recorded = person.role in RECORDED_READERS or door.permission is Permission.READ_PERSONAL
    if request.method == "GET" and door.recorded and is_recorded:
        # what was looked for may be somebody's name; that something was looked for is enough
        asked = {name: MASK if name == "text" else value for name, value in request.args.items()}
        arguments = {**(request.view_args or {}), **asked}
        page = request.endpoint
        run_action(lambda session: mark_read(session, page, arguments=arguments), action="page.read")


def menu_of(role: Role) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The navigation of a role: sections of (title, address, is it here), as marked sentences."""
    items: list[MenuItem] = current_app.extensions["wms_menu"]
    here = request.endpoint or ""
    sections = []
    for menu in Menu:
        lines = [
            (item.title, url_for(item.endpoint), here.split(".")[0] == item.endpoint.split(".")[0])
            for item in items
            if item.menu is menu and may(role, item.permission)
        ]
        if lines:
            sections.append((MENU_NAMES[menu], lines))
    return sections
