"""customs.toml, typed: what customs' receipts mean at this site."""

import dataclasses
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from config.inspection_rules import InspectionRules

PATH = Path(__file__).with_name("customs.toml")


class Review(StrEnum):
    """What a review of a document decides."""

    PRE_BOOKED = "pre_booked"
    APPROVED = "approved"
    BOOKED = "booked"
    RETURNED = "returned"
    INSPECT = "inspect"
    """布控查验: nothing is decided yet, officers want to see the goods first."""


class Passage(StrEnum):
    """What the gate's receipt says."""

    PASSED = "passed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reviews:
    """manageResult → decision, by kind of document; an absent code is parked for a person."""

    inbound: Mapping[str, Review]
    outbound: Mapping[str, Review]
    gate_pass: Mapping[str, Review]
    pass_inspected: frozenset[str]
    """values of logisticsStucd by which a pass waits for an inspection, whatever its result is"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trade:
    """How the trade of a list is read off its fields; the lists are values of bondInvtTypecd."""

    home_country: str
    goods_first: frozenset[str]
    inside_zone: frozenset[str]
    collective: frozenset[str]
    retail: frozenset[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CustomsRules:
    """What `customs.toml` explains."""

    review: Reviews
    passage: Mapping[str, Passage]
    inspection: InspectionRules
    trade: Trade

    @classmethod
    def load(cls, path: Path = PATH) -> "CustomsRules":
        """Read the file; a value of the wrong kind raises pydantic's ValidationError naming it."""
        return TypeAdapter(cls).validate_python(tomllib.loads(path.read_text("utf-8")))
