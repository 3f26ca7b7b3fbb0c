"""What the papers of an order say where a fault lies, so that whoever must mend it sees both figures (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from wms.i18n import N_
from wms.orders.documents import Order, OrderLine, Payment, Waybill
from wms.web.office.retail_words import cny

#: Rule: the column of the order, and that of the other paper.
_PAIRED: Final = {
    "AMOUNT": ("amount_paid", "amount_paid"),
    "PAYER_NAME": ("buyer_name", "payer_name"),
    "PAYER_ID": ("buyer_id_no", "payer_id_no"),
    "EBP_CODE": ("platform_code", "platform_code"),
    "PAY_TXN": ("payment_no", "payment_no"),
    "CONSIGNEE": ("consignee", "consignee"),
    "CONSIGNEE_PHONE": ("consignee_phone", "consignee_phone"),
    "ADDRESS": ("consignee_address", "consignee_address"),
}
_COUNTED: Final = {
    "had": N_("had this year"),
    "spent": N_("spent this year"),
    "wanted": N_("this order"),
    "value": N_("dutiable value"),
    "available": N_("left in the book"),
    "sellable": N_("keeps long enough"),
    "most": N_("limit"),
}
_PERSONAL: Final = frozenset({"PAYER_NAME", "PAYER_ID", "CONSIGNEE", "CONSIGNEE_PHONE", "ADDRESS"})


@dataclass(frozen=True, kw_only=True)
class Said:
    """One paper's word, or the sum we reckon; personal data are masked by the page."""

    by: str
    """marked: which paper, or how it was reckoned"""
    value: str
    is_personal: bool = False


def said_where(
    fault: Mapping[str, Any], order: Order | None, payment: Payment | None, waybill: Waybill | None
) -> list[Said]:
    """Both sides of a fault, or what its rule counted when it was judged; nothing where a paper is missing."""
    if order is None:
        return []
    if counted := fault.get("figures"):
        return [Said(by=by, value=counted[name]) for name, by in _COUNTED.items() if name in counted]
    rule = fault["rule"]
    if rule in _PAIRED:
        return _both(rule, order, payment if fault["pair"] == "311-411" else waybill)
    match rule:
        case "GOODS_VALUE":
            reckoned = sum((line.total for line in order.lines), Decimal(0))
            return _reckoned(order.goods_value, N_("sum of the lines"), reckoned)
        case "ACTURAL_PAID":
            reckoned = order.goods_value + order.freight + order.tax_total - order.discount
            return _reckoned(order.amount_paid, N_("reckoned from its parts"), reckoned)
        case "QTY_PRICE":
            line = _line(order, fault["line"])
            if line is not None:
                return _reckoned(line.total, N_("quantity by price"), line.quantity * line.price)
    return []


def _both(rule: str, order: Order, other: Payment | Waybill | None) -> list[Said]:
    if other is None:
        return []
    ours, theirs = _PAIRED[rule]
    by = N_("payment voucher") if isinstance(other, Payment) else N_("waybill")
    pairs = ((N_("order"), getattr(order, ours)), (by, getattr(other, theirs)))
    personal = rule in _PERSONAL
    return [
        Said(by=by, value=cny(value) if isinstance(value, Decimal) else value or "–", is_personal=personal)
        for by, value in pairs
    ]


def _reckoned(filed: Decimal, how: str, reckoned: Decimal) -> list[Said]:
    return [Said(by=N_("order"), value=cny(filed)), Said(by=how, value=cny(reckoned))]


def _line(order: Order, line_no: int | None) -> OrderLine | None:
    return next((line for line in order.lines if line.line_no == line_no), None)
