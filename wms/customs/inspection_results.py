"""What officers decide of an inspection, and what follows for the goods.

One officer on duty records a result, another agrees; only then does it count. Where goods go (destroyed, taken into
custody, a sample taken), they go by a move under the inspection's number, in the same commit that lifts their hold.
The account book learns of it as moved and not booked, until customs' own document books it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.alerts import Severity, raise_alert
from wms.customs import inspection_goods as goods
from wms.customs.inspection import (
    FINAL,
    Inspection,
    InspectionState,
    NotOnDuty,
    Result,
    find_open,
)
from wms.customs.inspection_goods import Lying, held_goods
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import Document, DocumentKind
from wms.ledger.moves import Move
from wms.ledger.operations import Operation
from wms.ledger.places import Purpose, Regime, partner_code
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code, lots_at


class SecondOfficerNeeded(Refusal):
    """The officer who recorded a result does not agree to it in the second's place."""

    message = N_("Another officer than you must agree to this result.")


class ResultWaits(Refusal):
    """One result at a time."""

    message = N_("Inspection {number} has a result that waits for a second officer.")


class NoResultWaits(Refusal):
    """Nothing to agree to, or it was taken back."""

    message = N_("No result of inspection {number} waits for a second officer.")


class NothingHeld(Refusal):
    """A result about goods that nobody has put before the officers."""

    message = N_("No goods of inspection {number} are held. Bring them to the inspection place first.")


class StillInStaging(Refusal):
    """Goods of a parcel that is still whole: they would be missing in it."""

    message = N_("Goods of inspection {number} still lie at {location}. Take the parcel apart first.")


class NotThatMany(Refusal):
    """A sample larger than what is held there."""

    message = N_("{held} of lot {lot} are held at {location} for this inspection; {wanted} wanted.")


class NoSuchGoods(Refusal):
    """Place or lot do not exist there."""

    message = N_("No lot {lot} lies at {location}.")
    status = 422


#: Results that take goods away, and where they go.
_GOES_TO = {
    Result.DESTROY: Purpose.DESTROYED,
    Result.DETAIN: Purpose.CUSTODY,
    Result.SAMPLE: Purpose.SAMPLE,
}


class InspectionResult(Base):
    """One result: recorded by one officer, in force when another agreed, or taken back."""

    __tablename__ = "inspection_result"
    __table_args__ = (
        Index(
            "uq_inspection_result_waiting",
            "inspection_id",
            unique=True,
            postgresql_where="agreed_at is null and withdrawn_at is null",
        ),
        {"comment": "What officers decided of an inspection"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="line of the inspection as a document")
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True, comment="of which")
    result: Mapped[Result] = mapped_column(words(Result), comment="what was decided")
    finding: Mapped[str] = mapped_column(String(1000), comment="what was seen, in words")
    location_id: Mapped[int | None] = mapped_column(
        ForeignKey("location.id"), comment="where a sample is taken; none: all held goods"
    )
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), comment="lot a sample is taken of")
    quantity: Mapped[int] = mapped_column(comment="stock units of a sample; 0: all held goods")
    recorded_by_id: Mapped[int] = mapped_column(comment="officer who recorded it")
    recorded_at: Mapped[datetime] = mapped_column(comment="when")
    agreed_by_id: Mapped[int | None] = mapped_column(comment="officer who agreed")
    agreed_at: Mapped[datetime | None] = mapped_column(comment="since when it counts")
    withdrawn_by_id: Mapped[int | None] = mapped_column(comment="officer who took it back or disagreed")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="when it was taken back")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """So much of a lot at a place, by the words on their labels."""

    location: str
    lot: str
    quantity: int


def record_result(
    session: Session,
    inspection_id: int,
    *,
    result: Result,
    finding: str,
    sample: Sample | None = None,
    by_id: int,
    at: datetime,
) -> InspectionResult:
    """Write down what an officer on duty decided; nothing moves before a second agrees."""
    found = find_open(session, inspection_id)
    _must_be_on_duty(found, by_id)
    if waiting_result(session, found) is not None:
        raise ResultWaits(number=found.number)
    lying = held_goods(session, found.hold_id)
    if result in _GOES_TO:
        _can_be_taken(found, lying)
    place = None
    if result is Result.SAMPLE:
        place = _sampled(found, sample, lying)
    made = InspectionResult(
        inspection_id=found.id,
        result=result,
        finding=finding[:1000],
        location_id=place.location_id if place else None,
        lot_id=place.lot_id if place else None,
        quantity=sample.quantity if sample and place else 0,
        recorded_by_id=by_id,
        recorded_at=at,
    )
    session.add(made)
    if found.state is InspectionState.ORDERED:
        found.state, found.started_at = InspectionState.STARTED, at
    session.flush()
    return made


def _must_be_on_duty(inspection: Inspection, officer_id: int) -> None:
    if inspection.officer_ids and officer_id not in inspection.officer_ids:
        raise NotOnDuty(number=inspection.number)


def _can_be_taken(inspection: Inspection, lying: Sequence[Lying]) -> None:
    """Goods are taken out of bins, cages and the inspection place, never out of parcels."""
    if not lying:
        raise NothingHeld(number=inspection.number)
    for each in lying:
        if each.purpose in (Purpose.STAGING, Purpose.TRANSIT):
            raise StillInStaging(number=inspection.number, location=each.location)


def _sampled(inspection: Inspection, sample: Sample | None, lying: Sequence[Lying]) -> Lying:
    if sample is None or not lying:
        raise NothingHeld(number=inspection.number)
    here = [each for each in lying if (each.location, each.lot) == (sample.location, sample.lot)]
    held = sum(each.quantity for each in here)
    if not 0 < sample.quantity <= held:
        raise NotThatMany(held=held, lot=sample.lot, location=sample.location, wanted=sample.quantity)
    return here[0]


def waiting_result(session: Session, inspection: Inspection) -> InspectionResult | None:
    """The result that waits for a second officer."""
    return session.scalars(
        select(InspectionResult).where(
            InspectionResult.inspection_id == inspection.id,
            InspectionResult.agreed_at.is_(None),
            InspectionResult.withdrawn_at.is_(None),
        )
    ).one_or_none()


def results_of(session: Session, inspection: Inspection) -> list[InspectionResult]:
    """Every result, in order, those taken back included."""
    query = select(InspectionResult).where(InspectionResult.inspection_id == inspection.id)
    return list(session.scalars(query.order_by(InspectionResult.id)))


def agree(session: Session, inspection_id: int, *, by_id: int, at: datetime) -> Inspection:
    """A second officer agrees: the result counts, and the goods follow it in the same commit."""
    found = find_open(session, inspection_id)
    waiting = waiting_result(session, found)
    if waiting is None:
        raise NoResultWaits(number=found.number)
    if waiting.recorded_by_id == by_id:
        raise SecondOfficerNeeded
    if len(found.officer_ids) > 1:
        _must_be_on_duty(found, by_id)
    waiting.agreed_by_id, waiting.agreed_at = by_id, at
    found.result = waiting.result
    if waiting.result in FINAL:
        found.state, found.closed_at = InspectionState.CLOSED, at
    else:
        found.state = InspectionState.WAITING
    operations = _consequences(session, found, waiting)
    _tell(session, found, waiting, at=at)
    session.flush()
    if operations:
        apply(session, operations, occurred_at=at)
    return found


def take_back(session: Session, inspection_id: int, *, by_id: int, at: datetime) -> None:
    """An officer on duty takes back a waiting result, or does not agree to it."""
    found = find_open(session, inspection_id)
    _must_be_on_duty(found, by_id)
    waiting = waiting_result(session, found)
    if waiting is None:
        raise NoResultWaits(number=found.number)
    waiting.withdrawn_by_id, waiting.withdrawn_at = by_id, at


def _consequences(session: Session, inspection: Inspection, decided: InspectionResult) -> list[Operation]:
    """Holds lifted and moves made by a result: none where the goods wait for lab, declarant or re-export."""
    lying = held_goods(session, inspection.hold_id)
    if decided.result is Result.RELEASE:
        return goods.lifts(inspection.hold_id, lying)
    purpose = _GOES_TO.get(decided.result)
    if purpose is None:
        return []
    _can_be_taken(inspection, lying)
    if decided.result is Result.SAMPLE:
        lying = _part(inspection, decided, lying)
    document = Document(kind=DocumentKind.CASE, number=inspection.number, line=decided.id)
    operations = goods.lifts(inspection.hold_id, lying)
    for each in lying:
        target = location_by_code(session, partner_code(purpose, Regime(each.regime)))
        assert target is not None, "every installation has its partner places"
        operations.append(
            Move(
                source_id=each.location_id,
                source_lot_id=each.lot_id,
                source_unit_id=each.handling_unit_id,
                target_id=target.id,
                target_lot_id=each.lot_id,
                quantity=each.quantity,
                document=document,
            )
        )
    return operations


def _part(inspection: Inspection, decided: InspectionResult, lying: Sequence[Lying]) -> list[Lying]:
    """The sample out of what is still held there; the goods may have moved since it was recorded."""
    left, taken = decided.quantity, []
    for each in lying:
        if (each.location_id, each.lot_id) == (decided.location_id, decided.lot_id) and left:
            part = min(left, each.quantity)
            left -= part
            taken.append(Lying(**{**vars(each), "quantity": part}))
    if left:
        raise NothingHeld(number=inspection.number)
    return taken


_ASKS = {
    Result.AMEND: N_("Inspection {number}: {subject} must be amended. {finding}"),
    Result.TAX: N_("Inspection {number}: tax must be paid for {subject}. {finding}"),
    Result.REEXPORT: N_("Inspection {number}: {subject} must be sent back abroad. {finding}"),
    Result.DESTROY: N_("Inspection {number}: the goods of {subject} were destroyed. {finding}"),
    Result.DETAIN: N_("Inspection {number}: customs took the goods of {subject} into custody. {finding}"),
}


def _tell(session: Session, inspection: Inspection, decided: InspectionResult, *, at: datetime) -> None:
    """Whoever must act now reads it among the alerts."""
    if decided.result not in _ASKS:
        return
    raise_alert(
        session,
        kind="inspection.result",
        subject=inspection.number,
        sentence=say(
            _ASKS[decided.result],
            number=inspection.number,
            subject=inspection.subject_number,
            finding=decided.finding,
        ),
        severity=Severity.WARNING,
        at=at,
    )


def bring(
    session: Session, inspection_id: int, *, location: str, lot: str, quantity: int, by_id: int, at: datetime
) -> None:
    """The warehouse puts goods before the officers: they are held for this inspection where they lie."""
    found = find_open(session, inspection_id)
    place = location_by_code(session, location)
    known = [] if place is None else lots_at(session, location_id=place.id)
    here = next(((each, balance) for each, balance in known if each.code == lot), None)
    if place is None or here is None or quantity < 1:
        raise NoSuchGoods(lot=lot, location=location)
    lying = Lying(
        location_id=place.id,
        lot_id=here[0].id,
        handling_unit_id=here[1].handling_unit_id,
        quantity=quantity,
        location=location,
        regime=place.regime.value,
        purpose=place.purpose.value,
        lot=lot,
        item_no="",
        under_customs=here[0].book_item_id != 0,
    )
    apply(session, goods.place(session, found, [lying], by_id=by_id, at=at), occurred_at=at)
