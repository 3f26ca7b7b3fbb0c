"""Steps of a history that stay inside, or come back: returns, transfers, swaps, holds, picks, counts."""

import pytest
from hypothesis import strategies as st

from tests.ledger.stage import BINS, LOTS, TEA, THEIR_TEA, History, happening, pick, picks
from wms.ledger import refusals
from wms.ledger.book import Document, DocumentKind, Side
from wms.ledger.moves import Move
from wms.ledger.operations import (
    Display,
    Enter,
    GiveBack,
    LiftHold,
    PlaceHold,
    Promise,
    Reserve,
)


class Indoors(History):
    """Back, across and inside."""

    @happening(
        "back", when=lambda self: any(p.left > p.back for p in self.oracle.parcels.values()), index=picks
    )
    def customer_return(self, index: int) -> None:
        number = pick(index, [n for n, p in self.oracle.parcels.items() if p.left > p.back])
        parcel = self.oracle.parcels[number]
        lot = pick(index, [lot for lot, item in LOTS.items() if item == parcel.item])
        paper = self.paper(DocumentKind.RETURN_REQUEST, "R")
        self.act(self.move("buyer", "RET-1", lot, 1, document=paper))
        parcel.back += 1
        self.oracle.cross(paper.number, parcel.item, inward=True, quantity=1)
        self.saw("return")

    def unbooked(self, letter: str) -> list[str]:
        return [n for n, other in self.oracle.others.items() if n[0] == letter and not other.booked]

    @happening("back", when=lambda self: self.unbooked("R"), index=picks)
    def book_return(self, index: int) -> None:
        number = pick(index, self.unbooked("R"))
        request = Document(kind=DocumentKind.RETURN_REQUEST, number=number, line=1)
        line = self.paper(DocumentKind.BONDED_LIST, "RL")
        other = self.oracle.others[number]
        item_id = self.shelf.items[other.item]
        self.act(
            Promise(book_item_id=item_id, side=Side.IN, quantity=other.crossed, document=line),
            Enter(
                book_item_id=item_id,
                side=Side.IN,
                quantity=other.crossed,
                document=line,
                answers=(line, request),
            ),
        )
        self.oracle.book_other(number)
        self.saw("return list booked")

    @happening("inside", when=lambda self: self.free(item=TEA), index=picks)
    def transfer_in_the_zone(self, index: int) -> None:
        """Type 6: the goods stay where they are, owner and book change."""
        place, lot = pick(index, self.free(item=TEA))
        paper = self.paper(DocumentKind.BONDED_LIST, "T")
        self.act(self.move(place, place, lot, 1, target_lot="X1", document=paper))
        self.oracle.cross(f"T-out {paper.number}", TEA, inward=False, quantity=1)
        self.oracle.cross(f"T-in {paper.number}", THEIR_TEA, inward=True, quantity=1)
        self.saw("transfer inside the zone")

    @happening("inside", when=lambda self: self.unbooked("T"), index=picks)
    def book_transfer(self, index: int) -> None:
        number = pick(index, self.unbooked("T"))
        other = self.oracle.others[number]
        paper = Document(kind=DocumentKind.BONDED_LIST, number=number.split()[1], line=1)
        self.act(
            Enter(
                book_item_id=self.shelf.items[other.item],
                side=Side.IN if other.inward else Side.OUT,
                quantity=1,
                document=paper,
                answers=(paper,),
            )
        )
        self.oracle.book_other(number)
        self.saw("transfer booked")

    @happening("inside", when=lambda self: self.free(bins=("BIN-A", "OZ-1")), index=picks)
    def to_the_other_zone_and_back(self, index: int) -> None:
        place, lot = pick(index, self.free(bins=("BIN-A", "OZ-1")))
        paper = self.paper(DocumentKind.STOCK_BILL, "S")
        self.act(self.move(place, "BIN-A" if place == "OZ-1" else "OZ-1", lot, 1, document=paper))
        self.saw("between zones")

    @happening("inside", when=lambda self: self.free(), index=picks)
    def lend(self, index: int) -> None:
        """A type-C filing: still bonded, on display, and no longer available to orders."""
        place, lot = pick(index, self.free())
        item = LOTS[lot]
        paper = self.paper(DocumentKind.STOCK_BILL, "D")
        display = Display(book_item_id=self.shelf.items[item], quantity=1, document=paper)
        if self.oracle.available(item) < 1:
            with pytest.raises(refusals.NotEnoughInBook):
                self.act(display)
            self.saw("display refused")
            return
        self.act(self.move(place, "SHOP-B", lot, 1, document=paper), display)
        self.oracle.shown[item] += 1
        self.lent.append((paper, lot, 1))
        self.saw("lent for display")

    @happening("inside", when=lambda self: self.lent, index=picks)
    def give_back(self, index: int) -> None:
        paper, lot, quantity = loan = pick(index, self.lent)
        give_back = GiveBack(book_item_id=self.shelf.items[LOTS[lot]], quantity=quantity, document=paper)
        self.act(self.move("SHOP-B", "BIN-A", lot, quantity, document=paper), give_back)
        with pytest.raises(refusals.NotOnDisplay):
            self.act(give_back)
        self.lent.remove(loan)
        self.oracle.shown[LOTS[lot]] -= quantity
        self.saw("given back")

    @happening("inside", when=lambda self: self.free(item=TEA), index=picks, other_bin=st.booleans())
    def swap_lots(self, index: int, other_bin: bool) -> None:
        place, lot = pick(index, self.free(item=TEA))
        target = pick(index, [b for b in BINS if b != place]) if other_bin else place
        self.act(self.move(place, target, lot, 1, target_lot="T2" if lot == "T1" else "T1"))
        self.saw("lot swap")

    #: Twice as likely: a swap is what a count finds most.
    swap_lots_again = swap_lots

    @happening("inside", when=lambda self: self.free(bins=(*BINS, "RET-1")), index=picks)
    def move_inside(self, index: int) -> None:
        place, lot = pick(index, self.free(bins=(*BINS, "RET-1")))
        target = "BIN-B" if place == "BIN-A" else "BIN-A"
        self.act(self.move(place, target, lot, self.left_over((place, lot))))
        self.saw("moved inside")

    @happening("inside", when=lambda self: self.free(), index=picks)
    def find_short(self, index: int) -> None:
        place, lot = pick(index, self.free())
        self.act(self.move(place, "SHORT-1", lot, 1))
        self.saw("shortage")

    @happening("inside", lot=st.sampled_from(sorted(LOTS)), place=st.sampled_from(BINS))
    def find_surplus(self, lot: str, place: str) -> None:
        case = self.paper(DocumentKind.CASE, "K")
        move = self.move("surplus", place, lot, 1, document=case, case_number=case.number)
        self.act(
            move,
            PlaceHold(
                hold_id=self.shelf.hold_id,
                location_id=self.shelf.places[place].id,
                lot_id=self.shelf.lots[lot].id,
                quantity=1,
            ),
        )
        self.oracle.cases[LOTS[lot]] += 1
        self.held[place, lot] = self.held.get((place, lot), 0) + 1
        self.saw("surplus")

    @happening("inside", when=lambda self: any(self.held.values()), index=picks)
    def lift(self, index: int) -> None:
        place, lot = pick(index, sorted(key for key, held in self.held.items() if held))
        self.act(
            LiftHold(
                hold_id=self.shelf.hold_id,
                location_id=self.shelf.places[place].id,
                lot_id=self.shelf.lots[lot].id,
                quantity=1,
            )
        )
        self.held[place, lot] -= 1
        self.saw("hold lifted")

    @happening("inside", when=lambda self: self.free(), index=picks)
    def reserve_and_pick_later(self, index: int) -> None:
        key = pick(index, self.free())
        self.act(
            Reserve(location_id=self.shelf.places[key[0]].id, lot_id=self.shelf.lots[key[1]].id, quantity=1)
        )
        self.reserved[key] = self.reserved.get(key, 0) + 1
        self.saw("reserved")

    @happening("inside", when=lambda self: any(self.reserved.values()), index=picks)
    def pick_reserved(self, index: int) -> None:
        key = pick(index, sorted(key for key, reserved in self.reserved.items() if reserved))
        self.reserved[key] -= 1
        self.act(self.move(key[0], "RET-1", key[1], 1, from_reserved=True))
        self.saw("reserved goods picked")

    @happening("inside", index=picks, lot=st.sampled_from(sorted(LOTS)), place=st.sampled_from(BINS))
    def ask_too_much(self, index: int, lot: str, place: str) -> None:
        wanted = max(0, self.oracle.stock[place, lot]) + 1 + index % 3
        target = "BIN-B" if place == "BIN-A" else "BIN-A"
        asked = Move(
            source_id=self.shelf.places[place].id,
            source_lot_id=self.shelf.lots[lot].id,
            target_id=self.shelf.places[target].id,
            target_lot_id=self.shelf.lots[lot].id,
            quantity=wanted,
        )
        with pytest.raises(refusals.NotEnoughStock):
            self.act(asked)
        self.saw("refused: more than there is")
