"""Where a declaration stands by what customs said of it: a pure question, asked in every order of arrival."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wms.customs.cancel_request import CancelOutcome, CancelRequest
from wms.customs.retail_declaration import is_undoing
from wms.customs.retail_receipts import RetailReceipt
from wms.customs.retail_standing import Standing, standing

START = datetime(2026, 5, 20, 7, tzinfo=UTC)


def said(
    status: str, minute: int, *, kind: str = "CEB622", number: str = "L1", repeated: bool = False
) -> RetailReceipt:
    """A receipt; customs' number comes with 120 and later, as it does in life."""
    return RetailReceipt(
        kind=kind,
        number=number,
        status=status,
        pre_no="B1",
        list_no="" if status in ("2", "3") else "I1",
        returned_at=START + timedelta(minutes=minute),
        text="",
        is_repeated=repeated,
    )


def asked(outcome: CancelOutcome = CancelOutcome.WAITING) -> CancelRequest:
    return CancelRequest(number="C1", list_no="I1", order_no="1", answered_before=None, outcome=outcome)


def stand(*receipts: RetailReceipt, cancels: tuple[RetailReceipt, ...] = ()) -> Standing:
    return standing(receipts, cancels, [asked()] if cancels else [])


def test_nothing_said_is_no_state() -> None:
    assert stand().state == ""
    assert stand().released_at is None


def test_the_newest_by_customs_clock_counts_whatever_came_last() -> None:
    assert stand(said("800", 30), said("120", 10)).state == "800"
    assert stand(said("120", 10), said("800", 30)).state == "800"
    assert stand(said("800", 30), said("100", 31)).state == "100"


def test_the_release_is_the_first_800_and_899_only_where_there_is_none() -> None:
    now = stand(said("899", 40), said("800", 35), said("800", 30))

    assert now.state == "899"
    assert now.release_stamp == "20260520153000000"
    assert stand(said("899", 40)).release_stamp == "20260520154000000"


@pytest.mark.parametrize(
    ("state", "undone"),
    [("100", True), ("-621018", True), ("CANCELLED", True), ("800", False), ("500", False), ("", False)],
)
def test_returned_failed_and_cancelled_lists_are_undone(state: str, *, undone: bool) -> None:
    assert is_undoing(state) is undone


def test_a_granted_cancellation_stands_above_every_state() -> None:
    now = stand(said("800", 30), said("899", 90), cancels=(said("399", 60, kind="CEB624", number="C1"),))

    assert now.state == "CANCELLED"
    assert not now.cancel_pending


def test_a_refused_cancellation_leaves_the_state_and_frees_the_goods() -> None:
    waiting = stand(said("800", 30), cancels=(said("2", 50, kind="CEB624", number="C1"),))
    refused = stand(said("800", 30), cancels=(said("100", 60, kind="CEB624", number="C1"),))

    assert (waiting.state, waiting.cancel_pending) == ("800", True)
    assert (refused.state, refused.cancel_pending) == ("800", False)


def test_a_request_asked_again_waits_for_a_newer_answer() -> None:
    request = asked()
    request.answered_before = START + timedelta(minutes=60)
    refused = said("100", 60, kind="CEB624", number="C1")

    now = standing([said("800", 30)], [refused], [request])

    assert now.cancel_pending


def test_a_list_cancelled_before_customs_registered_it_has_the_number_of_the_answer() -> None:
    """Only 2 and 3 were said of the list, and they carry no number; a receipt about the list itself comes first."""
    granted = said("399", 60, kind="CEB624", number="C1")
    other = said("120", 40)
    other.list_no = "I2"

    assert stand(said("2", 10), said("3", 20), cancels=(granted,)).list_no == "I1"
    assert stand(said("2", 10), other, cancels=(granted,)).list_no == "I2"


STATUSES = ("2", "3", "120", "300", "399", "500", "800", "899", "100", "-621018", "4", "777")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=st.lists(st.tuples(st.sampled_from(STATUSES), st.integers(0, 20)), min_size=1, max_size=8),
    cancels=st.lists(st.tuples(st.sampled_from(("2", "120", "399", "100")), st.integers(0, 20)), max_size=3),
    seed=st.integers(0, 2**16),
)
def test_the_order_of_arrival_and_repetitions_never_count(
    history: list[tuple[str, int]], cancels: list[tuple[str, int]], seed: int
) -> None:
    """Late, twice, swapped, two at the same instant: one standing."""
    shuffled, other = random.Random(seed), list(history)
    shuffled.shuffle(other)
    answers = tuple(said(status, minute, kind="CEB624", number="C1") for status, minute in cancels)
    again = [said(status, minute, repeated=True) for status, minute in other[:2]]

    first = stand(*(said(status, minute) for status, minute in history), cancels=answers)
    second = stand(*(said(status, minute) for status, minute in other), *again, cancels=answers[::-1])

    assert first == second
