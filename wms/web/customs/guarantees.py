"""Guarantee accounts: letters behind business filings, what bills used of them, and what is left."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.guarantee import all_accounts, file_guarantee
from wms.i18n import N_
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("guarantees", "/customs/guarantees")


@pages.page("/", title=N_("Guarantees"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def everything() -> str:
    """Every letter with its account."""
    found = all_accounts(session())
    return render_template(
        "customs/guarantees.html",
        accounts=found,
        day=house().day_of(now()),
        names=names_of(session(), [each.letter.filed_by_id for each in found]),
    )


@dataclass(frozen=True, kw_only=True)
class LetterForm:
    """A letter as issued."""

    number: str = field(metadata=label(N_("Number")))
    amount: Decimal = field(metadata=label(N_("Amount, CNY")))
    valid_until: date = field(metadata=label(N_("Valid until")))


@pages.action("/file", permission=Permission.FILE_DOCUMENTS)
def file() -> Response:
    """File a letter."""
    form, by_id, at = parse_form(LetterForm), person().id, now()
    run_action(
        lambda database: file_guarantee(
            database,
            number=form.number.strip(),
            amount=form.amount,
            valid_until=form.valid_until,
            by_id=by_id,
            at=at,
        ),
        action="guarantee.file",
    )
    flash(t(N_("Filed.")))
    return redirect(url_for("guarantees.everything"), 303)
