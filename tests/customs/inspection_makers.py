"""Officers, declarations and their goods, for the tests of inspection."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.makers import NOON, Laid, lay_stock, make_book_item, make_company, make_location, make_product
from wms.auth.permissions import Role
from wms.auth.users import User, add_user
from wms.customs.bonded_list import BondedList, BondedListLine, ListState
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, RetailDeclarationLine, document_of
from wms.customs.trade import Counterpart, Course
from wms.ledger.book import AccountBook, Side
from wms.ledger.moves import Move
from wms.ledger.places import Purpose
from wms.ledger.posting import post

LATER = NOON + timedelta(hours=1)


def make_officers(session: Session, count: int = 3) -> list[int]:
    """User ids of so many officers."""
    made = []
    for number in range(1, count + 1):
        name = f"officer-{number}"
        known = session.scalars(select(User).where(User.name == name)).one_or_none()
        user = known or add_user(session, name=name, display_name=f"关员{number}", role=Role.OFFICER, at=NOON)
        session.flush()
        made.append(user.id)
    return made


def make_declaration(
    session: Session,
    number: str = "L0001",
    *,
    item_no: str = "NP-TEA-001",
    quantity: int = 2,
    state: str = "800",
    hs10: str = "0902409000",
    waybill_no: str | None = None,
) -> RetailDeclaration:
    """A declaration of one line; released unless told otherwise."""
    product = make_product(session, item_no)
    item = make_book_item(session, product)
    book = session.scalars(select(AccountBook)).one()
    released = state in {"800", "899"}
    line = RetailDeclarationLine(
        line_no=1,
        book_item_id=item.id,
        item_no=item_no,
        hs10=hs10,
        name=product.name_zh,
        unit="140",
        quantity=Decimal(quantity),
        stock_quantity=quantity,
        price=Decimal(80),
        total=Decimal(80 * quantity),
        tax_price=Decimal(80 * quantity),
        customs_tax=Decimal(0),
        vat=Decimal("5.04") * quantity,
        consumption_tax=Decimal(0),
    )
    made = RetailDeclaration(
        number=number,
        order_no=f"O-{number}",
        list_no=f"889020261{number[-4:]:0>9}",
        pre_no="",
        waybill_no=waybill_no or f"XZ9900010{number[-4:]:0>5}",
        carrier_code="9999W00009",
        carrier_name="测试快递",
        book_id=book.id,
        supervision_mode="1210",
        buyer="0" * 64,
        year=2026,
        dutiable_value=Decimal(80 * quantity),
        gross_kg=Decimal("0.7"),
        net_kg=Decimal("0.5"),
        declared_at=NOON,
        is_history=False,
        state=state,
        released_at=NOON if released else None,
        release_stamp="20260520120000000" if released else "",
        book_effect=BookEffect.PROMISED,
        cancel_pending=False,
        exit_list_id=None,
        lines=[line],
    )
    session.add(made)
    session.flush()
    return made


def stage(session: Session, declaration: RetailDeclaration, laid: Laid, *, source: str, lot: str) -> None:
    """Pick the declaration's line to the staging place, as the floor does."""
    staging = make_location(session, "WB01-S1", purpose=Purpose.STAGING)
    line = declaration.lines[0]
    move = Move(
        source_id=laid.places[source].id,
        source_lot_id=laid.lots[lot].id,
        target_id=staging.id,
        target_lot_id=laid.lots[lot].id,
        quantity=line.stock_quantity,
        document=document_of(declaration.number, line.line_no),
    )
    post(session, [move], occurred_at=LATER)


def make_list(session: Session, list_no: str = "QD889926I000000101", items: Sequence[str] = ()) -> BondedList:
    """An inbound list that customs has numbered and pre-booked."""
    lines = []
    for number, item_no in enumerate(items or ("NP-TEA-001",), start=1):
        product = make_product(session, item_no)
        lines.append(
            BondedListLine(
                line_no=number,
                book_item_id=make_book_item(session, product).id,
                product_id=product.id,
                item_no=item_no,
                unit="140",
                quantity=Decimal(10),
                stock_quantity=10,
                price=Decimal(20),
                total=Decimal(200),
                currency="142",
            )
        )
    book = session.scalars(select(AccountBook)).one()
    made = BondedList(
        inner_no=f"OUR-{list_no}",
        pre_entry_no="",
        list_no=list_no,
        book_id=book.id,
        side=Side.IN,
        list_type="0",
        counterpart=Counterpart.ABROAD,
        course=Course.ORDINARY,
        related_list_no="",
        related_book_no="",
        filing_no="",
        supervision_mode="1210",
        needs_declaration=True,
        state=ListState.PRE_BOOKED,
        declared_at=NOON,
        remark="",
        lines=lines,
    )
    session.add(made)
    session.flush()
    return made


__all__ = ["LATER", "lay_stock", "make_company", "make_declaration", "make_list", "make_officers", "stage"]
