"""Goods that follow on a later truck (货物后到): an officer allowed missing goods to come after their papers.

The case waits. What comes is received under the list line and pass it was missing on, whatever pass the later truck
has, so that it answers what customs has booked; the case ends with the last piece. If it never comes, the warehouse
proposes another remedy.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import line_of
from wms.customs.cases import Act, CaseState, Discrepancy, Remedy, enter
from wms.ledger.book import Document


@dataclass(frozen=True, kw_only=True)
class Following:
    """So many stock units of a case that may be received now."""

    case: Discrepancy
    quantity: int

    @property
    def document(self) -> Document:
        """The list line they were missing on."""
        return line_of(self.case.document_number, self.case.document_line)


def following(session: Session, *, book_item_id: int, pass_number: str, quantity: int) -> list[Following]:
    """Cases that wait for goods of a book item, oldest first, as far as `quantity` goes; locked."""
    query = (
        select(Discrepancy)
        .where(
            Discrepancy.book_item_id == book_item_id,
            Discrepancy.state == CaseState.DECIDED,
            Discrepancy.remedy == Remedy.FOLLOWS,
            Discrepancy.pass_number != pass_number,
        )
        .order_by(Discrepancy.id)
        .with_for_update()
    )
    found: list[Following] = []
    for case in session.scalars(query) if book_item_id else ():
        part = min(quantity, case.quantity)
        if part:
            found.append(Following(case=case, quantity=part))
            quantity -= part
    return found


def came(session: Session, each: Following, *, pass_number: str, by_id: int, at: datetime) -> None:
    """They are received: the case is so much smaller, and ends with the last piece."""
    case = each.case
    facts = {"quantity": each.quantity, "pass": pass_number}
    enter(session, case, Act.SETTLED, at=at, by_id=by_id, facts=facts)
    if each.quantity == case.quantity:
        case.state = CaseState.CLOSED
        enter(session, case, Act.CLOSED, at=at, by_id=by_id)
        return
    case.quantity -= each.quantity
    case.book_difference += each.quantity
    enter(session, case, Act.CHANGED, at=at, by_id=by_id, facts={"quantity": case.quantity})
