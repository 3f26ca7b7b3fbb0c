"""三单对碰: three filings held against each other, the registry, the book, the stock and the buyer's year. Pure.

Every rule is asked, none stops at another's fault. Amounts and quantities are exact; texts compare without their
outer white space.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from wms.orders.identity import is_identity_number
from wms.orders.views import Buyer, Item, Limits, OrderLineView, OrderView, PaymentView, WaybillView


class Verdict(StrEnum):
    """What comes of it."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    WAITING = "WAITING"


class Channel(StrEnum):
    """How the parcel is taxed, or what remains for the buyer."""

    RETAIL_70 = "RETAIL_70"
    RETAIL_FULL_TAX = "RETAIL_FULL_TAX"
    GENERAL_TRADE = "GENERAL_TRADE"
    NONE = "NONE"


@dataclass(frozen=True, kw_only=True, order=True)
class Fault:
    """A rule that fails: where (pair of documents, field as on the wire) and on which line; 0 is the whole.

    `figures` are what a rule counted, by name: declared units or CNY, as text.
    """

    rule: str
    pair: str
    field: str
    line: int = 0
    figures: tuple[tuple[str, str], ...] = field_(default=(), compare=False)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict with all its reasons; the value is CNY, none while order or waybill is missing.

    `remarks` are differences the rules of the day let pass and a person is told of.
    """

    verdict: Verdict
    channel: Channel
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...]
    missing: tuple[str, ...]
    dutiable_value: Decimal | None


@dataclass(frozen=True, kw_only=True)
class World:
    """What the filings are held against: items on file by 料号, the buyer's year before this order, the limits.

    `is_waybill_taken`: another order's parcel of these months bears the carrier's number.
    """

    items: Mapping[str, Item]
    buyer: Buyer
    limits: Limits
    is_waybill_taken: bool = False


def match(
    order: OrderView | None, payment: PaymentView | None, waybill: WaybillView | None, *, world: World
) -> Judgement:
    """Every fault of the three filings, and what comes of the order."""
    value = None if order is None or waybill is None else dutiable_value(order, waybill)
    found = tuple(_faults(order, payment, waybill, value, world))
    faults = tuple(fault for fault in found if _stops(fault, world.limits))
    documents = {"311": order, "411": payment, "511": waybill}
    missing = tuple(kind for kind, document in documents.items() if document is None)
    verdict = Verdict.REFUSED if faults else Verdict.WAITING if missing else Verdict.ACCEPTED
    return Judgement(
        verdict=verdict,
        channel=_channel(verdict, faults, value, world.limits),
        faults=faults,
        remarks=tuple(fault for fault in found if fault not in faults),
        missing=missing,
        dutiable_value=value,
    )


def _stops(fault: Fault, limits: Limits) -> bool:
    """Whether a fault refuses the order; another payer is a warning where the rules of the day say so (notes 1.3)."""
    return limits.buyer_must_pay or fault.rule != "PAYER_NAME"


def dutiable_value(order: OrderView, waybill: WaybillView) -> Decimal:
    """完税价格: goods, freight and insurance; a discount does not lower it."""
    return sum((line.total for line in order.lines), Decimal(0)) + order.freight + waybill.insurance


def _channel(verdict: Verdict, faults: Sequence[Fault], value: Decimal | None, limits: Limits) -> Channel:
    if verdict is Verdict.ACCEPTED:
        over = value is not None and limits.is_over(value, limits.single)
        return Channel.RETAIL_FULL_TAX if over else Channel.RETAIL_70
    if any(fault.rule == "LIMIT_YEARLY" for fault in faults):
        return Channel.GENERAL_TRADE
    return Channel.NONE


def _faults(
    order: OrderView | None,
    payment: PaymentView | None,
    waybill: WaybillView | None,
    value: Decimal | None,
    world: World,
) -> Iterator[Fault]:
    if waybill is not None and waybill.packages != 1:
        yield Fault(rule="PACK_NO", pair="511", field="packNo")
    if waybill is not None and waybill.insurance < 0:
        yield Fault(rule="NEGATIVE", pair="511", field="insuredFee")
    if waybill is not None and world.is_waybill_taken:
        yield Fault(rule="WAYBILL_TAKEN", pair="511", field="logisticsNo")
    if order is None:
        return
    if payment is not None:
        yield from _payment_faults(order, payment, world.limits)
    if waybill is not None:
        yield from _waybill_faults(order, waybill)
    yield from _order_faults(order, world.limits)
    yield from _line_faults(order, world)
    yield from _item_faults(order, world)
    if value is not None:
        yield from _limit_faults(order, value, world)


def _payment_faults(order: OrderView, payment: PaymentView, limits: Limits) -> Iterator[Fault]:
    if abs(order.amount_paid - payment.amount_paid) > limits.amount_tolerance:
        yield Fault(rule="AMOUNT", pair="311-411", field="amountPaid")
    if _differ(order.buyer_name, payment.payer_name):
        yield Fault(rule="PAYER_NAME", pair="311-411", field="payerName")
    if _differ(order.buyer_id_no, payment.payer_id_no):
        yield Fault(rule="PAYER_ID", pair="311-411", field="payerIdNumber")
    if _differ(order.platform_code, payment.platform_code):
        yield Fault(rule="EBP_CODE", pair="311-411", field="ebpCode")
    if order.payment_no.strip() and _differ(order.payment_no, payment.payment_no):
        yield Fault(rule="PAY_TXN", pair="311-411", field="payTransactionId")


def _waybill_faults(order: OrderView, waybill: WaybillView) -> Iterator[Fault]:
    if _differ(order.consignee, waybill.consignee):
        yield Fault(rule="CONSIGNEE", pair="311-511", field="consignee")
    if _differ(order.consignee_phone, waybill.consignee_phone):
        yield Fault(rule="CONSIGNEE_PHONE", pair="311-511", field="consigneeTelephone")
    if _differ(order.consignee_address, waybill.consignee_address):
        yield Fault(rule="ADDRESS", pair="311-511", field="consigneeAddress")


def _order_faults(order: OrderView, limits: Limits) -> Iterator[Fault]:
    named = Counter(line.line_no for line in order.lines)
    for number in (number for number, count in named.items() if count > 1):
        yield Fault(rule="GNUM", pair="311", field="gnum", line=number)
    for line in order.lines:
        if abs(line.quantity * line.price - line.total) > limits.price_tolerance:
            yield Fault(rule="QTY_PRICE", pair="311", field="totalPrice", line=line.line_no)
        if line.total < 0:
            yield Fault(rule="NEGATIVE", pair="311", field="totalPrice", line=line.line_no)
    if order.freight < 0:
        yield Fault(rule="NEGATIVE", pair="311", field="freight")
    if order.goods_value != sum((line.total for line in order.lines), Decimal(0)):
        yield Fault(rule="GOODS_VALUE", pair="311", field="goodsValue")
    if order.goods_value + order.freight + order.tax_total - order.discount != order.amount_paid:
        yield Fault(rule="ACTURAL_PAID", pair="311", field="acturalPaid")
    if order.buyer_id_type == "1" and not is_identity_number(order.buyer_id_no.strip()):
        yield Fault(rule="ID_CHECK", pair="311", field="buyerIdNumber")


def _line_faults(order: OrderView, world: World) -> Iterator[Fault]:
    for line in order.lines:
        item = world.items.get(line.item_no)
        if item is None:
            yield Fault(rule="UNKNOWN_ITEM", pair="311-registry", field="itemNo", line=line.line_no)
            continue
        if not item.is_on_positive_list:
            yield Fault(rule="NOT_POSITIVE", pair="311-registry", field="itemNo", line=line.line_no)
        if item.book_unit is not None and line.unit != item.book_unit:
            yield Fault(rule="UNIT", pair="311-book", field="unit", line=line.line_no)
        if item.book_origin is not None and line.origin != item.book_origin:
            yield Fault(rule="COUNTRY", pair="311-book", field="country", line=line.line_no)
        if item.is_stopped:
            yield Fault(rule="BOOK_STOPPED", pair="311-book", field="itemNo", line=line.line_no)
        if line.quantity <= 0 or (Fraction(line.quantity) / item.declared_per_stock).denominator != 1:
            yield Fault(rule="WHOLE_UNITS", pair="311-registry", field="qty", line=line.line_no)


def _item_faults(order: OrderView, world: World) -> Iterator[Fault]:
    """Rules on the sum of an item, told on its first line."""
    sums: dict[str, Decimal] = {}
    first: dict[str, OrderLineView] = {}
    for line in order.lines:
        if line.item_no in world.items:
            sums[line.item_no] = sums.get(line.item_no, Decimal(0)) + line.quantity
            first.setdefault(line.item_no, line)
    for item_no, quantity in sums.items():
        item, line_no = world.items[item_no], first[item_no].line_no
        stock_units = Fraction(quantity) / item.declared_per_stock
        wanted = "wanted", _count(quantity)
        if stock_units > item.available:
            left = "available", _count(item.available * item.declared_per_stock)
            yield Fault(rule="BOOK_QTY", pair="311-book", field="qty", line=line_no, figures=(wanted, left))
        elif stock_units > item.sellable:
            left = "sellable", _count(item.sellable * item.declared_per_stock)
            yield Fault(
                rule="SHELF_LIFE", pair="311-stock", field="qty", line=line_no, figures=(wanted, left)
            )
        had = world.buyer.had.get(item_no, Decimal(0))
        if item.yearly_max is not None and had + quantity > item.yearly_max:
            year = ("had", _count(had)), wanted, ("most", _count(item.yearly_max))
            yield Fault(rule="YEARLY_QTY", pair="311-registry", field="qty", line=line_no, figures=year)


def _limit_faults(order: OrderView, value: Decimal, world: World) -> Iterator[Fault]:
    limits = world.limits
    ours = "value", f"{value:.2f}"
    if limits.is_over(world.buyer.spent + value, limits.yearly):
        year = ("spent", f"{world.buyer.spent:.2f}"), ours, ("most", f"{limits.yearly:.2f}")
        yield Fault(rule="LIMIT_YEARLY", pair="311", field="buyerIdNumber", figures=year)
    elif limits.is_over(value, limits.single) and not is_one_item(order):
        most = "most", f"{limits.single:.2f}"
        yield Fault(rule="LIMIT_SINGLE", pair="311", field="goodsValue", figures=(ours, most))


def _count(number: Decimal | Fraction | int) -> str:
    """A quantity without trailing zeros, to 5 decimals as on the wire."""
    exact = Fraction(number)
    rounded = round(Decimal(exact.numerator) / exact.denominator, 5)
    return f"{rounded.normalize():f}"


def is_one_item(order: OrderView) -> bool:
    """One indivisible item: exactly one line of exactly one."""
    return len(order.lines) == 1 and order.lines[0].quantity == 1


def _differ(one: str, other: str) -> bool:
    return one.strip() != other.strip()
