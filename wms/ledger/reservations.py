"""Reservations: goods promised to accepted orders by (book item, owner, mode), and the lots a pick wave chooses.

The promise comes first and names no lot; `choose_lots` decides in release order which lots a wave takes, first
expiry first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.ledger.book import OfDocument


class ReservationFigure(Base):
    """What is promised of a book item, owner and mode: the row that promises lock and guard."""

    __tablename__ = "reservation_figure"
    __table_args__ = (
        UniqueConstraint("book_item_id", "owner_id", "mode"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    book_item_id: Mapped[int] = mapped_column(BigInteger, comment="the book item")
    owner_id: Mapped[int] = mapped_column(BigInteger, comment="whose goods")
    mode: Mapped[str] = mapped_column(String(4), comment="supervision mode, e.g. 1210")
    reserved: Mapped[int] = mapped_column(comment="stock units promised and not yet picked")
    version: Mapped[int] = mapped_column(comment="rises with every change")


class Reservation(OfDocument, Base):
    """预占: goods promised to a document line; picked or released is negative."""

    __tablename__ = "reservation"
    __table_args__ = (Index("ix_reservation_document", "document_number", "document_line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    figure_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="book item, owner and mode")
    quantity: Mapped[int] = mapped_column(comment="stock units, signed")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A lot at a place: what of it may be promised (not held), and what is still free to be chosen for a pick."""

    location_id: int
    location: str
    lot_id: int
    lot: str
    expiry: date | None
    usable: int
    free: int
    handling_unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """So much of a lot at a place."""

    location_id: int
    lot_id: int
    quantity: int
    handling_unit_id: int | None = None


def keeps_long_enough(expiry: date | None, *, on_day: date, min_remaining_days: int) -> bool:
    """Exactly `min_remaining_days` left is enough; goods without an expiry always keep."""
    return expiry is None or (expiry - on_day).days >= min_remaining_days


def choose_lots(
    candidates: Iterable[Candidate], *, quantity: int, on_day: date, min_remaining_days: int
) -> tuple[list[Choice], int]:
    """Lots for a pick and what could not be found: expiry ascending (none last), then lot, then location."""
    usable = [
        each
        for each in candidates
        if each.free > 0
        and keeps_long_enough(each.expiry, on_day=on_day, min_remaining_days=min_remaining_days)
    ]
    usable.sort(key=lambda each: (each.expiry is None, each.expiry or date.min, each.lot, each.location))
    chosen: list[Choice] = []
    for each in usable:
        if not quantity:
            break
        taken = min(quantity, each.free)
        quantity -= taken
        chosen.append(
            Choice(
                location_id=each.location_id,
                lot_id=each.lot_id,
                quantity=taken,
                handling_unit_id=each.handling_unit_id,
            )
        )
    return chosen, quantity


# Good lots in bonded bins of the zone; what a pick has chosen stays promised until it is picked.
_CANDIDATES = text("""
    select b.location_id, p.code as location, b.lot_id, l.code as lot, l.expiry,
           sum(b.on_hand - b.held)::bigint as usable,
           sum(greatest(0, b.on_hand - b.reserved - b.held))::bigint as free
    from lot l
    join balance b on b.lot_id = l.id and b.on_hand > 0
    join location p on p.id = b.location_id
    where l.book_item_id = :book_item_id and l.owner_id = :owner_id and l.mode = :mode
      and l.quality = 'GOOD' and p.purpose = 'STORE' and p.regime = 'BONDED' and p.zone <> 'NONE'
    group by 1, 2, 3, 4, 5
""")


def candidates(session: Session, *, book_item_id: int, owner_id: int, mode: str) -> list[Candidate]:
    """Lots in bonded bins of the zone that a pick may choose from."""
    values = {"book_item_id": book_item_id, "owner_id": owner_id, "mode": mode}
    return [Candidate(**row._asdict()) for row in session.execute(_CANDIDATES, values)]


# The same rows one by one, locked in the valve's order, so that what is chosen is still free when it is reserved.
_PICKABLE = text("""
    select l.book_item_id, b.location_id, p.code as location, b.lot_id, l.code as lot, l.expiry, b.handling_unit_id,
           b.on_hand - b.held as usable, greatest(0, b.on_hand - b.reserved - b.held) as free
    from lot l
    join balance b on b.lot_id = l.id and b.on_hand > b.held
    join location p on p.id = b.location_id
    where l.book_item_id = any(:items) and l.owner_id = :owner_id and l.mode = :mode
      and l.quality = 'GOOD' and p.purpose = 'STORE' and p.regime = 'BONDED' and p.zone <> 'NONE'
    order by b.id
    for update of b
""")


def pickable(
    session: Session, *, book_item_ids: Iterable[int], owner_id: int, mode: str
) -> dict[int, list[Candidate]]:
    """By book item, what a wave may choose from now; the balances stay locked until the transaction ends."""
    values = {"items": sorted(set(book_item_ids)), "owner_id": owner_id, "mode": mode}
    found: dict[int, list[Candidate]] = {}
    for row in session.execute(_PICKABLE, values):
        columns = row._asdict()
        found.setdefault(columns.pop("book_item_id"), []).append(Candidate(**columns))
    return found
