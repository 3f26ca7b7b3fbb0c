"""The checker refuses a plan broken in each of more than twenty ways."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from routing.check import broken_promises
from routing.plan import Plan
from routing.planner import plan_shipments
from routing.problem import Problem
from routing.timetable import Rule, Status
from routing.values import GoodsClass
from tests.routing.planning_makers import departure, hour, problem, spec, two_ports, with_departures


@pytest.fixture(scope="module")
def made() -> Problem:
    """Two ports, and a seventh consignment nobody can carry."""
    base = two_ports()
    lost = spec("LOST", "D", "A")
    return problem(list(base.departures), [*base.consignments, lost])


@pytest.fixture(scope="module")
def plan(made: Problem) -> Plan:
    return plan_shipments(made, moves=400, seed=1)


def first(plan: Plan, **changed: object) -> Plan:
    """The plan with its first itinerary changed."""
    head, *rest = plan.itineraries
    return replace(plan, itineraries=(replace(head, **changed), *rest))  # type: ignore[arg-type]


def first_leg(plan: Plan, **changed: object) -> Plan:
    legs = plan.itineraries[0].legs
    return first(plan, legs=(replace(legs[0], **changed), *legs[1:]))  # type: ignore[arg-type]


def load(plan: Plan, **changed: object) -> Plan:
    head, *rest = plan.departures
    return replace(plan, departures=(replace(head, **changed), *rest))  # type: ignore[arg-type]


BROKEN_PLANS: dict[str, Callable[[Plan], Plan]] = {
    "another problem's plan": lambda plan: replace(plan, problem="0" * 64),
    "a consignment left out": lambda plan: replace(plan, itineraries=plan.itineraries[1:]),
    "a consignment answered twice": lambda plan: replace(
        plan, itineraries=(*plan.itineraries, plan.itineraries[0])
    ),
    "planned and refused at once": lambda plan: replace(
        plan, refused=(*plan.refused, plan.itineraries[0].consignment)
    ),
    "a consignment nobody gave": lambda plan: first(plan, consignment="GHOST"),
    "a refusal without its reason": lambda plan: replace(plan, refusals=()),
    "an itinerary without legs": lambda plan: first(plan, legs=()),
    "a departure that does not exist": lambda plan: first_leg(plan, departure="NEVER"),
    "a leg between other places": lambda plan: first_leg(plan, destination="Z"),
    "a leg at another time": lambda plan: first_leg(plan, departs_at=hour(1)),
    "the first leg left out": lambda plan: first(plan, legs=plan.itineraries[0].legs[1:]),
    "the last leg left out": lambda plan: first(plan, legs=plan.itineraries[0].legs[:-1]),
    "legs in the wrong order": lambda plan: first(plan, legs=plan.itineraries[0].legs[::-1]),
    "a wrong time of arrival": lambda plan: first(plan, ready_at=hour(1)),
    "an arrival range that ends early": lambda plan: first(
        plan, late_ready_at=plan.itineraries[0].ready_at - timedelta(minutes=1)
    ),
    "a wrong number of late days": lambda plan: first(plan, late_days=9),
    "a wrong part of the cost": lambda plan: first(
        plan, parts=replace(plan.itineraries[0].parts, storage=plan.itineraries[0].parts.storage + 1)
    ),
    "wrong emissions of one": lambda plan: first(plan, co2_g=plan.itineraries[0].co2_g + 1),
    "a unit too few": lambda plan: load(plan, units=plan.departures[0].units - 1),
    "other units than there are": lambda plan: load(plan, units_most=99),
    "a wrong mass": lambda plan: load(plan, mass_kg=1),
    "a wrong manifest": lambda plan: load(plan, consignments=("LOST",)),
    "a load left out": lambda plan: replace(plan, departures=plan.departures[1:]),
    "a load on no departure": lambda plan: load(plan, departure="NEVER"),
    "a cost that is not the sum": lambda plan: replace(plan, cost=plan.cost - 1),
    "a sum of parts that is not one": lambda plan: replace(
        plan, parts=replace(plan.parts, opening=plan.parts.opening - 1)
    ),
    "a bound above the cost": lambda plan: replace(plan, bound=plan.cost + 1, gap_global=0.0),
    "a gap that was made up": lambda plan: replace(plan, gap_global=50.0),
    "a late list that hides one": lambda plan: replace(plan, late=("S0", "S1")),
    "wrong emissions of all": lambda plan: replace(plan, co2_kg=plan.co2_kg + 1),
}


def test_a_plan_of_the_planner_keeps_its_promises(made: Problem, plan: Plan) -> None:
    assert broken_promises(made, plan) == []
    assert plan.refused == ("LOST",)


@pytest.mark.parametrize("way", BROKEN_PLANS)
def test_the_checker_refuses(made: Problem, plan: Plan, way: str) -> None:
    """Each of these is one change to a right plan."""
    assert broken_promises(made, BROKEN_PLANS[way](plan)) != []


def rebuilt(made: Problem, plan: Plan, changed: Problem) -> list[str]:
    """What is broken in the same plan under a changed world, the hash aside."""
    return broken_promises(changed, replace(plan, problem=changed.hash))


def test_the_checker_refuses_what_the_rules_bar(made: Problem, plan: Plan) -> None:
    """Closure, cancellation, goods class, item list, documents and cut-off, one by one."""
    code = plan.itineraries[0].legs[0].departure
    row = made.departure_of[code]
    changes = {
        "closure": {"barred_by": Rule.CLOSURE},
        "cancelled": {"status": Status.CANCELLED},
        "goods_class": {"classes": (GoodsClass.REEFER,)},
        "item_list": {"item_lists": ("nathu-la-export",)},
    }
    for rule, change in changes.items():
        changed = with_departures(made, replace(row, **change))  # type: ignore[arg-type]
        assert any(f"against the rule {rule}" in said for said in rebuilt(made, plan, changed)), rule

    crossing = next(
        leg.departure for leg in plan.itineraries[0].legs if made.departure_of[leg.departure].crosses_border
    )
    late = replace(made.consignments[0], declared_at=made.departure_of[crossing].departs_at)
    undeclared = replace(made, consignments=(late, *made.consignments[1:]))
    assert any("against the rule documents" in said for said in rebuilt(made, plan, undeclared))

    unreleased = replace(made.consignments[0], release_at=row.departs_at)
    changed = replace(made, consignments=(unreleased, *made.consignments[1:]))
    assert any("cut-off is before its release" in said for said in rebuilt(made, plan, changed))


def test_the_checker_refuses_more_units_than_run() -> None:
    row = departure("AD", "A", "D", leaves=10, hours=5, units=2)
    made = problem([row], [spec("S", "A", "D", mass_kg=15_000)])
    plan = plan_shipments(made, moves=50)
    assert plan.departures[0].units == 2

    fewer = with_departures(made, replace(row, units=1))
    assert any("has 1 units" in said for said in rebuilt(made, plan, fewer))
