"""Past one process: any standard executor, the same answer for one worker and for many."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from routing.bound import Bounder
from routing.check import broken_promises
from routing.generate import generate
from routing.insertion import fixed_from
from routing.options import build
from routing.planner import plan_shipments
from routing.portfolio import plan_portfolio
from routing.pricing import Floats
from routing.problem import canonical
from routing.stress import stress


def priced(bounder: Bounder, price: Floats) -> tuple[list[float], list[list[int]]]:
    bounder.price(price)
    ways = [bounder.path[i, : bounder.length[i]].tolist() for i in range(len(bounder.value))]
    return bounder.value.tolist(), ways


def test_pricing_in_blocks_is_the_same_for_no_worker_one_and_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a second time, when the workers know their blocks and get the prices alone."""
    made = generate(consignments=70, seed=3)
    options = build(made)
    fixed = fixed_from(options)
    random = np.random.default_rng(1)
    prices = [fixed.leg_fen / 100 + random.uniform(0, 500, len(fixed.leg_fen)) for _ in range(3)]
    alone = Bounder(options, fixed, must_stop=lambda: False)
    expected = [priced(alone, price) for price in prices]

    monkeypatch.setattr("routing.pricing_blocks.BLOCK", 20)
    for executor in (ThreadPoolExecutor(max_workers=1), ProcessPoolExecutor(max_workers=2)):
        with executor:
            spread = Bounder(options, fixed, must_stop=lambda: False, executor=executor)
            assert [priced(spread, price) for price in prices] == expected
            assert spread.elsewhere > 0


def test_a_plan_is_the_same_with_pricing_spread_and_without() -> None:
    made = generate(consignments=90, seed=3)
    alone = plan_shipments(made, moves=100)
    with ProcessPoolExecutor(max_workers=2) as executor:
        spread = plan_shipments(made, moves=100, executor=executor)

    assert canonical(alone.as_document()) == canonical(spread.as_document())


def test_a_portfolio_has_the_best_bound_of_its_seeds() -> None:
    made = generate(consignments=25, seed=2)
    plans = [plan_shipments(made, moves=60, seed=seed) for seed in (1, 2, 3)]
    found = plan_portfolio(made, seeds=(1, 2, 3), moves=60)

    assert found.cost == min(plan.cost for plan in plans)
    assert found.bound == max(plan.bound for plan in plans)
    assert broken_promises(made, found) == []


def test_the_stress_table_is_the_same_for_one_worker_and_for_two() -> None:
    made = generate(consignments=15, seed=2)
    plan = plan_shipments(made, moves=200)
    with ThreadPoolExecutor(max_workers=1) as executor:
        one = stress(made, plan, moves=20, executor=executor)
    with ProcessPoolExecutor(max_workers=2) as executor:
        two = stress(made, plan, moves=20, executor=executor)

    assert one == two
    assert one == stress(made, plan, moves=20)


def test_a_dask_cluster_of_two_workers_gives_the_same_portfolio() -> None:
    """Optional: needs the extra ``distributed``."""
    distributed = pytest.importorskip("distributed", reason="the optional package distributed is absent")
    made = generate(consignments=10, seed=2)
    with ThreadPoolExecutor(max_workers=1) as executor:
        alone = plan_portfolio(made, seeds=(1, 2), executor=executor, moves=200)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        spread = plan_portfolio(made, seeds=(1, 2), executor=executor, moves=200)

    assert canonical(alone.as_document()) == canonical(spread.as_document())
