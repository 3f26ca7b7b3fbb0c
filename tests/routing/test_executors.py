"""Past one process: any standard executor, the same answer for one worker and for many."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from routing.generate import generate
from routing.planner import plan_shipments
from routing.portfolio import plan_portfolio
from routing.problem import canonical
from routing.stress import stress


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
