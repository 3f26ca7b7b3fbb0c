"""Papers goods need before they are loaded: which kinds, which products, which permits, and what is left of them."""

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.permit_filing import end_mark, file_permit, mark_product, revoke_permit
from wms.customs.permits import Permit, ProductPaper, left_of
from wms.i18n import N_
from wms.orders.rules import DOUBTS
from wms.web.customs.desk import rules
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("permits", "/customs/permits")


@pages.page("/", title=N_("Papers"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def everything() -> str:
    """Kinds in force, marked products, and every permit with what is left of it."""
    permits = session().scalars(select(Permit).order_by(Permit.valid_until.desc()).limit(500)).all()
    in_order = ProductPaper.ended_at.desc().nulls_first(), ProductPaper.item_no, ProductPaper.id
    marks = session().scalars(select(ProductPaper).order_by(*in_order).limit(500)).all()
    people = [each.filed_by_id for each in permits]
    people += [each.ended_by_id or each.marked_by_id for each in marks]
    papers = rules().inspection.papers
    return render_template(
        "customs/permits.html",
        permits=permits,
        used=left_of(session(), [each.id for each in permits]),
        marks=marks,
        papers=papers,
        doubts={key.value: said for key, said in DOUBTS.items()},
        paper_names={each.kind: each for each in papers},
        day=now().astimezone(ZoneInfo(house().settings.time_zone)).date(),
        names=names_of(session(), people),
    )


@dataclass(frozen=True, kw_only=True)
class PermitForm:
    """A paper as issued."""

    kind: str = field(metadata=label(N_("Paper")))
    number: str = field(metadata=label(N_("Number")))
    item_no: str = field(metadata=label(N_("Item number")))
    issued_by: str = field(metadata=label(N_("Issued by")))
    valid_from: date = field(metadata=label(N_("Valid from")))
    valid_until: date = field(metadata=label(N_("Valid until")))
    quantity: int | None = field(default=None, metadata=label(N_("Quantity")))


@pages.action("/file", permission=Permission.FILE_DOCUMENTS)
def file() -> Response:
    """File a paper."""
    form, by_id, at = parse_form(PermitForm), person().id, now()
    run_action(
        lambda database: file_permit(
            database,
            rules().inspection.papers,
            kind=form.kind,
            number=form.number,
            item_no=form.item_no,
            issued_by=form.issued_by,
            valid_from=form.valid_from,
            valid_until=form.valid_until,
            quantity=form.quantity,
            by_id=by_id,
            at=at,
        ),
        action="permit.file",
    )
    flash(t(N_("Filed.")))
    return redirect(url_for("permits.everything"), 303)


@pages.action("/<int:permit_id>/revoke", permission=Permission.FILE_DOCUMENTS)
def revoke(permit_id: int) -> Response:
    """Not to be used from now on."""
    by_id, at = person().id, now()
    run_action(
        lambda database: revoke_permit(database, permit_id, by_id=by_id, at=at), action="permit.revoke"
    )
    return redirect(url_for("permits.everything"), 303)


@dataclass(frozen=True, kw_only=True)
class MarkForm:
    """Which product needs which paper, and why."""

    item_no: str = field(metadata=label(N_("Item number")))
    kind: str = field(metadata=label(N_("Paper")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/marks", permission=Permission.FILE_DOCUMENTS)
def mark() -> Response:
    """Say that a product needs a paper."""
    form, by_id, at = parse_form(MarkForm), person().id, now()
    run_action(
        lambda database: mark_product(
            database,
            rules().inspection.papers,
            item_no=form.item_no,
            kind=form.kind,
            reason=form.reason,
            by_id=by_id,
            at=at,
        ),
        action="product.mark",
    )
    flash(t(N_("Marked. It is not loaded without this paper from now on.")))
    return redirect(url_for("permits.everything"), 303)


@dataclass(frozen=True, kw_only=True)
class EndForm:
    """Why a product needs a paper no more."""

    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/marks/<int:mark_id>/end", permission=Permission.FILE_DOCUMENTS)
def end(mark_id: int) -> Response:
    """Take a mark away from now on; it stays on record with its reason."""
    form, by_id, at = parse_form(EndForm), person().id, now()
    run_action(
        lambda database: end_mark(database, mark_id, reason=form.reason, by_id=by_id, at=at),
        action="product.unmark",
    )
    flash(t(N_("Taken away. It is loaded without this paper from now on.")))
    return redirect(url_for("permits.everything"), 303)
