"""Messages about retail declarations, taken in: answers (CEB622), cancel requests (CEB623) and theirs (CEB624)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs.cancel_request import (
    CancelOutcome,
    CancelRequest,
    find_request,
    outcome_of,
)
from wms.customs.effects import KNOWN, TAKEN, Desk, Effect
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.cancellation import (
    CancellationDraft,
    CancellationMessage,
    CancellationReceipt,
    CancellationReceipts,
)
from wms.customs.messages.ceb.goods_return import GoodsReturnReceipt
from wms.customs.messages.ceb.retail_declaration import (
    RetailDeclarationReceipt,
    RetailDeclarationReceipts,
)
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, is_undone
from wms.customs.retail_receipts import Answer, RetailReceipt, has_words, newest, receipts_of, record
from wms.customs.retail_standing import settle
from wms.errors import Refusal
from wms.i18n import N_, Sentence, say

UNKNOWN_STATUS = N_("Return code {status} of {number} is not known here; a person decides.")
NOT_SENT = N_("Receipts were kept for {numbers}, which were never sent from here.")


class CannotCancel(Refusal):
    """Nothing is left that customs could cancel."""

    message = N_(
        "Declaration {number} of order {order} cannot be cancelled: it is returned or cancelled already, "
        "or its exit is booked."
    )
    status = 422


class RequestTaken(Refusal):
    """The number of a cancel request was used before for another declaration."""

    message = N_("Cancel request {number} was handed in before for declaration {list_no}.")
    status = 422


def answers_of(
    receipts: Sequence[RetailDeclarationReceipt | CancellationReceipt | GoodsReturnReceipt],
) -> list[Answer]:
    """Receipts of any of the three kinds as they are kept."""
    return [
        Answer(
            guid=each.guid,
            number=each.inner_no,
            pre_no=each.pre_entry_no,
            list_no=each.list_no or "",
            status=each.status,
            returned_at=each.returned_at,
            text=each.text,
        )
        for each in receipts
    ]


def take_declaration_receipts(session: Session, body: RetailDeclarationReceipts, /, *, desk: Desk) -> Effect:
    """CEB622: keep every answer and bring the declarations to what they say."""
    kept = record(session, "CEB622", answers_of(body.receipts), message_id=desk.message_id)
    numbers = {each.number for each in kept}
    known = {each.number for each in settle(session, numbers, desk=desk)}
    return effect_of(session, kept, missing=numbers - known, desk=desk)


def take_cancel_requests(session: Session, body: CancellationMessage, /, *, desk: Desk) -> Effect:
    """CEB623 as the declarant hands it in: from now on the goods wait for the answer. Raises CannotCancel."""
    changed = [each for each in body.documents if _request(session, each, desk=desk)]
    session.flush()
    _answer_requests(session, [each.inner_no or "" for each in changed])
    declarations = _named(
        session,
        order_nos=[each.order_no for each in changed],
        list_nos=[each.list_no for each in changed],
    )
    settle(session, declarations, desk=desk)
    number = body.documents[0].inner_no if len(body.documents) == 1 else None
    return Effect(
        outcome=Outcome.ACCEPTED if changed else Outcome.REPEATED,
        said=say(TAKEN if changed else KNOWN),
        document_number=number or "",
    )


def take_cancel_receipts(session: Session, body: CancellationReceipts, /, *, desk: Desk) -> Effect:
    """CEB624: 399 cancels and undoes, 100 leaves the declaration as it was."""
    kept = record(session, "CEB624", answers_of(body.receipts), message_id=desk.message_id)
    numbers = {each.number for each in kept}
    asked = _answer_requests(session, numbers)
    declarations = _named(
        session,
        order_nos=[each.order_no for each in asked],
        list_nos=[each.list_no for each in asked] + [each.list_no for each in kept if each.list_no],
    )
    settle(session, declarations, desk=desk)
    return effect_of(session, kept, missing=numbers - {each.number for each in asked}, desk=desk)


def effect_of(
    session: Session, kept: Sequence[RetailReceipt], *, missing: Iterable[str], desk: Desk
) -> Effect:
    """What became of a message of receipts: a code nobody knows parks it, all else is taken in."""
    numbers = {each.number for each in kept}
    number = numbers.pop() if len(numbers) == 1 else ""
    strange = next((each for each in kept if not has_words(each.status)), None)
    if strange is not None:
        said = say(UNKNOWN_STATUS, status=strange.status, number=strange.number)
        _warn(session, "receipt.unknown_code", strange.number, said, desk=desk)
        return Effect(outcome=Outcome.PARKED, said=said, document_number=number)
    if unsent := sorted(missing):
        said = say(NOT_SENT, numbers=", ".join(unsent[:5]) + (" …" if len(unsent) > 5 else ""))
        _warn(session, "receipt.never_sent", unsent[0], said, desk=desk)
        return Effect(outcome=Outcome.ACCEPTED, said=said, document_number=number)
    if all(each.is_repeated for each in kept):
        return Effect(outcome=Outcome.REPEATED, said=say(KNOWN), document_number=number)
    return Effect(outcome=Outcome.ACCEPTED, said=say(TAKEN), document_number=number)


def _warn(session: Session, kind: str, subject: str, said: Sentence, *, desk: Desk) -> None:
    raise_alert(session, kind=kind, subject=subject, sentence=said, severity=Severity.WARNING, at=desk.at)


def _request(session: Session, asked: CancellationDraft, *, desk: Desk) -> bool:
    """Keep a request; whether it says anything new. One that customs refused may be asked again."""
    number = asked.inner_no or asked.guid[:20]
    known = find_request(session, number)
    if known is not None and known.list_no != asked.list_no:
        raise RequestTaken(number=number, list_no=known.list_no)
    if known is not None and known.guid == asked.guid:
        return False
    last = newest(receipts_of(session, "CEB624", [number]))
    if last is None:
        # What customs answered before the copy of the request came here is no longer ours to refuse.
        _refuse_hopeless(session, asked)
    if known is None:
        session.add(
            CancelRequest(
                number=number,
                guid=asked.guid,
                order_no=asked.order_no,
                list_no=asked.list_no,
                requested_at=asked.declared_at,
                reason=asked.reason,
                message_id=desk.message_id,
                outcome=CancelOutcome.WAITING,
            )
        )
        return True
    known.guid, known.requested_at, known.reason = asked.guid, asked.declared_at, asked.reason
    known.message_id = desk.message_id
    known.answered_before = None if last is None else last.returned_at
    return True


def _refuse_hopeless(session: Session, asked: CancellationDraft) -> None:
    for number in _named(session, order_nos=[asked.order_no], list_nos=[asked.list_no]):
        found = session.scalars(select(RetailDeclaration).where(RetailDeclaration.number == number)).one()
        if is_undone(found) or found.book_effect is BookEffect.BOOKED:
            raise CannotCancel(number=found.number, order=found.order_no)


def _answer_requests(session: Session, numbers: Iterable[str]) -> list[CancelRequest]:
    """Bring these requests to what their receipts say."""
    query = select(CancelRequest).where(CancelRequest.number.in_(sorted(numbers)))
    found = list(session.scalars(query.order_by(CancelRequest.id).with_for_update()))
    receipts = receipts_of(session, "CEB624", [each.number for each in found])
    for each in found:
        each.outcome = outcome_of(each, receipts)
    session.flush()
    return found


def _named(session: Session, *, order_nos: Sequence[str], list_nos: Sequence[str]) -> list[str]:
    """Numbers of the declarations with these numbers of customs, or without one, made for these orders."""
    query = select(RetailDeclaration.number).where(
        RetailDeclaration.list_no.in_(list_nos)
        | ((RetailDeclaration.list_no == "") & RetailDeclaration.order_no.in_(order_nos))
    )
    return sorted(session.scalars(query))


PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {
    RetailDeclarationReceipts: take_declaration_receipts,
    CancellationMessage: take_cancel_requests,
    CancellationReceipts: take_cancel_receipts,
}
