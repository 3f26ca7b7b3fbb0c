"""Records nobody can change: the audit trail and the scans, page by page."""

from itertools import islice
from typing import Final, TypeVar

from flask import render_template, request
from sqlalchemy import ColumnElement, Select, and_, or_, select

from wms.audit import AuditEntry, Outcome, marks_in_clear
from wms.auth.permissions import Permission
from wms.auth.users import User
from wms.i18n import N_, restore
from wms.scans import ScanEvent
from wms.web.acted import names_saying, offered_words
from wms.web.doors import Menu, Pages
from wms.web.house import session
from wms.web.office.kept_values import changed_columns
from wms.web.personal import in_clear
from wms.web.refusals import NoSuchPage
from wms.web.requests import PAGE_ROWS, page_number
from wms.web.scanned import hidden_facts, scanned_text

Row = TypeVar("Row", AuditEntry, ScanEvent)
#: How many of the newest scans a search opens, about half a second's worth.
SEARCHED: Final = 20_000
SIGN_IN: Final = "person.sign_in"
audit_pages = Pages("audit", "/audit")
scan_pages = Pages("scans", "/scans")


@audit_pages.page("/", title=N_("Audit trail"), menu=Menu.HOUSE, permission=Permission.READ_AUDIT)
def entries() -> str:
    """Who did what, the newest first; narrowed by person, action and outcome."""
    found = select(AuditEntry).order_by(AuditEntry.id.desc())
    name, action, outcome = (request.args.get(key, "").strip() for key in ("name", "action", "outcome"))
    if name:
        found = found.where(_did(name.lower()))
    if action:
        said = AuditEntry.action.in_(names_saying(action))
        found = found.where(said | AuditEntry.action.startswith(action, autoescape=True))
    if outcome in set(Outcome):
        found = found.where(AuditEntry.outcome == outcome)
    rows, more = _page(found)
    return render_template(
        "office/audit.html",
        entries=rows,
        more=more,
        page=page_number(),
        people=_names(),
        who=_who,
        offered=offered_words(),
    )


@audit_pages.page("/<int:entry_id>", permission=Permission.READ_AUDIT)
def entry(entry_id: int) -> str:
    """One entry with every changed column."""
    found = session().get(AuditEntry, entry_id)
    if found is None:
        raise NoSuchPage
    marks = marks_in_clear(session(), found)
    if isinstance(marks.get("facts"), dict) and not in_clear():
        # a refusal repeats what was scanned or typed, and the page of scans hides that too
        marks["facts"] = hidden_facts(restore(marks["facts"]))
    return render_template(
        "office/audit_entry.html",
        entry=found,
        marks=marks,
        people=_names(),
        who=_who,
        number=entry_id,
        changed_columns=changed_columns,
    )


@scan_pages.page("/", title=N_("Scans"), menu=Menu.HOUSE, permission=Permission.READ_SCANS)
def scans() -> str:
    """What the scanners sent and what we said, the newest first."""
    found = select(ScanEvent).order_by(ScanEvent.id.desc())
    text = request.args.get("text", "").strip()
    rows, more = _found(found, text) if text else _page(found)
    return render_template("office/scans.html", scans=rows, more=more, page=page_number(), people=_names())


def _did(name: str) -> ColumnElement[bool]:
    """What somebody did; a sign-in begins with nobody signed in and says in its marks who came of it."""
    number = select(User.id).where(User.name == name).scalar_subquery()
    came_in = and_(AuditEntry.action == SIGN_IN, AuditEntry.marks["user"].as_integer() == number)
    return or_(AuditEntry.by_id == number, came_in)


def _who(entry: AuditEntry) -> int:
    return int(entry.marks.get("user", entry.by_id)) if entry.action == SIGN_IN else entry.by_id


def _page(found: Select[Row]) -> tuple[list[Row], bool]:
    rows = list(session().scalars(found.offset((page_number() - 1) * PAGE_ROWS).limit(PAGE_ROWS + 1)))
    return rows[:PAGE_ROWS], len(rows) > PAGE_ROWS


def _found(scans: Select[ScanEvent], text: str) -> tuple[list[ScanEvent], bool]:
    """Scans whose text holds `text`. It is sealed, so the newest ones are opened and looked through here.

    Looked through is what this person is shown: a search must not tell what the page hides.
    """
    within = session().scalars(scans.limit(SEARCHED).execution_options(yield_per=1000))
    first = (page_number() - 1) * PAGE_ROWS
    rows = list(islice((scan for scan in within if text in scanned_text(scan)), first, first + PAGE_ROWS + 1))
    return rows[:PAGE_ROWS], len(rows) > PAGE_ROWS


def _names() -> dict[int, str]:
    return {user.id: user.name for user in session().scalars(select(User))}
