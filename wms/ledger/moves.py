"""Moves: asked (`Move`), done (`StockMove`), and the balances they prove.

A move goes from one place to another; its two lots differ only where a trait changes between two real places.
The two questions the law asks of a move are written here once: does it need an authority, and does it change
what customs counts.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, FetchedValue, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from wms.db import Base, words
from wms.ledger.book import Document, DocumentKind
from wms.ledger.places import PARTNERS, Purpose, Regime


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, for feeds that must read in commit order."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


#: so that reading the catalogue back (migration checks) knows the type
ischema_names["xid8"] = Xid8


class Posting(Base):
    """One call of the valve: who, why, when, and the request it answers."""

    __tablename__ = "posting"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(60), comment="human word of the action, e.g. receipt.scan")
    request_id: Mapped[UUID | None] = mapped_column(PG_UUID, comment="request it answers; none for jobs")
    by_id: Mapped[int] = mapped_column(comment="person or service that acted")
    device: Mapped[str] = mapped_column(String(60), comment="handheld, lane or program; empty if none")
    occurred_at: Mapped[datetime] = mapped_column(index=True, comment="when it happened, by document or scan")
    recorded_at: Mapped[datetime] = mapped_column(
        index=True, comment="database clock under the locks; ledger order"
    )
    xid: Mapped[str] = mapped_column(
        Xid8(), server_default=FetchedValue(), comment="transaction, for reading in commit order"
    )


class Balance(Base):
    """库存余额: what lies in one place of one lot on one handling unit; a proven cache of the moves."""

    __tablename__ = "balance"
    __table_args__ = (
        UniqueConstraint("location_id", "lot_id", "handling_unit_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved between 0 and on_hand", name="reserved_within"),
        CheckConstraint("held between 0 and on_hand", name="held_within"),
        Index("ix_balance_lot_id", "lot_id"),
        {"postgresql_with": {"fillfactor": 60}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), comment="the place")
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), comment="the lot")
    handling_unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("handling_unit.id"), comment="the labelled container; none for loose goods"
    )
    on_hand: Mapped[int] = mapped_column(comment="stock units lying here")
    reserved: Mapped[int] = mapped_column(comment="of these, chosen for a pick")
    held: Mapped[int] = mapped_column(comment="of these, barred by holds")
    version: Mapped[int] = mapped_column(comment="number of moves that touched it")


class StockMove(Base):
    """移动: a done move. Each end says the balance's version and quantity after it, which proves the balance."""

    __tablename__ = "stock_move"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("source_balance_id is distinct from target_balance_id", name="between_two_ends"),
        Index(
            "uq_stock_move_source_version",
            "source_balance_id",
            "source_version",
            unique=True,
            postgresql_include=["recorded_at", "source_on_hand"],
        ),
        Index(
            "uq_stock_move_target_version",
            "target_balance_id",
            "target_version",
            unique=True,
            postgresql_include=["recorded_at", "target_on_hand"],
        ),
        Index(
            "ix_stock_move_document_number",
            "document_number",
            postgresql_where="document_number is not null",
        ),
        Index("ix_stock_move_pass_number", "pass_number", postgresql_where="pass_number <> ''"),
        # No index of lots: a lot has its balances, and those have their moves. These two are for changes of trait.
        Index(
            "ix_stock_move_changed_lot",
            "source_lot_id",
            "target_lot_id",
            postgresql_where="target_lot_id <> source_lot_id",
        ),
        Index(
            "ix_stock_move_target_lot_id", "target_lot_id", postgresql_where="target_lot_id <> source_lot_id"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Held by a trigger, once an insert: a foreign key would look a hundred times for the same posting.
    posting_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="the posting")
    source_id: Mapped[int] = mapped_column(BigInteger, comment="place it left")
    source_lot_id: Mapped[int] = mapped_column(BigInteger, comment="lot that left")
    target_id: Mapped[int] = mapped_column(BigInteger, comment="place it reached")
    target_lot_id: Mapped[int] = mapped_column(BigInteger, comment="lot that arrived")
    quantity: Mapped[int] = mapped_column(comment="stock units")
    source_balance_id: Mapped[int | None] = mapped_column(BigInteger, comment="none for a partner place")
    source_version: Mapped[int | None] = mapped_column(comment="version of that balance after this move")
    source_on_hand: Mapped[int | None] = mapped_column(comment="its quantity after this move")
    target_balance_id: Mapped[int | None] = mapped_column(BigInteger, comment="none for a partner place")
    target_version: Mapped[int | None] = mapped_column(comment="version of that balance after this move")
    target_on_hand: Mapped[int | None] = mapped_column(comment="its quantity after this move")
    document_kind: Mapped[DocumentKind | None] = mapped_column(
        words(DocumentKind), comment="document that allowed it"
    )
    document_number: Mapped[str | None] = mapped_column(String(64), comment="its number")
    document_line: Mapped[int | None] = mapped_column(comment="its line")
    pass_number: Mapped[str] = mapped_column(String(40), comment="gate pass it rode on; empty if none")
    recorded_at: Mapped[datetime] = mapped_column(comment="as on the posting, for as-of reading")


# Named tuples, not frozen dataclasses: these are made by the hundred, and freezing costs a call for each field.
class Move(NamedTuple):
    """A move asked for. `target_lot` differs from `source_lot` only where a trait changes between real places.

    `pass_number` is the gate pass it rides on. `case_number` marks what goes beyond its document: its book fact
    waits for that case. `answered_by` names document lines that may already have booked it (an exit list's).
    `from_reserved` takes goods that were reserved for this very move. `answers_case` names a case whose decision lets
    these goods answer what waits for it in the book: they came later than their papers.
    """

    source_id: int
    source_lot_id: int
    target_id: int
    target_lot_id: int
    quantity: int
    source_unit_id: int | None = None
    target_unit_id: int | None = None
    document: Document | None = None
    pass_number: str = ""
    case_number: str = ""
    answered_by: tuple[Document, ...] = ()
    from_reserved: bool = False
    answers_case: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the law needs to know of a location."""

    id: int
    code: str
    purpose: Purpose
    regime: Regime
    zone: str
    storage_class: str
    capacity: int | None

    # Each move asks these several times, and places outlive a posting.
    @cached_property
    def is_partner(self) -> bool:
        return self.purpose in PARTNERS

    @cached_property
    def counts_for_book(self) -> bool:
        """Bonded places are places with balances and regime BONDED; partner places never count."""
        return self.regime is Regime.BONDED and not self.is_partner


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What the law needs to know of a lot."""

    id: int
    code: str
    product_id: int
    owner_id: int
    book_item_id: int
    storage_class: str
    item_no: str
    is_serial: bool = False


def needs_authority(*, source: Place, source_goods: Goods, target: Place, target_goods: Goods) -> bool:
    """Regime, zone or book item differs: a document or a guarantee must allow it."""
    return (
        source.regime is not target.regime
        or source.zone != target.zone
        or source_goods.book_item_id != target_goods.book_item_id
        or source.is_partner
        or target.is_partner
    )


def book_changes(
    *, source: Place, source_goods: Goods, target: Place, target_goods: Goods, quantity: int
) -> list[tuple[int, int]]:
    """(book item, signed change of its bonded total) of one move; nothing where in and out cancel."""
    if (
        source.counts_for_book is target.counts_for_book
        and source_goods.book_item_id == target_goods.book_item_id
    ):
        return []
    changes: dict[int, int] = {}
    if source.counts_for_book:
        changes[source_goods.book_item_id] = -quantity
    if target.counts_for_book:
        changes[target_goods.book_item_id] = changes.get(target_goods.book_item_id, 0) + quantity
    return [(item, change) for item, change in changes.items() if item and change]
