"""What comes of a stop: taken for the parcels that need it, sought elsewhere, or found nowhere.

What a picker takes goes to the warehouse's staging place in one posting; what is missing is sought elsewhere at once.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.audit import mark
from wms.customs.dispatch import staging_of
from wms.customs.parcels import Parcel, ParcelState, Pick, PickState
from wms.customs.retail_declaration import RetailDeclaration, document_of
from wms.errors import Refusal
from wms.floor.stops import Stop, at_stop, to_do
from wms.i18n import N_, say
from wms.ledger.book import Document
from wms.ledger.lots import Hold, Lot
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, PlaceHold, ReleaseItem, Reserve
from wms.ledger.posting import apply
from wms.ledger.reservations import Candidate, choose_lots, pickable

MISSING: Final = "短拣，待盘点"


class TooMany(Refusal):
    """More than the parcels need."""

    message = N_("Only {wanted} are needed here. Put {over} back.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What came of a stop: taken, found elsewhere instead, and found nowhere."""

    taken: int
    elsewhere: int
    nowhere: int


@dataclass(kw_only=True)
class _Part:
    """A pick with what the ledger and the next choice need to know of its declaration."""

    pick: Pick
    number: str
    order_no: str
    got: int = 0

    @property
    def needs(self) -> int:
        return self.pick.quantity - self.got


def take(
    session: Session,
    stop: Stop,
    quantity: int,
    *,
    on_day: date,
    min_remaining_days: int,
    by_id: int,
    at: datetime,
) -> Picked:
    """Take so much at a stop for its parcels, in the order of release; what is missing is sought elsewhere.

    What should lie there and was not found is held until a count. Raises TooMany.
    """
    parts = _parts(session, stop)
    wanted = sum(part.pick.quantity for part in parts)
    if quantity > wanted:
        raise TooMany(wanted=wanted, over=quantity - wanted)
    if not parts:
        return Picked(taken=0, elsewhere=0, nowhere=0)
    left = quantity
    for part in parts:
        part.got = min(left, part.pick.quantity)
        left -= part.got
    operations = _moves(session, stop, parts)
    elsewhere = nowhere = 0
    if missing := wanted - quantity:
        operations += _give_up(session, stop, missing, at=at, by_id=by_id)
        chosen = _elsewhere(session, stop, missing, on_day=on_day, days=min_remaining_days)
        operations += [
            Reserve(
                location_id=candidate.location_id,
                lot_id=candidate.lot_id,
                handling_unit_id=candidate.handling_unit_id,
                quantity=units,
            )
            for candidate, units in chosen
        ]
        elsewhere = sum(units for _, units in chosen)
        nowhere = missing - elsewhere
        _split(session, stop, parts, chosen, at=at)
    _mark_picked(session, parts, staging_id=staging_of(session, stop.location_id).id, by_id=by_id, at=at)
    session.flush()
    apply(session, operations, occurred_at=at)
    return Picked(taken=quantity, elsewhere=elsewhere, nowhere=nowhere)


def _parts(session: Session, stop: Stop) -> list[_Part]:
    query = (
        select(Pick, RetailDeclaration.number, RetailDeclaration.order_no)
        .join(Parcel, Parcel.id == Pick.parcel_id)
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .where(to_do(), at_stop(stop.location_id, stop.lot_id, stop.handling_unit_id))
        .order_by(Pick.parcel_id, Pick.id)
        .with_for_update(of=(Parcel, Pick))
        .execution_options(populate_existing=True)
    )
    return [
        _Part(pick=pick, number=number, order_no=order_no)
        for pick, number, order_no in session.execute(query)
    ]


def _moves(session: Session, stop: Stop, parts: Iterable[_Part]) -> list[Operation]:
    """To staging under each declaration line, which has so much less reserved."""
    lot, staging_id = session.get_one(Lot, stop.lot_id), staging_of(session, stop.location_id).id
    operations: list[Operation] = []
    lines: dict[Document, int] = defaultdict(int)
    for part in parts:
        if not part.got:
            continue
        document = document_of(part.number, part.pick.line_no)
        lines[document] += part.got
        operations.append(
            Move(
                source_id=stop.location_id,
                source_lot_id=stop.lot_id,
                source_unit_id=stop.handling_unit_id,
                target_id=staging_id,
                target_lot_id=stop.lot_id,
                quantity=part.got,
                document=document,
                from_reserved=True,
            )
        )
    operations += [
        ReleaseItem(
            book_item_id=lot.book_item_id,
            owner_id=lot.owner_id,
            mode=lot.mode,
            document=document,
            quantity=quantity,
        )
        for document, quantity in lines.items()
    ]
    return operations


def _give_up(session: Session, stop: Stop, missing: int, *, by_id: int, at: datetime) -> list[Operation]:
    """Nobody waits for the missing units here any more; what should be there and is not is held for a count."""
    operations: list[Operation] = [
        Reserve(
            location_id=stop.location_id,
            lot_id=stop.lot_id,
            handling_unit_id=stop.handling_unit_id,
            quantity=-missing,
        )
    ]
    not_found = missing - (stop.wanted - stop.to_take)
    if not_found > 0:
        hold = Hold(reason=MISSING, case_number="", by_id=by_id, placed_at=at)
        session.add(hold)
        session.flush()
        operations.append(
            PlaceHold(
                hold_id=hold.id,
                location_id=stop.location_id,
                lot_id=stop.lot_id,
                handling_unit_id=stop.handling_unit_id,
                quantity=not_found,
            )
        )
        raise_alert(
            session,
            kind="pick.short",
            subject=f"{stop.location} {stop.lot}",
            sentence=say(
                N_("{location}: {missing} of lot {lot} were not found. They are held; count the bin."),
                location=stop.location,
                missing=not_found,
                lot=stop.lot,
            ),
            severity=Severity.WARNING,
            at=at,
        )
    return operations


def _elsewhere(
    session: Session, stop: Stop, missing: int, *, on_day: date, days: int
) -> list[tuple[Candidate, int]]:
    lot = session.get_one(Lot, stop.lot_id)
    offered = pickable(session, book_item_ids=[lot.book_item_id], owner_id=lot.owner_id, mode=lot.mode)
    here = stop.location_id, stop.lot_id, stop.handling_unit_id
    others = {
        (each.location_id, each.lot_id, each.handling_unit_id): each
        for each in offered.get(lot.book_item_id, [])
    }
    others.pop(here, None)
    chosen, _ = choose_lots(others.values(), quantity=missing, on_day=on_day, min_remaining_days=days)
    return [(others[each.location_id, each.lot_id, each.handling_unit_id], each.quantity) for each in chosen]


def _split(
    session: Session,
    stop: Stop,
    parts: Iterable[_Part],
    chosen: Sequence[tuple[Candidate, int]],
    *,
    at: datetime,
) -> None:
    """New picks for what was missing: first what was found elsewhere, then what was found nowhere."""
    supply = deque(chosen)
    for part in parts:
        need = part.needs
        while need and supply:
            candidate, units = supply.popleft()
            given = min(need, units)
            session.add(_another(part.pick, given, candidate=candidate))
            need -= given
            if units > given:
                supply.appendleft((candidate, units - given))
        if need:
            session.add(_another(part.pick, need, candidate=None))
            raise_alert(
                session,
                kind="parcel.short",
                subject=part.number,
                sentence=say(
                    N_("Order {order}: {missing} of {item} are missing and no other lot is free. Decide."),
                    order=part.order_no,
                    missing=need,
                    item=stop.item_no,
                ),
                severity=Severity.WARNING,
                at=at,
            )
        if part.got:
            part.pick.quantity = part.got
        elif part.needs:
            part.pick.state = PickState.BACK


def _another(pick: Pick, quantity: int, *, candidate: Candidate | None) -> Pick:
    return Pick(
        parcel_id=pick.parcel_id,
        line_no=pick.line_no,
        book_item_id=pick.book_item_id,
        lot_id=candidate.lot_id if candidate else pick.lot_id,
        location_id=candidate.location_id if candidate else pick.location_id,
        handling_unit_id=candidate.handling_unit_id if candidate else pick.handling_unit_id,
        quantity=quantity,
        state=PickState.CHOSEN if candidate else PickState.SHORT,
    )


def _mark_picked(
    session: Session, parts: Sequence[_Part], *, staging_id: int, by_id: int, at: datetime
) -> None:
    session.flush()
    done = [part.pick.id for part in parts if part.got]
    session.execute(
        update(Pick)
        .where(Pick.id.in_(done))
        .values(state=PickState.PICKED, staging_id=staging_id, picked_at=at, picked_by_id=by_id)
        .execution_options(synchronize_session=False)
    )
    waiting = select(Pick.id).where(
        Pick.parcel_id == Parcel.id, Pick.state.in_((PickState.CHOSEN, PickState.SHORT))
    )
    session.execute(
        update(Parcel)
        .where(Parcel.id.in_({part.pick.parcel_id for part in parts}), ~waiting.exists())
        .values(state=ParcelState.PICKED)
        .execution_options(synchronize_session=False)
    )
    mark(session, picks=len(done))
