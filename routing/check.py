"""Judges any plan against its problem, with no solver and none of the planner's arrays.

Everything is computed anew from the departures and consignments; an empty list means the plan keeps
all its promises.
"""

from collections import Counter, defaultdict
from dataclasses import fields
from itertools import pairwise

from routing import cost
from routing.cost import CostParts
from routing.demand import RouteSpec
from routing.network import Place
from routing.plan import Itinerary, Plan, Stuffed, gap_of
from routing.problem import Problem
from routing.timetable import Departure, Rule, Status
from routing.values import TRAVEL_ALONE, GoodsClass

CENT = 0.006  # money is shown in yuan with two digits


def broken_promises(problem: Problem, plan: Plan) -> list[str]:
    """One sentence for each way in which the plan is wrong; empty when it is right."""
    broken = []
    if plan.problem != problem.hash:
        broken.append("The plan was made for another problem: the hash differs.")
    known = {itinerary.consignment for itinerary in plan.itineraries} | set(plan.refused)
    broken += [f"{code} is no consignment of this problem." for code in sorted(known - set(problem.spec_of))]
    answers = Counter([itinerary.consignment for itinerary in plan.itineraries] + list(plan.refused))
    for code in problem.spec_of:
        if answers[code] != 1:
            broken.append(f"{code} is answered {answers[code]} times instead of once.")
    named = Counter(refusal.consignment for refusal in plan.refusals)
    if named != Counter(plan.refused):
        broken.append("The refusals with reasons are not the list of refused.")
    for itinerary in plan.itineraries:
        spec = problem.spec_of.get(itinerary.consignment)
        if spec is not None:
            broken += _broken_legs(problem, spec, itinerary)
    broken += _broken_loads(problem, plan) + _broken_money(problem, plan)
    return broken + [fault for one in plan.stuffing for fault in _broken_stuffing(problem, plan, one)]


def _broken_legs(problem: Problem, spec: RouteSpec, itinerary: Itinerary) -> list[str]:
    who = spec.code
    if not itinerary.legs:
        return [f"{who} has an itinerary without legs."]
    way: list[Departure] = []
    for leg in itinerary.legs:
        departure = problem.departure_of.get(leg.departure)
        if departure is None:
            return [f"{who} boards {leg.departure}, which does not exist."]
        way.append(departure)
    broken = []
    for leg, departure in zip(itinerary.legs, way, strict=True):
        if (leg.origin, leg.destination) != (departure.origin, departure.destination):
            broken.append(f"{who} boards {leg.departure} at other places than it calls at.")
        if (leg.departs_at, leg.arrives_at) != (departure.departs_at, departure.arrives_at):
            broken.append(f"{who} boards {leg.departure} at other times than it runs.")
        broken += [
            f"{who} boards {leg.departure} against the rule {rule}."
            for rule in _rules_against(problem, spec, departure)
        ]
    if way[0].origin != spec.origin:
        broken.append(f"{who} starts at {way[0].origin}, not at {spec.origin}.")
    if way[-1].destination != spec.destination:
        broken.append(f"{who} ends at {way[-1].destination}, not at {spec.destination}.")
    if way[0].cutoff_at < spec.release_at:
        broken.append(f"{who} boards {way[0].code}, whose cut-off is before its release.")
    for earlier, later in pairwise(way):
        if later.origin != earlier.destination:
            broken.append(f"{who} jumps from {earlier.destination} to {later.origin}.")
        if later.cutoff_at < earlier.ready_at:
            broken.append(f"{who} misses the cut-off of {later.code}.")
    if way[-1].ready_at > spec.latest_at:
        broken.append(f"{who} arrives after its last useful moment.")
    return broken + _broken_figures(problem, spec, itinerary, way)


def _rules_against(problem: Problem, spec: RouteSpec, departure: Departure) -> list[Rule]:
    places = {place.code: place for place in problem.network.places}
    items = {table.code: table.items for table in problem.network.item_lists}
    against = [departure.barred_by] if departure.barred_by else []
    if departure.status in (Status.CANCELLED, Status.DEPARTED):
        against.append(Rule.CANCELLED)
    classes = (departure.classes, places[departure.origin].classes, places[departure.destination].classes)
    if not all(spec.goods in allowed for allowed in classes):
        against.append(Rule.GOODS_CLASS)
    if any(
        spec.goods is not GoodsClass.LIST_TRADE or spec.item not in items.get(code, ())
        for code in departure.item_lists
    ):
        against.append(Rule.ITEM_LIST)
    if departure.crosses_border and spec.declared_at and spec.declared_at > departure.cutoff_at:
        against.append(Rule.DOCUMENTS)
    return against


def _broken_figures(
    problem: Problem, spec: RouteSpec, itinerary: Itinerary, way: list[Departure]
) -> list[str]:
    broken = []
    if itinerary.ready_at != way[-1].ready_at:
        broken.append(f"{spec.code} is said to be ready at another time than its last departure brings.")
    if itinerary.late_ready_at < itinerary.ready_at:
        broken.append(f"{spec.code} has an arrival range that ends before it starts.")
    if itinerary.earliest_at is not None and itinerary.earliest_at > itinerary.ready_at:
        broken.append(f"{spec.code} arrives before its earliest arrival: one of them is wrong.")
    days = max(0, cost.late_days(problem.minute(way[-1].ready_at), problem.minute(spec.due_at)))
    if itinerary.late_days != days:
        broken.append(f"{spec.code} is {days} days late, not {itinerary.late_days}.")
    if itinerary.parts != parts_of(problem, spec, way):
        broken.append(f"{spec.code} costs other amounts than the plan says.")
    if itinerary.co2_g != sum(cost.co2_g(spec.mass_kg, leg.co2_g_per_t) for leg in way):
        broken.append(f"{spec.code} emits another amount than the plan says.")
    return broken


def parts_of(problem: Problem, spec: RouteSpec, way: list[Departure]) -> CostParts:
    """The cost of one itinerary in fen, part by part, without opening."""
    places: dict[str, Place] = {place.code: place for place in problem.network.places}
    weights, mass = problem.weights, spec.mass_kg
    storage, here, since = 0, spec.origin, spec.release_at
    for departure in way:
        rate = places[here].storage_fen_per_t_day
        storage += cost.storage_until(mass, rate, problem.minute(departure.departs_at))
        storage -= cost.storage_until(mass, rate, problem.minute(since))
        here, since = departure.destination, departure.ready_at
    ready = problem.minute(way[-1].ready_at)
    days = max(0, cost.late_days(ready, problem.minute(spec.due_at)))
    kept = problem.previous.get(spec.code)
    changed = sum(departure.code not in kept for departure in way) if kept is not None else 0
    risk = sum(cost.by_mass(mass, leg.risk_fen_per_t) for leg in way) if weights.weigh_risk else 0
    return CostParts(
        linehaul=sum(cost.by_mass(mass, departure.fen_per_t) for departure in way),
        handling=sum(cost.by_mass(mass, places[leg.destination].handling_fen_per_t) for leg in way),
        storage=storage,
        capital=cost.capital_fen(
            spec.value_fen, weights.interest_basis_points, ready - problem.minute(spec.release_at)
        ),
        lateness=days * spec.late_fen_per_day,
        co2=sum(cost.co2_fen(mass, departure.co2_g_per_t, weights.co2_fen_per_t) for departure in way),
        risk=risk,
        change=changed * weights.change_fen,
    )


def _broken_loads(problem: Problem, plan: Plan) -> list[str]:
    travellers: dict[str, list[str]] = defaultdict(list)
    for itinerary in plan.itineraries:
        for leg in itinerary.legs:
            travellers[leg.departure].append(itinerary.consignment)
    broken: list[str] = []
    shown = Counter(load.departure for load in plan.departures)
    broken += [
        f"{code} is shown {shown[code]} times with a load."
        for code in sorted(set(travellers) | set(shown))
        if shown[code] != (code in travellers)
    ]
    for load in plan.departures:
        departure = problem.departure_of.get(load.departure)
        if departure is None:
            broken.append(f"{load.departure} carries a load but does not exist.")
            continue
        manifest = travellers.get(load.departure, [])
        if sorted(manifest) != sorted(load.consignments):
            broken.append(f"The manifest of {load.departure} is not who travels on it.")
        specs = [problem.spec_of[code] for code in manifest if code in problem.spec_of]
        mass, volume = sum(spec.mass_kg for spec in specs), sum(spec.volume_l for spec in specs)
        if (mass, volume) != (load.mass_kg, load.volume_l):
            broken.append(f"{load.departure} carries {mass} kg and {volume} l, not what the plan says.")
        if load.units < departure.units_for(mass, volume):
            broken.append(
                f"{load.departure} needs {departure.units_for(mass, volume)} units, not {load.units}."
            )
        if load.units > departure.units or load.units_most != departure.units:
            broken.append(f"{load.departure} has {departure.units} units; the plan says otherwise.")
    return broken


def _broken_stuffing(problem: Problem, plan: Plan, stuffed: Stuffed) -> list[str]:
    """Every traveller whole in the units planned, none overfull, no company that is not allowed."""
    load = next((load for load in plan.departures if load.departure == stuffed.departure), None)
    row = problem.departure_of.get(stuffed.departure)
    if load is None or row is None:
        return [f"{stuffed.departure} is stuffed but carries nothing."]
    if not stuffed.packs:
        return []
    broken: list[str] = []
    whole: dict[str, tuple[int, int]] = dict.fromkeys(load.consignments, (0, 0))
    for unit in stuffed.units:
        mass, volume = sum(one.mass_kg for one in unit), sum(one.volume_l for one in unit)
        if mass > row.capacity_kg or volume > row.capacity_l:
            broken.append(f"A unit of {row.code} is stuffed with {mass} kg and {volume} l; it holds less.")
        company = {one.goods if one.goods in TRAVEL_ALONE else None for one in unit}
        if len(company) > 1:
            broken.append(f"A unit of {row.code} mixes goods that keep no company.")
        for one in unit:
            kilograms, litres = whole.get(one.consignment, (0, 0))
            whole[one.consignment] = (kilograms + one.mass_kg, litres + one.volume_l)
    real = {code: problem.spec_of[code] for code in load.consignments if code in problem.spec_of}
    if whole != {code: (spec.mass_kg, spec.volume_l) for code, spec in real.items()}:
        broken.append(f"What is stuffed into {row.code} is not what travels on it.")
    if len(stuffed.units) > load.units:
        broken.append(f"{row.code} is stuffed into {len(stuffed.units)} units and has {load.units} open.")
    return broken


def _broken_money(problem: Problem, plan: Plan) -> list[str]:
    broken = []
    opening = sum(
        problem.departure_of[load.departure].unit_fen * load.units
        for load in plan.departures
        if load.departure in problem.departure_of
    )
    refusal = sum(problem.spec_of[code].refusal_fen for code in plan.refused if code in problem.spec_of)
    parts = CostParts(opening=opening, refusal=refusal)
    for itinerary in plan.itineraries:
        parts += itinerary.parts
    broken += [
        f"The part {part.name} is {getattr(parts, part.name)} fen, not what the plan says."
        for part in fields(CostParts)
        if getattr(parts, part.name) != getattr(plan.parts, part.name)
    ]
    if abs(parts.total / 100 - plan.cost) > CENT:
        broken.append(f"The cost is {parts.total / 100:.2f}, not {plan.cost:.2f}.")
    if plan.bound > plan.cost + CENT:
        broken.append("The bound is above the cost: one of them is wrong.")
    gaps = ((plan.gap_global, plan.bound), (plan.gap_pool, plan.pool_bound))
    if any(abs(gap - gap_of(plan.cost, bound)) > 0.001 for gap, bound in gaps):
        broken.append("A gap is not what cost and bound give.")
    late = tuple(itinerary.consignment for itinerary in plan.itineraries if itinerary.late_days)
    if sorted(late) != sorted(plan.late):
        broken.append("The list of late consignments is not who is late.")
    if plan.co2_kg != sum(itinerary.co2_g for itinerary in plan.itineraries) // 1000:
        broken.append("The emissions are not the sum of the itineraries.")
    return broken
