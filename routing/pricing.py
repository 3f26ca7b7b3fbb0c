"""The cheapest itinerary of every consignment at once under given prices of legs.

Prices are floats: the leg's own cost plus what the bound charges for capacity. One pass over a
consignment's events is a shortest path; all consignments are independent, so blocks of them may be
priced anywhere.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.compiled import compiled
from routing.insertion import MOST_LEGS, Fixed
from routing.options import Ints

Floats: TypeAlias = NDArray[np.float64]
NO_WAY = 1e30


@compiled
def price_all(
    fixed: Fixed, price: Floats, value: Floats, length: Ints, path: Ints, places: int, first: int, last: int
) -> None:
    """Price consignments ``first`` to ``last`` (exclusive) at ``price`` per leg.

    Writes each one's cheapest value (NO_WAY when there is none), the number of its legs and the legs.
    """
    label = np.empty(places, np.float64)
    label_leg = np.empty(places, np.int64)
    widest = 1
    for i in range(first, last):
        widest = max(widest, fixed.leg_ptr[i + 1] - fixed.leg_ptr[i])
    reach = np.empty(widest, np.float64)
    before = np.empty(widest, np.int64)
    for i in range(first, last):
        start = fixed.leg_ptr[i]
        destination = fixed.destination[i]
        label[:] = NO_WAY
        label[fixed.origin[i]] = 0.0
        label_leg[fixed.origin[i]] = -1
        best, final = NO_WAY, -1
        for at in range(fixed.event_ptr[i], fixed.event_ptr[i + 1]):
            leg = fixed.event[at]
            if leg < 0:
                leg = ~leg
                here = reach[leg - start]
                place = fixed.head[fixed.leg_departure[leg]]
                if here < label[place]:
                    label[place] = here
                    label_leg[place] = leg
                continue
            d = fixed.leg_departure[leg]
            reach[leg - start] = NO_WAY
            here = label[fixed.tail[d]]
            if here >= NO_WAY:
                continue
            here += price[leg]
            before[leg - start] = label_leg[fixed.tail[d]]
            if fixed.head[d] == destination:
                if here < best:
                    best, final = here, leg
            else:
                reach[leg - start] = here
        value[i] = best
        count = 0
        leg = final
        while leg >= 0 and count < MOST_LEGS:
            count += 1
            leg = before[leg - start]
        length[i] = count
        leg = final
        for spot in range(count - 1, -1, -1):
            path[i, spot] = leg
            leg = before[leg - start]
