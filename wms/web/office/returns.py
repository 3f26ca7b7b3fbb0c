"""Returns and tax bills: what comes back and until when, and what customs bill beside our own reckoning."""

from flask import render_template, request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.return_case import ReturnCase, released_on
from wms.customs.tax_bill import TaxBill, agrees, billed, taxes_of
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import session
from wms.web.requests import page_number

returns = Pages("returns", "/returns")
bills = Pages("bills", "/tax-bills")
PAGE_SIZE = 50


@returns.page("/", title=N_("Returned goods"), menu=Menu.ORDERS, permission=Permission.READ_DOCUMENTS)
def all_returns() -> str:
    """Requests to return goods, the newest first, with the days that count."""
    cases = session().scalars(select(ReturnCase).order_by(ReturnCase.id.desc()).limit(500)).all()
    return render_template(
        "office/returns.html", rows=[(case, released_on(case.declaration)) for case in cases]
    )


@bills.page("/", title=N_("Tax bills"), menu=Menu.ORDERS, permission=Permission.READ_DOCUMENTS)
def all_bills() -> str:
    """Bills as customs made them, the newest first; those that differ from ours on request only."""
    only = request.args.get("differing") == "true"
    page = page_number()
    query = (
        select(TaxBill, RetailDeclaration)
        .outerjoin(RetailDeclaration, RetailDeclaration.list_no == TaxBill.list_no)
        .order_by(TaxBill.id.desc())
    )
    found = [
        (
            bill,
            one,
            billed(bill),
            None if one is None else taxes_of(one),
            one is not None and agrees(bill, one),
        )
        for bill, one in session().execute(query)
    ]
    wanted = [row for row in found if not only or not row[4]]
    shown = wanted[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    more = len(wanted) > page * PAGE_SIZE
    return render_template("office/bills.html", rows=shown, only=only, page=page, more=more)
