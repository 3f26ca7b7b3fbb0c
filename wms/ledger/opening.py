"""Opening the ledgers: the book's figures and the lots that lie there, as facts like any other.

What the book booked before the opening is booked and moved under the document OPENING and linked in full; a sum
of lots that differs from the book stays open under a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wms.ledger.book import AccountBook, Axis, BookFigure, BookItem, Document, DocumentKind, Side
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, MovedBefore, NameCase, Operation
from wms.ledger.places import Purpose, Regime, partner_code
from wms.ledger.posting import Posted, apply
from wms.ledger.queries import location_by_code


@dataclass(frozen=True, kw_only=True)
class OpeningFigure:
    """实增 and 实减 of one book item at the opening, in stock units."""

    book_item_id: int
    line_no: int
    actual_in: int
    actual_out: int


@dataclass(frozen=True, kw_only=True)
class OpeningLot:
    """A lot that lies at a place at the opening."""

    location_id: int
    regime: Regime
    lot_id: int
    book_line_no: int
    quantity: int


def add_item(session: Session, item: BookItem) -> BookItem:
    """Put an item into its book, with figures of zero."""
    session.add(item)
    session.flush()
    names = (
        "actual_in",
        "actual_out",
        "promised_in",
        "promised_out",
        "moved_in",
        "moved_out",
        "displayed_out",
    )
    session.add(BookFigure(book_item_id=item.id, version=0, **dict.fromkeys(names, 0)))
    session.flush()
    return item


def open_ledgers(
    session: Session,
    *,
    book: AccountBook,
    figures: Sequence[OpeningFigure],
    lots: Sequence[OpeningLot],
    case_numbers: Mapping[int, str],
) -> Posted | None:
    """Post the opening of a book and its lots in one commit; `case_numbers` names by book line what does not agree."""
    suppliers = {
        regime: location_by_code(session, partner_code(Purpose.SUPPLIER, regime)) for regime in Regime
    }
    operations: list[Operation] = []
    for lot in lots:
        supplier = suppliers[Regime.DOMESTIC if lot.regime is Regime.DOMESTIC else Regime.FOREIGN]
        assert supplier is not None, "every installation has its partner places"
        operations.append(
            Move(
                source_id=supplier.id,
                source_lot_id=lot.lot_id,
                target_id=lot.location_id,
                target_lot_id=lot.lot_id,
                quantity=lot.quantity,
                document=_opening(book, lot.book_line_no),
            )
        )
    for figure in figures:
        document = _opening(book, figure.line_no)
        if figure.actual_out:
            operations.append(
                MovedBefore(book_item_id=figure.book_item_id, quantity=figure.actual_out, document=document)
            )
        for side, quantity in ((Side.IN, figure.actual_in), (Side.OUT, figure.actual_out)):
            if quantity:
                operations.append(
                    Enter(
                        book_item_id=figure.book_item_id,
                        side=side,
                        quantity=quantity,
                        document=document,
                        answers=(document,),
                    )
                )
        operations += [
            NameCase(document=document, axis=axis, pass_number="", case_number=case_numbers[figure.line_no])
            for axis in (Axis.MOVED_UNBOOKED, Axis.BOOKED_UNMOVED)
            if figure.line_no in case_numbers
        ]
    return apply(session, operations, occurred_at=book.opened_at) if operations else None


def _opening(book: AccountBook, line_no: int) -> Document:
    return Document(kind=DocumentKind.OPENING, number=book.number, line=line_no)
