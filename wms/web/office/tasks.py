"""Tasks: what waits on the floor and on the desks, derived from how things stand."""

from flask import render_template

from wms.auth.permissions import Permission
from wms.customs.cases import open_cases
from wms.customs.inbox import Outcome, newest
from wms.floor.tasks import goods_to_put_away, lorries_waiting
from wms.i18n import N_
from wms.sensing.incidents import INCIDENT_NAMES, needing_a_person
from wms.web.doors import Menu, Pages
from wms.web.house import session

pages = Pages("tasks", "/tasks")


@pages.page("/", title=N_("Open tasks"), menu=Menu.WAREHOUSE, permission=Permission.READ_FLOOR)
def waiting() -> str:
    """Lorries to unload, goods to put away, cases and messages that wait for a person."""
    return render_template(
        "office/tasks.html",
        lorries=lorries_waiting(session()),
        to_put_away=goods_to_put_away(session()),
        cases=open_cases(session()),
        incidents=needing_a_person(session()),
        incident_names=INCIDENT_NAMES,
        parked=newest(session(), outcome=Outcome.PARKED, limit=50),
    )
