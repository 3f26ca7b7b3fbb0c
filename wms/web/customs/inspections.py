"""Inspections: what is to be seen, what the lane saw of it, and what two officers decide."""

from dataclasses import dataclass, field
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.bonded_list import find_by_list_no
from wms.customs.double_random import SubjectKind
from wms.customs.inspection import (
    Inspection,
    InspectionState,
    OrderedBy,
    Result,
    Wanted,
    find_inspection,
    order_inspections,
    replace_officer,
    start,
)
from wms.customs.inspection_goods import batch_number, held_goods
from wms.customs.inspection_results import (
    Sample,
    agree,
    bring,
    record_result,
    results_of,
    take_back,
    waiting_result,
)
from wms.customs.retail_declaration import find_by_list_no as find_declaration_by_list_no
from wms.customs.retail_declaration import find_by_number
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.lots import Lot
from wms.orders.merchants import merchants_of
from wms.registry.companies import Company
from wms.registry.products import Product
from wms.web.customs.desk import rules
from wms.web.customs.evidence import LANE_WORDS, evidence_of
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, run_once, session
from wms.web.language import t
from wms.web.refusals import answer_refusal
from wms.web.requests import label, parse_form, request_id

pages = Pages("inspections", "/customs/inspections")

KINDS: Final = {
    SubjectKind.RETAIL_DECLARATION: N_("Retail declaration"),
    SubjectKind.BONDED_LIST: N_("Bonded list"),
    SubjectKind.BATCH: N_("Batch"),
}
ORDERS: Final = {
    OrderedBy.DRAW: N_("random draw"),
    OrderedBy.CONTROL: N_("directed control"),
    OrderedBy.OFFICER: N_("an officer"),
    OrderedBy.RECEIPT: N_("customs' receipt"),
    OrderedBy.SAMPLING: N_("quality sampling"),
}
STATES: Final = {
    InspectionState.ORDERED: N_("to be inspected"),
    InspectionState.STARTED: N_("being inspected"),
    InspectionState.WAITING: N_("waits for the next step"),
    InspectionState.CLOSED: N_("inspection closed"),
}
RESULTS: Final = {
    Result.RELEASE: N_("Release"),
    Result.AMEND: N_("Amend the declaration"),
    Result.TAX: N_("Pay tax"),
    Result.REEXPORT: N_("Send back abroad"),
    Result.SAMPLE: N_("Take a sample"),
    Result.DESTROY: N_("Destroy"),
    Result.DETAIN: N_("Take into custody"),
}
TONES: Final = {
    InspectionState.ORDERED: "error",
    InspectionState.STARTED: "decision",
    InspectionState.WAITING: "decision",
    InspectionState.CLOSED: "ok",
}


class NothingByThatNumber(Refusal):
    """Nothing here can be inspected under that number."""

    message = N_("There is no {kind} {number} here.")
    status = 422


@pages.page("/", title=N_("Inspections"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def everything() -> str:
    """Open inspections, the oldest first; or the closed ones, the newest first."""
    closed = request.args.get("closed") == "1"
    query = select(Inspection).order_by(Inspection.id.desc() if closed else Inspection.id).limit(300)
    state = Inspection.state == InspectionState.CLOSED
    found = session().scalars(query.where(state if closed else ~state)).all()
    officers = [each.officer_id for one in found for each in one.officers]
    return render_template(
        "customs/inspections.html",
        inspections=found,
        closed=closed,
        names=names_of(session(), officers),
        **_words(),
    )


def _words() -> dict[str, object]:
    return {"kinds": KINDS, "orders": ORDERS, "states": STATES, "results": RESULTS, "tones": TONES}


@pages.page("/<int:inspection_id>", permission=Permission.READ_DOCUMENTS)
def one(inspection_id: int) -> str:
    """One inspection: why, who, its goods, the lane's evidence, every result."""
    found = find_inspection(session(), inspection_id)
    results = results_of(session(), found)
    people = [each.officer_id for each in found.officers]
    people += [one for each in results for one in (each.recorded_by_id, each.agreed_by_id or 0)]
    declaration = None
    if found.subject_kind is SubjectKind.RETAIL_DECLARATION:
        declaration = find_by_number(session(), found.subject_number)
    evidence = None
    if declaration is not None:
        evidence = evidence_of(session(), declaration.waybill_no, since=declaration.declared_at)
    return render_template(
        "customs/inspection.html",
        inspection=found,
        declaration=declaration,
        goods=held_goods(session(), found.hold_id),
        results_made=results,
        waiting=waiting_result(session(), found),
        evidence=evidence,
        names=names_of(session(), people),
        me=person().id,
        lane_words=LANE_WORDS,
        **_words(),
    )


@dataclass(frozen=True, kw_only=True)
class OrderForm:
    """What is to be inspected, and why."""

    kind: SubjectKind = field(metadata=label(N_("Subject")))
    number: str = field(metadata=label(N_("Number")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/order", permission=Permission.DECIDE_INSPECTION)
def order() -> Response:
    """An officer wants to see a declaration, a list or a batch."""
    form, by_id, at = parse_form(OrderForm), person().id, now()
    wanted = _wanted(form)

    officers = rules().inspection.officers
    made = run_action(
        lambda database: order_inspections(database, [wanted], officers=officers, by_id=by_id, at=at),
        action="inspection.order",
    )
    flash(t(N_("Ordered. The goods are held.")) if made else t(N_("It is ordered already.")))
    return _back(made[0].id if made else None)


def _wanted(form: OrderForm) -> Wanted:
    """The subject by any of its numbers; raises NothingByThatNumber."""
    number, company = form.number, ""
    match form.kind:
        case SubjectKind.RETAIL_DECLARATION:
            declaration = find_by_number(session(), number) or find_declaration_by_list_no(session(), number)
            number = declaration.number if declaration else ""
            order_no = declaration.order_no if declaration else ""
            company = merchants_of(session(), [order_no]).get(order_no, "")
        case SubjectKind.BONDED_LIST:
            bonded = find_by_list_no(session(), number)
            number = bonded.list_no if bonded else ""
            keeper = session().get(Company, bonded.book.company_id) if bonded else None
            company = keeper.customs_code if keeper else ""
        case SubjectKind.BATCH:
            item_no, _, code = number.partition("/")
            known = select(Company.customs_code).join(Lot, Lot.owner_id == Company.id)
            query = known.join(Product, Product.id == Lot.product_id)
            owner = session().scalars(query.where(Product.item_no == item_no, Lot.code == code)).first()
            number = "" if owner is None else batch_number(item_no, code)
            company = owner or ""
    if not number:
        raise NothingByThatNumber(kind=say(KINDS[form.kind]), number=form.number)
    ordered_by = OrderedBy.SAMPLING if form.kind is SubjectKind.BATCH else OrderedBy.OFFICER
    return Wanted(
        kind=form.kind,
        number=number,
        company=company,
        ordered_by=ordered_by,
        # An officer may want to see the same thing again later: each order stands for itself.
        order_number=str(request_id()),
        reason=form.reason,
    )


def _back(inspection_id: int | None) -> Response:
    if inspection_id is None:
        return redirect(url_for("inspections.everything"), 303)
    return redirect(url_for("inspections.one", inspection_id=inspection_id), 303)


@pages.action("/<int:inspection_id>/start", permission=Permission.DECIDE_INSPECTION)
def begin(inspection_id: int) -> Response:
    """Officers begin to look."""
    at = now()
    run_action(lambda database: start(database, inspection_id, at=at), action="inspection.start")
    return _back(inspection_id)


@dataclass(frozen=True, kw_only=True)
class ResultForm:
    """What was seen and decided; place, lot and quantity only for a sample."""

    result: Result = field(metadata=label(N_("Result")))
    finding: str = field(metadata=label(N_("What was seen")))
    location: str = field(default="", metadata=label(N_("Place")))
    lot: str = field(default="", metadata=label(N_("Lot")))
    quantity: int | None = field(default=None, metadata=label(N_("Quantity")))


@pages.action("/<int:inspection_id>/result", permission=Permission.DECIDE_INSPECTION)
def record(inspection_id: int) -> Response:
    """The first officer records a result."""
    form, by_id, at = parse_form(ResultForm), person().id, now()
    sample = None
    if form.result is Result.SAMPLE:
        sample = Sample(location=form.location, lot=form.lot, quantity=form.quantity or 0)
    run_action(
        lambda database: record_result(
            database,
            inspection_id,
            result=form.result,
            finding=form.finding,
            sample=sample,
            by_id=by_id,
            at=at,
        ),
        action="inspection.result",
    )
    flash(t(N_("Recorded. Another officer must agree now.")))
    return _back(inspection_id)


@pages.action("/<int:inspection_id>/agree", permission=Permission.DECIDE_INSPECTION)
def second(inspection_id: int) -> Response:
    """The second officer agrees; the goods follow."""
    by_id, at = person().id, now()
    run_action(lambda database: agree(database, inspection_id, by_id=by_id, at=at), action="inspection.agree")
    flash(t(N_("Agreed. The result is in force.")))
    return _back(inspection_id)


@pages.action("/<int:inspection_id>/take-back", permission=Permission.DECIDE_INSPECTION)
def undo(inspection_id: int) -> Response:
    """A waiting result is taken back, or not agreed to."""
    by_id, at = person().id, now()
    run_action(
        lambda database: take_back(database, inspection_id, by_id=by_id, at=at),
        action="inspection.take_back",
    )
    flash(t(N_("Taken back. Nothing was decided.")))
    return _back(inspection_id)


@dataclass(frozen=True, kw_only=True)
class ReplaceForm:
    """Why an officer cannot come."""

    officer_id: int = field(metadata=label(N_("Officer")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/<int:inspection_id>/officers", permission=Permission.DECIDE_INSPECTION)
def replace(inspection_id: int) -> Response:
    """Draw another officer for one who cannot come."""
    form, at = parse_form(ReplaceForm), now()
    run_action(
        lambda database: replace_officer(
            database, inspection_id, officer_id=form.officer_id, reason=form.reason, at=at
        ),
        action="inspection.replace_officer",
    )
    flash(t(N_("Another officer was drawn.")))
    return _back(inspection_id)


@dataclass(frozen=True, kw_only=True)
class GoodsForm:
    """Goods put before the officers."""

    location: str = field(metadata=label(N_("Place")))
    lot: str = field(metadata=label(N_("Lot")))
    quantity: int = field(metadata=label(N_("Quantity")))


@pages.action("/<int:inspection_id>/goods", permission=Permission.HOLD_STOCK)
def put_before(inspection_id: int) -> Response:
    """The warehouse puts goods before the officers."""
    form, by_id, at = parse_form(GoodsForm), person().id, now()

    def work(database: Session) -> dict[str, object]:
        bring(
            database,
            inspection_id,
            location=form.location,
            lot=form.lot,
            quantity=form.quantity,
            by_id=by_id,
            at=at,
        )
        return {}

    answered = run_once(work, action="inspection.bring", request_id=request_id(), content=repr(form))
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Held for this inspection.")))
    return _back(inspection_id)
