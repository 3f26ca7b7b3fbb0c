"""What must be inspected by a rule or by customs' own word is ordered here, every minute and whenever a rule is
placed.

Between two rounds nothing slips through: `barring` reads receipts and rules itself. A round orders what they ask
for, holds goods that arrived meanwhile under an open inspection, and closes what customs' own receipt has released.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from wms.customs import inspection_goods as goods
from wms.customs.barring import INSPECTED, STOPPED
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.control import Control, Traits, declaration_traits, fits, in_force
from wms.customs.double_random import SubjectKind
from wms.customs.gate_pass import GatePass
from wms.customs.inspection import (
    Inspection,
    InspectionState,
    OrderedBy,
    Result,
    Wanted,
    not_yet_ordered,
    order_inspections,
)
from wms.customs.inspection_results import InspectionResult, waiting_result
from wms.customs.inspectors import MerchantsOf
from wms.customs.retail_declaration import RELEASED, BookEffect, RetailDeclaration, is_undone
from wms.ledger.book import AccountBook, BookItem, Side
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, PlaceHold
from wms.registry.companies import Company


def watch(
    session: Session, *, merchants_of: MerchantsOf, officers: int, by_id: int, at: datetime
) -> list[Inspection]:
    """One round; gives the inspections it ordered. Makes the one ledger call of its transaction."""
    besides = _closed_by_receipt(session, at=at)
    besides += _arrived_meanwhile(session, by_id=by_id, at=at)
    wanted = not_yet_ordered(session, [*_by_receipt(session), *_by_control(session)])
    wanted = _with_merchants(session, wanted, merchants_of)
    return order_inspections(session, wanted, officers=officers, by_id=by_id, at=at, besides=besides)


def _with_merchants(session: Session, wanted: Sequence[Wanted], merchants_of: MerchantsOf) -> list[Wanted]:
    """Whose goods they are decides who may not inspect: the merchant's of a parcel, where the order is known."""
    numbers = [each.number for each in wanted if each.kind is SubjectKind.RETAIL_DECLARATION]
    query = select(RetailDeclaration.number, RetailDeclaration.order_no)
    orders = {
        row.number: row.order_no
        for row in session.execute(query.where(RetailDeclaration.number.in_(numbers)))
    }
    merchants = merchants_of(session, list(orders.values()))
    return [
        replace(each, company=merchants.get(orders.get(each.number, ""), each.company)) for each in wanted
    ]


def _by_receipt(session: Session) -> list[Wanted]:
    """Declarations customs' last receipt stops, one inspection for each state it named."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.state.in_(INSPECTED | STOPPED), RetailDeclaration.is_history.is_(False)
    )
    return [
        Wanted(
            kind=SubjectKind.RETAIL_DECLARATION,
            number=each.number,
            company="",
            ordered_by=OrderedBy.RECEIPT,
            order_number=each.state,
            reason="",
        )
        for each in session.scalars(query.order_by(RetailDeclaration.id))
    ]


def _by_control(session: Session) -> list[Wanted]:
    controls = in_force(session)
    if not controls:
        return []
    return [*_declarations(session, controls), *_lists(session, controls)]


def _declarations(session: Session, controls: Sequence[Control]) -> list[Wanted]:
    query = select(RetailDeclaration).where(
        RetailDeclaration.is_history.is_(False), RetailDeclaration.book_effect == BookEffect.PROMISED
    )
    found = [each for each in session.scalars(query) if not is_undone(each)]
    traits = declaration_traits(session, found)
    return [
        _wanted(control, SubjectKind.RETAIL_DECLARATION, each.number, traits[each.number].company)
        for each in found
        for control in controls
        if fits(control, traits[each.number])
    ]


def _lists(session: Session, controls: Sequence[Control]) -> list[Wanted]:
    """Lists of goods coming in that are not booked yet: what is booked already, a control finds by its batch."""
    query = select(BondedList).where(
        BondedList.side == Side.IN,
        BondedList.list_no != "",
        BondedList.state.not_in((ListState.BOOKED, ListState.REFUSED, ListState.RETURNED)),
    )
    found = list(session.scalars(query))
    traits = list_traits(session, found)
    return [
        _wanted(control, SubjectKind.BONDED_LIST, each.list_no, traits[each.list_no].company)
        for each in found
        for control in controls
        if fits(control, traits[each.list_no])
    ]


def list_traits(session: Session, lists: Sequence[BondedList]) -> dict[str, Traits]:
    """What controls look at, of each list by its number."""
    items = {line.book_item_id for each in lists for line in each.lines}
    facts = {}
    if items:
        query = select(BookItem.id, BookItem.hs10, BookItem.origin).where(BookItem.id.in_(items))
        facts = {row.id: row for row in session.execute(query)}
    keepers = select(AccountBook.id, Company.customs_code).join(Company, Company.id == AccountBook.company_id)
    companies = {row.id: row.customs_code for row in session.execute(keepers)}
    return {
        each.list_no: Traits(
            numbers=frozenset({each.list_no, each.inner_no}),
            company=companies[each.book_id],
            lines=tuple(
                (facts[line.book_item_id].hs10, facts[line.book_item_id].origin, line.item_no)
                for line in each.lines
            ),
        )
        for each in lists
    }


def _wanted(control: Control, kind: SubjectKind, number: str, company: str) -> Wanted:
    return Wanted(
        kind=kind,
        number=number,
        company=company,
        ordered_by=OrderedBy.CONTROL,
        order_number=control.number,
        reason=control.reason,
    )


def _arrived_meanwhile(session: Session, *, by_id: int, at: datetime) -> list[Operation]:
    """Goods that an open inspection should hold and does not yet."""
    query = select(Inspection).where(Inspection.state != InspectionState.CLOSED).order_by(Inspection.id)
    operations: list[Operation] = []
    claimed: set[tuple[int, int, int | None]] = set()
    for each in session.scalars(query):
        # Two inspections of the same goods: the first holds them, the next round gives the second what is left.
        lying = [one for one in goods.free_goods(session, each) if _key(one) not in claimed]
        claimed |= {_key(one) for one in lying}
        operations += goods.place(session, each, lying, by_id=by_id, at=at)
    return operations


def held_on_arrival(
    session: Session, moves: Sequence[Move], *, batch: str, by_id: int, at: datetime
) -> list[Operation]:
    """Goods that come in under an open inspection of their list or batch are held in the commit that receives them."""
    lists = {each.document.number for each in moves if each.document is not None}
    query = select(Inspection).where(
        Inspection.state != InspectionState.CLOSED,
        or_(
            and_(Inspection.subject_kind == SubjectKind.BONDED_LIST, Inspection.subject_number.in_(lists)),
            and_(Inspection.subject_kind == SubjectKind.BATCH, Inspection.subject_number == batch),
        ),
    )
    found = {each.subject_number: each for each in session.scalars(query)}
    operations: list[Operation] = []
    for move in moves:
        inspection = found.get(move.document.number) if move.document is not None else None
        inspection = inspection or found.get(batch)
        if inspection is not None:
            operations.append(
                PlaceHold(
                    hold_id=goods.hold_of(session, inspection, by_id=by_id, at=at),
                    location_id=move.target_id,
                    lot_id=move.target_lot_id,
                    quantity=move.quantity,
                )
            )
    return operations


def _declaration_released() -> ColumnElement[bool]:
    """The declaration's own receipt stopped it, and its newest one has released it."""
    return and_(
        Inspection.subject_kind == SubjectKind.RETAIL_DECLARATION,
        Inspection.order_number.in_(INSPECTED | STOPPED),
        RetailDeclaration.state.in_(RELEASED),
    )


def _document_let_go() -> ColumnElement[bool]:
    """A list or pass asked for it, and its newest review asks no more."""
    return or_(
        exists().where(BondedList.list_no == Inspection.order_number, ~BondedList.inspection_asked),
        exists().where(GatePass.pass_no == Inspection.order_number, ~GatePass.inspection_asked),
    )


def _key(lying: goods.Lying) -> tuple[int, int, int | None]:
    return (lying.location_id, lying.lot_id, lying.handling_unit_id)


def _closed_by_receipt(session: Session, *, at: datetime) -> list[Operation]:
    """Customs' own release ends what customs' own receipt ordered; the receipt is the document."""
    query = (
        select(Inspection, RetailDeclaration.state)
        .outerjoin(RetailDeclaration, RetailDeclaration.number == Inspection.subject_number)
        .where(
            Inspection.ordered_by == OrderedBy.RECEIPT,
            Inspection.state != InspectionState.CLOSED,
            or_(_declaration_released(), _document_let_go()),
        )
        .order_by(Inspection.id)
        .with_for_update(of=Inspection)
    )
    operations: list[Operation] = []
    for each, state in session.execute(query).all():
        if waiting_result(session, each) is not None:
            continue
        session.add(
            InspectionResult(
                inspection_id=each.id,
                result=Result.RELEASE,
                finding=state or "",
                quantity=0,
                recorded_by_id=0,
                recorded_at=at,
                agreed_by_id=0,
                agreed_at=at,
            )
        )
        each.state, each.result, each.closed_at = InspectionState.CLOSED, Result.RELEASE, at
        operations += goods.lifts(each.hold_id, goods.held_goods(session, each.hold_id))
    session.flush()
    return operations
