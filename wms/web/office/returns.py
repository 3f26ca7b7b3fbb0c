"""Returns and tax bills: what comes back and until when, and what customs bill beside our own reckoning."""

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.drafting import draft_return, list_of_return
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.return_case import ReturnCase, released_on
from wms.customs.return_list import received_by_line
from wms.customs.tax_bill import TaxBill, agrees, billed, differs, taxes_of
from wms.i18n import N_
from wms.web.customs.desk import drafter
from wms.web.doors import Menu, Pages
from wms.web.house import run_once, session
from wms.web.language import t
from wms.web.refusals import answer_refusal
from wms.web.requests import page_number, request_id

returns = Pages("returns", "/returns")
bills = Pages("bills", "/tax-bills")
PAGE_SIZE = 50


@returns.page("/", title=N_("Returned goods"), menu=Menu.ORDERS, permission=Permission.READ_DOCUMENTS)
def all_returns() -> str:
    """Requests to return goods, the newest first, with the days that count."""
    cases = session().scalars(select(ReturnCase).order_by(ReturnCase.id.desc()).limit(500)).all()
    waiting = [case for case in cases if case.may_reenter]
    back = {case.id: _is_back(case) for case in waiting}
    lists = {case.id: list_of_return(session(), case) for case in waiting}
    return render_template(
        "office/returns.html",
        rows=[(case, released_on(case.declaration)) for case in cases],
        listed={key: found for key, found in lists.items() if found is not None},
        ready={key: whole for key, whole in back.items() if whole is not None and lists[key] is None},
    )


def _is_back(case: ReturnCase) -> bool | None:
    """Whether all that was announced is here; none while nothing is."""
    received = received_by_line(session(), case.number)
    if not any(received.values()):
        return None
    return all(received.get(line.line_no, 0) >= line.stock_quantity for line in case.lines)


@returns.action("/list", permission=Permission.FILE_DOCUMENTS)
def draft_list() -> Response:
    """Declare the list that enters the chosen returns again, and send it."""
    numbers, by = sorted(set(request.form.getlist("number"))), drafter()
    answered = run_once(
        lambda database: {"list": draft_return(database, numbers, by=by).inner_no},
        action="return.draft_list",
        request_id=request_id(),
        content=" ".join(numbers),
    )
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Return list {list} is on its way to customs."), **answered.answer))
    return redirect(url_for("returns.all_returns"), 303)


@bills.page("/", title=N_("Tax bills"), menu=Menu.ORDERS, permission=Permission.READ_DOCUMENTS)
def all_bills() -> str:
    """Bills as customs made them, the newest first; those that differ from ours on request only."""
    only = request.args.get("differing") == "true"
    page = page_number()
    query = (
        select(TaxBill, RetailDeclaration)
        .outerjoin(RetailDeclaration, RetailDeclaration.list_no == TaxBill.list_no)
        .order_by(TaxBill.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    found = session().execute(query.where(differs()) if only else query).all()
    rows = [
        (
            bill,
            one,
            billed(bill),
            None if one is None else taxes_of(one),
            one is not None and agrees(bill, one),
        )
        for bill, one in found[:PAGE_SIZE]
    ]
    return render_template("office/bills.html", rows=rows, only=only, page=page, more=len(found) > PAGE_SIZE)
