"""A released parcel is drawn after packing; goods without their paper stay on the ground."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.customs.inspection_makers import make_officers
from tests.floor.outward import (
    AT,
    KEEPER,
    LOADING,
    PACKING,
    PICKING,
    PULLING,
    Hand,
    exit_list,
    gate_pass,
    lay_bins,
    release,
    wave,
    work,
)
from tests.makers import NOON, make_location
from wms.customs.double_random import SubjectKind
from wms.customs.inspection import Inspection, OrderedBy, Result, Wanted, order_inspections
from wms.customs.inspection_results import agree, record_result
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.permit_filing import file_permit, mark_product
from wms.customs.permits import PaperMissing, PermitUse
from wms.customs.retail_declaration import RetailDeclaration
from wms.floor import packing, pulling
from wms.ledger.moves import Balance
from wms.ledger.places import Location, Purpose
from wms.ledger.verify import verify

PAPERS = CustomsRules.load().inspection.papers


def order(session: Session, number: str, kind: SubjectKind = SubjectKind.RETAIL_DECLARATION) -> Inspection:
    make_officers(session)
    wanted = Wanted(
        kind=kind,
        number=number,
        company="",
        ordered_by=OrderedBy.DRAW,
        order_number="D1",
        reason="",
    )
    (made,) = order_inspections(session, [wanted], officers=2, by_id=9, at=AT)
    return made


def decide(session: Session, inspection: Inspection, result: Result) -> None:
    first, second = inspection.officer_ids
    record_result(session, inspection.id, result=result, finding="相符", by_id=first, at=AT)
    agree(session, inspection.id, by_id=second, at=AT)


def lies(session: Session) -> dict[str, tuple[int, int]]:
    rows = session.execute(
        select(Location.code, Balance.on_hand, Balance.held)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.on_hand > 0)
    )
    return {row.code: (row.on_hand, row.held) for row in rows}


def states(session: Session, declaration: RetailDeclaration) -> list[ParcelState]:
    query = select(Parcel.state).where(Parcel.declaration_id == declaration.id).order_by(Parcel.id)
    return list(session.scalars(query))


@pytest.mark.parametrize("loaded", [False, True])
def test_a_released_parcel_drawn_after_packing_is_pulled_put_back_and_after_release_goes_out(
    session: Session, loaded: bool
) -> None:
    """It comes off the vehicle, its goods lie held in their bin, and once it is let go a new wave picks it again."""
    lay_bins(session, "BIN-A: 5 × L1")
    drawn, other = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    work(session, PACKING)
    truck = gate_pass(session, exit_list(session, [drawn, other]))
    if loaded:
        work(session, LOADING, truck.pass_no)

    inspection = order(session, drawn.number)
    if not loaded:
        with pytest.raises(packing.ParcelBarred):
            Hand(session=session, flow=LOADING).scan(truck.pass_no, drawn.waybill_no)
    hand = Hand(session=session, flow=PULLING)
    assert hand.screen.asks == drawn.waybill_no
    hand.scan(drawn.waybill_no, "BIN-A")
    assert hand.screen.step is None
    assert lies(session) == {"BIN-A": (4, 2), "STG-1": (1, 0)}
    decide(session, inspection, Result.RELEASE)
    wave(session)
    work(session, PICKING)
    work(session, PACKING)
    work(session, LOADING, truck.pass_no)

    assert states(session, drawn) == [ParcelState.PULLED, ParcelState.LOADED]
    assert states(session, other) == [ParcelState.LOADED]
    assert lies(session) == {"BIN-A": (2, 0), "STG-1": (3, 0)}
    assert verify(session) == []


def test_detained_goods_of_a_packed_parcel_are_pulled_to_the_inspection_place_and_taken(
    session: Session,
) -> None:
    """The parcel beside it, of the same lot in the same place, keeps every piece and goes out."""
    lay_bins(session, "BIN-A: 5 × L1")
    make_location(session, "WB01-INSP", purpose=Purpose.INSPECTION)
    drawn, other = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    work(session, PACKING)
    inspection = order(session, drawn.number)

    Hand(session=session, flow=PULLING).scan(drawn.waybill_no, "WB01-INSP")
    decide(session, inspection, Result.DETAIN)
    work(session, LOADING, gate_pass(session, exit_list(session, [drawn, other])).pass_no)

    assert lies(session) == {"BIN-A": (2, 0), "STG-1": (1, 0)}
    assert (states(session, drawn), states(session, other)) == ([ParcelState.PULLED], [ParcelState.LOADED])
    assert verify(session) == []


def test_a_parcel_with_a_batch_under_inspection_is_taken_apart_and_one_without_stays_sealed(
    session: Session,
) -> None:
    lay_bins(session, "BIN-A: 2 × L1; BIN-B: 5 × L2", L1=date(2027, 1, 1))
    first, second = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    work(session, PACKING)

    order(session, "NP-TEA-001/L1", SubjectKind.BATCH)

    hand = Hand(session=session, flow=PULLING)
    with pytest.raises(pulling.StaysSealed):
        hand.scan(second.waybill_no)
    hand.scan(first.waybill_no, "BIN-A")
    assert lies(session) == {"BIN-A": (2, 2), "BIN-B": (4, 0), "STG-1": (1, 0)}
    assert verify(session) == []


def test_a_protected_species_without_its_paper_is_refused_at_loading(session: Session) -> None:
    """A paper that covers the quantity lets it on; taken off again, it gives back what it used."""
    lay_bins(session, "BIN-A: 9 × L1")
    first, second = release(session, ("1", 2), ("2", 2))
    mark_product(session, PAPERS, item_no="NP-TEA-001", kind="CITES", reason="附录二", by_id=KEEPER, at=NOON)
    wave(session)
    work(session, PICKING)
    work(session, PACKING)
    truck = gate_pass(session, exit_list(session, [first, second]))
    hand = Hand(session=session, flow=LOADING)
    hand.scan(truck.pass_no)

    with pytest.raises(PaperMissing):
        hand.scan(first.waybill_no)
    paper(session, "CN-OLD", until=date(2026, 5, 19), quantity=50)
    with pytest.raises(PaperMissing):
        hand.scan(first.waybill_no)
    paper(session, "CN-NEW", until=date(2026, 5, 20), quantity=3)
    hand.scan(first.waybill_no)
    with pytest.raises(PaperMissing):
        hand.scan(second.waybill_no)
    assert used(session) == 2

    off = Hand(session=session, flow=LOADING)
    off.scan(truck.pass_no)
    off.give(pressed("off"))
    off.scan(first.waybill_no)
    assert used(session) == 0
    off.give(pressed("back"))
    off.scan(second.waybill_no)

    assert states(session, second) == [ParcelState.LOADED]
    assert used(session) == 2


def pressed(key: str):  # type: ignore[no-untyped-def]
    from wms.floor.screens import Pressed

    return Pressed(key=key)


def paper(session: Session, number: str, *, until: date, quantity: int) -> None:
    file_permit(
        session,
        PAPERS,
        kind="CITES",
        number=number,
        item_no="NP-TEA-001",
        issued_by="国家濒管办",
        valid_from=date(2026, 1, 1),
        valid_until=until,
        quantity=quantity,
        by_id=KEEPER,
        at=NOON,
    )


def used(session: Session) -> int:
    return int(session.scalar(select(func.sum(PermitUse.quantity))) or 0)
