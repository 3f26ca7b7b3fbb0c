"""Which consignments share which container or truck: an exact packing of one departure, by CP-SAT.

The planner counts units by mass and volume in total; here each consignment gets a unit. Classes that may
not share are kept apart, and goods that are unloaded first stand nearest the door, which is the order
of the list. A consignment larger than a unit is cut into full units and a rest. Where a load does not
pack into the units planned, `routing.stuffed` tells the planner.
"""

from collections.abc import Iterable

from ortools.sat.python import cp_model

from routing.demand import RouteSpec
from routing.plan import Piece, Plan, Stuffed
from routing.problem import Problem
from routing.timetable import Departure
from routing.values import company_of

WORK_LIMIT = 0.5  # deterministic seconds of CP-SAT for one departure: the same on every machine
LEAST_FILL = 70
FILL_STEP = 8


def stuff(problem: Problem, plan: Plan, departure: str, *, units: int | None = None) -> Stuffed:
    """Pack one departure of a plan into the units planned, or into so many."""
    row = problem.departure_of[departure]
    load = next(load for load in plan.departures if load.departure == departure)
    pieces = _pieces(problem, plan, row, load.consignments)
    return pack(row, pieces, units=load.units if units is None else units)


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
    packed, proved = _first_fit(row, pieces, units), True
    if packed is None and sum(units_by_company(row, pieces).values()) <= units:
        packed, proved = _exact(row, pieces, units)
    if packed is None:
        fill = max(LEAST_FILL, row.fill_percent - FILL_STEP)
        return Stuffed(departure=row.code, packs=False, proved=proved, units=(), fill_percent=fill)
    return Stuffed(
        departure=row.code,
        packs=True,
        proved=True,
        units=tuple(tuple(sorted(unit, key=lambda piece: -piece.unload_rank)) for unit in packed if unit),
        fill_percent=row.fill_percent,
    )


def units_by_company(row: Departure, pieces: Iterable[Piece | RouteSpec]) -> dict[str, int]:
    """The units each kind of company needs at least, by its mass and volume in total."""
    loads: dict[str, tuple[int, int]] = {}
    for one in pieces:
        mass, volume = loads.get(company_of(one.goods), (0, 0))
        loads[company_of(one.goods)] = (mass + one.mass_kg, volume + one.volume_l)
    return {
        group: max(-(-mass // row.capacity_kg), -(-volume // row.capacity_l))
        for group, (mass, volume) in loads.items()
    }


def _first_fit(row: Departure, pieces: list[Piece], units: int) -> list[list[Piece]] | None:
    """Largest first into the first unit with room and the same company; None when it needs more units."""

    def size(piece: Piece) -> tuple[float, str, int]:
        share = max(piece.mass_kg / row.capacity_kg, piece.volume_l / row.capacity_l)
        return (-share, piece.consignment, piece.part)

    packed: list[list[Piece]] = []
    for piece in sorted(pieces, key=size):
        for unit in packed:
            if (
                company_of(unit[0].goods) == company_of(piece.goods)
                and sum(one.mass_kg for one in unit) + piece.mass_kg <= row.capacity_kg
                and sum(one.volume_l for one in unit) + piece.volume_l <= row.capacity_l
            ):
                unit.append(piece)
                break
        else:
            packed.append([piece])
    return packed if len(packed) <= units else None


def _exact(row: Departure, pieces: list[Piece], units: int) -> tuple[list[list[Piece]] | None, bool]:
    """The same by CP-SAT: a packing or None, and whether None is a proof."""
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
        groups = {company_of(piece.goods) for piece in pieces}
        kinds = {group: model.new_bool_var(f"{group}{unit}") for group in sorted(groups)}
        model.add_at_most_one(kinds.values())
        for piece, here in inside:
            model.add_implication(here, kinds[company_of(piece.goods)])
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
        return None, status == cp_model.INFEASIBLE
    return [
        [piece for number, piece in enumerate(pieces) if solver.value(place[number, unit])]
        for unit in range(units)
    ], True
