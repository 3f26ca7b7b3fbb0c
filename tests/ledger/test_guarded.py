"""What a posting guards besides stock and book: display, reservations, buyers' years, serials."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

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
from wms.ledger import refusals
from wms.ledger.book import BookItem, Document, DocumentKind, Side
from wms.ledger.buyers import used
from wms.ledger.moves import Move
from wms.ledger.operations import (
    Display,
    Enter,
    GiveBack,
    Operation,
    Promise,
    ReleaseItem,
    ReserveItem,
    RestoreAllowance,
    UseAllowance,
)
from wms.ledger.places import Location, Purpose, Regime
from wms.ledger.posting import Posted, apply, post
from wms.ledger.queries import book_figure
from wms.ledger.reservations import Candidate, Choice, choose_lots
from wms.ledger.serials import make_serial
from wms.ledger.verify import verify

DAY = date(2026, 5, 20)
FILING = Document(kind=DocumentKind.STOCK_BILL, number="SB1", line=1)


def act(session: Session, *operations: Operation) -> Posted:
    return apply(session, operations, occurred_at=NOON)


def order(number: int) -> Document:
    return Document(kind=DocumentKind.RETAIL_DECLARATION, number=f"L{number}", line=1)


@pytest.fixture
def laid(session: Session) -> Laid:
    """Ten of L1 in BIN-A, arrived and booked."""
    laid = lay_stock(session, "BIN-A: 10 × L1")
    line = list_line()
    act(
        session,
        Enter(
            book_item_id=item(session).id,
            side=Side.IN,
            quantity=10,
            document=line,
            answers=(line,),
            pass_number="Z1",
        ),
    )
    return laid


def item(session: Session) -> BookItem:
    return make_book_item(session, make_product(session))


def test_goods_on_display_are_not_available_until_they_come_back(session: Session, laid: Laid) -> None:
    """They stay bonded and under guarantee in the shop, and count as 展示在外."""
    shelf = make_location(session, "SHOP-B", regime=Regime.BONDED, zone="NONE")
    lot, id_ = laid.lots["L1"].id, item(session).id
    move = Move(
        source_id=laid.places["BIN-A"].id,
        source_lot_id=lot,
        target_id=shelf.id,
        target_lot_id=lot,
        quantity=4,
        document=FILING,
    )
    act(session, move, Display(book_item_id=id_, quantity=4, document=FILING))
    figure = book_figure(session, book_number="T8899W000001", item_no="NP-TEA-001")
    assert (figure.displayed_out, figure.available) == (4, 6)

    with pytest.raises(refusals.NotEnoughInBook):
        act(session, Promise(book_item_id=id_, side=Side.OUT, quantity=7, document=order(1)))
    with pytest.raises(refusals.NotEnoughInBook):
        act(session, Display(book_item_id=id_, quantity=7, document=FILING))
    with pytest.raises(refusals.NotOnDisplay) as refused:
        act(session, GiveBack(book_item_id=id_, quantity=5, document=FILING))
    assert refused.value.facts["displayed"] == 4

    act(session, GiveBack(book_item_id=id_, quantity=4, document=FILING))
    act(session, Promise(book_item_id=id_, side=Side.OUT, quantity=10, document=order(1)))
    assert verify(session) == []


def reserve(session: Session, number: int, quantity: int, *, on_day: date = DAY) -> ReserveItem:
    return ReserveItem(
        book_item_id=item(session).id,
        owner_id=make_company(session).id,
        mode="1210",
        quantity=quantity,
        document=order(number),
        on_day=on_day,
        min_remaining_days=60,
    )


def release(session: Session, number: int, quantity: int | None = None) -> ReleaseItem:
    return ReleaseItem(
        book_item_id=item(session).id,
        owner_id=make_company(session).id,
        mode="1210",
        document=order(number),
        quantity=quantity,
    )


def test_the_last_unit_is_reserved_once(session: Session, laid: Laid) -> None:
    act(session, reserve(session, 1, 7))

    with pytest.raises(refusals.ShelfLife) as refused:
        act(session, reserve(session, 2, 4))

    assert refused.value.facts.items() >= {"sellable": 10, "promised": 7, "wanted": 4}.items()
    act(session, release(session, 1, 2), reserve(session, 2, 4))
    with pytest.raises(refusals.NotReserved):
        act(session, release(session, 1, 6))
    act(session, release(session, 1))
    with pytest.raises(refusals.NotReserved):
        act(session, release(session, 1))
    assert verify(session) == []


@pytest.mark.parametrize(("days", "enough"), [(60, True), (59, False)])
def test_goods_that_do_not_keep_long_enough_are_not_sold(
    session: Session, laid: Laid, days: int, enough: bool
) -> None:
    """Sixty days of shelf life are enough, fifty-nine are not."""
    expiry = laid.lots["L1"].expiry
    assert expiry is not None
    asked = reserve(session, 1, 1, on_day=expiry - timedelta(days=days))

    if enough:
        act(session, asked)
    else:
        with pytest.raises(refusals.ShelfLife):
            act(session, asked)


def candidate(lot: str, location: str, free: int, expiry: date | None) -> Candidate:
    ids = {"A": 1, "B": 2, "L1": 11, "L2": 12, "L3": 13}
    return Candidate(
        location_id=ids[location],
        location=location,
        lot_id=ids[lot],
        lot=lot,
        expiry=expiry,
        usable=free,
        free=free,
    )


def test_lots_are_chosen_first_expiry_first() -> None:
    """Expiry ascending, none last; then lot, then location; too short a life never."""
    soon, later = date(2026, 7, 19), date(2026, 9, 1)
    shelf = [
        candidate("L3", "A", 5, None),
        candidate("L2", "B", 5, later),
        candidate("L2", "A", 2, later),
        candidate("L1", "A", 3, soon),
        candidate("L1", "B", 9, date(2026, 7, 18)),
    ]

    chosen, missing = choose_lots(shelf, quantity=12, on_day=DAY, min_remaining_days=60)

    assert [(each.lot_id, each.location_id, each.quantity) for each in chosen] == [
        (11, 1, 3),
        (12, 1, 2),
        (12, 2, 5),
        (13, 1, 2),
    ]
    assert missing == 0
    assert choose_lots(shelf, quantity=99, on_day=DAY, min_remaining_days=60)[1] == 84
    assert choose_lots([], quantity=1, on_day=DAY, min_remaining_days=0) == ([], 1)
    assert chosen[0] == Choice(location_id=1, lot_id=11, quantity=3)


def use(number: int, quantity: int, *, limit: int | None = 2_600_000, item_no: str = "") -> UseAllowance:
    return UseAllowance(
        buyer="b" * 64, year=2026, quantity=quantity, document=order(number), limit=limit, item_no=item_no
    )


def test_a_buyer_may_use_the_year_to_the_last_fen(session: Session) -> None:
    act(session, use(1, 2_599_999), use(2, 1))

    with pytest.raises(refusals.YearlyAmount) as refused:
        act(session, use(3, 1))

    assert refused.value.facts.items() >= {"used": 2_600_000, "limit": 2_600_000}.items()
    act(session, RestoreAllowance(buyer="b" * 64, year=2026, document=order(2)))
    act(session, use(3, 1))
    with pytest.raises(refusals.NothingUsed):
        act(session, RestoreAllowance(buyer="b" * 64, year=2026, document=order(2)))
    assert used(session, buyer="b" * 64, year=2026) == 2_600_000
    assert verify(session) == []


def test_a_buyer_may_have_so_many_of_an_item_a_year(session: Session) -> None:
    act(session, use(1, 3, limit=3, item_no="NP-TEA-001"))

    with pytest.raises(refusals.YearlyQuantity):
        act(session, use(2, 1, limit=3, item_no="NP-TEA-001"))

    act(session, use(2, 1, limit=3, item_no="NP-COF-001"))
    assert used(session, buyer="b" * 64, year=2026, item_no="NP-COF-001") == 1


def test_an_order_that_one_guard_refuses_leaves_no_trace_in_the_others(session: Session, laid: Laid) -> None:
    """Promise, reservation and both yearly figures pass together or not at all."""
    promise = Promise(book_item_id=item(session).id, side=Side.OUT, quantity=2, document=order(1))

    with pytest.raises(refusals.YearlyAmount):
        act(session, promise, reserve(session, 1, 2), use(1, 2_600_001))

    figure = book_figure(session, book_number="T8899W000001", item_no="NP-TEA-001")
    assert (figure.promised_out, used(session, buyer="b" * 64, year=2026)) == (0, 0)
    act(session, promise, reserve(session, 1, 2), use(1, 2_600_000))


def serial_move(session: Session, source: Location, target: Location, lot_id: int) -> Posted:
    line = list_line(9)
    move = Move(
        source_id=source.id,
        source_lot_id=lot_id,
        target_id=target.id,
        target_lot_id=lot_id,
        quantity=1,
        document=line,
        pass_number="Z9",
    )
    return post(session, [move], occurred_at=datetime(2026, 5, 21, tzinfo=UTC))


def test_a_serial_is_one_unit_in_one_place(session: Session) -> None:
    lot = make_lot(session, "SN-1")
    make_serial(session, lot_id=lot.id)
    supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
    buyer = partner(session, Purpose.BUYER, Regime.DOMESTIC)
    one, other = make_location(session, "BIN-A"), make_location(session, "BIN-B")
    serial_move(session, supplier, one, lot.id)

    with pytest.raises(refusals.SerialElsewhere):
        serial_move(session, supplier, other, lot.id)

    serial_move(session, one, other, lot.id)
    assert verify(session) == []
    serial_move(session, other, buyer, lot.id)
    with pytest.raises(refusals.SerialQuantity):
        lay_stock(session, "BIN-A: 2 × SN-1")
    serial_move(session, supplier, one, lot.id)
    assert verify(session) == []
