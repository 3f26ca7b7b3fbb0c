"""What a vehicle takes of dispatches: whether it may, and the moves its passage posts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import find_by_list_no
from wms.customs.declaration import bars_list
from wms.customs.dispatch import Dispatch, DispatchState, PapersIncomplete, document_of, refuse_inspected
from wms.customs.trade import Counterpart, partner_regime
from wms.ledger.book import Document, DocumentKind
from wms.ledger.moves import Move
from wms.ledger.places import Location, Purpose, partner_code


def may_leave(session: Session, gate_numbers: Sequence[str]) -> bool:
    """Whether goods lie staged for documents of a pass; raises PapersIncomplete for what may not go."""
    staged = select(Dispatch.gate_number).where(
        Dispatch.gate_number.in_(gate_numbers), Dispatch.state != DispatchState.LEFT
    )
    found = session.scalars(staged).all()
    refuse_inspected(session, *found)
    for number in found:
        bonded = find_by_list_no(session, number)
        reason = bars_list(session, bonded) if bonded is not None else None
        if reason is not None:
            raise PapersIncomplete(reason=reason)
    return bool(found)


def leaving(session: Session, gate_numbers: Iterable[str], *, pass_number: str, at: datetime) -> list[Move]:
    """The moves of what lies staged for the documents on a pass, and marks it gone; the passage posts them."""
    dispatches = session.scalars(
        select(Dispatch)
        .where(Dispatch.gate_number.in_(list(gate_numbers)), Dispatch.state != DispatchState.LEFT)
        .order_by(Dispatch.id)
        .with_for_update(of=Dispatch)
    ).all()
    moves: dict[tuple[int, int, Document], int] = defaultdict(int)
    targets: dict[Document, int] = {}
    for each in dispatches:
        target_id = _partner(session, each)
        for pick in each.picks:
            if pick.staging_id is None or pick.left_at is not None:
                continue
            document = document_of(each, pick.line_no)
            moves[pick.staging_id, pick.lot_id, document] += pick.quantity
            targets[document] = target_id
            pick.left_at = at
        if all(pick.left_at is not None for pick in each.picks):
            each.state = DispatchState.LEFT
    return [
        Move(
            source_id=staging_id,
            source_lot_id=lot_id,
            target_id=targets[document],
            target_lot_id=lot_id,
            quantity=quantity,
            document=document,
            pass_number=pass_number,
        )
        for (staging_id, lot_id, document), quantity in sorted(moves.items(), key=lambda each: each[0][:2])
    ]


def _partner(session: Session, dispatch: Dispatch) -> int:
    counterpart = Counterpart.HOME
    if dispatch.document_kind is DocumentKind.BONDED_LIST:
        bonded = find_by_list_no(session, dispatch.document_number)
        assert bonded is not None, "lists stay"
        counterpart = bonded.counterpart
    code = partner_code(Purpose.BUYER, partner_regime(counterpart))
    return session.scalars(select(Location.id).where(Location.code == code)).one()
