"""The book as customs would count it, from documents and receipts alone; shares no code with the warehouse.

Arithmetic of the account book: a list accepted inward raises 预增; the passage of a pass lowers 预增 and raises
实增; an accepted declaration raises 预减 and is refused beyond 实增 − 实减 − 预减 − 展示在外; a returned one lowers
预减; a booked exit list lowers 预减 and raises 实减, never by more than was promised. What crossed and what was
booked are compared per pass inward and per exit list outward; the difference stands in one column or the other.
"""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Truck:
    """One pass of an inbound list."""

    list_number: str
    item: str
    declared: int
    received: int = 0
    booked: int = 0
    closed: bool = False
    cased: int = 0


@dataclass
class Parcel:
    """One retail declaration."""

    item: str
    declared: int
    promised: int
    left: int = 0
    exit_list: str = ""
    returned: bool = False
    back: int = 0


@dataclass
class Other:
    """Goods that crossed under a paper of their own (returns, transfers): crossed and booked, one side."""

    item: str
    inward: bool
    crossed: int
    booked: int = 0


@dataclass
class Columns:
    """What the officer sees of one item."""

    actual_in: int = 0
    actual_out: int = 0
    promised_in: int = 0
    promised_out: int = 0
    displayed_out: int = 0
    arrived_not_booked: int = 0
    left_not_booked: int = 0
    booked_not_arrived: int = 0
    booked_not_left: int = 0
    in_cases: int = 0
    stock: int = 0


@dataclass
class Oracle:
    """Remembers papers, receipts and scans; computes the columns anew each time it is asked."""

    owed: dict[str, tuple[str, int]] = field(default_factory=dict)
    """inbound list → item, what is promised in and not booked"""
    trucks: dict[str, Truck] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    exits: dict[str, tuple[str, int]] = field(default_factory=dict)
    others: dict[str, Other] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shown: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stock: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """(place, lot) → stock units, from scans"""
    item_of: dict[str, str] = field(default_factory=dict)
    """lot → item"""
    bonded: set[str] = field(default_factory=set)
    """places that count"""

    def accept_list(self, number: str, item: str, trucks: dict[str, int]) -> None:
        self.owed[number] = (item, sum(trucks.values()))
        for name, quantity in trucks.items():
            self.trucks[name] = Truck(list_number=number, item=item, declared=quantity)

    def book_passage(self, name: str, quantity: int) -> None:
        truck = self.trucks[name]
        truck.booked += quantity
        item, owed = self.owed[truck.list_number]
        self.owed[truck.list_number] = (item, owed - min(owed, quantity))

    def receive(self, name: str, quantity: int) -> None:
        self.trucks[name].received += quantity

    def close_receipt(self, name: str) -> None:
        truck = self.trucks[name]
        truck.closed = True
        truck.cased = max(0, truck.booked - truck.received)

    def may_declare(self, item: str, quantity: int) -> bool:
        columns = self.columns(item)
        taken = columns.actual_out + columns.promised_out + columns.displayed_out
        return quantity <= columns.actual_in - taken

    def available(self, item: str) -> int:
        columns = self.columns(item)
        return columns.actual_in - columns.actual_out - columns.promised_out - columns.displayed_out

    def declare(self, number: str, item: str, quantity: int) -> None:
        self.parcels[number] = Parcel(item=item, declared=quantity, promised=quantity)

    def undo(self, number: str) -> None:
        self.parcels[number].promised = 0
        self.parcels[number].returned = True

    def revive(self, number: str) -> None:
        parcel = self.parcels[number]
        parcel.promised, parcel.returned = parcel.declared, False

    def book_exit(self, exit_list: str, numbers: list[str], quantity: int) -> int:
        """Returns the excess, which is not booked."""
        promised = sum(self.parcels[number].promised for number in numbers)
        for number in numbers:
            self.parcels[number].exit_list = exit_list
            self.parcels[number].promised = 0
        assert quantity >= promised
        self.exits[exit_list] = (self.parcels[numbers[0]].item, promised)
        return quantity - promised

    def cross(self, paper: str, item: str, *, inward: bool, quantity: int) -> None:
        self.others[paper] = Other(item=item, inward=inward, crossed=quantity)

    def book_other(self, paper: str) -> None:
        self.others[paper].booked = self.others[paper].crossed

    def columns(self, item: str) -> Columns:
        out = Columns(in_cases=self.cases[item], displayed_out=self.shown[item])
        out.promised_in = sum(owed for of, owed in self.owed.values() if of == item)
        for truck in self.trucks.values():
            if truck.item == item:
                out.actual_in += truck.booked
                ahead = truck.received - truck.booked + truck.cased
                out.arrived_not_booked += max(0, ahead)
                out.booked_not_arrived += max(0, -ahead)
                out.in_cases -= truck.cased
        self._outward(item, out)
        for other in self.others.values():
            if other.item == item:
                ahead = other.crossed - other.booked
                if other.inward:
                    out.actual_in += other.booked
                    out.arrived_not_booked += ahead
                else:
                    out.actual_out += other.booked
                    out.left_not_booked += ahead
        out.stock = sum(
            quantity
            for (place, lot), quantity in self.stock.items()
            if place in self.bonded and self.item_of[lot] == item
        )
        return out

    def _outward(self, item: str, out: Columns) -> None:
        left: dict[str, int] = defaultdict(int)
        for parcel in self.parcels.values():
            if parcel.item == item:
                out.promised_out += parcel.promised
                left[parcel.exit_list] += parcel.left
        out.left_not_booked += left.pop("", 0)
        for exit_list, (of, booked) in self.exits.items():
            if of == item:
                out.actual_out += booked
                ahead = left[exit_list] - booked
                out.left_not_booked += max(0, ahead)
                out.booked_not_left += max(0, -ahead)
