"""Inspection 查验: a declaration, list or batch that customs wants to see before it may go on.

Ordered by the random draw, by directed control (布控), by an officer, by customs' receipt, or as a quality sample. From
that moment it is barred (`barring`) and its goods are held (`inspection_goods`), until two officers have decided
(`inspection_results`). An inspection never ends by itself and never by the warehouse.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.alerts import Severity, raise_alert
from wms.customs import inspection_goods as goods
from wms.customs.double_random import SubjectKind, choose_officers
from wms.customs.inspectors import inspectors
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, Sentence, say
from wms.ledger.operations import Operation
from wms.ledger.posting import apply
from wms.numbering import next_number


class OrderedBy(StrEnum):
    """Why something is inspected."""

    DRAW = "DRAW"
    CONTROL = "CONTROL"
    OFFICER = "OFFICER"
    RECEIPT = "RECEIPT"
    SAMPLING = "SAMPLING"


class InspectionState(StrEnum):
    """Where an inspection stands: 待查 → 查验中 → (waiting for lab or declarant) → closed."""

    ORDERED = "ORDERED"
    STARTED = "STARTED"
    WAITING = "WAITING"
    CLOSED = "CLOSED"


class Result(StrEnum):
    """What officers decide. The first group ends the inspection."""

    RELEASE = "RELEASE"
    DESTROY = "DESTROY"
    DETAIN = "DETAIN"

    AMEND = "AMEND"
    TAX = "TAX"
    REEXPORT = "REEXPORT"
    SAMPLE = "SAMPLE"


FINAL = frozenset({Result.RELEASE, Result.DESTROY, Result.DETAIN})


class NoSuchInspection(Refusal):
    """The number names none."""

    message = N_("There is no inspection {number}.")
    status = 404


class InspectionClosed(Refusal):
    """Two officers have decided already."""

    message = N_("Inspection {number} is closed.")


class Inspection(Base):
    """查验: what is to be seen, why, by whom, and how it ended."""

    __tablename__ = "inspection"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_number", "ordered_by", "order_number"),
        Index("ix_inspection_open", "subject_number", postgresql_where="state <> 'CLOSED'"),
        {"comment": "What customs wants to see before it may go on"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the inspection")
    subject_kind: Mapped[SubjectKind] = mapped_column(
        words(SubjectKind), comment="declaration, list, or a batch wherever it lies"
    )
    subject_number: Mapped[str] = mapped_column(
        String(100), index=True, comment="its number (copNo, list number, ITEM/BATCH)"
    )
    company_code: Mapped[str] = mapped_column(
        String(18), comment="company behind it, as its documents name it; empty if none is known"
    )
    ordered_by: Mapped[OrderedBy] = mapped_column(
        words(OrderedBy), comment="draw, control, officer, receipt or sampling"
    )
    order_number: Mapped[str] = mapped_column(
        String(40), comment="number of the draw or control, or the state of the receipt; empty if none"
    )
    reason: Mapped[str] = mapped_column(String(200), comment="why, in words; empty where the order says it")
    state: Mapped[InspectionState] = mapped_column(words(InspectionState), comment="where it stands")
    result: Mapped[Result | None] = mapped_column(words(Result), comment="the last decision in force")
    hold_id: Mapped[int | None] = mapped_column(
        ForeignKey("hold.id"), comment="hold on its goods; none before there are any"
    )
    seed: Mapped[str] = mapped_column(String(64), comment="seed its officers were drawn with, hexadecimal")
    ordered_at: Mapped[datetime] = mapped_column(comment="when it was ordered")
    ordered_by_id: Mapped[int] = mapped_column(comment="who ordered it; 0 is the system")
    started_at: Mapped[datetime | None] = mapped_column(comment="when officers began")
    closed_at: Mapped[datetime | None] = mapped_column(comment="when the last decision came into force")

    officers: Mapped[list["InspectionOfficer"]] = relationship(
        order_by="InspectionOfficer.id", lazy="selectin"
    )

    @property
    def is_open(self) -> bool:
        """Whether a decision is still to come."""
        return self.state is not InspectionState.CLOSED

    @property
    def lets_go(self) -> bool:
        """Whether it ended in release; anything else keeps its subject barred."""
        return self.state is InspectionState.CLOSED and self.result is Result.RELEASE

    @property
    def officer_ids(self) -> list[int]:
        """The officers on duty for it."""
        return [each.officer_id for each in self.officers if not each.replaced_reason]


class InspectionOfficer(Base):
    """An officer drawn for an inspection; one who was replaced stays on record with the reason."""

    __tablename__ = "inspection_officer"
    __table_args__ = (
        UniqueConstraint("inspection_id", "officer_id"),
        {"comment": "Officers drawn for inspections"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), comment="the inspection")
    officer_id: Mapped[int] = mapped_column(index=True, comment="user id of the officer")
    came_later: Mapped[bool] = mapped_column(comment="drawn afterwards, in place of another")
    replaced_reason: Mapped[str] = mapped_column(
        String(200), comment="why another was drawn instead; empty while on duty"
    )


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An inspection asked for. `officers` are those of a draw; None draws them now."""

    kind: SubjectKind
    number: str
    company: str
    ordered_by: OrderedBy
    order_number: str
    reason: str
    officers: tuple[int, ...] | None = None
    seed: str = ""


def order_inspections(
    session: Session,
    wanted: Sequence[Wanted],
    *,
    officers: int,
    by_id: int,
    at: datetime,
    besides: Sequence[Operation] = (),
) -> list[Inspection]:
    """Order what is not ordered yet for the same reason, and hold the goods; gives the new ones.

    `officers` is how many inspect together. Makes the one ledger call of its transaction, `besides` included.
    """
    new = not_yet_ordered(session, wanted)
    register = inspectors(session, at=at) if any(each.officers is None for each in new) else []
    made: list[Inspection] = []
    for each in new:
        seed, chosen = each.seed, each.officers
        if chosen is None:
            seed = secrets.token_hex(16)
            chosen = choose_officers(
                register,
                seed=seed,
                kind=each.kind,
                number=each.number,
                company=each.company,
                wanted=officers,
            )
        made.append(_ordered(session, each, chosen, seed=seed, by_id=by_id, at=at))
        if len(chosen) < officers:
            _too_few(session, made[-1], found=len(chosen), wanted=officers, at=at)
    session.add_all(made)
    session.flush()
    operations = [*besides]
    for one in made:
        operations += goods.holds(session, one, by_id=by_id, at=at)
    if operations:
        apply(session, operations, occurred_at=at)
    return made


def not_yet_ordered(session: Session, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Those that no inspection was ordered for by the same order."""
    keys = {(each.kind, each.number, each.ordered_by, each.order_number): each for each in wanted}
    columns = (
        Inspection.subject_kind,
        Inspection.subject_number,
        Inspection.ordered_by,
        Inspection.order_number,
    )
    known = session.execute(select(*columns).where(tuple_(*columns).in_(list(keys)))) if keys else ()
    for row in known:
        keys.pop((row[0], row[1], row[2], row[3]), None)
    return list(keys.values())


def _ordered(
    session: Session, each: Wanted, officers: Sequence[int], *, seed: str, by_id: int, at: datetime
) -> Inspection:
    return Inspection(
        number=next_number(session, "I", day=at.date()),
        subject_kind=each.kind,
        subject_number=each.number,
        company_code=each.company,
        ordered_by=each.ordered_by,
        order_number=each.order_number,
        reason=each.reason[:200],
        state=InspectionState.ORDERED,
        result=None,
        hold_id=None,
        seed=seed,
        ordered_at=at,
        ordered_by_id=by_id,
        started_at=None,
        closed_at=None,
        officers=[
            InspectionOfficer(officer_id=officer_id, came_later=False, replaced_reason="")
            for officer_id in officers
        ],
    )


def _too_few(session: Session, inspection: Inspection, *, found: int, wanted: int, at: datetime) -> None:
    raise_alert(
        session,
        kind="inspection.officers",
        subject=inspection.number,
        sentence=say(
            N_("Inspection {number} has {found} of {wanted} officers: the others have conflicts."),
            number=inspection.number,
            found=found,
            wanted=wanted,
        ),
        severity=Severity.WARNING,
        at=at,
    )


def find_inspection(session: Session, inspection_id: int, *, lock: bool = False) -> Inspection:
    """The inspection with this key; raises NoSuchInspection."""
    found = session.get(Inspection, inspection_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NoSuchInspection(number=inspection_id)
    return found


def find_open(session: Session, inspection_id: int) -> Inspection:
    """The open inspection with this key, locked; raises NoSuchInspection and InspectionClosed."""
    found = find_inspection(session, inspection_id, lock=True)
    if not found.is_open:
        raise InspectionClosed(number=found.number)
    return found


def start(session: Session, inspection_id: int, *, at: datetime) -> Inspection:
    """Officers begin to look."""
    found = find_open(session, inspection_id)
    if found.state is InspectionState.ORDERED:
        found.state, found.started_at = InspectionState.STARTED, at
    return found


def replace_officer(
    session: Session, inspection_id: int, *, officer_id: int, reason: str, at: datetime
) -> Inspection:
    """Draw another officer for one who cannot come; the seed and the order it gives stay the same."""
    found = find_open(session, inspection_id)
    known = {each.officer_id for each in found.officers}
    here = next((each for each in found.officers if each.officer_id == officer_id), None)
    if here is None or here.replaced_reason:
        raise NotOnDuty(number=found.number)
    free = [each for each in inspectors(session, at=at) if each.officer_id not in known]
    chosen = choose_officers(
        free,
        seed=found.seed,
        kind=found.subject_kind,
        number=found.subject_number,
        company=found.company_code,
        wanted=1,
    )
    if not chosen:
        raise NobodyFree(number=found.number)
    here.replaced_reason = reason[:200]
    found.officers.append(InspectionOfficer(officer_id=chosen[0], came_later=True, replaced_reason=""))
    session.flush()
    return found


class NotOnDuty(Refusal):
    """The officer was not drawn for this inspection."""

    message = N_("Inspection {number} was given to other officers.")
    status = 403


class NobodyFree(Refusal):
    """Every other officer has a conflict or is on it already."""

    message = N_("No other officer without a conflict is left for inspection {number}.")


def barred_by_inspection(
    session: Session, kind: SubjectKind, numbers: Sequence[str]
) -> dict[str, Inspection]:
    """Of these subjects, those that an inspection bars, with the newest such inspection."""
    if not numbers:
        return {}
    query = (
        select(Inspection)
        .where(Inspection.subject_kind == kind, Inspection.subject_number.in_(numbers))
        .order_by(Inspection.id)
    )
    return {each.subject_number: each for each in session.scalars(query) if not each.lets_go}


def barring_sentence(inspection: Inspection) -> Sentence:
    """What a worker reads about a parcel that an inspection bars."""
    if inspection.is_open:
        return say(N_("To be inspected ({number}). Put it aside."), number=inspection.number)
    return say(N_("Customs keeps the goods ({number}). Put it aside."), number=inspection.number)
