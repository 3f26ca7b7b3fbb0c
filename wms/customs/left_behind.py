"""What a vehicle left behind: sealed parcels whose exit list passed the gate without them, and the pass for them.

Such a list is one document on several vehicles (bindTypecd 3): the pass of its rest says in goods lines how much of
each list line rides on it.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.exit_lists import ExitLine, draft_lines
from wms.customs.gate_pass import GatePass, PassedList, PassState
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.retail_declaration import BookEffect, RetailDeclaration
from wms.ledger.book import Side


def gone() -> Select[str]:
    """Numbers of lists that a vehicle took through the gate, whole or in part."""
    return (
        select(PassedList.list_no)
        .join(GatePass, GatePass.id == PassedList.pass_id)
        .where(GatePass.side == Side.OUT, GatePass.state == PassState.PASSED, PassedList.list_no != "")
    )


def left_behind(session: Session, list_nos: Iterable[str] | None = None) -> dict[str, int]:
    """How many sealed parcels each list that went left in the zone; of all lists, or of these."""
    query = (
        select(BondedList.list_no, func.count(Parcel.id))
        .join(RetailDeclaration, RetailDeclaration.exit_list_id == BondedList.id)
        .join(Parcel, Parcel.declaration_id == RetailDeclaration.id)
        .where(_stayed(), BondedList.list_no.in_(gone()))
        .group_by(BondedList.list_no)
    )
    if list_nos is not None:
        query = query.where(BondedList.list_no.in_(list(list_nos)))
    return {row[0]: row[1] for row in session.execute(query)}


def rest_of(session: Session, bonded: BondedList) -> list[tuple[int, ExitLine]]:
    """What of a list lies in the zone still, by line of the list."""
    query = (
        select(RetailDeclaration)
        .join(Parcel, Parcel.declaration_id == RetailDeclaration.id)
        .where(_stayed(), RetailDeclaration.exit_list_id == bonded.id)
        .order_by(RetailDeclaration.id)
    )
    declarations: Sequence[RetailDeclaration] = session.scalars(query).all()
    lines = {line.book_item_id: line.line_no for line in bonded.lines}
    return [(lines[each.item.id], each) for each in draft_lines(session, declarations)]


def _stayed() -> ColumnElement[bool]:
    return and_(Parcel.state == ParcelState.SEALED, RetailDeclaration.book_effect != BookEffect.WITHDRAWN)
