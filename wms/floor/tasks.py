"""What waits to be done on the floor, derived from how things stand; nothing is kept, so nothing can be stale."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from wms.customs.gate_pass import GatePass, PassState
from wms.ledger.book import Side
from wms.ledger.moves import Balance, StockMove
from wms.ledger.places import Location, Purpose


@dataclass(frozen=True, kw_only=True)
class LorryWaiting:
    """A lorry whose goods may be received: its pass is approved or passed, its receipt not closed."""

    gate_pass: GatePass
    is_begun: bool
    """some of its goods are taken in; the gate's own receipt may still be on its way"""


@dataclass(frozen=True, kw_only=True)
class GoodsToPutAway:
    """A receiving place with goods on it."""

    location: str
    lots: int
    units: int


def _open_passes() -> tuple[ColumnElement[bool], ...]:
    return (
        GatePass.side == Side.IN,
        GatePass.state.in_((PassState.APPROVED, PassState.PASSED)),
        GatePass.receipt_closed_at.is_(None),
    )


def lorries_waiting(session: Session) -> list[LorryWaiting]:
    """Lorries to unload, those that passed the gate first."""
    begun = select(StockMove.id).where(
        StockMove.pass_number == GatePass.pass_no,
        # as the index of moves by pass asks
        StockMove.pass_number != "",
    )
    query = (
        select(GatePass, begun.exists())
        .where(*_open_passes())
        .order_by(GatePass.passed_at.nulls_last(), GatePass.id)
    )
    return [LorryWaiting(gate_pass=found, is_begun=is_begun) for found, is_begun in session.execute(query)]


def count_lorries(session: Session) -> int:
    """How many lorries wait, for the handheld's menu."""
    return session.scalar(select(func.count()).select_from(GatePass).where(*_open_passes())) or 0


def goods_to_put_away(session: Session) -> list[GoodsToPutAway]:
    """Places with goods that belong into a bin: received ones, and those an inspection has let go."""
    free = case(
        (Location.purpose == Purpose.INSPECTION, Balance.on_hand - Balance.held), else_=Balance.on_hand
    )
    query = (
        select(Location.code, func.count(Balance.id), func.sum(free))
        .join(Balance, Balance.location_id == Location.id)
        .where(Location.purpose.in_((Purpose.RECEIVING, Purpose.INSPECTION)), free > 0)
        .group_by(Location.code)
        .order_by(Location.code)
    )
    return [
        GoodsToPutAway(location=code, lots=int(lots), units=int(units))
        for code, lots, units in session.execute(query)
    ]


def count_put_away(session: Session) -> int:
    """How many places hold goods to put away, for the handheld's menu."""
    return len(goods_to_put_away(session))
