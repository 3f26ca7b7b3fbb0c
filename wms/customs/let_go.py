"""Letting go of goods chosen for a declaration that customs took back before anybody picked them.

Done in the commit that takes the declaration back, so the next order may have them at once; a wave looks too, for
what stood open before that was so.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wms.customs.parcels import Parcel, ParcelState, PickState
from wms.customs.retail_declaration import BookEffect, RetailDeclaration
from wms.ledger.operations import Reserve


def undone_in_bins(session: Session) -> list[Parcel]:
    """Parcels of declarations taken back, some or all of whose goods nobody has picked; locked."""
    query = _to_pick().join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
    return list(session.scalars(query.where(RetailDeclaration.book_effect == BookEffect.WITHDRAWN)))


def parcels_in_bins(session: Session, declaration_ids: Iterable[int]) -> list[Parcel]:
    """Parcels of these declarations, some or all of whose goods nobody has picked; locked."""
    return list(session.scalars(_to_pick().where(Parcel.declaration_id.in_(list(declaration_ids)))))


def _to_pick() -> Select[Parcel]:
    return (
        select(Parcel)
        .where(Parcel.state == ParcelState.TO_PICK)
        .order_by(Parcel.id)
        .with_for_update(of=Parcel)
        .execution_options(populate_existing=True)
    )


def let_go(session: Session, parcels: Iterable[Parcel]) -> list[Reserve]:
    """Nothing is picked for these parcels any more; what the ledger must give back.

    One with goods in staging already waits for the flow that takes it apart.
    """
    given_back: list[tuple[int, int, int | None, int]] = []
    for parcel in parcels:
        session.refresh(parcel, ["picks"])
        for pick in parcel.picks:
            if pick.state is PickState.CHOSEN:
                given_back.append((pick.location_id, pick.lot_id, pick.handling_unit_id, -pick.quantity))
            if pick.state in (PickState.CHOSEN, PickState.SHORT):
                pick.state = PickState.BACK
        if all(pick.state is PickState.BACK for pick in parcel.picks):
            parcel.state = ParcelState.PULLED
    return summed(given_back)


def summed(parts: Iterable[tuple[int, int, int | None, int]]) -> list[Reserve]:
    """One reservation a bin, lot and pallet out of many (place, lot, pallet, stock units)."""
    sums: dict[tuple[int, int, int | None], int] = defaultdict(int)
    for place, lot, unit, quantity in parts:
        sums[place, lot, unit] += quantity
    return [
        Reserve(location_id=place, lot_id=lot, handling_unit_id=unit, quantity=quantity)
        for (place, lot, unit), quantity in sums.items()
    ]
