"""Where goods should go: the bins that may take them, the best first.

Hard rules are never bent: bonded goods stay in bonded bins of their zone, storage classes are kept, a full bin
takes nothing. Among what is left, a bin that already holds the item comes first, then an empty one, then walking
order.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

_BINS = text("""
    select p.code,
           coalesce(sum(b.on_hand), 0) as on_hand,
           coalesce(sum(b.on_hand) filter (where l.product_id = :product_id), 0) as same_item
    from location p
    left join balance b on b.location_id = p.id and b.on_hand > 0
    left join lot l on l.id = b.lot_id
    where p.purpose = 'STORE' and p.regime = :regime and (p.storage_class = :storage_class or p.storage_class = '')
      and (cast(:warehouse_id as bigint) is null or p.warehouse_id = :warehouse_id)
    group by p.id
    having p.capacity is null or coalesce(sum(b.on_hand), 0) + :quantity <= p.capacity
    order by (coalesce(sum(b.on_hand) filter (where l.product_id = :product_id), 0) > 0) desc,
             coalesce(sum(b.on_hand), 0) > 0, p.area, p.aisle, p.bay, p.level, p.code
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
