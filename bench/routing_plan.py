"""Prints the planner's figures on generated problems: gaps by size and CPU seconds, and a port closure.

``python bench/routing_plan.py [--quick] [--seeds 1,2,3]``; CPU seconds, one thread, machine code loaded.
Demands are those of the issue; a line that misses its demand ends with ``missed`` and the script with 1.
"""

import argparse
import sys
import time
from datetime import timedelta

from routing.check import broken_promises
from routing.generate import generate
from routing.network import Closure
from routing.plan import Progress
from routing.planner import plan_shipments, warm_up
from routing.replan import Disruption, remainder, three_points

# consignments, CPU seconds, demanded global gap in per cent, demanded seconds to the first plan
DEMANDS = (
    (50, 10, 3.0, None),
    (200, 20, 7.5, None),
    (1_000, 20, 4.5, 6.0),
    (1_000, 60, 3.7, 6.0),
    (5_000, 60, 1.5, None),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the runs of a minute")
    parser.add_argument("--seeds", default="1", help="problem seeds, parted by commas")
    given = parser.parse_args()
    seeds = [int(seed) for seed in given.seeds.split(",")]
    warm_up()
    kept = True
    print(f"{'size':>6} {'seed':>4} {'limit':>6} {'cpu':>6} {'first':>6} {'cost':>14} {'bound':>14} "
          f"{'global':>7} {'pool':>7} {'late':>5} {'ref.':>5}  demand")  # fmt: skip
    for size, seconds, gap_most, first_most in DEMANDS:
        if given.quick and seconds > 30:
            continue
        for seed in seeds:
            kept &= one_plan(size, seed, seconds, gap_most, first_most)
    for seed in seeds:
        kept &= closure(seed)
    return 0 if kept else 1


def one_plan(size: int, seed: int, seconds: int, gap_most: float, first_most: float | None) -> bool:
    problem = generate(consignments=size, seed=seed)
    heard: list[Progress] = []
    before = time.process_time()
    plan = plan_shipments(problem, cpu_seconds=seconds, on_progress=heard.append)
    first = time.process_time() - before if not heard else heard[0].cpu_seconds
    faults = broken_promises(problem, plan)
    good = plan.gap_global <= gap_most and (first_most is None or first <= first_most) and not faults
    print(f"{size:6} {seed:4} {seconds:6} {plan.cpu_seconds:6.1f} {first:6.2f} {plan.cost:14,.0f} "
          f"{plan.bound:14,.0f} {plan.gap_global:6.2f}% {plan.gap_pool:6.2f}% {len(plan.late):5} "
          f"{len(plan.refused):5}  ≤ {gap_most} %{'' if good else '  missed ' + ' '.join(faults[:1])}",
          flush=True)  # fmt: skip
    return good


def closure(seed: int) -> bool:
    """Gyirong closes for days 8 to 14 of a plan of 1,000, known on day 7; three points at 1 CPU second."""
    problem = generate(consignments=1_000, seed=seed)
    plan = plan_shipments(problem, cpu_seconds=15, with_bound=False)
    known = problem.starts_at + timedelta(days=7)
    start, end = known + timedelta(days=1), known + timedelta(days=8)
    shut = Closure(code="CLOSED", what="GYI", starts_at=start, ends_at=end)
    left = remainder(problem, plan, Disruption(known_at=known, closures=(shut,)))
    points = {}
    seconds = {}
    for name in ("keep", "balanced", "reoptimise"):
        before = time.process_time()
        points[name] = three_points(left, names=(name,), cpu_seconds=1.0)[name]
        seconds[name] = time.process_time() - before
    free = points["reoptimise"].cost_without_change
    unaffected = len(left.start)
    print(f"closure, seed {seed}: {len(left.problem.consignments)} open, {len(left.affected)} affected")
    for name, point in points.items():
        changed = 100 * len(point.changed) / max(1, unaffected)
        dearer = 100 * (point.cost_without_change / free - 1)
        touched = f"{len(point.displaced)} displaced, {len(point.changed)} others changed ({changed:.2f} %)"
        money = f"cost {point.cost_without_change:,.0f} ({dearer:+.2f} %), {len(point.plan.refused)} refused"
        print(f"  {name:11} {seconds[name]:5.2f} s  {touched}, {money}", flush=True)
    keep = points["keep"]
    good = seconds["keep"] <= 2 and len(keep.changed) <= 0.02 * unaffected
    good = good and keep.cost_without_change <= 1.01 * free
    print(f"  demand ≤ 2 s, ≤ 2 % changed, ≤ 1 % dearer{'' if good else '  missed'}")
    return good


if __name__ == "__main__":
    sys.exit(main())
