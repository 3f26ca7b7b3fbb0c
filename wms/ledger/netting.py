"""What the differences of a count amount to (pure), and the moves that settle them.

Differences are netted before anything is called lost or found: the same lot in another condition, another lot in
the same place, the same lot in another place. Each such pair changes nothing customs counts; only the rest is
missing or found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.ledger.book import Document
from wms.ledger.moves import Move
from wms.ledger.operations import Operation, PlaceHold


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Counted less on hand, of one lot at one place."""

    location_id: int
    lot_id: int
    product_id: int
    item_no: str
    lot_code: str
    expiry: date | None
    regime: str
    zone: str
    owner_id: int
    book_item_id: int
    quantity: int

    @property
    def status(self) -> tuple[object, ...]:
        """Differences are netted only where nothing customs counts would change."""
        return self.product_id, self.regime, self.zone, self.owner_id, self.book_item_id


class SwapKind(StrEnum):
    """What a pair of differences turns out to be."""

    CONDITION = "CONDITION"
    LOT = "LOT"
    LOCATION = "LOCATION"


@dataclass(frozen=True, kw_only=True)
class Swap:
    """So much that lies elsewhere, under another lot or in another condition, than the ledger said."""

    kind: SwapKind
    source: Difference
    target: Difference
    quantity: int


def _same_batch(one: Difference, other: Difference) -> bool:
    return (
        one.location_id == other.location_id
        and one.lot_code == other.lot_code
        and one.expiry == other.expiry
        and one.lot_id != other.lot_id
    )


def _same_place(one: Difference, other: Difference) -> bool:
    return one.location_id == other.location_id


def _same_lot(one: Difference, other: Difference) -> bool:
    return one.lot_id == other.lot_id


_EXPLAINS: Sequence[tuple[SwapKind, Callable[[Difference, Difference], bool]]] = (
    (SwapKind.CONDITION, _same_batch),
    (SwapKind.LOT, _same_place),
    (SwapKind.LOCATION, _same_lot),
)


def net(found: Sequence[Difference]) -> tuple[list[Swap], list[tuple[Difference, int]]]:
    """Swaps that explain differences, and what no swap explains (difference, signed rest)."""
    rest = [each.quantity for each in found]
    swaps: list[Swap] = []
    for kind, explains in _EXPLAINS:
        for i, missing in enumerate(found):
            for j, extra in enumerate(found):
                if rest[i] < 0 < rest[j] and missing.status == extra.status and explains(missing, extra):
                    quantity = min(-rest[i], rest[j])
                    rest[i] += quantity
                    rest[j] -= quantity
                    swaps.append(Swap(kind=kind, source=missing, target=extra, quantity=quantity))
    return swaps, [(each, left) for each, left in zip(found, rest, strict=True) if left]


def swap_move(swap: Swap, *, document: Document | None = None) -> Move:
    """The move that makes the ledger say what was counted; the book does not change."""
    return Move(
        source_id=swap.source.location_id,
        source_lot_id=swap.source.lot_id,
        target_id=swap.target.location_id,
        target_lot_id=swap.target.lot_id,
        quantity=swap.quantity,
        document=document,
    )


def missing_move(
    difference: Difference,
    quantity: int,
    *,
    shortage_ids: Mapping[tuple[str, str], int],
    document: Document | None = None,
) -> Move:
    """What is missing goes to SHORTAGE of the same regime and zone, where it stays bonded."""
    return Move(
        source_id=difference.location_id,
        source_lot_id=difference.lot_id,
        target_id=shortage_ids[difference.regime, difference.zone],
        target_lot_id=difference.lot_id,
        quantity=quantity,
        document=document,
    )


def found_moves(
    difference: Difference, quantity: int, *, surplus_ids: Mapping[str, int], document: Document, hold_id: int
) -> list[Operation]:
    """What was found comes from SURPLUS under its case and stands held until that is decided."""
    return [
        Move(
            source_id=surplus_ids[difference.regime],
            source_lot_id=difference.lot_id,
            target_id=difference.location_id,
            target_lot_id=difference.lot_id,
            quantity=quantity,
            document=document,
            case_number=document.number,
        ),
        PlaceHold(
            hold_id=hold_id,
            location_id=difference.location_id,
            lot_id=difference.lot_id,
            quantity=quantity,
        ),
    ]


def settling(
    found: Sequence[Difference],
    *,
    shortage_ids: Mapping[tuple[str, str], int],
    surplus_ids: Mapping[str, int],
    document: Document,
    hold_id: int,
) -> list[Operation]:
    """The operations that make the ledger agree with a count, for one call of the valve.

    `shortage_ids` are SHORTAGE places by (regime, zone), `surplus_ids` partner places by regime. The book is
    untouched either way.
    """
    swaps, rest = net(found)
    done: list[Operation] = [swap_move(each) for each in swaps]
    for each, quantity in rest:
        if quantity < 0:
            done.append(missing_move(each, -quantity, shortage_ids=shortage_ids))
        else:
            done += found_moves(each, quantity, surplus_ids=surplus_ids, document=document, hold_id=hold_id)
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
