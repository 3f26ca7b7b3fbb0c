"""What goods are: lots with their traits, labelled handling units, and holds.

A lot never changes. A changed trait (regime crossed, relabelled, damaged, sold to another owner) is a new lot,
reached by a move that names both.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, words
from wms.registry.products import Product

#: Book item of goods outside any account book.
NO_BOOK_ITEM: Final = 0


class Quality(StrEnum):
    """Condition of a lot."""

    GOOD = "GOOD"
    DAMAGED = "DAMAGED"
    UNSORTED = "UNSORTED"


class Lot(Base):
    """批次: one product, origin, expiry, owner, quality, supervision mode and book item."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint(
            "product_id",
            "code",
            "expiry",
            "origin",
            "owner_id",
            "quality",
            "mode",
            "book_item_id",
            name="uq_lot_traits",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), comment="the filed product")
    code: Mapped[str] = mapped_column(String(40), comment="batch number on the goods; not unique by itself")
    expiry: Mapped[date | None] = mapped_column(comment="last day of shelf life; none if it has no end")
    origin: Mapped[str] = mapped_column(String(3), comment="country of origin, three letters or digits")
    owner_id: Mapped[int] = mapped_column(ForeignKey("company.id"), comment="whose goods they are")
    quality: Mapped[Quality] = mapped_column(words(Quality), comment="GOOD, DAMAGED or UNSORTED")
    mode: Mapped[str] = mapped_column(String(4), comment="supervision mode they entered under, e.g. 1210")
    book_item_id: Mapped[int] = mapped_column(
        ForeignKey("book_item.id"), comment="account book item; 0 for goods outside any book"
    )


class HandlingUnit(Base):
    """托盘/箱: a labelled container that moves as one."""

    __tablename__ = "handling_unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    sscc: Mapped[str] = mapped_column(String(18), unique=True, comment="serial shipping container code")


class Hold(Base):
    """冻结: why goods may not leave. How much of what, where, are its entries."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(200), comment="why, in words a worker reads on the screen")
    case_number: Mapped[str] = mapped_column(String(40), comment="the case that decides; empty if none")
    by_id: Mapped[int] = mapped_column(comment="who placed it")
    placed_at: Mapped[datetime] = mapped_column(comment="when it was placed")


class HoldEntry(Base):
    """One change of what a hold bars on one balance; placed and moved in are positive."""

    __tablename__ = "hold_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[int] = mapped_column(ForeignKey("hold.id"), comment="the hold")
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    balance_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="place and lot it bars")
    quantity: Mapped[int] = mapped_column(comment="stock units, signed")


class ReserveEntry(Base):
    """One change of what is chosen for picks on one balance; chosen is positive, picked or given back negative."""

    __tablename__ = "reserve_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    balance_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="place and lot it is chosen from")
    quantity: Mapped[int] = mapped_column(comment="stock units, signed")


def find_or_add_lot(
    session: Session,
    *,
    product: Product,
    code: str,
    expiry: date | None,
    owner_id: int,
    quality: Quality = Quality.GOOD,
    mode: str,
    book_item_id: int = NO_BOOK_ITEM,
) -> Lot:
    """The lot with exactly these traits; two workers who meet a new lot at once get the same one."""
    traits = {
        "product_id": product.id,
        "code": code,
        "expiry": expiry,
        "origin": product.origin_alpha3,
        "owner_id": owner_id,
        "quality": quality,
        "mode": mode,
        "book_item_id": book_item_id,
    }
    session.execute(insert(Lot).values(**traits).on_conflict_do_nothing())
    same = [
        column.is_(None) if value is None else column == value
        for name, value in traits.items()
        for column in [getattr(Lot, name)]
    ]
    return session.scalars(select(Lot).where(*same)).one()
