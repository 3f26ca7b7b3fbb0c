"""What an accepted declaration takes, and gives back: book quantity, goods, and the buyer's year, always together.

Only the operations are made here; the caller puts them into the one ledger call of its transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from wms.customs.retail_declaration import RetailDeclaration, document_of
from wms.ledger.book import Side
from wms.ledger.operations import (
    Operation,
    Promise,
    ReleaseItem,
    ReserveItem,
    RestoreAllowance,
    UseAllowance,
    Withdraw,
)
from wms.registry.units import half_up


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What a promise must stay within: the buyer's year in fen, items' yearly maxima in stock units, shelf life.

    `yearly_max` names only the items that have one. With `are_binding` off nothing is refused: so it is when a later
    receipt makes a declaration live again.
    """

    owner_id: int
    yearly_fen: int
    yearly_max: Mapping[str, int]
    day: date
    min_remaining_days: int
    are_binding: bool = True


def promise(declaration: RetailDeclaration, guards: Guards) -> list[Operation]:
    """预减 and reservation line by line, the year's quantity item by item, the year's amount once."""
    operations = list(_promise_lines(declaration, guards))
    if amount := fen(declaration.dutiable_value):
        operations.append(
            UseAllowance(
                buyer=declaration.buyer,
                year=declaration.year,
                quantity=amount,
                document=document_of(declaration.number),
                limit=guards.yearly_fen if guards.are_binding else None,
            )
        )
    return operations


def _promise_lines(declaration: RetailDeclaration, guards: Guards) -> Iterator[Operation]:
    for line in declaration.lines:
        document = document_of(declaration.number, line.line_no)
        yield Promise(
            book_item_id=line.book_item_id,
            side=Side.OUT,
            quantity=line.stock_quantity,
            document=document,
            guarded=guards.are_binding,
        )
        yield ReserveItem(
            book_item_id=line.book_item_id,
            owner_id=guards.owner_id,
            mode=declaration.supervision_mode,
            quantity=line.stock_quantity,
            document=document,
            on_day=guards.day,
            min_remaining_days=guards.min_remaining_days,
            guarded=guards.are_binding,
        )
        if line.item_no in guards.yearly_max:
            yield UseAllowance(
                buyer=declaration.buyer,
                year=declaration.year,
                quantity=line.stock_quantity,
                document=document,
                limit=guards.yearly_max[line.item_no] if guards.are_binding else None,
                item_no=line.item_no,
            )


def withdraw(declaration: RetailDeclaration, *, owner_id: int) -> list[Operation]:
    """Everything it still holds, given back; what was picked, moved or never asked for is no fault."""
    operations: list[Operation] = []
    for line in declaration.lines:
        document = document_of(declaration.number, line.line_no)
        operations += [
            Withdraw(side=Side.OUT, document=document, if_open=True),
            ReleaseItem(
                book_item_id=line.book_item_id,
                owner_id=owner_id,
                mode=declaration.supervision_mode,
                document=document,
                if_open=True,
            ),
            RestoreAllowance(
                buyer=declaration.buyer,
                year=declaration.year,
                document=document,
                item_no=line.item_no,
                if_open=True,
            ),
        ]
    operations.append(
        RestoreAllowance(
            buyer=declaration.buyer,
            year=declaration.year,
            document=document_of(declaration.number),
            if_open=True,
        )
    )
    return operations


def fen(yuan: Decimal) -> int:
    """CNY in whole fen, half up."""
    return int(half_up(Fraction(yuan) * 100, 0))
