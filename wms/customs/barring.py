"""What bars a retail declaration from pick, pack, load and gate, in one sentence a worker can act on.

Asked by every flow of the floor and by the lane before it lets a parcel on. Nothing is kept here, so nothing can be
stale: customs' last word, a waiting cancellation, open inspections, directed controls and held goods answer each
time.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, text
from sqlalchemy.orm import Session

from wms.customs import control, inspection
from wms.customs.double_random import SubjectKind
from wms.customs.retail_declaration import (
    RELEASED,
    BookEffect,
    RetailDeclaration,
    is_released,
    is_undone,
)
from wms.i18n import N_, Sentence, say

#: Return status of 622 that stops a parcel until customs says otherwise (查验, 扣留, 挂起, 退运).
INSPECTED: Final = frozenset({"500"})
STOPPED: Final = frozenset({"501", "502", "503", "599", "600", "700"})

# A lot that was picked for the declaration and lies held where it was brought. What is held of the same lot for
# another parcel does not count.
_HELD_LOTS = text("""
    select m.document_number as number, min(l.code) as lot
    from stock_move m
    join balance b on b.id = m.target_balance_id and b.held > 0
    join location p on p.id = b.location_id and p.purpose in ('STAGING', 'TRANSIT')
    join lot l on l.id = b.lot_id
    where m.document_kind = 'RETAIL_DECLARATION' and m.document_number = any(:numbers)
      and b.held > (
        select coalesce(sum(e.quantity), 0) from hold_entry e
        join inspection i on i.hold_id = e.hold_id and i.subject_kind = 'RETAIL_DECLARATION'
        where e.balance_id = b.id)
    group by 1
""")


def inspected() -> ColumnElement[bool]:
    """Where an inspection of the declaration is open, or ended otherwise than in release."""
    return exists().where(
        and_(
            inspection.Inspection.subject_kind == SubjectKind.RETAIL_DECLARATION,
            inspection.Inspection.subject_number == RetailDeclaration.number,
            or_(
                inspection.Inspection.state != inspection.InspectionState.CLOSED,
                inspection.Inspection.result.is_distinct_from(inspection.Result.RELEASE),
            ),
        )
    )


def barred() -> ColumnElement[bool]:
    """Where a query looks for work: what customs' receipts and open inspections bar; the rest is asked at the scan."""
    return or_(
        RetailDeclaration.cancel_pending,
        RetailDeclaration.book_effect == BookEffect.WITHDRAWN,
        RetailDeclaration.state.not_in(RELEASED),
        inspected(),
    )


def bars(session: Session, declaration: RetailDeclaration) -> Sentence | None:
    """Why the declaration's goods may not go on now; None when nothing bars them."""
    return bars_all(session, [declaration]).get(declaration.number)


def bars_all(session: Session, declarations: Sequence[RetailDeclaration]) -> dict[str, Sentence]:
    """The barred ones among many, by number; a fixed number of statements however many."""
    found: dict[str, Sentence] = {}
    for each in declarations:
        said = _by_state(each)
        if said is not None:
            found[each.number] = said
    left = [each for each in declarations if each.number not in found]
    numbers = [each.number for each in left]
    inspected = inspection.barred_by_inspection(session, SubjectKind.RETAIL_DECLARATION, numbers)
    found |= {number: inspection.barring_sentence(each) for number, each in inspected.items()}
    found |= _by_control(session, [each for each in left if each.number not in found])
    if numbers:
        for row in session.execute(_HELD_LOTS, {"numbers": numbers}):
            found.setdefault(
                row.number, say(N_("Lot {lot} of this parcel is on hold. Put it aside."), lot=row.lot)
            )
    return found


def _by_state(declaration: RetailDeclaration) -> Sentence | None:
    """What customs' receipts alone say (pure)."""
    order = {"order": declaration.order_no}
    if is_undone(declaration):
        return say(
            N_("The declaration of order {order} was cancelled or returned. Put the goods back."), **order
        )
    if declaration.cancel_pending:
        return say(N_("A cancellation of order {order} waits for customs' answer. Put it aside."), **order)
    if declaration.state in INSPECTED:
        return say(N_("Customs wants to inspect order {order}. Put it aside."), **order)
    if declaration.state in STOPPED:
        return say(
            N_("Customs stopped order {order} ({state}). Put it aside."), state=declaration.state, **order
        )
    if not is_released(declaration):
        return say(N_("Customs has not released order {order} yet."), **order)
    return None


def _by_control(session: Session, declarations: Sequence[RetailDeclaration]) -> dict[str, Sentence]:
    """Declarations a directed control asks for that have not been inspected for it."""
    controls = control.in_force(session)
    if not controls or not declarations:
        return {}
    passed = _inspected_for(session, [each.number for each in declarations])
    traits = control.declaration_traits(session, declarations)
    found = {}
    for each in declarations:
        asked = [one for one in controls if one.number not in passed.get(each.number, set())]
        fitting = control.first_fitting(asked, traits[each.number])
        if fitting is not None:
            found[each.number] = say(
                N_("Directed control {number}: this parcel is to be inspected. Put it aside."),
                number=fitting.number,
            )
    return found


_INSPECTED_FOR = text("""
    select subject_number, order_number from inspection
    where subject_kind = 'RETAIL_DECLARATION' and ordered_by = 'CONTROL' and subject_number = any(:numbers)
""")


def _inspected_for(session: Session, numbers: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, control_number in session.execute(_INSPECTED_FOR, {"numbers": list(numbers)}):
        found.setdefault(number, set()).add(control_number)
    return found
