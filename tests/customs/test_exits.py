"""Exit lists and outward passes declared here, and what is refused on the way."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.floor.outward import (
    AT,
    DAY,
    LOADING,
    PACKING,
    PICKING,
    Hand,
    exit_list,
    gate_pass,
    lay_bins,
    release,
    wave,
    work,
)
from wms.customs import departure, exit_declaring, exit_lists
from wms.customs.bonded_list import ListState
from wms.customs.exit_declaring import (
    declare_exit,
    first_waiting,
    issue_pass,
    lists_without_pass,
    waiting_for_exit,
)
from wms.customs.exit_lists import draft_lines, part_declarations
from wms.customs.gate_pass import (
    Passage,
    PassState,
    PassStillOpen,
    VehicleInside,
    check_vehicle_free,
)
from wms.customs.left_behind import left_behind
from wms.customs.messages.door import read_message
from wms.customs.messages.jg2.bonded_list import BondedListDraft
from wms.customs.messages.jg2.gate_pass import GatePassDraft
from wms.customs.parcels import Parcel, ParcelState
from wms.ledger.book import Side
from wms.outbox import OutboxMessage
from wms.registry.vehicles import Vehicle

TRADE = CustomsRules.load().trade
PASSING = Passage(passed_at=AT, collected_kg=None, tolerance_rate=Decimal("0.03"), books=False)


def packed(session: Session, *orders: tuple[str, int]) -> None:
    lay_bins(session, "BIN-A: 50 × L1")
    release(session, *orders)
    wave(session)
    work(session, PICKING)
    work(session, PACKING)


def declare(session: Session, count: int = 10):  # type: ignore[no-untyped-def]
    chosen = waiting_for_exit(session, limit=count)
    return declare_exit(session, chosen, trade=TRADE, sender_id="DXPTEST", day=DAY, at=AT)


def sent(session: Session, kind: str) -> object:
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)).one()
    return read_message(message.payload, file_name=f"{kind}.xml").body


def test_a_list_is_drafted_of_sums_and_sent(session: Session) -> None:
    """7 boxes for 70 yuan, a quarter kilogram each."""
    packed(session, ("1", 2), ("2", 5))

    made = declare(session)

    body = sent(session, "INV101")
    assert isinstance(body, BondedListDraft)
    (line,) = body.lines
    assert (line.quantity, line.total, line.price, line.legal_quantity) == (
        Decimal(7),
        Decimal(70),
        Decimal(10),
        Decimal("1.75"),
    )
    assert len(body.retail_list_nos) == 2
    assert waiting_for_exit(session) == []
    assert made.state is ListState.DECLARED


def test_the_unit_price_has_four_decimals_half_up(session: Session) -> None:
    lay_bins(session, "BIN-A: 50 × L1")
    first, second = release(session, ("1", 2), ("2", 1))
    with session.no_autoflush:
        second.lines[0].total = Decimal("10.01")
        (line,) = draft_lines(session, [first, second])

    assert (line.total, line.unit_price) == (Decimal("30.01"), Decimal("10.0033"))


def test_a_list_that_is_given_back_lets_its_orders_go_on_another(session: Session) -> None:
    packed(session, ("1", 2))
    made = declare(session)
    assert waiting_for_exit(session) == []

    part_declarations(session, made)
    session.expire_all()

    assert [each.order_no for each in waiting_for_exit(session)] == ["1"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "500"}, exit_lists.NotReleased),
        ({"cancel_pending": True}, exit_lists.NotReleased),
    ],
)
def test_what_may_not_leave_goes_on_no_list(
    session: Session, change: dict[str, object], refusal: type[Exception]
) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    for name, value in change.items():
        setattr(first, name, value)
    session.flush()

    with pytest.raises(refusal):
        declare_exit(session, [first], trade=TRADE, sender_id="DXPTEST", day=DAY, at=AT)


def test_an_order_leaves_on_one_list(session: Session) -> None:
    packed(session, ("1", 2))
    chosen = waiting_for_exit(session)
    declare(session)
    session.expire_all()

    with pytest.raises(exit_lists.OnOtherList):
        declare_exit(session, chosen, trade=TRADE, sender_id="DXPTEST", day=DAY, at=AT)
    with pytest.raises(exit_lists.NothingListed):
        declare_exit(session, [], trade=TRADE, sender_id="DXPTEST", day=DAY, at=AT)


def test_a_pass_takes_lists_that_customs_knows_and_a_vehicle_on_file(session: Session) -> None:
    packed(session, ("1", 2))
    made = declare(session)
    facts = {"contact": "测试", "sender_id": "DXPTEST", "day": DAY, "at": AT}
    with pytest.raises(exit_declaring.ListNotReady):
        issue_pass(session, [made], plate="藏A1", **facts)  # type: ignore[arg-type]
    made.list_no, made.state = "QD889926E000000900", ListState.PRE_BOOKED
    with pytest.raises(exit_declaring.NoSuchVehicle):
        issue_pass(session, [made], plate="藏A1", **facts)  # type: ignore[arg-type]
    session.add(Vehicle(plate="藏A1", tare_kg=Decimal(3200)))
    session.flush()

    issued = issue_pass(session, [made], plate="藏A1", **facts)  # type: ignore[arg-type]

    body = sent(session, "SAS121")
    assert isinstance(body, GatePassDraft)
    assert body.list_nos == ("QD889926E000000900",)
    assert (body.head.gross_kg, body.head.total_kg) == (Decimal("0.77"), Decimal("3200.77"))
    assert issued.list_nos == ["QD889926E000000900"]
    with pytest.raises(exit_declaring.OnOtherPass):
        issue_pass(session, [made], plate="藏A1", **facts)  # type: ignore[arg-type]


def left_with_less(session: Session):  # type: ignore[no-untyped-def]
    """A list of two orders whose vehicle took the first only."""
    packed(session, ("1", 2), ("2", 5))
    made = declare(session)
    made.list_no, made.state = "QD889926E000000900", ListState.PRE_BOOKED
    truck = gate_pass(session, made)
    hand = Hand(session=session, flow=LOADING)
    hand.scan(truck.pass_no, "SF000000000001")
    assert departure.pass_by_hand(session, truck, PASSING).stayed == 1
    session.add(Vehicle(plate="藏A2", tare_kg=Decimal(3000)))
    session.flush()
    return made


def test_what_a_vehicle_left_behind_goes_on_another_with_a_pass_of_its_own(session: Session) -> None:
    """One list on several vehicles: the second pass says in goods lines what is left, and weighs that alone."""
    made = left_with_less(session)
    assert lists_without_pass(session) == [made]
    assert left_behind(session) == {made.list_no: 1}

    issued = issue_pass(session, [made], plate="藏A2", contact="测试", sender_id="DXPTEST", day=DAY, at=AT)

    body = sent(session, "SAS121")
    assert isinstance(body, GatePassDraft)
    (line,) = body.lines
    assert (body.head.bind_type, line.list_line_no, line.quantity) == ("3", 1, Decimal(5))
    second = session.scalars(select(Parcel).where(Parcel.state == ParcelState.SEALED)).one()
    assert body.head.gross_kg == Decimal(second.weight_g or 0) / 1000
    assert lists_without_pass(session) == []

    issued.pass_no, issued.state = "Z2", PassState.APPROVED
    hand = Hand(session=session, flow=LOADING)
    hand.scan("Z2")
    assert hand.screen.progress is not None
    assert (hand.screen.progress.done, hand.screen.progress.total) == (0, 1)
    hand.follow()
    assert departure.pass_by_hand(session, issued, PASSING).parcels == 1
    assert exit_lists.lists_left(session) == {made.id}
    with pytest.raises(exit_declaring.OnOtherPass):
        issue_pass(session, [made], plate="藏A2", contact="测试", sender_id="DXPTEST", day=DAY, at=AT)


def test_a_rest_rides_alone(session: Session) -> None:
    made = left_with_less(session)
    other = exit_list(session, [], number="QD889926E000000901")

    with pytest.raises(exit_declaring.RestRidesAlone):
        issue_pass(session, [made, other], plate="藏A2", contact="测试", sender_id="DXPTEST", day=DAY, at=AT)


def test_what_is_declared_is_what_was_asked_for(session: Session) -> None:
    """Somebody else declared meanwhile: the page was old, and nothing is declared in its name."""
    packed(session, ("1", 2), ("2", 5))

    assert len(first_waiting(session, 2)) == 2
    with pytest.raises(exit_declaring.FewerWait):
        first_waiting(session, 3)
    with pytest.raises(exit_lists.NothingListed):
        first_waiting(session, -1)


def test_a_vehicle_has_one_pass_at_a_time(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    found = gate_pass(session, exit_list(session, [first]), vehicle="藏A1")

    with pytest.raises(PassStillOpen):
        check_vehicle_free(session, "藏A1", side=Side.OUT)
    found.state = PassState.RETURNED
    session.flush()
    check_vehicle_free(session, "藏A1", side=Side.OUT)


def test_a_vehicle_that_is_being_unloaded_does_not_come_in_again(session: Session) -> None:
    lay_bins(session, "BIN-A: 5 × L1")
    (first,) = release(session, ("1", 2))
    inside = gate_pass(
        session, exit_list(session, [first]), vehicle="藏A1", state=PassState.PASSED, side=Side.IN
    )

    with pytest.raises(VehicleInside):
        check_vehicle_free(session, "藏A1", side=Side.IN)
    check_vehicle_free(session, "藏A1", side=Side.OUT)
    inside.receipt_closed_at = AT
    session.flush()
    check_vehicle_free(session, "藏A1", side=Side.IN)


class TestTheGatesWord:
    def test_an_approved_load_is_let_out_and_the_receipt_finds_it_gone(self, session: Session) -> None:
        packed(session, ("1", 2))
        chosen = waiting_for_exit(session)
        truck = gate_pass(session, exit_list(session, chosen))
        with pytest.raises(departure.NothingLoaded):
            departure.pass_by_hand(session, truck, PASSING)
        work(session, LOADING, truck.pass_no)

        departed = departure.pass_by_hand(session, truck, PASSING)

        assert departed.parcels == 1
        assert departure.pass_outbound(session, truck, PASSING) is None

    def test_a_barred_parcel_bars_the_vehicle(self, session: Session) -> None:
        packed(session, ("1", 2))
        (first,) = waiting_for_exit(session)
        truck = gate_pass(session, exit_list(session, [first]))
        work(session, LOADING, truck.pass_no)
        first.cancel_pending = True
        session.flush()

        with pytest.raises(departure.LoadBarred):
            departure.pass_by_hand(session, truck, PASSING)
        assert session.scalars(select(Parcel.state)).all() == [ParcelState.LOADED]

    def test_a_vehicle_that_is_not_approved_stays(self, session: Session) -> None:
        packed(session, ("1", 2))
        truck = gate_pass(session, exit_list(session, waiting_for_exit(session)), state=PassState.DECLARED)

        with pytest.raises(departure.NotToPass):
            departure.pass_by_hand(session, truck, PASSING)
