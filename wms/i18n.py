"""Sentences: marked here, translated only at the edges.

The marked text is English and is the key of the catalogues under ``wms/translations``; a missing Chinese
sentence is a failing test, never a surprise on a handheld.
"""

import gettext
from functools import cache
from pathlib import Path

LOCALES = ("zh_Hans", "en", "bo", "ne")
DEFAULT_LOCALE = "zh_Hans"
_CATALOGUES = Path(__file__).parent / "translations"


def N_(sentence: str) -> str:  # noqa: N802 - the usual name of the marker
    """Mark a sentence for the catalogues and return it unchanged."""
    return sentence


@cache
def _catalogue(locale: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _CATALOGUES, languages=[locale], fallback=True)


def translate(sentence: str, locale: str, **facts: object) -> str:
    """The sentence in a locale with its facts filled in; untranslated sentences stay English."""
    text = _catalogue(locale).gettext(sentence) if sentence else ""
    return text.format(**facts) if facts else text
