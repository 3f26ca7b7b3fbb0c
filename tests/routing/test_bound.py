"""The bound: its cuts hold for every plan, its quick start promises nothing, both bring it nearer."""

from collections.abc import Iterator

import numpy as np
import pytest

from routing.ascent import warm_start
from routing.bound import Bounder
from routing.branching import Branching
from routing.cuts import Row
from routing.generate import generate
from routing.insertion import MOST_LEGS, Fixed, fixed_from
from routing.master import Impossible
from routing.options import Ints, Options, build
from routing.pricing import NO_WAY, price_all
from routing.starts import drawn
from tests.routing.planning_makers import random_tiny
from tests.routing.test_planner import arc_optimum


def bounder_of(options: Options) -> Bounder:
    bounder = Bounder(options, fixed_from(options), must_stop=lambda: False)
    bounder.quick()
    return bounder


def run_to_the_end(bounder: Bounder) -> Bounder:
    for _ in range(300):
        if not bounder.round():
            break
    return bounder


def random_plans(options: Options, fixed: Fixed, *, how_many: int) -> Iterator[list[Ints]]:
    """Plans without regard to money: everybody's cheapest way at random prices, some refused."""
    random = np.random.default_rng(5)
    count = options.consignments
    value, length = np.zeros(count), np.zeros(count, np.int64)
    path = np.zeros((count, MOST_LEGS), np.int64)
    for _ in range(how_many):
        # by departure, so that many meet on few departures, and a little by consignment
        price = random.exponential(1, options.departures)[fixed.leg_departure]
        price = price + 0.2 * random.random(len(fixed.leg_fen))
        price_all(fixed, price, value, length, path, options.places, 0, count)
        goes = (value < NO_WAY) & (random.random(count) < 0.9)
        yield [path[i, : length[i]].copy() for i in np.nonzero(goes)[0]]


def units_of(options: Options, fixed: Fixed, plan: list[Ints]) -> tuple[Ints, Ints]:
    """Whether each leg is used, and the whole units each departure needs for it."""
    used = np.zeros(len(fixed.leg_fen), np.int64)
    for legs in plan:
        used[legs] = 1
    owner = np.repeat(np.arange(options.consignments), np.diff(fixed.leg_ptr))
    units = np.zeros(options.departures, np.int64)
    for goods, room in ((fixed.mass, fixed.usable_kg), (fixed.volume, fixed.usable_l)):
        load = np.zeros(options.departures, np.int64)
        np.add.at(load, fixed.leg_departure, used * goods[owner])
        units = np.maximum(units, -(-load // room))
    return used, units


def test_no_plan_of_whole_units_breaks_a_cut() -> None:
    """Strong rows, residual capacity and corridors, whatever the bound was when they were found."""
    options = build(generate(consignments=20, seed=4))
    bounder = bounder_of(options)
    cuts = {}
    while bounder.round() and bounder.state.rounds < 100:
        cuts |= {id(cut): cut for cut in bounder.master.cuts}  # also those dropped later

    assert sum(len(cut.departures) > 1 for cut in cuts.values()) > 100
    for plan in random_plans(options, bounder.fixed, how_many=40):
        used, units = units_of(options, bounder.fixed, plan)
        for cut in cuts.values():
            left = cut.coefficients @ used[cut.legs] - cut.units_coefficient * units[cut.departures].sum()
            assert left <= cut.bound + 1e-6


def test_no_way_passes_a_corridor_twice() -> None:
    """What the cuts over many departures rest on, in networks with circles too."""
    for problem in (generate(consignments=30, seed=1), *(random_tiny(seed) for seed in range(40))):
        options = build(problem)
        if not options.leg_fen.size:
            continue
        bounder = bounder_of(options)
        assert bounder.corridors is not None
        member = np.zeros((len(bounder.corridors.corridors), options.departures), np.int64)
        for number, corridor in enumerate(bounder.corridors.corridors):
            member[number, corridor] = 1

        for plan in random_plans(options, bounder.fixed, how_many=20):
            for legs in plan:
                assert member[:, options.leg_departure[legs]].sum(axis=1).max(initial=0) <= 1


def test_the_quick_start_never_promises_more_than_the_optimum() -> None:
    for seed in range(300, 330):
        made = random_tiny(seed)
        options = build(made)
        if not options.leg_fen.size:
            continue
        bounder = bounder_of(options)
        warm_start(bounder, upper_fen=int(options.refusal.sum()), must_stop=lambda: False)

        assert bounder.state.fen <= arc_optimum(made), f"seed {seed}"


def test_the_quick_start_is_near_the_end_and_the_end_is_the_same() -> None:
    """It saves most rounds; where the play ends does not depend on where it began."""
    options = build(generate(consignments=20, seed=4))
    cold, warm = bounder_of(options), bounder_of(options)
    run_to_the_end(cold)
    warm_start(warm, upper_fen=int(1.1 * cold.state.fen), must_stop=lambda: False)
    begun = warm.state.fen
    run_to_the_end(warm)

    assert begun >= 0.93 * cold.state.fen
    assert warm.state.rounds < cold.state.rounds
    assert warm.state.fen == pytest.approx(cold.state.fen, rel=2e-3)


def test_corridors_bring_the_bound_of_small_problems_nearer() -> None:
    """Parts of units on several days add up to whole ones only with them."""
    options = build(generate(consignments=20, seed=4))
    without, with_them = bounder_of(options), bounder_of(options)
    without.corridors = None
    run_to_the_end(without)
    run_to_the_end(with_them)

    assert with_them.state.fen > 1.01 * without.state.fen


def test_splitting_never_promises_more_than_the_optimum_and_mostly_reaches_it() -> None:
    """Whole units of a corridor: at most so many or at least one more, and nothing between."""
    reached = tried = 0
    for seed in range(400, 440):
        made = random_tiny(seed)
        options = build(made)
        if not options.leg_fen.size:
            continue
        optimum = arc_optimum(made)
        bounder = run_to_the_end(bounder_of(options))
        if bounder.state.fen >= optimum - 1:
            continue
        branching = Branching(bounder)
        tried += 1
        for _ in range(25):
            goes_on = branching.split(upper_fen=optimum + 1)
            assert branching.bound_fen(optimum + 1) <= optimum + 1, f"seed {seed}"
            if not goes_on:
                break
        assert all(part.bound <= optimum / 100 + 1e-3 for part in branching.parts) or not branching.parts
        reached += branching.bound_fen(optimum + 1) >= optimum - 1

    assert tried >= 10
    assert reached >= tried // 2


def test_splitting_raises_the_bound_and_leaves_the_bounder_as_it_was() -> None:
    options = build(generate(consignments=20, seed=4))
    bounder = run_to_the_end(bounder_of(options))
    bounder.master.solve()
    root, value = bounder.lagrangean, bounder.master.value
    branching = Branching(bounder)
    for _ in range(4):
        assert branching.split(upper_fen=1 << 50)
    branching.close()
    bounder.master.solve()

    assert branching.bound_fen(1 << 50) > 100.1 * root
    assert bounder.state.fen == pytest.approx(100 * root, rel=1e-6)
    assert (bounder.lagrangean, bounder.held) == (root, frozenset())
    assert bounder.master.value == pytest.approx(value, rel=1e-6)


def test_rows_that_collide_allow_no_plan() -> None:
    """At most one unit and at least two: the half is empty, which is no failure of the solver."""
    bounder = bounder_of(build(generate(consignments=20, seed=4)))
    none = np.zeros(0, np.int64)
    rows = [
        Row(
            departures=np.array([0]),
            legs=none,
            coefficients=np.zeros(0),
            units_coefficient=-sign,
            bound=sign * units,
            violation=0.0,
        )
        for sign, units in ((1.0, 1.0), (-1.0, 2.0))
    ]
    bounder.master.add_cuts(rows)
    with pytest.raises(Impossible):
        bounder.master.solve()

    bounder.master.hold(rows[:1])
    bounder.master.solve()


def test_a_plan_drawn_from_the_relaxation_keeps_every_capacity() -> None:
    options = build(generate(consignments=60, seed=2, tightness=150))
    bounder = bounder_of(options)
    for _ in range(30):
        bounder.round()
    plans = set()
    for seed in range(5):
        state = drawn(options, bounder.fixed, bounder.master, random=np.random.default_rng(seed))
        assert (state.used <= options.units).all()
        assert (state.length > 0).sum() > 0.8 * options.consignments
        plans.add((state.length.tobytes(), state.path.tobytes()))

    assert len(plans) > 1
