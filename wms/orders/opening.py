"""Buyers' yearly figures at the opening, out of the registry's files; the ledger gets hashes, never numbers."""

from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wms.ledger.book import Document, DocumentKind
from wms.ledger.buyers import BuyerEntry, BuyerFigure
from wms.ledger.operations import Operation, RestoreAllowance, UseAllowance
from wms.ledger.posting import apply
from wms.orders.buyers import know_buyers
from wms.orders.identity import buyer_hash
from wms.registry.files import RegistryFiles
from wms.registry.load import Loaded
from wms.registry.products import Product
from wms.registry.units import half_up, stock_quantity

OPENING = Document(kind=DocumentKind.OPENING, number="OPENING")
Key = tuple[str, int, str]


def load_yearly(session: Session, files: RegistryFiles, *, key: bytes, at: datetime) -> Loaded:
    """Enter yearly_spent.csv (fen) and yearly_qty.csv (stock units); loading them again changes nothing."""
    wanted = _wanted(session, files, key=key)
    named = {row.buyer_id for row in files.yearly_spent} | {row.buyer_id for row in files.yearly_quantity}
    know_buyers(session, named, key=key)
    known = _known(session)
    operations: list[Operation] = []
    for (buyer, year, item_no), quantity in sorted(wanted.items()):
        more = quantity - known.get((buyer, year, item_no), 0)
        if more > 0:
            operations.append(
                UseAllowance(
                    buyer=buyer, year=year, quantity=more, document=OPENING, limit=None, item_no=item_no
                )
            )
        elif more < 0:
            operations.append(
                RestoreAllowance(buyer=buyer, year=year, document=OPENING, item_no=item_no, quantity=-more)
            )
    if operations:
        apply(session, operations, occurred_at=at)
    # Buyers are not named, not even in what a load says of itself.
    added = tuple(f"{number}" for number in range(1, len(operations) + 1))
    return Loaded(file="yearly figures", added=added, unchanged=len(wanted) - len(operations))


def _wanted(session: Session, files: RegistryFiles, *, key: bytes) -> dict[Key, int]:
    products = {product.item_no: product for product in session.scalars(select(Product))}
    wanted: dict[Key, int] = {
        (buyer_hash(key, row.buyer_id), row.year, ""): int(half_up(Fraction(row.spent_cny) * 100, 0))
        for row in files.yearly_spent
    }
    for each in files.yearly_quantity:
        place = buyer_hash(key, each.buyer_id), each.year, each.item_no
        wanted[place] = stock_quantity(each.quantity, products[each.item_no].factors)
    return wanted


def _known(session: Session) -> dict[Key, int]:
    query = (
        select(BuyerFigure.buyer, BuyerFigure.year, BuyerFigure.item_no, func.sum(BuyerEntry.quantity))
        .join(BuyerEntry, BuyerEntry.figure_id == BuyerFigure.id)
        .where(BuyerEntry.document_kind == OPENING.kind, BuyerEntry.document_number == OPENING.number)
        .group_by(BuyerFigure.buyer, BuyerFigure.year, BuyerFigure.item_no)
    )
    return {(buyer, year, item_no): int(total) for buyer, year, item_no, total in session.execute(query)}
