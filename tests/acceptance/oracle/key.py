"""``python -m tests.acceptance.oracle DAY``: the whole key of a day out of its files."""

import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

from tests.acceptance.oracle import stock, zone
from tests.acceptance.oracle.judging import Ground, half_up, judge_all, read_ground
from tests.acceptance.oracle.papers import ELEMENTS, Filed, fields, file_all, first, inside, table
from tests.reference import reference

Row = dict[str, Any]
RELEASED: Final = frozenset({"800", "899"})


@cache
def schema() -> etree.XMLSchema:
    """The official schema of messages of the import trade."""
    folder = reference("ceb", "2022-05", "xsd")
    return etree.XMLSchema(etree.parse(next(folder.glob("*进口业务*.xsd"))))


def fault_of_file(raw: bytes) -> str:
    """Why a message is refused whole, in the order of the tests; nothing when it is taken."""
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        return "DOCTYPE"
    try:
        ET.fromstring(raw)
    except (ET.ParseError, UnicodeDecodeError):
        return "NOT_WELL_FORMED"
    return "" if schema().validate(etree.fromstring(raw)) else "XSD"


@dataclass(kw_only=True)
class Declared:
    """A list of the day (CEB621) and every receipt for it."""

    cop_no: str
    order_no: str
    invt_no: str = ""
    receipts: list[tuple[str, str]] = field(default_factory=list)
    is_cancelled: bool = False

    @property
    def status(self) -> str:
        """The newest return status, or CANCELLED."""
        if self.is_cancelled:
            return "CANCELLED"
        return max(self.receipts)[1] if self.receipts else ""

    @property
    def is_undone(self) -> bool:
        return self.status in {"CANCELLED", "100"} or self.status.startswith("-")

    @property
    def is_released(self) -> bool:
        return self.status in RELEASED

    @property
    def release_time(self) -> str | None:
        """returnTime of the first 800."""
        return min((at for at, status in self.receipts if status == "800"), default=None)


class Oracle:
    """Reckons a day's key; `key()` gives every section but what was planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rules = json.loads((folder / "registry/rules.json").read_text("utf-8"))
        self.day = date.fromisoformat(self.rules["day"])
        self.least = int(self.rules["min_remaining_shelf_life_days"])
        self.places = stock.Places.read(folder)
        self.zone = zone.Reading(folder, self.rules).zone
        self.files, self.filed = self._file()
        self.stages = zone.inbound_stages(folder, self.zone)
        self.warehouse = self._counted_warehouse()
        match_at = f"{self.day} {self.rules['matching_run_time']}"
        opening = stock.opening_stock(folder, self.places, self.warehouse)
        self.before_match = opening + stock.received_stock(folder, before=match_at)
        self.received = opening + stock.received_stock(folder)
        self.orders, self.ground = self._judge()
        self.declared = self._declared()
        self.allocation = self._allocation()

    def _counted_warehouse(self) -> str:
        counted = table(self.folder, "count.csv")
        if counted:
            return self.places.rows[counted[0]["location"]]["warehouse"]
        return self.places.rows[self.places.staging]["warehouse"]

    def _messages(self, *kinds: str) -> Iterator[tuple[str, str, bytes]]:
        for row in sorted(table(self.folder, "arrivals.csv"), key=lambda row: int(row["seq"])):
            if row["kind"] in kinds:
                yield row["file"], row["kind"], (self.folder / row["file"]).read_bytes()

    def _file(self) -> tuple[list[Row], Filed]:
        files, good = [], []
        for file, kind, raw in self._messages(*ELEMENTS):
            reason = fault_of_file(raw)
            number = 0
            if not reason:
                good.append((file, kind, raw))
                number = len(inside(ET.fromstring(raw), ELEMENTS[kind][0]))
            outcome = "REFUSED" if reason else "ACCEPTED"
            files.append({"file": file, "outcome": outcome, "reason": reason, "elements": number})
        return files, file_all(good)

    def _judge(self) -> tuple[dict[str, Row], Ground]:
        book = self.stages["S2_inbound_gate_passed"]
        available = {item: each["inc"] - each["redc"] - each["pre_redc"] for item, each in book.items()}
        lots = stock.by_item(self.before_match, self.places)
        ground = read_ground(self.folder, available=available, lots=lots)
        return judge_all(self.filed, ground), ground

    def _declared(self) -> dict[str, Declared]:
        found: dict[str, Declared] = {}
        for _, _, raw in self._messages("CEB621"):
            for head in inside(ET.fromstring(raw), "InventoryHead"):
                each = fields(head)
                found[each["copNo"]] = Declared(cop_no=each["copNo"], order_no=each["orderNo"])
        for _, _, raw in self._messages("CEB622"):
            for receipt in inside(ET.fromstring(raw), "InventoryReturn"):
                each = fields(receipt)
                declared = found[each["copNo"]]
                declared.receipts.append((each["returnTime"], each["returnStatus"]))
                declared.invt_no = each.get("invtNo") or declared.invt_no
        for cancel in self.cancel_requests():
            if cancel["outcome"] == "CANCELLED":
                next(
                    each for each in found.values() if each.order_no == cancel["order_no"]
                ).is_cancelled = True
        for _, _, raw in self._messages("CEB623"):
            for request in inside(ET.fromstring(raw), "InvtCancel"):
                asked = fields(request)
                of_order = [each for each in found.values() if each.order_no == asked["orderNo"]]
                for declared in of_order:
                    declared.invt_no = declared.invt_no or asked["invtNo"]
        return found

    def cancel_requests(self) -> list[Row]:
        """CEB623 with the newest word of CEB624 on each."""
        words: dict[str, tuple[str, str]] = {}
        for _, _, raw in self._messages("CEB624"):
            for receipt in inside(ET.fromstring(raw), "InvtCancelReturn"):
                each = fields(receipt)
                word = (each["returnTime"], each["returnStatus"])
                words[each["copNo"]] = max(words.get(each["copNo"], word), word)
        outcomes = {"399": "CANCELLED", "100": "REFUSED"}
        rows = []
        for _, _, raw in self._messages("CEB623"):
            for request in inside(ET.fromstring(raw), "InvtCancel"):
                each = fields(request)
                status = words.get(each["copNo"], ("", ""))[1]
                rows.append(
                    {
                        "order_no": each["orderNo"],
                        "cop_no": each["copNo"],
                        "invt_no": each["invtNo"],
                        "outcome": outcomes.get(status, "WAITING"),
                    }
                )
        return rows

    def _allocation(self) -> dict[str, list[Row]]:
        released = [each for each in self.declared.values() if each.is_released]
        released.sort(key=lambda each: (each.release_time or "", each.order_no))
        orders = [self.filed.orders[each.order_no] for each in released]
        lots = stock.by_item(self.before_match, self.places)
        return stock.allocate(orders, lots, day=self.day, least=self.least)

    # -- sections --------------------------------------------------------------------------------------------

    def key(self) -> dict[str, Any]:
        """Every section of the key."""
        verdicts = Counter(str(row["verdict"]) for row in self.orders.values())
        lists = self._lists()
        rows = zone.receiving_rows(self.folder, self.zone)
        returns = self._returns()
        stages = self._stages()
        return {
            "meta": {
                "format_version": self.rules["format_version"],
                "orders": len(self.orders),
                "day": str(self.day),
                "verdicts": dict(verdicts),
                "lists": len(lists),
            },
            "files": self.files,
            "elements": self.filed.set_aside,
            "inbound_lists": self._inbound_lists(),
            "receiving": rows,
            "gate": self._gate(),
            "exit_lists": self._exit_lists(),
            "ledger_stages": [
                {"stage": name, "items": zone.stage_rows(each)} for name, each in stages.items()
            ],
            "orders": self.orders,
            "lists": lists,
            "allocation": self.allocation,
            "cancels": [
                row | {"list_state": self._by_order(row["order_no"]).status} for row in self.cancel_requests()
            ],
            "returns": returns,
            "yearly_after": self._yearly_after(returns),
            "reconciliation": self._reconciliation(stages["S5_exit_lists_booked"], rows),
            "discrepancies": self._count_cases() + zone.receipt_cases(rows),
        }

    def _by_order(self, order_no: str) -> Declared:
        return next(each for each in self.declared.values() if each.order_no == order_no)

    def _inbound_lists(self) -> list[Row]:
        here = {row["pass_no"] for row in table(self.folder, "inbound/receiving.csv")}
        arrived = {
            number
            for each in self.zone.passes.values()
            if each.state == "PASSED" or each.number in here
            for number in each.lists
        }
        return [
            {
                "list_no": each.number,
                "state": each.state,
                "goods": "IN_ZONE" if each.number in arrived else "NOT_ARRIVED",
            }
            for each in self.zone.lists.values()
            if each.direction == "I" and each.number
        ]

    def _gate(self) -> list[Row]:
        return [
            {
                "pass_no": each.number,
                "direction": each.direction,
                "lists": each.lists,
                "state": each.state,
                "weight_ok": each.weight_ok,
            }
            for each in self.zone.passes.values()
            if each.number
        ]

    def _left(self) -> set[str]:
        """Numbers of exit lists whose vehicle has passed."""
        gone = [
            each for each in self.zone.passes.values() if each.direction == "E" and each.state == "PASSED"
        ]
        return {number for each in gone for number in each.lists}

    def _exit_lists(self) -> list[Row]:
        left = self._left()
        return [
            {
                "list_no": each.number,
                "state": each.state,
                "goods": "LEFT" if each.number in left else "IN_ZONE",
                "retail_lists": len(each.declarations),
                "lines": {item: str(quantity) for item, quantity in each.lines.items()},
            }
            for each in self.zone.exits
        ]

    def _stages(self) -> dict[str, dict[str, Counter[str]]]:
        figures = zone.copied(self.stages["S2_inbound_gate_passed"])
        for accepted in self.ground.effects:
            self._promise(figures, accepted.order.head["orderNo"], 1)
        stages = dict(self.stages) | {"S3_orders_matched": zone.copied(figures)}
        for each in self.declared.values():
            if each.is_undone:
                self._promise(figures, each.order_no, -1)
        stages["S4_list_receipts"] = zone.copied(figures)
        for paper in self.zone.exits:
            if paper.state == "BOOKED":
                for item, quantity in paper.lines.items():
                    figures[item]["pre_redc"] -= quantity
                    figures[item]["redc"] += quantity
        stages["S5_exit_lists_booked"] = zone.copied(figures)
        return stages

    def _promise(self, figures: dict[str, Counter[str]], order_no: str, sign: int) -> None:
        for line in self.filed.orders[order_no].lines:
            figures[line["itemNo"]]["pre_redc"] += sign * int(Decimal(line["qty"]))

    def _lists(self) -> dict[str, Row]:
        exits = {number: paper for paper in self.zone.exits for number in paper.declarations}
        left, bills = self._left(), self._bills()
        rows = {}
        for cop_no, each in self.declared.items():
            paper = exits.get(each.invt_no) if each.invt_no else None
            goods = "NOT_PICKED"
            if each.is_released:
                goods = "LEFT" if paper is not None and paper.number in left else "STAGING"
            effect = "UNDONE" if each.is_undone else "PRE_REDUCED"
            if paper is not None and paper.state == "BOOKED" and not each.is_undone:
                effect = "REAL_REDUCED"
            rows[cop_no] = {
                "order_no": each.order_no,
                "invt_no": each.invt_no or None,
                "final_state": each.status,
                "receipts": len(each.receipts),
                "duplicates": len(each.receipts) - len(set(each.receipts)),
                "release_time": each.release_time,
                "book_effect": effect,
                "exit_list": paper.number if paper else None,
                "goods": goods,
                "tax_bill": self._bill(each, bills) if each.is_released else None,
            }
        return rows

    def _bill_states(self) -> dict[str, str]:
        newest: dict[str, tuple[str, str]] = {}
        for _, _, raw in self._messages("CEB818"):
            for status in inside(ET.fromstring(raw), "TaxHeadStatus"):
                each = fields(status)
                word = (each["returnTime"], each["status"])
                newest[each["taxNo"]] = max(newest.get(each["taxNo"], word), word)
        return {number: word[1] for number, word in newest.items()}

    def _bills(self) -> dict[str, dict[str, str]]:
        return {
            each["invtNo"]: each
            for _, _, raw in self._messages("CEB816")
            for each in (fields(head) for head in inside(ET.fromstring(raw), "TaxHeadRd"))
        }

    def _bill(self, declared: Declared, bills: dict[str, dict[str, str]]) -> Row | None:
        bill = bills.get(declared.invt_no)
        if bill is None:
            return None
        names = {"customs_tax": "customsTax", "vat": "valueAddedTax", "consumption_tax": "consumptionTax"}
        billed = {ours: Decimal(bill[theirs]) for ours, theirs in names.items()}
        ours = self.orders[declared.order_no]
        return {
            "tax_no": bill["taxNo"],
            "status": self._bill_states().get(bill["taxNo"], "1"),
            "agrees": all(Decimal(ours[name]) == amount for name, amount in billed.items()),
        } | {name: f"{amount:.2f}" for name, amount in billed.items()}

    def _applications(self) -> dict[str, Row]:
        """Return requests of today by invtNo: day, lines, and customs' newest word."""
        words: dict[str, tuple[str, str]] = {}
        for _, _, raw in self._messages("CEB626"):
            for receipt in inside(ET.fromstring(raw), "InvtRefundReturn"):
                each = fields(receipt)
                word = (each["returnTime"], each["returnStatus"])
                words[each["copNo"]] = max(words.get(each["copNo"], word), word)
        found = {}
        for _, _, raw in self._messages("CEB625"):
            for request in inside(ET.fromstring(raw), "InvtRefund"):
                head = first(request, "InvtRefundHead")
                found[head["invtNo"]] = {
                    "day": date.fromisoformat(
                        f"{head['appTime'][:4]}-{head['appTime'][4:6]}-{head['appTime'][6:8]}"
                    ),
                    "lines": {
                        line["gnum"]: int(Decimal(line["qty"]))
                        for line in (fields(each) for each in inside(request, "InvtRefundList"))
                    },
                    "word": words.get(head["copNo"], ("", ""))[1],
                }
        return found

    def _returns(self) -> list[Row]:
        prior: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in table(self.folder, "receipts/prior_lists.csv"):
            prior[row["invt_no"]].append(row)
        back = {
            row["invt_no"]: date.fromisoformat(row["arrived_at"][:10])
            for row in table(self.folder, "receipts/return_arrivals.csv")
        }
        asked = self._applications()
        return [
            self._return(rows, asked.get(invt_no), back.get(invt_no))
            for invt_no, rows in prior.items()
            if invt_no in asked or rows[0]["refund_applied_on"]
        ]

    def _return(self, rows: list[dict[str, str]], asked: Row | None, back_on: date | None) -> Row:
        head = rows[0]
        released = date.fromisoformat(head["release_time"][:10])
        applied = asked["day"] if asked else date.fromisoformat(head["refund_applied_on"])
        apply_day = (applied - released).days
        in_time = apply_day <= int(self.rules["return_apply_days"])
        lines = {row["gnum"]: int(row["qty"]) for row in rows} if asked is None else asked["lines"]
        given = Decimal(0)
        if asked is not None and asked["word"] == "399":
            for row in rows:
                if much := lines.get(row["gnum"]):
                    given += half_up(Fraction(row["tax_price"]) * much / int(row["qty"]))
        back_day = None if back_on is None else (back_on - released).days
        if not in_time:
            reentry = "REFUSED"
        elif back_day is None:
            reentry = "NOT_ARRIVED"
        else:
            in_days = back_day <= int(self.rules["return_back_days"])
            reentry = "WAITING_SORT" if in_days else "REFUSED_LATE_GOODS"
        items = {row["gnum"]: row["item_no"] for row in rows}
        return {
            "invt_no": head["invt_no"],
            "order_no": head["order_no"],
            "buyer_id": head["buyer_id"],
            "release_date": str(released),
            "applied_on": str(applied),
            "apply_day": apply_day,
            "application": "ACCEPTED" if in_time else "REFUSED_LATE",
            "lines": [
                {"gnum": int(gnum), "item_no": items[gnum], "qty": much} for gnum, much in lines.items()
            ],
            "yearly_given_back_today": f"{given:.2f}",
            "tax_bill_status": self._bill_states().get(head["tax_no"], "1"),
            "goods_back_on": "" if back_on is None else str(back_on),
            "back_day": back_day,
            "reentry": reentry,
        }

    def _yearly_after(self, returns: list[Row]) -> dict[str, str]:
        spent: dict[str, Decimal] = defaultdict(Decimal)
        for row in table(self.folder, "registry/yearly_spent.csv"):
            if row["year"] == str(self.day.year):
                spent[row["buyer_id"]] += Decimal(row["spent_cny"])
        undone = {each.order_no for each in self.declared.values() if each.is_undone}
        for accepted in self.ground.effects:
            head = accepted.order.head
            if head["orderNo"] not in undone:
                spent[head["buyerIdNumber"]] += accepted.value
        for row in returns:
            spent[row["buyer_id"]] -= Decimal(row["yearly_given_back_today"])
        return {buyer: str(half_up(Fraction(amount))) for buyer, amount in spent.items()}

    # -- goods -----------------------------------------------------------------------------------------------

    def expected_stock(self) -> Counter[stock.Spot]:
        """What must lie where at the cut-off, if every hand was right."""
        spots = Counter(self.received)
        left = self._left()
        gone = {number for paper in self.zone.exits if paper.number in left for number in paper.declarations}
        orders = {each.order_no: each.invt_no for each in self.declared.values()}
        for order_no, picks in self.allocation.items():
            for pick in picks:
                rest = (pick["item_no"], pick["lot"], pick["expiry"])
                spots[pick["location"], *rest] -= pick["qty"]
                if orders[order_no] not in gone:
                    spots[self.places.staging, *rest] += pick["qty"]
        spots += stock.returned_stock(self.folder)
        return Counter({spot: much for spot, much in spots.items() if much})

    def _counted(self) -> Counter[stock.Spot]:
        counted: Counter[stock.Spot] = Counter()
        for row in table(self.folder, "count.csv"):
            counted[row["location"], row["item_no"], row["lot"], row["expiry"]] += int(row["counted_qty"])
        return counted

    def _count_cases(self) -> list[dict[str, str]]:
        if not table(self.folder, "count.csv"):
            return []
        return stock.count_cases(self.expected_stock(), self._counted())

    def _reconciliation(self, book: dict[str, Counter[str]], receiving: list[dict[str, str]]) -> list[Row]:
        opening, after = self.stages["S0_opening"], self.stages["S2_inbound_gate_passed"]
        documents, left = self._documents(), self._left_not_booked()
        passed = {each.number for each in self.zone.passes.values() if each.state == "PASSED"}
        arrived: Counter[str] = Counter()
        for row in receiving:
            if row["pass_no"] not in passed:
                # Discrepancies add up to the difference, so what has arrived is what its papers say.
                arrived[row["item_no"]] += int(row["declared"])
        returned: Counter[str] = Counter()
        for (location, item, _, _), much in stock.returned_stock(self.folder).items():
            if self.places.is_counted_bonded(location):
                returned[item] += much
        counted: Counter[str] = Counter()
        for (location, item, _, _), much in self._counted().items():
            if self.places.is_counted_bonded(location):
                counted[item] += much
        rows = []
        for item, each in book.items():
            first_figure = opening[item]["inc"] - opening[item]["redc"]
            now = each["inc"] - each["redc"]
            expected = now + arrived[item] - left[item] + returned[item]
            rows.append(
                {
                    "item_no": item,
                    "unit": self.ground.book[item]["dclUnitcd"],
                    "opening": first_figure,
                    "booked_in": after[item]["inc"] - opening[item]["inc"],
                    "booked_out": each["redc"] - opening[item]["redc"],
                    "book": now,
                    "documents": first_figure + documents[item],
                    "pre_inc": each["pre_inc"],
                    "pre_redc": each["pre_redc"],
                    "available": now - each["pre_redc"],
                    "arrived_not_booked": arrived[item],
                    "left_not_booked": left[item],
                    "returned_not_reentered": returned[item],
                    "expected_physical": expected,
                    "counted": counted[item],
                    "difference": counted[item] - expected,
                }
            )
        return [{name: str(value) for name, value in row.items()} for row in rows]

    def _documents(self) -> Counter[str]:
        """Lists customs confirmed, in less out, by item."""
        found: Counter[str] = Counter()
        for paper in self.zone.lists.values():
            if paper.state == "BOOKED":
                for item, quantity in paper.lines.items():
                    found[item] += quantity if paper.direction == "I" else -quantity
        return found

    def _left_not_booked(self) -> Counter[str]:
        left, found = self._left(), Counter[str]()
        for paper in self.zone.exits:
            if paper.number in left and paper.state != "BOOKED":
                for item, quantity in paper.lines.items():
                    found[item] += quantity
        return found
