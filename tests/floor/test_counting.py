"""Counting on the floor: blind, side by side, again; and what a closed count becomes."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.makers import NOON, Laid, lay_stock, make_location, make_lot
from wms.customs.cases import CaseKind, CaseState, Discrepancy, spots_of
from wms.customs.count_cases import close_count
from wms.floor.counting import COUNTING
from wms.floor.screens import Answer, Counted, Dated, Pressed, Scanned, Screen, Tone
from wms.ledger.counts import CountIsClosed, CountStillOpen, NoSuchWarehouse, begin_count
from wms.ledger.lots import Quality
from wms.ledger.moves import Move, StockMove
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import post

ITEM = "NP-TEA-001"
EXPIRY = date(2027, 11, 30)
KEEPER, COLLEAGUE = 11, 12


@pytest.fixture
def laid(session: Session) -> Laid:
    make_location(session, "SHORT-1", purpose=Purpose.SHORTAGE)
    laid = lay_stock(session, "BIN-A: 10 × L1, 5 × L2; BIN-B: 7 × L1; BIN-C: 4 × L2; EMPTY:")
    begin_count(session, number="P1", warehouses=["WB01"], at=NOON, by_id=1)
    return laid


class Worker:
    """Somebody with a handheld in the counting flow."""

    def __init__(self, session: Session, by_id: int = KEEPER) -> None:
        self.session, self.by_id = session, by_id
        self.screen = COUNTING.start(session, by_id=by_id, at=NOON)

    def give(self, *answers: Answer) -> Screen:
        for given in answers:
            assert self.screen.step is not None
            self.screen = COUNTING.answer(self.session, self.screen.step, given, by_id=self.by_id, at=NOON)
        return self.screen

    def at(self, place: str) -> "Worker":
        self.give(Scanned(text=place))
        return self

    def finds(self, quantity: int, lot: str, *, expiry: date = EXPIRY, damaged: bool = False) -> Screen:
        self.give(Scanned(text=ITEM), Scanned(text=lot), Dated(day=expiry))
        if damaged:
            self.give(Pressed(key="damaged"))
        return self.give(Counted(number=Decimal(quantity)))


def closed(session: Session) -> list[tuple[str, int, int, str | None, str | None]]:
    """The cases of the closed count: kind, quantity, book difference, where, which lot."""
    found = close_count(session, "P1", at=NOON, by_id=1)
    spots = spots_of(session, found)
    return sorted(
        (
            case.kind.value,
            case.quantity,
            case.book_difference,
            spots[case.id].location,
            spots[case.id].lot,
        )
        for case in found
    )


def count_all(session: Session, *, a: int = 10, b: int = 7) -> None:
    worker = Worker(session)
    worker.at("BIN-A").finds(a, "L1")
    worker.finds(5, "L2")
    worker.at("BIN-B").finds(b, "L1")
    worker.at("BIN-C").finds(4, "L2")


def test_a_count_that_agrees_opens_no_case_and_moves_nothing(session: Session, laid: Laid) -> None:
    del laid
    before = session.scalar(select(func.count()).select_from(StockMove))

    count_all(session)

    assert closed(session) == []
    assert session.scalar(select(func.count()).select_from(StockMove)) == before


def test_the_ledgers_figures_are_never_shown(session: Session, laid: Laid) -> None:
    """A blind count: the worker sees only what they counted themselves."""
    del laid
    worker = Worker(session)
    worker.at("BIN-A")

    asked = worker.give(Scanned(text=ITEM), Scanned(text="L1"), Dated(day=EXPIRY))

    shown = " ".join(str(fact.value) for fact in asked.facts)
    assert "10" not in shown.replace("2027-11-30", "")
    assert asked.progress is None


def test_two_people_count_one_place_side_by_side(session: Session, laid: Laid) -> None:
    del laid
    one, other = Worker(session), Worker(session, COLLEAGUE)
    one.at("BIN-A")
    other.at("BIN-A")
    one.finds(10, "L1")
    other.finds(5, "L2")
    one.give(Pressed(key="close"))
    one.at("BIN-B").finds(7, "L1")
    other.at("BIN-C").finds(4, "L2")

    assert closed(session) == []


def test_what_nobody_counted_is_counted_as_none(session: Session, laid: Laid) -> None:
    del laid
    worker = Worker(session)
    worker.at("BIN-A").finds(10, "L1")
    worker.at("BIN-B").finds(7, "L1")

    assert closed(session) == [
        ("COUNT_SHORTAGE", 4, -4, "BIN-C", "L2"),
        ("COUNT_SHORTAGE", 5, -5, "BIN-A", "L2"),
    ]


def test_two_piles_of_a_visit_add_up_and_a_later_visit_replaces_them(session: Session, laid: Laid) -> None:
    del laid
    worker = Worker(session)
    worker.at("BIN-A").finds(4, "L1")
    worker.finds(3, "L1")
    worker.finds(5, "L2")
    worker.at("BIN-B").finds(7, "L1")
    worker.at("BIN-C").finds(4, "L2")
    again = Worker(session, COLLEAGUE).at("BIN-A").finds(10, "L1")

    assert again.tone is Tone.DECISION, "it says that an earlier figure is replaced"
    assert closed(session) == []


def test_a_slip_is_taken_back(session: Session, laid: Laid) -> None:
    del laid
    count_all(session)
    worker = Worker(session)
    worker.at("BIN-B").finds(70, "L1")

    worker.give(Pressed(key="undo"))

    assert closed(session) == []


def test_differences_are_netted_before_anything_is_lost(session: Session, laid: Laid) -> None:
    """Another lot in the same place; the same lot in another place; only the rest is missing or found."""
    del laid
    worker = Worker(session)
    worker.at("BIN-A").finds(7, "L1")
    worker.finds(6, "L2")
    worker.at("BIN-B").finds(8, "L1")
    worker.at("BIN-C").finds(6, "L2")

    found = close_count(session, "P1", at=NOON, by_id=1)

    spots = spots_of(session, found)
    assert {
        (case.kind, case.quantity, case.level.value, spots[case.id].other_lot, spots[case.id].other_location)
        for case in found
    } == {
        (CaseKind.COUNT_LOT_SWAP, 1, "LOT", "L2", None),
        (CaseKind.COUNT_MISPLACED, 1, "LOCATION", None, "BIN-B"),
        (CaseKind.COUNT_SHORTAGE, 1, "BOOK", None, None),
        (CaseKind.COUNT_SURPLUS, 2, "BOOK", None, None),
    }
    assert sum(case.book_difference for case in found) == 1


def test_damaged_goods_are_a_difference_of_condition(session: Session, laid: Laid) -> None:
    del laid
    worker = Worker(session)
    worker.at("BIN-A").finds(8, "L1")
    worker.finds(2, "L1", damaged=True)
    worker.finds(5, "L2")
    worker.at("BIN-B").finds(7, "L1")
    worker.at("BIN-C").finds(4, "L2")

    assert closed(session) == [("COUNT_CONDITION", 2, 0, "BIN-A", "L1")]


def test_a_lot_code_is_resolved_by_its_place(session: Session) -> None:
    """Good and damaged goods of one batch lie in two places under one code."""
    cage = make_location(session, "CAGE", purpose=Purpose.QUARANTINE)
    laid = lay_stock(session, "BIN-A: 10 × L1")
    damaged = make_lot(session, "L1", quality=Quality.DAMAGED)
    good = laid.lots["L1"].id
    move = Move(
        source_id=laid.places["BIN-A"].id,
        source_lot_id=good,
        target_id=cage.id,
        target_lot_id=damaged.id,
        quantity=3,
    )
    post(session, [move], occurred_at=NOON)
    begin_count(session, number="P1", warehouses=["WB01"], at=NOON, by_id=1)
    worker = Worker(session)

    worker.at("BIN-A").finds(7, "L1")
    worker.at("CAGE").finds(3, "L1")

    assert closed(session) == []


def test_moves_while_people_count_are_no_difference(session: Session, laid: Laid) -> None:
    """What is moved after its place was counted is measured against the ledger of that moment."""
    count_all(session)
    move = Move(
        source_id=laid.places["BIN-A"].id,
        source_lot_id=laid.lots["L2"].id,
        target_id=laid.places["BIN-B"].id,
        target_lot_id=laid.lots["L2"].id,
        quantity=5,
    )
    post(session, [move], occurred_at=NOON)

    assert closed(session) == []


def test_a_recount_ends_the_case_it_disproves(session: Session, laid: Laid) -> None:
    del laid
    count_all(session, a=8, b=6)
    assert closed(session) == [
        ("COUNT_SHORTAGE", 1, -1, "BIN-B", "L1"),
        ("COUNT_SHORTAGE", 2, -2, "BIN-A", "L1"),
    ]
    begin_count(session, number="P2", warehouses=["WB01"], at=NOON, by_id=1)
    count_all(session, b=5)

    close_count(session, "P2", at=NOON, by_id=1)

    cases = session.scalars(select(Discrepancy).order_by(Discrepancy.id)).all()
    assert {(case.quantity, case.state) for case in cases} == {(2, CaseState.CLOSED), (2, CaseState.OPEN)}
    assert len(cases) == 2, "the same spot keeps its case"


def test_goods_of_another_regime_are_no_book_difference(session: Session, laid: Laid) -> None:
    del laid
    shelf = make_location(session, "SHELF", regime=Regime.DOMESTIC)
    make_lot(session, "D1", bonded=False)
    count_all(session)
    Worker(session).at(shelf.code).finds(2, "D1")

    assert closed(session) == [("COUNT_SURPLUS", 2, 0, "SHELF", "D1")]


def test_a_closed_count_takes_nothing_more(session: Session, laid: Laid) -> None:
    del laid
    worker = Worker(session).at("BIN-A")
    close_count(session, "P1", at=NOON, by_id=1)

    with pytest.raises(CountIsClosed):
        close_count(session, "P1", at=NOON, by_id=1)
    with pytest.raises(Exception, match="No count of") as refused:
        worker.finds(1, "L1")
    assert type(refused.value).__name__ == "NobodyCounts"


def test_a_warehouse_has_one_open_count(session: Session, laid: Laid) -> None:
    del laid
    with pytest.raises(CountStillOpen):
        begin_count(session, number="P2", warehouses=["WB01"], at=NOON, by_id=1)
    with pytest.raises(NoSuchWarehouse):
        begin_count(session, number="P3", warehouses=["WB99"], at=NOON, by_id=1)
