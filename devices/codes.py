"""One grammar for every scan: handheld, lane, page and API all mean the same by the same bars.

Order, first hit wins: AIM identifier and leading FNC1 off; full-width folded; our own labels; places;
documents, vehicles, containers; GS1 (brackets, element strings, links); GTINs; waybills; item numbers.
A text several of these fit is settled by what the station expects, never by luck: see `expect`.
Never looks anything up.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from devices.code_types import (
    AnyCode,
    BatchCode,
    Code,
    ContainerCode,
    ControlCode,
    DocumentCode,
    Doubt,
    GtinCode,
    HandlingUnitCode,
    LocationCode,
    LotCode,
    ParcelCode,
    PersonCode,
    PlateCode,
    ProductCode,
    Traits,
    UnknownCode,
)
from devices.document_numbers import DocumentKind, document_kind
from devices.gs1 import GS, has_right_check_digit, read_bracketed, read_digital_link, read_element_string
from devices.own_labels import LabelKind, NewerLabel, decode_label, encode_label, resembles_label

__all__ = [
    "AnyCode",
    "BatchCode",
    "Code",
    "ContainerCode",
    "ControlCode",
    "DocumentCode",
    "DocumentKind",
    "Doubt",
    "Grammar",
    "GtinCode",
    "HandlingUnitCode",
    "LabelKind",
    "LocationCode",
    "LotCode",
    "ParcelCode",
    "PersonCode",
    "PlateCode",
    "ProductCode",
    "Traits",
    "UnknownCode",
    "encode_label",
    "parse_code",
    "readings_of",
]

TEXT_CHARS_MAX = 512

#: Spellings of GS by keyboards and pages: visible names, Ctrl+], Alt+029 of old code pages.
_ALWAYS_SEPARATORS = ("{GS}", "<GS>", "\\x1d", "^]", "\u241d", "\u2194")
_GS1_SYMBOLOGIES = ("]C1", "]d2", "]Q3", "]e0", "]e1", "]e2")
#: `]E0` (EAN) and `]e0` (DataBar) both exist, so only these three betray a changed case.
_CASE_CHANGED = ("]c1", "]D2", "]q3")
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63"), "-")


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """What differs from site to site or scanner to scanner; the patterns must match the whole text."""

    #: Signs this scanner sends in place of GS, such as `|` or `~`.
    separators: tuple[str, ...] = ()
    locations: tuple[str, ...] = (r"[A-Z]{2}[0-9]{2}(?:-[A-Z0-9]{1,12}){1,5}",)
    item_numbers: tuple[str, ...] = (r"[A-Z]{2}-[A-Z]{2,6}-[0-9]{3,6}",)
    waybills: tuple[str, ...] = (r"[A-Z]{2,3}[0-9]{11,16}", r"JD[0-9A-Z]{11,20}", r"7[3-9][0-9]{12,13}")
    #: One Han character, a letter, five or six signs (the last may be a Han suffix, such as 挂).
    plates: tuple[str, ...] = (r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,6}[\u4e00-\u9fff]?",)


DEFAULT_GRAMMAR = Grammar()


def parse_code(
    text: str, *, expect: Sequence[type[Code]] = (), grammar: Grammar = DEFAULT_GRAMMAR
) -> AnyCode:
    """What `text` is. Of several readings the first of an expected type wins, else the likeliest.

    Never raises: what is not understood comes back as UnknownCode with its reason.
    """
    first: AnyCode | None = None
    for reading in readings_of(text, grammar=grammar):
        if not expect or isinstance(reading, tuple(expect)):
            return reading
        first = first or reading
    assert first is not None
    return first


def readings_of(text: str, *, grammar: Grammar = DEFAULT_GRAMMAR) -> Iterator[AnyCode]:
    """Every reading, likeliest first; the last is always an UnknownCode."""
    folded = _fold(text)
    symbology, body = _split_symbology(folded)
    refusal = _refuse(body, symbology, folded)
    if refusal is not None:
        yield refusal
        return
    scan = _Scan(body=body, symbology=symbology, grammar=grammar)
    found = False
    faults: list[UnknownCode] = []
    for reader in _READERS:
        for reading in reader(scan):
            if isinstance(reading, UnknownCode):
                faults.append(reading)
            else:
                found = True
                yield reading
    if faults and not found:
        yield faults[0]
    yield from _bare_batch(scan)
    yield _unknown(body, symbology, Doubt.UNRECOGNISED, "No known kind of code.")


@dataclass(frozen=True, kw_only=True)
class _Scan:
    body: str
    symbology: str | None
    grammar: Grammar

    @property
    def capitals(self) -> str:
        return self.body.upper()

    @property
    def is_gs1(self) -> bool:
        return self.symbology in _GS1_SYMBOLOGIES

    def matches(self, patterns: Sequence[str]) -> bool:
        return any(re.fullmatch(pattern, self.capitals) for pattern in patterns)


def _fold(text: str) -> str:
    """Full-width signs to plain ones, every dash to a hyphen, invisible signs and the ends' blanks off."""
    folded = unicodedata.normalize("NFKC", text.replace(GS, "\ue01d")).translate(_UNSEEN).translate(_DASHES)
    return folded.strip().replace("\ue01d", GS)


def _split_symbology(folded: str) -> tuple[str | None, str]:
    if _SYMBOLOGY.match(folded):
        return folded[:3], folded[3:].strip(" ")
    return None, folded


def _refuse(body: str, symbology: str | None, folded: str) -> UnknownCode | None:
    if not body.strip(GS + " "):
        return _unknown(folded, symbology, Doubt.EMPTY, "Nothing was read.")
    if len(body) > TEXT_CHARS_MAX:
        said = f"{len(body)} characters are more than any label holds."
        return _unknown(body[:TEXT_CHARS_MAX], symbology, Doubt.TOO_LONG, said)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != GS for sign in body):
        said = "The text holds a control character other than GS."
        return _unknown(body, symbology, Doubt.CONTROL_CHARACTER, said)
    if symbology in _CASE_CHANGED:
        said = f"{symbology} is no AIM identifier; the scanner or its keyboard changed the case."
        return _unknown(body, symbology, Doubt.MALFORMED_SYMBOLOGY, said)
    return None


def _unknown(text: str, symbology: str | None, doubt: Doubt, detail: str) -> UnknownCode:
    return UnknownCode(text=text, symbology=symbology, doubt=doubt, detail=detail)


def _own_label(scan: _Scan) -> Iterator[AnyCode]:
    text = scan.capitals
    try:
        decoded = decode_label(text)
    except NewerLabel as error:
        yield _unknown(text, scan.symbology, Doubt.NEWER_LABEL, str(error))
        return
    if decoded is not None:
        yield _of_label(*decoded, text=text, symbology=scan.symbology)
    elif resembles_label(text):
        said = "Looks like a label of ours, but its check characters do not fit."
        yield _unknown(text, scan.symbology, Doubt.WRONG_LABEL_CHECK, said)


def _of_label(kind: LabelKind, payload: str, *, text: str, symbology: str | None) -> AnyCode:
    match kind:
        case LabelKind.LOT:
            return LotCode(text=text, symbology=symbology, lot=payload)
        case LabelKind.LOCATION:
            return LocationCode(text=text, symbology=symbology, location=payload)
        case LabelKind.HANDLING_UNIT:
            is_sscc = len(payload) == 18 and has_right_check_digit(payload)
            return HandlingUnitCode(text=text, symbology=symbology, number=payload, is_sscc=is_sscc)
        case LabelKind.PRODUCT:
            return ProductCode(text=text, symbology=symbology, item_no=payload)
        case LabelKind.PARCEL:
            return ParcelCode(text=text, symbology=symbology, waybill=payload)
        case LabelKind.DOCUMENT:
            found = document_kind(payload) or DocumentKind.OWN
            return DocumentCode(text=text, symbology=symbology, number=payload, kind=found)
        case LabelKind.PERSON:
            return PersonCode(text=text, symbology=symbology, badge=payload)
        case LabelKind.CONTROL:
            return ControlCode(text=text, symbology=symbology, command=payload)


def _gs1(scan: _Scan) -> Iterator[AnyCode]:
    body = scan.body.lstrip(GS)
    if scan.is_gs1 and not body.startswith("("):
        message = _with_separators(body, (*_ALWAYS_SEPARATORS, *scan.grammar.separators))
        yield read_element_string(message.strip(GS), text=body, symbology=scan.symbology)
    elif body.startswith("("):
        yield read_bracketed(body, symbology=scan.symbology)
    elif scan.symbology is None:
        yield from _gs1_without_symbology(scan, body)


def _gs1_without_symbology(scan: _Scan, body: str) -> Iterator[AnyCode]:
    """Element strings of scanners that send no AIM identifier: only what cannot well be anything else."""
    message = _with_separators(body, (*_ALWAYS_SEPARATORS, *scan.grammar.separators))
    separated = GS in message or scan.body.startswith(GS)
    if separated or re.match(r"(?:01|02)[0-9]{14}|00[0-9]{18}", message):
        yield read_element_string(message.strip(GS), text=body, symbology=None)


def _bare_batch(scan: _Scan) -> Iterator[AnyCode]:
    """Last of all: a text that reads as a lot or expiry field, though much else starts with 10."""
    if scan.symbology is None and re.match(r"(?:11|15|17)[0-9]{6}(?:10|21).|10.", scan.body):
        reading = read_element_string(scan.body, text=scan.body, symbology=None)
        if isinstance(reading, BatchCode):
            yield reading


def _with_separators(body: str, separators: Sequence[str]) -> str:
    for separator in separators:
        body = body.replace(separator, GS)
    return body


def _place(scan: _Scan) -> Iterator[AnyCode]:
    if scan.matches(scan.grammar.locations):
        yield LocationCode(text=scan.body, symbology=scan.symbology, location=scan.capitals)


def _document(scan: _Scan) -> Iterator[AnyCode]:
    kind = document_kind(scan.capitals)
    if kind is not None:
        yield DocumentCode(text=scan.body, symbology=scan.symbology, number=scan.capitals, kind=kind)


def _vehicle(scan: _Scan) -> Iterator[AnyCode]:
    plate = re.sub(r"[\s·•.-]", "", scan.capitals)
    if any(re.fullmatch(pattern, plate) for pattern in scan.grammar.plates):
        yield PlateCode(text=scan.body, symbology=scan.symbology, plate=plate)
    container = re.sub(r"[\s-]", "", scan.capitals)
    if re.fullmatch(r"[A-Z]{3}[UJZ][0-9]{7}", container):
        if _container_check_digit(container[:10]) == int(container[10]):
            yield ContainerCode(text=scan.body, symbology=scan.symbology, container=container)
        else:
            said = f"{container} has a wrong container check digit."
            yield _unknown(scan.body, scan.symbology, Doubt.WRONG_CHECK_DIGIT, said)


def _container_check_digit(owner_and_serial: str) -> int:
    """ISO 6346: letters count 10 to 38 without multiples of 11, weights are powers of two."""
    values = [10 + n + (n + 9) // 10 for n in range(26)]
    total = sum(
        (int(sign) if sign.isdigit() else values[ord(sign) - ord("A")]) << position
        for position, sign in enumerate(owner_and_serial)
    )
    return total % 11 % 10


def _link(scan: _Scan) -> Iterator[AnyCode]:
    if scan.body[:4].lower() == "http":
        reading = read_digital_link(scan.body, symbology=scan.symbology)
        if reading is not None:
            yield reading


def _gtin(scan: _Scan) -> Iterator[AnyCode]:
    digits = scan.body.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or scan.is_gs1:
        return
    carries_gtin = scan.symbology is None or scan.symbology[:2] in {"]E", "]I"}
    right = has_right_check_digit(digits)
    if len(digits) in {8, 12, 13, 14} and carries_gtin:
        if right:
            yield GtinCode(text=scan.body, symbology=scan.symbology, gtin=digits.zfill(14))
        else:
            yield _wrong_digit(scan, digits, "GTIN")
    elif len(digits) == 18 and scan.symbology in {None, "]C0", "]I0", "]I1"}:
        if right:
            yield HandlingUnitCode(text=scan.body, symbology=scan.symbology, number=digits, is_sscc=True)
        else:
            yield _wrong_digit(scan, digits, "SSCC")


def _wrong_digit(scan: _Scan, digits: str, what: str) -> UnknownCode:
    said = f"{digits} would be a {what}, but its check digit is wrong."
    return _unknown(scan.body, scan.symbology, Doubt.WRONG_CHECK_DIGIT, said)


def _waybill(scan: _Scan) -> Iterator[AnyCode]:
    postal = re.fullmatch(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})", scan.capitals)
    if postal is not None:
        if _postal_check_digit(postal[2]) == int(postal[3]):
            yield ParcelCode(text=scan.body, symbology=scan.symbology, waybill=scan.capitals)
        else:
            said = f"{scan.capitals} has a wrong postal check digit."
            yield _unknown(scan.body, scan.symbology, Doubt.WRONG_CHECK_DIGIT, said)
    elif scan.matches(scan.grammar.waybills):
        yield ParcelCode(text=scan.body, symbology=scan.symbology, waybill=scan.capitals)


def _postal_check_digit(serial: str) -> int:
    """UPU S10: weights 8 6 4 2 3 5 9 7, eleven minus the remainder; 10 becomes 0 and 11 becomes 5."""
    total = sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def _item_number(scan: _Scan) -> Iterator[AnyCode]:
    if scan.matches(scan.grammar.item_numbers):
        yield ProductCode(text=scan.body, symbology=scan.symbology, item_no=scan.capitals)


_READERS: tuple[Callable[[_Scan], Iterator[AnyCode]], ...] = (
    _own_label,
    _place,
    _document,
    _vehicle,
    _gs1,
    _link,
    _gtin,
    _waybill,
    _item_number,
)
