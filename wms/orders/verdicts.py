"""What a matching run said of each order: the last verdict, with every fault and, where accepted, the taxes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, words
from wms.orders.matching import Channel, Verdict


class Match(Base):
    """三单对碰: the last verdict on one order. Once accepted it stays, whatever is filed later."""

    __tablename__ = "order_match"
    __table_args__ = ({"comment": "Last verdict of the matching run on each order"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    order_no: Mapped[str] = mapped_column(String(60), unique=True, comment="orderNo")
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("customer_order.id"),
        comment="version of the order that was judged; none when it is missing",
    )
    judged_at: Mapped[datetime] = mapped_column(comment="when it was judged last")
    basis: Mapped[str] = mapped_column(
        String(64), comment="digest of all it was judged by: while it is the same, so is the verdict"
    )
    buyer: Mapped[str] = mapped_column(
        String(64),
        comment="keyed hash of the buyer, whose year is part of it; empty while the order is missing",
    )
    verdict: Mapped[Verdict] = mapped_column(words(Verdict), comment="accepted, refused or waiting")
    channel: Mapped[Channel] = mapped_column(words(Channel), comment="how it is taxed, or what remains")
    faults: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, comment="rule, pair, field and line of every fault, with the figures its rule counted"
    )
    missing: Mapped[list[str]] = mapped_column(JSONB, comment="documents that are not here: 311, 411, 511")
    dutiable_value: Mapped[Decimal | None] = mapped_column(
        Numeric(19, 5), comment="dutiable value, CNY; empty while order or waybill is missing"
    )
    declaration: Mapped[str | None] = mapped_column(
        String(64), comment="copNo of the retail declaration, once accepted"
    )
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, comment="line, item, quantity and taxes in CNY as text, once accepted"
    )
