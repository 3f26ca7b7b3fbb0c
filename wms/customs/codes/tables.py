"""Customs' code tables: what a code means, in Chinese and English, and which codes exist.

The tables are CSV files beside this module, written from the published facts; the numbers of countries and
currencies are only those in common use here, so a site adds what it needs. A code that is in no table is no
error of these tables: ``in_words`` answers with the code itself, and rules that must know a code ask
``is_known``.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_FOLDER: Final = Path(__file__).parent


class Table(StrEnum):
    """The tables that are named by their file; the value is the file's name."""

    UNITS = "units"
    TRANSPORT_MODES = "transport_modes"
    SUPERVISION_MODES = "supervision_modes"
    WRAP_TYPES = "wrap_types"
    LEVY_MODES = "levy_modes"
    DECLARATION_STATUSES = "declaration_statuses"
    TAX_BILL_STATUSES = "tax_bill_statuses"
    BUSINESS_ERRORS = "business_errors"


@dataclass(frozen=True, kw_only=True)
class Code:
    """One code in words."""

    code: str
    zh: str
    en: str

    def in_words(self, locale: str) -> str:
        """Chinese for a Chinese locale, English for every other."""
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True, kw_only=True)
class Named(Code):
    """A country or currency: ``code`` is its letters, ``numeric`` its three digits, empty where unknown."""

    numeric: str


@cache
def table(name: Table) -> Mapping[str, Code]:
    """One table, by code."""
    codes = {row["code"]: Code(code=row["code"], zh=row["zh"], en=row["en"]) for row in _rows(name)}
    return MappingProxyType(codes)


@cache
def zone_table(name: str) -> Mapping[str, Code]:
    """One small table of the zone documents, such as "list_type", "pass_type", "result:INV201"."""
    rows = [row for row in _rows("zone_codes") if row["table"] == name]
    assert rows, f"there is no zone table {name}"
    return MappingProxyType({row["code"]: Code(code=row["code"], zh=row["zh"], en=row["en"]) for row in rows})


@cache
def countries() -> Mapping[str, Named]:
    """Countries by letters and, where they have one, by number."""
    return _by_both_codes("countries")


@cache
def currencies() -> Mapping[str, Named]:
    """Currencies by letters and, where they have one, by number."""
    return _by_both_codes("currencies")


def is_known(codes: Mapping[str, Code], code: str) -> bool:
    """Whether the table holds the code."""
    return code in codes


def in_words(codes: Mapping[str, Code], code: str, locale: str) -> str:
    """The code in words, or the code itself where nobody has written words for it."""
    known = codes.get(code)
    return known.in_words(locale) if known else code


def status_in_words(status: str, locale: str) -> str:
    """A returnStatus of any retail receipt: a state, or a processing error (below 0)."""
    errors = table(Table.BUSINESS_ERRORS)
    return in_words(errors if status.startswith("-") else table(Table.DECLARATION_STATUSES), status, locale)


def _by_both_codes(name: str) -> Mapping[str, Named]:
    codes: dict[str, Named] = {}
    for row in _rows(name):
        named = Named(code=row["letters"], numeric=row["numeric"], zh=row["zh"], en=row["en"])
        codes[named.code] = named
        if named.numeric:
            codes[named.numeric] = named
    return MappingProxyType(codes)


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
