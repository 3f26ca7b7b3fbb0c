"""Exports: asking for a file, how far it is, and fetching it. A person sees their own."""

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final

from flask import flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from wms.audit import mark
from wms.auth.permissions import Permission, may, require
from wms.exports.exports import (
    MEDIA_TYPES,
    READS,
    ExportFormat,
    ExportKind,
    ExportState,
    ask,
    content_of,
    exports_of,
    find_export,
)
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.exports import evidence
from wms.web.house import house, now, person, run_action, session
from wms.web.instants import read_instant
from wms.web.language import locale, t
from wms.web.refusals import NoSuchPage
from wms.web.requests import label, parse_form

pages = Pages("exports", "/exports")
PAGES: Final[tuple[Pages, ...]] = (pages, evidence.pages)

KINDS: Final = {
    ExportKind.BOOK: N_("Account book"),
    ExportKind.RECONCILIATION: N_("Reconciliation"),
    ExportKind.STOCK: N_("Stock"),
    ExportKind.BONDED_LIST: N_("Bonded list"),
    ExportKind.CASE: N_("Case"),
}
NAMES: Final = KINDS | {ExportKind.EVIDENCE: N_("Evidence")}
STATES: Final = {
    ExportState.ASKED: N_("waits for its turn"),
    ExportState.RUNNING: N_("being written"),
    ExportState.DONE: N_("ready"),
    ExportState.REFUSED: N_("not possible"),
}
TONES: Final = {ExportState.DONE: "ok", ExportState.REFUSED: "error", ExportState.RUNNING: "decision"}


@dataclass(frozen=True, kw_only=True)
class AskForm:
    """What file is wanted."""

    kind: ExportKind = field(metadata=label(N_("What")))
    form: ExportFormat = field(metadata=label(N_("Format")))
    number: str = field(default="", metadata=label(N_("Number of the list or case")))
    at: str = field(default="", metadata=label(N_("As of")))


@pages.page("/", title=N_("Exports"), menu=Menu.HOUSE, permission=Permission.READ_EXPORTS)
def mine() -> str:
    """Files I asked for, the newest first, and the form to ask for another."""
    days = house().settings.export_retention_days
    return render_template("exports/exports.html", kinds=_allowed(), keep_days=days, **_shown())


@pages.page("/fragment", permission=Permission.READ_EXPORTS, recorded=False)
def fragment() -> str:
    """The same list for the page that polls."""
    return render_template("exports/list.html", **_shown())


@pages.action("/ask", permission=Permission.READ_EXPORTS)
def ask_for() -> Response:
    """Ask for a file; whoever asks must be allowed to read the same on a page."""
    form, who, at, words = parse_form(AskForm), person(), now(), locale()
    if form.kind not in KINDS or form.form is ExportFormat.ZIP:
        raise NoSuchPage
    require(who.role, READS[form.kind])
    as_of: datetime | None = read_instant(form.at) if form.at else None
    run_action(
        lambda database: (
            ask(
                database,
                kind=form.kind,
                form=form.form,
                number=form.number,
                as_of=as_of,
                locale=words,
                by_id=who.id,
                at=at,
            ).id
        ),
        action="export.ask",
    )
    flash(t(N_("The file is being made. It appears here when it is ready.")))
    return redirect(url_for("exports.mine"), 303)


@pages.page("/<int:export_id>/file", permission=Permission.READ_EXPORTS)
def fetch(export_id: int) -> Response:
    """The finished file; fetching it is an entry of the audit trail, whoever does."""
    found = find_export(session(), export_id, by_id=person().id)
    content = None if found is None else content_of(session(), found)
    if found is None or content is None:
        raise NoSuchPage
    # who asked for it may have another role by now
    require(person().role, Permission.READ_PERSONAL if found.in_clear else READS[found.kind])
    digest, name, kind = found.digest, found.file_name, found.format
    run_action(lambda database: mark(database, export=export_id, sha256=digest), action="export.fetch")
    return send_file(BytesIO(content), mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)


def _allowed() -> dict[ExportKind, str]:
    return {kind: name for kind, name in KINDS.items() if may(person().role, READS[kind])}


def _shown() -> dict[str, object]:
    return {
        "exports": exports_of(session(), by_id=person().id),
        "names": NAMES,
        "states": STATES,
        "tones": TONES,
    }
