"""CSV files with a header: every row is read, every fault of every row is kept, nothing is guessed."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from wms.i18n import N_
from wms.registry.cells import Fault, Parser, Wrong

R = TypeVar("R")
Raw = list[tuple[int, Mapping[str, str]]]


@dataclass(kw_only=True)
class Reading:
    """What reading a folder has found so far.

    `raw` keeps each file's trimmed cells with their row, whatever was wrong with them, so that a check
    between files is not blinded by a fault in another cell of the row.
    """

    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)
    raw: dict[str, Raw] = field(default_factory=dict)

    def fault(
        self, file: str, message: str, *, row: int | None = None, column: str | None = None, **facts: object
    ) -> None:
        """Keep one fault."""
        self.faults.append(Fault(file=file, row=row, column=column, message=message, facts=facts))

    def remark(
        self, file: str, message: str, *, row: int | None = None, column: str | None = None, **facts: object
    ) -> None:
        """Keep what a person should see and nothing stops."""
        self.remarks.append(Fault(file=file, row=row, column=column, message=message, facts=facts))

    def cells(self, file: str, column: str) -> Iterator[tuple[int, str]]:
        """Row and text of every cell of a column that has one."""
        for row, cells in self.raw.get(file, ()):
            if cells.get(column):
                yield row, cells[column]


@dataclass(frozen=True, kw_only=True)
class Columns(Generic[R]):
    """What a file holds: for each column the attribute it fills and its parser; `optional` may be absent.

    `agree` names the columns of a row that contradict each other: (column, marked sentence, facts). It is
    given what could be parsed and passes over what could not.
    """

    make: Callable[..., R]
    cells: Mapping[str, tuple[str, Parser]]
    optional: Mapping[str, tuple[str, Parser, object]] = field(default_factory=dict)
    agree: Callable[[Mapping[str, Any]], Iterable[tuple[str, str, Mapping[str, object]]]] = lambda _values: ()


def read_sheet(path: Path, columns: Columns[R], reading: Reading) -> tuple[R, ...]:
    """The rows that hold; what does not is kept in `reading`, row by row and column by column."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reading.fault(path.name, N_("cannot be read: {reason}"), reason=error.strerror)
        return ()
    return read_content(path.name, content, columns, reading)


def read_content(name: str, content: bytes, columns: Columns[R], reading: Reading) -> tuple[R, ...]:
    """The same for bytes that came under a name."""
    table = _table(name, content, reading)
    if not table:
        return ()
    header = [each.strip() for each in table[0][1]]
    if not _header_holds(name, header, columns, reading):
        return ()
    raw: Raw = []
    for row, cells in table[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) == len(header):
            raw.append((row, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}))
        else:
            sentence = N_("has {found} cells under {wanted} columns")
            reading.fault(name, sentence, row=row, found=len(cells), wanted=len(header))
    reading.raw[name] = raw
    made = ((row, _values(name, row, cells, columns, reading)) for row, cells in raw)
    return tuple(columns.make(row=row, **values) for row, values in made if values is not None)


def _table(name: str, content: bytes, reading: Reading) -> list[tuple[int, list[str]]]:
    """All lines with the number of the line each begins at, or none and a fault."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reading.fault(name, N_("is not UTF-8: byte {offset} cannot be read"), offset=error.start)
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            lines.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        reading.fault(name, N_("is no CSV from here on: {reason}"), row=begins, reason=str(error))
        return []
    if not lines:
        reading.fault(name, N_("is empty; a line with the column names is wanted"))
    return lines


def _header_holds(name: str, header: list[str], columns: Columns[R], reading: Reading) -> bool:
    before = len(reading.faults)
    for column in columns.cells:
        if column not in header:
            reading.fault(name, N_("this column is missing"), row=1, column=column)
    for column in sorted({column for column in header if header.count(column) > 1}):
        reading.fault(name, N_("this column stands here twice"), row=1, column=column)
    for column in header:
        if column not in columns.cells and column not in columns.optional:
            reading.fault(name, N_("no such column is known here"), row=1, column=column)
    return len(reading.faults) == before


def _values(
    name: str, row: int, cells: Mapping[str, str], columns: Columns[R], reading: Reading
) -> dict[str, Any] | None:
    before = len(reading.faults)
    values: dict[str, Any] = {}
    parsers = dict(columns.cells)
    for column, (attribute, parse, default) in columns.optional.items():
        if column in cells:
            parsers[column] = (attribute, parse)
        else:
            values[attribute] = default
    for column, (attribute, parse) in parsers.items():
        try:
            values[attribute] = parse(cells[column])
        except Wrong as wrong:
            reading.fault(name, wrong.message, row=row, column=column, **wrong.facts)
    for column, sentence, facts in columns.agree(values):
        reading.fault(name, sentence, row=row, column=column, **facts)
    return values if len(reading.faults) == before else None
