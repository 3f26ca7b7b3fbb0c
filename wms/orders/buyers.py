"""Which identity number stands behind the hash under which the ledger knows a buyer.

Kept for those who may see it only: the ledger, the declarations and every page go by the hash.
"""

from collections.abc import Iterable

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base
from wms.orders.identity import buyer_hash
from wms.sealed import Sealed


class BuyerIdentity(Base):
    """买家身份: one identity number and its keyed hash."""

    __tablename__ = "buyer_identity"
    __table_args__ = ({"comment": "Identity numbers behind the keyed hashes of buyers", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    buyer: Mapped[str] = mapped_column(
        String(64), unique=True, comment="keyed hash of the number, as the ledger has it"
    )
    id_no: Mapped[str] = mapped_column(Sealed, comment="identity number as filed")


def know_buyers(session: Session, id_numbers: Iterable[str], *, key: bytes) -> None:
    """Remember these identity numbers; one filed again is sealed anew, under the key of this month."""
    rows = {buyer_hash(key, number): number.strip().upper() for number in id_numbers}
    if rows:
        values = [{"buyer": buyer, "id_no": number} for buyer, number in sorted(rows.items())]
        new = insert(BuyerIdentity).values(values)
        again = {"id_no": new.excluded.id_no}
        session.execute(new.on_conflict_do_update(index_elements=["buyer"], set_=again))


def id_numbers(session: Session, buyers: Iterable[str] | None = None) -> dict[str, str]:
    """Identity numbers by hash: of these buyers, or of all."""
    query = select(BuyerIdentity.buyer, BuyerIdentity.id_no)
    if buyers is not None:
        query = query.where(BuyerIdentity.buyer.in_(sorted(set(buyers))))
    return {row.buyer: row.id_no for row in session.execute(query)}
