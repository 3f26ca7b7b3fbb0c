"""Numbers of our own documents: a letter, the day, a counter and a check digit, short enough to read aloud."""

from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_SEQUENCES: Final = {
    "A": "adjustment_number_seq",
    "B": "control_number_seq",
    "C": "case_number_seq",
    "D": "draw_number_seq",
    "E": "exit_list_number_seq",
    "G": "pass_number_seq",
    "I": "inspection_number_seq",
    "F": "filing_number_seq",
    "K": "dispatch_number_seq",
    "P": "count_number_seq",
    "W": "wave_number_seq",
}


def check_digit(digits: str) -> int:
    """Luhn's digit: one wrong digit or two swapped neighbours are noticed."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10


def next_number(session: Session, letter: str, *, day: date) -> str:
    """The next number of a kind of document, e.g. ``C260520000017``; gaps after a refused action are right."""
    counter = session.execute(text(f"select nextval('{_SEQUENCES[letter]}')")).scalar_one()
    digits = f"{day:%y%m%d}{counter:05d}"
    return f"{letter}{digits}{check_digit(digits)}"
