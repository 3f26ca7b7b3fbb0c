"""A day's files as plain values: retail messages, zone documents and receipts, by local names, nothing validated."""

import csv
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

Fields = Mapping[str, str]

#: The business element of each retail message, and the element of its head inside.
ELEMENTS: Final = {
    "CEB311": ("Order", "OrderHead", "OrderList"),
    "CEB411": ("Payment", "PaymentHead", ""),
    "CEB511": ("Logistics", "LogisticsHead", ""),
}


@dataclass(frozen=True, kw_only=True)
class Element:
    """One business element: head and lines as texts, and every text of it, to tell repetitions from conflicts."""

    file: str
    kind: str
    head: Fields
    lines: tuple[Fields, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()

    def amount(self, name: str) -> Decimal:
        """A number of the head; nothing is nought."""
        return Decimal(self.head.get(name) or "0")


@dataclass(kw_only=True)
class Filed:
    """What three parties filed: elements in force by order number, and those set aside."""

    orders: dict[str, Element] = field(default_factory=dict)
    payments: dict[str, Element] = field(default_factory=dict)
    waybills: dict[str, Element] = field(default_factory=dict)
    set_aside: list[dict[str, str]] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """Every order number any document names."""
        return sorted({*self.orders, *self.payments, *self.waybills})


def local(element: ET.Element) -> str:
    """Name without its namespace."""
    return element.tag.rpartition("}")[2]


def fields(element: ET.Element) -> dict[str, str]:
    """Texts of the children, outer blanks away."""
    return {local(child): (child.text or "").strip() for child in element if len(child) == 0}


def inside(root: ET.Element, name: str) -> list[ET.Element]:
    """Every element of that local name, in document order."""
    return [element for element in root.iter() if local(element) == name]


def first(root: ET.Element, name: str) -> dict[str, str]:
    """Fields of the first element of that name; none where there is none."""
    found = inside(root, name)
    return fields(found[0]) if found else {}


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """A CSV file of the day; no rows where the day has none."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def elements(raw: bytes, *, file: str, kind: str) -> Iterator[Element]:
    """Business elements of an accepted message."""
    whole, head, line = ELEMENTS[kind]
    for element in inside(ET.fromstring(raw), whole):
        yield Element(
            file=file,
            kind=kind,
            head=fields(inside(element, head)[0]),
            lines=tuple(fields(each) for each in inside(element, line)) if line else (),
            texts=tuple(
                (local(each), (each.text or "").strip()) for each in element.iter() if len(each) == 0
            ),
        )


def file_all(messages: list[tuple[str, str, bytes]]) -> Filed:
    """Accepted messages (file, kind, bytes) in order of arrival: repetitions set aside, newest appTime in force."""
    filed = Filed()
    seen: dict[tuple[str, str], Element] = {}
    places = {"CEB311": filed.orders, "CEB411": filed.payments, "CEB511": filed.waybills}
    for file, kind, raw in messages:
        for each in elements(raw, file=file, kind=kind):
            known = seen.get((kind, each.head["guid"].upper()))
            if known is not None:
                same = known.texts == each.texts
                _aside(filed, each, "DUPLICATE_IGNORED" if same else "DUPLICATE_CONFLICT")
                continue
            seen[kind, each.head["guid"].upper()] = each
            place, number = places[kind], each.head["orderNo"]
            other = place.get(number)
            if other is None:
                place[number] = each
            elif each.head["appTime"] > other.head["appTime"]:
                place[number] = each
                _aside(filed, other, "SUPERSEDED")
            else:
                _aside(filed, each, "SUPERSEDED")
    return filed


def _aside(filed: Filed, each: Element, outcome: str) -> None:
    filed.set_aside.append(
        {
            "file": each.file,
            "doc": each.kind.removeprefix("CEB"),
            "guid": each.head["guid"],
            "order_no": each.head["orderNo"],
            "outcome": outcome,
        }
    )
