"""Numbers of customs documents and books, told by their shape.

The shapes are those of real receipts (list, gate pass, stock bill, ledgers, the 18-digit numbers of the
single window). A shape says what a number may be, never that such a document exists.
"""

import re
from enum import StrEnum


class DocumentKind(StrEnum):
    BONDED_LIST = "bonded_list"  # 核注清单
    GATE_PASS = "gate_pass"
    STOCK_BILL = "stock_bill"  # 出入库单
    RETAIL_LIST = "retail_list"  # 零售进口申报清单
    ACCOUNT_BOOK = "account_book"  # 账册
    PRE_ENTRY = "pre_entry"  # 统一编号: the single window's number, 18 digits, year first
    DECLARATION = "declaration"  # 报关单: 18 digits, customs, year, direction
    OWN = "own"  # a document of ours, on a label of ours


_YEAR = r"20[0-9]{2}"
_DATE = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_SHAPES: tuple[tuple[DocumentKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(shape))
    for kind, shape in (
        (DocumentKind.BONDED_LIST, r"QD[0-9]{4}[0-9]{2}[IE][0-9]{9}"),
        (DocumentKind.GATE_PASS, rf"Z[0-9]{{4}}[IE]{_DATE}(?:[0-9]{{12}}|T[0-9]{{11}})"),
        (DocumentKind.STOCK_BILL, rf"X[0-9]{{4}}[IE]{_DATE}[0-9]{{6}}"),
        (DocumentKind.RETAIL_LIST, rf"[0-9]{{4}}{_YEAR}[IE][0-9]{{9}}"),
        (DocumentKind.ACCOUNT_BOOK, r"T[0-9]{4}[WD][0-9]{6}|L[0-9]{4}B[0-9]{2}[A-Z][0-9]{3}"),
        (DocumentKind.ACCOUNT_BOOK, r"[HE][0-9]{4}[0-9A-Z][0-9]{6}"),
        (DocumentKind.PRE_ENTRY, rf"{_YEAR}[0-9]{{14}}"),
        (DocumentKind.DECLARATION, rf"[0-9]{{4}}{_YEAR}[01][0-9]{{9}}"),
    )
)


def document_kind(number: str) -> DocumentKind | None:
    """The first kind whose shape the whole number has, or None."""
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(number)), None)
