"""After a disruption: history stays, what is under way goes on, others change only for a reason."""

from datetime import timedelta

import pytest

from routing.check import broken_promises
from routing.errors import BadInput
from routing.generate import generate
from routing.network import Closure
from routing.plan import Plan
from routing.planner import plan_shipments
from routing.problem import Problem
from routing.replan import Disruption, Late, Lost, Remainder, remainder, replan, three_points
from routing.stress import scenarios, stress
from tests.routing.planning_makers import hour, two_ports


@pytest.fixture(scope="module")
def made() -> Problem:
    """Large enough that a closed port displaces dozens."""
    return generate(consignments=250, seed=3)


@pytest.fixture(scope="module")
def plan(made: Problem) -> Plan:
    return plan_shipments(made, moves=8_000, seed=1, with_bound=False)


@pytest.fixture(scope="module")
def left(made: Problem, plan: Plan) -> Remainder:
    """Gyirong shuts for days 8 to 14, known on day 7."""
    known = made.starts_at + timedelta(days=7)
    shut = Closure(
        code="FLOOD", what="GYI", starts_at=known + timedelta(days=1), ends_at=known + timedelta(days=8)
    )
    return remainder(made, plan, Disruption(known_at=known, closures=(shut,)))


def test_what_departed_is_frozen_and_goods_under_way_start_where_they_land(
    made: Problem, plan: Plan, left: Remainder
) -> None:
    known = made.starts_at + timedelta(days=7)
    ways = plan.itinerary_of()
    assert left.frozen
    for code, done in left.frozen.items():
        legs = ways[code].legs
        assert done == tuple(leg.departure for leg in legs if leg.departs_at < known)
        if code not in left.arrived:
            last = made.departure_of[done[-1]]
            spec = left.problem.spec_of[code]
            assert (spec.origin, spec.release_at) == (last.destination, last.ready_at)


def test_three_points_show_the_price_of_keeping_the_plan(left: Remainder) -> None:
    """Dearer change, fewer changes; the unaffected change rarely, and each with a reason."""
    points = three_points(left, moves=4_000)

    assert left.affected
    assert len(points["keep"].changed) <= len(points["balanced"].changed) <= len(points["reoptimise"].changed)
    # of 1,000 consignments at most 2 % (make bench-routing); here each is worth half a per cent
    assert len(points["keep"].changed) <= 0.03 * len(left.start)
    for point in points.values():
        priced = left.problem.with_weights(change_fen=point.change_fen)
        assert broken_promises(priced, point.plan) == []
        assert all(point.changed.values())
        assert set(left.affected) >= set(point.displaced)


def test_the_displaced_pay_nothing_for_change(left: Remainder) -> None:
    """They have no choice; the price protects those who have."""
    assert set(left.problem.previous) == set(left.kept) - set(left.affected)
    keep = three_points(left, names=("keep",), moves=500)["keep"]
    ways = {one.consignment: one.parts.change for one in keep.plan.itineraries}
    assert all(ways.get(code, 0) == 0 for code in left.affected)
    assert {code for code, fen in ways.items() if fen} <= set(keep.changed)


def test_without_a_disruption_nothing_changes(made: Problem, plan: Plan) -> None:
    """A price on change, and no reason to change."""
    found = replan(
        made, plan, Disruption(known_at=made.starts_at + timedelta(days=5)), change_fen=10**8, moves=500
    )

    assert found.displaced == ()
    assert found.changed == {}


def test_late_trains_and_lost_units_displace_only_who_is_hit() -> None:
    made = two_ports()
    plan = plan_shipments(made, moves=300)
    full = max(plan.departures, key=lambda load: load.mass_kg)
    before = hour(-1)

    lost = remainder(made, plan, Disruption(known_at=before, lost=(Lost(departure=full.departure, units=0),)))
    assert set(lost.affected) == set(full.consignments)

    late = remainder(
        made, plan, Disruption(known_at=before, late=(Late(departure=full.departure, minutes=600),))
    )
    row = late.problem.departure_of[full.departure]
    assert row.arrives_at == made.departure_of[full.departure].arrives_at + timedelta(minutes=600)

    none = remainder(made, plan, Disruption(known_at=before, cancelled=(full.departure,)))
    assert set(none.affected) == set(full.consignments)


def test_a_disruption_of_the_unknown_is_refused() -> None:
    made = two_ports()
    plan = plan_shipments(made, moves=50)

    with pytest.raises(BadInput, match="departure 'NEVER' is unknown"):
        remainder(made, plan, Disruption(known_at=hour(0), cancelled=("NEVER",)))
    with pytest.raises(BadInput, match="another problem"):
        remainder(generate(consignments=2, seed=1), plan, Disruption(known_at=hour(0)))


def test_the_stress_table_has_each_port_and_week_and_losing_a_port_costs() -> None:
    made = two_ports()
    plan = plan_shipments(made, moves=300)
    table = stress(made, plan, moves=200)

    assert [(loss.port, loss.starts_at) for loss in table] == [("B", "2026-08-03T00:00Z")]
    assert len(table) == len(list(scenarios(made)))
    assert all(loss.cost_percent >= 0 for loss in table)
