"""The stage of the histories: places, lots and items, and what a step of a history is made of."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
)
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.databases import ACTING
from tests.ledger.oracle import Oracle
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
from wms.ledger.book import AccountBook, BookItem, Document, DocumentKind
from wms.ledger.lots import Hold, Lot, find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.opening import add_item
from wms.ledger.operations import (
    Operation,
)
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import Posted, apply
from wms.ledger.verify import verify

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
        self.places["SHOP-B"] = make_location(session, "SHOP-B", zone="NONE")
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


class History(RuleBasedStateMachine):
    """One example is one history, rolled back at its end; the oracle goes along.

    Each is a transaction of its own: within one transaction the rows of all earlier histories would stay in the way.
    """

    connection: ClassVar[Connection]
    shelf: ClassVar[Shelf]
    fired: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.transaction = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint")
        self.session.info["acting"] = ACTING
        self.oracle = Oracle(item_of=dict(LOTS), bonded=self.shelf.bonded)
        self.numbers = count(1)
        self.held: dict[tuple[str, str], int] = {}
        self.reserved: dict[tuple[str, str], int] = {}
        self.times: Counter[str] = Counter()
        self.lent: list[tuple[Document, str, int]] = []

    def teardown(self) -> None:
        assert [str(each) for each in verify(self.session)] == []
        self.session.close()
        self.transaction.rollback()

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
        """Let one of the group happen that can: of the three that happened least in this history."""
        able = [
            name
            for name in dir(type(self))
            if (mark := getattr(getattr(type(self), name), "happening", None))
            and mark.group == group
            and mark.when(self)
        ]
        if able:
            name = pick(index, sorted(able, key=lambda name: (self.times[name], name))[:3])
            self.times[name] += 1
            step = getattr(type(self), name)
            step(self, **{word: data.draw(draw) for word, draw in step.happening.draws.items()})
