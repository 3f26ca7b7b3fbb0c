"""账, 单 and 货 side by side at any instant; every number leads to what it adds up, every difference to its case."""

from collections import defaultdict

from flask import render_template

from wms.auth.permissions import Permission
from wms.customs.cases import Discrepancy, cases_at, spots_of
from wms.customs.overview import reconcile_all
from wms.i18n import N_
from wms.ledger.behind import Figure
from wms.web.customs.time_machine import moments_of
from wms.web.doors import Menu, Pages
from wms.web.house import session
from wms.web.instants import asked_instant

pages = Pages("reconcile", "/customs/reconcile")
#: Open columns and the figure of the time machine behind each.
OPEN_COLUMNS = (
    ("arrived_not_booked", N_("Arrived, not booked"), Figure.ARRIVED_NOT_BOOKED),
    ("left_not_booked", N_("Left, not booked"), Figure.LEFT_NOT_BOOKED),
    ("booked_not_arrived", N_("Booked, not arrived"), Figure.BOOKED_NOT_ARRIVED),
    ("booked_not_left", N_("Booked, not left"), Figure.BOOKED_NOT_LEFT),
    ("returned_not_reentered", N_("Returned, not re-entered"), Figure.ARRIVED_NOT_BOOKED),
)


@pages.page("/", title=N_("Reconciliation"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def side_by_side() -> str:
    """The three figures of every item at an instant, what explains them, and the cases that hold the rest."""
    at = asked_instant()
    cases = cases_at(session(), at=at)
    by_item: dict[int, list[Discrepancy]] = defaultdict(list)
    for case in cases:
        if case.book_item_id:
            by_item[case.book_item_id].append(case)
    return render_template(
        "customs/reconcile.html",
        at=at,
        found=reconcile_all(session(), at=at),
        cases=cases,
        spots=spots_of(session(), cases),
        by_item=by_item,
        open_columns=OPEN_COLUMNS,
        moments=moments_of(at),
    )
