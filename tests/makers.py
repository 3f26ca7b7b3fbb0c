"""Real objects for tests, in a small notation: ``stock("BIN-A: 10 × L1, 5 × L2")``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList, BondedListLine, ListedDeclaration, ListState
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.trade import Counterpart, Course
from wms.ledger.book import AccountBook, BookItem, Document, DocumentKind, Side
from wms.ledger.lots import NO_BOOK_ITEM, Lot, Quality, find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.opening import add_item
from wms.ledger.places import OUTSIDE, Location, Purpose, Regime, Warehouse, WarehouseKind, partner_code
from wms.ledger.posting import post
from wms.ledger.queries import location_by_code
from wms.registry.companies import Company
from wms.registry.products import Product, StorageClass

NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
ZONE = "LXZ"


def make_company(session: Session, *, number: int = 1) -> Company:
    """A company whose codes tell it from the others; check digits are the registry's business."""
    code = f"TESTCOMPANY{number:07d}"
    found = session.scalars(select(Company).where(Company.credit_code == code)).one_or_none()
    if found is None:
        found = Company(
            credit_code=code, customs_code=f"9999W{number:05d}", name=f"测试企业{number}", roles=["warehouse"]
        )
        session.add(found)
        session.flush()
    return found


def make_product(
    session: Session, item_no: str = "NP-TEA-001", *, storage_class: StorageClass = StorageClass.AMBIENT
) -> Product:
    """A product counted by the piece."""
    found = session.scalars(select(Product).where(Product.item_no == item_no)).one_or_none()
    if found is None:
        found = Product(
            item_no=item_no,
            name_zh=f"测试商品{item_no}",
            name_en=f"test goods {item_no}",
            gtin=None,
            hs10="0902409000",
            spec="250克/盒",
            origin_num="125",
            origin_alpha3="NPL",
            unit="140",
            unit1="035",
            unit1_num=1,
            unit1_den=4,
            unit2=None,
            unit2_num=None,
            unit2_den=None,
            net_g=Decimal(250),
            gross_g=Decimal(310),
            vat_rate=Decimal("0.09"),
            consumption_tax_rate=Decimal(0),
            duty_rate=Decimal("0.15"),
            positive_list=True,
            yearly_max_qty=None,
            shelf_life_days=730,
            storage_class=storage_class,
            temp_min_c=Decimal(5),
            temp_max_c=Decimal(30),
            rh_max_pct=Decimal(70),
        )
        session.add(found)
        session.flush()
    return found


def make_warehouse(
    session: Session, code: str = "WB01", kind: WarehouseKind = WarehouseKind.BONDED
) -> Warehouse:
    found = session.scalars(select(Warehouse).where(Warehouse.code == code)).one_or_none()
    if found is None:
        found = Warehouse(code=code, name=f"测试仓{code}", kind=kind)
        session.add(found)
        session.flush()
    return found


def make_location(
    session: Session,
    code: str,
    *,
    purpose: Purpose = Purpose.STORE,
    regime: Regime = Regime.BONDED,
    zone: str | None = None,
    storage_class: str = "",
    capacity: int | None = None,
) -> Location:
    """A place of warehouse WB01; bonded ones lie in the zone unless told otherwise."""
    found = location_by_code(session, code)
    if found is None:
        found = Location(
            code=code,
            warehouse_id=make_warehouse(session).id,
            purpose=purpose,
            regime=regime,
            zone=zone if zone is not None else (ZONE if regime is Regime.BONDED else OUTSIDE),
            storage_class=storage_class,
            area="A",
            aisle="1",
            bay="1",
            level="1",
            capacity=capacity,
        )
        session.add(found)
        session.flush()
    return found


def partner(session: Session, purpose: Purpose, regime: Regime) -> Location:
    """The one partner place of a purpose and regime."""
    found = location_by_code(session, partner_code(purpose, regime))
    assert found is not None
    return found


def make_book_item(session: Session, product: Product, *, line_no: int | None = None) -> BookItem:
    """The product's line in the one test book."""
    book = session.scalars(select(AccountBook).where(AccountBook.number == "T8899W000001")).one_or_none()
    if book is None:
        book = AccountBook(
            number="T8899W000001",
            kind="Z",
            cumulative=True,
            company_id=make_company(session).id,
            customs_code="8899",
            opened_at=NOON,
        )
        session.add(book)
        session.flush()
    found = session.scalars(
        select(BookItem).where(BookItem.book_id == book.id, BookItem.item_no == product.item_no)
    ).one_or_none()
    if found is not None:
        return found
    if line_no is None:
        line_no = 1 + len(session.scalars(select(BookItem).where(BookItem.book_id == book.id)).all())
    return add_item(
        session,
        BookItem(
            book_id=book.id,
            line_no=line_no,
            item_no=product.item_no,
            hs10=product.hs10,
            name=product.name_zh,
            origin=product.origin_num,
            unit=product.unit,
            unit1=product.unit1,
            unit2=product.unit2 or "",
            execution_mark="1",
        ),
    )


def make_bonded_list(
    session: Session,
    number: str,
    side: Side,
    quantity: int,
    *,
    item_no: str = "NP-TEA-001",
    list_type: str = "0",
    counterpart: Counterpart = Counterpart.ABROAD,
    course: Course = Course.ORDINARY,
    state: ListState = ListState.APPROVED,
    retail: Iterable[RetailDeclaration] = (),
) -> BondedList:
    """A list of one line at one yuan a piece, as customs approved it unless told otherwise."""
    product = make_product(session, item_no)
    item = make_book_item(session, product)
    assert item.book_id is not None
    made = BondedList(
        inner_no=f"IN{number}",
        pre_entry_no="",
        list_no=number,
        book_id=item.book_id,
        side=side,
        list_type=list_type,
        counterpart=counterpart,
        course=course,
        related_list_no="",
        related_book_no="",
        filing_no="",
        supervision_mode="1210",
        needs_declaration=False,
        state=state,
        declared_at=NOON,
        remark="",
        lines=[
            BondedListLine(
                line_no=1,
                book_item_id=item.id,
                product_id=product.id,
                item_no=item.item_no,
                unit=item.unit,
                quantity=Decimal(quantity),
                stock_quantity=quantity,
                price=Decimal(1),
                total=Decimal(quantity),
                currency="142",
            )
        ],
        retail=[ListedDeclaration(retail_no=each.list_no) for each in retail],
    )
    session.add(made)
    session.flush()
    return made


def make_lot(
    session: Session,
    code: str = "L1",
    *,
    item_no: str = "NP-TEA-001",
    bonded: bool = True,
    expiry: date | None = date(2027, 11, 30),
    quality: Quality = Quality.GOOD,
    owner: Company | None = None,
) -> Lot:
    """A lot of the item, on the book when bonded."""
    product = make_product(session, item_no)
    return find_or_add_lot(
        session,
        product=product,
        code=code,
        expiry=expiry,
        owner_id=(owner or make_company(session)).id,
        quality=quality,
        mode="1210" if bonded else "0110",
        book_item_id=make_book_item(session, product).id if bonded else NO_BOOK_ITEM,
    )


def list_line(line: int = 1, number: str = "QD889926I000000101") -> Document:
    """A line of a bonded list, as authority."""
    return Document(kind=DocumentKind.BONDED_LIST, number=number, line=line)


@dataclass(frozen=True, kw_only=True)
class Laid:
    """What `lay_stock` laid down: places and lots by their short names."""

    places: dict[str, Location]
    lots: dict[str, Lot]


def lay_stock(session: Session, text: str, *, document: Document | None = None) -> Laid:
    """Read ``BIN-A: 10 × L1, 5 × L2; BIN-B: 3 × L1`` and post it from the supplier under a list line."""
    places: dict[str, Location] = {}
    lots: dict[str, Lot] = {}
    moves: list[Move] = []
    supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
    for part in text.split(";"):
        code, _, goods = part.partition(":")
        place = places[code.strip()] = make_location(session, code.strip())
        for item in filter(None, (each.strip() for each in goods.split(","))):
            quantity, _, name = item.partition("×")
            lot = lots[name.strip()] = make_lot(session, name.strip())
            moves.append(
                Move(
                    source_id=supplier.id,
                    source_lot_id=lot.id,
                    target_id=place.id,
                    target_lot_id=lot.id,
                    quantity=int(quantity),
                    document=document or list_line(),
                    pass_number="Z1",
                )
            )
    if moves:
        post(session, moves, occurred_at=NOON)
    return Laid(places=places, lots=lots)
