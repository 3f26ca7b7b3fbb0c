"""A fault on an order's page stands there with both figures, so that the clerk can tell the party what to mend."""

from decimal import Decimal

import pytest

from wms.orders.documents import Order, OrderLine, Payment, Waybill
from wms.web.office.fault_figures import said_where

ORDER = Order(
    goods_value=Decimal(72),
    freight=Decimal(8),
    tax_total=Decimal("5.11"),
    discount=Decimal(0),
    amount_paid=Decimal("76.3"),
    buyer_name="仓决曲珍",
    consignee_address="示例路1号",
    lines=[
        OrderLine(line_no=1, quantity=Decimal(2), price=Decimal(11), total=Decimal(22)),
        OrderLine(line_no=2, quantity=Decimal(1), price=Decimal(40), total=Decimal(44)),
    ],
)
PAYMENT = Payment(amount_paid=Decimal(1), payer_name="别人")
WAYBILL = Waybill(consignee_address="另一条路9号")


@pytest.mark.parametrize(
    ("rule", "pair", "line", "said"),
    [
        ("AMOUNT", "311-411", None, [("order", "76.30"), ("payment voucher", "1.00")]),
        ("GOODS_VALUE", "311", None, [("order", "72.00"), ("sum of the lines", "66.00")]),
        ("ACTURAL_PAID", "311", None, [("order", "76.30"), ("reckoned from its parts", "85.11")]),
        ("QTY_PRICE", "311", 2, [("order", "44.00"), ("quantity by price", "40.00")]),
        ("NOT_POSITIVE", "311-registry", 1, []),
    ],
)
def test_a_fault_says_both_figures(
    rule: str, pair: str, line: int | None, said: list[tuple[str, str]]
) -> None:
    found = said_where({"rule": rule, "pair": pair, "line": line}, ORDER, PAYMENT, WAYBILL)

    assert [(each.by, each.value) for each in found] == said
    assert not any(each.is_personal for each in found)


@pytest.mark.parametrize(("rule", "pair"), [("PAYER_NAME", "311-411"), ("ADDRESS", "311-511")])
def test_who_somebody_is_and_where_is_left_to_the_page_to_mask(rule: str, pair: str) -> None:
    found = said_where({"rule": rule, "pair": pair, "line": None}, ORDER, PAYMENT, WAYBILL)

    assert len(found) == 2
    assert all(each.is_personal for each in found)


def test_a_paper_that_is_missing_says_nothing() -> None:
    assert said_where({"rule": "AMOUNT", "pair": "311-411", "line": None}, ORDER, None, None) == []
    assert said_where({"rule": "AMOUNT", "pair": "311-411", "line": None}, None, PAYMENT, None) == []


def test_what_a_rule_counted_stands_with_its_fault() -> None:
    fault = {"rule": "BOOK_QTY", "pair": "311-book", "line": 1, "figures": {"available": "3", "wanted": "5"}}

    found = said_where(fault, ORDER, PAYMENT, WAYBILL)

    assert [(each.by, each.value) for each in found] == [("this order", "5"), ("left in the book", "3")]
