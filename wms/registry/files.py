"""A registry folder: every file read to its end, every fault of every row listed, or all of it typed."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from wms.i18n import N_
from wms.registry import columns
from wms.registry.agreement import check_files, check_opening
from wms.registry.cells import Fault
from wms.registry.papers import read_book, read_rules
from wms.registry.rows import (
    BookFile,
    CompanyRow,
    OpeningLotRow,
    PlaceRow,
    ProductRow,
    Rules,
    UserRow,
    VehicleRow,
    YearlyQuantityRow,
    YearlySpentRow,
)
from wms.registry.sheets import Columns, Reading, read_sheet

R = TypeVar("R")

WANTED: Final = ("companies.csv", "products.csv", "places.csv", "users.csv")
KNOWN: Final = (
    *WANTED,
    "vehicles.csv",
    "account_book.json",
    "opening_lots.csv",
    "yearly_spent.csv",
    "yearly_qty.csv",
    "rules.json",
)


@dataclass(frozen=True, kw_only=True)
class RegistryFiles:
    """All a registry folder says. `remarks` are not faults: what a person should see and nothing stops."""

    companies: tuple[CompanyRow, ...]
    vehicles: tuple[VehicleRow, ...]
    products: tuple[ProductRow, ...]
    places: tuple[PlaceRow, ...]
    users: tuple[UserRow, ...]
    account_book: BookFile | None
    opening_lots: tuple[OpeningLotRow, ...]
    yearly_spent: tuple[YearlySpentRow, ...]
    yearly_quantity: tuple[YearlyQuantityRow, ...]
    rules: Rules | None
    remarks: tuple[Fault, ...]


def read_registry(folder: Path) -> RegistryFiles | list[Fault]:
    """The folder's files, typed, or every fault in them: file by file, row by row, none hiding another."""
    reading = Reading()
    if not folder.is_dir():
        return [Fault(file=str(folder), message=N_("is no folder"))]
    there = {path.name for path in folder.iterdir()}
    for name in WANTED:
        if name not in there:
            reading.fault(name, N_("is missing from the folder"))
    for name in sorted(there - set(KNOWN)):
        if name.endswith((".csv", ".json")):
            reading.remark(name, N_("is no file of a registry and was not read"))
    files = _read(folder, there, reading)
    check_files(reading)
    check_opening(reading, files.account_book, files.opening_lots, files.rules)
    if reading.faults:
        order = {name: place for place, name in enumerate(KNOWN)}
        return sorted(reading.faults, key=lambda fault: (order[fault.file], fault.row or 0))
    return replace(files, remarks=tuple(reading.remarks))


def _read(folder: Path, there: set[str], reading: Reading) -> RegistryFiles:
    def sheet(name: str, kind: Columns[R]) -> tuple[R, ...]:
        return read_sheet(folder / name, kind, reading) if name in there else ()

    book, rules = "account_book.json", "rules.json"
    return RegistryFiles(
        companies=sheet("companies.csv", columns.COMPANIES),
        vehicles=sheet("vehicles.csv", columns.VEHICLES),
        products=sheet("products.csv", columns.PRODUCTS),
        places=sheet("places.csv", columns.PLACES),
        users=sheet("users.csv", columns.USERS),
        account_book=read_book(folder / book, reading) if book in there else None,
        opening_lots=sheet("opening_lots.csv", columns.OPENING_LOTS),
        yearly_spent=sheet("yearly_spent.csv", columns.YEARLY_SPENT),
        yearly_quantity=sheet("yearly_qty.csv", columns.YEARLY_QUANTITY),
        rules=read_rules(folder / rules, reading) if rules in there else None,
        remarks=(),
    )
