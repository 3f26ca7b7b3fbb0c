"""Check digits of the codes a registry holds. Pure; knows nothing of files or tables."""

import re
from typing import Final

#: GB 32100: digits and capitals without I, O, S, V and Z.
CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_LENGTH: Final = 18
_CUSTOMS_CODE: Final = re.compile(r"[0-9]{4}[0-9A-Z]{6}")
_GTIN_LENGTHS: Final = (8, 12, 13, 14)


def credit_check_character(first_17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100); ValueError for a letter outside it."""
    if len(first_17) != _CREDIT_LENGTH - 1:
        raise ValueError("a credit code has 17 characters before its check character")
    total = sum(CREDIT_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(first_17))
    return CREDIT_ALPHABET[-total % 31]


def is_credit_code(text: str) -> bool:
    """Whether the text is a unified social credit code of 18 characters with the right last one."""
    return (
        len(text) == _CREDIT_LENGTH
        and all(letter in CREDIT_ALPHABET for letter in text)
        and credit_check_character(text[:-1]) == text[-1]
    )


def is_customs_code(text: str) -> bool:
    """Whether the text has the shape of a customs enterprise code: 4 digits, then 6 digits or capitals.

    The code has no check digit, and what its places mean is not published well enough to be a rule.
    """
    return _CUSTOMS_CODE.fullmatch(text) is not None


def gtin_check_digit(body: str) -> str:
    """The last digit of a GTIN or SSCC whose other digits are `body`: weights 3, 1, 3, … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def is_gtin(text: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with the right check digit."""
    return (
        len(text) in _GTIN_LENGTHS
        and text.isascii()
        and text.isdigit()
        and gtin_check_digit(text[:-1]) == text[-1]
    )
