"""The JSON Schema of each kind of file, by name; made from the same classes that read the files."""

from collections.abc import Callable
from typing import Any

from routing.plan import PLAN
from routing.problem import DOCUMENT
from routing.replan import DISRUPTION
from routing.rounds_file import SCHEMA


def _rounds() -> Any:
    return SCHEMA


SCHEMAS: dict[str, Callable[[], Any]] = {
    "problem": DOCUMENT.json_schema,
    "plan": PLAN.json_schema,
    "disruption": DISRUPTION.json_schema,
    "rounds": _rounds,
}
