"""Forms of a single value on the wire: text and numbers; each checks, reads and writes itself.

``fault`` says what the schema of the message says, no more and no less; ``read`` adds what a person would
say: 14 digits that are no moment and a number that is not finite are faults too. Nothing is ever rounded,
trimmed or repaired: numbers are exact decimals, text is kept to the last blank.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from wms.customs.messages.wire import faults

Wrong = tuple[type[faults.SchemaFault], dict[str, object]]
"""A fault's class and its facts, without the element and the line: the checker knows those."""

_SHOWN_MAX = 40
_SPACES = re.compile(r"[ \t\n\r]+")


def shown(text: str) -> str:
    """A value as a sentence may repeat it: quoted and cut short."""
    return f'"{text}"' if len(text) <= _SHOWN_MAX else f'"{text[:_SHOWN_MAX]}…"'


def collapsed(text: str) -> str:
    """White space as XML Schema collapses it: trimmed, runs made one blank."""
    return _SPACES.sub(" ", text).strip(" ")


class Form(ABC):
    """How one value stands on the wire."""

    @abstractmethod
    def fault(self, text: str) -> Wrong | None:
        """What the schema has against this text; ``None`` when nothing."""

    @abstractmethod
    def read(self, text: str) -> object:
        """The value of a text without fault; raises ``Unreadable`` when it means nothing."""

    @abstractmethod
    def write(self, value: object) -> str:
        """The text of a value; what is written is read again as the same value."""


class Unreadable(Exception):
    """A text the schema lets pass and which still means nothing; carries the fault to report."""

    def __init__(self, fault: type[faults.SchemaFault], **facts: object) -> None:
        super().__init__(fault.__name__)
        self.wrong: Wrong = (fault, facts)


@dataclass(frozen=True, kw_only=True)
class Text(Form):
    """Text of ``least`` to ``most`` characters, kept as it stands.

    ``fixed`` is the only value allowed; ``default`` is what an empty element stands for; ``collapse`` counts
    characters after white space is collapsed; ``choices`` are the only values allowed.
    """

    least: int = 0
    most: int | None = None
    fixed: str | None = None
    default: str | None = None
    collapse: bool = False
    choices: frozenset[str] | None = None

    def fault(self, text: str) -> Wrong | None:
        if self.collapse:
            text = collapsed(text)
        if not text and (self.fixed is not None or self.default is not None):
            return None
        length = len(text)
        if length < self.least:
            if self.least == self.most:
                return faults.WrongLength, {"length": length, "wanted": self.least}
            return faults.TooShort, {"length": length, "wanted": self.least}
        if self.most is not None and length > self.most:
            if self.least == self.most:
                return faults.WrongLength, {"length": length, "wanted": self.most}
            return faults.TooLong, {"length": length, "wanted": self.most}
        if self.fixed is not None and text != self.fixed:
            return faults.WrongValue, {"found": shown(text), "wanted": self.fixed}
        if self.choices is not None and text not in self.choices:
            return faults.WrongValue, {"found": shown(text), "wanted": " · ".join(sorted(self.choices))}
        return None

    def read(self, text: str) -> object:
        return text

    def write(self, value: object) -> str:
        return str(value)


_DECIMAL = re.compile(r"[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Number(Form):
    """An exact decimal of at most ``total`` digits, ``fraction`` of them after the point.

    Leading and trailing zeros do not count. ``above`` and ``from_`` are lower bounds, without and with the
    bound itself; ``below`` is an upper one, without.
    """

    total: int | None = 19
    fraction: int | None = 5
    above: int | None = None
    from_: int | None = None
    below: int | None = None
    default: str | None = None

    def fault(self, text: str) -> Wrong | None:
        plain = collapsed(text)
        if not text and self.default is not None:
            return None
        match = _DECIMAL.fullmatch(plain)
        if match is None:
            return faults.NotANumber, {"found": shown(text)}
        whole = (match[1] or "").lstrip("0")
        fraction = (match[2] or match[3] or "").rstrip("0")
        if (self.fraction is not None and len(fraction) > self.fraction) or (
            self.total is not None and len(whole) + len(fraction) > self.total
        ):
            digits = {"total": self.total, "fraction": self.fraction}
            return faults.TooManyDigits, {"found": shown(text), **digits}
        return self._range_fault(text, Decimal(plain))

    def _range_fault(self, text: str, value: Decimal) -> Wrong | None:
        if (
            (self.above is not None and value <= self.above)
            or (self.from_ is not None and value < self.from_)
            or (self.below is not None and value >= self.below)
        ):
            least = f"> {self.above}" if self.above is not None else self.from_
            most = "∞" if self.below is None else f"< {self.below}"
            return faults.OutOfRange, {"found": shown(text), "least": least, "most": most}
        return None

    def read(self, text: str) -> object:
        plain = collapsed(text)
        if not plain:
            return None if self.default is None else Decimal(self.default)
        return Decimal(plain)

    def write(self, value: object) -> str:
        assert isinstance(value, Decimal), f"{value!r} is no decimal"
        return f"{value:f}"


_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Whole(Form):
    """A whole number from ``least`` to ``most``, of at most ``total`` digits when that is given."""

    least: int = -(2**31)
    most: int = 2**31 - 1
    total: int | None = None

    def fault(self, text: str) -> Wrong | None:
        plain = collapsed(text)
        if _WHOLE.fullmatch(plain) is None:
            return faults.NotAWholeNumber, {"found": shown(text)}
        if len(plain) > _WHOLE_DIGITS_MAX or not self.least <= int(plain) <= self.most:
            return faults.OutOfRange, {"found": shown(text), "least": self.least, "most": self.most}
        if self.total is not None and len(plain.lstrip("+-0")) > self.total:
            return faults.TooManyDigits, {"found": shown(text), "total": self.total, "fraction": 0}
        return None

    def read(self, text: str) -> object:
        plain = collapsed(text)
        return int(plain) if plain else None

    def write(self, value: object) -> str:
        assert isinstance(value, int), f"{value!r} is no whole number"
        return str(value)


_WHOLE_DIGITS_MAX = 40
"""More digits than this are not even converted: the range check would say no anyway."""

_FLOAT = re.compile(r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d*)?|[+-]?INF|NaN)", re.ASCII)
"""An exponent without digits is let pass, as the usual schema processor does; nobody can read it, though."""


@dataclass(frozen=True, kw_only=True)
class Float(Form):
    """The 2017 schemas call weights and quantities "double"; read exactly, refused when not finite."""

    def fault(self, text: str) -> Wrong | None:
        plain = collapsed(text)
        if _FLOAT.fullmatch(plain) is None:
            return faults.NotANumber, {"found": shown(text)}
        return None

    def read(self, text: str) -> object:
        plain = collapsed(text)
        if not plain:
            return None
        if not plain.endswith(_FLOAT_ENDS):
            raise Unreadable(faults.NotANumber, found=shown(text))
        value = Decimal(plain)
        exponent = value.adjusted()
        if abs(exponent) > _FLOAT_EXPONENT_MAX:
            raise Unreadable(faults.TooManyDigits, found=shown(text), total=19, fraction=5)
        return value

    def write(self, value: object) -> str:
        assert isinstance(value, Decimal), f"{value!r} is no decimal"
        return f"{value:f}"


_FLOAT_ENDS = tuple("0123456789.")
_FLOAT_EXPONENT_MAX = 19
"""A weight with more places than a customs figure has is a mistake, not a quantity."""


@dataclass(frozen=True, kw_only=True)
class CountOf(Form):
    """A count that a schema gives the form of a weight; read and written as the whole number it is."""

    form: Form

    def fault(self, text: str) -> Wrong | None:
        return self.form.fault(text)

    def read(self, text: str) -> object:
        value = self.form.read(text)
        if not isinstance(value, Decimal):
            return value
        if value != value.to_integral_value():
            raise Unreadable(faults.NotAWholeNumber, found=shown(text))
        return int(value)

    def write(self, value: object) -> str:
        return str(value)


def exactly(length: int) -> Text:
    """``Cn`` of the specification: exactly ``length`` characters."""
    return Text(least=length, most=length)


def some(most: int) -> Text:
    """``C..n`` of a required field: 1 to ``most`` characters."""
    return Text(least=1, most=most)


def upto(most: int) -> Text:
    """``C..n`` that may be empty: 0 to ``most`` characters."""
    return Text(most=most)


def long(*, total: int | None = None) -> Whole:
    """``xs:long``, of at most ``total`` digits when that is given."""
    return Whole(least=-(2**63), most=2**63 - 1, total=total)


N19_5: Final = Number(total=19, fraction=5)
YUAN: Final = Text(least=3, most=3, fixed="142")
"""Retail imports are declared in yuan only: the schema itself fixes the currency."""
LINE_NO: Final = Whole()
