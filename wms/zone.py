"""Bring a zone up from the files of a registry folder: places, people, the account book and what lies there.

What the registry itself keeps is loaded by `wms.registry.load`; here stands what belongs to other packages. Loading
the same folder again changes nothing, and a book once opened is never opened again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.permissions import Role
from wms.auth.users import User, add_user
from wms.customs.cases import CaseKind, open_case
from wms.customs.statement import mirror
from wms.ledger.book import AccountBook, BookItem, Side
from wms.ledger.lots import NO_BOOK_ITEM, Quality, find_or_add_lot
from wms.ledger.opening import OpeningFigure, OpeningLot, add_item, open_ledgers
from wms.ledger.places import OUTSIDE, Location, Purpose, Regime, Warehouse, WarehouseKind
from wms.orders.opening import load_yearly
from wms.registry.companies import Company
from wms.registry.files import RegistryFiles
from wms.registry.load import Change, Loaded, Loader
from wms.registry.products import Product
from wms.registry.rows import BookFile, PlaceRow
from wms.registry.units import stock_quantity

#: Roles of the files that have another name here.
_ROLES = {"customs_officer": Role.OFFICER, "shop_clerk": Role.SHOP, "administrator": Role.ADMIN}
_DOMESTIC_MODE = "0110"


@dataclass(frozen=True, kw_only=True)
class ZoneLoaders:
    """What the registry cannot load itself, in the order in which it must come."""

    zone: str
    time_zone: str
    by_id: int
    buyer_key: bytes

    def all(self) -> Sequence[Loader]:
        """For `load_registry(loaders=…)`."""
        return (self.places, self.people, self.book, self.yearly)

    def yearly(self, session: Session, files: RegistryFiles, at: datetime) -> Loaded:
        """What buyers had used of their yearly allowances before the opening; a changed figure is corrected."""
        return load_yearly(session, files, key=self.buyer_key, at=at)

    def places(self, session: Session, files: RegistryFiles, at: datetime) -> Loaded:
        """Warehouses, their places, and a SHORTAGE place of each warehouse and regime."""
        del at
        known = {place.code: place for place in session.scalars(select(Location))}
        warehouses = {house.code: house for house in session.scalars(select(Warehouse))}
        added: list[str] = []
        changes: list[Change] = []
        unchanged = 0
        for row in files.places:
            house = warehouses.get(row.warehouse)
            if house is None:
                house = Warehouse(code=row.warehouse, name=row.warehouse, kind=WarehouseKind(row.kind))
                warehouses[row.warehouse] = house
                session.add(house)
                session.flush()
            wanted = self._place(row, house)
            place = known.get(row.location)
            if place is None:
                session.add(Location(**wanted))
                added.append(row.location)
                continue
            differing = [name for name, value in wanted.items() if getattr(place, name) != value]
            for name in differing:
                before = getattr(place, name)
                changes.append(
                    Change(
                        file="places.csv", key=row.location, column=name, before=before, after=wanted[name]
                    )
                )
                setattr(place, name, wanted[name])
            unchanged += not differing
        self._shortage_places(session, files, warehouses, known)
        session.flush()
        return Loaded(file="places.csv", added=tuple(added), changes=tuple(changes), unchanged=unchanged)

    def _place(self, row: PlaceRow, house: Warehouse) -> dict[str, object]:
        return {
            "code": row.location,
            "warehouse_id": house.id,
            "purpose": Purpose(row.purpose.upper()),
            "regime": Regime(row.regime),
            "zone": self.zone if row.in_zone else OUTSIDE,
            "storage_class": row.storage_class.value,
            "area": row.zone,
            "aisle": f"{row.aisle:02d}",
            "bay": f"{row.bay:02d}",
            "level": f"{row.level:02d}",
            "capacity": None,
        }

    def _shortage_places(
        self,
        session: Session,
        files: RegistryFiles,
        warehouses: dict[str, Warehouse],
        known: dict[str, Location],
    ) -> None:
        wanted = {(row.warehouse, row.regime, row.in_zone) for row in files.places}
        for house, regime, in_zone in sorted(wanted):
            code = f"{house}-SHORTAGE-{regime}"
            if code not in known:
                session.add(
                    Location(
                        code=code,
                        warehouse_id=warehouses[house].id,
                        purpose=Purpose.SHORTAGE,
                        regime=Regime(regime),
                        zone=self.zone if in_zone else OUTSIDE,
                        storage_class="",
                        area="",
                        aisle="",
                        bay="",
                        level="",
                        capacity=None,
                    )
                )

    def people(self, session: Session, files: RegistryFiles, at: datetime) -> Loaded:
        """Users without passwords or badges; those are given by a person, never by a file."""
        known = {user.name: user for user in session.scalars(select(User))}
        added: list[str] = []
        changes: list[Change] = []
        unchanged = 0
        for row in files.users:
            role = _ROLES.get(row.role) or Role(row.role)
            user = known.get(row.user.strip().lower())
            if user is None:
                add_user(
                    session,
                    name=row.user,
                    display_name=row.name,
                    role=role,
                    company_code=row.company_customs_code,
                    at=at,
                )
                added.append(row.user)
            elif user.role != role.value:
                changes.append(
                    Change(file="users.csv", key=row.user, column="role", before=user.role, after=role.value)
                )
                user.role = role.value
            else:
                unchanged += 1
        return Loaded(file="users.csv", added=tuple(added), changes=tuple(changes), unchanged=unchanged)

    def book(self, session: Session, files: RegistryFiles, at: datetime) -> Loaded:
        """The account book, its items, customs' opening figures and the lots that lie there, posted once."""
        if files.account_book is None:
            return Loaded(file="account_book.json")
        number = files.account_book.book_no
        if session.scalars(select(AccountBook.id).where(AccountBook.number == number)).first():
            return Loaded(file="account_book.json", unchanged=len(files.account_book.lines))
        book = self._add_book(session, files.account_book)
        figures = self._add_items(session, book, files.account_book)
        lots = self._opening_lots(session, book, files)
        numbers = self._cases_where_they_differ(session, figures, lots, at=at)
        open_ledgers(session, book=book, figures=list(figures.values()), lots=lots, case_numbers=numbers)
        return Loaded(file="account_book.json", added=(number,))

    def _add_book(self, session: Session, file: BookFile) -> AccountBook:
        company = session.scalars(
            select(Company).where(Company.customs_code == file.company_customs_code)
        ).one()
        book = AccountBook(
            number=file.book_no,
            kind=file.book_type,
            cumulative=file.append_mode == "可累计",
            company_id=company.id,
            customs_code=file.master_customs,
            opened_at=file.opening_at.replace(tzinfo=ZoneInfo(self.time_zone)),
        )
        session.add(book)
        session.flush()
        return book

    def _add_items(self, session: Session, book: AccountBook, file: BookFile) -> dict[str, OpeningFigure]:
        figures: dict[str, OpeningFigure] = {}
        for line in file.lines:
            product = session.scalars(select(Product).where(Product.item_no == line.item_no)).one()
            item = add_item(
                session,
                BookItem(
                    book_id=book.id,
                    line_no=line.line_no,
                    item_no=line.item_no,
                    hs10=line.hs10,
                    name=line.name,
                    origin=line.origin_num,
                    unit=line.unit,
                    unit1=line.unit1,
                    unit2=line.unit2 or "",
                    execution_mark=line.execution_mark,
                ),
            )
            figures[line.item_no] = OpeningFigure(
                book_item_id=item.id,
                line_no=line.line_no,
                actual_in=stock_quantity(line.booked_in, product.factors),
                actual_out=stock_quantity(line.booked_out, product.factors),
            )
            for side, quantity in ((Side.IN, line.booked_in), (Side.OUT, line.booked_out)):
                mirror(
                    session,
                    book_id=book.id,
                    source="OPENING",
                    source_line=line.line_no,
                    item_no=line.item_no,
                    side=side,
                    quantity=quantity,
                    stated_at=book.opened_at,
                )
        return figures

    def _opening_lots(self, session: Session, book: AccountBook, files: RegistryFiles) -> list[OpeningLot]:
        items = {
            item.item_no: item
            for item in session.scalars(select(BookItem).where(BookItem.book_id == book.id))
        }
        lots: list[OpeningLot] = []
        for row in files.opening_lots:
            place = session.scalars(select(Location).where(Location.code == row.location)).one()
            product = session.scalars(select(Product).where(Product.item_no == row.item_no)).one()
            bonded = place.regime is Regime.BONDED
            item = items[row.item_no] if bonded else None
            lot = find_or_add_lot(
                session,
                product=product,
                code=row.lot,
                expiry=row.expiry,
                owner_id=book.company_id,
                quality=Quality.DAMAGED if place.purpose is Purpose.QUARANTINE else Quality.GOOD,
                mode="1210" if bonded else _DOMESTIC_MODE,
                book_item_id=item.id if item else NO_BOOK_ITEM,
            )
            lots.append(
                OpeningLot(
                    location_id=place.id,
                    regime=place.regime,
                    lot_id=lot.id,
                    book_line_no=item.line_no if item else 0,
                    quantity=row.quantity,
                )
            )
        return lots

    def _cases_where_they_differ(
        self,
        session: Session,
        figures: dict[str, OpeningFigure],
        lots: Sequence[OpeningLot],
        *,
        at: datetime,
    ) -> dict[int, str]:
        """By book line, the case of an item whose lots do not add up to its book balance."""
        numbers: dict[int, str] = {}
        for item_no, figure in figures.items():
            lying = sum(lot.quantity for lot in lots if lot.book_line_no == figure.line_no)
            difference = lying - (figure.actual_in - figure.actual_out)
            if difference:
                numbers[figure.line_no] = open_case(
                    session,
                    kind=CaseKind.OPENING_DIFFERS,
                    item_no=item_no,
                    book_item_id=figure.book_item_id,
                    quantity=abs(difference),
                    book_difference=difference,
                    at=at,
                    by_id=self.by_id,
                ).number
        return numbers
