"""布控: rules by which everything that fits is inspected."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.control import Control, end_control, place_control
from wms.customs.inspection import Inspection, OrderedBy
from wms.customs.inspection_watch import watch
from wms.i18n import N_
from wms.orders.merchants import merchants_of
from wms.web.customs.desk import rules
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("controls", "/customs/controls")


@pages.page("/", title=N_("Directed controls"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def everything() -> str:
    """Controls in force and those that ended, with how much each stopped."""
    found = session().scalars(select(Control).order_by(Control.id.desc()).limit(300)).all()
    count = select(Inspection.order_number, func.count()).where(Inspection.ordered_by == OrderedBy.CONTROL)
    rows = session().execute(count.group_by(Inspection.order_number)).all()
    hits = {row[0]: row[1] for row in rows}
    return render_template(
        "customs/controls.html",
        controls=found,
        hits=hits,
        names=names_of(session(), [each.placed_by_id for each in found]),
    )


@dataclass(frozen=True, kw_only=True)
class ControlForm:
    """What must fit; at least one is filled in."""

    hs: str = field(default="", metadata=label(N_("Tariff number begins with")))
    origin: str = field(default="", metadata=label(N_("Origin")))
    item_no: str = field(default="", metadata=label(N_("Item number")))
    company_code: str = field(default="", metadata=label(N_("Company")))
    document_no: str = field(default="", metadata=label(N_("Document")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/place", permission=Permission.DECIDE_INSPECTION)
def place() -> Response:
    """Inspect what fits, from now on; what is here already is ordered at once."""
    form, by_id, at = parse_form(ControlForm), person().id, now()

    def work(database: Session) -> int:
        place_control(
            database,
            hs=form.hs,
            origin=form.origin,
            item_no=form.item_no,
            company_code=form.company_code,
            document_no=form.document_no,
            reason=form.reason,
            by_id=by_id,
            at=at,
        )
        return len(
            watch(
                database,
                merchants_of=merchants_of,
                officers=rules().inspection.officers,
                by_id=by_id,
                at=at,
            )
        )

    stopped = run_action(work, action="control.place")
    flash(t(N_("In force. {count} inspections were ordered."), count=stopped))
    return redirect(url_for("controls.everything"), 303)


@pages.action("/<int:control_id>/end", permission=Permission.DECIDE_INSPECTION)
def end(control_id: int) -> Response:
    """Stop asking."""
    by_id, at = person().id, now()
    run_action(lambda database: end_control(database, control_id, by_id=by_id, at=at), action="control.end")
    return redirect(url_for("controls.everything"), 303)
