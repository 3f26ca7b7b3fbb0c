"""A sheet as PDF/A-2u, set by typst with the Chinese fonts of a wheel: the file reads alike in thirty years.

Setting a long table takes minutes and memory, so a PDF has a limit; beyond it Excel is the answer.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
import typst

from wms.errors import Refusal
from wms.exports.sheets import Cell, Sheet
from wms.i18n import N_

#: About eight seconds of setting on a small machine.
PDF_ROWS_MAX: Final = 2000
_TEMPLATE: Final = Path(__file__).parent / "table.typ"
_FONTS: Final = Path(pylopdf_fonts_zh_cn.__file__).parent
_HTML_LANG: Final = {"zh_Hans": "zh", "bo": "bo", "ne": "ne"}


class TooLongForPdf(Refusal):
    """More rows than a PDF is set for."""

    message = N_("A PDF holds at most {most} rows, this has {rows}. Ask for Excel, or for a part of it.")
    status = 422


def must_fit(sheet: Sheet) -> None:
    """Do nothing for a sheet that a PDF can hold; raises TooLongForPdf."""
    if len(sheet.rows) > PDF_ROWS_MAX:
        raise TooLongForPdf(most=PDF_ROWS_MAX, rows=len(sheet.rows))


def write_pdf(sheet: Sheet, *, house: str, made: str, at: datetime, locale: str) -> bytes:
    """The file; `house` and `made` stand at the foot of each page. Raises TooLongForPdf."""
    must_fit(sheet)
    data = {
        "title": sheet.title,
        "house": house,
        "made": made,
        "lang": _HTML_LANG.get(locale, "en"),
        "facts": [list(fact) for fact in sheet.facts],
        "columns": [
            {"title": column.title, "width": column.width, "number": column.is_number}
            for column in sheet.columns
        ],
        "rows": [[_words(cell) for cell in row] for row in sheet.rows],
    }
    found = typst.compile(
        _TEMPLATE,
        format="pdf",
        font_paths=[_FONTS],
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(data, ensure_ascii=False)},
        pdf_standards="a-2u",
        timestamp=at.replace(microsecond=0),
    )
    assert isinstance(found, bytes)
    return found


def _words(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case int():
            return f"{cell:,}"
        case Decimal():
            return f"{cell.normalize():,f}"
        case date():
            return cell.isoformat()
        case _:
            return cell
