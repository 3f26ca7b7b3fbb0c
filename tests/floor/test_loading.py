"""Loading: a sealed parcel is bound to its own approved vehicle, and nothing moves yet."""

import pytest
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, parcel_of
from tests.floor.outward import (
    LOADING,
    PICKING,
    Hand,
    exit_list,
    gate_pass,
    lay_bins,
    packed,
    release,
    wave,
    work,
)
from wms.customs.gate_pass import PassState
from wms.customs.parcels import ParcelState
from wms.floor import loading, packing
from wms.floor.screens import Pressed


def test_a_parcel_is_bound_and_nothing_moves(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    made = release(session, ("1", 2), ("2", 1))
    packed(session)
    truck = gate_pass(session, exit_list(session, made))

    hand = work(session, LOADING, truck.pass_no)

    assert hand.screen.progress is not None
    assert (hand.screen.progress.done, hand.screen.progress.total) == (2, 2)
    assert {parcel_of(session, each).pass_id for each in made} == {truck.id}
    assert lies(session, "STG-1", "L1") == 3


def test_a_parcel_on_the_wrong_truck_is_sent_to_its_own(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    packed(session)
    one = gate_pass(session, exit_list(session, [first]))
    gate_pass(session, exit_list(session, [second], number="QD2"), number="Z2", vehicle="藏A00901")
    hand = Hand(session=session, flow=LOADING)
    hand.scan(one.pass_no)

    with pytest.raises(loading.WrongVehicle) as refused:
        hand.scan(second.waybill_no)

    assert refused.value.facts["right"] == "藏A00901"
    assert parcel_of(session, second).pass_id is None


def test_a_parcel_on_one_truck_is_not_loaded_on_another(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    packed(session)
    bonded = exit_list(session, [first])
    work(session, LOADING, gate_pass(session, bonded).pass_no)
    other = gate_pass(session, bonded, number="Z2", vehicle="藏A00901")
    hand = Hand(session=session, flow=LOADING)
    hand.scan(other.pass_no)

    with pytest.raises(loading.OnOtherVehicle):
        hand.scan(first.waybill_no)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "500"}, packing.ParcelBarred),
        ({"cancel_pending": True}, packing.ParcelBarred),
        ({"exit_list_id": None}, loading.OnNoList),
    ],
)
def test_what_may_not_go_on_is_refused(
    session: Session, change: dict[str, object], refusal: type[Exception]
) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    packed(session)
    truck = gate_pass(session, exit_list(session, [first]))
    for name, value in change.items():
        setattr(first, name, value)
    session.flush()
    hand = Hand(session=session, flow=LOADING)
    hand.scan(truck.pass_no)

    with pytest.raises(refusal):
        hand.scan(first.waybill_no)


def test_an_unsealed_parcel_is_refused(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    wave(session)
    work(session, PICKING)
    hand = Hand(session=session, flow=LOADING)
    hand.scan(gate_pass(session, exit_list(session, [first])).pass_no)

    with pytest.raises(loading.NotSealed):
        hand.scan(first.waybill_no)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(PassState.DECLARED, loading.PassNotApproved), (PassState.PASSED, loading.VehicleIsGone)],
)
def test_only_an_approved_vehicle_is_loaded(
    session: Session, state: PassState, refusal: type[Exception]
) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    found = gate_pass(session, exit_list(session, release(session, ("1", 2))), state=state)
    hand = Hand(session=session, flow=LOADING)

    with pytest.raises(refusal):
        hand.scan(found.pass_no)


def test_a_parcel_comes_off_again(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    packed(session)
    hand = work(session, LOADING, gate_pass(session, exit_list(session, [first])).pass_no)
    hand.give(Pressed(key="off"))
    hand.scan(first.waybill_no)

    assert parcel_of(session, first).pass_id is None
    assert parcel_of(session, first).state is ParcelState.SEALED
