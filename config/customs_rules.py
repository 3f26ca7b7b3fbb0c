"""customs.toml, typed: what customs' receipts mean at this site."""

import dataclasses
import tomllib
from collections.abc import Mapping
from datetime import date
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
class CorrectionDraft:
    """Codes of a list that corrects the book after a case's decision."""

    list_type: str
    transport_mode: str
    levy_mode_in: str
    levy_mode_out: str
    declaration_flag: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReturnDraft:
    """Codes of a list that enters returned retail goods again."""

    list_type: str
    levy_mode: str
    declaration_flag: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drafts:
    """Codes of the lists drafted here that no public source gives."""

    correction: CorrectionDraft
    returns: ReturnDraft


class Certainty(StrEnum):
    """How sure it is that a rule is what its source says."""

    VERIFIED = "verified"
    """read in the document named, or computed again"""
    SECOND_HAND = "second_hand"
    """read in one secondary source only"""
    UNVERIFIED = "unverified"
    """nobody here has read it; the customs office must confirm"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Where rules of the match come from, since when, and how sure that is."""

    text: str
    since: date
    certainty: Certainty


@dataclasses.dataclass(frozen=True, kw_only=True)
class CustomsRules:
    """What `customs.toml` explains."""

    review: Reviews
    passage: Mapping[str, Passage]
    inspection: InspectionRules
    trade: Trade
    drafts: Drafts
    sources: Mapping[str, Source]
    """by the key that `wms.orders.rules` names"""

    @classmethod
    def load(cls, path: Path = PATH) -> "CustomsRules":
        """Read the file; a value of the wrong kind raises pydantic's ValidationError naming it."""
        return TypeAdapter(cls).validate_python(tomllib.loads(path.read_text("utf-8")))
