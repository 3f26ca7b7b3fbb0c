"""Zone documents of a day: bonded lists, gate passes, what was found on them, and the book's five figures."""

import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.acceptance.oracle.papers import fields, first, inside, table

APPROVED_LIST, BOOKED_EXIT, PASSED = "4", "5", "1"
FIGURES: Final = ("inc", "redc", "pre_inc", "pre_redc")


@dataclass(kw_only=True)
class ListPaper:
    """核注清单 as the day's papers tell it."""

    inner: str
    direction: str
    lines: dict[str, int]
    declarations: list[str]
    number: str = ""
    state: str = ""


@dataclass(kw_only=True)
class PassPaper:
    """核放单 as the day's papers tell it; `goods` only where one list rides on several vehicles."""

    inner: str
    direction: str
    lists: list[str]
    goods: dict[str, int] | None
    declared_kg: Decimal
    number: str = ""
    state: str = ""
    weight_ok: bool | None = None


@dataclass(kw_only=True)
class Zone:
    """Every list and pass by its own number, and the book as it stood at each stage."""

    lists: dict[str, ListPaper] = field(default_factory=dict)
    passes: dict[str, PassPaper] = field(default_factory=dict)
    stages: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)

    def list_by_number(self, number: str) -> ListPaper:
        """The list customs knows by this number."""
        return next(each for each in self.lists.values() if each.number == number)

    @property
    def exits(self) -> list[ListPaper]:
        """Exit lists with a number, in order of declaration."""
        return [each for each in self.lists.values() if each.direction == "E" and each.number]


class Reading:
    """Reads a day's zone messages in order of arrival; receipts are joined by the answers' SeqNo."""

    def __init__(self, folder: Path, rules: dict[str, Any]) -> None:
        self.zone = Zone()
        self._rules = rules
        self._inner: dict[str, str] = {}
        self._takes = {
            "INV101": self._list,
            "RESPONSE": self._answer,
            "INV201": self._review,
            "INV211": self._booked,
            "SAS121": self._pass,
            "SAS221": self._approved,
            "SAS223": self._passed,
        }
        for row in sorted(table(folder, "arrivals.csv"), key=lambda row: int(row["seq"])):
            if row["kind"] in self._takes:
                self._takes[row["kind"]](ET.fromstring((folder / row["file"]).read_bytes()))

    def _list(self, root: ET.Element) -> None:
        head = first(root, "InvtHeadType")
        lines: Counter[str] = Counter()
        for each in inside(root, "InvtListType"):
            line = fields(each)
            lines[line["GdsMtno"]] += int(Decimal(line["DclQty"]))
        self.zone.lists[head["EtpsInnerInvtNo"]] = ListPaper(
            inner=head["EtpsInnerInvtNo"],
            direction=head["ImpexpMarkcd"],
            lines=dict(lines),
            declarations=[fields(each)["CbecBillNo"] for each in inside(root, "InvtCbecBill")],
        )

    def _answer(self, root: ET.Element) -> None:
        said = fields(root)
        self._inner[said["SeqNo"]] = said["EtpsPreentNo"]

    def _review(self, root: ET.Element) -> None:
        result = first(root, "HdeApprResult")
        paper = self.zone.lists[self._inner[result["etpsPreentNo"]]]
        paper.number = result["businessId"]
        match paper.direction, result["manageResult"]:
            case _, "4":
                paper.state = paper.state if paper.state == "BOOKED" else "PRE_BOOKED"
            case "E", "5":
                paper.state = "BOOKED"
            case _:
                paper.state = paper.state or "PARKED"

    def _booked(self, root: ET.Element) -> None:
        number = first(root, "BondInvtBsc")["bondInvtNo"]
        self.zone.list_by_number(number).state = "BOOKED"

    def _pass(self, root: ET.Element) -> None:
        head = first(root, "PassportHead")
        goods: Counter[str] = Counter()
        for each in inside(root, "PassportList"):
            line = fields(each)
            goods[line["GdsMtno"]] += int(Decimal(line["DclQty"]))
        weights = ("VehicleWt", "VehicleFrameWt", "ContainerWt", "TotalGrossWt")
        self.zone.passes[head["EtpsPreentNo"]] = PassPaper(
            inner=head["EtpsPreentNo"],
            direction=head["IoTypecd"],
            lists=head["RltNo"].split("\\"),
            goods=dict(goods) if head["BindTypecd"] == "3" else None,
            declared_kg=sum((Decimal(head.get(name) or "0") for name in weights), Decimal(0)),
        )

    def _of_pass(self, root: ET.Element) -> tuple[PassPaper, dict[str, str]]:
        result = first(root, "HdeApprResult")
        paper = self.zone.passes[self._inner[result["etpsPreentNo"]]]
        paper.number = result["businessId"]
        return paper, result

    def _approved(self, root: ET.Element) -> None:
        paper, result = self._of_pass(root)
        if result["manageResult"] == PASSED and not paper.state:
            paper.state = "APPROVED"

    def _passed(self, root: ET.Element) -> None:
        paper, result = self._of_pass(root)
        if result["manageResult"] != PASSED or paper.state == "PASSED":
            return
        paper.state = "PASSED"
        if weighed := first(root, "SasPassportBsc").get("passCollectWt"):
            most = paper.declared_kg * Decimal(self._rules["gate_weight_tolerance_rate"])
            paper.weight_ok = abs(paper.declared_kg - Decimal(weighed)) <= most


def opening_figures(folder: Path) -> dict[str, Counter[str]]:
    """The book at the opening, by item."""
    book = json.loads((folder / "registry/account_book.json").read_text("utf-8"))
    names = dict(zip(("actlIncQty", "actlRedcQty", "prevdIncQty", "prevdRedcQty"), FIGURES, strict=True))
    return {
        line["gdsMtno"]: Counter({ours: int(line[theirs] or 0) for theirs, ours in names.items()})
        for line in book["lines"]
    }


def carried(zone: Zone, paper: PassPaper) -> dict[tuple[str, str], int]:
    """What is declared to ride on a pass: quantity by (list number, item)."""
    if paper.goods is not None:
        return {(paper.lists[0], item): quantity for item, quantity in paper.goods.items()}
    return {
        (number, item): quantity
        for number in paper.lists
        for item, quantity in zone.list_by_number(number).lines.items()
    }


def copied(figures: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """Figures that later changes do not touch."""
    return {item: Counter(each) for item, each in figures.items()}


def stage_rows(figures: dict[str, Counter[str]]) -> dict[str, dict[str, str]]:
    """A stage as the key writes it."""
    return {
        item: {name: str(each[name]) for name in FIGURES}
        | {"available": str(each["inc"] - each["redc"] - each["pre_redc"])}
        for item, each in figures.items()
    }


def inbound_stages(folder: Path, zone: Zone) -> dict[str, dict[str, Counter[str]]]:
    """S0, S1 and S2: opening, every approved list promised, every passed vehicle booked."""
    figures = opening_figures(folder)
    stages = {"S0_opening": copied(figures)}
    for paper in zone.lists.values():
        if paper.direction == "I" and paper.state in {"PRE_BOOKED", "BOOKED"}:
            for item, quantity in paper.lines.items():
                figures[item]["pre_inc"] += quantity
    stages["S1_inbound_lists_approved"] = copied(figures)
    for vehicle in zone.passes.values():
        if vehicle.direction == "I" and vehicle.state == "PASSED":
            for (_, item), quantity in carried(zone, vehicle).items():
                figures[item]["pre_inc"] -= quantity
                figures[item]["inc"] += quantity
    stages["S2_inbound_gate_passed"] = copied(figures)
    return stages


def receiving_rows(folder: Path, zone: Zone) -> list[dict[str, str]]:
    """The key's `receiving`: what was declared on each unloaded pass and what was there."""
    found: dict[str, dict[tuple[str, str], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in table(folder, "inbound/receiving.csv"):
        each = found[row["pass_no"]][row["list_no"], row["item_no"]]
        each["received"] += int(row["qty_good"]) + int(row["qty_damaged"])
        each["damaged"] += int(row["qty_damaged"])
    rows = []
    for vehicle in zone.passes.values():
        if vehicle.number not in found:
            continue
        declared = carried(zone, vehicle)
        for number, item in sorted({*declared, *found[vehicle.number]}):
            quantity, each = declared.get((number, item), 0), found[vehicle.number][number, item]
            rows.append(
                {
                    "pass_no": vehicle.number,
                    "list_no": number,
                    "item_no": item,
                    "declared": str(quantity),
                    "received": str(each["received"]),
                    "damaged": str(each["damaged"]),
                    "difference": str(each["received"] - quantity),
                }
            )
    return rows


def receipt_cases(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The key's discrepancies of receiving: over, short, another item than declared, damaged."""
    wrong = {row["pass_no"] for row in rows if row["declared"] == "0"}
    cases = []
    for row in rows:
        difference = int(row["difference"])
        if int(row["damaged"]):
            cases.append(_case("RECEIPT_DAMAGED", row["item_no"], "condition", int(row["damaged"]), 0))
        if not difference:
            continue
        if row["declared"] == "0":
            kind = "RECEIPT_WRONG_ITEM_EXTRA"
        elif row["received"] == "0" and row["pass_no"] in wrong:
            kind = "RECEIPT_WRONG_ITEM_MISSING"
        else:
            kind = "RECEIPT_OVER" if difference > 0 else "RECEIPT_SHORT"
        cases.append(_case(kind, row["item_no"], "book", abs(difference), difference))
    return cases


def _case(kind: str, item: str, level: str, quantity: int, difference: int) -> dict[str, str]:
    return {
        "kind": kind,
        "item_no": item,
        "level": level,
        "qty": str(quantity),
        "book_difference": str(difference),
    }
