"""Our own label text: a type letter, a version, the payload and two check characters.

    L1LWIN02540K8      L = lot, 1 = version of this grammar, LWIN02540 = payload, K8 = check

Only digits and capital letters are printed, so a keyboard-like scanner types the same text under every
keyboard layout and input method. Any other printable ASCII sign of the payload is escaped by `Z` and one
more character, so every lot number a supplier may invent fits, and encoding is one to one.

The check is ISO 7064 MOD 1271-36: it catches every single wrong character, every swap of neighbours and
nearly all double errors, and a foreign text that happens to look like ours passes once in 1,271 times.
"""

import re
from enum import StrEnum

VERSION = "1"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAYLOAD_CHARS_MAX = 40

#: `Z` with 0 to 8 stands for these signs, with a letter for that letter in lower case; `Z9` and one more
#: character stand for the rarer signs.
_SIGNS = "Z-./_ +:#"
_RARE_SIGNS = "*!\"$%&'(),;<=>?@[\\]^`{|}~"
_SHAPE = re.compile(r"([A-Z])([0-9])([0-9A-Z]+)([0-9A-Z]{2})")


class LabelKind(StrEnum):
    """What a label of ours stands on; the value is its printed type letter."""

    LOT = "L"
    LOCATION = "P"
    HANDLING_UNIT = "H"
    PRODUCT = "G"
    PARCEL = "W"
    DOCUMENT = "D"
    PERSON = "U"
    CONTROL = "C"


_LETTERS = frozenset(kind.value for kind in LabelKind)


class UnprintableLabel(ValueError):
    """The text cannot be carried by a label of ours; the message says which sign stands in the way."""


class NewerLabel(ValueError):
    """The check characters fit, but the version or the type letter is none this program knows."""


def encode_label(kind: LabelKind, text: str) -> str:
    """The text to print for `text`; raises UnprintableLabel for an empty, long or non-ASCII text."""
    if not text:
        raise UnprintableLabel("A label needs a number; the text is empty.")
    body = kind.value + VERSION + "".join(_escape(sign, text) for sign in text)
    if len(body) - 2 > PAYLOAD_CHARS_MAX:
        raise UnprintableLabel(f"{text!r} takes more than {PAYLOAD_CHARS_MAX} characters on a label.")
    return body + check_characters(body)


def decode_label(label: str) -> tuple[LabelKind, str] | None:
    """Kind and payload of a label of ours; None when the text is not one or its check does not fit.

    Raises NewerLabel for a right check with an unknown version or type letter.
    """
    match = _SHAPE.fullmatch(label)
    if match is None or check_characters(label[:-2]) != label[-2:]:
        return None
    letter, version, payload, _check = match.groups()
    if version != VERSION or letter not in _LETTERS:
        raise NewerLabel(f"Label type {letter}{version} is not known to this version.")
    text = _unescape(payload)
    return None if text is None else (LabelKind(letter), text)


def resembles_label(text: str) -> bool:
    """True for a text with the head and alphabet of a label of ours, whatever its check characters."""
    return _SHAPE.fullmatch(text) is not None and text[0] in _LETTERS and text[1] == VERSION


def check_characters(body: str) -> str:
    """The two ISO 7064 MOD 1271-36 check characters of a text of digits and capitals."""
    remainder = 0
    for sign in body:
        remainder = (remainder + ALPHABET.index(sign)) * 36 % 1271
    check = (1 - remainder * 36) % 1271
    return ALPHABET[check // 36] + ALPHABET[check % 36]


def _escape(sign: str, text: str) -> str:
    if sign in ALPHABET and sign != "Z":
        return sign
    if sign in _SIGNS:
        return "Z" + str(_SIGNS.index(sign))
    if "a" <= sign <= "z":
        return "Z" + sign.upper()
    if sign in _RARE_SIGNS:
        return "Z9" + ALPHABET[_RARE_SIGNS.index(sign)]
    raise UnprintableLabel(f"{text!r} holds {sign!r}, which a label of ours cannot carry.")


def _unescape(payload: str) -> str | None:
    """The text behind a payload; None when an escape is cut off or stands for nothing."""
    signs = []
    following = iter(payload)
    for character in following:
        if character != "Z":
            signs.append(character)
            continue
        escaped = next(following, "")
        if escaped == "9":
            rare = ALPHABET.find(next(following, "") or "?")
            signs.append(_RARE_SIGNS[rare] if 0 <= rare < len(_RARE_SIGNS) else "")
        elif escaped.isdigit():
            signs.append(_SIGNS[int(escaped)])
        else:
            signs.append(escaped.lower())
        if not signs[-1]:
            return None
    return "".join(signs)
