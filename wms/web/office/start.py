"""The first page after signing in: what this role does here, and what needs a look."""

from flask import render_template

from wms.alerts import open_alerts
from wms.auth.permissions import Permission, Role, may
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
    return render_template("office/start.html", alerts=alerts)
