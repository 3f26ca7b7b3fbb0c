"""Taking apart: goods of an order taken back return to a bin; the others stay sealed."""

import pytest
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, parcel_of, the_law_holds
from tests.floor.outward import (
    PACKING,
    PICKING,
    PULLING,
    Hand,
    cancel,
    lay_bins,
    release,
    revive,
    wave,
    work,
)
from wms.customs.parcels import ParcelState, goods_of
from wms.floor import packing, pulling
from wms.floor.screens import Tone


@pytest.mark.parametrize("packed", [False, True])
def test_goods_of_a_cancelled_order_return_to_their_bin(session: Session, packed: bool) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    if packed:
        work(session, PACKING)
    cancel(session, first)

    hand = Hand(session=session, flow=PULLING)
    assert hand.screen.asks == first.waybill_no
    hand.scan(first.waybill_no)
    assert hand.scan(first.waybill_no).tone is Tone.QUIET, "the parcel scanned twice is no mistake"
    with pytest.raises(pulling.NotABondedBin):
        hand.scan("STG-1")
    hand.scan("BIN-A")

    assert hand.screen.step is None
    assert (lies(session, "BIN-A", "L1"), lies(session, "STG-1", "L1")) == (4, 1)
    assert parcel_of(session, first).state is ParcelState.PULLED
    assert goods_of(session).get(first.id) is None
    assert parcel_of(session, second).state is not ParcelState.PULLED
    the_law_holds(session)


def test_a_live_order_stays_sealed(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    cancel(session, first)
    hand = Hand(session=session, flow=PULLING)

    with pytest.raises(pulling.StaysSealed):
        hand.scan(second.waybill_no)


def test_a_parcel_in_the_hand_is_answered_though_nothing_waits(session: Session) -> None:
    """A cancellation that waits for customs is not called none."""
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    wave(session)
    work(session, PICKING)
    first.cancel_pending = True
    session.flush()
    hand = Hand(session=session, flow=PULLING)
    assert isinstance(hand.screen.step, pulling.Idle)

    with pytest.raises(packing.ParcelBarred):
        hand.scan(first.waybill_no)
    with pytest.raises(pulling.StaysSealed):
        hand.scan(second.waybill_no)


def test_a_declaration_that_lives_again_is_picked_again(session: Session) -> None:
    """A later receipt may release what an earlier one had taken back."""
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    cancel(session, first)
    work(session, PULLING)
    revive(session, first)

    wave(session)
    work(session, PICKING)

    assert parcel_of(session, first).state is ParcelState.PICKED
    assert lies(session, "STG-1", "L1") == 2
    the_law_holds(session)
