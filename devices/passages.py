"""A vehicle's passage joined from what a gate's devices saw in one window; pure.

No single device's word lets a vehicle through: plate, card, seal and weight are gathered, what is missing and
what does not agree is named, and the warehouse makes a task of it for a person.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class Part(StrEnum):
    PLATE = "plate"
    CARD = "card"
    SEAL = "seal_no"
    MASS = "mass_kg"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing seen at the gate. `confidence` is 0 to 1 for a plate, else 1."""

    part: Part
    value: str
    at: datetime
    confidence: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Everything one vehicle showed, and what is wrong with it."""

    opened_at: datetime
    closed_at: datetime
    seen: dict[Part, Seen]
    missing: tuple[Part, ...]
    mismatch: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GateRule:
    window: timedelta
    #: Parts a complete passage has, PLATE always among them.
    expected: frozenset[Part]
    plate_confidence_min: float


@dataclass(frozen=True, kw_only=True)
class OpenPassage:
    """What has been seen so far; `opened_at` is the first thing seen."""

    opened_at: datetime
    seen: dict[Part, Seen] = field(default_factory=dict)
    mismatch: tuple[str, ...] = ()


def see(passage: OpenPassage | None, seen: Seen, rule: GateRule) -> tuple[OpenPassage | None, list[Passage]]:
    """The passage after `seen`, and those that ended with it: complete, timed out, another vehicle's."""
    ended: list[Passage] = []
    if passage is not None and seen.at - passage.opened_at > rule.window:
        ended.append(_close(passage, rule, at=passage.opened_at + rule.window))
        passage = None
    if passage is not None and _is_another_vehicle(passage, seen, rule):
        ended.append(_close(passage, rule, at=seen.at))
        passage = None
    passage = _with(passage or OpenPassage(opened_at=seen.at), seen)
    if rule.expected <= passage.seen.keys() and not passage.mismatch:
        return None, [*ended, _close(passage, rule, at=seen.at)]
    return passage, ended


def end_of_window(
    passage: OpenPassage | None, rule: GateRule, *, at: datetime
) -> tuple[OpenPassage | None, list[Passage]]:
    """Closes what has waited longer than the window."""
    if passage is None or at - passage.opened_at <= rule.window:
        return passage, []
    return None, [_close(passage, rule, at=passage.opened_at + rule.window)]


def _is_another_vehicle(passage: OpenPassage, seen: Seen, rule: GateRule) -> bool:
    """Two different plates, both surely read, are two vehicles; an unsure one is a doubt about the first."""
    known = passage.seen.get(Part.PLATE)
    return (
        seen.part is Part.PLATE
        and known is not None
        and known.value != seen.value
        and min(known.confidence, seen.confidence) >= rule.plate_confidence_min
    )


def _with(passage: OpenPassage, seen: Seen) -> OpenPassage:
    known = passage.seen.get(seen.part)
    mismatch = passage.mismatch
    if known is not None and known.value != seen.value and not _same_mass(known, seen):
        mismatch = (*mismatch, f"{seen.part.value} was read as {known.value} and as {seen.value}")
    if known is not None and known.confidence > seen.confidence:
        seen = known
    return replace(passage, seen=passage.seen | {seen.part: seen}, mismatch=mismatch)


def _same_mass(known: Seen, seen: Seen) -> bool:
    return seen.part is Part.MASS and Decimal(known.value) == Decimal(seen.value)


def _close(passage: OpenPassage, rule: GateRule, *, at: datetime) -> Passage:
    plate = passage.seen.get(Part.PLATE)
    mismatch = passage.mismatch
    if plate is not None and plate.confidence < rule.plate_confidence_min:
        mismatch = (
            *mismatch,
            f"the plate {plate.value} was read with confidence {plate.confidence:.2f} only",
        )
    return Passage(
        opened_at=passage.opened_at,
        closed_at=at,
        seen=passage.seen,
        missing=tuple(part for part in Part if part in rule.expected and part not in passage.seen),
        mismatch=mismatch,
    )
