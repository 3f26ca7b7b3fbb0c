"""GatePass 核放单: lets one vehicle through the gate, once.

Declared (SAS121) → answered → approved (SAS221) → passed (SAS223). An approved inbound pass is authority to receive;
its passage books what rides on it, once per pass number. A pass is new or void, never changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Numeric, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from config.customs_rules import Review
from wms.customs.bonded_list import (
    BondedList,
    BondedListLine,
    NumberTaken,
    asks_inspection,
    find_by_list_no,
    line_of,
)
from wms.customs.messages.jg2.gate_pass import GatePassDraft
from wms.customs.stock_bill import find_bill_by_number
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import Document, Side
from wms.registry.rules import rules_on


class BindType(StrEnum):
    """How a pass binds documents to its vehicle (bindTypecd)."""

    ONE_VEHICLE_MANY_DOCUMENTS = "1"
    ONE_DOCUMENT_ONE_VEHICLE = "2"
    ONE_DOCUMENT_MANY_VEHICLES = "3"
    NONE = ""


class PassState(StrEnum):
    """Where a pass stands, by receipts."""

    DECLARED = "DECLARED"
    REFUSED = "REFUSED"
    APPROVED = "APPROVED"
    PARKED = "PARKED"
    RETURNED = "RETURNED"
    PASSED = "PASSED"
    VOID = "VOID"


#: Passes that ended without a passage: their vehicle and lists may have another.
UNUSED: Final = (PassState.REFUSED, PassState.RETURNED, PassState.VOID)


STATES: Final = {
    PassState.DECLARED: N_("declared"),
    PassState.REFUSED: N_("refused"),
    PassState.APPROVED: N_("approved"),
    PassState.PARKED: N_("waits for a person"),
    PassState.RETURNED: N_("returned"),
    PassState.PASSED: N_("passed the gate"),
    PassState.VOID: N_("made void"),
}


class PassStillOpen(Refusal):
    """A pass is for one passage; the vehicle has one that has not been used."""

    message = N_("Vehicle {vehicle} has gate pass {number}, which is not used yet. Void it first.")


class VehicleInside(Refusal):
    """The vehicle came in and was not unloaded yet."""

    message = N_("Vehicle {vehicle} is inside with gate pass {number}; its receipt is not closed.")


class GatePass(Base):
    """核放单: one vehicle, one passage; weights in kilograms. The declarant's telephone is not kept here."""

    __tablename__ = "gate_pass"

    id: Mapped[int] = mapped_column(primary_key=True)
    inner_no: Mapped[str] = mapped_column(String(64), unique=True, comment="our own number (EtpsPreentNo)")
    pre_entry_no: Mapped[str] = mapped_column(String(18), index=True, comment="number of the client's answer")
    pass_no: Mapped[str] = mapped_column(
        String(40), index=True, comment="number given by customs; empty before it"
    )
    side: Mapped[Side] = mapped_column(words(Side), comment="IN to the zone or OUT of it")
    pass_type: Mapped[str] = mapped_column(String(1), comment="passportTypecd, 1 to 7")
    bind_type: Mapped[BindType] = mapped_column(words(BindType), comment="bindTypecd")
    vehicle_no: Mapped[str] = mapped_column(String(64), index=True, comment="number plate")
    vehicle_kg: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="empty vehicle")
    frame_kg: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="frame")
    container_kg: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="container")
    gross_kg: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="goods with packing")
    total_kg: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="declared total")
    collected_kg: Mapped[Decimal | None] = mapped_column(Numeric(19, 5), comment="what the gate weighed")
    weight_ok: Mapped[bool | None] = mapped_column(
        comment="weighed within the tolerance; none before the gate"
    )
    state: Mapped[PassState] = mapped_column(words(PassState), comment="where it stands, by receipts")
    declared_at: Mapped[datetime] = mapped_column(comment="when it was handed in")
    reviewed_at: Mapped[datetime | None] = mapped_column(comment="customs' review")
    passed_at: Mapped[datetime | None] = mapped_column(comment="when the vehicle passed")
    receipt_closed_at: Mapped[datetime | None] = mapped_column(comment="when a person closed the receiving")
    receipt_closed_by_id: Mapped[int | None] = mapped_column(comment="who closed it")
    inspection_asked: Mapped[bool] = mapped_column(
        default=False, comment="customs' last review asks for an inspection and none since lets the goods go"
    )
    remark: Mapped[str] = mapped_column(String(1000), comment="what customs or the client said last")

    lists: Mapped[list["PassedList"]] = relationship(order_by="PassedList.id", lazy="selectin")
    goods: Mapped[list["GatePassLine"]] = relationship(order_by="GatePassLine.line_no", lazy="selectin")

    @property
    def list_nos(self) -> list[str]:
        return [each.list_no for each in self.lists]


class PassedList(Base):
    """A list that rides on a pass."""

    __tablename__ = "passed_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    pass_id: Mapped[int] = mapped_column(ForeignKey("gate_pass.id"), index=True, comment="the pass")
    list_no: Mapped[str] = mapped_column(String(64), index=True, comment="number of the list")


class GatePassLine(Base):
    """How much of a list line rides on this vehicle; only passes of bind type 3 have such lines."""

    __tablename__ = "gate_pass_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    pass_id: Mapped[int] = mapped_column(ForeignKey("gate_pass.id"), index=True, comment="the pass")
    line_no: Mapped[int] = mapped_column(comment="line number on the pass")
    list_line_no: Mapped[int] = mapped_column(comment="line of the one list it names")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    quantity: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="declared quantity on this vehicle")


@dataclass(frozen=True, kw_only=True)
class Riding:
    """What rides on a pass: so many stock units of a list line."""

    bonded: BondedList
    line: BondedListLine
    stock_quantity: int

    @property
    def document(self) -> Document:
        return line_of(self.bonded.list_no, self.line.line_no)


def declare(session: Session, draft: GatePassDraft, *, at: datetime) -> GatePass:
    """Take in a pass as declared; handing in the same pass again gives the one that is here."""
    head = draft.head
    known = find_by_inner_no(session, head.inner_no)
    if known is not None:
        if known.vehicle_no != head.vehicle_no or known.list_nos != list(draft.list_nos):
            raise NumberTaken(number=head.inner_no)
        return known
    side = Side.IN if head.direction == "I" else Side.OUT
    check_vehicle_free(session, head.vehicle_no, side=side)
    zero = Decimal(0)
    made = GatePass(
        inner_no=head.inner_no,
        pre_entry_no="",
        pass_no=head.pass_no,
        side=side,
        pass_type=head.pass_type,
        bind_type=BindType(head.bind_type),
        vehicle_no=head.vehicle_no,
        vehicle_kg=head.vehicle_kg,
        frame_kg=head.frame_kg or zero,
        container_kg=head.container_kg or zero,
        gross_kg=head.gross_kg or zero,
        total_kg=head.total_kg,
        state=PassState.DECLARED,
        declared_at=at,
        remark="",
        lists=[PassedList(list_no=number) for number in draft.list_nos],
        goods=[
            GatePassLine(
                line_no=line.line_no,
                list_line_no=line.list_line_no,
                item_no=line.item_no,
                quantity=line.quantity,
            )
            for line in draft.lines
        ],
    )
    session.add(made)
    session.flush()
    return made


def check_vehicle_free(session: Session, vehicle_no: str, *, side: Side) -> None:
    """One vehicle has one unused pass per direction (customs 2.6), and does not come in while it is inside.

    Raises PassStillOpen for another pass that waits for its passage, and VehicleInside for a vehicle that came in and
    whose goods are still being unloaded.
    """
    # two declarants at once take turns
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"vehicle.{vehicle_no}"))))
    of_vehicle = select(GatePass).where(GatePass.vehicle_no == vehicle_no)
    waiting = session.scalars(
        of_vehicle.where(
            GatePass.side == side,
            GatePass.state.in_((PassState.DECLARED, PassState.APPROVED, PassState.PARKED)),
        ).limit(1)
    ).first()
    if waiting is not None:
        raise PassStillOpen(vehicle=vehicle_no, number=waiting.pass_no or waiting.inner_no)
    last = session.scalars(
        of_vehicle.where(GatePass.state == PassState.PASSED).order_by(GatePass.passed_at.desc()).limit(1)
    ).first()
    inside = last is not None and last.side is Side.IN and last.receipt_closed_at is None
    if last is not None and inside and side is Side.IN:
        raise VehicleInside(vehicle=vehicle_no, number=last.pass_no)


def find_by_inner_no(session: Session, inner_no: str) -> GatePass | None:
    """The pass with our own number, locked for the change a message brings."""
    query = select(GatePass).where(GatePass.inner_no == inner_no)
    return session.scalars(query.with_for_update(of=GatePass)).one_or_none()


def find_by_pre_entry_no(session: Session, pre_entry_no: str) -> GatePass | None:
    """The pass with the client's number, locked."""
    query = select(GatePass).where(GatePass.pre_entry_no == pre_entry_no, GatePass.pre_entry_no != "")
    return session.scalars(query.with_for_update(of=GatePass)).one_or_none()


def find_by_pass_no(session: Session, pass_no: str, *, lock: bool = False) -> GatePass | None:
    """The pass with customs' number."""
    query = select(GatePass).where(GatePass.pass_no == pass_no, GatePass.pass_no != "")
    return session.scalars(query.with_for_update(of=GatePass) if lock else query).one_or_none()


def newest_of_vehicle(session: Session, plates: Sequence[str], *, side: Side) -> GatePass | None:
    """The newest pass of a vehicle in a direction, by any spelling of its plate; one given up does not count."""
    query = select(GatePass).where(
        GatePass.vehicle_no.in_(plates), GatePass.side == side, GatePass.state.not_in(UNUSED)
    )
    return session.scalars(query.order_by(GatePass.id.desc()).limit(1)).one_or_none()


def answered(gate_pass: GatePass, *, pre_entry_no: str, is_good: bool, text: str) -> None:
    """The client's answer: its number for the pass, or why it was not taken."""
    if is_good:
        gate_pass.pre_entry_no = pre_entry_no
    elif gate_pass.state is PassState.DECLARED:
        gate_pass.state = PassState.REFUSED
    elif gate_pass.state is PassState.VOID:
        _stand_again(gate_pass)
    gate_pass.remark = text[:1000]


def _stand_again(gate_pass: GatePass) -> None:
    """That it be made void was not taken."""
    gate_pass.state = PassState.DECLARED if gate_pass.reviewed_at is None else PassState.APPROVED


def review(
    gate_pass: GatePass,
    *,
    pass_no: str,
    decision: Review | None,
    is_marked: bool = False,
    text: str,
    decided_at: datetime,
) -> None:
    """Customs' review; an unknown one parks the pass. `is_marked`: its record says that the vehicle is inspected."""
    gate_pass.pass_no = gate_pass.pass_no or pass_no
    gate_pass.remark = text[:1000]
    older = gate_pass.reviewed_at is not None and decided_at < gate_pass.reviewed_at
    if gate_pass.state is PassState.PASSED or older:
        return
    was_reviewed = gate_pass.reviewed_at is not None
    gate_pass.reviewed_at = decided_at
    gate_pass.inspection_asked = is_marked or asks_inspection(decision, before=gate_pass.inspection_asked)
    if gate_pass.state is PassState.VOID:
        # anything else is customs taking the void, or an older word about the pass
        if decision is Review.RETURNED and was_reviewed:
            _stand_again(gate_pass)
        return
    match decision:
        case Review.APPROVED:
            gate_pass.state = PassState.APPROVED
        case Review.RETURNED:
            gate_pass.state = PassState.RETURNED
        case Review.INSPECT:
            gate_pass.state = PassState.DECLARED
        case _:
            gate_pass.state = PassState.PARKED


def weight_is_ok(*, total_kg: Decimal, collected_kg: Decimal, tolerance_rate: Decimal) -> bool:
    """|declared − weighed| ≤ declared × rate; beyond it the vehicle takes the manual lane (customs 2.6)."""
    return abs(total_kg - collected_kg) <= total_kg * tolerance_rate


def riding_on(session: Session, gate_pass: GatePass) -> list[Riding]:
    """Every list line on the vehicle with its stock units, by list and line; lists not known yet are left out."""
    riding: list[Riding] = []
    for number in gate_pass.list_nos:
        bonded = find_by_list_no(session, number)
        if bonded is None:
            continue
        if gate_pass.bind_type is BindType.ONE_DOCUMENT_MANY_VEHICLES:
            lines = {line.line_no: line for line in bonded.lines}
            riding += [
                Riding(
                    bonded=bonded,
                    line=lines[part.list_line_no],
                    stock_quantity=lines[part.list_line_no].stock_units(part.quantity),
                )
                for part in gate_pass.goods
                if part.list_line_no in lines
            ]
        else:
            riding += [
                Riding(bonded=bonded, line=line, stock_quantity=line.stock_quantity) for line in bonded.lines
            ]
    return riding


def lists_missing(session: Session, gate_pass: GatePass) -> list[str]:
    """Numbers of lists on the pass that are not known here yet."""
    return [
        number
        for number in gate_pass.list_nos
        if find_by_list_no(session, number) is None and find_bill_by_number(session, number) is None
    ]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What the gate's receipt says of one vehicle."""

    passed_at: datetime
    collected_kg: Decimal | None
    tolerance_rate: Decimal
    books: bool
    """whether the passage books inbound lists here (setting inbound_booked_by)"""


def tolerance_on(session: Session, *, day: date, otherwise: Decimal) -> Decimal:
    """The share a weight may be off by the rules of the day; `otherwise` while none are in force."""
    rules = rules_on(session, day=day)
    return otherwise if rules is None else rules.gate_weight_tolerance_rate


def record_passage(gate_pass: GatePass, passage: Passage) -> bool:
    """Mark the vehicle as passed; False when it had passed before, and nothing may happen twice."""
    if gate_pass.state is PassState.PASSED:
        return False
    gate_pass.state = PassState.PASSED
    gate_pass.passed_at = passage.passed_at
    record_weight(gate_pass, passage)
    return True


def record_weight(gate_pass: GatePass, passage: Passage) -> bool:
    """What the gate weighed, where nobody has said it yet: a receipt may follow a passage let go by hand.

    Gives whether it is news that the weight is off.
    """
    if passage.collected_kg is not None and gate_pass.collected_kg is None:
        gate_pass.collected_kg = passage.collected_kg
        gate_pass.weight_ok = weight_is_ok(
            total_kg=gate_pass.total_kg,
            collected_kg=passage.collected_kg,
            tolerance_rate=passage.tolerance_rate,
        )
        return not gate_pass.weight_ok
    return False
