"""Which consignments share which container or truck: an exact packing of one departure, by CP-SAT.

The planner counts units by mass and volume in total; here each consignment gets a unit. Classes that may
not share are kept apart, and goods that are unloaded first stand nearest the door, which is the order
of the list. A consignment larger than a unit is cut into full units and a rest. Where a load does not
pack into the units planned, a fill limit goes back to the planner.
"""

from dataclasses import dataclass

from ortools.sat.python import cp_model

from routing.plan import Plan
from routing.problem import Problem
from routing.timetable import Departure
from routing.values import GoodsClass

ALONE = {GoodsClass.DANGEROUS, GoodsClass.BONDED, GoodsClass.REEFER}  # each class only with itself
WORK_LIMIT = 3.0  # deterministic seconds of CP-SAT for one departure: the same on every machine
LEAST_FILL = 70


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A consignment, or a part of one that is larger than a unit; ``unload_rank`` 0 comes out first."""

    consignment: str
    part: int
    mass_kg: int
    volume_l: int
    goods: GoodsClass
    unload_rank: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stuffed:
    """One departure's units: pieces from the back wall to the door.

    ``packs`` is false when no packing into the planned units exists or none was found in the work
    allowed; then ``units`` is empty and ``fill_percent`` is what to plan with instead.
    """

    departure: str
    packs: bool
    proved: bool
    units: tuple[tuple[Piece, ...], ...]
    fill_percent: int


def stuff(problem: Problem, plan: Plan, departure: str) -> Stuffed:
    """Pack one departure of a plan."""
    row = problem.departure_of[departure]
    load = next(load for load in plan.departures if load.departure == departure)
    pieces = _pieces(problem, plan, row, load.consignments)
    return pack(row, pieces, units=load.units)


def _pieces(problem: Problem, plan: Plan, row: Departure, consignments: tuple[str, ...]) -> list[Piece]:
    """Pieces in unloading order: who goes on first after this departure comes out first."""
    ways = plan.itinerary_of()

    def onward(code: str) -> tuple[str, str]:
        codes = [leg.departure for leg in ways[code].legs]
        after = codes[codes.index(row.code) + 1 :]
        return (f"{problem.departure_of[after[0]].cutoff_at:%Y%m%d%H%M}" if after else "9", code)

    pieces = []
    for rank, code in enumerate(sorted(consignments, key=onward)):
        spec = problem.spec_of[code]
        parts = max(row.units_for(spec.mass_kg, spec.volume_l), 1)
        for part in range(parts):
            mass = spec.mass_kg * (part + 1) // parts - spec.mass_kg * part // parts
            volume = spec.volume_l * (part + 1) // parts - spec.volume_l * part // parts
            pieces.append(
                Piece(
                    consignment=code,
                    part=part,
                    mass_kg=mass,
                    volume_l=volume,
                    goods=spec.goods,
                    unload_rank=rank,
                )
            )
    return pieces


def pack(row: Departure, pieces: list[Piece], *, units: int) -> Stuffed:
    """Give each piece a unit, whole masses and volumes, classes apart; exact within the work allowed."""
    model = cp_model.CpModel()
    place = {
        (number, unit): model.new_bool_var(f"p{number}u{unit}")
        for number in range(len(pieces))
        for unit in range(units)
    }
    for number in range(len(pieces)):
        model.add_exactly_one(place[number, unit] for unit in range(units))
    for unit in range(units):
        inside = [(piece, place[number, unit]) for number, piece in enumerate(pieces)]
        model.add(sum(piece.mass_kg * here for piece, here in inside) <= row.capacity_kg)
        model.add(sum(piece.volume_l * here for piece, here in inside) <= row.capacity_l)
        kinds = {kind: model.new_bool_var(f"{kind}{unit}") for kind in {_group(piece) for piece in pieces}}
        model.add_at_most_one(kinds.values())
        for piece, here in inside:
            model.add_implication(here, kinds[_group(piece)])
    heaviest = sorted(range(len(pieces)), key=lambda number: -pieces[number].volume_l)
    for rank, number in enumerate(heaviest[:units]):  # the first unit is as good as any other
        for unit in range(rank + 1, units):
            model.add(place[number, unit] == 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = WORK_LIMIT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Stuffed(
            departure=row.code,
            packs=False,
            proved=status == cp_model.INFEASIBLE,
            units=(),
            fill_percent=max(LEAST_FILL, row.fill_percent - 8),
        )
    packed = [
        [piece for number, piece in enumerate(pieces) if solver.value(place[number, unit])]
        for unit in range(units)
    ]
    return Stuffed(
        departure=row.code,
        packs=True,
        proved=True,
        units=tuple(tuple(sorted(unit, key=lambda piece: -piece.unload_rank)) for unit in packed if unit),
        fill_percent=row.fill_percent,
    )


def _group(piece: Piece) -> str:
    return piece.goods if piece.goods in ALONE else "together"


def fill_limits(problem: Problem, plan: Plan) -> dict[str, int]:
    """Departures of the plan that do not pack, with the fill limit to plan them with."""
    stuffed = [stuff(problem, plan, load.departure) for load in plan.departures]
    return {one.departure: one.fill_percent for one in stuffed if not one.packs}
