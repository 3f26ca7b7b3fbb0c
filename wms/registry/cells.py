"""Cells of a registry file: text in, a typed value out, or one sentence that says what is wrong with it.

Every parser takes the trimmed text of a cell and raises `Wrong`; nobody else does. A file is read to its end
whatever is found in it, so a person mends all of it at once.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from wms.i18n import N_, translate
from wms.registry.checks import is_credit_code, is_customs_code, is_gtin

T = TypeVar("T")
Parser = Callable[[str], object]
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Wrong(Exception):
    """What is wrong with one cell: a marked sentence and its facts."""

    def __init__(self, message: str, **facts: object) -> None:
        self.message = message
        self.facts = facts
        super().__init__(message.format(**facts))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong in a registry folder; `row` counts from 1 at the header, as a spreadsheet shows it."""

    file: str
    row: int | None = None
    column: str | None = None
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, locale: str = "en") -> str:
        """The sentence alone, in a locale."""
        return translate(self.message, locale, **self.facts)

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"row {self.row}" if self.row else "", self.column or "") if part)
        return f"{self.file}{f' ({place})' if place else ''}: {self.sentence()}"


def text(cell: str) -> str:
    """Anything but nothing, without control characters."""
    if not cell:
        raise Wrong(N_("nothing is given here"))
    return _printable(cell)


def _printable(cell: str) -> str:
    for letter in cell:
        if unicodedata.category(letter) in {"Cc", "Cs"}:
            raise Wrong(N_("holds the control character U+{number}"), number=f"{ord(letter):04X}")
    return cell


def at_most(length: int) -> Callable[[str], str]:
    """Text of at most so many characters."""

    def parse(cell: str) -> str:
        if len(text(cell)) > length:
            raise Wrong(N_("is {length} characters long; {longest} fit"), length=len(cell), longest=length)
        return cell

    return parse


def maybe(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """Nothing, or what `parse` makes of it."""

    def parse_maybe(cell: str) -> T | None:
        return parse(cell) if cell else None

    return parse_maybe


def shaped(pattern: str, wanted: str) -> Callable[[str], str]:
    """Text of a shape; `wanted` is the marked sentence that says which."""
    shape = re.compile(pattern, re.ASCII)

    def parse(cell: str) -> str:
        if shape.fullmatch(text(cell)) is None:
            raise Wrong(wanted, cell=cell)
        return cell

    return parse


def credit_code(cell: str) -> str:
    """A unified social credit code with the right check character."""
    if not is_credit_code(text(cell)):
        raise Wrong(N_("{cell} is no credit code: 18 characters, the last a check character"), cell=cell)
    return cell


def customs_code(cell: str) -> str:
    """A customs enterprise code by its shape."""
    if not is_customs_code(text(cell)):
        raise Wrong(N_("{cell} is no customs code: 4 digits, then 6 digits or capitals"), cell=cell)
    return cell


def gtin(cell: str) -> str:
    """A GTIN with the right check digit."""
    if not is_gtin(text(cell)):
        raise Wrong(N_("{cell} is no GTIN: 8, 12, 13 or 14 digits, the last a check digit"), cell=cell)
    return cell


def integer(least: int) -> Callable[[str], int]:
    """A whole number not below `least`."""

    def parse(cell: str) -> int:
        if _WHOLE.fullmatch(text(cell)) is None:
            raise Wrong(N_("{cell} is no whole number"), cell=cell)
        if int(cell) < least:
            raise Wrong(N_("{cell} is less than {least}"), cell=cell, least=least)
        return int(cell)

    return parse


def decimal(
    *, decimals: int, least: str | None = None, below: str | None = None, above: str | None = None
) -> Callable[[str], Decimal]:
    """A plain decimal number: at most so many decimals, `least` and up, `above` and `below` excluded."""

    def parse(cell: str) -> Decimal:
        if _NUMBER.fullmatch(text(cell)) is None:
            raise Wrong(N_("{cell} is no plain decimal number"), cell=cell)
        value = Decimal(cell)
        if value != round(value, decimals):
            raise Wrong(N_("{cell} has more than {decimals} decimals"), cell=cell, decimals=decimals)
        if least is not None and value < Decimal(least):
            raise Wrong(N_("{cell} is less than {least}"), cell=cell, least=least)
        if above is not None and value <= Decimal(above):
            raise Wrong(N_("{cell} must be more than {bound}"), cell=cell, bound=above)
        if below is not None and value >= Decimal(below):
            raise Wrong(N_("{cell} must be less than {bound}"), cell=cell, bound=below)
        return value

    return parse


def day(cell: str) -> date:
    """A calendar day, YYYY-MM-DD."""
    try:
        if _DAY.fullmatch(text(cell)):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise Wrong(N_("{cell} is no day of the calendar written YYYY-MM-DD"), cell=cell)


def one_of(words: Mapping[str, T]) -> Callable[[str], T]:
    """One of the file's words, as the value it stands for."""

    def parse(cell: str) -> T:
        if text(cell) not in words:
            raise Wrong(N_("{cell} is not one of: {words}"), cell=cell, words=", ".join(words))
        return words[cell]

    return parse


def many_of(words: Mapping[str, T]) -> Callable[[str], tuple[T, ...]]:
    """One or more of the file's words, with semicolons between."""

    def parse(cell: str) -> tuple[T, ...]:
        found = [word.strip() for word in text(cell).split(";")]
        if len(set(found)) != len(found):
            raise Wrong(N_("{cell} names a word twice"), cell=cell)
        return tuple(one_of(words)(word) for word in found)

    return parse


yes_or_no = one_of({"yes": True, "no": False})
