"""Declarations released on earlier days, out of the firm's own records (prior_lists.csv).

They left the book before it was opened here, so they take nothing of it; what they are needed for is that their goods
may come back, and their tax bills change. Loading the same file again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.messages.wire.times import CHINA
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, RetailDeclarationLine
from wms.customs.return_case import Application, Reentry, ReturnCase, day_of, reentry_of
from wms.customs.return_intake import line_back
from wms.customs.tax_bill import MADE, TaxBill, taxes_of
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookItem
from wms.orders.buyers import know_buyers
from wms.orders.identity import buyer_hash
from wms.registry.cells import Fault, Wrong, at_most, day, decimal, integer, maybe, text
from wms.registry.columns import item_no, tariff, unit
from wms.registry.load import Loaded
from wms.registry.products import Product
from wms.registry.rules import rules_needed
from wms.registry.sheets import Columns, Reading, read_sheet
from wms.registry.units import UnitsDoNotDivide, stock_quantity


@dataclass(frozen=True, kw_only=True)
class PriorLine:
    """One line of prior_lists.csv; amounts in CNY, `released_at` without its zone."""

    row: int
    list_no: str
    number: str
    order_no: str
    waybill_no: str
    buyer_id: str
    buyer_name: str
    released_at: datetime
    line_no: int
    item_no: str
    quantity: Decimal
    unit: str
    hs10: str
    tax_price: Decimal
    customs_tax: Decimal
    vat: Decimal
    consumption_tax: Decimal
    tax_no: str | None
    return_applied_on: date | None
    return_accepted_on: date | None


def _moment(cell: str) -> datetime:
    try:
        return datetime.strptime(text(cell), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the file's times are local
    except ValueError:
        raise Wrong(N_("{cell} is no moment written YYYY-MM-DD hh:mm:ss"), cell=cell) from None


_money = decimal(decimals=2, least="0", below="1000000000")
PRIOR_LISTS: Final = Columns(
    make=PriorLine,
    cells={
        "invt_no": ("list_no", at_most(18)),
        "cop_no": ("number", at_most(64)),
        "order_no": ("order_no", at_most(60)),
        "logistics_no": ("waybill_no", at_most(60)),
        "buyer_id": ("buyer_id", at_most(60)),
        "buyer_name": ("buyer_name", at_most(60)),
        "release_time": ("released_at", _moment),
        "gnum": ("line_no", integer(1)),
        "item_no": ("item_no", item_no),
        "qty": ("quantity", decimal(decimals=5, above="0")),
        "unit": ("unit", unit),
        "hs10": ("hs10", tariff),
        "tax_price": ("tax_price", _money),
        "customs_tax": ("customs_tax", _money),
        "vat": ("vat", _money),
        "ct": ("consumption_tax", _money),
        "tax_no": ("tax_no", maybe(at_most(50))),
        "refund_applied_on": ("return_applied_on", maybe(day)),
        "refund_accepted_on": ("return_accepted_on", maybe(day)),
    },
)


def read_history(path: Path) -> tuple[PriorLine, ...] | list[Fault]:
    """The lines of the file, or every fault in it."""
    reading = Reading()
    rows = read_sheet(path, PRIOR_LISTS, reading)
    return reading.faults or rows


def load_history(
    session: Session, rows: Sequence[PriorLine], *, file: str, key: bytes, zone: tzinfo, at: datetime
) -> Loaded | list[Fault]:
    """Keep each declaration that is not here yet, or give every fault. Raises NoRulesInForce."""
    rules = rules_needed(session, day=at.astimezone(zone).date())
    book = session.scalars(select(AccountBook).where(AccountBook.number == rules.book_no)).one()
    ground = _Ground(
        book=book,
        items={i.item_no: i for i in session.scalars(select(BookItem).where(BookItem.book_id == book.id))},
        products={product.item_no: product for product in session.scalars(select(Product))},
        mode=rules.supervision_mode,
        back_days_max=rules.return_back_days,
        apply_days_max=rules.return_apply_days,
        key=key,
        zone=zone,
    )
    if faults := [fault for row in rows for fault in _faults(row, ground, file=file)]:
        return faults
    known = set(session.scalars(select(RetailDeclaration.number)))
    added: list[str] = []
    grouped: dict[str, list[PriorLine]] = defaultdict(list)
    for row in rows:
        grouped[row.number].append(row)
    know_buyers(session, {row.buyer_id for row in rows}, key=key)
    for number, lines in grouped.items():
        if number not in known:
            _add(session, lines, ground)
            added.append(number)
    session.flush()
    return Loaded(file=file, added=tuple(added), unchanged=len(grouped) - len(added))


@dataclass(frozen=True, kw_only=True)
class _Ground:
    book: AccountBook
    items: Mapping[str, BookItem]
    products: Mapping[str, Product]
    mode: str
    back_days_max: int
    apply_days_max: int
    key: bytes
    zone: tzinfo


def _faults(row: PriorLine, ground: _Ground, *, file: str) -> Iterable[Fault]:
    if row.item_no not in ground.items or row.item_no not in ground.products:
        sentence = N_("{cell} is no item of account book {book}")
        facts = {"cell": row.item_no, "book": ground.book.number}
        yield Fault(file=file, row=row.row, column="item_no", message=sentence, facts=facts)
        return
    try:
        stock_quantity(row.quantity, ground.products[row.item_no].factors)
    except UnitsDoNotDivide as refused:
        yield Fault(file=file, row=row.row, column="qty", message=refused.message, facts=refused.facts)


def _add(session: Session, rows: Sequence[PriorLine], ground: _Ground) -> None:
    first = rows[0]
    released_at = first.released_at.replace(tzinfo=ground.zone)
    declaration = RetailDeclaration(
        number=first.number,
        order_no=first.order_no,
        list_no=first.list_no,
        pre_no="",
        waybill_no=first.waybill_no,
        carrier_code="",
        carrier_name="",
        book_id=ground.book.id,
        supervision_mode=ground.mode,
        buyer=buyer_hash(ground.key, first.buyer_id),
        year=first.released_at.year,
        dutiable_value=sum((row.tax_price for row in rows), Decimal(0)),
        gross_kg=Decimal(0),
        net_kg=Decimal(0),
        declared_at=released_at,
        is_history=True,
        state="800",
        released_at=released_at,
        release_stamp=f"{released_at.astimezone(CHINA):%Y%m%d%H%M%S}000",
        book_effect=BookEffect.BOOKED,
        cancel_pending=False,
        lines=[_line(row, ground) for row in rows],
    )
    session.add(declaration)
    session.flush()
    if first.tax_no is not None:
        sums = taxes_of(declaration)
        session.add(
            TaxBill(
                number=first.tax_no,
                list_no=first.list_no,
                customs_tax=sums.customs_tax,
                vat=sums.vat,
                consumption_tax=sums.consumption_tax,
                billed_at=released_at,
                first_status=MADE,
                status=MADE,
            )
        )
    if first.return_applied_on is not None:
        session.add(_case(declaration, first, first.return_applied_on, ground))


def _line(row: PriorLine, ground: _Ground) -> RetailDeclarationLine:
    product = ground.products[row.item_no]
    return RetailDeclarationLine(
        line_no=row.line_no,
        book_item_id=ground.items[row.item_no].id,
        item_no=row.item_no,
        hs10=row.hs10,
        name=product.name_zh,
        unit=row.unit,
        quantity=row.quantity,
        stock_quantity=stock_quantity(row.quantity, product.factors),
        price=row.tax_price / row.quantity,
        total=row.tax_price,
        tax_price=row.tax_price,
        customs_tax=row.customs_tax,
        vat=row.vat,
        consumption_tax=row.consumption_tax,
    )


def _case(declaration: RetailDeclaration, row: PriorLine, applied_on: date, ground: _Ground) -> ReturnCase:
    """A request of an earlier day: what it gave back then is in the opening figures."""
    apply_day = day_of(declaration, applied_on)
    case = ReturnCase(
        number=f"R{declaration.order_no}",
        guid="",
        declaration=declaration,
        reason="",
        applied_on=applied_on,
        apply_day=apply_day,
        is_late=apply_day > ground.apply_days_max,
        back_days_max=ground.back_days_max,
        application=Application.WAITING if row.return_accepted_on is None else Application.ACCEPTED,
        reentry=Reentry.NOT_ARRIVED,
        given_back=Decimal(0),
        given_back_on=row.return_accepted_on,
        lines=[line_back(line, line.quantity) for line in declaration.lines],
    )
    case.reentry = reentry_of(case)
    return case
