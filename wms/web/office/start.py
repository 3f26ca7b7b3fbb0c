"""The first page after signing in: what this role does here, and what needs a look."""

from flask import current_app, render_template

from wms.alerts import open_alerts
from wms.auth.permissions import Permission, Role, may
from wms.floor.flows import Flow
from wms.web.customs.officer_desk import desk_page
from wms.web.doors import Pages
from wms.web.house import person, session

pages = Pages("start", "")


@pages.page("/", permission=Permission.USE)
def home() -> str:
    """An officer's desk; for everybody else tiles of what the role may open, and the gravest open alerts."""
    if person().role is Role.OFFICER:
        return desk_page()
    alerts = open_alerts(session(), limit=5) if may(person().role, Permission.READ_ALERTS) else []
    return render_template("office/start.html", alerts=alerts, work=_waiting_work())


def _waiting_work() -> list[tuple[str, int]]:
    """Tasks of the handheld that this person may do and that have something to do."""
    flows: dict[str, Flow] = current_app.extensions["wms_flows"]
    counted = (
        (flow.title, flow.open_tasks(session()))
        for flow in flows.values()
        if flow.open_tasks is not None and may(person().role, flow.permission)
    )
    return [(title, count) for title, count in counted if count]
