"""SAS121, taken in: a new pass that brings no more than its lists say, or one that is made void."""

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs import gate_pass, void_pass
from wms.customs.bonded_list import find_by_list_no
from wms.customs.effects import Desk, Effect, inner, repeated, taken
from wms.customs.gate_pass import UNUSED, GatePass, PassedList, riding_on
from wms.customs.messages.jg2.gate_pass import GatePassDraft
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import Document, Side


class NotOnList(Refusal):
    """A pass names a line that its list does not have."""

    message = N_("Gate pass {number} names line {line}, which list {list} does not have.")
    status = 422


class BeyondList(Refusal):
    """What rides on all the vehicles of a list is no more than the list."""

    message = N_("Gate pass {number}: {wanted} of {item} ride on it, but list {list} has {left} left.")
    status = 422


def declare_pass(session: Session, body: GatePassDraft, /, *, desk: Desk) -> Effect:
    """Keep a pass as declared, or make one void. Raises what speaks against either."""
    if body.head.declaration_type == void_pass.VOID:
        return void_pass.take(session, body)
    known = gate_pass.find_by_inner_no(session, body.head.inner_no)
    made = gate_pass.declare(session, body, at=desk.at)
    if known:
        return repeated(made.inner_no)
    check_carried(session, made)
    if body.head.gross_kg is not None:
        _tell_sum(session, made, at=desk.at)
    return taken(made.inner_no, inner(made.inner_no))


def _tell_sum(session: Session, made: GatePass, *, at: datetime) -> None:
    """The total is that of vehicle, frame, container and goods; a real pass left its goods out, so this only warns."""
    parts = made.vehicle_kg + made.frame_kg + made.container_kg + made.gross_kg
    if parts == made.total_kg:
        return
    said = say(
        N_("Gate pass {number}: {total} kg are declared, but its parts weigh {parts} kg together."),
        number=made.inner_no,
        total=made.total_kg.normalize(),
        parts=parts.normalize(),
    )
    raise_alert(
        session, kind="gate.sum", subject=made.inner_no, sentence=said, severity=Severity.WARNING, at=at
    )


def check_carried(session: Session, made: GatePass) -> None:
    """No vehicle brings what another one brings (customs 2.6: the sum of passportUsedQty is at most dclQty).

    Raises NotOnList and BeyondList. Lists not known here yet are left to the passage, which tells what it books above.
    Outward a list may need another vehicle, because parcels stayed behind; there the parcels tell who has what.
    """
    if made.side is Side.OUT:
        return
    first = made.list_nos[:1] if made.goods else []
    for bonded in filter(None, (find_by_list_no(session, number) for number in first)):
        lines = {line.line_no for line in bonded.lines}
        for part in made.goods:
            if part.list_line_no not in lines:
                raise NotOnList(number=made.inner_no, line=part.list_line_no, list=bonded.list_no)
    riding = riding_on(session, made)
    others = session.scalars(
        select(GatePass)
        .join(PassedList, PassedList.pass_id == GatePass.id)
        .where(
            PassedList.list_no.in_(made.list_nos),
            PassedList.list_no != "",
            GatePass.id != made.id,
            GatePass.side == Side.IN,
            GatePass.state.not_in(UNUSED),
        )
        .distinct()
    )
    carried = Counter[Document]()
    for other in others:
        for each in riding_on(session, other):
            carried[each.document] += each.stock_quantity
    for each in riding:
        left = each.line.stock_quantity - carried[each.document]
        carried[each.document] += each.stock_quantity
        if each.stock_quantity > left:
            raise BeyondList(
                number=made.inner_no,
                wanted=each.stock_quantity,
                item=each.line.item_no,
                list=each.bonded.list_no,
                left=max(0, left),
            )
