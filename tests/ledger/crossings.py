"""Steps of a history that cross the line: lists, trucks, declarations, parcels, exit lists, returns."""

from typing import Any

import pytest
from hypothesis import strategies as st

from tests.ledger.stage import BINS, COFFEE, LOTS, TEA, History, few, happening, pick, picks
from wms.ledger import refusals
from wms.ledger.book import Axis, Document, DocumentKind, Side
from wms.ledger.operations import (
    Enter,
    NameCase,
    Promise,
    Withdraw,
)


class Crossings(History):
    """Inward, outward and back."""

    @happening("inward", item=st.sampled_from([TEA, COFFEE]), first=few, second=st.integers(0, 9))
    def accept_list(self, item: str, first: int, second: int) -> None:
        line = self.paper(DocumentKind.BONDED_LIST, "I")
        trucks = {f"{line.number}-1": first} | ({f"{line.number}-2": second} if second else {})
        self.act(
            Promise(
                book_item_id=self.shelf.items[item],
                side=Side.IN,
                quantity=first + second,
                document=line,
            )
        )
        self.oracle.accept_list(line.number, item, trucks)
        self.saw("list accepted", *(["two trucks on one list"] if second else []))

    def trucks(self, *, booked: bool) -> list[str]:
        return [
            name
            for name, truck in self.oracle.trucks.items()
            if not truck.closed and (not truck.booked if booked else truck.received < truck.declared)
        ]

    @happening(
        "inward", when=lambda self: self.trucks(booked=True), index=picks, more=st.sampled_from([0, 0, 0, 2])
    )
    def book_passage(self, index: int, more: int) -> None:
        name = pick(index, self.trucks(booked=True))
        truck = self.oracle.trucks[name]
        line = Document(kind=DocumentKind.BONDED_LIST, number=truck.list_number, line=1)
        quantity = truck.declared + more
        posted = self.act(
            Enter(
                book_item_id=self.shelf.items[truck.item],
                side=Side.IN,
                quantity=quantity,
                document=line,
                answers=(line,),
                pass_number=name,
            )
        )
        owed = self.oracle.owed[truck.list_number][1]
        assert sum(excess for _, excess in posted.excess) == max(0, quantity - owed)
        self.saw("passage booked", *([] if truck.received else ["receipt before goods"]))
        self.oracle.book_passage(name, quantity)

    @happening(
        "inward",
        when=lambda self: self.trucks(booked=False),
        index=picks,
        place=st.sampled_from(BINS),
        short=st.sampled_from([0, 0, 1]),
    )
    def receive(self, index: int, place: str, short: int) -> None:
        name = pick(index, self.trucks(booked=False))
        truck = self.oracle.trucks[name]
        quantity = max(1, truck.declared - truck.received - short)
        lot = pick(index, [lot for lot, item in LOTS.items() if item == truck.item])
        line = Document(kind=DocumentKind.BONDED_LIST, number=truck.list_number, line=1)
        self.act(self.move("supplier", place, lot, quantity, document=line, pass_number=name))
        self.oracle.receive(name, quantity)
        self.saw("goods received")

    @happening("inside", when=lambda self: self.oracle.trucks, index=picks, quantity=few)
    def receive_beyond(self, index: int, quantity: int) -> None:
        name = pick(index, self.oracle.trucks)
        truck = self.oracle.trucks[name]
        lot = pick(index, [lot for lot, item in LOTS.items() if item == truck.item])
        line = Document(kind=DocumentKind.BONDED_LIST, number=truck.list_number, line=1)
        self.act(
            self.move("supplier", "BIN-A", lot, quantity, document=line, pass_number=name, case_number="C1")
        )
        self.oracle.cases[truck.item] += quantity
        self.saw("received beyond the pass")

    @happening(
        "inward",
        when=lambda self: any(t.booked > t.received and not t.closed for t in self._all_trucks()),
        index=picks,
    )
    def close_receipt(self, index: int) -> None:
        missing = [n for n, t in self.oracle.trucks.items() if t.booked > t.received and not t.closed]
        name = pick(index, missing)
        line = Document(kind=DocumentKind.BONDED_LIST, number=self.oracle.trucks[name].list_number, line=1)
        self.act(NameCase(document=line, axis=Axis.BOOKED_UNMOVED, pass_number=name, case_number="C2"))
        self.oracle.close_receipt(name)
        self.saw("receipt closed short")

    def _all_trucks(self) -> list[Any]:
        return list(self.oracle.trucks.values())

    # Outward.

    @happening("outward", item=st.sampled_from([TEA, COFFEE]), quantity=st.sampled_from([3, 4, 5, 6, 8, 90]))
    def declare(self, item: str, quantity: int) -> None:
        paper = self.paper(DocumentKind.RETAIL_DECLARATION, "L")
        promise = Promise(
            book_item_id=self.shelf.items[item], side=Side.OUT, quantity=quantity, document=paper
        )
        if self.oracle.may_declare(item, quantity):
            self.act(promise)
            self.oracle.declare(paper.number, item, quantity)
            self.saw("declared")
        else:
            with pytest.raises(refusals.NotEnoughInBook) as refused:
                self.act(promise)
            assert refused.value.facts["available"] == self.oracle.available(item)
            self.saw("declaration refused")

    def parcels(self, *, returned: bool) -> list[str]:
        return [
            number
            for number, parcel in self.oracle.parcels.items()
            if parcel.returned is returned and not parcel.left and not parcel.exit_list
        ]

    @happening("outward", when=lambda self: self.parcels(returned=False), index=picks)
    def return_declaration(self, index: int) -> None:
        number = pick(index, self.parcels(returned=False))
        paper = Document(kind=DocumentKind.RETAIL_DECLARATION, number=number, line=1)
        self.act(Withdraw(side=Side.OUT, document=paper))
        self.oracle.undo(number)
        self.saw("returned declaration")

    @happening("outward", when=lambda self: self.parcels(returned=True), index=picks)
    def live_again(self, index: int) -> None:
        number = pick(index, self.parcels(returned=True))
        parcel = self.oracle.parcels[number]
        paper = Document(kind=DocumentKind.RETAIL_DECLARATION, number=number, line=1)
        item_id = self.shelf.items[parcel.item]
        posted = self.act(
            Promise(
                book_item_id=item_id, side=Side.OUT, quantity=parcel.declared, document=paper, guarded=False
            )
        )
        self.oracle.revive(number)
        assert (item_id in posted.negative) is (self.oracle.available(parcel.item) < 0)
        self.saw("declaration lives again")

    def loads(self) -> list[tuple[str, tuple[str, str]]]:
        return [
            (number, place)
            for number, parcel in self.oracle.parcels.items()
            if not parcel.returned and parcel.left < parcel.declared
            for place in self.free(item=parcel.item)
        ]

    @happening("outward", when=lambda self: self.loads(), index=picks, short=st.sampled_from([3, 2, 1, 0]))
    def load(self, index: int, short: int) -> None:
        number, (place, lot) = pick(index, self.loads())
        parcel = self.oracle.parcels[number]
        quantity = min(parcel.declared - parcel.left, self.left_over((place, lot)))
        quantity = max(1, quantity - short)
        paper = Document(kind=DocumentKind.RETAIL_DECLARATION, number=number, line=1)
        answered = (
            (Document(kind=DocumentKind.BONDED_LIST, number=parcel.exit_list, line=1),)
            if parcel.exit_list
            else ()
        )
        self.act(
            self.move(place, "buyer", lot, quantity, document=paper, pass_number="ZE", answered_by=answered)
        )
        parcel.left += quantity
        self.saw("loaded", *(["short load"] if parcel.left < parcel.declared else []))

    #: Twice as likely, since so much follows from it.
    load_more = load

    def unlisted(self) -> dict[str, list[str]]:
        """Declarations no exit list names yet, by item."""
        found: dict[str, list[str]] = {}
        for number, parcel in self.oracle.parcels.items():
            if not parcel.returned and not parcel.exit_list:
                found.setdefault(parcel.item, []).append(number)
        return found

    @happening(
        "outward",
        when=lambda self: self.unlisted(),
        index=picks,
        size=st.integers(1, 4),
        more=st.sampled_from([0, 0, 0, 1]),
    )
    def book_exit(self, index: int, size: int, more: int) -> None:
        item = pick(index, sorted(self.unlisted()))
        numbers = self.unlisted()[item][:size]
        line = self.paper(DocumentKind.BONDED_LIST, "E")
        quantity = sum(self.oracle.parcels[number].promised for number in numbers) + more
        posted = self.act(
            Enter(
                book_item_id=self.shelf.items[item],
                side=Side.OUT,
                quantity=quantity,
                document=line,
                answers=tuple(
                    Document(kind=DocumentKind.RETAIL_DECLARATION, number=number, line=1)
                    for number in numbers
                ),
                only_promised=True,
            )
        )
        assert sum(excess for _, excess in posted.excess) == more
        assert self.oracle.book_exit(line.number, numbers, quantity) == more
        self.saw("exit list booked", *(["exit list beyond its promises"] if more else []))
