"""GS1 element strings, bracketed texts and Digital Links, behind a gate of our own.

biip reads the fields; a parse is not a validation, so this module refuses what biip lets through: wrong
check digits, dates that do not exist, one field given twice with two values. A lot that ends in what reads
as another field is marked as doubtful, because a scanner that swallows the separator glues them together.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TypedDict

from biip import ParseConfig, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from devices.code_types import BatchCode, Doubt, GtinCode, HandlingUnitCode, UnknownCode

GS = "\x1d"

_CONFIG = ParseConfig(gs1_element_strings_verify_date=False, separator_chars=(GS,))
_BLANK_DATE = "000000"
_GLUED_DATE = re.compile(r".(?:11|13|15|16|17)([0-9]{6})$")
_GLUED_COUNT = re.compile(r".37[0-9]{1,8}$")
_LINK_START = re.compile(r"^https?://[^/?#\s]+(?:/[^?#]*?)?(/(?:01|00)/[0-9]+.*)$", re.IGNORECASE)

Gs1Code = GtinCode | BatchCode | HandlingUnitCode | UnknownCode


def read_element_string(message: str, *, text: str, symbology: str | None) -> Gs1Code:
    """The code in an element string whose separators already are GS (0x1D)."""
    try:
        elements = GS1Message.parse(message, config=_CONFIG).element_strings
    except (ParseError, ValueError) as error:
        return _unknown(Doubt.MALFORMED_GS1, f"The GS1 fields cannot be read: {error}", text, symbology)
    return _judge(elements, text=text, symbology=symbology)


def read_bracketed(text: str, *, symbology: str | None) -> Gs1Code:
    """The code in a text as printed below the bars, `(01)…(17)…(10)…`."""
    try:
        elements = GS1Message.parse_hri(text, config=_CONFIG).element_strings
    except (ParseError, ValueError) as error:
        return _unknown(Doubt.MALFORMED_GS1, f"The bracketed fields cannot be read: {error}", text, symbology)
    return _judge(elements, text=text, symbology=symbology)


def read_digital_link(text: str, *, symbology: str | None) -> Gs1Code | None:
    """The code in a GS1 Digital Link on any host, or None for another kind of address."""
    match = _LINK_START.match(text)
    if match is None:
        return None
    try:
        elements = GS1DigitalLinkURI.parse(f"https://id.gs1.org{match[1]}", config=_CONFIG).element_strings
    except (ParseError, ValueError) as error:
        return _unknown(Doubt.MALFORMED_GS1, f"The GS1 link cannot be read: {error}", text, symbology)
    return _judge(elements, text=text, symbology=symbology)


def has_right_check_digit(number: str) -> bool:
    """True for a GTIN or SSCC of digits whose last digit is its GS1 check digit; a row of zeros is none."""
    digits = len(number) > 1 and number.isascii() and number.isdigit() and number.strip("0") != ""
    return digits and gs1_standard_check_digit(number[:-1]) == int(number[-1])


def _unknown(doubt: Doubt, detail: str, text: str, symbology: str | None) -> UnknownCode:
    return UnknownCode(text=text, symbology=symbology, doubt=doubt, detail=detail)


def _judge(elements: Iterable[GS1ElementString], *, text: str, symbology: str | None) -> Gs1Code:
    values: dict[str, GS1ElementString] = {}
    for element in elements:
        earlier = values.setdefault(element.ai.ai, element)
        if earlier.value != element.value:
            said = f"Field ({element.ai.ai}) says both {earlier.value} and {element.value}."
            return _unknown(Doubt.CONFLICTING_VALUES, said, text, symbology)
        fault = _fault(element)
        if fault is not None:
            return _unknown(*fault, text, symbology)
    if not values:
        return _unknown(Doubt.EMPTY, "The GS1 code holds no field.", text, symbology)
    return _code(values, text=text, symbology=symbology)


def _fault(element: GS1ElementString) -> tuple[Doubt, str] | None:
    field = f"({element.ai.ai}) {element.value}"
    for error in (element.gtin_error, element.sscc_error, element.gln_error):
        if error:
            return Doubt.WRONG_CHECK_DIGIT, f"{field} has a wrong check digit."
    if element.ai.ai in {"00", "01", "02"} and not element.value.strip("0"):
        return Doubt.WRONG_CHECK_DIGIT, f"{field} is a row of zeros."
    is_date = element.ai.ai in {"11", "12", "13", "15", "16", "17"}
    if is_date and element.value != _BLANK_DATE and element.date is None:
        return Doubt.WRONG_DATE, f"{field} is no day of the calendar."
    return None


def _code(values: dict[str, GS1ElementString], *, text: str, symbology: str | None) -> Gs1Code:
    traits = _traits(values)
    if "00" in values:
        content = values.get("02") or values.get("01")
        return HandlingUnitCode(
            text=text,
            symbology=symbology,
            number=values["00"].value,
            is_sscc=True,
            content_gtin=content.value if content else None,
            **traits,
        )
    item = values.get("01") or values.get("02")
    if item is not None:
        return GtinCode(text=text, symbology=symbology, gtin=item.value, **traits)
    if values.keys() & {"10", "21", "11", "15", "17", "30", "37"}:
        return BatchCode(text=text, symbology=symbology, **traits)
    said = "The GS1 code names no item, no lot and no handling unit."
    return _unknown(Doubt.UNRECOGNISED, said, text, symbology)


class _Traits(TypedDict):
    lot: str | None
    serial: str | None
    origin: str | None
    produced_on: date | None
    best_before_on: date | None
    expires_on: date | None
    count: int | None
    net_mass_g: Decimal | None
    elements: tuple[tuple[str, str], ...]
    doubts: tuple[Doubt, ...]


def _traits(values: dict[str, GS1ElementString]) -> _Traits:
    said = {ai: element.value for ai, element in values.items()}
    days = {ai: element.date for ai, element in values.items()}
    count = said.get("37", said.get("30"))
    masses = [e.decimal for ai, e in values.items() if ai.startswith("310") and e.decimal is not None]
    glued = any(_is_glued(said[ai], values) for ai in ("10", "21") if ai in said)
    return _Traits(
        lot=said.get("10"),
        serial=said.get("21"),
        origin=said.get("422"),
        produced_on=days.get("11"),
        best_before_on=days.get("15"),
        expires_on=days.get("17"),
        count=int(count) if count is not None else None,
        net_mass_g=masses[0] * 1000 if masses else None,
        elements=tuple(said.items()),
        doubts=(Doubt.GLUED_FIELDS,) if glued else (),
    )


def _is_glued(value: str, values: dict[str, GS1ElementString]) -> bool:
    if "02" in values and "37" not in values and _GLUED_COUNT.search(value):
        return True
    tail = _GLUED_DATE.search(value)
    return tail is not None and _reads_as_date(tail[1])


def _reads_as_date(digits: str) -> bool:
    year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]) or 1
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year < 2060
