"""Putting away: where goods should go, and what the flow refuses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.makers import Laid, lay_stock, make_location, make_lot, make_product
from wms.floor import putaway
from wms.floor.directing import best_bin
from wms.floor.putaway import PUTAWAY
from wms.floor.screens import Answer, Chosen, Counted, Emphasis, Scanned, Screen, Tone, WantsNumber
from wms.floor.tasks import count_put_away, goods_to_put_away
from wms.ledger import refusals
from wms.ledger.lots import Hold
from wms.ledger.operations import LiftHold, PlaceHold
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply
from wms.ledger.queries import on_hand
from wms.registry.products import StorageClass

AT = datetime(2026, 5, 20, tzinfo=UTC)


@pytest.fixture
def laid(session: Session) -> Laid:
    """Ten of L1 stand at receiving; two bins are free, one of them cool."""
    make_location(session, "RCV-1", purpose=Purpose.RECEIVING)
    make_location(session, "COOL-1", storage_class=StorageClass.COOL)
    return lay_stock(session, "RCV-1: 10 × L1; BIN-B:")


def go(session: Session, screen: Screen, *answers: Answer) -> Screen:
    for given in answers:
        assert screen.step is not None
        screen = PUTAWAY.answer(session, screen.step, given, by_id=1, at=AT)
    return screen


def proposal(session: Session, quantity: int = 1) -> str | None:
    product = make_product(session)
    return best_bin(
        session, product_id=product.id, storage_class="ambient", regime="BONDED", quantity=quantity
    )


def test_goods_go_to_the_bin_that_is_scanned(session: Session, laid: Laid) -> None:
    screen = go(
        session,
        PUTAWAY.start(session, by_id=1, at=AT),
        Scanned(text="RCV-1"),
        Scanned(text="NP-TEA-001"),
        Counted(number=Decimal(4)),
        Scanned(text="BIN-B"),
    )

    assert screen.tone is Tone.OK
    lot = laid.lots["L1"].id
    assert on_hand(session, location_id=laid.places["RCV-1"].id, lot_id=lot) == 6
    assert on_hand(session, location_id=laid.places["BIN-B"].id, lot_id=lot) == 4


def test_two_lots_at_one_place_are_asked_apart(session: Session, laid: Laid) -> None:
    lay_stock(session, "RCV-1: 5 × L2")
    screen = go(
        session, PUTAWAY.start(session, by_id=1, at=AT), Scanned(text="RCV-1"), Scanned(text="NP-TEA-001")
    )
    assert isinstance(screen.step, putaway.AskWhichLot)

    screen = go(session, screen, Chosen(key=str(screen.step.balance_ids[1])))

    assert isinstance(screen.step, putaway.AskCount)


@pytest.mark.parametrize(
    ("last", "refusal"),
    [
        ("COOL-1", refusals.WrongStorageClass),
        ("SHOP-1", refusals.NeedsAuthority),
        ("NOWHERE", putaway.NotAPlace),
    ],
)
def test_a_wrong_place_is_refused_with_its_reason(
    session: Session, laid: Laid, last: str, refusal: type[Exception]
) -> None:
    make_location(session, "SHOP-1", regime=Regime.DOMESTIC)
    screen = go(
        session,
        PUTAWAY.start(session, by_id=1, at=AT),
        Scanned(text="RCV-1"),
        Scanned(text="L1"),
        Counted(number=Decimal(4)),
    )

    with pytest.raises(refusal):
        go(session, screen, Scanned(text=last))


def test_a_bin_that_holds_the_item_comes_first(session: Session, laid: Laid) -> None:
    lay_stock(session, "BIN-Z: 1 × L1")
    assert proposal(session) == "BIN-Z"


def test_an_empty_bin_comes_before_one_with_other_goods_and_then_the_way_decides(session: Session) -> None:
    lay_stock(session, "BIN-A: 1 × L1; BIN-C:; BIN-B:")
    other = make_product(session, "NP-OTHER-1").id

    def bin_for_other() -> str | None:
        return best_bin(session, product_id=other, storage_class="ambient", regime="BONDED", quantity=1)

    assert bin_for_other() == "BIN-B"
    lay_stock(session, "BIN-B: 1 × L1; BIN-C: 1 × L1")
    assert bin_for_other() == "BIN-A"


def test_only_bins_of_the_right_class_with_room_are_proposed(session: Session, laid: Laid) -> None:
    assert proposal(session) == "BIN-B"
    laid.places["BIN-B"].capacity = 3
    session.flush()
    assert proposal(session, quantity=4) is None


def test_domestic_bins_are_never_proposed_for_bonded_goods(session: Session) -> None:
    make_location(session, "A-FIRST", regime=Regime.DOMESTIC)
    make_lot(session, "L1")
    assert proposal(session) is None


def test_goods_an_inspection_has_let_go_wait_to_be_put_away(session: Session) -> None:
    """While they are held they stay at the inspection place; released, the handheld sends somebody for them."""
    make_location(session, "INSP-1", purpose=Purpose.INSPECTION)
    laid = lay_stock(session, "INSP-1: 3 × L1; BIN-B:")
    product = make_product(session)
    hold = Hold(reason="查验", case_number="", by_id=1, placed_at=AT)
    session.add(hold)
    session.flush()
    what = {
        "hold_id": hold.id,
        "location_id": laid.places["INSP-1"].id,
        "lot_id": laid.lots["L1"].id,
        "quantity": 3,
    }
    apply(session, [PlaceHold(**what)], occurred_at=AT)
    assert count_put_away(session) == 0
    with pytest.raises(putaway.StillInspected):
        go(session, PUTAWAY.start(session, by_id=1, at=AT), Scanned(text="INSP-1"), Scanned(text="L1"))

    apply(session, [LiftHold(**what | {"quantity": 1})], occurred_at=AT)
    part = go(session, PUTAWAY.start(session, by_id=1, at=AT), Scanned(text="INSP-1"), Scanned(text="L1"))
    assert isinstance(part.wants, WantsNumber)
    assert part.wants.expected == 1
    assert [str(fact.value) for fact in part.facts if fact.emphasis is Emphasis.WARNING] == ["2"]
    with pytest.raises(putaway.StillInspected, match="2 of lot L1 at INSP-1 .* 1 may be put away"):
        go(session, part, Counted(number=Decimal(2)))
    with pytest.raises(refusals.NotEnoughStock):
        go(session, part, Counted(number=Decimal(9)), Scanned(text="BIN-B"))

    apply(session, [LiftHold(**what | {"quantity": 2})], occurred_at=AT)

    assert [(each.location, each.units) for each in goods_to_put_away(session)] == [("INSP-1", 3)]
    shown = PUTAWAY.start(session, by_id=1, at=AT)
    assert [str(fact.value) for fact in shown.facts] == ["INSP-1"]
    done = go(
        session,
        shown,
        Scanned(text="INSP-1"),
        Scanned(text=product.item_no),
        Counted(number=Decimal(3)),
        Scanned(text="BIN-B"),
    )
    assert done.tone is Tone.OK
    assert count_put_away(session) == 0
