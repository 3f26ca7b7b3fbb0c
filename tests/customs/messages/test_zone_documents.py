"""What arrives from the zone system is read whole, in the words the procedures use."""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.customs.messages.support import DAY_A, read, reference
from wms.customs.messages.jg2.bonded_list import BondedListBooked, BondedListDraft, BondedListReview
from wms.customs.messages.jg2.gate_pass import GatePassDraft, GatePassPassage, GatePassReview
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.messages.wire.times import CHINA

pytestmark = pytest.mark.reference


def test_a_declared_list_names_its_goods_quantities_and_book() -> None:
    """INV101: the lines keep their order and every figure is exact."""
    draft = read(reference(DAY_A, "inbound/L1-INV101.xml"), BondedListDraft)

    assert (draft.head.inner_no, draft.head.book_no) == ("HZQD9999W6A001I202605200001", "T8899W000001")
    assert (draft.head.direction, draft.head.list_type, draft.head.declaration_flag) == ("I", "0", "1")
    assert draft.head.declared_at == datetime(2026, 5, 20, 6, 11, tzinfo=CHINA)
    assert [line.item_no for line in draft.lines] == ["DE-MLK-002", "DE-POT-001", "AU-MLK-003", "LK-TEA-001"]
    milk = draft.lines[2]
    assert (milk.line_no, milk.book_line_no, milk.hs10, milk.unit) == (3, 9, "1901101000", "122")
    assert (milk.quantity, milk.legal_quantity, milk.second_legal_quantity) == (36, Decimal("32.4"), None)
    assert (milk.price, milk.total, milk.gross_kg) == (Decimal("135.16"), Decimal("4865.76"), Decimal("41.4"))


def test_an_exit_list_names_the_retail_declarations_it_gathers() -> None:
    """A list of type 8 carries one number per released CEB621."""
    draft = read(reference(DAY_A, "exit/E1-INV101.xml"), BondedListDraft)

    assert draft.head.list_type == "8"
    assert len(draft.retail_list_nos) == len(set(draft.retail_list_nos)) > 0
    assert all(len(number) == 18 for number in draft.retail_list_nos)


def test_the_answer_of_the_client_joins_our_number_to_customs_number() -> None:
    answer = read(reference(DAY_A, "inbound/L1-INV101-response.xml"), ClientResponse)

    assert answer.is_good
    assert (answer.pre_entry_no, answer.inner_no) == ("202600000880001001", "HZQD9999W6A001I202605200001")


def test_a_review_and_a_booking_say_what_customs_decided() -> None:
    review = read(reference(DAY_A, "inbound/L1-INV201.xml"), BondedListReview)
    booked = read(reference(DAY_A, "inbound/L1-INV211.xml"), BondedListBooked)

    assert (review.result.document_no, review.result.result) == ("QD889926I000000101", "4")
    assert review.result.decided_at == datetime(2026, 5, 20, 6, 31, 30, tzinfo=CHINA)
    assert booked.bonded_list.list_no == review.result.document_no
    assert booked.bonded_list.booking_mark == "2"
    assert [line.entered_quantity for line in booked.book_lines] == [60, 24, 36, 48]
    assert booked.book_lines[0].really_added is None


def test_a_pass_for_part_of_a_list_says_what_rides_on_it() -> None:
    """Bind type 3: one list on several vehicles, each pass with its goods."""
    draft = read(reference(DAY_A, "inbound/T3-SAS121.xml"), GatePassDraft)

    assert (draft.head.bind_type, draft.head.vehicle_no) == ("3", "测A00103")
    assert draft.list_nos == ("QD889926I000000103",)
    assert [(line.list_line_no, line.item_no, line.quantity) for line in draft.lines] == [
        (1, "IN-SAR-001", 24),
        (2, "NP-HON-001", 16),
        (3, "NP-NOO-001", 24),
    ]


def test_a_pass_for_several_lists_names_each() -> None:
    """Bind type 1: the numbers stand in one element, joined by a backslash."""
    draft = read(reference(DAY_A, "exit/X1-SAS121.xml"), GatePassDraft)

    assert draft.head.related_nos == ("QD889926E000000500", "QD889926E000000501")
    assert draft.list_nos == draft.head.related_nos


def test_a_passage_says_when_and_how_heavy_the_vehicle_was() -> None:
    review = read(reference(DAY_A, "inbound/T1-SAS221.xml"), GatePassReview)
    passage = read(reference(DAY_A, "inbound/T1-SAS223.xml"), GatePassPassage)

    assert review.gate_pass is not None
    assert passage.gate_pass is not None
    assert review.gate_pass.passed_at is None
    assert review.documents[0].related_no == "QD889926I000000101"
    assert passage.gate_pass.pass_no == "Z8899I260520000000000001"
    assert passage.gate_pass.passed_at == datetime(2026, 5, 20, 8, 12, tzinfo=CHINA)
    weights = (passage.gate_pass.total_kg, passage.gate_pass.collected_kg, passage.gate_pass.difference_kg)
    assert weights == (Decimal("6981.32"), 7002, Decimal("20.68"))
