"""The day's own papers the key speaks of: drafted lists field by field, and the lines of the exit lists."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any, Final

from tests.acceptance.day import Day

#: Fields of a drafted list that are free to differ.
FREE: Final = frozenset({"guid", "appTime"})


def drafted_lists(messages: Iterable[bytes]) -> dict[str, dict[str, Any]]:
    """Every Inventory of these CEB621 messages by its copNo: head fields and lines, as texts by local name."""
    found: dict[str, dict[str, Any]] = {}
    for message in messages:
        for inventory in _inside(ET.fromstring(message), "Inventory"):
            head = _fields(_inside(inventory, "InventoryHead")[0])
            lines = [_fields(line) for line in _inside(inventory, "InventoryList")]
            found[head.get("copNo", "")] = {"head": head, "lines": lines}
    return found


def day_lists(day: Day) -> dict[str, dict[str, Any]]:
    """The lists the day's own files would send."""
    return drafted_lists(day.bytes_of(arrival.file) for arrival in day.arrivals if arrival.kind == "CEB621")


def exit_papers(day: Day) -> dict[str, dict[str, Any]]:
    """Exit lists by their customs number: the declarations they name, and their lines by item."""
    own: dict[str, dict[str, Any]] = {}
    numbers: dict[str, str] = {}
    for arrival in day.arrivals:
        if arrival.file.startswith("inbound/"):
            continue
        if arrival.kind == "INV101":
            paper = _exit_paper(ET.fromstring(day.bytes_of(arrival.file)))
            own[paper["number"]] = paper
        elif arrival.kind == "INV201":
            for head in _inside(ET.fromstring(day.bytes_of(arrival.file)), "BondInvtBsc"):
                fields = _fields(head)
                numbers[fields.get("bondInvtNo", "")] = fields.get("etpsInnerInvtNo", "")
    return {number: own[inner] for number, inner in numbers.items() if inner in own}


def _exit_paper(root: ET.Element) -> dict[str, Any]:
    lines = [_fields(line) for line in _inside(root, "InvtListType")]
    head = _fields(_inside(root, "InvtHeadType")[0])
    return {
        "number": head.get("EtpsInnerInvtNo", ""),
        "declarations": [_fields(bill)["CbecBillNo"] for bill in _inside(root, "InvtCbecBill")],
        "lines": {
            line["GdsMtno"]: {
                "qty": line["DclQty"],
                "total": line["DclTotalAmt"],
                "price": line["DclUprcAmt"],
                "qty1": line.get("LawfQty"),
                "qty2": line.get("SecdLawfQty"),
            }
            for line in lines
        },
    }


def pass_number(raw: bytes) -> str:
    """The pass a SAS221 or SAS223 speaks of."""
    for head in _inside(ET.fromstring(raw), "SasPassportBsc"):
        return _fields(head).get("passportNo", "")
    return ""


def _inside(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if _local(element) == name]


def _fields(element: ET.Element) -> dict[str, str]:
    """Texts of the children that have one, by local name, outer blanks away, free fields left out."""
    return {
        _local(child): child.text.strip()
        for child in element
        if child.text and child.text.strip() and _local(child) not in FREE
    }


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
