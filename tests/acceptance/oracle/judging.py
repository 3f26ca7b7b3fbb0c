"""The verdict on every order by the written rules of a day (its RULES.md, sections 4 to 6)."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tests.acceptance.oracle.papers import Element, Fields, Filed, table

FEN: Final = Decimal("0.01")
PAIRS: Final = (
    ("PAYER_NAME", "buyerName", "payerName"),
    ("PAYER_ID", "buyerIdNumber", "payerIdNumber"),
    ("EBP_CODE", "ebpCode", "ebpCode"),
)
TO_CONSIGNEE: Final = (
    ("CONSIGNEE", "consignee"),
    ("CONSIGNEE_PHONE", "consigneeTelephone"),
    ("ADDRESS", "consigneeAddress"),
)
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def half_up(value: Fraction, step: Decimal = FEN) -> Decimal:
    """Nearest multiple of `step`, a half away from nought."""
    units = value / Fraction(step)
    whole = (abs(units) + Fraction(1, 2)).__floor__()
    return (Decimal(whole if units >= 0 else -whole) * step).quantize(step, rounding=ROUND_HALF_UP)


def check_character(first_17: str) -> str:
    """GB 11643, the eighteenth character."""
    rest = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True)) % 11
    return "10X98765432"[rest]


@dataclass(frozen=True, kw_only=True)
class LotRow:
    """So much of a lot at a place, as the day's files put it there."""

    item: str
    location: str
    lot: str
    expiry: str
    quantity: int


@dataclass(kw_only=True)
class Ground:
    """What orders are judged against; judging uses it up."""

    rules: dict[str, Any]
    products: dict[str, Fields]
    book: dict[str, dict[str, Any]]
    available: dict[str, int]
    usable: dict[str, int]
    spent: dict[str, Decimal]
    taken: dict[tuple[str, str], int]
    effects: list["Accepted"] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The calendar day."""
        return date.fromisoformat(self.rules["day"])


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An accepted order: what it takes."""

    order: Element
    payment: Element
    waybill: Element
    value: Decimal
    key: dict[str, Any]


def read_ground(folder: Path, *, available: dict[str, int], lots: dict[str, list[LotRow]]) -> Ground:
    """Rules, products and the buyers' year from the registry; `lots` are usable ones whatever their age."""
    rules = json.loads((folder / "registry/rules.json").read_text("utf-8"))
    day, least = date.fromisoformat(rules["day"]), int(rules["min_remaining_shelf_life_days"])
    book = json.loads((folder / "registry/account_book.json").read_text("utf-8"))
    year = str(day.year)
    return Ground(
        rules=rules,
        products={row["item_no"]: row for row in table(folder, "registry/products.csv")},
        book={line["gdsMtno"]: line for line in book["lines"]},
        available=dict(available),
        usable={
            item: sum(row.quantity for row in rows if keeps(row.expiry, day=day, least=least))
            for item, rows in lots.items()
        },
        spent=defaultdict(
            Decimal,
            {
                row["buyer_id"]: Decimal(row["spent_cny"])
                for row in table(folder, "registry/yearly_spent.csv")
                if row["year"] == year
            },
        ),
        taken=defaultdict(
            int,
            {
                (row["buyer_id"], row["item_no"]): int(row["qty"])
                for row in table(folder, "registry/yearly_qty.csv")
                if row["year"] == year
            },
        ),
    )


def keeps(expiry: str, *, day: date, least: int) -> bool:
    """Whether a lot has `least` days of life left."""
    return not expiry or (date.fromisoformat(expiry) - day).days >= least


def judge_all(filed: Filed, ground: Ground) -> dict[str, dict[str, Any]]:
    """The key's `orders`, judged by (appTime, number); accepted ones are added to the ground's effects."""
    waiting = [number for number in filed.numbers if number not in filed.orders]
    judged = {number: judge(number, filed, ground) for number in waiting}
    for number in sorted(filed.orders, key=lambda each: (filed.orders[each].head["appTime"], each)):
        judged[number] = judge(number, filed, ground)
    return judged


def judge(number: str, filed: Filed, ground: Ground) -> dict[str, Any]:
    """One order's row of the key."""
    order, payment, waybill = (place.get(number) for place in (filed.orders, filed.payments, filed.waybills))
    faults: list[dict[str, Any]] = []
    value: Decimal | None = None
    if order is not None:
        if waybill is not None:
            value = dutiable_value(order, waybill)
        faults += _papers(order, payment, waybill) + _sums(order) + _goods(order, ground)
        faults += _year(order, value, ground)
    missing = [code for code, found in (("311", order), ("411", payment), ("511", waybill)) if found is None]
    verdict = "REFUSE" if faults else "WAIT" if missing else "ACCEPT"
    row: dict[str, Any] = {
        "verdict": verdict,
        "channel": _channel(verdict, faults, order, value, ground),
        "faults": faults,
        "missing": missing,
        "dutiable_value": None if value is None else _money(value),
    }
    if verdict == "ACCEPT":
        assert order is not None
        assert payment is not None
        assert waybill is not None
        assert value is not None
        row |= taxes_of(order, value, ground, in_full=row["channel"] == "RETAIL_FULL_TAX")
        row["cop_no"] = f"L{number}"
        _take(order, value, ground)
        ground.effects.append(Accepted(order=order, payment=payment, waybill=waybill, value=value, key=row))
    return row


def dutiable_value(order: Element, waybill: Element) -> Decimal:
    """V: goods, freight and insurance; a discount does not lower it."""
    goods = sum((Decimal(line["totalPrice"]) for line in order.lines), Decimal(0))
    return goods + order.amount("freight") + waybill.amount("insuredFee")


def _money(value: Decimal) -> str:
    short = value.quantize(FEN)
    return str(short) if short == value else f"{value.normalize():f}"


def _fault(code: str, pair: str, name: str, gnum: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"code": code, "pair": pair, "field": name}
    return found | ({"gnum": int(gnum)} if gnum else {})


def _papers(order: Element, payment: Element | None, waybill: Element | None) -> list[dict[str, Any]]:
    faults = []
    if payment is not None:
        if order.amount("acturalPaid") != payment.amount("amountPaid"):
            faults.append(_fault("AMOUNT", "311-411", "amountPaid"))
        for code, ours, theirs in PAIRS:
            if order.head.get(ours, "") != payment.head.get(theirs, ""):
                faults.append(_fault(code, "311-411", theirs))
        stated = order.head.get("payTransactionId", "")
        if stated and stated != payment.head.get("payTransactionId", ""):
            faults.append(_fault("PAY_TXN", "311-411", "payTransactionId"))
    if waybill is not None:
        for code, name in TO_CONSIGNEE:
            if order.head.get(name, "") != waybill.head.get(name, ""):
                faults.append(_fault(code, "311-511", name))
        if waybill.amount("packNo") != 1:
            faults.append(_fault("PACK_NO", "511", "packNo"))
    return faults


def _sums(order: Element) -> list[dict[str, Any]]:
    faults = []
    goods = Decimal(0)
    for line in order.lines:
        total = Decimal(line["totalPrice"])
        goods += total
        if abs(Decimal(line["qty"]) * Decimal(line["price"]) - total) > Decimal("0.005"):
            faults.append(_fault("QTY_PRICE", "311", "totalPrice", line["gnum"]))
    if order.amount("goodsValue") != goods:
        faults.append(_fault("GOODS_VALUE", "311", "goodsValue"))
    due = order.amount("goodsValue") + order.amount("freight") + order.amount("taxTotal")
    if due - order.amount("discount") != order.amount("acturalPaid"):
        faults.append(_fault("ACTURAL_PAID", "311", "acturalPaid"))
    card = order.head["buyerIdNumber"]
    if order.head["buyerIdType"] == "1" and not _is_card(card):
        faults.append(_fault("ID_CHECK", "311", "buyerIdNumber"))
    return faults


def _is_card(card: str) -> bool:
    return len(card) == 18 and card[:17].isdigit() and card[17] == check_character(card[:17])


def _goods(order: Element, ground: Ground) -> list[dict[str, Any]]:
    faults = []
    wanted: Counter[str] = Counter()
    lines: dict[str, str] = {}
    for line in order.lines:
        item = line.get("itemNo", "")
        product = ground.products.get(item)
        if product is None:
            faults.append(_fault("UNKNOWN_ITEM", "311-registry", "itemNo", line["gnum"]))
            continue
        if product["positive_list"] != "yes":
            faults.append(_fault("NOT_POSITIVE", "311-registry", "itemNo", line["gnum"]))
        entry = ground.book.get(item)
        if entry is not None:
            if line["unit"] != entry["dclUnitcd"]:
                faults.append(_fault("UNIT", "311-book", "unit", line["gnum"]))
            if line["country"] != entry["natcd"]:
                faults.append(_fault("COUNTRY", "311-book", "country", line["gnum"]))
        wanted[item] += int(Decimal(line["qty"]))
        lines.setdefault(item, line["gnum"])
    buyer = order.head["buyerIdNumber"]
    for item, quantity in wanted.items():
        if quantity > ground.available.get(item, 0):
            faults.append(_fault("BOOK_QTY", "311-book", "qty", lines[item]))
        elif quantity > ground.usable.get(item, 0):
            faults.append(_fault("SHELF_LIFE", "311-stock", "qty", lines[item]))
        most = ground.products[item]["yearly_max_qty"]
        if most and ground.taken[buyer, item] + quantity > int(most):
            faults.append(_fault("YEARLY_QTY", "311-registry", "qty", lines[item]))
    return faults


def _year(order: Element, value: Decimal | None, ground: Ground) -> list[dict[str, Any]]:
    if value is None:
        return []
    if ground.spent[order.head["buyerIdNumber"]] + value > Decimal(ground.rules["limit_yearly_cny"]):
        return [_fault("LIMIT_YEARLY", "311", "buyerIdNumber")]
    if value > Decimal(ground.rules["limit_single_cny"]) and not _indivisible(order):
        return [_fault("LIMIT_SINGLE", "311", "goodsValue")]
    return []


def _indivisible(order: Element) -> bool:
    return len(order.lines) == 1 and Decimal(order.lines[0]["qty"]) == 1


def _channel(
    verdict: str,
    faults: list[dict[str, Any]],
    order: Element | None,
    value: Decimal | None,
    ground: Ground,
) -> str:
    if verdict == "ACCEPT":
        assert value is not None
        above = value > Decimal(ground.rules["limit_single_cny"])
        return "RETAIL_FULL_TAX" if above else "RETAIL_70"
    if order is not None and any(fault["code"] == "LIMIT_YEARLY" for fault in faults):
        return "GENERAL_TRADE"
    return "NONE"


def _take(order: Element, value: Decimal, ground: Ground) -> None:
    buyer = order.head["buyerIdNumber"]
    ground.spent[buyer] += value
    for line in order.lines:
        item, quantity = line["itemNo"], int(Decimal(line["qty"]))
        ground.available[item] -= quantity
        ground.usable[item] -= quantity
        ground.taken[buyer, item] += quantity


def shares(totals: list[Decimal], extra: Decimal) -> list[Decimal]:
    """`extra` spread by totals, half up to the fen, the rest on the first of the greatest."""
    whole = sum(totals, Decimal(0))
    if not whole:
        return [Decimal(0) for _ in totals]
    found = [half_up(Fraction(extra) * Fraction(total) / Fraction(whole)) for total in totals]
    found[totals.index(max(totals))] += extra - sum(found, Decimal(0))
    return found


def taxes_of(order: Element, value: Decimal, ground: Ground, *, in_full: bool) -> dict[str, Any]:
    totals = [Decimal(line["totalPrice"]) for line in order.lines]
    extras = shares(totals, value - sum(totals, Decimal(0)))
    reduction = Fraction(1) if in_full else Fraction(ground.rules["tax_reduction"])
    lines, sums = [], [Decimal(0)] * 3
    for line, total, extra in zip(order.lines, totals, extras, strict=True):
        product = ground.products[line["itemNo"]]
        worth = Fraction(total + extra)
        rates = [Fraction(product[name]) for name in ("duty_rate", "consumption_tax_rate", "vat_rate")]
        duty = worth * rates[0] if in_full else Fraction(0)
        excise = (worth + duty) / (1 - rates[1]) * rates[1]
        vat = (worth + duty + excise) * rates[2]
        due = [half_up(duty), half_up(vat * reduction), half_up(excise * reduction)]
        sums = [before + more for before, more in zip(sums, due, strict=True)]
        lines.append(
            {
                "gnum": int(line["gnum"]),
                "item_no": line["itemNo"],
                "qty": f"{Decimal(line['qty']).normalize():f}",
                "tax_price": str(half_up(worth)),
                "customs_tax": str(due[0]),
                "vat": str(due[1]),
                "consumption_tax": str(due[2]),
            }
        )
    named = dict(zip(("customs_tax", "vat", "consumption_tax"), (str(each) for each in sums), strict=True))
    return named | {"tax_total": str(sum(sums, Decimal(0))), "lines": lines}
