"""What one call of the valve may ask for, besides moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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

    `answers` are the document lines whose promises and moves it may close, those of the cases in `case_numbers`
    included: an approved correction answers what waited for its case. With `only_promised`, what exceeds
    their promises is not booked but reported as excess: a person decides.
    """

    book_item_id: int
    side: Side
    quantity: int
    document: Document
    answers: tuple[Document, ...]
    pass_number: str = ""
    only_promised: bool = False
    case_numbers: tuple[str, ...] = ()


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
    """Goods that came in and went out and were never seen here: moved in and moved out alike, no move.

    So it is with what passed before the opening of the ledger, and with what was booked, did not come and is booked
    out again; `answers` and `case_numbers` name the open rows it may close, as for `Enter`.
    """

    book_item_id: int
    quantity: int
    document: Document
    answers: tuple[Document, ...] = ()
    case_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Display:
    """展示: goods go to the shop under guarantee; they stay bonded and are no longer available."""

    book_item_id: int
    quantity: int
    document: Document


@dataclass(frozen=True, kw_only=True)
class GiveBack:
    """Goods on display come back; more than the document lent is refused."""

    book_item_id: int
    quantity: int
    document: Document


@dataclass(frozen=True, kw_only=True)
class ReserveItem:
    """Promise goods of an owner and mode to an accepted order, before anybody chooses lots.

    Refused when the zone's sellable stock with `min_remaining_days` of shelf life left on `on_day`, less what was
    promised before, is short; a declaration that lives again reserves past the guard.
    """

    book_item_id: int
    owner_id: int
    mode: str
    quantity: int
    document: Document
    on_day: date
    min_remaining_days: int
    guarded: bool = True


@dataclass(frozen=True, kw_only=True)
class ReleaseItem:
    """Take back what a document reserved: `quantity` of it when picked, all of it when none is given.

    Nothing reserved is a refusal, unless an outside fact (a declaration returned) takes back whatever there is.
    """

    book_item_id: int
    owner_id: int
    mode: str
    document: Document
    quantity: int | None = None
    if_open: bool = False


@dataclass(frozen=True, kw_only=True)
class UseAllowance:
    """Use a buyer's yearly allowance: fen when `item_no` is empty, otherwise stock units of that item.

    `buyer` is a keyed hash; the ledger never sees an identity number. Exactly `limit` still passes; none is no limit.
    """

    buyer: str
    year: int
    quantity: int
    document: Document
    limit: int | None
    item_no: str = ""


@dataclass(frozen=True, kw_only=True)
class RestoreAllowance:
    """Give back what a document used of a buyer's allowance; all that is left of it when no quantity is given.

    More than is left is a refusal, unless an outside fact gives back whatever there is (`if_open`). `used_by` names
    the document whose use it gives back when that is not the document that gives back.
    """

    buyer: str
    year: int
    document: Document
    item_no: str = ""
    quantity: int | None = None
    if_open: bool = False
    used_by: Document | None = None


Operation = (
    Move
    | Promise
    | Withdraw
    | Enter
    | NameCase
    | PlaceHold
    | LiftHold
    | Reserve
    | MovedBefore
    | Display
    | GiveBack
    | ReserveItem
    | ReleaseItem
    | UseAllowance
    | RestoreAllowance
)


def cases_answered(moves: Sequence[Move], others: Sequence[Operation]) -> list[str]:
    """Cases whose open rows these operations may answer, each because its decision allowed it."""
    found = {
        number for each in others if isinstance(each, Enter | MovedBefore) for number in each.case_numbers
    }
    found |= {each.answers_case for each in moves if each.answers_case}
    return sorted(found)
