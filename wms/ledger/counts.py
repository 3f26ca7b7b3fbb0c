"""Counts (盘点): assertions of what is there, each against a position of the ledger.

A counted line remembers what its balance held and at which version, so moves made after the counting change
nothing about the difference. Differences are netted before anything is called lost or found: another lot in the
same bin is one move between two lots, the same lot in another bin is one from bin to bin.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.ledger.book import Document
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, PlaceHold


class Count(Base):
    """盘点: somebody counted."""

    __tablename__ = "stock_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, comment="number of the count sheet")
    counted_at: Mapped[datetime] = mapped_column(comment="when it was counted")
    by_id: Mapped[int] = mapped_column(comment="who counted")


class CountLine(Base):
    """What lay in one place of one lot, and what the ledger said at that version of its balance."""

    __tablename__ = "count_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"), index=True, comment="the count")
    location_id: Mapped[int] = mapped_column(BigInteger, comment="the place")
    lot_id: Mapped[int] = mapped_column(BigInteger, comment="the lot")
    counted: Mapped[int] = mapped_column(comment="stock units that were there")
    on_hand: Mapped[int] = mapped_column(comment="stock units the ledger said")
    version: Mapped[int] = mapped_column(comment="version of the balance it said so at; 0 if it had none")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One line as counted, in stock units."""

    location_id: int
    lot_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Counted less on hand, of one lot at one place."""

    location_id: int
    lot_id: int
    product_id: int
    regime: str
    zone: str
    owner_id: int
    book_item_id: int
    quantity: int

    @property
    def status(self) -> tuple[object, ...]:
        """Differences are netted only where nothing customs counts would change."""
        return self.product_id, self.regime, self.zone, self.owner_id, self.book_item_id


@dataclass(frozen=True, kw_only=True)
class Swap:
    """So much that lies elsewhere, or under another lot, than the ledger said."""

    source: Difference
    target: Difference
    quantity: int


_LEDGER_SAYS = text("""
    select k.location_id, k.lot_id, coalesce(sum(b.on_hand), 0)::bigint as on_hand,
           coalesce(max(b.version), 0) as version
    from unnest(cast(:locations as bigint[]), cast(:lots as bigint[])) as k(location_id, lot_id)
    left join balance b on b.location_id = k.location_id and b.lot_id = k.lot_id
    group by 1, 2
""")


def record_count(
    session: Session, *, number: str, lines: Iterable[Counted], counted_at: datetime, by_id: int
) -> Count:
    """Keep what was counted beside what the ledger says now. Changes no stock."""
    lines = list(lines)
    count = Count(number=number, counted_at=counted_at, by_id=by_id)
    session.add(count)
    session.flush()
    said = {
        (row.location_id, row.lot_id): row
        for row in session.execute(
            _LEDGER_SAYS,
            {"locations": [each.location_id for each in lines], "lots": [each.lot_id for each in lines]},
        )
    }
    for each in lines:
        row = said[each.location_id, each.lot_id]
        session.add(
            CountLine(
                count_id=count.id,
                location_id=each.location_id,
                lot_id=each.lot_id,
                counted=each.quantity,
                on_hand=row.on_hand,
                version=row.version,
            )
        )
    session.flush()
    return count


_DIFFERENCES = text("""
    select c.location_id, c.lot_id, l.product_id, p.regime, p.zone, l.owner_id, l.book_item_id,
           c.counted - c.on_hand as quantity
    from count_line c join lot l on l.id = c.lot_id join location p on p.id = c.location_id
    where c.count_id = :count_id and c.counted <> c.on_hand
    order by c.id
""")


def differences(session: Session, *, count_id: int) -> list[Difference]:
    """Where a count and the ledger's position did not agree."""
    return [Difference(**row._asdict()) for row in session.execute(_DIFFERENCES, {"count_id": count_id})]


def net(found: Sequence[Difference]) -> tuple[list[Swap], list[tuple[Difference, int]]]:
    """Swaps that explain differences, and what no swap explains (difference, signed rest).

    Same place and item under another lot first, then the same lot in another place.
    """
    rest = [each.quantity for each in found]
    swaps: list[Swap] = []

    def explain(same: str) -> None:
        for i, missing in enumerate(found):
            for j, extra in enumerate(found):
                if (
                    rest[i] < 0 < rest[j]
                    and missing.status == extra.status
                    and getattr(missing, same) == getattr(extra, same)
                ):
                    quantity = min(-rest[i], rest[j])
                    rest[i] += quantity
                    rest[j] -= quantity
                    swaps.append(Swap(source=missing, target=extra, quantity=quantity))

    explain("location_id")
    explain("lot_id")
    return swaps, [(each, left) for each, left in zip(found, rest, strict=True) if left]


def settling(
    found: Sequence[Difference],
    *,
    shortage_ids: Mapping[tuple[str, str], int],
    surplus_ids: Mapping[str, int],
    document: Document,
    hold_id: int,
) -> list[Operation]:
    """The operations that make the ledger agree with a count, for one call of the valve.

    `shortage_ids` are SHORTAGE places by (regime, zone), `surplus_ids` partner places by regime. What is missing
    goes to SHORTAGE; what is found comes from SURPLUS under `document` (the case) and is held until it is decided.
    The book is untouched either way.
    """
    swaps, rest = net(found)
    done: list[Operation] = [
        Move(
            source_id=each.source.location_id,
            source_lot_id=each.source.lot_id,
            target_id=each.target.location_id,
            target_lot_id=each.target.lot_id,
            quantity=each.quantity,
        )
        for each in swaps
    ]
    for each, quantity in rest:
        if quantity < 0:
            shortage = shortage_ids[each.regime, each.zone]
            done.append(
                Move(
                    source_id=each.location_id,
                    source_lot_id=each.lot_id,
                    target_id=shortage,
                    target_lot_id=each.lot_id,
                    quantity=-quantity,
                )
            )
            continue
        done.append(
            Move(
                source_id=surplus_ids[each.regime],
                source_lot_id=each.lot_id,
                target_id=each.location_id,
                target_lot_id=each.lot_id,
                quantity=quantity,
                document=document,
                case_number=document.number,
            )
        )
        done.append(
            PlaceHold(hold_id=hold_id, location_id=each.location_id, lot_id=each.lot_id, quantity=quantity)
        )
    return done


_SETTLING_PLACES = text("""
    select id, purpose, regime, zone from location where purpose in ('SHORTAGE', 'SURPLUS') order by id desc
""")


def settling_places(session: Session) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """SHORTAGE places by (regime, zone) and SURPLUS places by regime."""
    shortage: dict[tuple[str, str], int] = {}
    surplus: dict[str, int] = {}
    for row in session.execute(_SETTLING_PLACES):
        if row.purpose == "SHORTAGE":
            shortage[row.regime, row.zone] = row.id
        else:
            surplus[row.regime] = row.id
    return shortage, surplus
