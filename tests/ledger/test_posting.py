"""The valve: what one posting promises, case by case."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.databases import QueryRecorder
from tests.makers import (
    NOON,
    Laid,
    lay_stock,
    list_line,
    make_book_item,
    make_company,
    make_location,
    make_lot,
    make_product,
    partner,
)
from wms.errors import Refusal
from wms.ledger import refusals
from wms.ledger.book import Axis, BookFigure, Document, DocumentKind, Side
from wms.ledger.lots import Hold, Lot, Quality
from wms.ledger.moves import Balance, Move, StockMove
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
from wms.ledger.periods import Period
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import Posted, apply, post
from wms.ledger.queries import balance_at, book_figure, book_rows, on_hand
from wms.registry.products import StorageClass

LIST = list_line()


def act(session: Session, *operations: Operation) -> Posted:
    return apply(session, operations, occurred_at=NOON)


def move(
    source: Location,
    target: Location,
    lot: Lot,
    quantity: int,
    *,
    target_lot: Lot | None = None,
    **more: object,
) -> Move:
    return Move(
        source_id=source.id,
        source_lot_id=lot.id,
        target_id=target.id,
        target_lot_id=(target_lot or lot).id,
        quantity=quantity,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def laid(session: Session) -> Laid:
    """Ten of lot L1 in BIN-A, arrived under list line 1 on pass Z1; BIN-B is empty."""
    return lay_stock(session, "BIN-A: 10 × L1; BIN-B:")


def figures(session: Session, item_no: str = "NP-TEA-001") -> BookFigure:
    return book_figure(session, book_number="T8899W000001", item_no=item_no)


def law_holds(session: Session) -> bool:
    book_id = make_book_item(session, make_product(session)).book_id
    assert book_id is not None
    return all(row.law_holds for row in book_rows(session, book_id=book_id))


def test_a_move_inside_the_zone_leaves_the_book_alone(session: Session, laid: Laid) -> None:
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]
    before = figures(session).version

    act(session, move(bin_a, bin_b, lot, 4))

    assert on_hand(session, location_id=bin_a.id, lot_id=lot.id) == 6
    assert on_hand(session, location_id=bin_b.id, lot_id=lot.id) == 4
    assert figures(session).version == before
    assert law_holds(session)


def test_goods_from_abroad_are_moved_not_booked_until_customs_says_so(session: Session, laid: Laid) -> None:
    item = make_book_item(session, make_product(session))

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.book, row.arrived_not_booked, row.stock) == (0, 10, 10)

    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=10, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.book, row.arrived_not_booked, row.booked_not_arrived, row.stock) == (10, 0, 0, 10)
    assert row.law_holds


def test_a_receipt_before_the_goods_waits_for_them(session: Session) -> None:
    """Receipts and passages are outside facts, recorded in any order."""
    item = make_book_item(session, make_product(session))
    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=12, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )
    assert book_rows(session, book_id=item.book_id or 0)[0].booked_not_arrived == 12

    lay_stock(session, "BIN-A: 10 × L1")

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.booked_not_arrived, row.arrived_not_booked, row.law_holds) == (2, 0, True)


def test_a_link_never_crosses_gate_passes(session: Session, laid: Laid) -> None:
    """One list on two trucks: what truck Z1 brought does not answer what customs booked for truck Z2."""
    item = make_book_item(session, make_product(session))

    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=7, document=LIST, answers=(LIST,), pass_number="Z2"
        ),
    )

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.arrived_not_booked, row.booked_not_arrived, row.law_holds) == (10, 7, True)


def test_a_promise_in_is_answered_by_the_booking(session: Session) -> None:
    item = make_book_item(session, make_product(session))
    act(session, Promise(book_item_id=item.id, side=Side.IN, quantity=10, document=LIST))
    assert (figures(session).promised_in, figures(session).available) == (10, 0)

    posted = act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=12, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )

    assert (figures(session).promised_in, figures(session).actual_in) == (0, 12)
    assert posted.excess == ((LIST, 2),)


def test_a_promise_out_needs_enough_available(session: Session, laid: Laid) -> None:
    """Available to a new document = 实增 − 实减 − 预减 − 展示在外; the last unit is promised once."""
    item = make_book_item(session, make_product(session))
    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=10, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )
    first = Document(kind=DocumentKind.RETAIL_DECLARATION, number="L1", line=1)
    second = Document(kind=DocumentKind.RETAIL_DECLARATION, number="L2", line=1)
    act(session, Promise(book_item_id=item.id, side=Side.OUT, quantity=7, document=first))

    with pytest.raises(refusals.NotEnoughInBook) as refused:
        act(session, Promise(book_item_id=item.id, side=Side.OUT, quantity=4, document=second))

    assert (refused.value.facts["available"], refused.value.facts["wanted"]) == (3, 4)
    act(session, Withdraw(side=Side.OUT, document=first))
    assert figures(session).available == 10
    with pytest.raises(refusals.NothingPromised):
        act(session, Withdraw(side=Side.OUT, document=first))


def test_an_exit_list_answers_its_declarations_and_no_more(session: Session, laid: Laid) -> None:
    """A booking beyond the promises waits for a person; the parcels' moves and the list meet in any order."""
    item = make_book_item(session, make_product(session))
    buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC)
    declaration = Document(kind=DocumentKind.RETAIL_DECLARATION, number="L1", line=1)
    exit_line = Document(kind=DocumentKind.BONDED_LIST, number="QD889926E000000001", line=1)
    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=10, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )
    act(session, Promise(book_item_id=item.id, side=Side.OUT, quantity=4, document=declaration))
    act(
        session,
        move(laid.places["BIN-A"], buyer, laid.lots["L1"], 3, document=declaration, pass_number="ZE1"),
    )

    posted = act(
        session,
        Enter(
            book_item_id=item.id,
            side=Side.OUT,
            quantity=5,
            document=exit_line,
            answers=(declaration,),
            only_promised=True,
        ),
    )

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert posted.excess == ((exit_line, 1),)
    assert (row.actual_out, row.promised_out, row.booked_not_left, row.left_not_booked) == (4, 0, 1, 0)
    act(
        session,
        move(
            laid.places["BIN-A"],
            buyer,
            laid.lots["L1"],
            1,
            document=declaration,
            pass_number="ZE2",
            answered_by=(exit_line,),
        ),
    )
    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.booked_not_left, row.stock, row.law_holds) == (0, 6, True)


def test_what_goes_beyond_a_pass_line_waits_for_its_case(session: Session, laid: Laid) -> None:
    item = make_book_item(session, make_product(session))
    supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
    beyond = move(
        supplier, laid.places["BIN-B"], laid.lots["L1"], 2, document=LIST, pass_number="Z1", case_number="C-1"
    )
    act(session, beyond)

    act(
        session,
        Enter(
            book_item_id=item.id, side=Side.IN, quantity=12, document=LIST, answers=(LIST,), pass_number="Z1"
        ),
    )

    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.arrived_not_booked, row.booked_not_arrived, row.in_cases) == (0, 2, 2)
    assert row.law_holds
    act(session, NameCase(document=LIST, axis=Axis.BOOKED_UNMOVED, pass_number="Z1", case_number="C-1"))
    row = book_rows(session, book_id=item.book_id or 0)[0]
    assert (row.booked_not_arrived, row.in_cases, row.law_holds) == (0, 0, True)


def refused_moves(session: Session, laid: Laid) -> list[tuple[Move, type[Refusal], dict[str, object]]]:
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]
    shop = make_location(session, "SHOP-1", regime=Regime.DOMESTIC)
    cool = make_location(session, "COOL-1", storage_class=StorageClass.COOL)
    small = make_location(session, "SMALL-1", capacity=3)
    other = make_lot(session, "L9", item_no="NP-COF-001")
    theirs = make_lot(session, "L1", owner=make_company(session, number=2))
    buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC)
    damaged = make_lot(session, "L1", quality=Quality.DAMAGED)
    return [
        (move(bin_a, bin_b, lot, 0), refusals.NothingToMove, {"quantity": 0}),
        (move(bin_a, bin_b, lot, -3), refusals.NothingToMove, {"quantity": -3}),
        (move(bin_a, bin_a, lot, 1), refusals.SameEnds, {}),
        (move(bin_a, bin_b, lot, 11), refusals.NotEnoughStock, {"on_hand": 10, "wanted": 11}),
        (move(bin_b, bin_a, lot, 1), refusals.NotEnoughStock, {"on_hand": 0, "wanted": 1}),
        (move(bin_a, shop, lot, 1), refusals.NeedsAuthority, {"target": "SHOP-1"}),
        (move(bin_a, buyer, lot, 1), refusals.NeedsAuthority, {}),
        (move(bin_a, buyer, lot, 1, target_lot=damaged, document=LIST), refusals.TraitAtTheRim, {}),
        (move(bin_a, bin_b, lot, 1, target_lot=other), refusals.OtherProduct, {"item": "NP-TEA-001"}),
        (move(bin_a, bin_b, lot, 1, target_lot=theirs), refusals.OtherOwner, {}),
        (move(bin_a, cool, lot, 1), refusals.WrongStorageClass, {"place_class": "cool"}),
        (move(bin_a, small, lot, 4), refusals.PlaceFull, {"capacity": 3, "wanted": 4}),
    ]


@pytest.mark.parametrize("number", range(12))
def test_a_move_that_may_not_be_says_why_with_figures(session: Session, laid: Laid, number: int) -> None:
    asked, refusal, facts = refused_moves(session, laid)[number]
    before = session.scalars(select(StockMove.id)).all()

    with pytest.raises(refusal) as refused:
        act(session, asked)

    assert refused.value.facts.items() >= facts.items()
    assert session.scalars(select(StockMove.id)).all() == before


def test_a_closed_period_takes_nothing_more(session: Session, laid: Laid) -> None:
    session.add(Period(until=NOON, closed_at=NOON, by_id=1))
    session.flush()
    asked = move(laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"], 1)

    with pytest.raises(refusals.PeriodClosed):
        act(session, asked)

    apply(session, [asked], occurred_at=NOON + timedelta(seconds=1))


def hold(session: Session) -> Hold:
    made = Hold(reason="8.4 °C 31 分钟", case_number="", by_id=1, placed_at=NOON)
    session.add(made)
    session.flush()
    return made


def test_a_held_lot_goes_to_the_cage_but_not_towards_the_gate(session: Session, laid: Laid) -> None:
    """A hold bars pick, pack, load and gate; the way to quarantine stays open and the hold goes along."""
    bin_a, lot = laid.places["BIN-A"], laid.lots["L1"]
    staging = make_location(session, "STG-1", purpose=Purpose.STAGING)
    cage = make_location(session, "CAGE-1", purpose=Purpose.QUARANTINE)
    barred = hold(session)
    act(session, PlaceHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=7))
    act(session, move(bin_a, staging, lot, 3))

    with pytest.raises(refusals.LotOnHold):
        act(session, move(bin_a, staging, lot, 1))
    act(session, move(bin_a, cage, lot, 5))
    with pytest.raises(refusals.LotOnHold):
        act(session, move(cage, staging, lot, 5))

    act(session, LiftHold(hold_id=barred.id, location_id=cage.id, lot_id=lot.id, quantity=5))
    act(session, move(cage, staging, lot, 5))
    with pytest.raises(refusals.NoSuchHold) as refused:
        act(session, LiftHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=3))
    assert refused.value.facts["held"] == 2


def test_a_hold_lifted_and_its_goods_moved_in_one_posting_leaves_no_trace_of_it(
    session: Session, laid: Laid
) -> None:
    """What a decision lets go leaves in the same commit; the rest stays held, under the same hold."""
    bin_a, lot = laid.places["BIN-A"], laid.lots["L1"]
    staging = make_location(session, "STG-1", purpose=Purpose.STAGING)
    barred, other = hold(session), hold(session)
    act(session, PlaceHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=7))
    act(session, PlaceHold(hold_id=other.id, location_id=bin_a.id, lot_id=lot.id, quantity=3))

    act(
        session,
        LiftHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=2),
        move(bin_a, staging, lot, 2),
        LiftHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=1),
    )

    found = session.execute(
        select(Balance.on_hand, Balance.held).where(Balance.location_id == bin_a.id, Balance.lot_id == lot.id)
    ).one()
    assert tuple(found) == (8, 7)
    with pytest.raises(refusals.NoSuchHold) as refused:
        act(session, LiftHold(hold_id=barred.id, location_id=bin_a.id, lot_id=lot.id, quantity=5))
    assert refused.value.facts["held"] == 4


def test_reserved_goods_are_kept_for_their_pick(session: Session, laid: Laid) -> None:
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]
    act(session, Reserve(location_id=bin_a.id, lot_id=lot.id, quantity=8))

    with pytest.raises(refusals.StockReserved):
        act(session, move(bin_a, bin_b, lot, 3))
    with pytest.raises(refusals.StockReserved):
        act(session, Reserve(location_id=bin_a.id, lot_id=lot.id, quantity=3))
    act(session, move(bin_a, bin_b, lot, 8, from_reserved=True))

    assert on_hand(session, location_id=bin_b.id, lot_id=lot.id) == 8


def test_each_move_proves_the_balance_it_leaves(session: Session, laid: Laid) -> None:
    """Versions of one balance count 1, 2, 3 …; any instant can be read back."""
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]
    posted = [act(session, move(bin_a, bin_b, lot, quantity)) for quantity in (1, 2, 3)]
    balance = session.scalars(select(Balance).where(Balance.location_id == bin_a.id)).one()

    rows = session.execute(
        select(StockMove.source_version, StockMove.source_on_hand).where(
            StockMove.source_balance_id == balance.id
        )
    ).all()

    assert sorted(map(tuple, rows)) == [(2, 9), (3, 7), (4, 4)]
    assert balance_at(session, balance_id=balance.id, at=posted[1].recorded_at) == 7
    assert balance_at(session, balance_id=balance.id, at=datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_one_refused_move_refuses_the_whole_posting(session: Session, laid: Laid) -> None:
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]

    with pytest.raises(refusals.NotEnoughStock):
        post(session, [move(bin_a, bin_b, lot, 6), move(bin_a, bin_b, lot, 6)], occurred_at=NOON)

    assert on_hand(session, location_id=bin_a.id, lot_id=lot.id) == 10


@pytest.mark.parametrize(
    "table", ["posting", "stock_move", "book_fact", "book_link", "lot", "period", "hold_entry"]
)
def test_facts_may_not_be_changed_or_removed(session: Session, laid: Laid, table: str) -> None:
    for statement in (f"update {table} set id = id", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(Exception, match="permission denied"), session.begin_nested():
            session.execute(text(statement))


@pytest.mark.parametrize("count", [1, 10, 100])
def test_the_number_of_statements_does_not_grow_with_the_moves(
    session: Session, laid: Laid, query_recorder: QueryRecorder, count: int
) -> None:
    bin_a, lot = laid.places["BIN-A"], laid.lots["L1"]
    supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
    bins = [make_location(session, f"N-{number}") for number in range(count)]
    arriving = [move(supplier, each, lot, 1, document=LIST, pass_number="Z2") for each in bins]

    with query_recorder:
        post(session, arriving, occurred_at=NOON)
        through_the_gate = len(query_recorder.statements)
        post(session, [move(each, bin_a, lot, 1) for each in bins], occurred_at=NOON)
        inside = len(query_recorder.statements) - through_the_gate

    assert (inside, through_the_gate) == (4, 12)
