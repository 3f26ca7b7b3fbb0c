"""The way out of the bins: waves, picking, packing, taking apart, loading, and the passage of a vehicle."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.floor.outward import (
    AT,
    DAY,
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
    revive,
    wave,
    work,
)
from tests.makers import list_line, make_location, make_lot, partner
from wms.alerts import Alert
from wms.customs.departure import pass_outbound
from wms.customs.effects import Desk
from wms.customs.exit_lists import book_exit, lists_left
from wms.customs.gate_pass import Passage, PassState
from wms.customs.inbox import keep
from wms.customs.parcels import Goods, Parcel, ParcelState, allocations, goods_of
from wms.customs.retail_declaration import BookEffect, RetailDeclaration
from wms.customs.retail_receipts import Answer, record
from wms.customs.retail_standing import settle
from wms.floor import loading, packing, picking, pulling, short
from wms.floor.picks import TooMany
from wms.floor.putaway import PUTAWAY
from wms.floor.screens import Chosen, Counted, Pressed, Tone
from wms.floor.waves import NothingToPick
from wms.ledger.book import AccountBook
from wms.ledger.lots import Hold, Lot
from wms.ledger.moves import Balance, Move
from wms.ledger.operations import PlaceHold
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply
from wms.ledger.queries import book_figure, book_rows, location_by_code, on_hand
from wms.ledger.verify import verify

STANDING_DESK = Desk(settings=Settings.load({}), rules=CustomsRules.load(), by_id=0, at=AT)


def lies(session: Session, place: str, lot: str) -> int:
    found = location_by_code(session, place)
    assert found is not None
    return on_hand(session, location_id=found.id, lot_id=lot_id(session, lot))


def lot_id(session: Session, code: str) -> int:
    return session.scalars(select(Lot.id).where(Lot.code == code)).one()


def reserved(session: Session) -> int:
    return sum(session.scalars(select(Balance.reserved)))


def asked(session: Session) -> int:
    query = text("select count(*) from procrastinate_jobs where task_name = 'picks.cover'")
    return session.execute(query).scalar_one()


def come(session: Session, lot: str, quantity: int, *, expiry: date) -> None:
    """Goods unloaded to the dock."""
    dock = make_location(session, "DOCK", purpose=Purpose.PROCESSING)
    lot_ = make_lot(session, lot, expiry=expiry)
    move = Move(
        source_id=partner(session, Purpose.SUPPLIER, Regime.FOREIGN).id,
        source_lot_id=lot_.id,
        target_id=dock.id,
        target_lot_id=lot_.id,
        quantity=quantity,
        document=list_line(),
        pass_number="Z9",
    )
    apply(session, [move], occurred_at=AT)


def answered(session: Session, number: str, status: str) -> None:
    """A CEB622 about the declaration."""
    message = keep(session, raw=b"<a/>", file_name="", door="test", by_id=0, at=AT)
    session.flush()
    answer = Answer(
        guid="1", number=number, pre_no="", list_no="", status=status, returned_at=AT, text="退单"
    )
    record(session, "CEB622", [answer], message_id=message.id)


def the_law_holds(session: Session) -> None:
    assert [str(finding) for finding in verify(session)] == []
    for book_id in session.scalars(select(AccountBook.id)):
        assert all(row.law_holds for row in book_rows(session, book_id=book_id))


def hold(session: Session, place: str, lot: str, quantity: int) -> None:
    row = Hold(reason="超温", case_number="", by_id=1, placed_at=AT)
    session.add(row)
    session.flush()
    found = location_by_code(session, place)
    assert found is not None
    barred = PlaceHold(hold_id=row.id, location_id=found.id, lot_id=lot_id(session, lot), quantity=quantity)
    apply(session, [barred], occurred_at=AT)


def parcel_of(session: Session, declaration: RetailDeclaration) -> Parcel:
    return session.scalars(
        select(Parcel)
        .where(Parcel.declaration_id == declaration.id)
        .order_by(Parcel.id.desc())
        .execution_options(populate_existing=True)
    ).first()  # type: ignore[return-value]


def passing(at_kg: int | None = None) -> Passage:
    return Passage(
        passed_at=AT,
        collected_kg=None if at_kg is None else Decimal(at_kg),
        tolerance_rate=Decimal("0.03"),
        books=True,
    )


class TestWave:
    def test_lots_are_chosen_in_order_of_release_first_expiry_first(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 3 × L2; BIN-B: 2 × L1", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
        release(session, ("1", 1), ("2", 3))

        wave(session)

        assert [(a.order_no, a.lot, a.location, a.quantity) for a in allocations(session)] == [
            ("1", "L1", "BIN-B", 1),
            ("2", "L1", "BIN-B", 1),
            ("2", "L2", "BIN-A", 2),
        ]
        the_law_holds(session)

    def test_goods_that_expire_too_soon_stay(self, session: Session) -> None:
        """Sixty days left is enough, fifty-nine is not."""
        lay_bins(session, "BIN-A: 3 × L1, 3 × L2", L1=DAY + timedelta(days=59), L2=DAY + timedelta(days=60))
        release(session, ("1", 1))

        wave(session)

        assert [a.lot for a in allocations(session)] == ["L2"]

    def test_a_second_wave_finds_nothing_left(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 3 × L1")
        release(session, ("1", 1))
        wave(session)

        with pytest.raises(NothingToPick):
            wave(session)

    def test_a_cancel_that_waits_for_its_answer_keeps_an_order_out(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 3 × L1")
        first, _ = release(session, ("1", 1), ("2", 1))
        first.cancel_pending = True
        session.flush()

        wave(session)

        assert [a.order_no for a in allocations(session)] == ["2"]

    def test_what_cannot_be_found_whole_waits_with_an_alert(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 3 × L1")
        release(session, ("1", 2), ("2", 1))
        hold(session, "BIN-A", "L1", 2)

        wave(session)

        assert [a.order_no for a in allocations(session)] == ["2"]
        assert session.scalars(select(Alert.subject).where(Alert.kind == "wave.short")).all() == ["L1"]

    def test_what_a_cancelled_order_had_chosen_serves_the_next_wave(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 1 × L1")
        (first,) = release(session, ("1", 1))
        wave(session)
        cancel(session, first)
        release(session, ("2", 1))

        wave(session)

        assert [(a.order_no, a.quantity) for a in allocations(session)] == [("2", 1)]
        assert parcel_of(session, first).state is ParcelState.PULLED
        the_law_holds(session)

    @pytest.mark.parametrize("status", ["100", "-621005"])
    def test_what_customs_takes_back_is_free_in_the_same_commit(self, session: Session, status: str) -> None:
        """Before anybody has picked it nothing must be put back; the next order may have it, wave or none."""
        lay_bins(session, "BIN-A: 1 × L1")
        (first,) = release(session, ("1", 1))
        wave(session)
        assert reserved(session) == 1

        answered(session, first.number, status)
        settle(session, [first.number], desk=STANDING_DESK)

        assert reserved(session) == 0
        assert parcel_of(session, first).state is ParcelState.PULLED
        the_law_holds(session)

    def test_what_was_picked_before_it_was_taken_back_waits_to_be_put_back(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 1 × L1; BIN-B: 1 × L2", L1=date(2026, 8, 1))
        (first,) = release(session, ("1", 2))
        wave(session)
        Hand(session=session, flow=PICKING).scan("BIN-A", "L1")
        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")
        hand.give(Counted(number=Decimal(1)))

        answered(session, first.number, "100")
        settle(session, [first.number], desk=STANDING_DESK)

        assert (reserved(session), lies(session, "STG-1", "L1")) == (0, 1)
        assert Hand(session=session, flow=PULLING).screen.asks == first.waybill_no
        the_law_holds(session)


class TestPicking:
    def test_one_stop_serves_every_parcel(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 9 × L1")
        made = release(session, ("1", 2), ("2", 3), ("3", 1))
        wave(session)

        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")
        hand.give(Counted(number=Decimal(6)))

        assert hand.screen.step is None
        assert (lies(session, "BIN-A", "L1"), lies(session, "STG-1", "L1")) == (3, 6)
        assert {goods_of(session)[each.id] for each in made} == {Goods.STAGING}
        the_law_holds(session)

    def test_two_pickers_are_sent_to_two_bins(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 1 × L1; BIN-B: 1 × L2", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
        release(session, ("1", 2))
        wave(session)

        one, other = Hand(session=session, flow=PICKING), Hand(session=session, flow=PICKING, by_id=8)
        third = Hand(session=session, flow=PICKING, by_id=9)

        assert (one.screen.asks, other.screen.asks) == ("BIN-A", "BIN-B")
        assert isinstance(third.screen.step, picking.Idle)
        late = Hand(session=session, flow=PICKING, by_id=9, at=AT + timedelta(minutes=16))
        assert late.screen.asks == "BIN-A", "who does not answer has gone home"

    @pytest.mark.parametrize(
        ("scans", "refusal"),
        [
            (("BIN-B",), picking.OtherBin),
            (("L1",), picking.OtherBin),
            (("BIN-A", "L2"), picking.OtherLot),
            (("BIN-A", "NP-TEA-001"), picking.WhichLot),
        ],
    )
    def test_another_bin_or_lot_is_refused_with_the_right_one(
        self, session: Session, scans: tuple[str, ...], refusal: type[Exception]
    ) -> None:
        lay_bins(session, "BIN-A: 5 × L1, 5 × L2; BIN-B: 1 × L2", L1=date(2026, 8, 1))
        release(session, ("1", 2))
        wave(session)
        hand = Hand(session=session, flow=PICKING)

        with pytest.raises(refusal):
            hand.scan(*scans)

    def test_more_than_is_wanted_is_refused(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        release(session, ("1", 2))
        wave(session)
        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")

        with pytest.raises(TooMany):
            hand.give(Counted(number=Decimal(3)))

    def test_a_short_bin_is_held_for_a_count_and_the_rest_comes_from_another(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1; BIN-B: 5 × L2", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
        release(session, ("1", 2), ("2", 2))
        wave(session)
        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")

        hand.give(Counted(number=Decimal(3)))
        assert isinstance(hand.screen.step, picking.AskShort)
        hand.give(Chosen(key="short"))

        assert hand.screen.tone is Tone.DECISION
        assert hand.screen.asks == "BIN-B"
        hand.follow()
        assert (lies(session, "STG-1", "L1"), lies(session, "STG-1", "L2")) == (3, 1)
        assert [(a.order_no, a.lot, a.quantity) for a in allocations(session)] == [
            ("1", "L1", 2),
            ("2", "L1", 1),
            ("2", "L2", 1),
        ]
        assert session.scalars(select(Alert.subject).where(Alert.kind == "pick.short")).all() == ["BIN-A L1"]
        the_law_holds(session)

    def test_what_is_nowhere_keeps_its_parcel_open(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 3 × L1")
        first, second = release(session, ("1", 1), ("2", 2))
        wave(session)
        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")
        hand.give(Counted(number=Decimal(2)), Chosen(key="short"))

        assert parcel_of(session, first).state is ParcelState.PICKED
        assert parcel_of(session, second).state is ParcelState.TO_PICK
        assert session.scalars(select(Alert.subject).where(Alert.kind == "parcel.short")).all() == ["L2"]
        the_law_holds(session)

    def test_goods_put_away_serve_the_short_pick_at_once(self, session: Session) -> None:
        """Putting away asks the worker in the same commit; first expiry first, and the rest goes on waiting."""
        lay_bins(session, "BIN-A: 6 × L1")
        make_location(session, "BIN-Z")
        _, second, third = release(session, ("1", 1), ("2", 3), ("3", 2))
        wave(session)
        hand = Hand(session=session, flow=PICKING)
        hand.scan("BIN-A", "L1")
        hand.give(Counted(number=Decimal(2)), Chosen(key="short"))
        assert asked(session) == 0
        come(session, "L8", 1, expiry=date(2027, 3, 1))
        come(session, "L9", 2, expiry=date(2027, 2, 1))

        put = Hand(session=session, flow=PUTAWAY)
        put.scan("DOCK", "L9")
        put.give(Counted(number=Decimal(2)))
        put.scan("BIN-Z")

        assert asked(session) == 1
        assert short.cover(session, day=DAY, at=AT) == 2
        work(session, PICKING)
        assert lies(session, "STG-1", "L9") == 2
        assert parcel_of(session, second).state is ParcelState.PICKED
        assert parcel_of(session, third).state is ParcelState.TO_PICK
        assert short.cover(session, day=DAY, at=AT) == 0
        the_law_holds(session)

    def test_a_lot_that_was_held_meanwhile_stays_and_another_is_sought(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 2 × L1; BIN-B: 5 × L2", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
        release(session, ("1", 2))
        wave(session)
        hold(session, "BIN-A", "L1", 2)

        hand = Hand(session=session, flow=PICKING)
        assert "on hold" in str(hand.screen.question)
        hand.give(Pressed(key="ok"))
        hand.follow()

        assert (lies(session, "BIN-A", "L1"), lies(session, "STG-1", "L2")) == (2, 2)
        the_law_holds(session)

    def test_an_order_cancelled_meanwhile_is_not_picked(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        first, _ = release(session, ("1", 2), ("2", 1))
        wave(session)
        cancel(session, first)

        work(session, PICKING)

        assert lies(session, "STG-1", "L1") == 1
        the_law_holds(session)


class TestPacking:
    def test_a_parcel_is_weighed_labelled_and_sealed(self, session: Session) -> None:
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
    def test_a_weight_that_does_not_fit_is_a_decision(
        self, session: Session, grams: int, agrees: bool
    ) -> None:
        """Fifty grams at least, or five per cent."""
        lay_bins(session, "BIN-A: 5 × L1")
        release(session, ("1", 2))
        wave(session)
        work(session, PICKING)
        hand = Hand(session=session, flow=PACKING)

        hand.give(Counted(number=Decimal(grams) / 1000))

        assert isinstance(hand.screen.step, packing.AskLabel) is agrees
        assert hand.screen.tone is (Tone.OK if agrees else Tone.DECISION)

    def test_the_label_of_another_parcel_is_refused(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        _, second = release(session, ("1", 2), ("2", 2))
        wave(session)
        work(session, PICKING)
        hand = Hand(session=session, flow=PACKING)
        hand.give(Counted(number=Decimal("0.77")))

        with pytest.raises(packing.OtherParcel):
            hand.scan(second.waybill_no)

    def test_an_order_cancelled_after_picking_is_not_sealed(self, session: Session) -> None:
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


class TestTakingApart:
    @pytest.mark.parametrize("packed", [False, True])
    def test_goods_of_a_cancelled_order_return_to_their_bin(self, session: Session, packed: bool) -> None:
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
        with pytest.raises(pulling.NotABondedBin):
            hand.scan("STG-1")
        hand.scan("BIN-A")

        assert hand.screen.step is None
        assert (lies(session, "BIN-A", "L1"), lies(session, "STG-1", "L1")) == (4, 1)
        assert parcel_of(session, first).state is ParcelState.PULLED
        assert goods_of(session).get(first.id) is None
        assert parcel_of(session, second).state is not ParcelState.PULLED
        the_law_holds(session)

    def test_a_live_order_stays_sealed(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        first, second = release(session, ("1", 2), ("2", 1))
        wave(session)
        work(session, PICKING)
        cancel(session, first)
        hand = Hand(session=session, flow=PULLING)

        with pytest.raises(pulling.StaysSealed):
            hand.scan(second.waybill_no)

    def test_a_declaration_that_lives_again_is_picked_again(self, session: Session) -> None:
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


class TestLoading:
    def test_a_parcel_is_bound_and_nothing_moves(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        made = release(session, ("1", 2), ("2", 1))
        packed(session)
        truck = gate_pass(session, exit_list(session, made))

        hand = work(session, LOADING, truck.pass_no)

        assert hand.screen.progress is not None
        assert (hand.screen.progress.done, hand.screen.progress.total) == (2, 2)
        assert {parcel_of(session, each).pass_id for each in made} == {truck.id}
        assert lies(session, "STG-1", "L1") == 3

    def test_a_parcel_on_the_wrong_truck_is_sent_to_its_own(self, session: Session) -> None:
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

    def test_a_parcel_on_one_truck_is_not_loaded_on_another(self, session: Session) -> None:
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
        self, session: Session, change: dict[str, object], refusal: type[Exception]
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

    def test_an_unsealed_parcel_is_refused(self, session: Session) -> None:
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
        self, session: Session, state: PassState, refusal: type[Exception]
    ) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        found = gate_pass(session, exit_list(session, release(session, ("1", 2))), state=state)
        hand = Hand(session=session, flow=LOADING)

        with pytest.raises(refusal):
            hand.scan(found.pass_no)

    def test_a_parcel_comes_off_again(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        (first,) = release(session, ("1", 2))
        packed(session)
        hand = work(session, LOADING, gate_pass(session, exit_list(session, [first])).pass_no)
        hand.give(Pressed(key="off"))
        hand.scan(first.waybill_no)

        assert parcel_of(session, first).pass_id is None
        assert parcel_of(session, first).state is ParcelState.SEALED


def packed(session: Session) -> None:
    """Everything released is picked and packed."""
    wave(session)
    work(session, PICKING)
    work(session, PACKING)


class TestPassage:
    def test_the_vehicle_takes_what_is_loaded_and_the_rest_stays(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        first, second = release(session, ("1", 2), ("2", 1))
        packed(session)
        bonded = exit_list(session, [first, second])
        truck = gate_pass(session, bonded)
        hand = Hand(session=session, flow=LOADING)
        hand.scan(truck.pass_no, first.waybill_no)

        departed = pass_outbound(session, truck, passing(3300))

        assert departed is not None
        assert (departed.parcels, departed.stayed) == (1, 1)
        assert lies(session, "STG-1", "L1") == 1
        assert goods_of(session) == {first.id: Goods.LEFT, second.id: Goods.STAGING}
        assert bonded.id not in lists_left(session)
        assert truck.weight_ok is True
        the_law_holds(session)

    def test_a_second_receipt_of_one_passage_has_no_effect(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        (first,) = release(session, ("1", 2))
        packed(session)
        bonded = exit_list(session, [first])
        truck = gate_pass(session, bonded)
        work(session, LOADING, truck.pass_no)
        pass_outbound(session, truck, passing())

        assert pass_outbound(session, truck, passing()) is None
        assert bonded.id in lists_left(session)
        the_law_holds(session)

    def test_goods_held_on_the_truck_leave_all_the_same_and_somebody_is_told(self, session: Session) -> None:
        lay_bins(session, "BIN-A: 5 × L1")
        (first,) = release(session, ("1", 2))
        packed(session)
        truck = gate_pass(session, exit_list(session, [first]))
        work(session, LOADING, truck.pass_no)
        hold(session, "STG-1", "L1", 1)
        cancel(session, first)

        departed = pass_outbound(session, truck, passing())

        assert departed is not None
        assert (departed.lifted, departed.barred_orders) == (1, ("1",))
        assert lies(session, "STG-1", "L1") == 0
        assert [finding.check for finding in verify(session)] == ["LEFT_EARLY"], "the ledgers say so too"


class TestExitBooking:
    @pytest.mark.parametrize("booked_first", [False, True])
    def test_the_receipt_books_once_and_answers_promises_and_moves(
        self, session: Session, booked_first: bool
    ) -> None:
        """Whichever comes first, the passage or the booking."""
        lay_bins(session, "BIN-A: 5 × L1")
        made = release(session, ("1", 2), ("2", 1))
        packed(session)
        bonded = exit_list(session, made)
        truck = gate_pass(session, bonded)
        work(session, LOADING, truck.pass_no)

        if booked_first:
            assert book_exit(session, bonded, at=AT) == []
            the_law_holds(session)
        pass_outbound(session, truck, passing())
        the_law_holds(session)
        assert book_exit(session, bonded, at=AT) == []
        assert book_exit(session, bonded, at=AT) == []

        figure = book_figure(session, book_number="T8899W000001", item_no="NP-TEA-001")
        assert (figure.actual_out, figure.promised_out) == (3, 0)
        session.expire_all()
        assert {each.book_effect for each in made} == {BookEffect.BOOKED}
        row = next(row for row in book_rows(session, book_id=bonded.book_id))
        assert (row.left_not_booked, row.booked_not_left) == (0, 0)
        the_law_holds(session)

    def test_what_goes_beyond_the_promises_is_kept_and_not_booked(self, session: Session) -> None:
        """One of the orders was taken back after it had been listed."""
        lay_bins(session, "BIN-A: 5 × L1")
        first, second = release(session, ("1", 2), ("2", 1))
        bonded = exit_list(session, [first, second])
        cancel(session, second)

        excess = book_exit(session, bonded, at=AT)

        assert [quantity for _, quantity in excess] == [1]
        figure = book_figure(session, book_number="T8899W000001", item_no="NP-TEA-001")
        assert (figure.actual_out, figure.promised_out) == (2, 0)
        session.expire_all()
        assert (first.book_effect, second.book_effect) == (BookEffect.BOOKED, BookEffect.WITHDRAWN)
        the_law_holds(session)
