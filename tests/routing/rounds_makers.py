"""Small rounds problems on a line or a grid, where every right answer can be seen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from routing.rounds import Round, RoundsProblem, Stop, Vehicle


def on_a_line(at: Sequence[int], *, stops: Sequence[dict[str, Any]] = (), **vehicle: Any) -> RoundsProblem:
    """Stops at these kilometres of a straight road, the depot at 0; a kilometre is a minute."""
    points = np.array([0, *at], dtype=np.int64)
    matrix = np.abs(points[:, None] - points[None, :])[None]
    extra = list(stops) or [{}] * len(at)
    return RoundsProblem(
        name="line",
        stops=tuple(
            replace(Stop(number=i, place=i, delivered=(1,)), **more) for i, more in enumerate(extra, start=1)
        ),
        vehicles=(replace(Vehicle(name="truck", count=2, capacity=(10,)), **vehicle),),
        distance=matrix,
        duration=matrix,
    )


def drive(*stops: int, vehicle: int = 0) -> Round:
    """A round past the stops of these indices."""
    return Round(vehicle=vehicle, stops=stops)
