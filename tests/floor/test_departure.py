"""Departure: the vehicle's passage moves the goods, the list's booking answers the promises, in either order."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.floor.outcome import lies, the_law_holds
from tests.floor.outward import (
    AT,
    LOADING,
    Hand,
    cancel,
    exit_list,
    gate_pass,
    hold,
    lay_bins,
    packed,
    release,
    work,
)
from wms.customs.departure import pass_outbound
from wms.customs.exit_lists import book_exit, lists_left
from wms.customs.gate_pass import Passage
from wms.customs.parcels import Goods, goods_of
from wms.customs.retail_declaration import BookEffect
from wms.ledger.queries import book_figure, book_rows
from wms.ledger.verify import verify


def passing(at_kg: int | None = None) -> Passage:
    return Passage(
        passed_at=AT,
        collected_kg=None if at_kg is None else Decimal(at_kg),
        tolerance_rate=Decimal("0.03"),
        books=True,
    )


def test_the_vehicle_takes_what_is_loaded_and_the_rest_stays(session: Session) -> None:
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


def test_a_second_receipt_of_one_passage_has_no_effect(session: Session) -> None:
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


def test_goods_held_on_the_truck_leave_all_the_same_and_somebody_is_told(session: Session) -> None:
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


@pytest.mark.parametrize("booked_first", [False, True])
def test_the_receipt_books_once_and_answers_promises_and_moves(session: Session, booked_first: bool) -> None:
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


def test_what_goes_beyond_the_promises_is_kept_and_not_booked(session: Session) -> None:
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
