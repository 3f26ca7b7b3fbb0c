"""A working day for tests that need many honest movements: arrivals, bookings, moves, sales, exits."""

import random
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from tests.makers import NOON, make_book_item, make_location, make_lot, make_product, partner
from wms.db import run
from wms.ledger.book import Document, DocumentKind, Side
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, Operation, Promise
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply

ITEM = "NP-TEA-001"


def declaration(number: int) -> Document:
    """Line 1 of the n-th retail declaration."""
    return Document(kind=DocumentKind.RETAIL_DECLARATION, number=f"L{number:05d}", line=1)


def inbound(number: int) -> Document:
    """Line 1 of the n-th inbound list."""
    return Document(kind=DocumentKind.BONDED_LIST, number=f"QD889926I{number:09d}", line=1)


def do(sessions: sessionmaker[Session], action: str, *operations: Operation) -> None:
    """One posting in one transaction."""
    run(
        sessions,
        lambda session: apply(session, operations, occurred_at=NOON + timedelta(hours=1)),
        by_id=1,
        action=action,
    )


def clean_day(sessions: sessionmaker[Session], *, moves: int, seed: int = 7) -> None:
    """About `moves` honest movements in some eight bins, with their promises and bookings."""
    rng = random.Random(seed)

    def lay(session: Session) -> tuple[list[int], int, int, int, int]:
        bins = [make_location(session, f"D-{n}").id for n in range(8)]
        lot = make_lot(session, "L1")
        item = make_book_item(session, make_product(session, ITEM))
        supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN).id
        return bins, lot.id, item.id, supplier, partner(session, Purpose.BUYER, Regime.DOMESTIC).id

    bins, lot_id, item_id, supplier, buyer = run(sessions, lay, by_id=1, action="test.lay")

    def move(source: int, target: int, quantity: int, document: Document | None = None) -> Move:
        return Move(
            source_id=source,
            source_lot_id=lot_id,
            target_id=target,
            target_lot_id=lot_id,
            quantity=quantity,
            document=document,
            pass_number="Z1" if source == supplier else "",
        )

    for truck in range(1 + moves // 200):
        line = inbound(truck)
        do(
            sessions,
            "receipt.book",
            Promise(book_item_id=item_id, side=Side.IN, quantity=4000, document=line),
            *(move(supplier, each, 500, line) for each in bins),
            Enter(
                book_item_id=item_id,
                side=Side.IN,
                quantity=4000,
                document=line,
                answers=(line,),
                pass_number="Z1",
            ),
        )
    done, number = 8 * (1 + moves // 200), 0
    step: Callable[[], int] = lambda: rng.randrange(8)  # noqa: E731 - one word for one idea
    while done < moves:
        some = []
        for _ in range(10):
            source = step()
            some.append(move(bins[source], bins[(source + 1 + rng.randrange(7)) % 8], 1))
        do(sessions, "bin.move", *some)
        number += 1
        paper = declaration(number)
        do(
            sessions,
            "order.accept",
            Promise(book_item_id=item_id, side=Side.OUT, quantity=2, document=paper),
        )
        do(
            sessions,
            "gate.pass",
            move(bins[step()], buyer, 1, paper),
            move(bins[step()], buyer, 1, paper),
        )
        exit_line = Document(kind=DocumentKind.BONDED_LIST, number=f"QD889926E{number:09d}", line=1)
        do(
            sessions,
            "list.book",
            Enter(
                book_item_id=item_id,
                side=Side.OUT,
                quantity=2,
                document=exit_line,
                answers=(paper,),
                only_promised=True,
            ),
        )
        done += 12
