"""Goods counted away from staging before their vehicle passes: kept for it, and the passage is never refused."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, lot_id, the_law_holds
from tests.floor.outward import (
    AT,
    LOADING,
    PACKING,
    PICKING,
    PULLING,
    Hand,
    cancel,
    exit_list,
    gate_pass,
    lay_bins,
    release,
    wave,
    work,
)
from tests.makers import make_location
from wms.alerts import Alert
from wms.customs import deciding, tell
from wms.customs.cases import CaseKind, Discrepancy, Remedy
from wms.customs.count_cases import close_count
from wms.customs.departure import pass_outbound
from wms.customs.gate_pass import GatePass, Passage
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.staged import StagedGoods
from wms.floor.putaway import PUTAWAY
from wms.floor.screens import Counted
from wms.ledger.counts import Counted as Found
from wms.ledger.counts import begin_count, tally
from wms.ledger.moves import Move
from wms.ledger.operations import Reserve
from wms.ledger.places import Location, Purpose
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code

KEEPER, OFFICER = 21, 31
PASSING = Passage(passed_at=AT, collected_kg=None, tolerance_rate=Decimal("0.03"), books=False)


@pytest.fixture
def declaration(session: Session) -> RetailDeclaration:
    """A parcel of two is sealed in staging; eight lie in the bin."""
    make_location(session, "SHORT-1", purpose=Purpose.SHORTAGE)
    lay_bins(session, "BIN-A: 10 × L1")
    (made,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    work(session, PACKING)
    return made


@pytest.fixture
def truck(session: Session, declaration: RetailDeclaration) -> GatePass:
    found = gate_pass(session, exit_list(session, [declaration]))
    work(session, LOADING, found.pass_no)
    return found


def place(session: Session, code: str) -> Location:
    found = location_by_code(session, code)
    assert found is not None
    return found


def counted_short(session: Session) -> Discrepancy:
    """A count finds one of the two in staging; the warehouse proposes to book the other out."""
    count = begin_count(session, number="P1", warehouses=["WB01"], at=AT, by_id=KEEPER)
    lines = [
        Found(location_id=place(session, code).id, lot_id=lot_id(session, "L1"), quantity=quantity)
        for code, quantity in (("BIN-A", 8), ("STG-1", 1))
    ]
    tally(session, count, lines, visit=uuid4(), at=AT, by_id=KEEPER)
    (case,) = close_count(session, "P1", at=AT, by_id=KEEPER)
    assert case.kind is CaseKind.COUNT_SHORTAGE
    return deciding.propose(session, case.number, remedy=Remedy.BY_LIST, cause="?", by_id=KEEPER, at=AT)


def move(session: Session, source: str, target: str, quantity: int) -> None:
    """As older versions let a count or a worker do."""
    lot = lot_id(session, "L1")
    done = Move(
        source_id=place(session, source).id,
        source_lot_id=lot,
        target_id=place(session, target).id,
        target_lot_id=lot,
        quantity=quantity,
    )
    apply(session, [done], occurred_at=AT)


def test_a_count_does_not_take_goods_out_of_a_sealed_parcel(
    session: Session, declaration: RetailDeclaration
) -> None:
    """The decision is refused with the parcel's number; taken apart, what is left can be decided."""
    case = counted_short(session)

    with pytest.raises(StagedGoods, match="000000000001"):
        deciding.approve(session, case.number, said="", by_id=OFFICER, at=AT)

    cancel(session, declaration)
    work(session, PULLING)
    assert (lies(session, "BIN-A", "L1"), lies(session, "STG-1", "L1")) == (10, 0)
    the_law_holds(session)


def test_nobody_puts_goods_of_a_sealed_parcel_away(session: Session, declaration: RetailDeclaration) -> None:
    del declaration
    hand = Hand(session=session, flow=PUTAWAY)
    hand.scan("STG-1", "L1")
    hand.give(Counted(number=Decimal(1)))

    with pytest.raises(StagedGoods):
        hand.scan("BIN-A")


@pytest.mark.parametrize("other", ["SHORT-1", "BIN-A"])
def test_a_passage_finds_goods_that_were_counted_or_put_elsewhere(
    session: Session, truck: GatePass, other: str
) -> None:
    """SAS223 is a fact: both pieces leave, from where the ledger has them, and somebody is told."""
    before = lies(session, "BIN-A", "L1")
    move(session, "STG-1", other, 1)

    departed = pass_outbound(session, truck, PASSING)
    tell.departed(session, truck, departed, at=AT)

    assert departed is not None
    assert (departed.parcels, departed.elsewhere, departed.nowhere) == (1, 1, 0)
    assert (lies(session, "STG-1", "L1"), lies(session, "BIN-A", "L1")) == (0, before)
    assert session.scalars(select(Alert.subject).where(Alert.kind == "gate.not_staged")).all() == [
        truck.pass_no
    ]
    the_law_holds(session)


def test_a_passage_whose_goods_are_nowhere_free_is_taken_in_all_the_same(
    session: Session, truck: GatePass
) -> None:
    """What cannot be found stays open in the book; nothing is refused and nothing is taken from other orders."""
    move(session, "STG-1", "BIN-A", 2)
    every = Reserve(location_id=place(session, "BIN-A").id, lot_id=lot_id(session, "L1"), quantity=10)
    apply(session, [every], occurred_at=AT)

    departed = pass_outbound(session, truck, PASSING)

    assert departed is not None
    assert (departed.elsewhere, departed.nowhere) == (0, 2)
    assert lies(session, "BIN-A", "L1") == 10
    the_law_holds(session)
