"""Evidence packs: asking for one, the key they are signed with, and the script that verifies them without us."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

import wms.exports.verify_evidence
from wms.auth.permissions import Permission, require
from wms.exports.evidence_key import EvidenceKey
from wms.exports.exports import ExportFormat, ExportKind, ask, exports_of
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import locale, t
from wms.web.requests import label, parse_form

pages = Pages("evidence", "/customs/evidence")
_SCRIPT: Final = Path(wms.exports.verify_evidence.__file__)


@dataclass(frozen=True, kw_only=True)
class PackForm:
    """What a pack is to be about."""

    number: str = field(metadata=label(N_("Document number or lot")))
    in_clear: bool = field(default=False, metadata=label(N_("With personal data in clear")))


@pages.page("/", title=N_("Evidence"), menu=Menu.CUSTOMS, permission=Permission.READ_AUDIT)
def packs() -> str:
    """My packs, the form for another, and how a stranger verifies one."""
    found = exports_of(session(), by_id=person().id, limit=200)
    return render_template(
        "exports/evidence.html",
        number=request.args.get("number", ""),
        packs=[export for export in found if export.kind is ExportKind.EVIDENCE],
        fingerprint=_grouped(EvidenceKey.of(house().settings.data_dir).fingerprint),
    )


@pages.action("/ask", permission=Permission.READ_AUDIT)
def ask_for() -> BaseResponse:
    """Ask for a pack; personal data in clear only for a role that may read them."""
    form, who, at, words = parse_form(PackForm), person(), now(), locale()
    if form.in_clear:
        require(who.role, Permission.READ_PERSONAL)
    run_action(
        lambda database: (
            ask(
                database,
                kind=ExportKind.EVIDENCE,
                form=ExportFormat.ZIP,
                number=form.number,
                as_of=None,
                locale=words,
                by_id=who.id,
                at=at,
                in_clear=form.in_clear,
            ).id
        ),
        action="evidence.ask",
    )
    flash(t(N_("The file is being made. It appears here when it is ready.")))
    return redirect(url_for("exports.mine"), 303)


@pages.page("/verify_evidence.py/file", permission=Permission.READ_AUDIT)
def script() -> Response:
    """The stand-alone script that verifies a pack."""
    return Response(
        _SCRIPT.read_text("utf-8"),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": "attachment; filename=verify_evidence.py"},
    )


def _grouped(fingerprint: str) -> str:
    """In fours, to be read aloud."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))
