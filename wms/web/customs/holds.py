"""Holds: what is barred and why; placing one on a batch, and letting it go by two people."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission, Role
from wms.auth.users import User
from wms.customs.holds import hold_batch, holds_in_force, lift
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.lots import Hold
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("holds", "/customs/holds")


class OfficersHold(Refusal):
    """Two people of the warehouse do not undo what customs decided."""

    message = N_("A customs officer placed this hold; only officers let it go.")
    status = 403


@pages.page("/", title=N_("Holds"), menu=Menu.CUSTOMS, permission=Permission.READ_ALERTS)
def everything() -> str:
    """Everything that is barred now."""
    found = holds_in_force(session())
    people = [each.by_id for each in found] + [each.proposed_by_id or 0 for each in found]
    barred = frozenset() if person().role is Role.OFFICER else _officers(session())
    return render_template(
        "customs/holds.html", holds=found, names=names_of(session(), people), barred=barred
    )


@dataclass(frozen=True, kw_only=True)
class HoldForm:
    """Which batch, and why."""

    item_no: str = field(metadata=label(N_("Item number")))
    lot: str = field(metadata=label(N_("Lot")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/place", permission=Permission.HOLD_STOCK)
def place() -> Response:
    """Hold a batch wherever it lies."""
    form, by_id, at = parse_form(HoldForm), person().id, now()
    run_action(
        lambda database: hold_batch(
            database, item_no=form.item_no, lot=form.lot, reason=form.reason, by_id=by_id, at=at
        ),
        action="hold.place",
    )
    flash(t(N_("The batch is held.")))
    return redirect(url_for("holds.everything"), 303)


@dataclass(frozen=True, kw_only=True)
class LiftForm:
    """Why the goods may go."""

    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/<int:hold_id>/lift", permission=Permission.HOLD_STOCK)
def let_go(hold_id: int) -> Response:
    """Let the goods go; for goods of the account book a second person must agree, for an officer's hold an officer."""
    form, who, at = parse_form(LiftForm), person(), now()

    def work(database: Session) -> bool:
        placed = database.get(Hold, hold_id)
        if placed is not None and who.role is not Role.OFFICER and placed.by_id in _officers(database):
            raise OfficersHold
        return lift(database, hold_id, reason=form.reason, by_id=who.id, at=at)

    free = run_action(work, action="hold.lift")
    flash(t(N_("The goods are free.")) if free else t(N_("Another person must agree now.")))
    return redirect(url_for("holds.everything"), 303)


def _officers(database: Session) -> frozenset[int]:
    return frozenset(database.scalars(select(User.id).where(User.role == Role.OFFICER)))
