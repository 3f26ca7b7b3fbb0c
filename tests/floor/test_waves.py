"""A wave: which released orders are opened, which lots serve them, and what an order taken back leaves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.floor.outcome import lies, parcel_of, reserved, the_law_holds
from tests.floor.outward import AT, DAY, PICKING, PULLING, Hand, cancel, hold, lay_bins, release, wave
from wms.alerts import Alert
from wms.customs.effects import Desk
from wms.customs.inbox import keep
from wms.customs.parcels import ParcelState, allocations
from wms.customs.retail_receipts import Answer, record
from wms.customs.retail_standing import settle
from wms.floor.screens import Counted
from wms.floor.waves import NothingToPick

STANDING_DESK = Desk(settings=Settings.load({}), rules=CustomsRules.load(), by_id=0, at=AT)


def answered(session: Session, number: str, status: str) -> None:
    """A CEB622 about the declaration."""
    message = keep(session, raw=b"<a/>", file_name="", door="test", by_id=0, at=AT)
    session.flush()
    answer = Answer(
        guid="1", number=number, pre_no="", list_no="", status=status, returned_at=AT, text="退单"
    )
    record(session, "CEB622", [answer], message_id=message.id)


def test_lots_are_chosen_in_order_of_release_first_expiry_first(session: Session) -> None:
    lay_bins(session, "BIN-A: 3 × L2; BIN-B: 2 × L1", L1=date(2026, 8, 1), L2=date(2026, 9, 1))
    release(session, ("1", 1), ("2", 3))

    wave(session)

    assert [(a.order_no, a.lot, a.location, a.quantity) for a in allocations(session)] == [
        ("1", "L1", "BIN-B", 1),
        ("2", "L1", "BIN-B", 1),
        ("2", "L2", "BIN-A", 2),
    ]
    the_law_holds(session)


def test_goods_that_expire_too_soon_stay(session: Session) -> None:
    """Sixty days left is enough, fifty-nine is not."""
    lay_bins(session, "BIN-A: 3 × L1, 3 × L2", L1=DAY + timedelta(days=59), L2=DAY + timedelta(days=60))
    release(session, ("1", 1))

    wave(session)

    assert [a.lot for a in allocations(session)] == ["L2"]


def test_a_second_wave_finds_nothing_left(session: Session) -> None:
    lay_bins(session, "BIN-A: 3 × L1")
    release(session, ("1", 1))
    wave(session)

    with pytest.raises(NothingToPick):
        wave(session)


def test_a_cancel_that_waits_for_its_answer_keeps_an_order_out(session: Session) -> None:
    lay_bins(session, "BIN-A: 3 × L1")
    first, _ = release(session, ("1", 1), ("2", 1))
    first.cancel_pending = True
    session.flush()

    wave(session)

    assert [a.order_no for a in allocations(session)] == ["2"]


def test_what_cannot_be_found_whole_waits_with_an_alert(session: Session) -> None:
    lay_bins(session, "BIN-A: 3 × L1")
    release(session, ("1", 2), ("2", 1))
    hold(session, "BIN-A", "L1", 2)

    wave(session)

    assert [a.order_no for a in allocations(session)] == ["2"]
    assert session.scalars(select(Alert.subject).where(Alert.kind == "wave.short")).all() == ["L1"]


def test_what_a_cancelled_order_had_chosen_serves_the_next_wave(session: Session) -> None:
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
def test_what_customs_takes_back_is_free_in_the_same_commit(session: Session, status: str) -> None:
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


def test_what_was_picked_before_it_was_taken_back_waits_to_be_put_back(session: Session) -> None:
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
