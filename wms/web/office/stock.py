"""Stock: what lies where, lot by lot; and the life of a lot."""

from flask import render_template, request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.i18n import N_
from wms.ledger.lots import Lot
from wms.ledger.places import Warehouse
from wms.ledger.queries import lot_moves, stock_rows
from wms.registry.companies import Company
from wms.registry.products import Product
from wms.web.doors import Menu, Pages
from wms.web.house import goods_of, session
from wms.web.refusals import NoSuchPage

pages = Pages("stock", "/stock")


@pages.page("/", title=N_("Stock"), menu=Menu.WAREHOUSE, permission=Permission.READ_STOCK)
def lying() -> str:
    """What lies where; narrowed by item number and warehouse."""
    item_no = request.args.get("item", "").strip() or None
    warehouse = request.args.get("warehouse", "").strip() or None
    return render_template(
        "office/stock.html",
        rows=stock_rows(session(), item_no=item_no, warehouse=warehouse, owner=goods_of()),
        warehouses=session().scalars(select(Warehouse).order_by(Warehouse.code)).all(),
        item_no=item_no,
        warehouse=warehouse,
        is_own=goods_of() is not None,
    )


@pages.page("/lots/<int:lot_id>", permission=Permission.READ_STOCK)
def lot(lot_id: int) -> str:
    """A lot: its traits, where it lies, and every move that touched it."""
    found = session().get(Lot, lot_id)
    if found is None:
        raise NoSuchPage
    owner, only = session().get_one(Company, found.owner_id), goods_of()
    if only is not None and owner.customs_code != only:
        raise NoSuchPage
    product = session().get_one(Product, found.product_id)
    return render_template(
        "office/lot.html",
        lot=found,
        product=product,
        owner=owner,
        lying=[row for row in stock_rows(session(), item_no=product.item_no) if row.lot_id == lot_id],
        moves=lot_moves(session(), lot_id=lot_id),
    )
