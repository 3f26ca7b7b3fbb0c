"""Staff's side of the portal: filings that wait, what each would change, the decision; and the registry itself."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.i18n import N_
from wms.registry.companies import Company
from wms.registry.filings import FilingState, all_filings, decide, find_filing, would_change
from wms.registry.load import Summary
from wms.registry.products import Product
from wms.web.doors import Menu, Pages
from wms.web.filing.portal import words
from wms.web.house import now, person, run_action, session
from wms.web.instants import site_zone
from wms.web.language import t
from wms.web.requests import PAGE_ROWS, label, page_number, parse_form

registry = Pages("registry", "/registry")
pages = Pages("filings", "/registry/filings")


@dataclass(frozen=True, kw_only=True)
class ReturnForm:
    """What the company has to mend."""

    reason: str = field(metadata=label(N_("What is to be mended")))


@registry.page("/", title=N_("Registry"), menu=Menu.HOUSE, permission=Permission.READ_REGISTRY)
def on_file() -> str:
    """Companies and products on file, as every flow uses them."""
    page = page_number()
    products = (
        session()
        .scalars(
            select(Product).order_by(Product.item_no).offset((page - 1) * PAGE_ROWS).limit(PAGE_ROWS + 1)
        )
        .all()
    )
    return render_template(
        "filing/registry.html",
        companies=session().scalars(select(Company).order_by(Company.customs_code)).all(),
        products=products[:PAGE_ROWS],
        count=session().scalar(select(func.count()).select_from(Product)),
        page=page,
        more=len(products) > PAGE_ROWS,
        **words(),
    )


@pages.page("/", title=N_("Filings to review"), menu=Menu.HOUSE, permission=Permission.MANAGE_REGISTRY)
def waiting() -> str:
    """Filings that wait, the oldest first, and those decided lately."""
    return render_template(
        "filing/filings.html",
        waiting=all_filings(session(), waiting=True),
        decided=all_filings(session(), waiting=False, limit=50),
        **words(),
    )


@pages.page("/<int:filing_id>", permission=Permission.MANAGE_REGISTRY)
def one(filing_id: int) -> str:
    """One filing and what approving it would change."""
    found = find_filing(session(), filing_id, customs_code=None)
    summary: Summary | None = None
    refused: Refusal | None = None
    if found.state is FilingState.FILED:
        at = now()
        try:
            summary = would_change(session(), found, at=at, day=at.astimezone(site_zone()).date())
        except Refusal as refusal:
            refused = refusal
    return render_template(
        "filing/filing.html", filing=found, summary=summary, refused=refused, review=True, **words()
    )


@pages.action("/<int:filing_id>/approve", permission=Permission.MANAGE_REGISTRY)
def approve(filing_id: int) -> Response:
    """Bring a filing into the registry."""
    _decide(filing_id, approve=True, reason="")
    flash(t(N_("The filing is approved; every flow uses it from now on.")))
    return redirect(url_for("filings.one", filing_id=filing_id), 303)


@pages.action("/<int:filing_id>/return", permission=Permission.MANAGE_REGISTRY)
def give_back(filing_id: int) -> Response:
    """Return a filing with what is to be mended."""
    form = parse_form(ReturnForm)
    _decide(filing_id, approve=False, reason=form.reason)
    flash(t(N_("The filing is returned; the company reads the reason.")))
    return redirect(url_for("filings.one", filing_id=filing_id), 303)


def _decide(filing_id: int, *, approve: bool, reason: str) -> None:
    by_id, at = person().id, now()
    day = at.astimezone(site_zone()).date()
    run_action(
        lambda database: decide(
            database, filing_id, approve=approve, reason=reason, by_id=by_id, at=at, day=day
        ),
        action="filing.approve" if approve else "filing.return",
    )
