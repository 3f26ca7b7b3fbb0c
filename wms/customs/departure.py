"""A vehicle leaves: its passage moves every parcel bound to it from staging to the buyers, in one posting.

The passage is a fact of the gate. It moves what was loaded, whatever anybody thinks of it by then; what should not have
gone is said in an alert. What was not loaded stays in staging.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from wms.audit import mark
from wms.customs.barring import barred, bars_all
from wms.customs.bonded_list import BondedList, line_of
from wms.customs.dispatch_leaving import leaving, may_leave
from wms.customs.gate_pass import STATES, GatePass, Passage, PassState, record_passage
from wms.customs.parcels import Parcel, ParcelState, Pick, PickState
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, document_of
from wms.customs.staged import find_leaving
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import Document, Side
from wms.ledger.moves import Move
from wms.ledger.operations import LiftHold, Operation
from wms.ledger.places import Location, Purpose, Regime, partner_code
from wms.ledger.posting import apply


class NotOutward(Refusal):
    """Only what goes out is let go by hand; what comes in is booked by customs' receipt."""

    message = N_("Gate pass {number} is for goods coming in; customs' receipt says when it passed.")


class NotToPass(Refusal):
    """Only an approved vehicle passes."""

    message = N_("Gate pass {number} may not pass (state {state}).")


class NothingLoaded(Refusal):
    """Nobody scanned a parcel onto the vehicle."""

    message = N_("Nothing is loaded on vehicle {vehicle}. Scan its parcels first.")


class LoadBarred(Refusal):
    """Something on the vehicle may not go."""

    message = N_("{count} parcels may not leave; take them off. The first is {waybill}: {reason}")


@dataclass(frozen=True, kw_only=True)
class Departed:
    """What left with a vehicle: parcels, how many of its lists stayed, orders that should not have gone."""

    parcels: int
    stayed: int
    barred_orders: tuple[str, ...]
    lifted: int
    """held units that went along"""
    elsewhere: int = 0
    """units the ledger had at another place than staging"""
    nowhere: int = 0
    """units the ledger could not find, so that they stay open in the book"""


def pass_outbound(session: Session, gate_pass: GatePass, passage: Passage) -> Departed | None:
    """The vehicle went out: move its parcels; none when it had passed before, and nothing happens twice."""
    assert gate_pass.side is Side.OUT
    if not record_passage(gate_pass, passage):
        return None
    session.flush()
    ids = list(
        session.scalars(
            select(Parcel.id)
            .where(Parcel.pass_id == gate_pass.id, Parcel.state == ParcelState.LOADED)
            .order_by(Parcel.id)
            .with_for_update(of=Parcel)
        )
    )
    moves = _moves(session, ids, pass_number=gate_pass.pass_no)
    moves += leaving(session, gate_pass.list_nos, pass_number=gate_pass.pass_no, at=passage.passed_at)
    leaving_now = find_leaving(session, moves)
    moves = leaving_now.moves
    lifts = _lift_held(session, moves)
    session.execute(
        update(Parcel)
        .where(Parcel.id.in_(ids))
        .values(state=ParcelState.LEFT, left_at=passage.passed_at)
        .execution_options(synchronize_session=False)
    )
    if moves:
        session.flush()
        operations: list[Operation] = [*lifts, *moves]
        apply(session, operations, occurred_at=passage.passed_at)
    mark(session, parcels=len(ids))
    return Departed(
        parcels=len(ids),
        stayed=_stayed(session, gate_pass),
        barred_orders=_barred_orders(session, ids),
        lifted=sum(lift.quantity for lift in lifts),
        elsewhere=leaving_now.elsewhere,
        nowhere=leaving_now.nowhere,
    )


def pass_by_hand(session: Session, gate_pass: GatePass, passage: Passage) -> Departed:
    """The gate lets the vehicle go before customs' receipt says so; what bars a parcel bars the vehicle.

    Raises NotOutward, NotToPass, NothingLoaded, PapersIncomplete and LoadBarred. The receipt that follows has no
    effect on stock.
    """
    if gate_pass.side is not Side.OUT:
        raise NotOutward(number=gate_pass.pass_no or gate_pass.inner_no)
    if gate_pass.state is not PassState.APPROVED:
        raise NotToPass(number=gate_pass.pass_no or gate_pass.inner_no, state=say(STATES[gate_pass.state]))
    query = (
        select(RetailDeclaration)
        .join(Parcel, Parcel.declaration_id == RetailDeclaration.id)
        .where(Parcel.pass_id == gate_pass.id, Parcel.state == ParcelState.LOADED)
        .order_by(Parcel.id)
    )
    loaded = session.scalars(query).all()
    if not may_leave(session, gate_pass.list_nos) and not loaded:
        raise NothingLoaded(vehicle=gate_pass.vehicle_no)
    if barring := bars_all(session, loaded):
        first = next(each for each in loaded if each.number in barring)
        raise LoadBarred(count=len(barring), waybill=first.waybill_no, reason=barring[first.number])
    departed = pass_outbound(session, gate_pass, passage)
    assert departed is not None, "an approved pass has not passed"
    return departed


def _moves(session: Session, parcel_ids: Sequence[int], *, pass_number: str) -> list[Move]:
    """One move for each declaration line and lot; its exit list may have booked it already."""
    buyer_id = session.scalars(
        select(Location.id).where(Location.code == partner_code(Purpose.BUYER, Regime.DOMESTIC))
    ).one()
    query = (
        select(
            RetailDeclaration.number,
            Pick.line_no,
            Pick.book_item_id,
            RetailDeclaration.exit_list_id,
            Pick.staging_id,
            Pick.lot_id,
            func.sum(Pick.quantity),
        )
        .join_from(Pick, Parcel, Parcel.id == Pick.parcel_id)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .where(Parcel.id.in_(parcel_ids), Pick.state == PickState.PICKED)
        .group_by(
            Parcel.id,
            RetailDeclaration.id,
            Pick.line_no,
            Pick.book_item_id,
            Pick.staging_id,
            Pick.lot_id,
        )
        .order_by(Parcel.id, Pick.line_no, Pick.lot_id)
    )
    rows = session.execute(query).all()
    listed = _list_lines(session, {row[3] for row in rows if row[3] is not None})
    return [
        Move(
            source_id=staging_id,
            source_lot_id=lot_id,
            target_id=buyer_id,
            target_lot_id=lot_id,
            quantity=int(quantity),
            document=document_of(number, line_no),
            pass_number=pass_number,
            answered_by=listed.get((list_id, item_id), ()),
        )
        for number, line_no, item_id, list_id, staging_id, lot_id, quantity in rows
        if staging_id is not None
    ]


def _list_lines(
    session: Session, list_ids: Iterable[int]
) -> dict[tuple[int | None, int], tuple[Document, ...]]:
    """The lines of exit lists as the ledger names them, by list and book item."""
    found: dict[tuple[int | None, int], tuple[Document, ...]] = {}
    for bonded in session.scalars(select(BondedList).where(BondedList.id.in_(list(list_ids)))):
        for line in bonded.lines:
            key = bonded.id, line.book_item_id
            found[key] = (*found.get(key, ()), line_of(bonded.list_no, line.line_no))
    return found


_HELD = text("""
    select b.id, b.location_id, b.lot_id, b.on_hand, b.held
    from balance b
    join unnest(cast(:locations as bigint[]), cast(:lots as bigint[])) as k(location_id, lot_id)
      on b.location_id = k.location_id and b.lot_id = k.lot_id and b.handling_unit_id is null
    order by b.id
    for update of b
""")
_HOLDS = text("""
    select balance_id, hold_id, sum(quantity)::bigint as quantity from hold_entry
    where balance_id = any(:ids) group by balance_id, hold_id having sum(quantity) > 0 order by balance_id, hold_id
""")


def _lift_held(session: Session, moves: Iterable[Move]) -> list[LiftHold]:
    """Holds bar the gate, but goods that have left cannot be held any more."""
    leaving: dict[tuple[int, int], int] = defaultdict(int)
    for move in moves:
        leaving[move.source_id, move.source_lot_id] += move.quantity
    keys = sorted(leaving)
    columns = {"locations": [place for place, _ in keys], "lots": [lot for _, lot in keys]}
    over = {
        row.id: (row.location_id, row.lot_id, row.held - (row.on_hand - leaving[row.location_id, row.lot_id]))
        for row in session.execute(_HELD, columns)
        if row.held and row.held > row.on_hand - leaving[row.location_id, row.lot_id]
    }
    lifts: list[LiftHold] = []
    if not over:
        return lifts
    left = {balance_id: quantity for balance_id, (_, _, quantity) in over.items()}
    for balance_id, hold_id, quantity in session.execute(_HOLDS, {"ids": sorted(over)}):
        part = min(int(quantity), left[balance_id])
        if part:
            place, lot, _ = over[balance_id]
            lifts.append(LiftHold(hold_id=hold_id, location_id=place, lot_id=lot, quantity=part))
            left[balance_id] -= part
    return lifts


def _stayed(session: Session, gate_pass: GatePass) -> int:
    """Parcels of the vehicle's lists that are still in the zone and should have gone."""
    query = (
        select(func.count())
        .select_from(RetailDeclaration)
        .join(BondedList, BondedList.id == RetailDeclaration.exit_list_id)
        .where(
            BondedList.list_no.in_(gate_pass.list_nos),
            RetailDeclaration.book_effect != BookEffect.WITHDRAWN,
            ~select(Parcel.id)
            .where(Parcel.declaration_id == RetailDeclaration.id, Parcel.state == ParcelState.LEFT)
            .exists(),
        )
    )
    return session.scalar(query) or 0


def _barred_orders(session: Session, parcel_ids: Sequence[int]) -> tuple[str, ...]:
    query = (
        select(RetailDeclaration.order_no)
        .join(Parcel, Parcel.declaration_id == RetailDeclaration.id)
        .where(Parcel.id.in_(parcel_ids), barred())
        .order_by(RetailDeclaration.order_no)
    )
    return tuple(session.scalars(query))
