"""What customs would call the goods of a place: five words, a pure function of place, lists and passes."""

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy.orm import Session

from tests.floor.outward import PICKING, exit_list, gate_pass, lay_bins, release, wave, work
from tests.makers import NOON, lay_stock, list_line, make_book_item, make_location, make_product
from wms.customs.bonded_list import ListState
from wms.customs.gate_pass import PassState
from wms.customs.place_status import (
    GoodsStatus,
    MappedPlace,
    Papers,
    map_places,
    parts_of,
    place_status,
    status_of,
)
from wms.ledger.book import Side
from wms.ledger.operations import Enter
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply
from wms.web.customs.place_drawing import CELL_W, WIDTH, Shown, blocks_of, draw_area, laid_out

ASKED = Papers(exit_list="DECLARED")


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        (Papers(), GoodsStatus.BONDED),
        (Papers(arrived_unbooked=True), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="DECLARED"), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="PRE_BOOKED"), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="APPROVED"), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="PARKED"), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="REFUSED"), GoodsStatus.BONDED),
        (Papers(exit_list="RETURNED"), GoodsStatus.BONDED),
        (Papers(exit_list="PRE_BOOKED", passes=frozenset({"DECLARED"})), GoodsStatus.PASS_PENDING),
        (Papers(exit_list="APPROVED", passes=frozenset({"APPROVED"})), GoodsStatus.PASS_PENDING),
        (Papers(exit_list="APPROVED", passes=frozenset({"REFUSED"})), GoodsStatus.LIST_PENDING),
        (Papers(exit_list="APPROVED", passes=frozenset({"REFUSED", "DECLARED"})), GoodsStatus.PASS_PENDING),
        (Papers(exit_list="BOOKED"), GoodsStatus.WRITTEN_OFF),
        (Papers(exit_list="BOOKED", passes=frozenset({"APPROVED"})), GoodsStatus.WRITTEN_OFF),
    ],
)
def test_bonded_goods_are_called_by_their_papers(papers: Papers, said: GoodsStatus) -> None:
    assert status_of(Regime.BONDED, papers) is said


def test_goods_that_are_not_bonded_are_that_whatever_paper_names_them() -> None:
    for regime, listed, passed in product((Regime.DOMESTIC, Regime.FOREIGN), ListState, PassState):
        papers = Papers(arrived_unbooked=True, exit_list=listed.value, passes=frozenset({passed.value}))
        assert status_of(regime, papers) is GoodsStatus.NON_BONDED


def test_a_place_has_the_colour_of_what_is_furthest_on_its_way_out() -> None:
    assert place_status([]) is None
    assert place_status([GoodsStatus.BONDED, GoodsStatus.NON_BONDED]) is GoodsStatus.BONDED
    assert place_status(GoodsStatus) is GoodsStatus.WRITTEN_OFF


def test_what_leaves_is_never_more_than_what_lies_there() -> None:
    rest = Papers()

    assert parts_of(10, ((ASKED, 4),), rest=rest) == [(ASKED, 4), (rest, 6)]
    assert parts_of(10, ((ASKED, 4), (ASKED, 6)), rest=rest) == [(ASKED, 10)]
    assert parts_of(3, ((ASKED, 4), (Papers(exit_list="BOOKED"), 2)), rest=rest) == [(ASKED, 3)]
    assert parts_of(5, (), rest=rest) == [(rest, 5)]


def by_code(places: list[MappedPlace]) -> dict[str, GoodsStatus | None]:
    return {place.code: place.status for place in places}


def test_goods_that_came_before_their_list_was_booked_wait_for_it(session: Session) -> None:
    """先入区后报关: until the booking they are 核注申请中, then 保税; an empty bin stays without colour."""
    lay_stock(session, "BIN-A: 10 × L1; BIN-B:")

    assert by_code(map_places(session)) == {"BIN-A": GoodsStatus.LIST_PENDING, "BIN-B": None}

    item, line = make_book_item(session, make_product(session)), list_line()
    booking = Enter(
        book_item_id=item.id, side=Side.IN, quantity=10, document=line, answers=(line,), pass_number="Z1"
    )
    apply(session, [booking], occurred_at=NOON)

    assert by_code(map_places(session))["BIN-A"] is GoodsStatus.BONDED
    assert map_places(session, warehouse="WB99") == []


def parts(session: Session, code: str) -> list[tuple[int, str]]:
    (place,) = [each for each in map_places(session) if each.code == code]
    return [(goods.quantity, goods.status.value) for goods in place.goods]


def test_goods_change_their_colour_on_their_way_out(session: Session) -> None:
    """保税 in the bin and in staging, 核注申请中 under a list, 核放申请中 with a vehicle's pass, 已核销 once booked."""
    lay_bins(session, "BIN-A: 10 × L1")
    (sold, kept) = release(session, ("1", 4), ("2", 3))
    wave(session)
    assert parts(session, "BIN-A") == [(10, "BONDED")]
    listed = exit_list(session, [sold])
    assert parts(session, "BIN-A") == [(4, "LIST_PENDING"), (6, "BONDED")]

    work(session, PICKING)
    assert parts(session, "BIN-A") == [(3, "BONDED")]
    assert parts(session, "STG-1") == [(4, "LIST_PENDING"), (3, "BONDED")]
    gate_pass(session, listed)
    assert parts(session, "STG-1") == [(4, "PASS_PENDING"), (3, "BONDED")]

    listed.state = ListState.BOOKED
    session.flush()
    assert parts(session, "STG-1") == [(4, "WRITTEN_OFF"), (3, "BONDED")]
    assert by_code(map_places(session))["STG-1"] is GoodsStatus.WRITTEN_OFF
    assert kept.exit_list_id is None


@pytest.fixture
def five_hundred() -> list[MappedPlace]:
    """An area of five aisles with 25 bays of four levels each."""
    return [
        MappedPlace(
            id=number,
            code=f"W-A-{aisle}-{bay}-{level}",
            warehouse="W",
            warehouse_name="W",
            purpose=Purpose.STORE,
            regime=Regime.BONDED,
            area="A",
            aisle=str(aisle),
            bay=str(bay),
            level=str(level),
            goods=(),
        )
        for number, (aisle, bay, level) in enumerate(product(range(1, 6), range(1, 26), range(1, 5)))
    ]


def test_five_hundred_bins_stand_beside_each_other_and_inside_the_drawing(
    five_hundred: list[MappedPlace],
) -> None:
    """Each is drawn once, none over another, in the order one walks; a long aisle goes on in the next row."""
    placed, height = laid_out(blocks_of(five_hundred, bays_most=30), width=WIDTH)
    boxes = [(x, y, x + block.width, y + block.height) for block, x, y in placed]

    assert [bay for bay, _ in placed[0][0].bays][8:11] == ["9", "10", "11"]
    assert all(right <= WIDTH and bottom <= height for _, _, right, bottom in boxes)
    for one, other in product(boxes, boxes):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert one is other or apart

    long = [replace(place, aisle="1", bay=str(place.id)) for place in five_hundred[:70]]
    assert [len(block.bays) for block in blocks_of(long, bays_most=30)] == [30, 30, 10]
    assert 30 * CELL_W < WIDTH


def test_a_code_from_outside_cannot_break_the_drawing(five_hundred: list[MappedPlace]) -> None:
    shown = {
        place.id: Shown(href="/x?a=1&b=2", title='<"script">', purpose="", chosen=False)
        for place in five_hundred
    }

    drawing = str(draw_area(five_hundred, shown, label="<area>", aisle="通道"))

    assert drawing.count('class="cell') == 500
    assert "<script" not in drawing
    assert "&lt;area&gt;" in drawing


def test_a_place_that_is_no_bin_is_on_the_map_too(session: Session) -> None:
    make_location(session, "SHELF-D", regime=Regime.DOMESTIC)
    make_location(session, "HALL", purpose=Purpose.STAGING)

    assert by_code(map_places(session)) == {"SHELF-D": None, "HALL": None}
