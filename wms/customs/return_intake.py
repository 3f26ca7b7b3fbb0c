"""Requests to return goods (CEB625) and customs' answers (CEB626), taken in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.effects import KNOWN, TAKEN, Desk, Effect
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.goods_return import (
    GoodsReturnDraft,
    GoodsReturnLine,
    GoodsReturnMessage,
    GoodsReturnReceipts,
)
from wms.customs.retail_declaration import (
    RetailDeclaration,
    RetailDeclarationLine,
    document_of,
    find_by_list_no,
    is_released,
)
from wms.customs.retail_intake import answers_of, effect_of
from wms.customs.retail_promises import fen
from wms.customs.retail_receipts import (
    GRANTED,
    RetailReceipt,
    is_failure,
    newest,
    receipts_of,
    record,
)
from wms.customs.return_case import (
    Application,
    Reentry,
    ReturnCase,
    ReturnLine,
    day_of,
    find_by_number,
    reentry_of,
    returned_before,
)
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import Document, DocumentKind
from wms.ledger.operations import Operation, RestoreAllowance, UseAllowance
from wms.ledger.posting import apply
from wms.registry.rules import rules_needed
from wms.registry.units import UnitsDoNotDivide, half_up

_OPENING: Final = Document(kind=DocumentKind.OPENING, number="OPENING")


class UnknownDeclaration(Refusal):
    """Goods can only come back that went out on a declaration known here."""

    message = N_("Return {number} names declaration {list_no}, which is not known here.")
    status = 422


class NotReleased(Refusal):
    """What was never released cannot come back."""

    message = N_("Return {number}: declaration {list_no} was never released.")
    status = 422


class ReturnTaken(Refusal):
    """Our own number was used before for another return."""

    message = N_("Return {number} was handed in before with other content.")
    status = 422


class LineNotDeclared(Refusal):
    """A return names a line the declaration does not have."""

    message = N_("Return {number} line {line}: declaration {list_no} has no such line in unit {unit}.")
    status = 422


class ReturnTooMuch(Refusal):
    """No more comes back than went out."""

    message = N_("Return {number} line {line}: {wanted} is more than the {left} that can still come back.")
    status = 422


def take_return_requests(session: Session, body: GoodsReturnMessage, /, *, desk: Desk) -> Effect:
    """CEB625 as the declarant hands it in. Raises the refusals above; nothing of a refused message is kept."""
    made = [each for each in body.documents if _request(session, each, desk=desk)]
    session.flush()
    _settle(session, [each.head.inner_no or "" for each in made], desk=desk)
    number = body.documents[0].head.inner_no if len(body.documents) == 1 else None
    return Effect(
        outcome=Outcome.ACCEPTED if made else Outcome.REPEATED,
        said=say(TAKEN if made else KNOWN),
        document_number=number or "",
    )


def take_return_receipts(session: Session, body: GoodsReturnReceipts, /, *, desk: Desk) -> Effect:
    """CEB626: 399 accepts and gives the yearly amount back, once; 100 refuses."""
    kept = record(session, "CEB626", answers_of(body.receipts), message_id=desk.message_id)
    numbers = {each.number for each in kept}
    known = _settle(session, numbers, desk=desk)
    return effect_of(session, kept, missing=numbers - known, desk=desk)


def application_of(case: ReturnCase, receipts: Iterable[RetailReceipt]) -> Application:
    """What the receipts (CEB626) of a request come to; without a word of customs the days decide."""
    last = newest(each for each in receipts if each.number == case.number)
    if last is not None and last.status == GRANTED:
        return Application.ACCEPTED
    if case.is_late:
        return Application.REFUSED_LATE
    if last is not None and is_failure(last.status):
        return Application.REFUSED
    return Application.WAITING


def value_of(case: ReturnCase) -> Decimal:
    """Dutiable value of what comes back, CNY: each line's share of its own, half up to the fen."""
    declared = {line.line_no: line for line in case.declaration.lines}
    return sum(
        (
            half_up(
                Fraction(declared[line.line_no].tax_price)
                * Fraction(line.quantity)
                / Fraction(declared[line.line_no].quantity),
                2,
            )
            for line in case.lines
        ),
        Decimal(0),
    )


def _settle(session: Session, numbers: Iterable[str], *, desk: Desk) -> set[str]:
    """Bring these cases to what customs said, giving back what is due; the numbers of those known."""
    query = select(ReturnCase).where(ReturnCase.number.in_(sorted(numbers)))
    cases = list(session.scalars(query.order_by(ReturnCase.id).with_for_update(of=ReturnCase)))
    receipts = receipts_of(session, "CEB626", [each.number for each in cases])
    operations: list[Operation] = []
    for case in cases:
        case.application = application_of(case, receipts)
        case.reentry = reentry_of(case)
        if case.application is Application.ACCEPTED and case.given_back_on is None:
            case.given_back, case.given_back_on = value_of(case), _today(desk)
            operations.append(_give_back(case))
        elif case.application is not Application.ACCEPTED and case.given_back:
            # Customs accepted and then refused: their last word counts, in whatever order the two came.
            operations.append(_take_again(case))
            case.given_back, case.given_back_on = Decimal(0), None
    session.flush()
    if operations:
        apply(session, operations, occurred_at=desk.at)
    return {case.number for case in cases}


def _give_back(case: ReturnCase) -> Operation:
    """The amount goes back to the year it was used in; one of the history was used before the opening."""
    declaration = case.declaration
    return RestoreAllowance(
        buyer=declaration.buyer,
        year=declaration.year,
        document=_used_by(case),
        quantity=fen(case.given_back),
        if_open=True,
        used_by=_OPENING if declaration.is_history else None,
    )


def _take_again(case: ReturnCase) -> Operation:
    """What was given back is used again, past the limit: customs say so."""
    declaration = case.declaration
    return UseAllowance(
        buyer=declaration.buyer,
        year=declaration.year,
        quantity=fen(case.given_back),
        document=_used_by(case),
        limit=None,
    )


def _used_by(case: ReturnCase) -> Document:
    if case.declaration.is_history:
        return Document(kind=DocumentKind.RETURN_REQUEST, number=case.number)
    return document_of(case.declaration.number)


def _today(desk: Desk) -> date:
    return desk.day


def _request(session: Session, asked: GoodsReturnDraft, *, desk: Desk) -> bool:
    """Keep a request; whether it is new."""
    head = asked.head
    number = head.inner_no or head.guid[:20]
    known = find_by_number(session, number)
    if known is not None:
        if known.guid != head.guid:
            raise ReturnTaken(number=number)
        return False
    declaration = find_by_list_no(session, head.list_no, lock=True)
    if declaration is None:
        raise UnknownDeclaration(number=number, list_no=head.list_no)
    if not is_released(declaration):
        raise NotReleased(number=number, list_no=head.list_no)
    applied_on = head.declared_at.astimezone(ZoneInfo(desk.settings.time_zone)).date()
    rules = rules_needed(session, day=applied_on)
    before = returned_before(session, declaration)
    apply_day = day_of(declaration, applied_on)
    session.add(
        ReturnCase(
            number=number,
            guid=head.guid,
            declaration=declaration,
            reason=head.reason,
            applied_on=applied_on,
            apply_day=apply_day,
            is_late=apply_day > rules.return_apply_days,
            back_days_max=rules.return_back_days,
            application=Application.WAITING,
            reentry=Reentry.NOT_ARRIVED,
            given_back=Decimal(0),
            message_id=desk.message_id,
            lines=[_line(declaration, line, number=number, before=before) for line in asked.lines],
        )
    )
    session.flush()
    return True


def _line(
    declaration: RetailDeclaration, asked: GoodsReturnLine, *, number: str, before: Mapping[int, Decimal]
) -> ReturnLine:
    declared = {line.line_no: line for line in declaration.lines}.get(asked.line_no)
    if declared is None or declared.unit != asked.unit:
        raise LineNotDeclared(number=number, line=asked.line_no, list_no=declaration.list_no, unit=asked.unit)
    left = declared.quantity - before.get(asked.line_no, Decimal(0))
    if not 0 < asked.quantity <= left:
        raise ReturnTooMuch(
            number=number, line=asked.line_no, wanted=asked.quantity.normalize(), left=left.normalize()
        )
    return line_back(declared, asked.quantity)


def line_back(declared: RetailDeclarationLine, quantity: Decimal) -> ReturnLine:
    """So much of a declared line comes back; refuses what is no whole stock unit."""
    stock = Fraction(quantity) * declared.stock_quantity / Fraction(declared.quantity)
    if stock.denominator != 1:
        raise UnitsDoNotDivide(quantity=quantity, exact=half_up(stock))
    return ReturnLine(
        line_no=declared.line_no,
        book_item_id=declared.book_item_id,
        item_no=declared.item_no,
        quantity=quantity,
        stock_quantity=stock.numerator,
    )


PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {
    GoodsReturnMessage: take_return_requests,
    GoodsReturnReceipts: take_return_receipts,
}
