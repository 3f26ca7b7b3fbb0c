"""A message in: kept, read, and handed to the procedure it belongs to.

One message is one transaction with at most one ledger call; messages that waited for the document it brought are
taken up afterwards, each in its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from config.customs_rules import Passage as PassageResult
from config.customs_rules import Review
from wms.alerts import Severity, raise_alert
from wms.customs import (
    adjustments,
    arrival,
    bonded_list,
    cases,
    declaration,
    dispatch,
    exit_lists,
    gate_pass,
    inspection_receipts,
    return_list,
    statement,
    tell,
    two_step,
)
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.departure import pass_outbound
from wms.customs.effects import (
    NO_PROCEDURE,
    Desk,
    Effect,
    Procedure,
    declaration_key,
    inner,
    list_key,
    parked,
    pre_entry,
    repeated,
    taken,
    waits,
)
from wms.customs.inbox import InboxMessage, Outcome, settle
from wms.customs.messages.door import read_message
from wms.customs.messages.jg2.bonded_list import (
    BondedListBooked,
    BondedListDraft,
    BondedListReview,
)
from wms.customs.messages.jg2.gate_pass import GatePassDraft, GatePassPassage, GatePassReview
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.messages.jg2.two_step_pass import TwoStepPassDraft, TwoStepPassPassage, TwoStepPassReview
from wms.customs.messages.wire.faults import MessageRefused
from wms.customs.paper_intake import PAPERS
from wms.customs.pass_intake import declare_pass
from wms.customs.trade import Course
from wms.errors import Refusal
from wms.i18n import say
from wms.ledger.book import Side
from wms.ledger.operations import Enter, Operation
from wms.ledger.posting import apply


def take_in(session: Session, message: InboxMessage, *, desk: Desk) -> Effect:
    """Read a kept message and do what it says, or refuse it with its reason and nothing half done."""
    try:
        read = read_message(
            message.raw, file_name=message.file_name, limit_bytes=desk.settings.message_bytes_max
        )
    except MessageRefused as refused:
        return refuse_message(session, message, refused, desk=desk)
    message.kind = read.kind
    message.elements = _elements(read.body)
    savepoint = session.begin_nested()
    try:
        kind = type(read.body)
        procedure = PROCEDURES.get(kind) or desk.procedures.get(kind, _no_procedure)
        effect = procedure(session, read.body, desk=replace(desk, message_id=message.id))
        savepoint.commit()
    except Refusal as refused:
        savepoint.rollback()
        return _refuse(session, message, refused, reason=refused.code, desk=desk)
    message.document_number = effect.document_number[:64]
    message.waits_for = effect.waits_for
    settle(message, effect.outcome, effect.said)
    return effect


def refuse_message(session: Session, message: InboxMessage, refused: MessageRefused, *, desk: Desk) -> Effect:
    """Settle a message as refused for its form, with its reason, and tell people."""
    return _refuse(session, message, refused, reason=refused.reason.value, desk=desk)


def _refuse(session: Session, message: InboxMessage, refused: Refusal, *, reason: str, desk: Desk) -> Effect:
    said = say(refused.message, **refused.facts)
    message.elements = 0
    settle(message, Outcome.REFUSED, said, reason=reason)
    raise_alert(
        session,
        kind="message.refused",
        subject=message.file_name or str(message.id),
        sentence=said,
        severity=Severity.WARNING,
        at=desk.at,
    )
    return Effect(outcome=Outcome.REFUSED, said=said)


def _elements(body: object) -> int:
    """Business elements of a retail message; zone documents are one each and are not counted."""
    return len(getattr(body, "documents", ()) or getattr(body, "receipts", ()))


def _declare_list(session: Session, body: BondedListDraft, /, *, desk: Desk) -> Effect:
    known = bonded_list.find_by_inner_no(session, body.head.inner_no)
    made = bonded_list.declare(session, body, trade=desk.rules.trade, at=desk.at)
    if not known:
        tell.gathered(session, made, exit_lists.join_declarations(session, made), at=desk.at)
    return repeated(made.inner_no) if known else taken(made.inner_no, inner(made.inner_no))


def _answer(session: Session, body: ClientResponse, /, *, desk: Desk) -> Effect:
    document = bonded_list.find_by_inner_no(session, body.inner_no)
    if document is not None:
        bonded_list.answered(
            session,
            document,
            pre_entry_no=body.pre_entry_no,
            is_good=body.is_good,
            text=body.text,
            at=desk.at,
        )
        if document.state is ListState.REFUSED:
            exit_lists.part_declarations(session, document)
        return taken(body.inner_no, pre_entry(body.pre_entry_no))
    vehicle = gate_pass.find_by_inner_no(session, body.inner_no)
    if vehicle is not None:
        gate_pass.answered(vehicle, pre_entry_no=body.pre_entry_no, is_good=body.is_good, text=body.text)
        return taken(body.inner_no, pre_entry(body.pre_entry_no))
    return waits(body.inner_no, inner(body.inner_no))


def _review_list(session: Session, body: BondedListReview, /, *, desk: Desk) -> Effect:
    result = body.result
    document = bonded_list.find_by_pre_entry_no(session, result.pre_entry_no)
    if document is None:
        return waits(result.document_no or result.pre_entry_no, pre_entry(result.pre_entry_no))
    decision = bonded_list.review(
        session,
        document,
        list_no=result.document_no,
        result=result.result,
        text=result.remark,
        decided_at=result.decided_at or desk.at,
        rules=desk.rules.review,
    )
    if decision is None:
        return parked(document.list_no, result.result)
    if decision is Review.INSPECT:
        if document.inspection_asked:
            inspection_receipts.order_by_list(session, document, reason=result.remark, desk=desk)
        return taken(document.list_no, list_key(document.list_no))
    decided_at = result.decided_at or desk.at
    if document.state is ListState.RETURNED:
        exit_lists.part_declarations(session, document)
        dispatch.give_papers_back(session, document, by_id=desk.by_id, at=desk.at)
        declaration.record_return(session, document, text=result.remark, at=decided_at)
    if declaration.record_state(session, document, body.bonded_list, at=decided_at):
        _book_goods_first(session, document, at=decided_at)
    if decision is Review.BOOKED and document.side is Side.OUT:
        _book_exit(session, document, booked_at=result.decided_at or desk.at, desk=desk)
    named = body.bonded_list.declaration_no if body.bonded_list else ""
    return taken(document.list_no, list_key(document.list_no), declaration_key(named))


def _book_exit(session: Session, document: BondedList, *, booked_at: datetime, desk: Desk) -> None:
    if adjustments.book_named(session, document, by_id=desk.by_id, at=booked_at):
        return
    excess = exit_lists.book_exit(session, document, at=booked_at)
    tell.exit_excess(session, document, excess, at=desk.at, by_id=desk.by_id)


def _book_list(session: Session, body: BondedListBooked, /, *, desk: Desk) -> Effect:
    """INV211: the list is booked; its lines are customs' figures and must equal ours."""
    record = body.bonded_list
    document = bonded_list.find_by_list_no(session, record.list_no, lock=True)
    if document is None:
        return waits(record.list_no, list_key(record.list_no))
    booked_at = record.booked_at or desk.at
    if document.side is Side.OUT:
        # customs' own figures count even where another receipt has booked before
        _mirror(session, document, body, booked_at=booked_at)
        known = document.state is ListState.BOOKED
        _book_exit(session, document, booked_at=booked_at, desk=desk)
        return repeated(record.list_no) if known else taken(record.list_no)
    if document.state is ListState.BOOKED and document.booked_at is not None:
        return repeated(record.list_no)
    is_released = declaration.record_state(session, document, record, at=booked_at)
    stated = _mirror(session, document, body, booked_at=booked_at)
    ours = {line.line_no: line.quantity for line in document.lines}
    if stated != ours:
        _differs(session, document, stated, ours, desk=desk)
    document.state, document.booked_at = ListState.BOOKED, booked_at
    if adjustments.book_named(session, document, by_id=desk.by_id, at=booked_at):
        return taken(record.list_no)
    if return_list.is_return_list(document):
        done = return_list.book_returns(session, document, at=booked_at)
        tell.strange_returns(session, document, done.strangers, at=desk.at)
    elif document.course is Course.GOODS_FIRST:
        if is_released:
            _book_goods_first(session, document, at=booked_at)
    elif desk.settings.inbound_booked_by == "INV211" or document.course is Course.INSIDE_ZONE:
        _enter_list(session, document, at=booked_at)
    return taken(record.list_no, declaration_key(record.declaration_no))


def _book_goods_first(session: Session, document: BondedList, *, at: datetime) -> None:
    """先入区后报关: its declaration is released: book what passed the gate; later passes book themselves."""
    if document.course is Course.GOODS_FIRST and document.side is Side.IN:
        operations = arrival.goods_first_entries(session, document)
        session.flush()
        if operations:
            apply(session, operations, occurred_at=at)


def _enter_list(session: Session, document: BondedList, *, at: datetime) -> None:
    operations: list[Operation] = []
    for line in document.lines:
        here = bonded_list.line_of(document.list_no, line.line_no)
        operations.append(
            Enter(
                book_item_id=line.book_item_id,
                side=document.side,
                quantity=line.stock_quantity,
                document=here,
                answers=(here,),
            )
        )
    session.flush()
    apply(session, operations, occurred_at=at)


def _mirror(
    session: Session, document: BondedList, body: BondedListBooked, *, booked_at: datetime
) -> Mapping[int, Decimal]:
    stated: dict[int, Decimal] = {}
    for number, line in enumerate(body.book_lines, start=1):
        list_line = line.list_line_no or number
        quantity = line.entered_quantity or Decimal(0)
        stated[list_line] = quantity
        statement.mirror(
            session,
            book_id=document.book_id,
            source=document.list_no,
            source_line=list_line,
            item_no=line.item_no,
            side=document.side,
            quantity=quantity,
            stated_at=booked_at,
        )
    return stated


def _differs(
    session: Session,
    document: BondedList,
    stated: Mapping[int, Decimal],
    ours: Mapping[int, Decimal],
    *,
    desk: Desk,
) -> None:
    """Customs booked other quantities than the list says: a case for each line, the receipt stands."""
    for line in document.lines:
        difference = stated.get(line.line_no, Decimal(0)) - ours[line.line_no]
        if difference:
            cases.open_case(
                session,
                kind=cases.CaseKind.BOOKED_OTHERWISE,
                item_no=line.item_no,
                book_item_id=line.book_item_id,
                quantity=abs(line.stock_units(difference)),
                book_difference=0,
                document_number=document.list_no,
                document_line=line.line_no,
                at=desk.at,
                by_id=desk.by_id,
            )


def _review_pass(session: Session, body: GatePassReview, /, *, desk: Desk) -> Effect:
    result = body.result
    document = gate_pass.find_by_pre_entry_no(session, result.pre_entry_no)
    if document is None:
        return waits(result.document_no or result.pre_entry_no, pre_entry(result.pre_entry_no))
    decision = desk.rules.review.gate_pass.get(result.result)
    marked = (body.gate_pass.inspection_state if body.gate_pass else "") in desk.rules.review.pass_inspected
    gate_pass.review(
        document,
        pass_no=result.document_no,
        decision=decision,
        is_marked=marked,
        text=result.remark,
        decided_at=result.decided_at or desk.at,
    )
    if document.inspection_asked:
        inspection_receipts.order_by_pass(session, document, reason=result.remark, desk=desk)
    if decision is None:
        return parked(document.pass_no, result.result)
    return taken(document.pass_no)


def _pass_gate(session: Session, body: GatePassPassage, /, *, desk: Desk) -> Effect:
    """SAS223: the vehicle passed. Inbound it books what rides on it, once per pass number."""
    result, record = body.result, body.gate_pass
    number = (record.pass_no if record else "") or result.document_no
    document = gate_pass.find_by_pre_entry_no(session, result.pre_entry_no)
    document = document or gate_pass.find_by_pass_no(session, number, lock=True)
    if document is None:
        return waits(number, pre_entry(result.pre_entry_no))
    document.pass_no = document.pass_no or number
    if desk.rules.passage.get(result.result) is not PassageResult.PASSED:
        return parked(number, result.result)
    passage = gate_pass.Passage(
        passed_at=(record.passed_at if record else None) or result.decided_at or desk.at,
        collected_kg=record.collected_kg if record else None,
        tolerance_rate=gate_pass.tolerance_on(
            session, day=desk.day, otherwise=desk.settings.gate_weight_tolerance_rate
        ),
        books=desk.settings.inbound_booked_by == "SAS223",
    )
    if document.state is gate_pass.PassState.PASSED:
        if gate_pass.record_weight(document, passage):
            tell.weight(session, document, at=desk.at)
        return repeated(number)
    if missing := gate_pass.lists_missing(session, document):
        return waits(missing[0], list_key(missing[0]))
    if document.side is Side.OUT:
        tell.departed(session, document, pass_outbound(session, document, passage), at=desk.at)
    else:
        short = cases.short_cases(session, pass_number=document.pass_no)
        excess = arrival.pass_inbound(session, document, passage, short_cases=short)
        tell.excess(session, excess, at=desk.at)
    if document.weight_ok is False:
        tell.weight(session, document, at=desk.at)
    return taken(number)


def _declare_two_step(session: Session, body: TwoStepPassDraft, /, *, desk: Desk) -> Effect:
    """ICP101: a pass that names declarations; it waits until the lists they go with are known."""
    list_nos, missing = two_step.list_numbers(session, body)
    if missing:
        return waits(missing, declaration_key(missing))
    return declare_pass(session, two_step.ordinary(body, list_nos), desk=desk)


def _review_two_step(session: Session, body: TwoStepPassReview, /, *, desk: Desk) -> Effect:
    """SAS251."""
    return _review_pass(session, GatePassReview(result=body.result, notes=body.notes), desk=desk)


def _pass_two_step(session: Session, body: TwoStepPassPassage, /, *, desk: Desk) -> Effect:
    """SAS253."""
    return _pass_gate(session, GatePassPassage(result=body.result, notes=body.notes), desk=desk)


def _no_procedure(session: Session, body: object, /, *, desk: Desk) -> Effect:
    """A message we can read and nothing here acts on: kept, and shown to a person."""
    del session, body, desk
    return Effect(outcome=Outcome.PARKED, said=say(NO_PROCEDURE))


__all__ = ("PROCEDURES", "Desk", "Effect", "Procedure", "take_in")

PROCEDURES: Mapping[type[object], Callable[..., Effect]] = {
    BondedListDraft: _declare_list,
    GatePassDraft: declare_pass,
    ClientResponse: _answer,
    BondedListReview: _review_list,
    BondedListBooked: _book_list,
    GatePassReview: _review_pass,
    GatePassPassage: _pass_gate,
    TwoStepPassDraft: _declare_two_step,
    TwoStepPassReview: _review_two_step,
    TwoStepPassPassage: _pass_two_step,
    **PAPERS,
}
