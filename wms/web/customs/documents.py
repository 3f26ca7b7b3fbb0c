"""Bonded lists, gate passes and messages, each with its story."""

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs import transfer
from wms.customs.bonded_list import BondedList
from wms.customs.declaration import of_list
from wms.customs.dispatch import find_dispatch
from wms.customs.exit_lists import lists_left
from wms.customs.gate_pass import GatePass, PassedList, riding_on
from wms.customs.inbox import InboxMessage, Outcome, newest
from wms.customs.overview import goods_in_zone
from wms.customs.return_list import lists_back
from wms.floor.loading import load_of
from wms.floor.overview import parcels
from wms.floor.packing import STATES
from wms.floor.receipt_progress import progress
from wms.i18n import N_
from wms.ledger.book import DocumentKind, Side
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, run_action, session
from wms.web.language import t
from wms.web.refusals import NoSuchPage

lists = Pages("lists", "/customs/lists")
passes = Pages("passes", "/customs/passes")
messages = Pages("messages", "/customs/messages")
#: Parcels listed on the page of a pass or an exit list.
LOAD_SHOWN = 500


@lists.page("/", title=N_("Bonded lists"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def all_lists() -> str:
    """Every bonded list, the newest first."""
    found = session().scalars(select(BondedList).order_by(BondedList.id.desc()).limit(500)).all()
    return render_template(
        "customs/lists.html",
        lists=found,
        in_zone=goods_in_zone(session()),
        back=lists_back(session()),
        left=lists_left(session()),
    )


@lists.page("/<int:list_id>", permission=Permission.READ_DOCUMENTS)
def one_list(list_id: int) -> str:
    """One list with its lines, the vehicles it rides on, and its messages."""
    found = session().get(BondedList, list_id)
    if found is None:
        raise NoSuchPage
    return render_template(
        "customs/list.html",
        bonded=found,
        declaration=of_list(session(), found),
        dispatch=find_dispatch(session(), DocumentKind.BONDED_LIST, found.list_no),
        parcels=parcels(session(), list_no=found.list_no, limit=LOAD_SHOWN) if found.list_no else [],
        states=STATES,
        may_transfer=transfer.may_transfer(session(), found),
        passes=_passes_of(found),
        messages=_messages_of(found.inner_no, found.list_no),
    )


@lists.action("/<int:list_id>/transfer", permission=Permission.PICK)
def carry_out(list_id: int) -> Response:
    """Carry out a transfer inside the zone: both lists are approved, the goods change owner and book."""
    found = session().get(BondedList, list_id)
    if found is None:
        raise NoSuchPage
    number, at, day = found.list_no, now(), house().day_of(now())
    run_action(
        lambda database: transfer.carry_out(database, number, day=day, at=at), action="transfer.carry_out"
    )
    flash(t(N_("Transfer {number} is carried out."), number=number))
    return redirect(url_for("lists.one_list", list_id=list_id), 303)


@passes.page("/", title=N_("Gate passes"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def all_passes() -> str:
    """Every gate pass, the newest first."""
    found = session().scalars(select(GatePass).order_by(GatePass.id.desc()).limit(500)).all()
    return render_template("customs/passes.html", passes=found)


@passes.page("/<int:pass_id>", permission=Permission.READ_DOCUMENTS)
def one_pass(pass_id: int) -> str:
    """One pass: its vehicle and weights, what rides on it, and what was received."""
    found = session().get(GatePass, pass_id)
    if found is None:
        raise NoSuchPage
    outward = found.side is Side.OUT
    loaded, total = load_of(session(), found) if outward else (0, 0)
    return render_template(
        "customs/pass.html",
        gate_pass=found,
        loaded=loaded,
        total=total,
        parcels=parcels(session(), pass_id=found.id, limit=LOAD_SHOWN) if outward else [],
        states=STATES,
        riding=riding_on(session(), found),
        received=progress(session(), found),
        messages=_messages_of(found.inner_no, found.pass_no),
    )


@messages.page("/", title=N_("Messages"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def all_messages() -> str:
    """Messages as they came in, the newest first; narrowed by what became of them."""
    asked = request.args.get("outcome", "")
    outcome = Outcome(asked) if asked in set(Outcome) else None
    return render_template(
        "customs/messages.html",
        messages=newest(session(), outcome=outcome),
        outcomes=list(Outcome),
        chosen=outcome,
    )


def _passes_of(bonded: BondedList) -> list[GatePass]:

    if not bonded.list_no:
        return []
    query = (
        select(GatePass).join(PassedList).where(PassedList.list_no == bonded.list_no).order_by(GatePass.id)
    )
    return list(session().scalars(query))


def _messages_of(*numbers: str) -> list[InboxMessage]:
    wanted = [number for number in numbers if number]
    query = select(InboxMessage).where(InboxMessage.document_number.in_(wanted)).order_by(InboxMessage.id)
    return list(session().scalars(query))
