"""Draws orders with their payments and waybills: most without a fault, the rest with one planted, some with two."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from tests.acceptance.oracle import retail
from tests.acceptance.oracle.judging import check_character, dutiable_value, read_ground, taxes_of
from tests.acceptance.oracle.papers import Element, table

FEN: Final = Decimal("0.01")
#: Share of orders without any fault.
CLEAN: Final = 0.62
NAMES: Final = (
    "卓玛·央金",
    "次仁·旺堆",
    "索朗·多吉",
    "周彦德",
    "吴彤宜",
    "李若川",
    "Tenzin Norbu",
    "德吉·白珍",
)


@dataclass(kw_only=True)
class Drawn:
    """What was drawn: elements by kind as (moment, sender, text), the buyers' year, what was planted where."""

    elements: dict[str, list[tuple[datetime, tuple[str, ...], str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    spent: dict[str, Decimal] = field(default_factory=dict)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    planted: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Trio:
    """Three documents in the making."""

    order: dict[str, str]
    lines: list[dict[str, str]]
    payment: dict[str, str]
    waybill: dict[str, str]
    at: datetime
    drops: set[str] = field(default_factory=set)

    @property
    def value(self) -> Decimal:
        """Dutiable value as it stands."""
        order = Element(file="", kind="CEB311", head=self.order, lines=tuple(self.lines))
        return dutiable_value(order, Element(file="", kind="CEB511", head=self.waybill))


def card(random: Random) -> str:
    """An identity number of nobody: district 999999 and a right check character."""
    born = date(1955, 1, 1) + timedelta(days=random.randrange(18_000))
    first_17 = f"999999{born:%Y%m%d}{random.randrange(1000):03}"
    return first_17 + check_character(first_17)


class Draw:
    """Draws all orders of a day."""

    def __init__(self, folder: Path, random: Random, count: int) -> None:
        self.random, self.count, self.drawn = random, count, Drawn()
        self.ground = read_ground(folder, available={}, lots={})
        self.day = self.ground.day
        self.firms: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in table(folder, "registry/companies.csv"):
            for role in row["roles"].split(";"):
                self.firms[role].append(row)
        stock: Counter[str] = Counter()
        young: Counter[str] = Counter()
        for row in table(folder, "registry/opening_lots.csv"):
            if row["regime"] == "BONDED":
                stock[row["item_no"]] += int(row["qty"])
                days = (date.fromisoformat(row["expiry"]) - self.day).days if row["expiry"] else 999
                young[row["item_no"]] += int(row["qty"]) if days >= 60 else 0
        products = self.ground.products
        self.price = {item: self._price(products[item]["gross_g"]) for item in products}
        for dear in [item for item in sorted(products) if stock[item]][-3:]:
            self.price[dear] = Decimal(self.random.randint(540000, 1500000)) / 100
        good = [item for item in products if products[item]["positive_list"] == "yes"]
        self.cheap = [item for item in good if young[item] > 20 and self.price[item] < 1000]
        self.dear = [item for item in good if young[item] > 0 and self.price[item] > 5000]
        self.old = [item for item in good if stock[item] > young[item]]
        self.barred = [item for item in products if products[item]["positive_list"] != "yes"]
        self.rationed = [item for item in good if products[item]["yearly_max_qty"] and young[item]]

    def _price(self, gross_g: str) -> Decimal:
        return Decimal(self.random.randint(1500, 40000 + int(gross_g) * 4)) / 100

    def all(self) -> Drawn:
        """Draw until there are enough orders."""
        plants = self._plants()
        number = 0
        while number < self.count:
            number += 1
            order_no = f"VD{self.day:%y%m%d}{self.random.choice('ABCDEFGH')}{number:06}"
            trio = self._clean(order_no)
            kind = "clean"
            if self.random.random() > CLEAN:
                kind = self.random.choice(sorted(plants))
                plants[kind](trio)
                if self.random.random() < 0.12:
                    second = self.random.choice(("address", "amount", "bad_id", "consignee", "qty_price"))
                    kind = f"{kind}_{second}"
                    plants[second](trio)
            self.drawn.planted[order_no] = kind
            self._send(trio)
        return self.drawn

    def _clean(self, order_no: str, *, buyer: str | None = None) -> Trio:
        random = self.random
        start = datetime.combine(self.day, time(9, 0))
        at = start + timedelta(seconds=random.randrange(5 * 3600))
        platform, merchant = random.choice(self.firms["platform"]), random.choice(self.firms["merchant"])
        payer, carrier = random.choice(self.firms["payment"]), random.choice(self.firms["carrier"])
        name, phone = random.choice(NAMES), f"100{random.randrange(10**8):08}"
        address = f"西藏自治区拉萨市虚构区示例路{random.randrange(1, 999)}号{random.randrange(1, 9)}栋"
        card_no = buyer or card(random)
        order = {
            "guid": retail.guid(random), "appType": "1", "appTime": f"{at:%Y%m%d%H%M%S}", "appStatus": "2",
            "orderType": "I", "orderNo": order_no, "ebpCode": platform["customs_code"], "ebpName": platform["name"],
            "ebcCode": merchant["customs_code"], "ebcName": merchant["name"], "goodsValue": "0",
            "freight": random.choice(["0", "6", "8.00", "12.5"]), "discount": random.choice(["0", "0", "10"]),
            "taxTotal": "0", "acturalPaid": "0", "currency": "142", "buyerRegNo": f"U{random.randrange(10**8)}",
            "buyerName": name, "buyerTelephone": phone, "buyerIdType": "1", "buyerIdNumber": card_no,
            "payCode": payer["customs_code"], "payName": payer["name"],
            "payTransactionId": f"T{random.randrange(10**15):015}", "consignee": name,
            "consigneeTelephone": phone, "consigneeAddress": address, "consigneeDistrict": "999999",
        }  # fmt: skip
        paid = at + timedelta(seconds=random.randint(-400, 900))
        payment = {
            "guid": retail.guid(random), "appType": "1", "appTime": f"{paid:%Y%m%d%H%M%S}", "appStatus": "2",
            "payCode": payer["customs_code"], "payName": payer["name"],
            "payTransactionId": order["payTransactionId"], "orderNo": order_no, "ebpCode": order["ebpCode"],
            "ebpName": order["ebpName"], "payerIdType": "1", "payerIdNumber": card_no, "payerName": name,
            "telephone": phone, "amountPaid": "0", "currency": "142", "payTime": f"{paid:%Y%m%d%H%M%S}",
        }  # fmt: skip
        sent = at + timedelta(seconds=random.randint(200, 1500))
        waybill = {
            "guid": retail.guid(random), "appType": "1", "appTime": f"{sent:%Y%m%d%H%M%S}", "appStatus": "2",
            "logisticsCode": carrier["customs_code"], "logisticsName": carrier["name"],
            "logisticsNo": f"VZ{random.randrange(10**11):011}", "orderNo": order_no, "freight": order["freight"],
            "insuredFee": random.choice(["0", "0", "0", "3.20"]), "currency": "142", "weight": "0", "packNo": "1",
            "goodsInfo": "跨境电商商品", "consignee": name, "consigneeAddress": address,
            "consigneeTelephone": phone,
        }  # fmt: skip
        trio = Trio(order=order, lines=[], payment=payment, waybill=waybill, at=at)
        items = random.sample(self.cheap, k=min(len(self.cheap), random.choice([1, 1, 1, 2, 2, 3, 4])))
        trio.lines = [self._line(item, random.choice([1, 1, 1, 2, 3])) for item in items]
        while trio.value > 4900 and len(trio.lines) > 1:
            trio.lines.pop()
        if trio.value > 4900:
            trio.lines = [self._line(min(self.cheap, key=lambda item: self.price[item]), 1)]
        self._settle(trio)
        return trio

    def _line(self, item: str, quantity: int, *, price: Decimal | None = None) -> dict[str, str]:
        product = self.ground.products[item]
        entry = self.ground.book.get(item, {})
        each = self.price[item] if price is None else price
        return {
            "gnum": "1", "itemNo": item, "itemName": product["name_zh"], "gmodel": product["spec"],
            "barCode": product["gtin"], "unit": entry.get("dclUnitcd", product["unit"]), "qty": str(quantity),
            "price": str(each), "totalPrice": str(each * quantity), "currency": "142",
            "country": entry.get("natcd", product["origin_num"]),
        }  # fmt: skip

    def _settle(self, trio: Trio) -> None:
        """Numbers of lines, sums, taxes, weight: as a careful platform sends them."""
        for number, line in enumerate(trio.lines, start=1):
            line["gnum"] = str(number)
        goods = sum((Decimal(line["totalPrice"]) for line in trio.lines), Decimal(0))
        order = Element(file="", kind="CEB311", head=trio.order, lines=tuple(trio.lines))
        known = all(line["itemNo"] in self.ground.products for line in trio.lines)
        tax = Decimal(0)
        if known:
            in_full = trio.value > Decimal(self.ground.rules["limit_single_cny"])
            tax = Decimal(taxes_of(order, trio.value, self.ground, in_full=in_full)["tax_total"])
        paid = goods + Decimal(trio.order["freight"]) + tax - Decimal(trio.order["discount"])
        trio.order |= {"goodsValue": str(goods), "taxTotal": str(tax), "acturalPaid": str(paid)}
        trio.payment["amountPaid"] = str(paid)
        grams = sum(
            int(self.ground.products[line["itemNo"]]["gross_g"]) * int(Decimal(line["qty"]))
            for line in trio.lines
            if line["itemNo"] in self.ground.products
        )
        weight = Decimal(grams) / 1000 + Decimal(self.ground.rules["parcel_packaging_kg"])
        trio.waybill["weight"] = retail.plain(weight)

    def _send(self, trio: Trio) -> None:
        """Each document comes in its own time, mostly soon after it was made."""
        parts = {
            "CEB311": (trio.order, "ebp"),
            "CEB411": (trio.payment, "pay"),
            "CEB511": (trio.waybill, "logistics"),
        }
        for kind, (head, _) in parts.items():
            if kind not in trio.drops:
                self._put(kind, head, trio.lines)

    def _put(self, kind: str, head: dict[str, str], lines: list[dict[str, str]], *, later_s: int = 0) -> None:
        names = {"CEB311": ("ebpCode", "ebpName"), "CEB411": ("payCode", "payName")}
        code, name = names.get(kind, ("logisticsCode", "logisticsName"))
        sender = (head[code], head[name], f"DXPENT9999{head[code][-6:]}")
        stamp = head["appTime"]
        made = datetime.fromisoformat(f"{stamp[:8]}T{stamp[8:]}")
        at = made + timedelta(seconds=self.random.randint(20, 900) + later_s)
        at = min(at, datetime.combine(self.day, time(14, 58)))
        if kind == "CEB311":
            text = retail.order_text(head, lines, prefix="ceb:")
        else:
            whole = {"CEB411": ("Payment", "PaymentHead"), "CEB511": ("Logistics", "LogisticsHead")}[kind]
            text = retail.single_text(*whole, head, prefix="ceb:")
        self.drawn.elements[kind].append((at, sender, text))

    # -- plants ----------------------------------------------------------------------------------------------

    def _plants(self) -> dict[str, Callable[[Trio], None]]:
        random = self.random
        cents = Decimal(random.randint(1, 500)) / 100

        def change(document: str, name: str, value: Callable[[str], str]) -> Callable[[Trio], None]:
            def plant(trio: Trio) -> None:
                head: dict[str, str] = getattr(trio, document)
                head[name] = value(head[name])

            return plant

        def more(text: str) -> str:
            return str(Decimal(text) + cents)

        return {
            "amount": change("payment", "amountPaid", more),
            "payer_name": change("payment", "payerName", lambda name: name + "甲"),
            "payer_id": change("payment", "payerIdNumber", lambda _: card(random)),
            "ebp_code": change("payment", "ebpCode", lambda _: "9999W6A999"),
            "pay_txn": change("payment", "payTransactionId", lambda text: text[:-1] + "X"),
            "no_pay_txn": self._no_payment_number,
            "consignee": change("waybill", "consignee", lambda name: name + "乙"),
            "consignee_phone": change("waybill", "consigneeTelephone", lambda _: "10099999999"),
            "address": change("waybill", "consigneeAddress", lambda text: text + "后门"),
            "pack_no": change("waybill", "packNo", lambda _: "2"),
            "actural_paid": self._unbalanced,
            "goods_value": self._wrong_goods_value,
            "qty_price": self._wrong_total,
            "bad_id": self._bad_card,
            "unknown_item": self._with_line("XX-NOT-001"),
            "not_positive": self._with_item(self.barred),
            "wrong_unit": self._line_field("unit", "001"),
            "wrong_country": self._line_field("country", "999"),
            "gift": self._gift,
            "twice_the_item": self._twice,
            "missing_order": lambda trio: trio.drops.add("CEB311"),
            "missing_payment": lambda trio: trio.drops.add("CEB411"),
            "missing_waybill": lambda trio: trio.drops.add("CEB511"),
            "over_single": self._over_single,
            "single_dear": self._single_dear,
            "at_yearly": self._near_year(Decimal(0)),
            "over_yearly": self._near_year(FEN),
            "two_in_a_year": self._two_in_a_year,
            "rationed": self._rationed,
            "book_short": self._book_short,
            "old_goods": self._old_goods,
            "changed": self._changed(good=True, late=False),
            "changed_late": self._changed(good=True, late=True),
            "changed_breaks": self._changed(good=False, late=False),
            "repeated": self._repeated(changed=False),
            "repeated_otherwise": self._repeated(changed=True),
        }

    def _no_payment_number(self, trio: Trio) -> None:
        del trio.order["payTransactionId"]

    def _unbalanced(self, trio: Trio) -> None:
        trio.order["acturalPaid"] = trio.payment["amountPaid"] = str(Decimal(trio.order["acturalPaid"]) + FEN)

    def _wrong_goods_value(self, trio: Trio) -> None:
        trio.order["goodsValue"] = str(Decimal(trio.order["goodsValue"]) + 1)

    def _wrong_total(self, trio: Trio) -> None:
        off = self.random.choice([Decimal("0.005"), Decimal("0.00501"), Decimal(1)])
        line = trio.lines[-1]
        line["totalPrice"] = str(Decimal(line["totalPrice"]) + off)
        self._settle(trio)

    def _bad_card(self, trio: Trio) -> None:
        good = trio.order["buyerIdNumber"]
        bad = good[:-1] + ("0" if good[-1] != "0" else "1")
        trio.order["buyerIdNumber"] = trio.payment["payerIdNumber"] = bad

    def _with_line(self, item: str) -> Callable[[Trio], None]:
        def plant(trio: Trio) -> None:
            line = dict(trio.lines[0]) | {"itemNo": item, "qty": "1", "totalPrice": trio.lines[0]["price"]}
            trio.lines.append(line)
            self._settle(trio)

        return plant

    def _with_item(self, items: list[str]) -> Callable[[Trio], None]:
        def plant(trio: Trio) -> None:
            if items:
                trio.lines.append(self._line(self.random.choice(items), 1, price=Decimal("33.10")))
                self._settle(trio)

        return plant

    def _line_field(self, name: str, value: str) -> Callable[[Trio], None]:
        def plant(trio: Trio) -> None:
            self.random.choice(trio.lines)[name] = value

        return plant

    def _gift(self, trio: Trio) -> None:
        trio.lines.append(self._line(self.random.choice(self.cheap), 1, price=Decimal(0)))
        self._settle(trio)

    def _twice(self, trio: Trio) -> None:
        trio.lines.append(dict(trio.lines[0]))
        self._settle(trio)

    def _over_single(self, trio: Trio) -> None:
        item = self.random.choice(self.cheap)
        wanted = Decimal("5000.00") + self.random.choice([Decimal(0), FEN, Decimal(700)])
        rest = wanted - Decimal(trio.order["freight"]) - Decimal(trio.waybill["insuredFee"])
        trio.lines = [self._line(item, 1, price=rest - 40), self._line(self.cheap[0], 1, price=Decimal(40))]
        self._settle(trio)

    def _single_dear(self, trio: Trio) -> None:
        if self.dear:
            trio.lines = [self._line(self.random.choice(self.dear), self.random.choice([1, 1, 1, 2]))]
            self._settle(trio)

    def _near_year(self, above: Decimal) -> Callable[[Trio], None]:
        def plant(trio: Trio) -> None:
            limit = Decimal(self.ground.rules["limit_yearly_cny"])
            self.drawn.spent[trio.order["buyerIdNumber"]] = limit - trio.value + above

        return plant

    def _two_in_a_year(self, trio: Trio) -> None:
        """A second order of the same buyer; together they are a fen above the year's limit."""
        buyer = trio.order["buyerIdNumber"]
        number = trio.order["orderNo"] + "P"
        other = self._clean(number, buyer=buyer)
        limit = Decimal(self.ground.rules["limit_yearly_cny"])
        self.drawn.spent[buyer] = limit - trio.value - other.value + FEN
        self.drawn.planted[number] = "two_in_a_year_partner"
        self._send(other)

    def _rationed(self, trio: Trio) -> None:
        if not self.rationed:
            return
        item = self.random.choice(self.rationed)
        quantity = self.random.randint(1, 3)
        most = int(self.ground.products[item]["yearly_max_qty"])
        trio.lines = [self._line(item, quantity, price=Decimal("70.00"))]
        self._settle(trio)
        self.drawn.taken[trio.order["buyerIdNumber"], item] = most - quantity + self.random.choice([0, 1])

    def _book_short(self, trio: Trio) -> None:
        trio.lines[0] = self._line(trio.lines[0]["itemNo"], 900_000, price=FEN)
        self._settle(trio)

    def _old_goods(self, trio: Trio) -> None:
        if self.old:
            item = self.random.choice(self.old)
            trio.lines = [self._line(item, self.random.randint(1, 40), price=Decimal("21.00"))]
            self._settle(trio)

    def _changed(self, *, good: bool, late: bool) -> Callable[[Trio], None]:
        """Two versions of an order; the newer appTime counts, whichever comes first."""

        def plant(trio: Trio) -> None:
            older = dict(trio.order) | {"guid": retail.guid(self.random)}
            made = trio.at - timedelta(minutes=self.random.randint(3, 40))
            older["appTime"] = f"{made:%Y%m%d%H%M%S}"
            trio.order["appType"] = "2"
            wrong = trio.order if not good else older
            wrong["acturalPaid"] = str(Decimal(wrong["acturalPaid"]) + 3)
            self._put("CEB311", older, trio.lines, later_s=7200 if late else 0)

        return plant

    def _repeated(self, *, changed: bool) -> Callable[[Trio], None]:
        def plant(trio: Trio) -> None:
            again = dict(trio.order)
            if changed:
                again["consigneeAddress"] += "另"
            self._put("CEB311", again, trio.lines, later_s=3600)

        return plant
