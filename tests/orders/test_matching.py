"""Both sides of every edge of the match, rule by rule."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from wms.orders.identity import buyer_hash, is_identity_number
from wms.orders.matching import Channel, Fault, Judgement, Verdict, World, match
from wms.orders.views import Buyer, Item, Limits, OrderLineView, OrderView, PaymentView, WaybillView

D = Decimal
LINE = OrderLineView(
    line_no=1, item_no="TEA", unit="140", origin="125", quantity=D(2), price=D(100), total=D(200)
)
ORDER = OrderView(
    platform_code="P",
    goods_value=D(200),
    freight=D(10),
    discount=D(5),
    tax_total=D(13),
    amount_paid=D(218),
    buyer_name="甲",
    buyer_id_type="1",
    buyer_id_no="11010519491231002X",
    payment_no="",
    consignee="乙",
    consignee_phone="1",
    consignee_address="拉萨",
    lines=(LINE,),
)
PAYMENT = PaymentView(
    platform_code="P",
    payment_no="T1",
    payer_id_no=ORDER.buyer_id_no,
    payer_name="甲",
    amount_paid=D("218.00"),
)
WAYBILL = WaybillView(
    insurance=D(0), packages=1, consignee="乙", consignee_phone="1", consignee_address="拉萨"
)
ITEM = Item(
    is_on_positive_list=True,
    declared_per_stock=Fraction(1),
    book_unit="140",
    book_origin="125",
    is_stopped=False,
    available=10,
    sellable=10,
    yearly_max=None,
)
LIMITS = Limits(
    single=D(5000),
    yearly=D(26000),
    are_inclusive=True,
    amount_tolerance=D(0),
    price_tolerance=D("0.005"),
    buyer_must_pay=True,
)
WORLD = World(items={"TEA": ITEM}, buyer=Buyer(spent=D(0), had={}), limits=LIMITS)


def judged(
    order: OrderView | None = ORDER,
    payment: PaymentView | None = PAYMENT,
    waybill: WaybillView | None = WAYBILL,
    world: World = WORLD,
) -> Judgement:
    return match(order, payment, waybill, world=world)


def rules(judgement: Judgement) -> list[str]:
    return sorted(fault.rule for fault in judgement.faults)


def priced(quantity: str, price: str, *lines: OrderLineView) -> OrderView:
    """An order whose sums agree, with a first line of so many at that price."""
    total = D(quantity) * D(price)
    first = replace(LINE, quantity=D(quantity), price=D(price), total=total)
    goods = total + sum((line.total for line in lines), D(0))
    paid = goods + ORDER.freight + ORDER.tax_total - ORDER.discount
    return replace(ORDER, goods_value=goods, amount_paid=paid, lines=(first, *lines))


def paying(order: OrderView) -> PaymentView:
    return replace(PAYMENT, amount_paid=order.amount_paid)


def with_item(**changes: Any) -> World:
    return replace(WORLD, items={"TEA": replace(ITEM, **changes)})


def test_three_filings_that_agree_are_accepted() -> None:
    found = judged()

    assert found.verdict is Verdict.ACCEPTED
    assert found.channel is Channel.RETAIL_70
    assert found.dutiable_value == D(210), "goods and freight; the discount does not lower it"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"amount_paid": D("218.01")}, ("AMOUNT", "311-411", "amountPaid")),
        ({"payer_name": "丙"}, ("PAYER_NAME", "311-411", "payerName")),
        ({"payer_id_no": "1"}, ("PAYER_ID", "311-411", "payerIdNumber")),
        ({"platform_code": "Q"}, ("EBP_CODE", "311-411", "ebpCode")),
    ],
)
def test_a_payment_that_disagrees_is_named_by_its_field(
    changes: dict[str, Any], fault: tuple[str, str, str]
) -> None:
    found = judged(payment=replace(PAYMENT, **changes))

    assert found.faults == (Fault(rule=fault[0], pair=fault[1], field=fault[2]),)
    assert (found.verdict, found.channel) == (Verdict.REFUSED, Channel.NONE)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"consignee": "丙"}, "CONSIGNEE"),
        ({"consignee_phone": "2"}, "CONSIGNEE_PHONE"),
        ({"consignee_address": "拉 萨"}, "ADDRESS"),
        ({"packages": 2}, "PACK_NO"),
    ],
)
def test_a_waybill_that_disagrees_is_refused(changes: dict[str, Any], rule: str) -> None:
    assert rules(judged(waybill=replace(WAYBILL, **changes))) == [rule]


def test_a_waybill_number_on_another_parcel_is_refused() -> None:
    assert rules(judged(world=replace(WORLD, is_waybill_taken=True))) == ["WAYBILL_TAKEN"]
    assert judged(waybill=None, world=replace(WORLD, is_waybill_taken=True)).faults == ()


def test_outer_white_space_does_not_count() -> None:
    assert judged(waybill=replace(WAYBILL, consignee=" 乙 ")).faults == ()


@pytest.mark.parametrize(("named", "expected"), [("", []), (" T1", []), ("T2", ["PAY_TXN"])])
def test_a_transaction_number_counts_where_the_order_names_one(named: str, expected: list[str]) -> None:
    assert rules(judged(replace(ORDER, payment_no=named))) == expected


@pytest.mark.parametrize(("total", "expected"), [("200.005", []), ("200.006", ["QTY_PRICE"])])
def test_a_line_may_be_half_a_fen_off(total: str, expected: list[str]) -> None:
    order = replace(
        ORDER,
        lines=(replace(LINE, total=D(total)),),
        goods_value=D(total),
        amount_paid=D(total) + 18,
    )

    assert rules(judged(order, paying(order))) == expected


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"goods_value": D(201), "amount_paid": D(219)}, "GOODS_VALUE"),
        ({"tax_total": D(14)}, "ACTURAL_PAID"),
        ({"buyer_id_no": "110105194912310021"}, "ID_CHECK"),
    ],
)
def test_an_order_at_odds_with_itself_is_refused(changes: dict[str, Any], rule: str) -> None:
    order = replace(ORDER, **changes)
    payment = replace(PAYMENT, amount_paid=order.amount_paid, payer_id_no=order.buyer_id_no)

    assert rules(judged(order, payment)) == [rule]


def test_a_passport_has_no_check_character() -> None:
    order = replace(ORDER, buyer_id_type="2", buyer_id_no="E123")

    assert judged(order, replace(PAYMENT, payer_id_no="E123")).faults == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_on_positive_list": False}, ["NOT_POSITIVE"]),
        ({"book_unit": "122"}, ["UNIT"]),
        ({"book_origin": "110"}, ["COUNTRY"]),
        ({"is_stopped": True}, ["BOOK_STOPPED"]),
        ({"available": 2, "sellable": 2}, []),
        ({"available": 1, "sellable": 10}, ["BOOK_QTY"]),
        ({"available": 1, "sellable": 1}, ["BOOK_QTY"]),
        ({"sellable": 1}, ["SHELF_LIFE"]),
        ({"yearly_max": 2}, []),
        ({"yearly_max": 1}, ["YEARLY_QTY"]),
        ({"declared_per_stock": Fraction(4)}, ["WHOLE_UNITS"]),
    ],
)
def test_each_rule_of_an_item_has_two_sides(changes: dict[str, Any], expected: list[str]) -> None:
    assert rules(judged(world=with_item(**changes))) == expected


def test_lines_of_one_item_are_added_up_and_told_on_the_first() -> None:
    order = priced("2", "100", replace(LINE, line_no=2))

    found = judged(order, paying(order), world=with_item(available=3))

    assert found.faults == (Fault(rule="BOOK_QTY", pair="311-book", field="qty", line=1),)
    assert dict(found.faults[0].figures) == {"wanted": "4", "available": "3"}, "whoever mends it sees how far"


def test_limits_say_what_they_counted() -> None:
    """Declared units as on the paper, and CNY."""
    year = Buyer(spent=D("25990"), had={LINE.item_no: D(1)})
    world = replace(with_item(yearly_max=2, sellable=1, declared_per_stock=Fraction(1, 2)), buyer=year)

    counted = {fault.rule: dict(fault.figures) for fault in judged(world=world).faults}

    assert counted == {
        "SHELF_LIFE": {"wanted": "2", "sellable": "0.5"},
        "YEARLY_QTY": {"had": "1", "wanted": "2", "most": "2"},
        "LIMIT_YEARLY": {"spent": "25990.00", "value": "210.00", "most": "26000.00"},
    }


def test_another_payer_is_told_where_the_rules_of_the_day_only_warn() -> None:
    """Compared always; a difference stops or warns, by setting."""
    other = replace(PAYMENT, payer_name="丙")
    warned = replace(WORLD, limits=replace(LIMITS, buyer_must_pay=False))

    found = judged(payment=other, world=warned)

    assert (found.verdict, found.faults) == (Verdict.ACCEPTED, ())
    assert [fault.rule for fault in found.remarks] == ["PAYER_NAME"]
    assert judged(payment=other).remarks == ()
    assert judged(world=warned).remarks == ()


def test_nothing_below_zero_brings_an_order_under_a_limit() -> None:
    """Freight and insurance count to the dutiable value, so neither may take away from it."""
    order = replace(priced("2", "3000"), freight=D(-1500))
    order = replace(order, amount_paid=order.amount_paid - 1510)
    found = judged(order, paying(order))
    assert (found.dutiable_value, found.verdict) == (D(4500), Verdict.REFUSED)
    assert found.faults == (Fault(rule="NEGATIVE", pair="311", field="freight"),)

    found = judged(waybill=replace(WAYBILL, insurance=D("-0.01")))
    assert found.faults == (Fault(rule="NEGATIVE", pair="511", field="insuredFee"),)


def test_a_line_number_that_comes_twice_is_told_once() -> None:
    """The list's lines answer the order's one to one (-621027), so the number must tell them apart."""
    order = priced("2", "100", LINE, LINE)

    found = judged(order, paying(order))

    assert found.faults == (Fault(rule="GNUM", pair="311", field="gnum", line=1),)


def test_an_unknown_item_has_no_other_fault_on_its_line() -> None:
    order = replace(ORDER, lines=(replace(LINE, item_no="?", unit="000"),))

    assert rules(judged(order)) == ["UNKNOWN_ITEM"]


@pytest.mark.parametrize(
    ("quantity", "price", "spent", "channel", "expected"),
    [
        ("2", "2495", "0", Channel.RETAIL_70, []),  # exactly 5000 with freight
        ("2", "2495.005", "0", Channel.NONE, ["LIMIT_SINGLE"]),
        ("1", "4990.01", "0", Channel.RETAIL_FULL_TAX, []),
        ("1", "4990.01", "20999.99", Channel.RETAIL_FULL_TAX, []),
        ("1", "4990.01", "21000", Channel.GENERAL_TRADE, ["LIMIT_YEARLY"]),
        ("2", "2495", "21000", Channel.RETAIL_70, []),  # exactly 26000
        ("2", "2495", "21000.01", Channel.GENERAL_TRADE, ["LIMIT_YEARLY"]),
        ("2", "3000", "26000", Channel.GENERAL_TRADE, ["LIMIT_YEARLY"]),  # the yearly limit speaks first
    ],
)
def test_limits_are_inclusive_and_choose_the_channel(
    quantity: str, price: str, spent: str, channel: Channel, expected: list[str]
) -> None:
    order = priced(quantity, price)
    world = replace(WORLD, buyer=Buyer(spent=D(spent), had={}))

    found = judged(order, paying(order), world=world)

    assert (rules(found), found.channel) == (expected, channel)


def test_limits_that_are_not_inclusive_refuse_the_limit_itself() -> None:
    order = priced("2", "2495")
    world = replace(WORLD, limits=replace(LIMITS, are_inclusive=False))

    assert rules(judged(order, paying(order), world=world)) == ["LIMIT_SINGLE"]


def test_a_missing_filing_waits_and_says_which() -> None:
    found = judged(payment=None)
    assert (found.verdict, found.missing, found.dutiable_value) == (Verdict.WAITING, ("411",), D(210))
    found = judged(None, None)
    assert (found.verdict, found.missing, found.dutiable_value) == (Verdict.WAITING, ("311", "411"), None)


def test_a_fault_refuses_even_while_a_filing_is_missing() -> None:
    found = judged(payment=None, world=with_item(is_on_positive_list=False))

    assert (found.verdict, found.missing) == (Verdict.REFUSED, ("411",))


def test_the_first_fault_does_not_stop_the_others() -> None:
    found = judged(
        payment=replace(PAYMENT, payer_name="丙", payer_id_no="1"), world=with_item(available=0, yearly_max=0)
    )

    assert rules(found) == ["BOOK_QTY", "PAYER_ID", "PAYER_NAME", "YEARLY_QTY"]


def test_an_identity_number_with_one_digit_changed_is_found_out() -> None:
    good = "11010519491231002X"
    assert is_identity_number(good)
    for place in range(17):
        for digit in set("0123456789") - {good[place]}:
            assert not is_identity_number(good[:place] + digit + good[place + 1 :])


def test_a_buyer_is_the_same_however_the_number_is_written_and_unknown_without_the_key() -> None:
    assert buyer_hash(b"k", " 11010519491231002x") == buyer_hash(b"k", "11010519491231002X")
    assert buyer_hash(b"k", "1") != buyer_hash(b"l", "1")
