"""Where goods should go: the bins that may take them, the best first.

Hard rules are never bent: bonded goods stay in bonded bins of their zone, storage classes are kept, a full bin
takes nothing. Among what is left, a bin that already holds the item comes first, then an empty one, then walking
order.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

_MAY_TAKE = """
    p.purpose = 'STORE' and p.regime = :regime and (p.storage_class = :storage_class or p.storage_class = '')
    and (cast(:warehouse_id as bigint) is null or p.warehouse_id = :warehouse_id)
    and (p.capacity is null or :quantity + (
        select coalesce(sum(b.on_hand), 0) from balance b where b.location_id = p.id) <= p.capacity)
"""
_WALKING_ORDER = "p.area, p.aisle, p.bay, p.level, p.code"
# The second question is asked only when the first finds nothing: where the item lies is known from its own lots,
# without a look at every balance of the house.
_BINS = text(f"""
    (select p.code from location p
     where p.id = any(array(
        select b.location_id from lot l join balance b on b.lot_id = l.id and b.on_hand > 0
        where l.product_id = :product_id)) and {_MAY_TAKE}
     order by {_WALKING_ORDER} limit 1)
    union all
    (select p.code from location p
     where {_MAY_TAKE}
     order by exists (select from balance b where b.location_id = p.id and b.on_hand > 0), {_WALKING_ORDER} limit 1)
    limit 1
""")


def best_bin(
    session: Session,
    *,
    product_id: int,
    storage_class: str,
    regime: str,
    quantity: int,
    warehouse_id: int | None = None,
) -> str | None:
    """Code of the bin to propose, or none when no bin may take the goods."""
    row = session.execute(
        _BINS,
        {
            "product_id": product_id,
            "storage_class": storage_class,
            "regime": regime,
            "quantity": quantity,
            "warehouse_id": warehouse_id,
        },
    ).first()
    return str(row.code) if row else None
