"""Any order of papers, receipts, scans and mishaps: the ledgers equal the oracle, and the law holds, at each step."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import CONSTANTS_CACHE, Constants, HypothesisProvider
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from tests.databases import ACTING, Database
from tests.ledger.crossings import Crossings
from tests.ledger.indoors import Indoors
from tests.ledger.oracle import Columns
from tests.ledger.stage import COFFEE, TEA, Shelf, picks
from wms.ledger.book import DocumentKind, Side
from wms.ledger.operations import (
    Enter,
    Promise,
)
from wms.ledger.queries import book_rows

#: `make test` stays small; a soak asks for more.
EXAMPLES = int(os.environ.get("WMS_LEDGER_EXAMPLES", "100"))
STEPS = 60
#: Fired at least so often in a run of the usual size.
LEAST = 50


class TwoLedgers(Crossings, Indoors):
    """The few rules choose evenly among the steps of their group that can happen."""

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


def run_histories(database: Database, *, examples: int, derandomize: bool) -> Counter[str]:
    """So many histories against the oracle; how often each thing happened."""
    with database.sessions() as session:
        session.info["acting"] = ACTING
        TwoLedgers.shelf = Shelf(session)
        session.commit()
    TwoLedgers.fired.clear()
    with database.engine.connect() as connection:
        TwoLedgers.connection = connection
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            TwoLedgers,
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                derandomize=derandomize,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    return TwoLedgers.fired


def show(fired: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nthe two ledgers against the oracle, {fired.total()} happenings:")
        for name, times in fired.most_common():
            print(f"  {times:6} {name}")


def test_the_ledgers_equal_the_oracle_whatever_happens_in_whatever_order(
    fresh_database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same histories each time, so that a red run can be looked at again.

    Hypothesis also draws numbers it reads in our modules, and which of them are loaded depends on the tests before.
    """
    monkeypatch.setattr(HypothesisProvider, "_local_constants", Constants())
    CONSTANTS_CACHE.cache.clear()
    fired = run_histories(fresh_database, examples=EXAMPLES, derandomize=True)

    show(fired, capsys)
    wanted = (
        "two trucks on one list",
        "returned declaration",
        "return",
        "lot swap",
        "short load",
        "receipt before goods",
    )
    assert {name: fired[name] for name in wanted if fired[name] < LEAST} == {}


@pytest.mark.soak
def test_a_long_run_of_new_histories_finds_nothing(
    fresh_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other histories each time; Hypothesis prints the shortest one that breaks the law."""
    show(run_histories(fresh_database, examples=10 * EXAMPLES, derandomize=False), capsys)
