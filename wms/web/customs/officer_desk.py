"""The officer's desk: the first page after signing in, with what waits and what deserves a look; and who read what."""

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app, render_template, request, url_for
from sqlalchemy import select

from wms.audit import AuditEntry, Outcome, last_seal
from wms.auth.permissions import Permission
from wms.auth.users import User
from wms.customs.waiting import Desk, trays
from wms.i18n import N_
from wms.ledger.past import ledger_now
from wms.web.acted import page_title
from wms.web.doors import Menu, MenuItem, Pages
from wms.web.house import person, session
from wms.web.requests import PAGE_ROWS, page_number

readings = Pages("readings", "/customs/readings")

TITLES: Final = {
    Desk.CASES: N_("Cases"),
    Desk.INSPECTIONS: N_("Inspections"),
    Desk.DRAWS: N_("Random draws"),
    Desk.LISTS: N_("Bonded lists"),
    Desk.PASSES: N_("Gate"),
    Desk.MESSAGES: N_("Messages"),
    Desk.HOLDS: N_("Holds"),
    Desk.BOOK: N_("Account book"),
    Desk.AUDIT: N_("Audit trail"),
}
#: What a tray's two numbers count.
TO_DECIDE: Final = {
    Desk.CASES: N_("proposals to decide"),
    Desk.INSPECTIONS: N_("I am drawn for"),
    Desk.DRAWS: N_("to be drawn"),
    Desk.HOLDS: N_("a colleague wants to lift"),
}
TO_SEE: Final = {
    Desk.CASES: N_("with the warehouse"),
    Desk.INSPECTIONS: N_("with colleagues"),
    Desk.LISTS: N_("wait for a person"),
    Desk.PASSES: N_("with a weight or result to look at"),
    Desk.MESSAGES: N_("nobody here knows"),
    Desk.HOLDS: N_("holds in force"),
    Desk.BOOK: N_("differences of the ledgers"),
    Desk.AUDIT: N_("entries unsealed for an hour"),
}


def desk_page() -> str:
    """The desk of the officer who signed in."""
    found = trays(session(), by_id=person().id)
    seal = last_seal(session())
    return render_template(
        "customs/officer_desk.html",
        trays=[tray for tray in found if not tray.is_calm],
        calm=[tray for tray in found if tray.is_calm],
        to_decide=sum(tray.to_decide for tray in found),
        titles=TITLES,
        decide_words=TO_DECIDE,
        see_words=TO_SEE,
        addresses=_addresses(),
        seal=seal,
        at=ledger_now(session()),
    )


@readings.page("/", title=N_("Who read what"), menu=Menu.CUSTOMS, permission=Permission.READ_AUDIT)
def read_what() -> str:
    """Recorded readings, the newest first; narrowed by person and by what was read."""
    name, about = (request.args.get(key, "").strip() for key in ("name", "about"))
    found = select(AuditEntry).where(AuditEntry.outcome == Outcome.READ).order_by(AuditEntry.id.desc())
    if name:
        found = found.where(AuditEntry.by_id.in_(select(User.id).where(User.name == name.lower())))
    if about:
        found = found.where(AuditEntry.marks["arguments"].astext.contains(about, autoescape=True))
    page = page_number()
    rows = session().scalars(found.offset((page - 1) * PAGE_ROWS).limit(PAGE_ROWS + 1)).all()
    people = {user.id: user for user in session().scalars(select(User))}
    return render_template(
        "customs/readings.html",
        rows=[(row, people.get(row.by_id), _title(row.marks), _said(row.marks)) for row in rows[:PAGE_ROWS]],
        more=len(rows) > PAGE_ROWS,
        page=page,
    )


def _items() -> list[MenuItem]:
    items: list[MenuItem] = current_app.extensions["wms_menu"]
    return items


def _addresses() -> dict[Desk, str]:
    """Where each tray leads: the page of its name in the navigation."""
    named = {item.endpoint.split(".")[0]: item.endpoint for item in _items()}
    return {desk: url_for(named[desk.value]) for desk in Desk}


def _title(marks: Mapping[str, Any]) -> str:
    """The page that was read, as the navigation calls it."""
    return page_title(str(marks.get("page", "")))


def _said(marks: Mapping[str, Any]) -> str:
    """What was asked of the page."""
    arguments = marks.get("arguments") or {}
    return " · ".join(f"{value}" for value in arguments.values() if str(value)) if arguments else ""
