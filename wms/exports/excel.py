"""A sheet as an Excel file, row by row in constant memory.

Texts are written as texts: what begins with = or + stays what somebody typed and is never a formula.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from wms.exports.sheets import Cell, Sheet

#: Digits that a number of Excel keeps exactly; longer ones are written as text.
_DIGITS_EXACT: Final = 15
_BAD_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_excel(sheet: Sheet, *, on_row: Callable[[int], None]) -> bytes:
    """The file; `on_row` is told after each row how many there are."""
    target = BytesIO()
    settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, settings) as book:
        head = book.add_format({"bold": True, "bg_color": "#E3EFEC", "text_wrap": True, "valign": "top"})
        title = book.add_format({"bold": True, "font_size": 14})
        whole = book.add_format({"num_format": "#,##0"})
        exact = book.add_format({"num_format": "#,##0.#####"})
        page = book.add_worksheet(sheet.title.translate(_BAD_IN_NAMES)[:31])
        page.write_string(0, 0, sheet.title, title)
        for number, (label, value) in enumerate(sheet.facts, start=1):
            page.write_string(number, 0, label)
            page.write_string(number, 1, value)
        top = len(sheet.facts) + 2
        for number, column in enumerate(sheet.columns):
            page.set_column(number, number, column.width + 2)
            page.write_string(top, number, column.title, head)
        page.freeze_panes(top + 1, 0)
        for number, row in enumerate(sheet.rows, start=1):
            for place, cell in enumerate(row):
                _write(page, top + number, place, cell, whole=whole, exact=exact)
            on_row(number)
    return target.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell, *, whole: Any, exact: Any) -> None:
    match cell:
        case None | "":
            pass
        case int() if len(str(abs(cell))) <= _DIGITS_EXACT:
            page.write_number(row, column, cell, whole)
        case Decimal() if len(cell.normalize().as_tuple().digits) <= _DIGITS_EXACT:
            page.write_number(row, column, float(cell), exact)
        case Decimal():
            page.write_string(row, column, f"{cell:f}")
        case date():
            page.write_string(row, column, cell.isoformat())
        case _:
            page.write_string(row, column, str(cell))
