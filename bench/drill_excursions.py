"""What the drill's cold rooms say: one excursion in a disorderly past, one whose time runs out while we watch."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from devices.facts import Json
from devices.simulated_sensors import Logger

#: Minutes of the disorderly history: cool, then warm, then cool again; the outage lies in the warm hour.
HISTORY_MINUTES = 120
WARM = range(30, 90)
OUTAGE = range(45, 75)
#: The logger of the past stands in the cool room, the one of the present in the frozen room.
PAST, PRESENT = "cool-past", "frozen-now"
TOLERATED = timedelta(minutes=10)


def past(logger: Logger, *, seconds: float, seed: int, stop: threading.Event) -> int:
    """Two hours by event time in `seconds`: out of order, every seventh twice, half an hour missing until the end.

    With each message comes the present value, as a logger does that reads its memory out. Returns readings sent.
    """
    randomness = random.Random(seed)
    began = datetime.now(UTC) - timedelta(minutes=HISTORY_MINUTES + 10)
    known = [minute for minute in range(HISTORY_MINUTES) if minute not in OUTAGE]
    order = [*known, *known[::7]]
    # Disorder within a quarter of an hour, as two links to one logger make it.
    order.sort(key=lambda minute: minute + randomness.uniform(-8, 8))
    batches = [[minute] for minute in order]
    # The outage's half hour comes when all else is there.
    held_back = list(OUTAGE)
    randomness.shuffle(held_back)
    batches += [held_back, held_back[:5]]
    started, sent = time.monotonic(), 0
    for number, minutes in enumerate(batches):
        stop.wait(max(0.0, started + number * seconds / len(batches) - time.monotonic()))
        readings = [
            reading(began + timedelta(minutes=minute), 12.0 if minute in WARM else 4.0 + minute % 3 / 10)
            for minute in minutes
        ]
        logger.send([*readings, reading(datetime.now(UTC), 4.2)])
        sent += len(readings) + 1
    return sent


def reading(at: datetime, value: float) -> dict[str, Json]:
    return {"kind": "temperature", "value": value, "at": at.isoformat(timespec="milliseconds")}


def present(logger: Logger, *, leaves_seconds: float) -> datetime:
    """A room warm for so long that its tolerated time ends `leaves_seconds` from now; returns when it ends.

    The last word comes before that end and nothing after it: the hold may not wait for another reading.
    """
    begun = datetime.now(UTC) - TOLERATED + timedelta(seconds=leaves_seconds)
    moments = [begun + timedelta(seconds=20 * step) for step in range(100)]
    now = datetime.now(UTC)
    warm = [reading(moment, -9.5) for moment in moments if moment < now]
    logger.send([reading(begun - timedelta(seconds=20), -20.0), *warm, reading(now, -9.5)])
    return begun + TOLERATED


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the warehouse made of one device's excursions."""

    excursions: int
    holds: int
    alerts: int
    #: How often the alert was raised while it was open; once is right.
    raised: int
    hold_after_seconds: float | None


def found(url: str, device: str) -> Found:
    """Counts of excursions, holds and alerts, and how long after the tolerated time the first hold was placed."""
    with psycopg.connect(url) as connection:
        excursions = connection.execute(
            "select e.confirmed_at, h.placed_at, e.hold_id from excursion e left join hold h on h.id = e.hold_id"
            " where e.device = %s order by e.id",
            (device,),
        ).fetchall()
        alerts = connection.execute(
            "select times from alert where kind = 'sensing.excursion' and subject like %s", (f"{device} %",)
        ).fetchall()
    holds = {row[2] for row in excursions if row[2] is not None}
    after = (excursions[0][1] - excursions[0][0]).total_seconds() if excursions and excursions[0][1] else None
    return Found(
        excursions=len(excursions),
        holds=len(holds),
        alerts=len(alerts),
        raised=sum(row[0] for row in alerts),
        hold_after_seconds=after,
    )
