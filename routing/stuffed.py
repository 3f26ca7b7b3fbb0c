"""A plan whose every unit packs: the planner and the stuffing, each told what the other found.

The planner counts the units of each company of goods by mass and volume; whole pieces may need more. Where
a load does not pack, the departure is planned anew with a lower fill limit; what is left over opens the
further units it really needs.

Companies share nothing but the number of units a departure has at most. So each is planned alone first: their
bounds add up to one that holds for every plan that packs, and their plans together are where the search for
one that fits begins.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace

from routing import child
from routing.budget import never
from routing.demand import RouteSpec
from routing.plan import Load, Plan, Progress, Stuffed
from routing.planner import DEFAULT_CPU_SECONDS, plan_shipments
from routing.problem import Problem
from routing.stuffing import FILL_STEP, LEAST_FILL, stuff, units_by_company
from routing.timetable import Departure, in_order
from routing.values import company_of

ROUNDS = 12
ALONE_SHARE = 0.4  # of the budget, for each company planned alone,
FIRST_SHARE = 0.4  # for the plan of all, which knows nothing of whole pieces,
ROUND_SHARE = (1 - ALONE_SHARE - FIRST_SHARE) / ROUNDS  # and for each of the others


def plan_stuffed(
    problem: Problem,
    *,
    seed: int = 1,
    cpu_seconds: float | None = None,
    moves: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] = never,
    executor: Executor | None = None,
) -> Plan:
    """The best plan found whose loads pack, with its ``stuffing``; what packs nowhere is told there."""
    if cpu_seconds is None and moves is None:
        cpu_seconds = DEFAULT_CPU_SECONDS
    begun = child.cpu_seconds()
    alone = _alone(problem, seed=seed, cpu_seconds=cpu_seconds, moves=moves, is_cancelled=is_cancelled)
    first = plan_shipments(
        problem,
        seed=seed,
        cpu_seconds=_part(cpu_seconds, FIRST_SHARE if alone else ALONE_SHARE + FIRST_SHARE),
        moves=moves,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
        start=_ways(*alone),
        executor=executor,
        is_apart=True,
    )
    limited, plan, made = problem, first, first.moves + sum(one.moves for one in alone)
    best: Plan | None = None
    for _ in range(ROUNDS):
        packed, tight = _packed(problem, plan)
        if best is None or _rank(packed) < _rank(best):
            best = packed
        changed = _relimited(limited, tight)
        over = cpu_seconds is not None and child.cpu_seconds() - begun > (1 - 2 * ROUND_SHARE) * cpu_seconds
        if changed is None or over or is_cancelled():
            break
        limited = changed
        plan = plan_shipments(
            limited,
            seed=seed,
            cpu_seconds=_part(cpu_seconds, ROUND_SHARE),
            moves=None if moves is None else moves // 10 + 1,
            is_cancelled=is_cancelled,
            start=_ways(plan),
            with_bound=False,
            is_apart=True,
        )
        made += plan.moves
    assert best is not None
    spent = round(child.cpu_seconds() - begun, 2) if moves is None else None
    told = replace(best, problem=problem.hash, moves=made, stopped=first.stopped, cpu_seconds=spent)
    return _priced(told, first).bounded(
        max(first.bound, sum(one.bound for one in alone)),
        max(first.pool_bound, sum(one.pool_bound for one in alone)),
    )


def _alone(
    problem: Problem,
    *,
    seed: int,
    cpu_seconds: float | None,
    moves: int | None,
    is_cancelled: Callable[[], bool],
) -> list[Plan]:
    """A plan for each company as if it were alone; none where all keep one company."""
    companies: dict[str, list[RouteSpec]] = {}
    for spec in problem.consignments:
        companies.setdefault(company_of(spec.goods), []).append(spec)
    if len(companies) < 2:
        return []
    plans = []
    for _, specs in sorted(companies.items()):
        share = ALONE_SHARE * len(specs) / len(problem.consignments)
        codes = {spec.code for spec in specs}
        previous = {code: way for code, way in problem.previous.items() if code in codes}
        plans.append(
            plan_shipments(
                replace(problem, consignments=tuple(specs), previous=previous),
                seed=seed,
                cpu_seconds=_part(cpu_seconds, share),
                moves=None if moves is None else int(moves * share) + 1,
                is_cancelled=is_cancelled,
            )
        )
    return plans


def _ways(*plans: Plan) -> dict[str, tuple[str, ...]]:
    """Departures by consignment, to begin another plan from."""
    return {
        one.consignment: tuple(leg.departure for leg in one.legs)
        for plan in plans
        for one in plan.itineraries
    }


def _part(seconds: float | None, share: float) -> float | None:
    return None if seconds is None else seconds * share


def _rank(plan: Plan) -> tuple[int, float]:
    return (sum(not one.packs for one in plan.stuffing), plan.cost)


def _packed(problem: Problem, plan: Plan) -> tuple[Plan, list[str]]:
    """The plan with as many units open as its loads need, and the departures that failed as planned."""
    loads: list[Load] = []
    stuffing: list[Stuffed] = []
    tight: list[str] = []
    more_fen = 0
    for load in plan.departures:
        row = problem.departure_of[load.departure]
        found = stuff(problem, plan, row.code)
        if not found.packs:
            tight.append(row.code)
            least = sum(units_by_company(row, [problem.spec_of[name] for name in load.consignments]).values())
            for units in range(max(load.units + 1, least), row.units + 1):
                again = stuff(problem, plan, row.code, units=units)
                if again.packs:
                    more_fen += (units - load.units) * row.unit_fen
                    found, load = again, _opened(load, row, units)  # noqa: PLW2901 - the load as it leaves
                    break
        loads.append(load)
        stuffing.append(found)
    parts = replace(plan.parts, opening=plan.parts.opening + more_fen)
    packed = replace(
        plan, departures=tuple(loads), stuffing=tuple(stuffing), parts=parts, cost=parts.total / 100
    )
    return packed, tight


def _opened(load: Load, row: Departure, units: int) -> Load:
    return replace(
        load,
        units=units,
        fill_by_mass=round(100 * load.mass_kg / (units * row.capacity_kg), 1),
        fill_by_volume=round(100 * load.volume_l / (units * row.capacity_l), 1),
    )


def _relimited(limited: Problem, tight: list[str]) -> Problem | None:
    """The problem with a lower fill limit where loads did not pack; None when nothing is left to lower."""
    rows = limited.departure_of
    changed = {
        code: replace(rows[code], fill_percent=max(LEAST_FILL, rows[code].fill_percent - FILL_STEP))
        for code in tight
        if rows[code].fill_percent > LEAST_FILL
    }
    if not changed:
        return None
    return replace(limited, departures=in_order([changed.get(row.code, row) for row in limited.departures]))


def _priced(plan: Plan, first: Plan) -> Plan:
    """The loads with the prices of the first plan, whose bound they come from."""
    prices = {load.departure: load for load in first.departures}
    loads = tuple(
        replace(
            load,
            price_per_t=prices[load.departure].price_per_t,
            price_per_m3=prices[load.departure].price_per_m3,
            price_of_unit=prices[load.departure].price_of_unit,
        )
        if load.departure in prices
        else load
        for load in plan.departures
    )
    return replace(plan, departures=loads)
