"""PyVRP proposes rounds: the search engine for what it can express.

What it cannot express is asked of it in vain: `outside` names those rules, and the planner then
uses OR-Tools alone. PyVRP's own `solve` starts its penalties so high that a run of some seconds
never reaches useful ones; here they start at what a unit of load or time is worth in distance, and
its memory of accepted costs is shorter. Measured on seven CVRPLIB X instances at 10 CPU seconds:
2.1 % above the best known values with its defaults, 0.9 % so.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    Depot,
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    Location,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Shipment,
    Solution,
    VehicleType,
)
from pyvrp import Route as PyvrpRoute
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

from routing.rounds import Round, Rounds, RoundsProblem, Rule, Stop, amounts
from routing.rounds_limits import Limit, OnProgress, Progress, silent, thread_cpu

HISTORY = 50
"""Costs remembered for late acceptance (PyVRP: 300): short, for runs of seconds."""

SHOW_SECONDS = 0.5
"""Between two words on how the search goes."""

NEIGHBOURS = 30
"""Stops tried near each stop (PyVRP: 50)."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the search found: rounds, whether PyVRP holds them complete and feasible, and its effort."""

    rounds: Rounds
    feasible: bool
    iterations: int
    cpu_seconds: float


def outside(problem: RoundsProblem) -> list[Rule]:
    """The rules of this problem that PyVRP has no words for."""
    stops, vehicles = problem.stops, problem.vehicles
    paired = problem.paired()
    found = {
        Rule.BREAKS: any(vehicle.breaks for vehicle in vehicles),
        Rule.GOODS: bool(problem.apart),
        Rule.ORDER: bool(problem.pairs) and any(vehicle.last_in_first_out for vehicle in vehicles),
        Rule.ACCESS: any(stop.vehicles for stop in stops),
        Rule.TOGETHER: bool(problem.together),
        Rule.WINDOWS: any(stop.late_cost for stop in stops),
        Rule.PAIRS: any(
            stops[i].released_at or (stops[i].prize is None) != (stops[j].prize is None)
            for i, j in paired.items()
        ),
    }
    return [rule for rule, there in found.items() if there]


def propose(
    problem: RoundsProblem,
    *,
    limit: Limit,
    seed: int,
    start: Rounds | None = None,
    until_feasible: bool = False,
    on_progress: OnProgress = silent,
) -> Proposal:
    """Search until the limit, or the first rounds that keep all rules; the same for one seed and iterations.

    `start` may leave stops out; the search places them.
    """
    begun = thread_cpu()
    engine = Engine(problem)
    stop = _Stop(limit, begun, first_feasible=until_feasible)
    stop.show(problem, on_progress)
    solution = engine.search(stop, seed=seed, start=start)
    return Proposal(
        rounds=engine.rounds_of(solution),
        feasible=solution.is_feasible() and solution.is_complete(),
        iterations=stop.iterations,
        cpu_seconds=thread_cpu() - begun,
    )


class _Stop:
    """PyVRP asks this at every iteration."""

    def __init__(self, limit: Limit, begun: float, *, first_feasible: bool) -> None:
        self.limit = limit
        self.begun = begun
        self.iterations = 0
        self.first_feasible = first_feasible
        self.shown_at = begun
        self.tell: Callable[[float, float], None] = lambda *_: None

    def show(self, problem: RoundsProblem, on_progress: OnProgress) -> None:
        """Tell the best cost from now on, twice a second."""

        def tell(spent: float, best_cost: float) -> None:
            cost = best_cost / problem.cost_units
            on_progress(Progress(cpu_seconds=spent, cost=cost, vehicles=0, phase="searching"))

        self.tell = tell

    def __call__(self, best_cost: float) -> bool:
        limit = self.limit
        if self.first_feasible and best_cost < np.iinfo(np.int64).max:
            return True
        if limit.iterations is not None and self.iterations >= limit.iterations:
            return True
        now = thread_cpu()
        if now - self.begun >= limit.cpu_seconds or limit.cancel() or limit.enough():
            return True
        if now - self.shown_at >= SHOW_SECONDS and best_cost < np.iinfo(np.int64).max:
            self.shown_at = now
            self.tell(now - self.begun, best_cost)
        self.iterations += 1
        return False


@dataclass
class Engine:
    """A problem in PyVRP's words, and the way back."""

    problem: RoundsProblem
    data: ProblemData = field(init=False)
    #: PyVRP's clients and shipments, as indices of our stops.
    clients: list[int] = field(init=False)
    #: PyVRP's vehicle types, as indices of our vehicles.
    kinds: list[int] = field(init=False)

    def __post_init__(self) -> None:
        paired = self.problem.paired()
        self.clients = [i for i in range(len(self.problem.stops)) if i not in paired]
        self.kinds = [kind for kind, vehicle in enumerate(self.problem.vehicles) if vehicle.count]
        self.data = self._data()

    def _data(self) -> ProblemData:
        problem = self.problem
        places = problem.distance.shape[1]
        depots = sorted({place for vehicle in problem.vehicles for place in (vehicle.start, vehicle.end)})
        return ProblemData(
            locations=[Location(0, 0)] * places,
            clients=[_client(problem.stops[i], problem.loads) for i in self.clients],
            depots=[Depot(place) for place in depots],
            vehicle_types=[
                VehicleType(
                    num_available=vehicle.count,
                    capacity=list(amounts(vehicle.capacity, problem.loads)),
                    start_depot=depots.index(vehicle.start),
                    end_depot=depots.index(vehicle.end),
                    fixed_cost=vehicle.fixed_cost,
                    tw_early=vehicle.starts_at,
                    tw_late=vehicle.ends_at,
                    shift_duration=vehicle.duration_max,
                    max_distance=vehicle.distance_max,
                    unit_distance_cost=vehicle.cost_per_distance,
                    unit_duration_cost=vehicle.cost_per_duration,
                    profile=vehicle.profile,
                )
                for vehicle in (problem.vehicles[kind] for kind in self.kinds)
            ],
            distance_matrices=list(problem.distance),
            duration_matrices=list(problem.duration),
            shipments=[
                _shipment(problem.stops[a], problem.stops[b], problem.loads) for a, b in problem.pairs
            ],
        )

    def search(self, stop: _Stop, *, seed: int, start: Rounds | None) -> Solution:
        data = self.data
        rng = RandomNumberGenerator(seed=seed)
        neighbours = compute_neighbours(data, NeighbourhoodParams(num_neighbours=NEIGHBOURS))
        local = LocalSearch(data, rng, neighbours, PerturbationManager(PerturbationParams()))
        for operator in OPERATORS:
            if operator.supports(data):
                local.add_operator(operator(data))
        penalties = PenaltyManager(self._penalties(), PenaltyParams())
        if start is None:
            first = local(Solution.make_random(data, rng), penalties.max_cost_evaluator(), exhaustive=True)
        else:
            first = self.solution_of(start)
        params = IteratedLocalSearchParams(history_length=HISTORY)
        search = IteratedLocalSearch(data, penalties, local, first, params)
        with warnings.catch_warnings():
            # PyVRP warns when it cannot keep the rules; that is what OR-Tools' refusal and repair are for.
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            return search.run(stop, collect_stats=False).best

    def _penalties(self) -> tuple[list[float], float, float]:
        """What one unit of overload, lateness and overlength is worth to begin with, in cost units."""
        problem = self.problem
        rate = min(vehicle.cost_per_distance for vehicle in problem.vehicles)
        leg = rate * float(problem.distance[0].mean())
        loads = []
        for dimension in range(problem.loads):
            carried = [
                amounts(stop.delivered, problem.loads)[dimension]
                + amounts(stop.collected, problem.loads)[dimension]
                for stop in problem.stops
            ]
            loads.append(_worth(leg, float(np.mean(carried))))
        return loads, _worth(leg, float(problem.duration[0].mean())), max(float(rate), 1.0)

    def solution_of(self, rounds: Rounds) -> Solution:
        client = {stop: Activity(ActivityType.CLIENT, at) for at, stop in enumerate(self.clients)}
        for at, (pickup, delivery) in enumerate(self.problem.pairs):
            client[pickup] = Activity(ActivityType.PICKUP, at)
            client[delivery] = Activity(ActivityType.DELIVERY, at)
        routes = [
            PyvrpRoute(self.data, [client[stop] for stop in each.stops], self.kinds.index(each.vehicle))
            for each in rounds
        ]
        return Solution(self.data, routes)

    def rounds_of(self, solution: Solution) -> Rounds:
        rounds = []
        for route in solution.routes():
            stops = tuple(self._stop_of(activity) for activity in route if not activity.is_depot())
            if stops:
                rounds.append(Round(vehicle=self.kinds[route.vehicle_type()], stops=stops))
        return tuple(rounds)

    def _stop_of(self, activity: Activity) -> int:
        if activity.is_client():
            return self.clients[activity.idx]
        return self.problem.pairs[activity.idx][0 if activity.is_pickup() else 1]


def _worth(leg: float, unit: float) -> float:
    """A leg's cost per unit, kept where PyVRP's whole numbers do not overflow."""
    return min(max(leg / unit, 0.1), 100_000.0) if unit else 1.0


def _client(stop: Stop, loads: int) -> Client:
    return Client(
        location=stop.place,
        delivery=list(amounts(stop.delivered, loads)),
        pickup=list(amounts(stop.collected, loads)),
        service_duration=stop.service,
        tw_early=stop.opens_at,
        tw_late=stop.closes_at,
        release_time=stop.released_at,
        prize=stop.prize or 0,
        required=stop.prize is None,
    )


def _shipment(pickup: Stop, delivery: Stop, loads: int) -> Shipment:
    return Shipment(
        pickup_location=pickup.place,
        delivery_location=delivery.place,
        pickup_tw_early=pickup.opens_at,
        pickup_tw_late=pickup.closes_at,
        pickup_service_duration=pickup.service,
        delivery_tw_early=delivery.opens_at,
        delivery_tw_late=delivery.closes_at,
        delivery_service_duration=delivery.service,
        amount=list(amounts(pickup.collected, loads)),
        prize=(pickup.prize or 0) + (delivery.prize or 0),
        required=pickup.prize is None,
    )
