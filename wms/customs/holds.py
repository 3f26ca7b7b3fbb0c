"""Holds as an officer sees them: what is barred, why, and letting it go.

A hold that belongs to an inspection, a case or an excursion is let go there, by that decision. A hold of its own is
placed on a batch by a person with a reason and lifted by a person with a reason; for goods of the account book a
second must agree.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.customs.double_random import SubjectKind
from wms.customs.inspection_goods import batch_number, held_goods, lifts, lying_of
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.lots import Hold
from wms.ledger.operations import Operation, PlaceHold
from wms.ledger.posting import apply


class NoSuchHold(Refusal):
    """The number names none that bars anything."""

    message = N_("Hold {hold} bars nothing any more.")
    status = 404


class DecidedElsewhere(Refusal):
    """A hold that belongs to a decision is lifted by it."""

    message = N_("This hold belongs to {case}; it is lifted by the decision there.")


class SecondPersonMustAgree(Refusal):
    """Customs goods are let go by two people."""

    message = N_("These goods are in the account book; another person than you must agree to lift the hold.")


class NothingToHold(Refusal):
    """No such batch, or all of it is held."""

    message = N_("No free goods of batch {batch} of item {item} lie here.")


class HoldLift(Base):
    """解除冻结: who proposed to lift a hold, and who agreed."""

    __tablename__ = "hold_lift"
    __table_args__ = ({"comment": "Who lets a hold go, and why"},)

    hold_id: Mapped[int] = mapped_column(
        ForeignKey("hold.id"), primary_key=True, autoincrement=False, comment="the hold"
    )
    reason: Mapped[str] = mapped_column(String(500), comment="why the goods may go")
    proposed_by_id: Mapped[int] = mapped_column(comment="who proposed it")
    proposed_at: Mapped[datetime] = mapped_column(comment="when")
    agreed_by_id: Mapped[int | None] = mapped_column(comment="who agreed; none while it waits")
    agreed_at: Mapped[datetime | None] = mapped_column(comment="when the goods were let go")


@dataclass(frozen=True, kw_only=True)
class HoldRow:
    """One hold that bars something."""

    hold_id: int
    reason: str
    case_number: str
    by_id: int
    placed_at: datetime
    quantity: int
    places: str
    batches: str
    under_customs: bool
    proposed_by_id: int | None
    proposed_reason: str | None


_HOLDS = text("""
    select h.id as hold_id, h.reason, h.case_number, h.by_id, h.placed_at, sum(e.quantity)::bigint as quantity,
           string_agg(distinct e.location, ', ') as places, string_agg(distinct e.batch, ', ') as batches,
           bool_or(e.under_customs) as under_customs, l.proposed_by_id, l.reason as proposed_reason
    from hold h
    join (select n.hold_id, p.code as location, r.item_no || '/' || t.code as batch,
                 t.book_item_id <> 0 as under_customs, sum(n.quantity) as quantity
          from hold_entry n join balance b on b.id = n.balance_id join location p on p.id = b.location_id
          join lot t on t.id = b.lot_id join product r on r.id = t.product_id
          group by 1, 2, 3, 4 having sum(n.quantity) > 0) e on e.hold_id = h.id
    left join hold_lift l on l.hold_id = h.id and l.agreed_at is null
    group by h.id, l.proposed_by_id, l.reason
    order by h.id desc
    limit :limit
""")


def holds_in_force(session: Session, *, limit: int = 500) -> list[HoldRow]:
    """Holds that bar something now, the newest first."""
    return [HoldRow(**row._asdict()) for row in session.execute(_HOLDS, {"limit": limit})]


def hold_batch(session: Session, *, item_no: str, lot: str, reason: str, by_id: int, at: datetime) -> Hold:
    """Hold a whole batch of an item wherever it lies; raises NothingToHold."""
    number = batch_number(item_no, lot)
    lying = lying_of(session, kind=SubjectKind.BATCH, number=number)
    if not lying:
        raise NothingToHold(batch=lot, item=item_no)
    hold = Hold(reason=reason[:200], case_number="", by_id=by_id, placed_at=at)
    session.add(hold)
    session.flush()
    operations: list[Operation] = [
        PlaceHold(
            hold_id=hold.id,
            location_id=each.location_id,
            lot_id=each.lot_id,
            handling_unit_id=each.handling_unit_id,
            quantity=each.quantity,
        )
        for each in lying
    ]
    apply(session, operations, occurred_at=at)
    return hold


def lift(session: Session, hold_id: int, *, reason: str, by_id: int, at: datetime) -> bool:
    """Let the goods of a hold go; True when they are free, False when a second person must still agree.

    Raises NoSuchHold, DecidedElsewhere, and SecondPersonMustAgree when the proposer tries to agree.
    """
    hold = session.get(Hold, hold_id)
    lying = held_goods(session, hold_id)
    if hold is None or not lying:
        raise NoSuchHold(hold=hold_id)
    if hold.case_number:
        raise DecidedElsewhere(case=hold.case_number)
    waiting = session.get(HoldLift, hold_id, with_for_update=True, populate_existing=True)
    if waiting is None:
        waiting = HoldLift(hold_id=hold_id, reason=reason[:500], proposed_by_id=by_id, proposed_at=at)
        session.add(waiting)
        if any(each.under_customs for each in lying):
            session.flush()
            return False
    elif waiting.proposed_by_id == by_id:
        raise SecondPersonMustAgree
    waiting.agreed_by_id, waiting.agreed_at = by_id, at
    session.flush()
    apply(session, lifts(hold_id, lying), occurred_at=at)
    return True
