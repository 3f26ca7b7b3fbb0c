"""Where every unit of the warehouse lies in the course of a day: opening, receiving, picks, the count."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.acceptance.oracle.judging import LotRow, keeps
from tests.acceptance.oracle.papers import Element, table

#: (location, item, lot, expiry)
Spot = tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of a day: which are bonded bins of the zone, which is staging."""

    rows: dict[str, dict[str, str]]

    @classmethod
    def read(cls, folder: Path) -> "Places":
        return cls(rows={row["location"]: row for row in table(folder, "registry/places.csv")})

    def is_store(self, location: str) -> bool:
        """A bin orders are picked from."""
        row = self.rows[location]
        return row["regime"] == "BONDED" and row["in_zone"] == "yes" and row["purpose"] == "STORE"

    def is_counted_bonded(self, location: str) -> bool:
        """Whether what lies here is 货."""
        row = self.rows[location]
        return row["regime"] == "BONDED" and row["in_zone"] == "yes"

    @property
    def staging(self) -> str:
        """The staging place of the bonded warehouse."""
        return next(code for code, row in self.rows.items() if row["purpose"] == "STAGING")


def opening_stock(folder: Path, places: Places, warehouse: str) -> Counter[Spot]:
    """What the warehouse held at midnight."""
    spots: Counter[Spot] = Counter()
    for row in table(folder, "registry/opening_lots.csv"):
        if places.rows[row["location"]]["warehouse"] == warehouse:
            spots[row["location"], row["item_no"], row["lot"], row["expiry"]] += int(row["qty"])
    return spots


def received_stock(folder: Path, *, before: str | None = None) -> Counter[Spot]:
    """What receiving put where, until a moment or all of it; good and damaged."""
    spots: Counter[Spot] = Counter()
    for row in table(folder, "inbound/receiving.csv"):
        if before is None or row["received_at"] < before:
            good, damaged = int(row["qty_good"]), int(row["qty_damaged"])
            if good:
                spots[row["location"], row["item_no"], row["lot"], row["expiry"]] += good
            if damaged:
                spots[row["damaged_location"], row["item_no"], row["lot"], row["expiry"]] += damaged
    return spots


def returned_stock(folder: Path) -> Counter[Spot]:
    """What came back from buyers, where it was put."""
    spots: Counter[Spot] = Counter()
    for row in table(folder, "receipts/return_arrivals.csv"):
        spots[row["location"], row["item_no"], row["lot"], row["expiry"]] += int(row["qty"])
    return spots


def by_item(spots: Counter[Spot], places: Places) -> dict[str, list[LotRow]]:
    """Bonded bins of the zone by item."""
    rows: dict[str, list[LotRow]] = defaultdict(list)
    for (location, item, lot, expiry), quantity in spots.items():
        if quantity > 0 and places.is_store(location):
            rows[item].append(LotRow(item=item, location=location, lot=lot, expiry=expiry, quantity=quantity))
    return rows


def allocate(
    orders: Iterable[Element], lots: dict[str, list[LotRow]], *, day: date, least: int
) -> dict[str, list[dict[str, Any]]]:
    """The key's `allocation`: first expiry first for orders in their order of release."""
    left = {item: _oldest_first(rows, day=day, least=least) for item, rows in lots.items()}
    free = {row: row.quantity for rows in left.values() for row in rows}
    picked: dict[str, list[dict[str, Any]]] = {}
    for order in orders:
        wanted: Counter[str] = Counter()
        for line in order.lines:
            wanted[line["itemNo"]] += int(Decimal(line["qty"]))
        picks = []
        for item, quantity in wanted.items():
            rest = quantity
            for row in left.get(item, []):
                taken = min(rest, free[row])
                if taken:
                    free[row] -= taken
                    rest -= taken
                    picks.append(
                        {
                            "item_no": item,
                            "lot": row.lot,
                            "expiry": row.expiry,
                            "location": row.location,
                            "qty": taken,
                        }
                    )
            assert not rest, f"{order.head['orderNo']} was accepted and {item} is short by {rest}"
        picked[order.head["orderNo"]] = picks
    return picked


def _oldest_first(rows: Iterable[LotRow], *, day: date, least: int) -> list[LotRow]:
    good = [row for row in rows if keeps(row.expiry, day=day, least=least)]
    return sorted(good, key=lambda row: (row.expiry or "9999", row.lot, row.location))


def count_cases(expected: Counter[Spot], counted: Counter[Spot]) -> list[dict[str, str]]:
    """The key's discrepancies of a count: swaps and misplaced goods netted, the rest short or over."""
    off = {
        spot: counted[spot] - expected[spot]
        for spot in sorted({*expected, *counted})
        if counted[spot] != expected[spot]
    }
    cases = []
    for short in [spot for spot, much in off.items() if much < 0]:
        for over in [spot for spot, much in off.items() if much > 0]:
            much = min(-off[short], off[over])
            if much <= 0 or short[1] != over[1]:
                continue
            if short[0] == over[0]:
                cases.append(_case("COUNT_LOT_SWAP", short, "lot", much, 0) | {"other_lot": over[2]})
            elif short[2:] == over[2:]:
                case = _case("COUNT_MISPLACED", short, "location", much, 0)
                cases.append(case | {"other_location": over[0]})
            else:
                continue
            off[short] += much
            off[over] -= much
    for spot, much in off.items():
        if much:
            kind = "COUNT_SURPLUS" if much > 0 else "COUNT_SHORTAGE"
            cases.append(_case(kind, spot, "book", abs(much), much))
    return cases


def _case(kind: str, spot: Spot, level: str, quantity: int, difference: int) -> dict[str, str]:
    return {
        "kind": kind,
        "item_no": spot[1],
        "level": level,
        "qty": str(quantity),
        "book_difference": str(difference),
        "location": spot[0],
        "lot": spot[2],
    }
