"""Bring the registry to what a folder's files say: new rows are added, changed ones changed and said.

Nothing is ever removed: a company or product that has left the files still stands behind yesterday's papers.
What the registry does not keep itself (places, users, the opening of the ledgers) is loaded by callables the
edge hands in, in the same transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.registry.cells import Fault
from wms.registry.companies import Company, CompanyCredit, credit_class_on
from wms.registry.files import RegistryFiles
from wms.registry.products import Product
from wms.registry.rows import CompanyRow, ProductRow, Rules, VehicleRow
from wms.registry.rules import keep_rules, rules_on
from wms.registry.vehicles import Vehicle


class CreditCodeTaken(Refusal):
    """One legal person is one company: its credit code stays with the customs code it was filed under."""

    message = N_("Credit code {credit_code} of {customs_code} is on file for {other}.")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value of one row that is now another."""

    file: str
    key: str
    column: str
    before: object
    after: object


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What loading one file came to; `added` names the new keys."""

    file: str
    added: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a load came to, file by file, with the remarks of the reading."""

    loaded: tuple[Loaded, ...]
    remarks: tuple[Fault, ...]

    @property
    def is_no_change(self) -> bool:
        """Whether everything stood already as the files say."""
        return not any(part.added or part.changes for part in self.loaded)


#: Loads what another package keeps; same session, same transaction.
Loader = Callable[[Session, RegistryFiles, datetime], Loaded]


def load_registry(
    session: Session, files: RegistryFiles, *, at: datetime, day: date, loaders: Sequence[Loader] = ()
) -> Summary:
    """Load companies, vehicles and products, then what `loaders` load.

    `day` is the zone's calendar day of `at`: a credit class that differs from the one in force begins on it.
    Loading the same files again changes nothing.
    """
    companies = {company.customs_code: company for company in session.scalars(select(Company))}
    loaded = [_companies(session, files.companies, companies, day=day)]
    session.flush()
    companies = {company.customs_code: company for company in session.scalars(select(Company))}
    loaded.append(_vehicles(session, files.vehicles, companies))
    loaded.append(_products(session, files.products))
    session.flush()
    if files.rules is not None:
        loaded.append(_rules(session, files.rules, at=at))
    loaded.extend(load(session, files, at) for load in loaders)
    return Summary(loaded=tuple(loaded), remarks=files.remarks)


def rehearse(
    session: Session, files: RegistryFiles, *, at: datetime, day: date, loaders: Sequence[Loader] = ()
) -> Summary:
    """The same load, undone: what a dry run says is what the real one does."""
    savepoint = session.begin_nested()
    try:
        return load_registry(session, files, at=at, day=day, loaders=loaders)
    finally:
        savepoint.rollback()


def _companies(
    session: Session, rows: Iterable[CompanyRow], known: Mapping[str, Company], *, day: date
) -> Loaded:
    rows = tuple(rows)
    owners = {company.credit_code: code for code, company in known.items()}
    for row in rows:
        other = owners.get(row.credit_code, row.customs_code)
        if other != row.customs_code:
            raise CreditCodeTaken(credit_code=row.credit_code, customs_code=row.customs_code, other=other)
    wanted = {
        row.customs_code: {
            "credit_code": row.credit_code,
            "customs_code": row.customs_code,
            "name": row.name,
            "roles": sorted(row.roles),
        }
        for row in rows
    }
    loaded = _bring(session, "companies.csv", Company, wanted, known)
    session.flush()
    changed = list(loaded.changes)
    touched = {change.key for change in changed}
    for row in rows:
        company = session.scalars(select(Company).where(Company.customs_code == row.customs_code)).one()
        before = credit_class_on(session, company_id=company.id, day=day)
        if before is not row.credit_class:
            _begin_class(session, company.id, row, day=day)
            if row.customs_code not in loaded.added:
                key, after = row.customs_code, row.credit_class
                changed.append(
                    Change(file="companies.csv", key=key, column="credit_class", before=before, after=after)
                )
    newly = {change.key for change in changed} - touched
    return Loaded(
        file=loaded.file,
        added=loaded.added,
        changes=tuple(changed),
        unchanged=loaded.unchanged - len(newly),
    )


def _begin_class(session: Session, company_id: int, row: CompanyRow, *, day: date) -> None:
    """The class begins on the day; a second change on one day corrects the first."""
    same_day = session.scalar(
        select(CompanyCredit).where(CompanyCredit.company_id == company_id, CompanyCredit.valid_from == day)
    )
    if same_day is None:
        session.add(CompanyCredit(company_id=company_id, credit_class=row.credit_class, valid_from=day))
    else:
        same_day.credit_class = row.credit_class


def _vehicles(session: Session, rows: Iterable[VehicleRow], companies: Mapping[str, Company]) -> Loaded:
    known = {vehicle.plate: vehicle for vehicle in session.scalars(select(Vehicle))}
    wanted = {
        row.plate: {
            "plate": row.plate,
            "card_no": row.card_no,
            "tare_kg": row.tare_kg,
            "company_id": companies[row.company_customs_code].id if row.company_customs_code else None,
        }
        for row in rows
    }
    return _bring(session, "vehicles.csv", Vehicle, wanted, known)


def _rules(session: Session, rules: Rules, *, at: datetime) -> Loaded:
    """A whole set counts as one row, named by the day it begins."""
    file, key = "rules.json", rules.day.isoformat()
    first = rules_on(session, day=rules.day) is None
    changed = keep_rules(session, rules, at=at)
    if first:
        return Loaded(file=file, added=(key,))
    return Loaded(
        file=file,
        changes=tuple(
            Change(file=file, key=key, column=name, before=before, after=after)
            for name, (before, after) in changed.items()
        ),
        unchanged=0 if changed else 1,
    )


def _products(session: Session, rows: Iterable[ProductRow]) -> Loaded:
    known = {product.item_no: product for product in session.scalars(select(Product))}
    columns = [field.name for field in fields(ProductRow) if field.name != "row"]
    wanted = {row.item_no: {column: getattr(row, column) for column in columns} for row in rows}
    return _bring(session, "products.csv", Product, wanted, known)


def _bring(
    session: Session,
    file: str,
    kind: type[Base],
    wanted: Mapping[str, Mapping[str, Any]],
    known: Mapping[str, Base],
) -> Loaded:
    """Make each wanted row stand: add it, or change the columns that differ and say which."""
    added: list[str] = []
    changes: list[Change] = []
    unchanged = 0
    for key, values in wanted.items():
        stored = known.get(key)
        if stored is None:
            session.add(kind(**values))
            added.append(key)
            continue
        differing = [column for column, value in values.items() if getattr(stored, column) != value]
        for column in differing:
            before, after = getattr(stored, column), values[column]
            changes.append(Change(file=file, key=key, column=column, before=before, after=after))
            setattr(stored, column, after)
        unchanged += not differing
    return Loaded(file=file, added=tuple(added), changes=tuple(changes), unchanged=unchanged)
