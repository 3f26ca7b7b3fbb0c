"""Picking: one stop for many parcels, and what happens when a bin holds less or other than promised."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, parcel_of, the_law_holds
from tests.floor.outward import AT, DAY, PICKING, Hand, cancel, hold, lay_bins, release, wave, work
from tests.makers import list_line, make_location, make_lot, partner
from wms.alerts import Alert
from wms.customs.parcels import Goods, ParcelState, allocations, goods_of
from wms.floor import picking, short
from wms.floor.picks import TooMany
from wms.floor.putaway import PUTAWAY
from wms.floor.screens import Chosen, Counted, NotWhole, Pressed, Tone
from wms.ledger.moves import Move
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply


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


def test_one_stop_serves_every_parcel(session: Session) -> None:
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


def test_two_pickers_are_sent_to_two_bins(session: Session) -> None:
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
    session: Session, scans: tuple[str, ...], refusal: type[Exception]
) -> None:
    lay_bins(session, "BIN-A: 5 × L1, 5 × L2; BIN-B: 1 × L2", L1=date(2026, 8, 1))
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)

    with pytest.raises(refusal):
        hand.scan(*scans)


@pytest.mark.parametrize("typed", ["ＢＩＮ－Ａ", " bin-a\r\n", "]C0BIN-A", "BIN\u2011A"])
def test_a_bin_is_known_in_any_spelling_of_a_keyboard(session: Session, typed: str) -> None:
    """An input method writes full-width signs, a scanner its own prefix, a hand no capitals."""
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)

    hand.scan(typed)

    assert isinstance(hand.screen.step, picking.AskLot)


def test_a_lot_in_the_hand_is_called_a_lot(session: Session) -> None:
    """A carton bears the maker's lot number without a mark of ours; it is known here all the same."""
    lay_bins(session, "BIN-A: 5 × L1; BIN-B: 1 × L2", L1=date(2026, 8, 1))
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)
    hand.scan("BIN-A")

    with pytest.raises(picking.OtherLot) as refused:
        hand.scan("L2")

    assert "lot" in refused.value.facts["found"].text


def test_a_bin_or_lot_scanned_twice_is_no_mistake(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)

    assert hand.scan("BIN-A", "BIN-A").tone is Tone.QUIET
    assert hand.scan("L1", "L1").tone is Tone.QUIET
    assert isinstance(hand.screen.step, picking.AskCount)


def test_half_a_piece_is_refused(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)
    hand.scan("BIN-A", "L1")

    with pytest.raises(NotWhole):
        hand.give(Counted(number=Decimal("1.5")))


def test_a_picker_is_not_told_that_all_is_done_while_another_picks(session: Session) -> None:
    lay_bins(session, "BIN-A: 1 × L1; BIN-B: 1 × L2", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
    release(session, ("1", 2))
    wave(session)
    one, other = Hand(session=session, flow=PICKING), Hand(session=session, flow=PICKING, by_id=8)

    one.follow()
    assert "Others" in one.screen.question.text
    other.follow()
    assert "Everything is picked" in other.screen.question.text


def test_a_bin_somebody_else_emptied_is_left_without_a_word_of_taking(session: Session) -> None:
    lay_bins(session, "BIN-A: 1 × L1; BIN-B: 1 × L2", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
    release(session, ("1", 2))
    wave(session)
    one, again = Hand(session=session, flow=PICKING), Hand(session=session, flow=PICKING)
    again.scan("BIN-A", "L1")
    again.give(Counted(number=Decimal(1)))

    one.give(Pressed(key="ok"))

    assert one.screen.asks == "BIN-B"
    assert one.screen.verdict is None


def test_more_than_is_wanted_is_refused(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    release(session, ("1", 2))
    wave(session)
    hand = Hand(session=session, flow=PICKING)
    hand.scan("BIN-A", "L1")

    with pytest.raises(TooMany):
        hand.give(Counted(number=Decimal(3)))


def test_a_short_bin_is_held_for_a_count_and_the_rest_comes_from_another(session: Session) -> None:
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


def test_what_is_nowhere_keeps_its_parcel_open(session: Session) -> None:
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


def test_goods_put_away_serve_the_short_pick_at_once(session: Session) -> None:
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


def test_a_lot_that_was_held_meanwhile_stays_and_another_is_sought(session: Session) -> None:
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


def test_an_order_cancelled_meanwhile_is_not_picked(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    first, _ = release(session, ("1", 2), ("2", 1))
    wave(session)
    cancel(session, first)

    work(session, PICKING)

    assert lies(session, "STG-1", "L1") == 1
    the_law_holds(session)
