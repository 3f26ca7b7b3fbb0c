"""Buyers' yearly allowances: an amount in fen, and quantities of items with a yearly maximum.

A buyer is a keyed hash here; who that is, is known elsewhere. Guarded like promises and locked last, so two orders
for the last yuan cannot both pass.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.ledger.book import OfDocument


class BuyerFigure(Base):
    """What a buyer used in a year: of the amount, or of one item."""

    __tablename__ = "buyer_figure"
    __table_args__ = (
        UniqueConstraint("buyer", "year", "item_no"),
        CheckConstraint("used >= 0", name="used_not_negative"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer: Mapped[str] = mapped_column(String(64), comment="keyed hash of the buyer's identity number")
    year: Mapped[int] = mapped_column(comment="calendar year in China")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号; empty for the amount in fen")
    used: Mapped[int] = mapped_column(comment="fen, or stock units of the item")
    version: Mapped[int] = mapped_column(comment="rises with every change")


class BuyerEntry(OfDocument, Base):
    """One use of an allowance; given back is negative."""

    __tablename__ = "buyer_entry"
    __table_args__ = (Index("ix_buyer_entry_document", "document_number", "document_line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    figure_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="buyer, year and item")
    quantity: Mapped[int] = mapped_column(comment="fen or stock units, signed")


_USED = text("select used from buyer_figure where buyer = :buyer and year = :year and item_no = :item_no")


def used(session: Session, *, buyer: str, year: int, item_no: str = "") -> int:
    """What a buyer used of the year's amount (fen) or of an item (stock units); 0 without any entry."""
    found = session.execute(_USED, {"buyer": buyer, "year": year, "item_no": item_no}).scalar_one_or_none()
    return int(found or 0)


_YEAR_VALUES = text("""
    select f.buyer, f.used
    from buyer_figure f
    where f.year = :year and f.item_no = '' and exists (
        select from buyer_entry e where e.figure_id = f.id
        group by e.document_kind, e.document_number, e.document_line
        having sum(e.quantity) <> 0)
    order by f.buyer
""")


def year_values(session: Session, *, year: int) -> dict[str, int]:
    """What each buyer used of a year's amount, fen; a buyer all of whose uses were undone has no entry."""
    return {row.buyer: int(row.used) for row in session.execute(_YEAR_VALUES, {"year": year})}
