"""Telling an element that came twice from one that contradicts itself."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.customs.messages.support import DAY_A, reference
from wms.customs.messages.ceb.editions import CEB_2022_05
from wms.customs.messages.door import read_message
from wms.customs.messages.wire.texts import texts_of

pytestmark = pytest.mark.reference


def test_elements_are_the_same_when_their_texts_are_whatever_the_prefix() -> None:
    path = min(reference(DAY_A, "orders").glob("CEB311-*.xml"))
    raw = path.read_bytes()
    other_prefix = raw.replace(b"ceb:", b"x:").replace(b"xmlns:ceb=", b"xmlns:x=")
    first, second = (read_message(each, file_name=None).body.documents[0] for each in (raw, other_prefix))

    assert texts_of(first, CEB_2022_05) == texts_of(second, CEB_2022_05)
    assert ("/OrderHead/orderNo", first.head.order_no) in texts_of(first, CEB_2022_05)


def test_a_number_written_otherwise_is_another_text() -> None:
    path = min(reference(DAY_A, "orders").glob("CEB311-*.xml"))
    order = read_message(path.read_bytes(), file_name=None).body.documents[0]
    longer = replace(order, head=replace(order.head, freight=Decimal(f"{order.head.freight:f}.00")))

    assert longer.head.freight == order.head.freight
    assert texts_of(longer, CEB_2022_05) != texts_of(order, CEB_2022_05)
