"""Deciding a case: the warehouse says why and what to do, an officer who did not propose it says yes or no.

A yes settles the stock at once: what lies otherwise is moved there, what is missing goes to SHORTAGE, what was found
comes from SURPLUS and is held. The book is not touched. Where the book must change, the decision makes an Adjustment,
and only the list that answers it changes the book (`wms.customs.adjustments`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.adjustments import Adjustment, adjust
from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, Remedy, enter, find_case
from wms.customs.staged import refuse_bound
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.lots import Hold
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, PlaceHold
from wms.ledger.places import Location, Purpose, Regime, partner_code
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code


class CaseIsDecided(Refusal):
    """What is decided stays decided."""

    message = N_("Case {number} is decided already.")


class NothingProposed(Refusal):
    """There is nothing to say yes or no to."""

    message = N_("Nothing has been proposed for case {number} yet.")


class OwnProposal(Refusal):
    """Two people decide: one proposes, another says yes."""

    message = N_("You proposed this yourself. Another officer must decide case {number}.")
    status = 403


class RemedyDoesNotFit(Refusal):
    """Not every remedy fits every difference."""

    message = N_("This remedy does not fit case {number}. Possible: {possible}.")
    status = 422


class CauseMissing(Refusal):
    """A proposal without a cause cannot be judged."""

    message = N_("Say why it happened; an officer cannot judge a proposal without its cause.")
    status = 422


class NoShortagePlace(Refusal):
    """The registry gives every warehouse one; without it nothing can be called missing."""

    message = N_("The warehouse of {location} has no SHORTAGE place. File one in the registry.")


_SWAPS = (CaseKind.COUNT_LOT_SWAP, CaseKind.COUNT_MISPLACED, CaseKind.COUNT_CONDITION)
_ON_BOOK = (CaseKind.COUNT_SHORTAGE, CaseKind.COUNT_SURPLUS)
_LATE = (CaseKind.RECEIPT_SHORT, CaseKind.RECEIPT_WRONG_ITEM_MISSING)
_RECEIPTS = (
    CaseKind.RECEIPT_OVER,
    CaseKind.RECEIPT_SHORT,
    CaseKind.RECEIPT_WRONG_ITEM_MISSING,
    CaseKind.RECEIPT_WRONG_ITEM_EXTRA,
)


def remedies_for(case: Discrepancy) -> tuple[Remedy, ...]:
    """What may be proposed: nothing that would leave the book and its open rows without an answer."""
    if case.kind in _SWAPS or case.kind is CaseKind.RECEIPT_DAMAGED:
        return (Remedy.AS_IT_LIES,)
    if case.kind in _ON_BOOK:
        return (Remedy.BY_LIST,) if case.book_item_id else (Remedy.AS_IT_LIES,)
    if case.kind in _LATE:
        return (Remedy.BY_LIST, Remedy.FOLLOWS)
    if case.kind in _RECEIPTS:
        return (Remedy.BY_LIST,)
    return (Remedy.EXPLAINED,)


def explain(session: Session, number: str, *, said: str, by_id: int, at: datetime) -> Discrepancy:
    """Add a cause or evidence to a case; raises CaseIsDecided and CauseMissing."""
    case = _undecided(session, number)
    if not said.strip():
        raise CauseMissing
    enter(session, case, Act.EXPLAINED, at=at, by_id=by_id, said=said)
    return case


def propose(
    session: Session, number: str, *, remedy: Remedy, cause: str, by_id: int, at: datetime
) -> Discrepancy:
    """The warehouse says why it happened and what to do; raises RemedyDoesNotFit, CauseMissing, CaseIsDecided."""
    case = _undecided(session, number)
    possible = remedies_for(case)
    if remedy not in possible:
        raise RemedyDoesNotFit(number=number, possible=", ".join(possible))
    if not cause.strip():
        raise CauseMissing
    case.state, case.proposed_by_id, case.remedy = CaseState.PROPOSED, by_id, remedy
    enter(session, case, Act.PROPOSED, at=at, by_id=by_id, said=cause, facts={"remedy": remedy.value})
    return case


def send_back(session: Session, number: str, *, said: str, by_id: int, at: datetime) -> Discrepancy:
    """An officer says no: the case is open again and waits for a better proposal."""
    case = _proposed(session, number, by_id=by_id)
    if not said.strip():
        raise CauseMissing
    case.state, case.proposed_by_id, case.remedy = CaseState.OPEN, None, None
    enter(session, case, Act.SENT_BACK, at=at, by_id=by_id, said=said)
    return case


def approve(session: Session, number: str, *, said: str, by_id: int, at: datetime) -> Adjustment | None:
    """An officer says yes: the stock is settled at once, and where the book must change an Adjustment is made.

    Raises NothingProposed, OwnProposal, CaseIsDecided, and StagedGoods for what is on its way out.
    """
    case = _proposed(session, number, by_id=by_id)
    remedy = case.remedy
    assert remedy is not None, "a proposal names its remedy"
    enter(session, case, Act.APPROVED, at=at, by_id=by_id, said=said, facts={"remedy": remedy.value})
    session.flush()
    resolve(session, case, by_id=by_id, at=at)
    if remedy is Remedy.BY_LIST:
        case.state = CaseState.DECIDED
        return adjust(session, case, by_id=by_id, at=at)
    if remedy is Remedy.FOLLOWS:
        case.state = CaseState.DECIDED
        return None
    case.state = CaseState.CLOSED
    enter(session, case, Act.CLOSED, at=at, by_id=by_id)
    return None


def _undecided(session: Session, number: str) -> Discrepancy:
    """What waits for a later truck may be proposed anew: it may never come."""
    case = find_case(session, number, lock=True)
    waits = case.state is CaseState.DECIDED and case.remedy is Remedy.FOLLOWS
    if case.state in (CaseState.DECIDED, CaseState.CLOSED) and not waits:
        raise CaseIsDecided(number=number)
    return case


def _proposed(session: Session, number: str, *, by_id: int) -> Discrepancy:
    case = _undecided(session, number)
    if case.state is not CaseState.PROPOSED or case.proposed_by_id is None:
        raise NothingProposed(number=number)
    if case.proposed_by_id == by_id:
        raise OwnProposal(number=number)
    return case


def resolve(session: Session, case: Discrepancy, *, by_id: int, at: datetime) -> None:
    """Settle the stock of a count's case, book untouched; other kinds lie as the ledger says already."""
    operations = _settling(session, case, by_id=by_id, at=at)
    if operations:
        apply(session, operations, occurred_at=at)
        enter(session, case, Act.SETTLED, at=at, by_id=by_id, facts={"quantity": case.quantity})


def _settling(session: Session, case: Discrepancy, *, by_id: int, at: datetime) -> Sequence[Operation]:
    if case.location_id is None or case.lot_id is None:
        return []
    place = session.get_one(Location, case.location_id)
    if place.purpose is Purpose.STAGING and case.kind is not CaseKind.COUNT_SURPLUS:
        refuse_bound(session, location_id=place.id, lot_id=case.lot_id, quantity=case.quantity)
    match case.kind:
        case CaseKind.COUNT_SHORTAGE:
            gone_to = _shortage_of(session, place)
            return [_move(case, place.id, case.lot_id, gone_to, case.lot_id)]
        case CaseKind.COUNT_SURPLUS:
            source = location_by_code(session, partner_code(Purpose.SURPLUS, place.regime))
            assert source is not None
            found = _move(case, source.id, case.lot_id, place.id, case.lot_id)
            return [found, *_hold_found(session, case, place, by_id=by_id, at=at)]
        case CaseKind.COUNT_MISPLACED:
            assert case.other_location_id is not None
            return [_move(case, place.id, case.lot_id, case.other_location_id, case.lot_id)]
        case CaseKind.COUNT_LOT_SWAP | CaseKind.COUNT_CONDITION:
            assert case.other_lot_id is not None
            return [_move(case, place.id, case.lot_id, place.id, case.other_lot_id)]
        case _:
            return []


def _move(case: Discrepancy, source_id: int, lot_id: int, target_id: int, target_lot_id: int) -> Move:
    """A move under the case; only what was found waits for the case in the book."""
    return Move(
        source_id=source_id,
        source_lot_id=lot_id,
        target_id=target_id,
        target_lot_id=target_lot_id,
        quantity=case.quantity,
        document=case.document,
        case_number=case.number if case.kind is CaseKind.COUNT_SURPLUS else "",
    )


def _shortage_of(session: Session, place: Location) -> int:
    """The SHORTAGE place of the same warehouse, regime and zone."""
    same = (
        select(Location.id)
        .where(
            Location.purpose == Purpose.SHORTAGE,
            Location.regime == place.regime,
            Location.zone == place.zone,
        )
        .order_by((Location.warehouse_id == place.warehouse_id).desc(), Location.id)
    )
    found = session.scalars(same).first()
    if found is None:
        raise NoShortagePlace(location=place.code)
    return found


def _hold_found(
    session: Session, case: Discrepancy, place: Location, *, by_id: int, at: datetime
) -> list[Operation]:
    """What was found stands held until the book knows it; domestic goods are in no book and are free."""
    if place.regime is not Regime.BONDED or case.lot_id is None:
        return []
    hold = Hold(reason="盘盈待处理", case_number=case.number, by_id=by_id, placed_at=at)
    session.add(hold)
    session.flush()
    return [PlaceHold(hold_id=hold.id, location_id=place.id, lot_id=case.lot_id, quantity=case.quantity)]
