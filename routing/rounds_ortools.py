"""The model of record: an OR-Tools routing model that holds every rule of a rounds problem.

Only whole-number matrices and vectors are registered, never a Python callback. This module is run
in a child process (`rounds_child`) and imported nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from routing.rounds import FOREVER, Round, Rounds, RoundsProblem, Stop, Vehicle, amounts

FEW_STOPS = 400
"""Up to here parallel insertion is quick; above, local insertion starts (routing papers, measured)."""

SLOW = (
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns",
)
"""Moves a descent leaves out. Measured on two of Homberger's files of 400 stops: with them a polish of 0.6 s took
1.4 to 2.2 s where nothing was left to gain, and no round became cheaper. Why it overruns is not known."""


@dataclass
class Model:
    """One problem in OR-Tools' words. Nodes are the stops, then one node for each depot place.

    `trucks` names the vehicle (index into the problem's) of each OR-Tools vehicle.
    `missing_cost`, if given, lets every stop be left out at that price: how repair looks for gaps.
    """

    problem: RoundsProblem
    trucks: Sequence[int]
    missing_cost: int | None = None
    manager: Any = field(init=False)
    routing: Any = field(init=False)
    #: The place of each node.
    places: list[int] = field(init=False)
    time: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        problem = self.problem
        vehicles = [problem.vehicles[kind] for kind in self.trucks]
        depots = sorted({place for vehicle in vehicles for place in (vehicle.start, vehicle.end)})
        self.places = [*(stop.place for stop in problem.stops), *depots]
        node = {place: len(problem.stops) + at for at, place in enumerate(depots)}
        starts = [node[vehicle.start] for vehicle in vehicles]
        ends = [node[vehicle.end] for vehicle in vehicles]
        self.manager = pywrapcp.RoutingIndexManager(len(self.places), len(vehicles), starts, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._costs(vehicles)
        self._loads(vehicles)
        self._distances(vehicles)
        self._times(vehicles)
        self._pairs(vehicles)
        self._company(vehicles)

    def index(self, stop: int) -> int:
        return int(self.manager.NodeToIndex(stop))

    def _matrix(self, matrix: Any) -> Any:
        return matrix[np.ix_(self.places, self.places)]

    def _costs(self, vehicles: list[Vehicle]) -> None:
        routing = self.routing
        arcs: dict[tuple[int, int], int] = {}
        for truck, vehicle in enumerate(vehicles):
            kind = (vehicle.profile, vehicle.cost_per_distance)
            if kind not in arcs:
                costs = self._matrix(self.problem.distance[vehicle.profile]) * vehicle.cost_per_distance
                arcs[kind] = routing.RegisterTransitMatrix(costs.tolist())
            routing.SetArcCostEvaluatorOfVehicle(arcs[kind], truck)
            routing.SetFixedCostOfVehicle(vehicle.fixed_cost, truck)
        for stop, each in enumerate(self.problem.stops):
            if self.missing_cost is not None or each.prize is not None:
                price = each.prize if each.prize is not None else self.missing_cost
                routing.AddDisjunction([self.index(stop)], price)

    def _loads(self, vehicles: list[Vehicle]) -> None:
        problem, routing, solver = self.problem, self.routing, self.routing.solver()
        paired = problem.paired()
        depots = [0] * (len(self.places) - len(problem.stops))
        for dimension in range(problem.loads):
            rooms = [amounts(vehicle.capacity, problem.loads)[dimension] for vehicle in vehicles]
            out = [amounts(stop.delivered, problem.loads)[dimension] for stop in problem.stops]
            back = [amounts(stop.collected, problem.loads)[dimension] for stop in problem.stops]
            from_depot = [0 if i in paired else amount for i, amount in enumerate(out)]
            if not any(back):
                given = routing.RegisterUnaryTransitVector([*out, *depots])
                routing.AddDimensionWithVehicleCapacity(given, 0, rooms, True, f"load {dimension}")
                continue
            change = [b - o for b, o in zip(back, out, strict=True)]
            vector = routing.RegisterUnaryTransitVector([*change, *depots])
            plain = not any(from_depot)
            routing.AddDimensionWithVehicleCapacity(vector, 0, rooms, plain, f"load {dimension}")
            if plain:
                continue
            given = routing.RegisterUnaryTransitVector([*from_depot, *depots])
            routing.AddDimensionWithVehicleCapacity(given, 0, rooms, True, f"delivered {dimension}")
            load = routing.GetDimensionOrDie(f"load {dimension}")
            delivered = routing.GetDimensionOrDie(f"delivered {dimension}")
            for truck in range(len(vehicles)):
                # What leaves the depot is exactly what the round will deliver.
                solver.Add(
                    load.CumulVar(routing.Start(truck)) == delivered.CumulVar(routing.End(truck)),
                )

    def _distances(self, vehicles: list[Vehicle]) -> None:
        if all(vehicle.distance_max >= FOREVER for vehicle in vehicles):
            return
        profiles = self._registered(vehicles, self.problem.distance, [0] * len(self.places))
        limits = [min(vehicle.distance_max, FOREVER) for vehicle in vehicles]
        self.routing.AddDimensionWithVehicleTransitAndCapacity(profiles, 0, limits, True, "distance")

    def _registered(self, vehicles: list[Vehicle], matrices: Any, leaving: list[int]) -> list[int]:
        """One registered matrix per truck: what leaving the row's node adds, plus the way."""
        known: dict[int, int] = {}
        for vehicle in vehicles:
            if vehicle.profile not in known:
                matrix = self._matrix(matrices[vehicle.profile]) + np.array(leaving)[:, None]
                known[vehicle.profile] = self.routing.RegisterTransitMatrix(matrix.tolist())
        return [known[vehicle.profile] for vehicle in vehicles]

    def _times(self, vehicles: list[Vehicle]) -> None:
        problem, routing = self.problem, self.routing
        if not _is_timed(problem):
            return
        depots = len(self.places) - len(problem.stops)
        service = [*(stop.service for stop in problem.stops), *([0] * depots)]
        profiles = self._registered(vehicles, problem.duration, service)
        horizon = _horizon(problem)
        routing.AddDimensionWithVehicleTransits(profiles, horizon, horizon, False, "time")
        self.time = routing.GetDimensionOrDie("time")
        for truck, vehicle in enumerate(vehicles):
            start, end = routing.Start(truck), routing.End(truck)
            self.time.CumulVar(start).SetRange(vehicle.starts_at, min(vehicle.ends_at, horizon))
            self.time.CumulVar(end).SetRange(vehicle.starts_at, min(vehicle.ends_at, horizon))
            if vehicle.duration_max < FOREVER:
                self.time.SetSpanUpperBoundForVehicle(vehicle.duration_max, truck)
            if vehicle.cost_per_duration:
                self.time.SetSpanCostCoefficientForVehicle(vehicle.cost_per_duration, truck)
            routing.AddVariableMinimizedByFinalizer(self.time.CumulVar(end))
            routing.AddVariableMaximizedByFinalizer(self.time.CumulVar(start))
        for i, stop in enumerate(problem.stops):
            self._window(i, stop, horizon)
        self._breaks(vehicles, service)

    def _window(self, i: int, stop: Stop, horizon: int) -> None:
        self.time.CumulVar(self.index(i)).SetRange(stop.opens_at, min(stop.closes_at, horizon))
        if stop.late_cost:
            self.time.SetCumulVarSoftUpperBound(self.index(i), min(stop.late_after, horizon), stop.late_cost)
        if stop.released_at:
            routing, solver = self.routing, self.routing.solver()
            # The vehicle (none is -1, so one is added) leaves after the goods are there.
            leaves = [self.time.CumulVar(routing.Start(truck)) for truck in range(routing.vehicles())]
            chosen = solver.Element(
                [solver.IntConst(horizon), *leaves], routing.VehicleVar(self.index(i)) + 1
            )
            solver.Add(chosen >= stop.released_at)

    def _breaks(self, vehicles: list[Vehicle], service: list[int]) -> None:
        solver = self.routing.solver()
        if not any(vehicle.breaks for vehicle in vehicles):
            return
        nodes = [self.manager.IndexToNode(i) for i in range(self.routing.Size() + self.routing.vehicles())]
        visits = [service[node] for node in nodes]
        for truck, vehicle in enumerate(vehicles):
            pauses = [
                solver.FixedDurationIntervalVar(
                    pause.earliest, pause.latest, pause.duration, False, f"break {at} of {truck}"
                )
                for at, pause in enumerate(vehicle.breaks)
            ]
            self.time.SetBreakIntervalsOfVehicle(pauses, truck, visits)

    def _pairs(self, vehicles: list[Vehicle]) -> None:
        routing, solver = self.routing, self.routing.solver()
        if not self.problem.pairs:
            return
        routing.AddConstantDimension(1, len(self.places) + 2, True, "order")
        order = routing.GetDimensionOrDie("order")
        for pickup, delivery in self.problem.pairs:
            first, second = self.index(pickup), self.index(delivery)
            routing.AddPickupAndDelivery(first, second)
            solver.Add(routing.VehicleVar(first) == routing.VehicleVar(second))
            solver.Add(order.CumulVar(first) <= order.CumulVar(second))
        for truck, vehicle in enumerate(vehicles):
            if vehicle.last_in_first_out:
                policy = pywrapcp.RoutingModel.PICKUP_AND_DELIVERY_LIFO
                routing.SetPickupAndDeliveryPolicyOfVehicle(policy, truck)

    def _company(self, vehicles: list[Vehicle]) -> None:
        """Goods apart, access, and stops that belong together."""
        problem, routing, solver = self.problem, self.routing, self.routing.solver()
        classes = sorted({name for two in problem.apart for name in two})
        for i, stop in enumerate(problem.stops):
            if stop.goods in classes:
                kind = classes.index(stop.goods)
                routing.SetVisitType(self.index(i), kind, pywrapcp.RoutingModel.TYPE_ADDED_TO_VEHICLE)
            if stop.vehicles:
                allowed = [truck for truck, vehicle in enumerate(vehicles) if vehicle.name in stop.vehicles]
                none = [-1] if stop.prize is not None or self.missing_cost is not None else []
                routing.VehicleVar(self.index(i)).SetValues([*none, *allowed])
        for two in problem.apart:
            first, second = sorted(two)
            routing.AddHardTypeIncompatibility(classes.index(first), classes.index(second))
        for group in problem.together:
            for i in group[1:]:
                here, there = routing.VehicleVar(self.index(group[0])), routing.VehicleVar(self.index(i))
                solver.Add(here == there)

    def close(self, parameters: Any) -> None:
        self.routing.CloseModelWithParameters(parameters)

    def read(self, rounds: Rounds) -> Any:
        """The assignment of these rounds, or None if the model refuses them."""
        routes: list[list[int]] = [[] for _ in self.trucks]
        free = {kind: [t for t, k in enumerate(self.trucks) if k == kind][::-1] for kind in set(self.trucks)}
        for each in rounds:
            if not free.get(each.vehicle):
                return None
            routes[free[each.vehicle].pop()] = [self.index(stop) for stop in each.stops]
        return self.routing.ReadAssignmentFromRoutes(routes, True)

    def rounds_of(self, assignment: Any) -> Rounds:
        rounds = []
        for truck, kind in enumerate(self.trucks):
            stops = []
            at = assignment.Value(self.routing.NextVar(self.routing.Start(truck)))
            while not self.routing.IsEnd(at):
                stops.append(int(self.manager.IndexToNode(at)))
                at = assignment.Value(self.routing.NextVar(at))
            if stops:
                rounds.append(Round(vehicle=kind, stops=tuple(stops)))
        return tuple(rounds)


def _is_timed(problem: RoundsProblem) -> bool:
    stops, vehicles = problem.stops, problem.vehicles
    return any(
        stop.opens_at or stop.closes_at < FOREVER or stop.released_at or stop.late_cost for stop in stops
    ) or any(
        vehicle.breaks
        or vehicle.cost_per_duration
        or vehicle.duration_max < FOREVER
        or vehicle.ends_at < FOREVER
        for vehicle in vehicles
    )


def _horizon(problem: RoundsProblem) -> int:
    """A time nothing needs to pass: the last opening plus all driving, service and breaks."""
    opens = [stop.opens_at + stop.released_at for stop in problem.stops]
    starts = [vehicle.starts_at for vehicle in problem.vehicles]
    ends = [vehicle.ends_at for vehicle in problem.vehicles if vehicle.ends_at < FOREVER]
    drive = int(problem.duration.max(axis=0).max(axis=1).sum()) + int(problem.duration.max())
    service = sum(stop.service for stop in problem.stops)
    rest = max((sum(b.duration for b in vehicle.breaks) for vehicle in problem.vehicles), default=0)
    latest = max([*(b.latest for vehicle in problem.vehicles for b in vehicle.breaks), 0])
    return max([*opens, *starts, *ends, latest]) + drive + service + rest


def trucks_for(problem: RoundsProblem, rounds: Iterable[Round], *, spare: int) -> list[int]:
    """The trucks the rounds use and some more of each kind, as vehicles of the problem."""
    used = [each.vehicle for each in rounds]
    return [
        kind
        for kind, vehicle in enumerate(problem.vehicles)
        for _ in range(min(vehicle.count, used.count(kind) + spare))
    ]


def search_parameters(*, seconds: float, escape: bool, timed: bool) -> Any:
    """Guided local search, or without `escape` a descent that ends by itself; `seconds` is wall time, a guard."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = (
        strategies.LOCAL_CHEAPEST_INSERTION if timed else strategies.PARALLEL_CHEAPEST_INSERTION
    )
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        if escape
        else routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    )
    parameters.local_search_operators.use_lin_kernighan = optional_boolean_pb2.BOOL_TRUE
    if not escape:
        for operator in SLOW:
            setattr(parameters.local_search_operators, operator, optional_boolean_pb2.BOOL_FALSE)
    milliseconds = max(1, int(seconds * 1000))
    parameters.time_limit.FromMilliseconds(milliseconds)
    return parameters
