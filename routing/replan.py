"""A new plan from a disrupted one: what departed is frozen, what is under way goes on, change has a price.

A disruption is data: closures, cancelled departures, late trains, lost units. The rest of the problem is
written anew from it, with consignments under way starting where they land next, and planned like any
other problem, with ``change_fen`` on every leg the old plan did not have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from routing.budget import never
from routing.calendars import Calendar
from routing.demand import RouteSpec
from routing.errors import BadInput
from routing.network import Closure
from routing.plan import Itinerary, Plan, Progress
from routing.planner import plan_shipments
from routing.problem import Problem
from routing.timetable import Departure, Rule, Status, barred, close, in_order, ready_after
from routing.values import FORBID_EXTRA, Count, Moment

KEEP_FEN, BALANCED_FEN, FREE_FEN = 60_000, 25_000, 0
POINTS = {"keep": KEEP_FEN, "balanced": BALANCED_FEN, "reoptimise": FREE_FEN}


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """A departure that leaves and arrives so many minutes later than planned."""

    __pydantic_config__ = FORBID_EXTRA
    departure: str
    minutes: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """A departure that has only so many units left."""

    __pydantic_config__ = FORBID_EXTRA
    departure: str
    units: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class Disruption:
    """What became known at ``known_at``; what departed before is history."""

    __pydantic_config__ = FORBID_EXTRA
    known_at: Moment
    closures: tuple[Closure, ...] = ()
    cancelled: tuple[str, ...] = ()
    late: tuple[Late, ...] = ()
    lost: tuple[Lost, ...] = ()


DISRUPTION = TypeAdapter(Disruption)


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What is still open: a problem whose departures are the future, and what each consignment has behind it.

    ``frozen`` maps a consignment to the departures it has used, ``kept`` to those the old plan had for it
    from here on; ``arrived`` need no further plan. ``affected`` are those whose old itinerary breaks:
    they pay nothing for change, nobody else has to change.
    """

    problem: Problem
    frozen: dict[str, tuple[str, ...]]
    arrived: tuple[str, ...]
    affected: tuple[str, ...]
    kept: dict[str, tuple[str, ...]]

    @property
    def start(self) -> dict[str, tuple[str, ...]]:
        """What the unaffected had: where the new plan begins, and what has a price to leave."""
        return self.problem.previous


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """A new plan of the remainder beside the old: whom the change touched, and why each changed.

    ``displaced`` are the affected that got another way or none; ``changed`` the unaffected that changed.
    """

    change_fen: int
    plan: Plan
    displaced: tuple[str, ...]
    changed: dict[str, str] = field(default_factory=dict)

    @property
    def cost_without_change(self) -> float:
        """Yuan without the price on change: what compares with other points."""
        return self.plan.cost - self.plan.parts.change / 100


def disrupt(problem: Problem, disruption: Disruption) -> tuple[Departure, ...]:
    """The departures after the disruption; raises BadInput for departures nobody knows."""
    known = problem.departure_of
    named = [*disruption.cancelled, *(row.departure for row in disruption.late)]
    for code in [*named, *(row.departure for row in disruption.lost)]:
        if code not in known:
            raise BadInput(f"Disruption: departure {code!r} is unknown.")
    places = {place.code: place for place in problem.network.places}
    what = set(places) | {link.code for link in problem.network.links}
    what |= {line.code for line in problem.network.lines} | {row.line for row in problem.departures}
    for closure in disruption.closures:
        if closure.what not in what:
            raise BadInput(f"Disruption: closure {closure.code}: {closure.what!r} is no place, link or line.")
    minutes = {row.departure: row.minutes for row in disruption.late}
    units = {row.departure: row.units for row in disruption.lost}
    calendar = Calendar.of(problem.network)
    found = []
    for departure in problem.departures:
        row = departure
        if row.code in disruption.cancelled:
            row = replace(row, status=Status.CANCELLED)
        if row.code in units:
            row = replace(row, units=min(row.units, units[row.code]))
        if row.code in minutes:
            delay = timedelta(minutes=minutes[row.code])
            arrives_at = row.arrives_at + delay
            ready_at = ready_after(places[row.destination], arrives_at, calendar)
            row = replace(row, departs_at=row.departs_at + delay, arrives_at=arrives_at)
            row = replace(row, ready_at=ready_at or arrives_at)
            if ready_at is None:
                row = barred(row, Rule.HOLIDAY, f"{row.destination} stays shut for three weeks")
        found.append(row)
    future = close([row for row in found if row.departs_at >= disruption.known_at], disruption.closures)
    past = [replace(row, status=Status.DEPARTED) for row in found if row.departs_at < disruption.known_at]
    return in_order([*past, *future])


def remainder(problem: Problem, plan: Plan, disruption: Disruption) -> Remainder:
    """What is left to plan; raises BadInput when the plan is not of this problem."""
    if plan.problem != problem.hash:
        raise BadInput("This plan was made for another problem: the hash differs.")
    departures = disrupt(problem, disruption)
    rows = {departure.code: departure for departure in departures}
    ways = plan.itinerary_of()
    specs, frozen, arrived, affected, kept = [], {}, [], [], {}
    for spec in problem.consignments:
        itinerary = ways.get(spec.code)
        codes = tuple(leg.departure for leg in itinerary.legs) if itinerary else ()
        done = tuple(code for code in codes if rows[code].status is Status.DEPARTED)
        left = codes[len(done) :]
        if done:
            frozen[spec.code] = done
        if codes and not left:
            arrived.append(spec.code)
            continue
        moved = _moved(spec, done, rows, disruption.known_at)
        specs.append(moved)
        if left:
            kept[spec.code] = left
            if not _holds(moved, left, rows):
                affected.append(spec.code)
    affected += _squeezed(kept, affected, rows, {spec.code: spec for spec in specs})
    return Remainder(
        problem=replace(
            problem,
            name=f"{problem.name} after {disruption.known_at:%Y-%m-%d %H:%M}Z",
            departures=departures,
            consignments=tuple(specs),
            previous={code: way for code, way in kept.items() if code not in affected},
        ),
        frozen=frozen,
        arrived=tuple(arrived),
        affected=tuple(affected),
        kept=kept,
    )


def _moved(
    spec: RouteSpec, done: tuple[str, ...], rows: dict[str, Departure], known_at: datetime
) -> RouteSpec:
    """The requirement from where the consignment is; what is released is there no earlier than now."""
    if not done:
        release = max(spec.release_at, known_at)
        due, latest = max(spec.due_at, release), max(spec.latest_at, release)
        return replace(spec, release_at=release, due_at=due, latest_at=latest)
    last = rows[done[-1]]
    return replace(
        spec,
        origin=last.destination,
        release_at=last.ready_at,
        due_at=max(spec.due_at, last.ready_at),
        latest_at=max(spec.latest_at, last.ready_at),
    )


def _holds(spec: RouteSpec, left: tuple[str, ...], rows: dict[str, Departure]) -> bool:
    moment = spec.release_at
    for code in left:
        row = rows[code]
        if row.barred_by or row.status is Status.CANCELLED or row.cutoff_at < moment:
            return False
        moment = row.ready_at
    return moment <= spec.latest_at


def _squeezed(
    kept: dict[str, tuple[str, ...]],
    affected: list[str],
    rows: dict[str, Departure],
    specs: dict[str, RouteSpec],
) -> list[str]:
    """Travellers on departures that lost so many units that not all fit any more."""
    out: list[str] = []
    travellers: dict[str, list[str]] = {}
    for code, way in kept.items():
        for departure in way:
            travellers.setdefault(departure, []).append(code)
    for departure, codes in travellers.items():
        mass = sum(specs[code].mass_kg for code in codes)
        volume = sum(specs[code].volume_l for code in codes)
        if rows[departure].units_for(mass, volume) > rows[departure].units:
            out += [code for code in codes if code not in affected and code not in out]
    return out


def replan(
    problem: Problem,
    plan: Plan,
    disruption: Disruption,
    *,
    change_fen: int = BALANCED_FEN,
    seed: int = 1,
    cpu_seconds: float | None = None,
    moves: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] = never,
) -> Replanned:
    """Plan the remainder at one price on change; raises BadInput."""
    left = remainder(problem, plan, disruption)
    return replan_remainder(
        left,
        change_fen=change_fen,
        seed=seed,
        cpu_seconds=cpu_seconds,
        moves=moves,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
    )


def replan_remainder(left: Remainder, *, change_fen: int, **run: Any) -> Replanned:
    """The same from a remainder already made; without a bound, which a disruption has no time for."""
    priced = left.problem.with_weights(change_fen=change_fen)
    if run.get("cpu_seconds") is None and run.get("moves") is None:
        run["cpu_seconds"] = 1.5
    # Where change is free everybody is looked at alike.
    focus = left.affected if change_fen else ()
    found = plan_shipments(priced, start=left.start, with_bound=False, focus=focus, **run)
    ways = found.itinerary_of()
    displaced, changed = [], {}
    for spec in priced.consignments:
        before = left.kept.get(spec.code)
        itinerary = ways.get(spec.code)
        after = tuple(leg.departure for leg in itinerary.legs) if itinerary else ()
        if before is None or after == before:
            continue
        if spec.code in left.affected:
            displaced.append(spec.code)
        else:
            changed[spec.code] = _reason(spec, before, itinerary, left)
    return Replanned(change_fen=change_fen, plan=found, displaced=tuple(displaced), changed=changed)


def _reason(spec: RouteSpec, before: tuple[str, ...], itinerary: Itinerary | None, left: Remainder) -> str:
    """Why an unaffected consignment changed: what it left, and that the plan as a whole is cheaper so."""
    if itinerary is None:
        return f"{spec.code} stays: its place went to consignments that cost more to refuse"
    after = {leg.departure for leg in itinerary.legs}
    gone = ", ".join(code for code in before if code not in after) or "nothing"
    came = ", ".join(code for code in sorted(after) if code not in before) or "nothing"
    return f"left {gone} for {came}: dearer or cheaper units after {len(left.affected)} were displaced"


def three_points(
    left: Remainder, *, names: Sequence[str] = tuple(POINTS), **run: Any
) -> dict[str, Replanned]:
    """Keep my plan, balanced, re-optimise: the dispatcher's slider."""
    return {name: replan_remainder(left, change_fen=POINTS[name], **run) for name in names}
