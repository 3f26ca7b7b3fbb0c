"""Reading back: any instant, any lot, both ways; and periods that stay closed."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.databases import Database
from tests.makers import (
    NOON,
    Laid,
    lay_stock,
    list_line,
    make_book_item,
    make_location,
    make_lot,
    make_product,
    partner,
)
from wms.db import run
from wms.ledger import refusals
from wms.ledger.book import Document, DocumentKind, Side
from wms.ledger.history import book_at, stock_at, trace_lot
from wms.ledger.lots import Lot, Quality
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, Promise
from wms.ledger.periods import PeriodNotAhead, close_period
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import apply, post
from wms.ledger.queries import lot_moves

BILL = Document(kind=DocumentKind.STOCK_BILL, number="SB1", line=1)


def move(source: Location, target: Location, lot: Lot, quantity: int, **more: object) -> Move:
    target_lot = more.pop("target_lot", lot)
    assert isinstance(target_lot, Lot)
    return Move(
        source_id=source.id,
        source_lot_id=lot.id,
        target_id=target.id,
        target_lot_id=target_lot.id,
        quantity=quantity,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def laid(session: Session) -> Laid:
    return lay_stock(session, "BIN-A: 10 × L1; BIN-B:")


def test_stock_and_book_can_be_read_at_any_instant(session: Session, laid: Laid) -> None:
    item = make_book_item(session, make_product(session))
    line = list_line()
    first = post(
        session, [move(laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"], 3)], occurred_at=NOON
    )
    enter = Enter(
        book_item_id=item.id, side=Side.IN, quantity=12, document=line, answers=(line,), pass_number="Z1"
    )
    booked = apply(session, [enter], occurred_at=NOON)
    paper = Document(kind=DocumentKind.RETAIL_DECLARATION, number="L1", line=1)
    promised = apply(
        session,
        [Promise(book_item_id=item.id, side=Side.OUT, quantity=5, document=paper)],
        occurred_at=NOON,
    )
    post(session, [move(laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"], 7)], occurred_at=NOON)

    stock = stock_at(session, at=first.recorded_at, product_id=make_product(session).id)
    before = stock_at(session, at=first.recorded_at - timedelta(days=1))
    books = [
        book_at(session, book_item_id=item.id, at=each.recorded_at) for each in (first, booked, promised)
    ]

    assert [(each.location_id, each.on_hand) for each in stock] == [
        (laid.places["BIN-A"].id, 7),
        (laid.places["BIN-B"].id, 3),
    ]
    assert before == []
    assert [(b.actual_in, b.arrived_not_booked, b.booked_not_moved) for b in books] == [
        (0, 10, 0),
        (12, 0, 2),
        (12, 0, 2),
    ]
    assert [b.available for b in books] == [0, 12, 7]


def test_a_lot_is_traced_to_its_buyers_and_to_its_suppliers(session: Session, laid: Laid) -> None:
    """Relabelled, damaged and mended again: the walk ends although the lots form a ring."""
    bin_a, bin_b = laid.places["BIN-A"], laid.places["BIN-B"]
    relabelled = make_lot(session, "L1-R")
    damaged = make_lot(session, "L1-R", quality=Quality.DAMAGED)
    buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC)
    paper = Document(kind=DocumentKind.RETAIL_DECLARATION, number="L77", line=1)
    post(
        session,
        [
            move(bin_a, bin_b, laid.lots["L1"], 6, target_lot=relabelled),
            move(bin_b, bin_b, relabelled, 4, target_lot=damaged),
            move(bin_b, bin_b, damaged, 4, target_lot=relabelled),
            move(bin_b, bin_b, relabelled, 1, target_lot=laid.lots["L1"]),
            move(bin_b, buyer, relabelled, 2, document=paper),
        ],
        occurred_at=NOON,
    )

    forward = trace_lot(session, lot_id=laid.lots["L1"].id, direction="forward")
    backward = trace_lot(session, lot_id=damaged.id, direction="backward")

    everything = tuple(sorted((laid.lots["L1"].id, relabelled.id, damaged.id)))
    assert forward.lot_ids == backward.lot_ids == everything
    assert [(each.target, each.quantity, each.document_number) for each in forward.crossings][-1] == (
        "BUYER-DOMESTIC",
        2,
        "L77",
    )
    assert backward.crossings[0].source == "SUPPLIER-FOREIGN"
    moves = [
        [row.quantity for row in lot_moves(session, lot_id=lot.id)]
        for lot in (laid.lots["L1"], relabelled, damaged)
    ]
    assert moves == [[10, 6, 1], [6, 4, 4, 1, 2], [4, 4]]


def test_transit_keeps_its_regime_and_an_export_leaves_the_book_at_the_gate(
    session: Session, laid: Laid
) -> None:
    """Under seal to another zone stays bonded; a first-line export is no longer in any bonded place."""
    item = make_book_item(session, make_product(session))
    sealed = make_location(session, "TR-B", purpose=Purpose.TRANSIT, zone="NONE")
    abroad = make_location(session, "TR-F", purpose=Purpose.TRANSIT, regime=Regime.FOREIGN)
    lot = laid.lots["L1"]
    with pytest.raises(refusals.NeedsAuthority):
        post(session, [move(laid.places["BIN-A"], sealed, lot, 2)], occurred_at=NOON)

    under_seal = post(session, [move(laid.places["BIN-A"], sealed, lot, 2, document=BILL)], occurred_at=NOON)
    exported = post(session, [move(laid.places["BIN-A"], abroad, lot, 3, document=BILL)], occurred_at=NOON)

    assert book_at(session, book_item_id=item.id, at=under_seal.recorded_at).left_not_booked == 0
    assert book_at(session, book_item_id=item.id, at=exported.recorded_at).left_not_booked == 3


def test_late_goods_go_to_a_domestic_place_and_never_touch_the_book(session: Session, laid: Laid) -> None:
    """Returned after the forty-fifth day: no re-entry."""
    item = make_book_item(session, make_product(session))
    late = make_location(session, "LATE-1", purpose=Purpose.RETURNS_DOMESTIC, regime=Regime.DOMESTIC)
    buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC)
    request = Document(kind=DocumentKind.RETURN_REQUEST, number="R1", line=1)
    lot = make_lot(session, "L1", bonded=False)

    posted = post(session, [move(buyer, late, lot, 1, document=request)], occurred_at=NOON)

    assert book_at(session, book_item_id=item.id, at=posted.recorded_at).arrived_not_booked == 10


def test_closing_a_period_keeps_what_things_amounted_to_by_then(session: Session, laid: Laid) -> None:
    item = make_book_item(session, make_product(session))
    bin_a, bin_b, lot = laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"]
    post(session, [move(bin_a, bin_b, lot, 4)], occurred_at=NOON + timedelta(hours=5))
    close_period(session, until=NOON, at=NOON + timedelta(days=1))

    def kept(period: str) -> list[tuple[object, ...]]:
        rows = session.execute(
            text(
                "select b.location_id, k.on_hand from period_balance k join balance b on b.id = k.balance_id "
                f"where k.period_id = ({period}) order by 1"
            )
        )
        return [tuple(row) for row in rows]

    assert kept("select min(id) from period") == [(bin_a.id, 10)]
    with pytest.raises(refusals.PeriodClosed):
        post(session, [move(bin_a, bin_b, lot, 1)], occurred_at=NOON)
    post(session, [move(bin_b, bin_a, lot, 1)], occurred_at=NOON + timedelta(hours=6))
    close_period(session, until=NOON + timedelta(hours=7), at=NOON + timedelta(days=1))
    assert kept("select max(id) from period") == [(bin_a.id, 7), (bin_b.id, 3)]
    moved_in = session.execute(
        text("select moved_in from period_figure where book_item_id = :id order by period_id"),
        {"id": item.id},
    ).scalars()
    assert list(moved_in) == [10, 10]
    with pytest.raises(PeriodNotAhead):
        close_period(session, until=NOON, at=NOON + timedelta(days=1))
    with pytest.raises(PeriodNotAhead):
        close_period(session, until=NOON + timedelta(days=3), at=NOON + timedelta(days=1))


def test_a_posting_that_waited_for_the_closing_is_refused(fresh_database: Database) -> None:
    """Reading an open period is not enough: the posting looks again when it writes."""
    sessions = fresh_database.sessions
    laid = run(sessions, lambda session: lay_stock(session, "BIN-A: 10 × L1; BIN-B:"), by_id=1, action="test")
    asked = move(laid.places["BIN-A"], laid.places["BIN-B"], laid.lots["L1"], 1)
    refused: list[Exception] = []

    def post_late() -> None:
        try:
            run(sessions, lambda s: post(s, [asked], occurred_at=NOON), by_id=1, action="test.late")
        except refusals.PeriodClosed as error:
            refused.append(error)

    def close(session: Session) -> threading.Thread:
        close_period(session, until=NOON, at=NOON + timedelta(days=1))
        late = threading.Thread(target=post_late)
        late.start()
        fresh_database.wait_for_a_waiter(while_true=late.is_alive)
        return late

    late = run(sessions, close, by_id=1, action="period.close")
    late.join()

    assert len(refused) == 1
