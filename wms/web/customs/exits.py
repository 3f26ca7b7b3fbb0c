"""Exit lists at a desk: what waits to leave, the list drafted of it, the vehicle's pass, and the gate's word."""

from dataclasses import dataclass, field
from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs import tell
from wms.customs.bonded_list import BondedList
from wms.customs.departure import pass_by_hand
from wms.customs.exit_declaring import (
    declare_exit,
    first_waiting,
    issue_pass,
    lists_without_pass,
    waiting_for_exit,
)
from wms.customs.exit_lists import draft_lines, lists_left
from wms.customs.gate_pass import GatePass, Passage, PassedList, tolerance_on
from wms.customs.left_behind import left_behind
from wms.customs.trade import Course
from wms.i18n import N_
from wms.ledger.book import Side
from wms.registry.vehicles import Vehicle
from wms.web.customs.desk import rules
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_once, session
from wms.web.language import t
from wms.web.refusals import NoSuchPage, answer_refusal
from wms.web.requests import is_key, label, parse_form, request_id

pages = Pages("exits", "/customs/exits")
gate = Pages("gate", "/customs/gate")
LISTS_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class DeclareForm:
    """How many of the waiting declarations, in the order of release."""

    count: int = field(metadata=label(N_("How many orders")))


@dataclass(frozen=True, kw_only=True)
class PassForm:
    """The vehicle that takes the chosen lists."""

    plate: str = field(metadata=label(N_("Vehicle")))


@dataclass(frozen=True, kw_only=True)
class PassageForm:
    """What the gate weighed, where it has a scale."""

    collected_kg: Decimal | None = field(default=None, metadata=label(N_("Weighed kg")))


@pages.page("/", title=N_("Exit lists"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def all_exits() -> str:
    """What waits to leave with the list it would make, every exit list, and those without a vehicle."""
    waiting = waiting_for_exit(session())
    query = select(BondedList).where(BondedList.side == Side.OUT, BondedList.course == Course.RETAIL)
    found = session().scalars(query.order_by(BondedList.id.desc()).limit(LISTS_SHOWN)).all()
    vehicles = session().scalars(select(Vehicle.plate).order_by(Vehicle.plate)).all()
    return render_template(
        "customs/exits.html",
        waiting=waiting,
        draft=draft_lines(session(), waiting) if waiting else [],
        lists=found,
        left=lists_left(session()),
        rests=left_behind(session()),
        passes=_passes_of([each.list_no for each in found if each.list_no]),
        free=lists_without_pass(session()),
        vehicles=[(plate, plate) for plate in vehicles],
    )


def _passes_of(list_nos: list[str]) -> dict[str, GatePass]:
    """The newest pass of each list."""
    query = (
        select(PassedList.list_no, GatePass)
        .join(GatePass, GatePass.id == PassedList.pass_id)
        .where(PassedList.list_no.in_(list_nos))
        .order_by(GatePass.id)
    )
    return {row.list_no: row.GatePass for row in session().execute(query)}


@pages.action("/declare", permission=Permission.FILE_DOCUMENTS)
def declare() -> Response:
    """Declare an exit list of the first of the waiting declarations and send it."""
    form, at = parse_form(DeclareForm), now()
    day, sender_id = house().day_of(at), house().settings.dxp_id

    def work(database: Session) -> dict[str, object]:
        chosen = first_waiting(database, form.count)
        made = declare_exit(database, chosen, trade=rules().trade, sender_id=sender_id, day=day, at=at)
        return {"number": made.inner_no, "count": len(chosen)}

    answered = run_once(work, action="exit.declare", request_id=request_id(), content=f"{form.count}")
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Exit list {number} of {count} orders is on its way to customs."), **answered.answer))
    return redirect(url_for("exits.all_exits"), 303)


@pages.action("/pass", permission=Permission.FILE_DOCUMENTS)
def issue() -> Response:
    """Declare the pass of a vehicle for the chosen lists and send it."""
    form, at = parse_form(PassForm), now()
    ids = sorted({int(text) for text in request.form.getlist("list_id") if is_key(text)})
    day, sender_id, contact = house().day_of(at), house().settings.dxp_id, person().display_name

    def work(database: Session) -> dict[str, object]:
        lists = database.scalars(
            select(BondedList).where(BondedList.id.in_(ids)).order_by(BondedList.id)
        ).all()
        made = issue_pass(
            database, lists, plate=form.plate, contact=contact, sender_id=sender_id, day=day, at=at
        )
        return {"number": made.inner_no, "vehicle": made.vehicle_no}

    answered = run_once(work, action="pass.issue", request_id=request_id(), content=f"{form.plate} {ids}")
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Gate pass {number} of vehicle {vehicle} is on its way to customs."), **answered.answer))
    return redirect(url_for("exits.all_exits"), 303)


@gate.action("/<int:pass_id>/pass", permission=Permission.PASS_GATE)
def let_go(pass_id: int) -> Response:
    """The gate lets an approved vehicle out: its parcels leave the zone at this moment."""
    form, at = parse_form(PassageForm), now()
    day, otherwise = house().day_of(at), house().settings.gate_weight_tolerance_rate

    def work(database: Session) -> dict[str, object]:
        found = database.get(GatePass, pass_id, with_for_update={"of": GatePass}, populate_existing=True)
        if found is None:
            raise NoSuchPage
        rate = tolerance_on(database, day=day, otherwise=otherwise)
        passage = Passage(passed_at=at, collected_kg=form.collected_kg, tolerance_rate=rate, books=False)
        departed = pass_by_hand(database, found, passage)
        tell.departed(database, found, departed, at=at)
        if found.weight_ok is False:
            tell.weight(database, found, at=at)
        return {"vehicle": found.vehicle_no, "count": departed.parcels}

    answered = run_once(
        work, action="gate.pass", request_id=request_id(), content=f"{pass_id} {form.collected_kg}"
    )
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Vehicle {vehicle} has left with {count} parcels."), **answered.answer))
    return redirect(url_for("passes.one_pass", pass_id=pass_id), 303)
