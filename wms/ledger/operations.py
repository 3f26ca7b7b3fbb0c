"""What one call of the valve may ask for, besides moves."""

from dataclasses import dataclass

from wms.ledger.book import Axis, Document, Side
from wms.ledger.moves import Move


@dataclass(frozen=True, kw_only=True)
class Promise:
    """预增 or 预减: a document was accepted.

    With `guarded`, an outward promise is refused when less is available; a list that lives again promises past the
    guard. `answered_by` names document lines that may already have booked it.
    """

    book_item_id: int
    side: Side
    quantity: int
    document: Document
    guarded: bool = True
    answered_by: tuple[Document, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Withdraw:
    """Take back what is still open of a document line's promises, by an opposite row in the same commit.

    Nothing open is a refusal, unless an outside fact (a list returned) takes back whatever there is.
    """

    side: Side
    document: Document
    if_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Enter:
    """实增 or 实减: customs' receipt says so.

    `answers` are the document lines whose promises and moves it may close. With `only_promised`, what exceeds
    their promises is not booked but reported as excess: a person decides.
    """

    book_item_id: int
    side: Side
    quantity: int
    document: Document
    answers: tuple[Document, ...]
    pass_number: str = ""
    only_promised: bool = False


@dataclass(frozen=True, kw_only=True)
class NameCase:
    """Hand what is open on a document line and pass to a case, after all that this posting links.

    So it is when a person closes a receipt, and at an opening that does not agree.
    """

    document: Document
    axis: Axis
    pass_number: str
    case_number: str


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    """Bar so much of a lot at a place; more than lies there is refused."""

    hold_id: int
    location_id: int
    lot_id: int
    quantity: int
    handling_unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class LiftHold:
    """Take back what a hold still bars at a place."""

    hold_id: int
    location_id: int
    lot_id: int
    quantity: int
    handling_unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """Choose so much of a lot at a place for a pick; negative gives back."""

    location_id: int
    lot_id: int
    quantity: int
    handling_unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class MovedBefore:
    """Goods that came in and went out before the opening of the ledger: moved in and moved out alike, no move."""

    book_item_id: int
    quantity: int
    document: Document


Operation = Move | Promise | Withdraw | Enter | NameCase | PlaceHold | LiftHold | Reserve | MovedBefore
