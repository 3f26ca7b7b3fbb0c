"""Packing: a parcel is weighed, labelled and sealed, or somebody decides."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.floor.outcome import parcel_of
from tests.floor.outward import PACKING, PICKING, Hand, cancel, lay_bins, release, wave, work
from wms.customs.parcels import ParcelState
from wms.floor import packing
from wms.floor.overview import parcels
from wms.floor.screens import Counted, Tone


def test_a_parcel_is_weighed_labelled_and_sealed(session: Session) -> None:
    """Two boxes of 310 g and 150 g of packaging."""
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)

    assert hand.screen.asks == "0.77"
    hand.give(Counted(number=Decimal("0.77")))
    hand.scan(first.waybill_no)

    parcel = parcel_of(session, first)
    assert (parcel.state, parcel.weight_g, parcel.sealed_by_id) == (ParcelState.SEALED, 770, 7)
    assert hand.screen.step is None


@pytest.mark.parametrize(("grams", "agrees"), [(720, True), (719, False), (820, True), (821, False)])
def test_a_weight_that_does_not_fit_is_a_decision(session: Session, grams: int, agrees: bool) -> None:
    """Fifty grams at least, or five per cent."""
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)

    hand.give(Counted(number=Decimal(grams) / 1000))

    assert isinstance(hand.screen.step, packing.AskLabel) is agrees
    assert hand.screen.tone is (Tone.OK if agrees else Tone.DECISION)


def test_the_label_of_another_parcel_is_refused(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    _, second = release(session, ("1", 2), ("2", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)
    hand.give(Counted(number=Decimal("0.77")))

    with pytest.raises(packing.OtherParcel):
        hand.scan(second.waybill_no)
    with pytest.raises(packing.OtherParcel) as refused:
        hand.scan("BIN-A")
    assert "place" in refused.value.facts["found"].text, "a bin is not called a label"


def test_an_order_cancelled_after_picking_is_not_sealed(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)
    hand.give(Counted(number=Decimal("0.77")))
    first.cancel_pending = True
    session.flush()

    with pytest.raises(packing.ParcelBarred):
        hand.scan(first.waybill_no)


def test_a_parcel_of_several_lots_says_how_many_pieces_in_all(session: Session) -> None:
    """A long list runs below the edge of a small screen; whoever has packed what he sees must know that more comes."""
    lay_bins(session, "BIN-A: 1 × L1; BIN-B: 5 × L2", L1=date(2026, 8, 1))
    release(session, ("1", 3))
    wave(session)
    work(session, PICKING)

    hand = Hand(session=session, flow=PACKING)

    summed = next(fact.value for fact in hand.screen.facts if fact.label.text == "In all")
    assert summed.facts == {"pieces": 3, "lines": 2}


def test_a_sealed_parcel_that_was_cancelled_is_sent_back_and_not_to_the_shelf(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, _ = release(session, ("1", 2), ("2", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)
    hand.give(Counted(number=Decimal("0.77")))
    hand.scan(first.waybill_no)
    assert hand.scan(first.waybill_no).tone is Tone.QUIET, "the label scanned twice is no mistake"
    cancel(session, first)

    with pytest.raises(packing.ParcelBarred):
        hand.scan(first.waybill_no)


@pytest.mark.parametrize(
    "typed", ["ＳＦ０００００００００００２", " sf000000000002\r\n", "]C0SF000000000002"]
)
def test_a_waybill_is_known_in_any_spelling_of_a_keyboard(session: Session, typed: str) -> None:
    """An input method writes full-width signs, a scanner its own prefix, a hand no capitals."""
    lay_bins(session, "BIN-A: 5 × L1")
    _, second = release(session, ("1", 2), ("2", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)

    hand.scan(typed)

    step = hand.screen.step
    assert isinstance(step, packing.AskWeight)
    assert step.parcel_id == parcel_of(session, second).id


def test_a_parcel_in_the_hand_is_answered_though_nothing_waits(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PACKING)
    assert isinstance(hand.screen.step, packing.Idle)

    with pytest.raises(packing.NotToPack):
        hand.scan(first.waybill_no)
    work(session, PICKING)
    hand.scan(first.waybill_no)
    assert isinstance(hand.screen.step, packing.AskWeight)


def test_the_label_says_what_the_scale_said(session: Session) -> None:
    """It is printed before the parcel is sealed by scanning it."""
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=PACKING)

    hand.give(Counted(number=Decimal("0.8")))
    assert parcel_of(session, first).weight_g == 800
    hand.scan(first.waybill_no)
    again = parcel_of(session, first)
    assert (again.state, again.weight_g) == (ParcelState.SEALED, 800)


def test_a_parcel_is_found_by_its_waybill_or_order(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("A1", 2), ("B2", 1))
    wave(session)

    assert [each.order_no for each in parcels(session, search="b2")] == ["B2"]
    assert [each.order_no for each in parcels(session, search="SF0000000000A1")] == ["A1"]
    assert len(parcels(session)) == 2
    assert parcels(session, search="%") == []
