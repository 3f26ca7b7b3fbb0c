"""Cases: what differs, why, what the warehouse proposes, and what an officer decided; every step with its person."""

from dataclasses import dataclass, field
from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission, may
from wms.auth.users import User
from wms.customs import adjustments, deciding
from wms.customs.bonded_list import BondedList
from wms.customs.cases import CaseState, Discrepancy, Remedy, find_case, history, spots_of
from wms.customs.drafting import draft_correction
from wms.customs.gate_pass import GatePass
from wms.i18n import N_, Sentence, say
from wms.ledger.counts import Count
from wms.web.customs.desk import drafter
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, run_once, session
from wms.web.language import t
from wms.web.refusals import answer_refusal
from wms.web.requests import label, parse_form, request_id

pages = Pages("cases", "/customs/cases")


@dataclass(frozen=True, kw_only=True)
class Said:
    """Words of a person about a case."""

    said: str = field(default="", metadata=label(N_("What you say")))


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A remedy and the cause that makes it right."""

    remedy: Remedy = field(metadata=label(N_("Remedy")))
    cause: str = field(metadata=label(N_("Cause")))


@dataclass(frozen=True, kw_only=True)
class DraftForm:
    """The unit price of a list drafted here; none takes that of the newest list."""

    price: Decimal | None = field(default=None, metadata=label(N_("Unit price")))


@dataclass(frozen=True, kw_only=True)
class NamedList:
    """The list that corrects the book."""

    list_no: str = field(metadata=label(N_("List number")))


@pages.page("/", title=N_("Cases"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def all_cases() -> str:
    """Every case, the newest first; narrowed by where it stands."""
    asked = request.args.get("state", "")
    chosen = CaseState(asked) if asked in set(CaseState) else None
    query = select(Discrepancy).order_by(Discrepancy.id.desc()).limit(500)
    found = session().scalars(query if chosen is None else query.where(Discrepancy.state == chosen)).all()
    counted = select(Discrepancy.state, func.count()).group_by(Discrepancy.state)
    return render_template(
        "customs/cases.html",
        cases=found,
        spots=spots_of(session(), found),
        chosen=chosen,
        states=list(CaseState),
        how_many={row[0]: row[1] for row in session().execute(counted)},
    )


@pages.page("/<number>", permission=Permission.READ_BOOK)
def one_case(number: str) -> str:
    """One case: its figures, its history, and the forms of whoever may act now."""
    case = find_case(session(), number)
    entries = history(session(), case)
    wanted = {entry.by_id for entry in entries}
    people = session().execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    waits = case.state is CaseState.DECIDED and case.remedy is Remedy.FOLLOWS
    undecided = waits or case.state in (CaseState.OPEN, CaseState.PROPOSED)
    adjustment = adjustments.of_case(session(), case)
    role = person().role
    return render_template(
        "customs/case.html",
        case=case,
        spot=spots_of(session(), [case])[case.id],
        entries=entries,
        people={row[0]: row[1] for row in people},
        adjustment=adjustment,
        remedies=deciding.remedies_for(case),
        count=None if case.count_id is None else session().get(Count, case.count_id),
        found_list=_list_of(case),
        found_pass=_pass_of(case),
        may_count=may(role, Permission.COUNT_STOCK),
        may_propose=undecided and may(role, Permission.RECONCILE),
        may_decide=case.state is CaseState.PROPOSED
        and may(role, Permission.DECIDE_DISCREPANCY)
        and case.proposed_by_id != person().id,
        drafted=_drafted(adjustment),
        may_name=adjustment is not None
        and adjustment.done_at is None
        and may(role, Permission.FILE_DOCUMENTS),
    )


def _drafted(adjustment: adjustments.Adjustment | None) -> BondedList | None:
    """The list drafted here for an adjustment."""
    if adjustment is None or not adjustment.drafted_no:
        return None
    query = select(BondedList).where(BondedList.inner_no == adjustment.drafted_no)
    return session().scalars(query).one_or_none()


def _list_of(case: Discrepancy) -> BondedList | None:
    query = select(BondedList).where(BondedList.list_no == case.document_number)
    return session().scalars(query).first() if case.document_number else None


def _pass_of(case: Discrepancy) -> GatePass | None:
    query = select(GatePass).where(GatePass.pass_no == case.pass_number)
    return session().scalars(query).first() if case.pass_number else None


@pages.action("/<number>/explain", permission=Permission.RECONCILE)
def explain(number: str) -> Response:
    """Add a cause or evidence."""
    form, by_id, at = parse_form(Said), person().id, now()
    run_action(
        lambda database: deciding.explain(database, number, said=form.said, by_id=by_id, at=at),
        action="case.explain",
    )
    return _back(number, say(N_("Kept with the case.")))


@pages.action("/<number>/propose", permission=Permission.RECONCILE)
def propose(number: str) -> Response:
    """Propose a remedy."""
    form, by_id, at = parse_form(Proposal), person().id, now()
    run_action(
        lambda database: deciding.propose(
            database, number, remedy=form.remedy, cause=form.cause, by_id=by_id, at=at
        ),
        action="case.propose",
    )
    return _back(number, say(N_("Proposed. An officer decides.")))


@pages.action("/<number>/decide", permission=Permission.DECIDE_DISCREPANCY)
def decide(number: str) -> Response:
    """An officer's yes or no."""
    form, by_id, at = parse_form(Said), person().id, now()
    approves = request.form.get("verdict") == "yes"

    def work(database: Session) -> None:
        act = deciding.approve if approves else deciding.send_back
        act(database, number, said=form.said, by_id=by_id, at=at)

    run_action(work, action="case.approve" if approves else "case.send_back")
    return _back(number, say(N_("Decided.")) if approves else say(N_("Sent back to the warehouse.")))


@pages.action("/<number>/name-list", permission=Permission.FILE_DOCUMENTS)
def name_list(number: str) -> Response:
    """The declarant names the list that answers an approved case."""
    form, by_id, at = parse_form(NamedList), person().id, now()
    run_action(
        lambda database: adjustments.name_list(database, number, list_no=form.list_no, by_id=by_id, at=at),
        action="case.name_list",
    )
    return _back(number, say(N_("The case closes when customs books that list.")))


@pages.action("/<number>/draft-list", permission=Permission.FILE_DOCUMENTS)
def draft_list(number: str) -> Response:
    """Declare the list that corrects the book, and send it."""
    form, by = parse_form(DraftForm), drafter()
    answered = run_once(
        lambda database: {"list": draft_correction(database, number, price=form.price, by=by).inner_no},
        action="case.draft_list",
        request_id=request_id(),
        content=f"{number} {form.price}",
    )
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    return _back(number, say(N_("List {list} is on its way to customs."), **answered.answer))


def _back(number: str, sentence: Sentence) -> Response:
    flash(t(sentence))
    return redirect(url_for("cases.one_case", number=number), 303)
