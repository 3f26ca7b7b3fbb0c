"""A count asserts what is there; what it differs in is netted before anything is lost or found."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.makers import NOON, Laid, lay_stock, make_book_item, make_location, make_product
from wms.ledger.book import Document, DocumentKind
from wms.ledger.counts import Counted, begin_count, differences, tally
from wms.ledger.lots import Hold
from wms.ledger.moves import Move
from wms.ledger.netting import net, settling, settling_places
from wms.ledger.places import Purpose
from wms.ledger.posting import apply, post
from wms.ledger.queries import book_rows, on_hand
from wms.ledger.verify import verify

CASE = Document(kind=DocumentKind.CASE, number="C-7")


@pytest.fixture
def laid(session: Session) -> Laid:
    make_location(session, "SHORT-1", purpose=Purpose.SHORTAGE)
    return lay_stock(session, "BIN-A: 10 × L1, 5 × L2; BIN-B: 7 × L1; BIN-C: 4 × L2")


def count(session: Session, laid: Laid, **counted: int) -> int:
    """``A_L1=9`` counts nine of L1 in BIN-A."""
    lines = []
    for name, quantity in counted.items():
        place, lot = name.split("_")
        lines.append(
            Counted(location_id=laid.places[f"BIN-{place}"].id, lot_id=laid.lots[lot].id, quantity=quantity)
        )
    begun = begin_count(session, number="PD-1", warehouses=["WB01"], at=NOON, by_id=1)
    tally(session, begun, lines, visit=uuid4(), at=NOON, by_id=1)
    return begun.id


def settle(session: Session, count_id: int) -> None:
    hold = Hold(reason="盘点盈余", case_number=CASE.number, by_id=1, placed_at=NOON)
    session.add(hold)
    session.flush()
    shortage, surplus = settling_places(session)
    found = differences(session, count_id=count_id)
    operations = settling(found, shortage_ids=shortage, surplus_ids=surplus, document=CASE, hold_id=hold.id)
    apply(session, operations, occurred_at=NOON)


def lying(session: Session, laid: Laid, place: str, lot: str) -> int:
    return on_hand(session, location_id=laid.places[place].id, lot_id=laid.lots[lot].id)


def test_a_lot_swap_is_one_move_between_two_lots(session: Session, laid: Laid) -> None:
    count_id = count(session, laid, A_L1=8, A_L2=7)

    swaps, rest = net(differences(session, count_id=count_id))
    settle(session, count_id)

    assert ([each.quantity for each in swaps], rest) == ([2], [])
    assert (lying(session, laid, "BIN-A", "L1"), lying(session, laid, "BIN-A", "L2")) == (8, 7)


def test_goods_in_another_bin_are_moved_there(session: Session, laid: Laid) -> None:
    count_id = count(session, laid, A_L1=6, B_L1=11)

    settle(session, count_id)

    assert (lying(session, laid, "BIN-A", "L1"), lying(session, laid, "BIN-B", "L1")) == (6, 11)
    assert session.execute(text("select count(*) from hold_entry")).scalar_one() == 0


def test_only_the_rest_is_lost_or_found_and_the_book_keeps_its_figures(session: Session, laid: Laid) -> None:
    """Same place first, then same lot; the shortage stays bonded, the surplus stands held under its case."""
    book_id = make_book_item(session, make_product(session)).book_id or 0
    before = book_rows(session, book_id=book_id)[0]
    # BIN-A: three L1 too few, one L2 too many; BIN-B: one L1 too many; BIN-C: two L2 too many.
    count_id = count(session, laid, A_L1=7, A_L2=6, B_L1=8, C_L2=6)

    swaps, rest = net(differences(session, count_id=count_id))
    settle(session, count_id)

    assert sorted(each.quantity for each in swaps) == [1, 1]
    assert sorted(quantity for _, quantity in rest) == [-1, 2]
    after = book_rows(session, book_id=book_id)[0]
    assert (after.book, after.in_cases, after.stock) == (before.book, 2, before.stock + 2)
    assert after.law_holds
    held = session.execute(
        text("select held from balance where location_id = :id and on_hand > 0"),
        {"id": laid.places["BIN-C"].id},
    ).scalar_one()
    assert held == 2
    assert verify(session) == []


def test_moves_after_the_counting_change_nothing_about_the_difference(session: Session, laid: Laid) -> None:
    """A count is an assertion against the ledger's position when it was made."""
    count_id = count(session, laid, A_L1=9)
    lot = laid.lots["L1"].id
    move = Move(
        source_id=laid.places["BIN-A"].id,
        source_lot_id=lot,
        target_id=laid.places["BIN-B"].id,
        target_lot_id=lot,
        quantity=4,
    )
    post(session, [move], occurred_at=NOON)

    settle(session, count_id)

    assert (lying(session, laid, "BIN-A", "L1"), lying(session, laid, "BIN-B", "L1")) == (5, 11)
