"""Explanations: rules by name, prices by the fen, bottlenecks by their dual price."""

from dataclasses import replace

import pytest

from routing.check import broken_promises
from routing.errors import BadInput
from routing.explain import Explainer
from routing.generate import generate
from routing.itineraries import certificate, certificates, find_itineraries
from routing.planner import plan_shipments
from routing.timetable import Rule, Status
from routing.values import GoodsClass
from tests.routing.planning_makers import departure, hour, problem, spec, two_ports, with_departures


def test_the_certificate_gives_the_earliest_arrival() -> None:
    made = two_ports()
    found = certificate(made, made.consignments[0])

    assert found.earliest_at == made.departure_of["BD0"].ready_at
    assert found.departures == ("AB0", "BD0")


@pytest.mark.parametrize(
    ("change", "of_spec", "rule"),
    [
        ({"barred_by": Rule.CLOSURE, "barred_note": "B is closed by X"}, {}, Rule.CLOSURE),
        ({"barred_by": Rule.SEASON}, {}, Rule.SEASON),
        ({"barred_by": Rule.VEHICLE_LIMIT}, {}, Rule.VEHICLE_LIMIT),
        ({"status": Status.CANCELLED}, {}, Rule.CANCELLED),
        ({"classes": (GoodsClass.GENERAL,)}, {"goods": GoodsClass.REEFER}, Rule.GOODS_CLASS),
        ({"item_lists": ("nathu-la-export",)}, {}, Rule.ITEM_LIST),
        ({"crosses_border": True}, {"declared_at": hour(20)}, Rule.DOCUMENTS),
        ({}, {"latest_at": hour(12), "due_at": hour(12)}, Rule.TIME),
        ({}, {"release_at": hour(30)}, Rule.SERVICE),
    ],
)
def test_the_one_rule_that_blocks_is_named(
    change: dict[str, object], of_spec: dict[str, object], rule: Rule
) -> None:
    """One departure, one rule against it."""
    row = departure("AD", "A", "D", leaves=10, hours=5)
    made = problem([replace(row, **change)], [spec("S", "A", "D", **of_spec)])
    plan = plan_shipments(made, moves=20)

    assert certificate(made, made.consignments[0]).blocked_by == (rule,)
    assert Explainer(made, plan).why("S").sentences[0].startswith(f"There is no way at all: {rule}: ")
    assert plan.refusals[0].because == "rule"
    assert plan.refusals[0].blocked_by == (rule,)


def test_two_rules_are_named_only_when_no_single_one_would_do() -> None:
    made = problem(
        [
            departure("AB", "A", "B", leaves=5, hours=2, barred_by=Rule.CLOSURE),
            departure("BD", "B", "D", leaves=10, hours=2, barred_by=Rule.SEASON),
        ],
        [spec("S", "A", "D")],
    )

    assert certificate(made, made.consignments[0]).blocked_by == (Rule.CLOSURE, Rule.SEASON)


def test_what_no_departure_holds_is_refused_by_capacity_and_not_said_to_arrive() -> None:
    """Five tonnes alone on a way of one-tonne units: the certificate counts its own size, not others'."""
    row = departure("AD", "A", "D", leaves=10, hours=5, units=1)
    made = problem([row], [spec("BIG", "A", "D", mass_kg=50_000)])

    found = certificate(made, made.consignments[0])
    assert (found.earliest_at, found.blocked_by) == (None, (Rule.CAPACITY,))
    assert "AD: its 1 units hold less than 50000 kg" in found.note
    assert plan_shipments(made, moves=20).refusals[0].because == "capacity"


def test_a_network_in_two_parts_refuses_by_name_and_quickly() -> None:
    """No rule to lift opens a way: said at once, for each of many."""
    rows = [
        departure("AB", "A", "B", leaves=5, hours=2, barred_by=Rule.CLOSURE),
        departure("CD", "C", "D", leaves=5, hours=2, status=Status.CANCELLED),
    ]
    made = problem(rows, [spec(f"S{n}", "A", "D") for n in range(300)])
    plan = plan_shipments(made, moves=20)

    assert len(plan.refused) == 300
    assert {refusal.blocked_by for refusal in plan.refusals} == {(Rule.SERVICE,)}
    assert all("from A to D" in refusal.note for refusal in plan.refusals)
    assert broken_promises(made, plan) == []


def test_every_planned_consignment_shows_its_earliest_arrival() -> None:
    made = generate(consignments=40, seed=2)
    plan = plan_shipments(made, moves=50, with_bound=False)
    earliest = {one.consignment: one.earliest_at for one in certificates(made)}

    for itinerary in plan.itineraries:
        assert itinerary.earliest_at == earliest[itinerary.consignment]
        assert itinerary.earliest_at <= itinerary.ready_at


def test_refused_by_capacity_names_the_full_departure() -> None:
    row = departure("AD", "A", "D", leaves=10, hours=5, units=1)
    made = problem([row], [spec("BIG", "A", "D", mass_kg=9_000), spec("SMALL", "A", "D", mass_kg=5_000)])
    plan = plan_shipments(made, moves=100)

    (refused,) = plan.refusals
    assert refused.because == "capacity"
    assert refused.departures == ("AD",)
    assert Explainer(made, plan).bottlenecks()[0]["departure"] == "AD"
    assert Explainer(made, plan).bottlenecks()[0]["would_take"] == [refused.consignment]


def test_the_next_best_way_is_priced_against_the_plan() -> None:
    """What the other way costs more is what a plan forced onto it costs more."""
    made = two_ports()
    alone = problem(list(made.departures), [made.consignments[0]])
    plan = plan_shipments(alone, moves=200)
    found = Explainer(alone, plan).why("S0")

    assert found.chosen is not None
    assert round(found.chosen.cost * 100) == round(plan.cost * 100)
    for other in found.others:
        assert other.cost >= found.chosen.cost
        forced = problem(
            [row for row in alone.departures if row.code in other.departures], [alone.consignments[0]]
        )
        assert round(plan_shipments(forced, moves=50).cost * 100) == round(other.cost * 100)


def test_why_not_that_port_names_the_rule_or_the_price() -> None:
    made = two_ports()
    alone = problem(list(made.departures), [made.consignments[0]])
    plan = plan_shipments(alone, moves=200)
    used = {leg.destination for leg in plan.itineraries[0].legs}
    other = "B" if "B" not in used else "C"

    assert "CNY" in Explainer(alone, plan).why_not("S0", other)
    assert "does travel over" in Explainer(alone, plan).why_not("S0", "D")

    shut = [
        replace(row, barred_by=Rule.CLOSURE, barred_note=f"{other} is closed by X")
        for row in alone.departures
        if row.destination == other
    ]
    closed = with_departures(alone, *shut)
    again = plan_shipments(closed, moves=200)
    assert f"{other} is closed by X" in Explainer(closed, again).why_not("S0", other)
    with pytest.raises(BadInput, match="Place 'MOON' is unknown"):
        Explainer(alone, plan).why_not("S0", "MOON")


def test_the_itinerary_finder_lists_ways_without_planning() -> None:
    made = two_ports()
    ways = list(find_itineraries(made, made.consignments[0], most=10))

    assert ("AB0", "BD0") in [tuple(row.code for row in way) for way in ways]
    assert len(ways) == 6
