"""Sentences: marked here, translated only at the edges.

The marked text is English and is the key of the catalogues, ``wms/translations/<locale>/<part>.toml``, one
file for each part of the system. A missing Chinese sentence is a failing test, no surprise on a handheld.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

LOCALES = ("zh_Hans", "en", "bo", "ne")
DEFAULT_LOCALE = "zh_Hans"
_CATALOGUES = Path(__file__).parent / "translations"


def N_(sentence: str) -> str:  # noqa: N802 - the usual name of the marker
    """Mark a sentence for the catalogues and return it unchanged."""
    return sentence


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A marked sentence and its facts, not yet in any language; a fact may be a Sentence itself."""

    text: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The English text, for logs; pages translate."""
        return translate(self.text, "en", **self.facts)


def say(sentence: str, /, **facts: object) -> Sentence:
    """Put a marked sentence and its facts together: ``say(N_("Scan lot {lot}."), lot="L1")``."""
    return Sentence(text=sentence, facts=facts)


def plain(text: object) -> Sentence:
    """A code, number or name that no language changes."""
    return Sentence(text="{text}", facts={"text": text})


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """Every translated sentence of a locale by its English text; empty for a locale without a catalogue."""
    merged: dict[str, str] = {}
    for path in sorted((_CATALOGUES / locale).glob("*.toml")):
        merged |= tomllib.loads(path.read_text("utf-8"))
    return merged


def translate(sentence: str, locale: str, **facts: object) -> str:
    """The sentence in a locale with its facts filled in; untranslated sentences stay English."""
    text = catalogue(locale).get(sentence, sentence)
    if not facts:
        return text
    return text.format(**{name: render(fact, locale) for name, fact in facts.items()})


def render(fact: object, locale: str) -> object:
    """A fact as text: sentences in the locale, decimals without an exponent, everything else as it is."""
    if isinstance(fact, Sentence):
        return translate(fact.text, locale, **fact.facts)
    if isinstance(fact, Decimal):
        return f"{fact:f}"
    return fact


def store(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as JSON can hold them; `restore` gives sentences back as such, the rest as text or number."""
    return {name: _stored(fact) for name, fact in facts.items()}


def restore(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as `store` wrote them."""
    return {name: _restored(fact) for name, fact in facts.items()}


def _stored(fact: object) -> object:
    match fact:
        case Sentence(text=text, facts=facts):
            return {"sentence": text, "facts": store(facts)}
        case None | bool() | int() | str():
            return str(fact) if isinstance(fact, str) else fact
        case Decimal():
            return f"{fact:f}"
        case _:
            return str(fact)


def _restored(fact: object) -> object:
    match fact:
        case {"sentence": str(text), "facts": dict(facts)}:
            return Sentence(text=text, facts=restore(facts))
        case _:
            return fact
