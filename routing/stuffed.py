"""A plan whose every unit packs: the planner and the stuffing, each told what the other found.

The planner counts units by mass and volume; whole pieces and classes kept apart may need more. Where a
load does not pack, the departure is planned anew with a lower fill limit, or without the goods that keep
no company there; what is left over opens the further units it really needs. The bound stays that of the
whole problem: asking for a packing only makes plans dearer.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace

from routing import child
from routing.demand import RouteSpec
from routing.plan import Load, Plan, Progress, Stuffed
from routing.planner import DEFAULT_CPU_SECONDS, never, plan_shipments
from routing.problem import Problem
from routing.stuffing import FILL_STEP, LEAST_FILL, TOGETHER, group_of, stuff, units_by_group
from routing.timetable import Departure, in_order
from routing.values import GoodsClass

ROUNDS = 12
FIRST_SHARE = 0.7  # of the budget, for the plan that knows nothing of packing
ROUND_SHARE = (1 - FIRST_SHARE) / ROUNDS  # for each of the others


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
    first = plan_shipments(
        problem,
        seed=seed,
        cpu_seconds=_part(cpu_seconds, FIRST_SHARE),
        moves=moves,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
        executor=executor,
    )
    limited, plan, made = problem, first, first.moves
    best: Plan | None = None
    for _ in range(ROUNDS):
        packed, tight = _packed(problem, plan)
        if best is None or _rank(packed) < _rank(best):
            best = packed
        changed = _relimited(limited, problem, plan, tight)
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
            start={one.consignment: tuple(leg.departure for leg in one.legs) for one in plan.itineraries},
            with_bound=False,
        )
        made += plan.moves
    assert best is not None
    spent = round(child.cpu_seconds() - begun, 2) if moves is None else None
    told = replace(best, problem=problem.hash, moves=made, stopped=first.stopped, cpu_seconds=spent)
    return _priced(told, first).bounded(first.bound, first.pool_bound)


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
            least = sum(units_by_group(row, [problem.spec_of[name] for name in load.consignments]).values())
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


def _relimited(limited: Problem, problem: Problem, plan: Plan, tight: list[str]) -> Problem | None:
    """The problem with what did not pack made harder to plan; None when nothing is left to say."""
    rows = limited.departure_of
    changed: dict[str, Departure] = {}
    for code in tight:
        row, load = rows[code], next(one for one in plan.departures if one.departure == code)
        turned_away = Counter(
            group_of(goods)
            for run in limited.departures
            if run.line == row.line
            for goods in set(problem.departure_of[run.code].classes) - set(run.classes)
        )
        kept = _company(row, [problem.spec_of[name] for name in load.consignments], turned_away)
        if kept != row.classes:
            changed[code] = replace(row, classes=kept)
        elif row.fill_percent > LEAST_FILL:
            changed[code] = replace(row, fill_percent=max(LEAST_FILL, row.fill_percent - FILL_STEP))
    if not changed:
        return None
    return replace(limited, departures=in_order([changed.get(row.code, row) for row in limited.departures]))


def _company(
    row: Departure, travellers: list[RouteSpec], turned_away: Counter[str]
) -> tuple[GoodsClass, ...]:
    """The classes to leave on a departure: the kinds of company with the strongest claim, while they fit apart.

    A claim is the mass, doubled for each run of the line that kind was turned away from already.
    """
    need = units_by_group(row, travellers)
    claim = {
        group: sum(spec.mass_kg for spec in travellers if group_of(spec.goods) == group)
        << min(20, turned_away[group])
        for group in need
    }
    left, barred = row.units, set()
    for group in sorted(need, key=lambda group: (-claim[group], group != TOGETHER, group)):
        if need[group] <= left or left == row.units:
            left -= need[group]
        else:
            barred.add(group)
    return tuple(goods for goods in row.classes if group_of(goods) not in barred)


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
