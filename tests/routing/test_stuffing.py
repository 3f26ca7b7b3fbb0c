"""Stuffing: whole pieces, classes apart, first out nearest the door, a fill limit if it does not pack."""

from dataclasses import replace

import numpy as np

from routing.check import broken_promises
from routing.generate import generate
from routing.insertion import fixed_from
from routing.options import apart, build
from routing.plan import Piece
from routing.planner import plan_shipments
from routing.search import empty_memory, search
from routing.starts import greedy
from routing.stuffed import plan_stuffed
from routing.stuffing import pack, stuff
from routing.values import GoodsClass
from tests.routing.planning_makers import departure, problem, random_tiny, spec, two_ports

ROW = departure("AD", "A", "D", leaves=10, hours=5)


def piece(code: str, mass_kg: int, **more: object) -> Piece:
    given: dict[str, object] = {"part": 0, "volume_l": 1_000, "goods": GoodsClass.GENERAL, "unload_rank": 0}
    return Piece(consignment=code, mass_kg=mass_kg, **(given | more))  # type: ignore[arg-type]


def test_every_unit_of_a_plan_is_packed_within_mass_and_volume() -> None:
    made = two_ports()
    plan = plan_shipments(made, moves=300)
    for load in plan.departures:
        found = stuff(made, plan, load.departure)
        assert found.packs
        assert sorted(one.consignment for unit in found.units for one in unit) == sorted(load.consignments)
        for unit in found.units:
            assert sum(one.mass_kg for one in unit) <= 10_000
            assert sum(one.volume_l for one in unit) <= 40_000


def test_three_times_six_tonnes_do_not_fit_two_ten_tonne_trucks() -> None:
    """18 t in 20 t by weight, but no piece may be cut: the planner hears of it as a fill limit."""
    found = pack(ROW, [piece(name, 6_000) for name in "XYZ"], units=2)

    assert not found.packs
    assert found.proved
    assert found.fill_percent < 100


def test_dangerous_goods_share_no_unit_with_others() -> None:
    pieces = [piece("G", 1_000), piece("D", 1_000, goods=GoodsClass.DANGEROUS)]

    assert not pack(ROW, pieces, units=1).packs
    apart = pack(ROW, pieces, units=2)
    assert apart.packs
    assert all(len({one.goods for one in unit}) == 1 for unit in apart.units)


def test_what_is_unloaded_first_stands_nearest_the_door() -> None:
    found = pack(ROW, [piece("FIRST", 100, unload_rank=0), piece("LAST", 100, unload_rank=1)], units=1)

    assert [one.consignment for one in found.units[0]] == ["LAST", "FIRST"]


def test_a_consignment_larger_than_a_unit_is_cut() -> None:
    made = problem([ROW], [spec("HUGE", "A", "D", mass_kg=15_000)])
    found = stuff(made, plan_shipments(made, moves=50), "AD")

    assert found.packs
    assert sum(one.mass_kg for unit in found.units for one in unit) == 15_000
    assert len(found.units) == 2


def test_a_load_that_does_not_pack_opens_the_unit_it_needs() -> None:
    """Three times six tonnes: two trucks by weight, three in truth, and the plan pays for three."""
    row = departure("AD", "A", "D", leaves=10, hours=5, units=3)
    made = problem([row], [spec(name, "A", "D", mass_kg=6_000) for name in "XYZ"])
    counted = plan_shipments(made, moves=100)
    packed = plan_stuffed(made, moves=100)

    assert (counted.departures[0].units, packed.departures[0].units) == (2, 3)
    assert packed.parts.opening - counted.parts.opening == row.unit_fen
    assert packed.bound <= counted.cost
    assert [one.packs for one in packed.stuffing] == [True]
    assert broken_promises(made, packed) == []


def test_what_keeps_no_company_is_planned_elsewhere() -> None:
    """One truck today, one tomorrow: dangerous goods wait for the truck of their own."""
    rows = [departure(f"AD{day}", "A", "D", leaves=10 + 24 * day, hours=5, units=1) for day in (0, 1)]
    goods = {"G": GoodsClass.GENERAL, "X": GoodsClass.DANGEROUS}
    made = problem(rows, [spec(name, "A", "D", goods=kind) for name, kind in goods.items()])
    assert len(plan_shipments(made, moves=100).departures) == 1

    packed = plan_stuffed(made, moves=100)
    assert [load.consignments for load in packed.departures] in ([("G",), ("X",)], [("X",), ("G",)])
    assert all(one.packs for one in packed.stuffing)
    assert broken_promises(made, packed) == []


def test_goods_that_keep_no_company_cost_what_their_own_units_cost_and_little_more() -> None:
    """Every departure packs, and the plan is near a bound that counts the units of each company."""
    made = generate(consignments=20, seed=1)
    packed = plan_stuffed(made, moves=8_000)

    assert {one.goods for one in made.consignments} > {GoodsClass.DANGEROUS, GoodsClass.REEFER}
    assert all(one.packs for one in packed.stuffing)
    assert packed.gap_global < 3
    assert packed.bound > plan_shipments(made, moves=2_000).cost
    assert broken_promises(made, packed) == []


def test_the_bound_of_a_packed_plan_holds_for_a_better_one() -> None:
    """A short run's bound, added up by company, stays below the plan of a long run."""
    for seed in range(20):
        made = random_tiny(seed)
        mixed = tuple(
            replace(one, goods=GoodsClass.REEFER if number % 2 else GoodsClass.GENERAL)
            for number, one in enumerate(made.consignments)
        )
        short, long = (plan_stuffed(replace(made, consignments=mixed), moves=moves) for moves in (20, 800))

        assert short.bound <= long.cost, f"seed {seed}"


def test_the_search_counts_units_by_company() -> None:
    """What it holds is what each company needs alone, and no departure opens more than it has."""
    options = apart(build(generate(consignments=60, seed=3)))
    fixed = fixed_from(options)
    state = greedy(options, fixed, tilt=0, seed=1)
    memory = empty_memory(options)
    search(fixed, state, memory, 3_000, 100_000)

    assert options.companies == 3
    held = np.zeros((options.departures, options.companies), np.int64)
    for company in range(options.companies):
        for goods, room in ((options.mass, options.usable_kg), (options.volume, options.usable_l)):
            load = np.zeros(options.departures, np.int64)
            for i in np.nonzero(options.company == company)[0]:
                load[options.leg_departure[state.path[i, : state.length[i]]]] += goods[i]
            held[:, company] = np.maximum(held[:, company], -(-load // room))
    assert (state.held.reshape(held.shape) == held).all()
    assert (state.used == held.sum(axis=1)).all()
    assert (state.used <= options.units).all()


def test_the_checker_refuses_a_stuffing_that_is_wrong() -> None:
    made = problem([ROW], [spec("X", "A", "D"), spec("Y", "A", "D", goods=GoodsClass.DANGEROUS)])
    plan = plan_stuffed(made, moves=50)
    (right,) = plan.stuffing
    first, second = right.units
    for units in (
        (first,),
        (first + second,),
        (first, first),
        ((replace(first[0], mass_kg=20_000),), second),
    ):
        assert broken_promises(made, replace(plan, stuffing=(replace(right, units=units),))) != []
