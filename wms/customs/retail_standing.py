"""Where retail declarations stand by all that customs said, and what follows for the ledgers.

The standing is reckoned anew from every receipt each time one comes, so it never depends on the order of arrival.
What a declaration took (book, goods, the buyer's year) is given back as soon as it is undone, and taken again, past
the guards, when a later receipt makes it live again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs.cancel_request import CancelOutcome, CancelRequest, outcome_of, requests_about
from wms.customs.cases import CaseKind, open_case
from wms.customs.effects import Desk
from wms.customs.let_go import let_go, parcels_in_bins
from wms.customs.retail_declaration import (
    CANCELLED,
    BookEffect,
    RetailDeclaration,
    document_of,
    is_undoing,
    is_undone,
)
from wms.customs.retail_promises import Guards, promise, withdraw
from wms.customs.retail_receipts import (
    GRANTED,
    RetailReceipt,
    first_release,
    newest,
    receipts_of,
)
from wms.customs.tax_bill import compare
from wms.i18n import N_, say
from wms.ledger.book import AccountBook, BookFact, FactKind
from wms.ledger.operations import Operation
from wms.ledger.posting import apply
from wms.registry.products import Product

RETURNED = N_("Customs returned declaration {number} of order {order}: {text}")
UNDONE_TOO_LATE = N_(
    "Declaration {number} of order {order} was taken back by customs, but its goods have left the zone. "
    "Ask customs what to do and settle its case."
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What all receipts come to; texts are empty where nothing was said."""

    state: str
    list_no: str
    pre_no: str
    released_at: datetime | None
    release_stamp: str
    cancel_pending: bool


def standing(
    receipts: Iterable[RetailReceipt],
    cancel_receipts: Iterable[RetailReceipt],
    requests: Iterable[CancelRequest],
    *,
    answered_before: datetime | None = None,
) -> Standing:
    """What the answers to a declaration (622) and to the requests to cancel it (623, 624) come to. Pure.

    Answers up to `answered_before` belong to a version that was changed since; only customs' numbers outlast it.
    """
    every = [each for each in receipts if not each.is_repeated]
    told = [each for each in every if answered_before is None or each.returned_at > answered_before]
    last, release = newest(told), first_release(told)
    by_request: dict[str, list[RetailReceipt]] = defaultdict(list)
    for each in cancel_receipts:
        by_request[each.number].append(each)
    answers = [newest(each) for each in by_request.values()]
    cancelled = any(each is not None and each.status == GRANTED for each in answers)
    waits = any(outcome_of(each, by_request[each.number]) is CancelOutcome.WAITING for each in requests)
    state = CANCELLED if cancelled else last.status if last is not None else ""
    return Standing(
        state=state,
        # A list cancelled before customs registered it is numbered by the answer to the cancellation only.
        list_no=_list_no(every) or _list_no(cancel_receipts),
        pre_no=_pre_no(every),
        released_at=None if release is None else release.returned_at,
        release_stamp="" if release is None else release.stamp,
        cancel_pending=waits and not is_undoing(state),
    )


def _list_no(receipts: Iterable[RetailReceipt]) -> str:
    """Customs' number, as the newest receipt that has one says it; of two at once the greater, whichever came last."""
    last = max(
        (each for each in receipts if each.list_no),
        key=lambda each: (each.returned_at, each.list_no),
        default=None,
    )
    return "" if last is None else last.list_no


def _pre_no(receipts: Iterable[RetailReceipt]) -> str:
    """The e-port's number, as the newest receipt says it."""
    last = newest(receipts)
    return "" if last is None else last.pre_no


def settle(session: Session, numbers: Iterable[str], *, desk: Desk) -> list[RetailDeclaration]:
    """Bring these declarations to what customs said of them, with at most one ledger call; gives those known."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.number.in_(sorted(numbers)), RetailDeclaration.is_history.is_(False)
    )
    query = query.order_by(RetailDeclaration.id).with_for_update().execution_options(populate_existing=True)
    declarations = list(session.scalars(query))
    if not declarations:
        return []
    told = _Told.read(session, declarations)
    undone, named = [], []
    for each in declarations:
        was_undone, number = is_undone(each), each.list_no
        _stand(each, told.standing_of(each))
        if each.list_no and each.list_no != number:
            named.append(each.list_no)
        if is_undone(each) and not was_undone:
            undone.append(each)
    operations = _operations(session, declarations, desk=desk)
    _tell(session, undone, told, desk=desk)
    session.flush()
    # A bill may have come before the receipt that tells whose it is.
    compare(session, named, desk=desk)
    if operations:
        apply(session, operations, occurred_at=desk.at)
    return declarations


def to_join(session: Session) -> list[str]:
    """Declarations that stand where they were drafted although something was said of them before."""
    said = select(RetailReceipt.id).where(
        RetailReceipt.kind == "CEB622", RetailReceipt.number == RetailDeclaration.number
    )
    asked = select(CancelRequest.id).where(CancelRequest.order_no == RetailDeclaration.order_no)
    query = select(RetailDeclaration.number).where(
        RetailDeclaration.state == "",
        RetailDeclaration.cancel_pending.is_(False),
        or_(said.exists(), asked.exists()),
    )
    return list(session.scalars(query))


@dataclass(frozen=True, kw_only=True)
class _Told:
    """All that was said of some declarations."""

    receipts: dict[str, list[RetailReceipt]]
    requests: list[CancelRequest]
    cancel_receipts: list[RetailReceipt]

    @classmethod
    def read(cls, session: Session, declarations: Sequence[RetailDeclaration]) -> "_Told":
        receipts: dict[str, list[RetailReceipt]] = defaultdict(list)
        for each in receipts_of(session, "CEB622", [one.number for one in declarations]):
            receipts[each.number].append(each)
        list_nos = {each.list_no for some in receipts.values() for each in some if each.list_no}
        requests = requests_about(
            session, order_nos=[each.order_no for each in declarations], list_nos=list_nos
        )
        asked = sorted({each.number for each in requests})
        query = select(RetailReceipt).where(
            RetailReceipt.kind == "CEB624",
            or_(RetailReceipt.number.in_(asked), RetailReceipt.list_no.in_(sorted(list_nos))),
        )
        answers = list(session.scalars(query.order_by(RetailReceipt.id)))
        return cls(receipts=receipts, requests=requests, cancel_receipts=answers)

    def standing_of(self, declaration: RetailDeclaration) -> Standing:
        """A request belongs to a declaration by customs' number, and until that is known by the order."""
        receipts = self.receipts.get(declaration.number, [])
        list_no = _list_no(receipts)
        requests = [
            each
            for each in self.requests
            if (each.list_no == list_no if list_no else each.order_no == declaration.order_no)
        ]
        asked = {each.number for each in requests}
        answers = [
            each
            for each in self.cancel_receipts
            if each.number in asked or (list_no and each.list_no == list_no)
        ]
        return standing(receipts, answers, requests, answered_before=declaration.answered_before)

    def last_text(self, declaration: RetailDeclaration) -> str:
        last = newest(self.receipts.get(declaration.number, []))
        return "" if last is None else last.text


def _stand(declaration: RetailDeclaration, now: Standing) -> None:
    declaration.state = now.state
    declaration.list_no = now.list_no
    declaration.pre_no = now.pre_no
    declaration.released_at = now.released_at
    declaration.release_stamp = now.release_stamp
    declaration.cancel_pending = now.cancel_pending


def _operations(
    session: Session, declarations: Sequence[RetailDeclaration], *, desk: Desk
) -> list[Operation]:
    """What must be given back or taken again, so that each declaration holds what its state says."""
    operations: list[Operation] = []
    undone: list[int] = []
    for each in declarations:
        if is_undone(each) and each.book_effect is BookEffect.PROMISED:
            undone.append(each.id)
            owner_id = session.get_one(AccountBook, each.book_id).company_id
            operations += withdraw(each, owner_id=owner_id)
            each.book_effect = BookEffect.WITHDRAWN
        elif not is_undone(each) and each.book_effect is BookEffect.WITHDRAWN:
            operations += promise(each, _past_the_guards(session, each, desk=desk))
            each.book_effect = BookEffect.PROMISED
    if undone:
        operations += let_go(session, parcels_in_bins(session, undone))
    return operations


def _past_the_guards(session: Session, declaration: RetailDeclaration, *, desk: Desk) -> Guards:
    query = select(Product).where(
        Product.item_no.in_([line.item_no for line in declaration.lines]), Product.yearly_max_qty.is_not(None)
    )
    return Guards(
        owner_id=session.get_one(AccountBook, declaration.book_id).company_id,
        yearly_fen=0,
        yearly_max={product.item_no: 0 for product in session.scalars(query)},
        day=desk.day,
        min_remaining_days=0,
        are_binding=False,
    )


def _tell(session: Session, undone: Sequence[RetailDeclaration], told: _Told, *, desk: Desk) -> None:
    """Say which declarations were taken back; those whose goods are gone already become cases."""
    gone = _gone(session, undone)
    for each in undone:
        late = each.book_effect is BookEffect.BOOKED or each.number in gone
        if each.state != CANCELLED:
            said = say(RETURNED, number=each.number, order=each.order_no, text=told.last_text(each))
            raise_alert(
                session,
                kind="declaration.returned",
                subject=each.number,
                sentence=said,
                severity=Severity.WARNING,
                at=desk.at,
            )
        if late:
            _open_cases(session, each, desk=desk)


def _gone(session: Session, declarations: Sequence[RetailDeclaration]) -> set[str]:
    """Those whose goods have passed the gate."""
    if not declarations:
        return set()
    kind = document_of("").kind
    query = select(BookFact.document_number).where(
        BookFact.document_kind == kind,
        BookFact.document_number.in_([each.number for each in declarations]),
        BookFact.kind == FactKind.MOVED,
    )
    return set(session.scalars(query))


def _open_cases(session: Session, declaration: RetailDeclaration, *, desk: Desk) -> None:
    raise_alert(
        session,
        kind="declaration.undone_too_late",
        subject=declaration.number,
        sentence=say(UNDONE_TOO_LATE, number=declaration.number, order=declaration.order_no),
        severity=Severity.CRITICAL,
        at=desk.at,
    )
    for line in declaration.lines:
        open_case(
            session,
            kind=CaseKind.BOOKED_OTHERWISE,
            item_no=line.item_no,
            book_item_id=line.book_item_id,
            quantity=line.stock_quantity,
            book_difference=0,
            document_number=declaration.number,
            document_line=line.line_no,
            at=desk.at,
            by_id=desk.by_id,
        )
