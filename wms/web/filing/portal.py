"""A company's own side of the portal: what is on file of it, what it filed, and filing a better version.

A company user sees the filings of their own company and of no other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from wms.audit import mark_refused
from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.i18n import N_
from wms.registry.cells import Fault
from wms.registry.columns import PRODUCTS
from wms.registry.companies import Company, CompanyRole, credit_class_on, find_company
from wms.registry.filings import (
    FORM,
    FilingKind,
    FilingState,
    NotAcceptable,
    RegistryFiling,
    file_company,
    file_products,
    filings_of,
    find_filing,
)
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, session
from wms.web.instants import site_zone
from wms.web.language import locale, t
from wms.web.requests import label, parse_form

pages = Pages("filing", "/filing")

KINDS: Final = {FilingKind.COMPANY: N_("the company itself"), FilingKind.PRODUCTS: N_("products")}
STATES: Final = {
    FilingState.FILED: N_("waits for approval"),
    FilingState.APPROVED: N_("approved"),
    FilingState.RETURNED: N_("returned"),
}
TONES: Final = {FilingState.FILED: "decision", FilingState.APPROVED: "ok", FilingState.RETURNED: "error"}
ROLES: Final = {
    CompanyRole.WAREHOUSE: N_("warehouse keeper"),
    CompanyRole.DECLARANT: N_("customs declarant"),
    CompanyRole.GUARANTOR: N_("guarantor"),
    CompanyRole.PLATFORM: N_("trading platform"),
    CompanyRole.MERCHANT: N_("merchant"),
    CompanyRole.PAYMENT: N_("payment company"),
    CompanyRole.CARRIER: N_("carrier"),
    CompanyRole.ENTRY_DECLARANT: N_("declarant of the entry"),
    CompanyRole.SHOP: N_("shop"),
}

#: The form's fields by the names of the registry's columns.
_FIELDS: Final = {
    "credit_code": N_("Unified social credit code"),
    "name": N_("Registered name"),
    "roles": N_("What it does in the zone"),
}


class NoCompany(Refusal):
    """A user without a company has nothing to file."""

    message = N_("Your user belongs to no company. Ask the administrator to name it.")
    status = 409


class NoFile(Refusal):
    """The form came without a file."""

    message = N_("Choose the CSV file first.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class CompanyForm:
    """What a company says of itself; empty cells are faults of the filing, each named."""

    credit_code: str = field(default="", metadata=label(N_("Unified social credit code")))
    name: str = field(default="", metadata=label(N_("Registered name")))


@pages.page("/", title=N_("Filing"), menu=Menu.HOUSE, permission=Permission.FILE_REGISTRY)
def mine() -> str:
    """What is on file of my company, what it filed, and the forms to file a version."""
    return _page()


@pages.action("/company", permission=Permission.FILE_REGISTRY)
def company() -> BaseResponse:
    """File the company itself."""
    code, form, by_id, at = _code(), parse_form(CompanyForm), person().id, now()
    cells = {
        "credit_code": form.credit_code,
        "name": form.name,
        "roles": ";".join(request.form.getlist("roles")),
    }
    return _file(lambda s: file_company(s, customs_code=code, cells=cells, by_id=by_id, at=at), cells=cells)


@pages.action("/products", permission=Permission.FILE_REGISTRY)
def products() -> BaseResponse:
    """File a table of products."""
    code, by_id, at = _code(), person().id, now()
    sheet = request.files.get("sheet")
    if sheet is None or not sheet.filename:
        raise NoFile
    raw = sheet.read()
    return _file(lambda s: file_products(s, customs_code=code, raw=raw, by_id=by_id, at=at))


@pages.page("/<int:filing_id>", permission=Permission.FILE_REGISTRY)
def one(filing_id: int) -> str:
    """One filing of my company: what was filed, and what staff said."""
    found = find_filing(session(), filing_id, customs_code=_code())
    return render_template("filing/filing.html", filing=found, summary=None, **words())


@pages.page("/products.csv/file", permission=Permission.FILE_REGISTRY)
def sheet() -> Response:
    """An empty table with the columns of a filing, to be filled in."""
    header = ",".join(PRODUCTS.cells) + "\r\n"
    return Response(
        "\ufeff" + header,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": "attachment; filename=products.csv"},
    )


def words() -> dict[str, object]:
    """What kinds, states and roles are called, and how states look."""
    return {"kinds": KINDS, "states": STATES, "tones": TONES, "roles": ROLES, "where": where}


def where(fault: Fault) -> str:
    """Row and column of a fault, as the spreadsheet shows them."""
    row = t(N_("row {row}"), row=fault.row) if fault.row else ""
    column = t(_FIELDS[fault.column]) if fault.file == FORM and fault.column else fault.column or ""
    return " · ".join(part for part in (row, column) if part)


def _file(work: Callable[[Session], RegistryFiling], *, cells: dict[str, str] | None = None) -> BaseResponse:
    """File it, or show the page again with every fault; nothing is half filed."""
    try:
        number = run_action(lambda database: work(database).number, action="filing.file")
    except NotAcceptable as refused:
        faults, told = refused.faults, refused
        run_action(lambda database: mark_refused(database, told), action="filing.file")
        return make_response(_page(faults=faults, cells=cells), refused.status)
    flash(t(N_("Filed as {number}. You see here what staff decide."), number=number))
    return redirect(url_for("filing.mine"), 303)


def _page(*, faults: tuple[Fault, ...] = (), cells: dict[str, str] | None = None) -> str:
    code = _code()
    known = find_company(session(), customs_code=code)
    day = now().astimezone(site_zone()).date()
    return render_template(
        "filing/mine.html",
        code=code,
        company=known,
        credit=credit_class_on(session(), company_id=known.id, day=day) if known else None,
        cells=cells or _cells(known),
        filings=filings_of(session(), code),
        faults=[(where(fault), fault.sentence(locale())) for fault in faults],
        **words(),
    )


def _cells(known: Company | None) -> dict[str, str]:
    if known is None:
        return {"credit_code": "", "name": "", "roles": ""}
    return {"credit_code": known.credit_code, "name": known.name, "roles": ";".join(known.roles)}


def _code() -> str:
    """The company of whoever signed in; raises NoCompany."""
    code = person().company_code
    if not code:
        raise NoCompany
    return code
