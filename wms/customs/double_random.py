"""双随机: who is inspected and who inspects, drawn so that anybody can draw it again (pure).

The problem. A draw must prefer risk, must not be steered by whoever runs it, and must be provable to a stranger.
So everything that decides it is fixed and hashed before the seed is known to anybody: the population (what may be
drawn, what is known of each), the inspectors with the companies they may not visit, and the weights. The hash of
seed and population is published first (the commitment), the seed afterwards. With both, plain SHA-256 decides:

- a subject is drawn when SHA-256(seed|object|kind|number), read as a share of 2^256, is below its rate;
- its inspectors are the first of all without a conflict, ordered by SHA-256(seed|officer|kind|number|id).

Each subject is decided by itself, so order and size of the population change nothing. Rates are exact fractions.
`verify` needs nothing but the published file.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from pydantic import TypeAdapter

from config.inspection_rules import Weights

_WHOLE: Final = 2**256


class SubjectKind(StrEnum):
    """What can be inspected."""

    RETAIL_DECLARATION = "RETAIL_DECLARATION"
    BONDED_LIST = "BONDED_LIST"
    BATCH = "BATCH"
    """One batch number of one item, wherever it lies; its number is ITEM/BATCH."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What may be drawn, with everything its rate depends on."""

    kind: SubjectKind
    number: str
    company: str
    """customs code; empty when nobody is known behind it"""
    credit: str
    """credit class, or `unknown`"""
    hs: tuple[str, ...]
    origins: tuple[str, ...]
    first_import: bool
    findings: int


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """An officer who may be drawn, and the companies the officer may not visit."""

    officer_id: int
    conflicts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Population:
    """All that decides a draw, besides the seed."""

    subjects: tuple[Subject, ...]
    inspectors: tuple[Inspector, ...]
    weights: Weights
    officers: int
    """how many inspect together"""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One drawn subject and its inspectors, fewer than wanted where conflicts leave no more."""

    kind: SubjectKind
    number: str
    officers: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PublishedDraw:
    """What is published of a draw once its seed is out; enough to draw again."""

    number: str
    seed: str
    population_hash: str
    commitment: str
    population: Population
    drawn: tuple[Drawn, ...]


_POPULATION = TypeAdapter(Population)
_PUBLISHED = TypeAdapter(PublishedDraw)


def rate_of(subject: Subject, weights: Weights) -> Fraction:
    """The share of such subjects that is drawn, at most 1."""
    rate = Fraction(weights.base.get(subject.credit, weights.base["unknown"]))
    rate *= max((_hs_factor(hs, weights) for hs in subject.hs), default=Fraction(1))
    rate *= max((Fraction(weights.origin.get(each, Decimal(1))) for each in subject.origins), default=1)
    if subject.first_import:
        rate *= Fraction(weights.first_import)
    rate *= 1 + Fraction(weights.each_finding) * min(subject.findings, weights.findings_max)
    return min(rate, Fraction(1))


def _hs_factor(hs: str, weights: Weights) -> Fraction:
    fitting = [prefix for prefix in weights.hs if hs.startswith(prefix)]
    return Fraction(weights.hs[max(fitting, key=len)]) if fitting else Fraction(1)


def draw(population: Population, *, seed: str) -> list[Drawn]:
    """Who is inspected, and by whom, by kind and number."""
    drawn = [
        Drawn(
            kind=subject.kind,
            number=subject.number,
            officers=choose_officers(
                population.inspectors,
                seed=seed,
                kind=subject.kind,
                number=subject.number,
                company=subject.company,
                wanted=population.officers,
            ),
        )
        for subject in population.subjects
        if _share(seed, "object", subject.kind, subject.number) < rate_of(subject, population.weights)
    ]
    return sorted(drawn, key=lambda each: (each.kind, each.number))


def choose_officers(
    inspectors: Sequence[Inspector], *, seed: str, kind: SubjectKind, number: str, company: str, wanted: int
) -> tuple[int, ...]:
    """The first `wanted` officers without a conflict with the company, in the order the seed gives."""
    free = [each.officer_id for each in inspectors if not company or company not in each.conflicts]
    free.sort(key=lambda officer_id: _share(seed, "officer", kind, number, str(officer_id)))
    return tuple(free[:wanted])


def population_hash(population: Population) -> str:
    """SHA-256 over the population in one canonical form, hexadecimal."""
    return hashlib.sha256(canonical(dump(population))).hexdigest()


def commitment_of(*, seed: str, hash_of_population: str) -> str:
    """What is published before the seed: it fits one seed and one population only."""
    return hashlib.sha256(f"{seed}|{hash_of_population}".encode()).hexdigest()


def verify(published: PublishedDraw) -> list[str]:
    """What is wrong with a published draw; empty when it was drawn as it says."""
    faults = []
    found_hash = population_hash(published.population)
    if found_hash != published.population_hash:
        faults.append(f"the population's hash is {found_hash}, published was {published.population_hash}")
    commitment = commitment_of(seed=published.seed, hash_of_population=published.population_hash)
    if commitment != published.commitment:
        faults.append(f"seed and population give {commitment}, committed was {published.commitment}")
    again = {(each.kind, each.number): each for each in draw(published.population, seed=published.seed)}
    said = {(each.kind, each.number): each for each in published.drawn}
    for key in sorted(again.keys() | said.keys()):
        if key not in said:
            faults.append(f"{key[1]} should have been drawn")
        elif key not in again:
            faults.append(f"{key[1]} should not have been drawn")
        elif again[key] != said[key]:
            faults.append(f"{key[1]}: officers {said[key].officers}, drawn were {again[key].officers}")
    return faults


def dump(population: Population) -> dict[str, Any]:
    """The population as JSON values; `load_population` reads it back."""
    found = _POPULATION.dump_python(population, mode="json")
    assert isinstance(found, dict)
    return found


def load_population(values: dict[str, Any]) -> Population:
    """A population as `dump` wrote it."""
    return _POPULATION.validate_python(values)


def read_published(raw: bytes | str) -> PublishedDraw:
    """A published draw out of its file; raises pydantic's ValidationError for anything else."""
    return _PUBLISHED.validate_json(raw)


def write_published(published: PublishedDraw) -> bytes:
    """The file to publish."""
    return canonical(_PUBLISHED.dump_python(published, mode="json")) + b"\n"


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8: one form for one content."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _share(*words: str) -> Fraction:
    return Fraction(int.from_bytes(hashlib.sha256("|".join(words).encode()).digest(), "big"), _WHOLE)
