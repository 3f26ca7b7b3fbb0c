"""The part of customs.toml about inspection: whom the random draw prefers, who inspects, which papers goods need."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class NoRules(Exception):
    """No rules were in force on the day asked for; the site's customs.toml must begin earlier."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weights:
    """How likely a declaration or list is drawn: a base rate, multiplied by what makes it a risk; never above 1."""

    valid_from: date
    base: Mapping[str, Decimal]
    """credit class → share drawn; `unknown` for companies without a class"""
    hs: Mapping[str, Decimal]
    """beginning of the tariff number → factor; the longest that fits counts"""
    origin: Mapping[str, Decimal]
    """country of origin, customs' number → factor"""
    first_import: Decimal
    """factor when the company never brought in this item before"""
    each_finding: Decimal
    """added to the factor 1 for every finding of the company in `findings_days`"""
    findings_max: int


class PaperSide(StrEnum):
    """Which way goods must go for a paper to be asked."""

    EXPORT = "export"
    """They leave the country."""
    ANY = "any"
    """They leave the zone, wherever to."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaperRule:
    """One kind of paper that goods need before they are loaded, from a day on."""

    kind: str
    name_zh: str
    name_en: str
    valid_from: date
    valid_until: date | None = None
    side: PaperSide
    hs: Sequence[str] = ()
    """beginnings of tariff numbers that always need it; products can be marked besides"""
    counted: bool
    """the paper names a quantity that is used up"""
    source: str
    certainty: Literal["verified", "second_hand", "unverified"]

    def is_in_force(self, day: date) -> bool:
        """Both ends count."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclasses.dataclass(frozen=True, kw_only=True)
class InspectionRules:
    """What `customs.toml` explains under [inspection]."""

    officers: int
    findings_days: int
    lane_list_minutes: int
    weights: Sequence[Weights]
    papers: Sequence[PaperRule]

    def weights_on(self, day: date) -> Weights:
        """The weights in force on a day: the latest that have begun. Raises NoRules."""
        begun = [each for each in self.weights if each.valid_from <= day]
        if not begun:
            raise NoRules(f"customs.toml names no inspection weights for {day}")
        return max(begun, key=lambda each: each.valid_from)

    def papers_on(self, day: date) -> list[PaperRule]:
        """The papers asked for on a day."""
        return [each for each in self.papers if each.is_in_force(day)]
