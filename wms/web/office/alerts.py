"""Alerts: the open ones, and taking note."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wms.alerts import acknowledge, open_alerts
from wms.auth.permissions import Permission
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("alerts", "/alerts")


@dataclass(frozen=True, kw_only=True)
class NoteForm:
    """What the person says when taking note."""

    note: str = field(metadata=label(N_("What was done")))


@pages.page("/", title=N_("Alerts"), menu=Menu.HOUSE, permission=Permission.READ_ALERTS)
def open_list() -> str:
    """Everything open, the gravest first."""
    return render_template("office/alerts.html", alerts=open_alerts(session()))


@pages.page("/fragment", permission=Permission.READ_ALERTS, recorded=False)
def fragment() -> str:
    """The same list for the page that polls."""
    return render_template("office/alerts_list.html", alerts=open_alerts(session()))


@pages.action("/<int:alert_id>/acknowledge", permission=Permission.ACKNOWLEDGE_ALERTS)
def take_note(alert_id: int) -> Response:
    """Close an alert with a note."""
    form, by_id, at = parse_form(NoteForm), person().id, now()
    run_action(
        lambda database: acknowledge(database, alert_id, note=form.note, by_id=by_id, at=at),
        action="alert.acknowledge",
    )
    flash(t(N_("Alert {alert} is acknowledged."), alert=alert_id))
    return redirect(url_for("alerts.open_list"), 303)
