"""Small typed values shared by all planning files, and how bad input becomes one sentence."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from routing.errors import BadInput

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@+-]*$", max_length=80)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Positive = Annotated[int, Field(ge=1, le=10**9)]
Fen = Annotated[int, Field(ge=0, le=10**12)]
Percent = Annotated[int, Field(ge=1, le=100)]
Factor = Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Hours = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekdays = Annotated[str, Field(pattern=r"^1?2?3?4?5?6?7?$")]
Moment = AwareDatetime

FORBID_EXTRA = ConfigDict(extra="forbid")
MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60


class GoodsClass(StrEnum):
    """What a consignment is, as far as carriage rules care."""

    GENERAL = "general"
    REEFER = "reefer"
    DANGEROUS = "dangerous"
    BONDED = "bonded"
    LIST_TRADE = "list_trade"


ALL_CLASSES = tuple(GoodsClass)
#: Each of these shares a unit only with its own kind.
TRAVEL_ALONE = frozenset({GoodsClass.DANGEROUS, GoodsClass.BONDED, GoodsClass.REEFER})
TOGETHER = "together"


def company_of(goods: GoodsClass) -> str:
    """Which goods share units: each class that travels alone, and all others together."""
    return goods if goods in TRAVEL_ALONE else TOGETHER


T = TypeVar("T")


def parse(adapter: TypeAdapter[T], data: Any, *, where: str) -> T:
    """Read ``data`` with pydantic; the first fault becomes one sentence that names ``where`` and the field.

    Raises BadInput.
    """
    try:
        if isinstance(data, str | bytes):
            return adapter.validate_json(data)
        return adapter.validate_python(data)
    except ValidationError as faults:
        found = faults.errors(include_url=False)
        words = [one for one in found if one["type"] == "literal_error" and isinstance(one["input"], str)]
        first = (words or found)[0]
        given = first["input"]
        shown = "" if isinstance(given, dict | list | bytes) else f" (given: {str(given)[:60]!r})"
        others = len({_place(one["loc"]) for one in found}) - 1
        more = f"; and {others} more" if others else ""
        raise BadInput(f"{where}: {_place(first['loc'])}: {_lower(first['msg'])}{shown}{more}.") from None


def _place(path: Sequence[int | str]) -> str:
    """Where a fault is, rows counted from 1: ``consignments, row 3, field mass_kg``."""
    # Where a value may be of several kinds, the path names the kind it was tried as.
    steps = [step for step in path if isinstance(step, int) or not (step == "Network" or "[" in step)]
    words = [f"row {step + 1}" if isinstance(step, int) else step for step in steps]
    if not words:
        return "the whole document"
    if isinstance(steps[-1], str):
        words[-1] = f"field {words[-1]}"
    return ", ".join(words)


def _lower(sentence: str) -> str:
    return re.sub(r"^[A-Z](?=[a-z])", lambda hit: hit.group().lower(), sentence)


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes from ``start`` to ``end``, rounded down."""
    return (end - start) // MINUTE


def hours_span(hours: str) -> tuple[int, int]:
    """``"09:00-13:00"`` as minutes of the day; raises BadInput when it is no span of one day."""
    start, end = ((int(clock[:2]) * 60 + int(clock[3:])) for clock in hours.split("-"))
    if not 0 <= start < end <= DAY_MINUTES:
        raise BadInput(f"Hours {hours!r} are not a span inside one day.")
    return start, end
