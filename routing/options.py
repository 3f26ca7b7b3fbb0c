"""A problem as arrays: for each consignment the departures it may use, with the cost of each leg.

The one trick: storage is counted from minute 0 at every place, so a stay is a difference, and each
end of it can be charged to the leg at that end. With interest and lateness charged to the last leg,
the cost of an itinerary is the plain sum of its legs, and a shortest path over departures in time
order is exact. Only opening units stands beside it, by departure.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing import cost
from routing.problem import Problem
from routing.timetable import Rule, Status
from routing.values import ALL_CLASSES, GoodsClass, company_of

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
RULE_BITS = {rule: 1 << number for number, rule in enumerate(Rule)}
FAR = np.int64(1) << np.int64(60)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Arrays over D departures (cut-off order), N consignments and the K legs they may use.

    Legs of consignment i are ``leg_ptr[i]:leg_ptr[i+1]``, in departure order: ``leg_departure``,
    ``leg_fen`` (everything but opening). Its events are ``event_ptr[i]:event_ptr[i+1]`` in time order:
    leg number k when k may be boarded, ``~k`` when goods carried by k are ready at its far end.
    Only consignments of one ``company`` (0 to ``companies`` - 1) share units; one company is everybody.
    Times are minutes from the start of the window, masses kg, volumes litres, money fen. ``earliest`` is
    when each consignment could arrive if nobody else travelled, FAR where it cannot.
    """

    problem: Problem
    tail: Ints
    head: Ints
    cutoff: Ints
    leaves: Ints
    lands: Ints
    ready: Ints
    usable_kg: Ints
    usable_l: Ints
    unit_fen: Ints
    units: Ints
    origin: Ints
    destination: Ints
    release: Ints
    due: Ints
    latest: Ints
    mass: Ints
    volume: Ints
    refusal: Ints
    leg_ptr: Ints
    leg_departure: Ints
    leg_fen: Ints
    event_ptr: Ints
    event: Ints
    earliest: Ints
    company: Ints

    @property
    def companies(self) -> int:
        return int(self.company.max(initial=0)) + 1

    @property
    def departures(self) -> int:
        return len(self.tail)

    @property
    def consignments(self) -> int:
        return len(self.mass)

    @property
    def places(self) -> int:
        return len(self.problem.network.places)

    def leg_of(self, consignment: int, departure: int) -> int:
        """The number of the leg of a consignment on a departure, -1 when it may not use it."""
        start, end = int(self.leg_ptr[consignment]), int(self.leg_ptr[consignment + 1])
        found = start + int(np.searchsorted(self.leg_departure[start:end], departure))
        return found if found < end and self.leg_departure[found] == departure else -1


def departure_rules(problem: Problem) -> Ints:
    """Bit set of the rules that bar each departure for everybody; length D."""
    found = np.zeros(len(problem.departures), np.int64)
    for row, departure in enumerate(problem.departures):
        if departure.barred_by is not None:
            found[row] |= RULE_BITS[departure.barred_by]
        if departure.status in (Status.CANCELLED, Status.DEPARTED) or departure.units == 0:
            found[row] |= RULE_BITS[Rule.CANCELLED]
    return found


def consignment_rules(problem: Problem, chosen: slice | None = None) -> Ints:
    """Bit set of the rules between each consignment and each departure; shape (N, D)."""
    departures, specs = problem.departures, problem.consignments[chosen or slice(None)]
    place_classes = {place.code: set(place.classes) for place in problem.network.places}
    items = {table.code: set(table.items) for table in problem.network.item_lists}
    class_bits = np.zeros((len(ALL_CLASSES), len(departures)), np.int64)
    for row, departure in enumerate(departures):
        ends = place_classes[departure.origin] & place_classes[departure.destination]
        for number, kind in enumerate(ALL_CLASSES):
            if kind not in departure.classes or kind not in ends:
                class_bits[number, row] = RULE_BITS[Rule.GOODS_CLASS]
    kinds = np.array([ALL_CLASSES.index(spec.goods) for spec in specs], np.int64)
    found = class_bits[kinds] if len(specs) else np.zeros((0, len(departures)), np.int64)
    found |= departure_rules(problem)
    listed = [row for row, departure in enumerate(departures) if departure.item_lists]
    for number, spec in enumerate(specs):
        for row in listed:
            wanted = departures[row].item_lists
            if spec.goods is not GoodsClass.LIST_TRADE or any(
                spec.item not in items.get(code, set()) for code in wanted
            ):
                found[number, row] |= RULE_BITS[Rule.ITEM_LIST]
    declared = np.array(
        [problem.minute(spec.declared_at) if spec.declared_at else -FAR for spec in specs], np.int64
    )
    crosses = np.array([departure.crosses_border for departure in departures], np.bool_)
    cutoff = np.array([problem.minute(departure.cutoff_at) for departure in departures], np.int64)
    found[(declared[:, None] > cutoff[None, :]) & crosses[None, :]] |= RULE_BITS[Rule.DOCUMENTS]
    return found


def build(problem: Problem, *, late_fen: int = 0, refused_fen: int = 0) -> Options:
    """Turn a problem into arrays; legs that lead nowhere in time are left out.

    ``late_fen`` and ``refused_fen`` stand on top of what lateness and refusal really cost.
    """
    index = {place.code: number for number, place in enumerate(problem.network.places)}
    departures, specs = problem.departures, problem.consignments
    minute = problem.minute
    base = {
        "tail": [index[departure.origin] for departure in departures],
        "head": [index[departure.destination] for departure in departures],
        "cutoff": [minute(departure.cutoff_at) for departure in departures],
        "leaves": [minute(departure.departs_at) for departure in departures],
        "lands": [minute(departure.arrives_at) for departure in departures],
        "ready": [minute(departure.ready_at) for departure in departures],
        "usable_kg": [departure.usable_kg for departure in departures],
        "usable_l": [departure.usable_l for departure in departures],
        "unit_fen": [departure.unit_fen for departure in departures],
        "units": [departure.units for departure in departures],
        "origin": [index[spec.origin] for spec in specs],
        "destination": [index[spec.destination] for spec in specs],
        "release": [minute(spec.release_at) for spec in specs],
        "due": [minute(spec.due_at) for spec in specs],
        "latest": [minute(spec.latest_at) for spec in specs],
        "mass": [spec.mass_kg for spec in specs],
        "volume": [spec.volume_l for spec in specs],
        "refusal": [spec.refusal_fen + refused_fen for spec in specs],
    }
    arrays = {name: np.array(values, np.int64) for name, values in base.items()}
    allowed = (consignment_rules(problem) == 0) & _fits(arrays)
    useful, earliest = _useful(arrays, allowed, places=len(index))
    consignment, departure = np.nonzero(useful)
    leg_ptr = np.concatenate(([0], np.cumsum(useful.sum(axis=1)))).astype(np.int64)
    event_ptr, event = _events(arrays, useful, leg_ptr)
    return Options(
        problem=problem,
        **arrays,
        leg_ptr=leg_ptr,
        leg_departure=departure.astype(np.int64),
        leg_fen=_leg_fen(problem, arrays, consignment, departure, late_fen),
        event_ptr=event_ptr,
        event=event,
        earliest=earliest,
        company=np.zeros(len(specs), np.int64),
    )


def apart(options: Options) -> Options:
    """The same with units shared only by goods that may keep company."""
    kinds = [company_of(spec.goods) for spec in options.problem.consignments]
    known = sorted(set(kinds))
    company = np.array([known.index(kind) for kind in kinds], np.int64)
    return replace(options, company=company)


def _fits(arrays: dict[str, Ints]) -> Mask:
    """Whether a consignment alone fits into all units of a departure together; shape (N, D)."""
    units = arrays["units"]
    by_mass = arrays["mass"][:, None] <= (units * arrays["usable_kg"])[None, :]
    by_volume = arrays["volume"][:, None] <= (units * arrays["usable_l"])[None, :]
    return np.asarray(by_mass & by_volume)


def _useful(arrays: dict[str, Ints], allowed: Mask, *, places: int) -> tuple[Mask, Ints]:
    """Which departures lie on some way in time from origin to destination, shape (N, D); earliest arrivals."""
    everyone = np.arange(len(arrays["mass"]))
    departures = range(len(arrays["tail"]))
    origin, destination = arrays["origin"], arrays["destination"]
    usable = allowed & (arrays["tail"] != destination[:, None]) & (arrays["head"] != origin[:, None])
    earliest = np.full((places, len(everyone)), FAR)
    earliest[origin, everyone] = arrays["release"]
    forward = np.zeros(allowed.shape, np.bool_)
    for d in departures:
        boards = usable[:, d] & (earliest[arrays["tail"][d]] <= arrays["cutoff"][d])
        forward[:, d] = boards
        row = earliest[arrays["head"][d]]
        np.minimum(row, np.where(boards, arrays["ready"][d], FAR), out=row)
    last = np.full((places, len(everyone)), -FAR)
    last[destination, everyone] = arrays["latest"]
    useful = np.zeros(allowed.shape, np.bool_)
    for d in reversed(departures):
        serves = forward[:, d] & (arrays["ready"][d] <= last[arrays["head"][d]])
        useful[:, d] = serves
        row = last[arrays["tail"][d]]
        np.maximum(row, np.where(serves, arrays["cutoff"][d], -FAR), out=row)
    return useful, earliest[destination, everyone]


def _events(arrays: dict[str, Ints], useful: Mask, leg_ptr: Ints) -> tuple[Ints, Ints]:
    """Boardings and arrivals of each consignment's legs in time order, arrivals first at a tie."""
    count = len(arrays["tail"])
    moment = np.concatenate((arrays["ready"], arrays["cutoff"]))
    kind = np.repeat([0, 1], count)
    number = np.concatenate((np.arange(count), np.arange(count)))
    order = np.lexsort((number, kind, moment))
    rows, columns = np.nonzero(useful[:, number[order]])
    leg = leg_ptr[:-1, None] + np.cumsum(useful, axis=1) - 1
    legs = leg[rows, number[order][columns]]
    event = np.where(kind[order][columns] == 1, legs, ~legs)
    return 2 * leg_ptr, event.astype(np.int64)


def _leg_fen(
    problem: Problem, arrays: dict[str, Ints], consignment: Ints, departure: Ints, late_fen: int
) -> Ints:
    """Everything but opening for each (consignment, departure) pair given."""
    network, weights = problem.network, problem.weights
    departures, specs = problem.departures, problem.consignments
    handling = np.array([place.handling_fen_per_t for place in network.places], np.int64)
    storage = np.array([place.storage_fen_per_t_day for place in network.places], np.int64)
    per_t = np.array([row.fen_per_t for row in departures], np.int64)[departure]
    co2 = np.array([row.co2_g_per_t for row in departures], np.int64)[departure]
    risk = np.array([row.risk_fen_per_t for row in departures], np.int64)[departure]
    mass = arrays["mass"][consignment]
    tail, head = arrays["tail"][departure], arrays["head"][departure]
    ready, leaves = arrays["ready"][departure], arrays["leaves"][departure]
    fen = cost.by_mass(mass, per_t) + cost.by_mass(mass, handling[head])
    fen += cost.co2_fen(mass, co2, weights.co2_fen_per_t)
    if weights.weigh_risk:
        fen += cost.by_mass(mass, risk)
    release = arrays["release"][consignment]
    fen += cost.storage_until(mass, storage[tail], leaves)
    at_origin = tail == arrays["origin"][consignment]
    fen -= np.where(at_origin, cost.storage_until(mass, storage[tail], release), 0)
    at_end = head == arrays["destination"][consignment]
    fen -= np.where(at_end, 0, cost.storage_until(mass, storage[head], ready))
    value = np.array([spec.value_fen for spec in specs], np.int64)[consignment]
    per_day = np.array([spec.late_fen_per_day for spec in specs], np.int64)[consignment]
    days = np.maximum(0, cost.late_days(ready, arrays["due"][consignment]))
    last = cost.capital_fen(value, weights.interest_basis_points, ready - release) + days * per_day
    last += np.where(days > 0, late_fen, 0)
    fen += np.where(at_end, last, 0)
    if problem.previous and weights.change_fen:
        kept = {(spec.code, code) for spec in specs for code in problem.previous.get(spec.code, ())}
        planned = np.array([spec.code in problem.previous for spec in specs], np.bool_)
        same = np.zeros(len(consignment), np.bool_)
        for number in np.nonzero(planned[consignment])[0]:
            pair = (specs[consignment[number]].code, departures[departure[number]].code)
            same[number] = pair in kept
        fen += np.where(planned[consignment] & ~same, weights.change_fen, 0)
    return fen


def dominating(problem: Problem) -> tuple[int, int]:
    """Surcharges (late, refused) in fen that put refusals before lateness before cost.

    One late consignment outweighs the refusal of all, one refusal outweighs all being late; for very
    many consignments the second is capped so that sums stay whole numbers of 63 bits.
    """
    late = sum(spec.refusal_fen for spec in problem.consignments) + 1
    count = max(1, len(problem.consignments))
    return late, min(late * (count + 1), (1 << 58) // count)
