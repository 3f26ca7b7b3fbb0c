"""Any order of papers, receipts, scans and mishaps: the ledgers equal the oracle, and the law holds, at each step."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from tests.databases import ACTING
from tests.ledger.oracle import Columns, Oracle
from tests.makers import (
    NOON,
    ZONE,
    make_book_item,
    make_company,
    make_location,
    make_lot,
    make_product,
    partner,
)
from wms.ledger import refusals
from wms.ledger.book import AccountBook, Axis, BookItem, Document, DocumentKind, Side
from wms.ledger.lots import Hold, Lot, find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.opening import add_item
from wms.ledger.operations import (
    Enter,
    LiftHold,
    NameCase,
    Operation,
    PlaceHold,
    Promise,
    Reserve,
    Withdraw,
)
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import Posted, apply
from wms.ledger.queries import book_rows
from wms.ledger.verify import verify

#: `make test` stays small; a soak asks for more.
EXAMPLES = int(os.environ.get("WMS_LEDGER_EXAMPLES", "60"))
STEPS = 60
#: Fired at least so often in a run of the usual size.
LEAST = 50

TEA, COFFEE, THEIR_TEA = "tea", "coffee", "their tea"
#: lot → item; a lot code is not unique, so the names here are the test's own
LOTS = {"T1": TEA, "T2": TEA, "C1": COFFEE, "X1": THEIR_TEA}
BINS = ("BIN-A", "BIN-B")
picks = st.integers(0, 10_000)
few = st.integers(1, 9)


def pick(index: int, among: Iterable[Any]) -> Any:
    """One of these, stable under shrinking."""
    listed = list(among)
    return listed[index % len(listed)]


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that may happen next: when it can, and what it draws."""

    group: str
    when: Callable[[Any], object]
    draws: Mapping[str, st.SearchStrategy[Any]]


def happening(
    group: str, when: Callable[[Any], object] = lambda _machine: True, **draws: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a step of the machine; the few rules choose evenly among the steps of their group that can happen."""

    def mark(step: Callable[..., None]) -> Callable[..., None]:
        step.happening = Happening(group=group, when=when, draws=draws)  # type: ignore[attr-defined]
        return step

    return mark


class Shelf:
    """Places, lots and items, laid once for all examples."""

    def __init__(self, session: Session) -> None:
        other = make_company(session, number=2)
        self.items: dict[str, int] = {}
        self.lots: dict[str, Lot] = {}
        for item, number in ((TEA, "NP-TEA-001"), (COFFEE, "NP-COF-001")):
            self.items[item] = make_book_item(session, make_product(session, number)).id
        self.lots["T1"] = make_lot(session, "L1")
        self.lots["T2"] = make_lot(session, "L2")
        self.lots["C1"] = make_lot(session, "L1", item_no="NP-COF-001")
        tea = make_product(session, "NP-TEA-001")
        their_book = AccountBook(
            number="T8899W000002",
            kind="Z",
            cumulative=True,
            company_id=other.id,
            customs_code="8899",
            opened_at=NOON,
        )
        session.add(their_book)
        session.flush()
        theirs = add_item(
            session,
            BookItem(
                book_id=their_book.id,
                line_no=1,
                item_no=tea.item_no,
                hs10=tea.hs10,
                name=tea.name_zh,
                origin=tea.origin_num,
                unit=tea.unit,
                unit1=tea.unit1,
                unit2="",
                execution_mark="1",
            ),
        )
        self.items[THEIR_TEA] = theirs.id
        self.lots["X1"] = find_or_add_lot(
            session,
            product=tea,
            code="L1",
            expiry=None,
            owner_id=other.id,
            mode="1210",
            book_item_id=theirs.id,
        )
        self.places: dict[str, Location] = {code: make_location(session, code) for code in BINS}
        self.places["RET-1"] = make_location(session, "RET-1", purpose=Purpose.RETURNS)
        self.places["SHORT-1"] = make_location(session, "SHORT-1", purpose=Purpose.SHORTAGE)
        self.places["OZ-1"] = make_location(session, "OZ-1", zone=f"{ZONE}2")
        self.bonded = set(self.places)
        self.places["supplier"] = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
        self.places["buyer"] = partner(session, Purpose.BUYER, Regime.DOMESTIC)
        self.places["surplus"] = partner(session, Purpose.SURPLUS, Regime.BONDED)
        hold = Hold(reason="测试", case_number="", by_id=1, placed_at=NOON)
        session.add(hold)
        session.flush()
        self.hold_id = hold.id
        books = session.scalars(select(AccountBook.id)).all()
        self.book_ids = sorted(books)
        self.lot_names = {lot.id: name for name, lot in self.lots.items()}
        self.place_names = {place.id: name for name, place in self.places.items()}


class TwoLedgers(RuleBasedStateMachine):
    """One example is one history, rolled back at its end."""

    connection: ClassVar[Connection]
    shelf: ClassVar[Shelf]
    fired: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.connection.begin_nested()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint")
        self.session.info["acting"] = ACTING
        self.oracle = Oracle(item_of=dict(LOTS), bonded=self.shelf.bonded)
        self.numbers = count(1)
        self.held: dict[tuple[str, str], int] = {}
        self.reserved: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        assert [str(each) for each in verify(self.session)] == []
        self.session.close()
        self.savepoint.rollback()

    # What the rules are made of.

    def act(self, *operations: Operation) -> Posted:
        return apply(self.session, operations, occurred_at=NOON)

    def move(
        self, source: str, target: str, lot: str, quantity: int, *, target_lot: str = "", **more: Any
    ) -> Move:
        """The move to post; the oracle's stock follows at once."""
        target_lot = target_lot or lot
        if (source, lot) in self.oracle.stock:
            self.oracle.stock[source, lot] -= quantity
        if target in self.shelf.bonded:
            self.oracle.stock[target, target_lot] += quantity
        return Move(
            source_id=self.shelf.places[source].id,
            source_lot_id=self.shelf.lots[lot].id,
            target_id=self.shelf.places[target].id,
            target_lot_id=self.shelf.lots[target_lot].id,
            quantity=quantity,
            **more,
        )

    def free(self, *, bins: Iterable[str] = BINS, item: str = "") -> list[tuple[str, str]]:
        """(place, lot) with something that is neither held nor reserved."""
        return [
            key
            for key, quantity in sorted(self.oracle.stock.items())
            if key[0] in bins and self.left_over(key) > 0 and quantity and (not item or LOTS[key[1]] == item)
        ]

    def left_over(self, key: tuple[str, str]) -> int:
        return self.oracle.stock[key] - self.held.get(key, 0) - self.reserved.get(key, 0)

    def paper(self, kind: DocumentKind, letter: str) -> Document:
        return Document(kind=kind, number=f"{letter}{next(self.numbers):05d}", line=1)

    def saw(self, *names: str) -> None:
        self.fired.update(names)

    def one_of(self, group: str, data: st.DataObject, index: int) -> None:
        """Let one of the group happen that can."""
        able = [
            step
            for name, step in sorted(vars(type(self)).items())
            if (mark := getattr(step, "happening", None)) and mark.group == group and mark.when(self)
        ]
        if able:
            step = pick(index, able)
            step(self, **{name: data.draw(draw) for name, draw in step.happening.draws.items()})

    @rule(data=st.data(), index=picks)
    def inward(self, data: st.DataObject, index: int) -> None:
        self.one_of("inward", data, index)

    @rule(data=st.data(), index=picks)
    def outward(self, data: st.DataObject, index: int) -> None:
        self.one_of("outward", data, index)

    @precondition(lambda self: any(parcel.left for parcel in self.oracle.parcels.values()))
    @rule(data=st.data(), index=picks)
    def back(self, data: st.DataObject, index: int) -> None:
        self.one_of("back", data, index)

    @rule(data=st.data(), index=picks)
    def inside(self, data: st.DataObject, index: int) -> None:
        self.one_of("inside", data, index)

    # Inward.

    @initialize(goods_first=st.booleans())
    def a_full_truck(self, goods_first: bool) -> None:
        """A warehouse with something in it, so that few steps are spent on waiting for goods."""
        for item, lot in ((TEA, "T1"), (COFFEE, "C1")):
            line = self.paper(DocumentKind.BONDED_LIST, "I")
            name = f"{line.number}-1"
            self.oracle.accept_list(line.number, item, {name: 40})
            self.oracle.receive(name, 40)
            self.oracle.book_passage(name, 40)
            item_id = self.shelf.items[item]
            promise = Promise(book_item_id=item_id, side=Side.IN, quantity=40, document=line)
            arrival = self.move("supplier", "BIN-A", lot, 40, document=line, pass_number=name)
            booking = Enter(
                book_item_id=item_id,
                side=Side.IN,
                quantity=40,
                document=line,
                answers=(line,),
                pass_number=name,
            )
            self.act(promise)
            for operation in (arrival, booking) if goods_first else (booking, arrival):
                self.act(operation)

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

    # Back, across and inside.

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

    @happening("back", when=lambda self: self.unbooked("T"), index=picks)
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

    @happening("inside", when=lambda self: self.free(item=TEA), index=picks, other_bin=st.booleans())
    def swap_lots(self, index: int, other_bin: bool) -> None:
        place, lot = pick(index, self.free(item=TEA))
        target = pick(index, [b for b in BINS if b != place]) if other_bin else place
        self.act(self.move(place, target, lot, 1, target_lot="T2" if lot == "T1" else "T1"))
        self.saw("lot swap")

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

    # What holds after every step.

    @invariant()
    def book_equals_the_oracle(self) -> None:
        by_item = {id_: item for item, id_ in self.shelf.items.items()}
        for book_id in self.shelf.book_ids:
            for row in book_rows(self.session, book_id=book_id):
                expected = self.oracle.columns(by_item[row.book_item_id])
                found = Columns(**{name: getattr(row, name) for name in vars(expected)})
                assert found == expected, by_item[row.book_item_id]
                assert row.law_holds

    @invariant()
    def stock_equals_the_oracle(self) -> None:
        rows = self.session.execute(
            text("select location_id, lot_id, on_hand, reserved, held from balance where on_hand > 0")
        )
        found = {}
        for row in rows:
            key = self.shelf.place_names[row.location_id], self.shelf.lot_names[row.lot_id]
            found[key] = row.on_hand, row.reserved, row.held
        assert found == {
            key: (quantity, self.reserved.get(key, 0), self.held.get(key, 0))
            for key, quantity in self.oracle.stock.items()
            if quantity
        }


def test_the_ledgers_equal_the_oracle_whatever_happens_in_whatever_order(
    connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        session.info["acting"] = ACTING
        TwoLedgers.shelf = Shelf(session)
        session.commit()
    TwoLedgers.connection = connection
    TwoLedgers.fired.clear()

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        TwoLedgers,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    with capsys.disabled():
        print(f"\nthe two ledgers against the oracle, {sum(TwoLedgers.fired.values())} happenings:")
        for name, times in TwoLedgers.fired.most_common():
            print(f"  {times:6} {name}")
    wanted = (
        "two trucks on one list",
        "returned declaration",
        "return",
        "lot swap",
        "short load",
        "receipt before goods",
    )
    assert {name: TwoLedgers.fired[name] for name in wanted if TwoLedgers.fired[name] < LEAST} == {}
