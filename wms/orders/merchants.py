"""Who sold what: customs knows the company behind a parcel only from its order."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.orders.documents import Order


def merchants_of(session: Session, order_nos: Sequence[str]) -> dict[str, str]:
    """The merchant's code (ebcCode) by order number, of the version in force; unknown orders are left out."""
    if not order_nos:
        return {}
    query = select(Order.order_no, Order.merchant_code).where(Order.order_no.in_(order_nos))
    rows = session.execute(query.order_by(Order.declared_at, Order.id))
    return {row.order_no: row.merchant_code for row in rows}
