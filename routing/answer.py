"""Turns the planner's arrays back into a plan with names, times and money."""

from datetime import datetime, timedelta

import numpy as np

from routing.bound import BoundState
from routing.check import parts_of
from routing.cost import CostParts, co2_g, late_days
from routing.demand import RouteSpec
from routing.insertion import State, cheapest, empty_state, fixed_from
from routing.itineraries import certificate
from routing.options import Ints, Options
from routing.plan import Itinerary, Leg, Load, Plan, Refused, gap_of
from routing.problem import Problem
from routing.timetable import Departure, Rule

ENGINE = "close-and-reinsert/1"


def write_plan(
    options: Options, *, length: Ints, path: Ints, bound: BoundState, seed: int, moves: int, stopped: str
) -> Plan:
    """The plan held in ``length`` and ``path`` (legs by consignment), with everything a reader asks."""
    problem = options.problem
    ways = _ways(options, length, path)
    itineraries = tuple(
        _itinerary(problem, spec, way, earliest=problem.starts_at + timedelta(minutes=int(earliest)))
        for spec, way, earliest in zip(problem.consignments, ways, options.earliest, strict=True)
        if way
    )
    refused = tuple(spec.code for spec, way in zip(problem.consignments, ways, strict=True) if not way)
    loads = _loads(options, itineraries, bound)
    opening = sum(problem.departure_of[load.departure].unit_fen * load.units for load in loads)
    parts = CostParts(opening=opening, refusal=sum(problem.spec_of[code].refusal_fen for code in refused))
    for itinerary in itineraries:
        parts += itinerary.parts
    fen = min(bound.fen, parts.total)
    pool = min(max(bound.pool_fen, fen), parts.total)
    return Plan(
        problem=problem.hash,
        seed=seed,
        moves=moves,
        engine=ENGINE,
        cost=parts.total / 100,
        bound=fen / 100,
        pool_bound=pool / 100,
        gap_global=gap_of(parts.total / 100, fen / 100),
        gap_pool=gap_of(parts.total / 100, pool / 100),
        parts=parts,
        co2_kg=sum(itinerary.co2_g for itinerary in itineraries) // 1000,
        late=tuple(itinerary.consignment for itinerary in itineraries if itinerary.late_days),
        refused=refused,
        itineraries=itineraries,
        refusals=_refusals(options, length, path),
        departures=loads,
        stopped=stopped,
    )


def _ways(options: Options, length: Ints, path: Ints) -> list[list[Departure]]:
    departures = options.problem.departures
    return [
        [departures[options.leg_departure[path[i, spot]]] for spot in range(length[i])]
        for i in range(options.consignments)
    ]


def _itinerary(problem: Problem, spec: RouteSpec, way: list[Departure], *, earliest: datetime) -> Itinerary:
    delay = sum(departure.delay_minutes for departure in way)
    ready = way[-1].ready_at
    return Itinerary(
        consignment=spec.code,
        legs=tuple(
            Leg(
                departure=departure.code,
                origin=departure.origin,
                destination=departure.destination,
                departs_at=departure.departs_at,
                arrives_at=departure.arrives_at,
            )
            for departure in way
        ),
        ready_at=ready,
        late_ready_at=ready + timedelta(minutes=delay),
        late_days=max(0, late_days(problem.minute(ready), problem.minute(spec.due_at))),
        parts=parts_of(problem, spec, way),
        co2_g=sum(co2_g(spec.mass_kg, departure.co2_g_per_t) for departure in way),
        earliest_at=earliest,
    )


def _loads(options: Options, itineraries: tuple[Itinerary, ...], bound: BoundState) -> tuple[Load, ...]:
    problem = options.problem
    travellers: dict[str, list[str]] = {}
    for itinerary in itineraries:
        for leg in itinerary.legs:
            travellers.setdefault(leg.departure, []).append(itinerary.consignment)
    loads = []
    for number, departure in enumerate(problem.departures):
        manifest = travellers.get(departure.code)
        if not manifest:
            continue
        mass = sum(problem.spec_of[code].mass_kg for code in manifest)
        volume = sum(problem.spec_of[code].volume_l for code in manifest)
        units = departure.units_for(mass, volume)
        priced = len(bound.mass_price) > 0
        loads.append(
            Load(
                departure=departure.code,
                units=units,
                units_most=departure.units,
                mass_kg=mass,
                volume_l=volume,
                fill_by_mass=round(100 * mass / (units * departure.capacity_kg), 1),
                fill_by_volume=round(100 * volume / (units * departure.capacity_l), 1),
                consignments=tuple(manifest),
                price_per_t=round(1000 * float(bound.mass_price[number]) / departure.usable_kg, 2)
                if priced
                else 0.0,
                price_per_m3=round(1000 * float(bound.volume_price[number]) / departure.usable_l, 2)
                if priced
                else 0.0,
                price_of_unit=round(max(0.0, -float(bound.unit_price[number])), 2) if priced else 0.0,
            )
        )
    return tuple(loads)


def _refusals(options: Options, length: Ints, path: Ints) -> tuple[Refused, ...]:
    """Why each refused consignment stays: no way by rule, no room, or carrying costs more than refusing."""
    if length.all():
        return ()
    problem = options.problem
    fixed, state = fixed_from(options), empty_state(options, seed=0)
    load_all(options, state, length, path)
    found = []
    for i in np.nonzero(length == 0)[0]:
        spec = problem.consignments[int(i)]
        if options.leg_ptr[i] == options.leg_ptr[i + 1]:
            found.append(_by_rule(problem, spec))
            continue
        empty = empty_state(options, seed=0)
        alone, legs = cheapest(fixed, empty, int(i), 256)  # with units bought by the kilogram
        full = [
            problem.departures[options.leg_departure[leg]].code
            for leg in empty.found[:legs]
            if _is_full(options, state, int(i), int(options.leg_departure[leg]))
        ]
        if full and alone < fixed.refusal[i]:
            note = "its cheapest way is full: " + ", ".join(full)
            found.append(
                Refused(
                    consignment=spec.code,
                    because="capacity",
                    blocked_by=(Rule.CAPACITY,),
                    departures=tuple(full),
                    note=note,
                )
            )
        else:
            refusal = f"refusing {fixed.refusal[i] / 100:.2f}"
            note = f"carrying it costs at least {alone / 100:.2f} CNY and {refusal}"
            found.append(Refused(consignment=spec.code, because="price", note=note))
    return tuple(found)


def _by_rule(problem: Problem, spec: RouteSpec) -> Refused:
    proof = certificate(problem, spec)
    return Refused(
        consignment=spec.code,
        because="capacity" if proof.blocked_by == (Rule.CAPACITY,) else "rule",
        blocked_by=proof.blocked_by,
        departures=proof.departures,
        note=proof.note,
    )


def _is_full(options: Options, state: State, i: int, d: int) -> bool:
    kilograms = int(state.load_kg[d] + options.mass[i])
    litres = int(state.load_l[d] + options.volume[i])
    need = options.problem.departures[d].units_for(kilograms, litres)
    return bool(need > options.units[d])


def load_all(options: Options, state: State, length: Ints, path: Ints) -> None:
    """Add up the loads of a plan."""
    for i in range(options.consignments):
        for spot in range(length[i]):
            d = options.leg_departure[path[i, spot]]
            state.load_kg[d] += options.mass[i]
            state.load_l[d] += options.volume[i]
