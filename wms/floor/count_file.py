"""A count taken elsewhere, from a CSV or Excel file: a row for each lot at a place. All of it is kept, or nothing."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy.orm import Session

from wms.errors import Refusal
from wms.floor import tally
from wms.i18n import N_, Sentence, say
from wms.ledger.counts import Count
from wms.ledger.queries import location_by_code
from wms.registry.products import find_product

#: Columns a file must have, and those it may have; what people add beside them is left alone.
WANTED: Final = ("location", "item_no", "lot", "expiry", "counted_qty")
ROWS_MAX: Final = 50_000
COLUMNS_MAX: Final = 100
#: An Excel file is packed, a thousand to one at worst; a full count unpacks to a tenth of this.
UNPACKED_BYTES_MAX: Final = 100_000_000


class FileUnreadable(Refusal):
    """Neither CSV nor Excel, or without the columns that matter."""

    message = N_("The file cannot be read: {why}")
    status = 422


class RowsDoNotFit(Refusal):
    """Rows that name what is not there; nothing of the file is kept."""

    message = N_("{count} rows do not fit, and nothing was taken. Row {row}: {why}")
    status = 422


class RowUnreadable(Refusal):
    """A cell that means nothing here."""

    message = N_("{column}: “{text}” {why}")
    status = 422


@dataclass(frozen=True, kw_only=True)
class CountedRow:
    """One row as read: trimmed text, and the line it stands in."""

    row: int
    location: str
    item_no: str
    lot: str
    expiry: str
    counted_qty: str


def read_count_file(content: bytes) -> list[CountedRow]:
    """The rows of a CSV (UTF-8) or Excel file with the columns `WANTED`; raises FileUnreadable."""
    table = _excel(content) if content.startswith(b"PK") else _csv(content)
    if not table:
        raise FileUnreadable(why=say(N_("it is empty.")))
    header = [cell.strip().lower() for cell in table[0]]
    missing = [name for name in WANTED if name not in header]
    if missing:
        raise FileUnreadable(why=say(N_("the column {column} is missing."), column=missing[0]))
    if len(table) > ROWS_MAX:
        raise FileUnreadable(why=say(N_("it has more than {rows} rows."), rows=ROWS_MAX))
    places = {name: header.index(name) for name in WANTED}
    return [
        CountedRow(
            row=number,
            **{name: (cells[at].strip() if at < len(cells) else "") for name, at in places.items()},
        )
        for number, cells in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise FileUnreadable(why=say(N_("it is neither UTF-8 CSV nor Excel."))) from None


def _excel(content: bytes) -> list[list[str]]:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > UNPACKED_BYTES_MAX:
            raise FileUnreadable(why=say(N_("it is too large once unpacked.")))
        (sheet, *_) = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets
        # a file may claim a million columns; rows are as wide as is read of them
        rows = sheet.iter_rows(max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX, values_only=True)
        return [[_cell(value) for value in row] for row in rows]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError):
        # a broken part of XML is a SyntaxError
        raise FileUnreadable(why=say(N_("it is neither UTF-8 CSV nor Excel."))) from None


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def take_file(session: Session, count: Count, rows: Sequence[CountedRow], *, by_id: int, at: datetime) -> int:
    """Keep every row as one visit of the count; how many. Raises RowsDoNotFit with the first fault and their number."""
    visit = uuid4()
    faults: list[tuple[int, Sentence]] = []
    for row in rows:
        try:
            _keep(session, count, row, visit=visit, by_id=by_id, at=at)
        except Refusal as refused:
            faults.append((row.row, say(refused.message, **refused.facts)))
    if faults:
        (first, why), *_ = faults
        raise RowsDoNotFit(count=len(faults), row=first, why=why)
    return len(rows)


def _keep(session: Session, count: Count, row: CountedRow, *, visit: UUID, by_id: int, at: datetime) -> None:
    place = location_by_code(session, row.location)
    if place is None:
        raise RowUnreadable(column="location", text=row.location[:40], why=say(N_("is no place here.")))
    if tally.count_at(session, place).id != count.id:
        raise RowUnreadable(
            column="location", text=row.location[:40], why=say(N_("belongs to another count."))
        )
    product = find_product(session, item_no=row.item_no)
    if product is None:
        raise RowUnreadable(column="item_no", text=row.item_no[:40], why=say(N_("is no filed item.")))
    if not row.lot:
        raise RowUnreadable(column="lot", text="", why=say(N_("must be filled in.")))
    found = tally.Found(
        product=product,
        lot=row.lot[:40],
        expiry=_day(row.expiry),
        is_damaged=False,
        quantity=_quantity(row.counted_qty),
    )
    tally.keep(session, place, found, visit=visit, by_id=by_id, at=at)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RowUnreadable(
            column="expiry", text=text[:40], why=say(N_("is no day written YYYY-MM-DD."))
        ) from None


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise RowUnreadable(column="counted_qty", text=text[:40], why=say(N_("is no whole number.")))
    return int(text)
