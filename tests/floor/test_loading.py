"""Loading: a sealed parcel is bound to its own approved vehicle, and nothing moves yet."""

import pytest
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, parcel_of
from tests.floor.outward import (
    AT,
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
from wms.customs import void_pass
from wms.customs.gate_pass import PassState
from wms.customs.parcels import ParcelState
from wms.floor import binding, packing
from wms.floor.screens import Pressed, Tone


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

    with pytest.raises(binding.WrongVehicle) as refused:
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

    with pytest.raises(binding.OnOtherVehicle):
        hand.scan(first.waybill_no)


def test_a_pass_with_parcels_on_its_vehicle_is_not_made_void(session: Session) -> None:
    """They are taken off first; then another vehicle may take them."""
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    packed(session)
    bonded = exit_list(session, [first])
    truck = gate_pass(session, bonded)
    hand = work(session, LOADING, truck.pass_no)
    with pytest.raises(void_pass.PassIsLoaded):
        void_pass.end(session, truck)
    hand.scan(truck.pass_no)
    hand.give(Pressed(key="off"))
    hand.scan(first.waybill_no)

    void_pass.end(session, truck)

    with pytest.raises(binding.PassNotApproved):
        Hand(session=session, flow=LOADING).scan(truck.pass_no)
    other = gate_pass(session, bonded, number="Z2", vehicle="藏A00901")
    work(session, LOADING, other.pass_no)
    assert parcel_of(session, first).pass_id == other.id


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "500"}, packing.ParcelBarred),
        ({"cancel_pending": True}, packing.ParcelBarred),
        ({"exit_list_id": None}, binding.OnNoList),
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

    with pytest.raises(binding.NotSealed):
        hand.scan(first.waybill_no)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(PassState.DECLARED, binding.PassNotApproved), (PassState.PASSED, binding.VehicleIsGone)],
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


@pytest.mark.parametrize("scanned", ["BIN-A", "SF000000000001", "QD889926E000000500", "L1", "NP-TEA-001"])
def test_what_is_no_gate_pass_is_called_what_it_is(session: Session, scanned: str) -> None:
    """Whoever scans the parcel first is not sent to the declarant for a pass of that number."""
    lay_bins(session, "BIN-A: 5 × L1")
    gate_pass(session, exit_list(session, release(session, ("1", 2))))
    packed(session)
    hand = Hand(session=session, flow=LOADING)

    with pytest.raises(binding.NotAPass):
        hand.scan(scanned)
    with pytest.raises(binding.NoSuchPass):
        hand.scan("Z8899E260520000000009999")


def test_a_declared_pass_is_known_by_our_own_number(session: Session) -> None:
    """Customs has given it no number yet; the worker reads that it is not approved, in words."""
    found = gate_pass(session, number="", state=PassState.DECLARED)
    hand = Hand(session=session, flow=LOADING)

    with pytest.raises(binding.PassNotApproved) as refused:
        hand.scan(found.inner_no)

    assert str(refused.value.facts["state"]) == "declared"


def test_the_pass_or_a_parcel_scanned_twice_is_no_mistake(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    packed(session)
    truck = gate_pass(session, exit_list(session, [first]))
    hand = Hand(session=session, flow=LOADING)

    assert hand.scan(truck.pass_no, truck.pass_no).tone is Tone.QUIET
    assert hand.scan(first.waybill_no, first.waybill_no).tone is Tone.QUIET
    hand.give(Pressed(key="off"))
    assert hand.scan(first.waybill_no, first.waybill_no).tone is Tone.QUIET
    assert parcel_of(session, first).pass_id is None


def test_a_parcel_that_waits_for_its_vehicle_stays_in_staging(session: Session) -> None:
    """No truck, or one that is gone, is not named as the right one."""
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    packed(session)
    one = gate_pass(session, exit_list(session, [first]))
    bonded = exit_list(session, [second], number="QD2")
    hand = Hand(session=session, flow=LOADING)
    hand.scan(one.pass_no)

    with pytest.raises(binding.NoVehicleYet):
        hand.scan(second.waybill_no)
    gate_pass(session, bonded, number="Z2", vehicle="藏A00901", state=PassState.PASSED)
    with pytest.raises(binding.LeftBehind):
        hand.scan(second.waybill_no)


def test_a_parcel_that_is_gone_by_the_books_is_not_to_be_taken_off_a_vehicle_that_is_gone(
    session: Session,
) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    packed(session)
    gone = gate_pass(session, exit_list(session, [first]))
    work(session, LOADING, gone.pass_no)
    parcel_of(session, first).state, gone.state = ParcelState.LEFT, PassState.PASSED
    session.flush()
    hand = Hand(session=session, flow=LOADING)
    hand.scan(gate_pass(session, exit_list(session, [second], number="QD2"), number="Z2").pass_no)

    with pytest.raises(binding.HasLeft):
        hand.scan(first.waybill_no)


def test_whoever_closes_too_early_reads_what_stays(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    packed(session)
    hand = Hand(session=session, flow=LOADING)
    hand.scan(gate_pass(session, exit_list(session, [first, second])).pass_no, first.waybill_no)

    hand.give(Pressed(key="close"))

    assert hand.screen.step is None
    assert hand.screen.tone is Tone.DECISION
    assert hand.screen.verdict is not None
    assert hand.screen.verdict.sentence.facts["count"] == 1


def test_a_vehicle_that_went_meanwhile_is_not_loaded_on_the_screen_either(session: Session) -> None:
    """Another handheld's, or a reload: the screen says that the vehicle is gone and asks for no parcel."""
    lay_bins(session, "BIN-A: 5 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    packed(session)
    truck = gate_pass(session, exit_list(session, [first, second]))
    hand = Hand(session=session, flow=LOADING)
    hand.scan(truck.pass_no, first.waybill_no)
    truck.state = PassState.PASSED
    session.flush()

    assert hand.screen.step is not None
    screen = LOADING.show(session, hand.screen.step, at=AT)
    assert ("passed the gate" in screen.question.text, screen.asks) == (True, None)
    hand.give(Pressed(key="close"))
    assert "passed the gate" in hand.screen.question.text


@pytest.mark.parametrize("typed", ["藏A00900", "藏a·00900", " 藏Ａ00900 "])
def test_a_vehicle_is_known_by_its_plate_too(session: Session, typed: str) -> None:
    """The paper is wet, the plate is there to read; an earlier pass that was given up is not meant."""
    gate_pass(session, number="Z1", state=PassState.VOID)
    lay_bins(session, "BIN-A: 5 × L1")
    (made,) = release(session, ("1", 2))
    packed(session)
    truck = gate_pass(session, exit_list(session, [made]))

    Hand(session=session, flow=LOADING).scan(typed, made.waybill_no)

    assert parcel_of(session, made).pass_id == truck.id


def test_a_plate_says_what_a_pass_of_it_would_say(session: Session) -> None:
    hand = Hand(session=session, flow=LOADING)
    with pytest.raises(binding.NoSuchPass):
        hand.scan("藏A00900")
    gate_pass(session, number="", state=PassState.DECLARED)
    with pytest.raises(binding.PassNotApproved):
        hand.scan("藏A00900")
