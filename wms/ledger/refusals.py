"""Every "no" of the valve, each with the figures in it."""

from wms.errors import Refusal
from wms.i18n import N_


class NothingToMove(Refusal):
    """A move of nothing or of less than nothing."""

    message = N_("A move needs a quantity above zero; {quantity} was asked.")
    status = 422


class SameEnds(Refusal):
    """A move from a place to itself with the same lot."""

    message = N_("{location} is both source and target; nothing would move.")
    status = 422


class NotEnoughStock(Refusal):
    """More is wanted than lies there."""

    message = N_("{location} holds {on_hand} of lot {lot}; {wanted} wanted.")


class StockReserved(Refusal):
    """What lies there was chosen for other picks."""

    message = N_("{location} holds {on_hand} of lot {lot}, but {reserved} are reserved; {wanted} wanted.")


class LotOnHold(Refusal):
    """Held goods may go to a cage or a bin, never towards the gate."""

    message = N_("{held} of lot {lot} at {location} are on hold and may not leave; {wanted} wanted.")


class NeedsAuthority(Refusal):
    """Regime, zone or book item would change without a document."""

    message = N_("From {source} to {target} the goods change their customs status; that needs a document.")


class TraitAtTheRim(Refusal):
    """A partner place keeps the lot; traits change only between two real places."""

    message = N_("Between {source} and {target} the lot must stay the same.")
    status = 422


class OtherProduct(Refusal):
    """A move may change a trait, never the product."""

    message = N_("Lot {lot} is item {item}, not item {other}.")
    status = 422


class OtherOwner(Refusal):
    """A lot of another owner, and no document says that it was sold."""

    message = N_("Lot {lot} belongs to another owner; a change of owner needs a document.")


class WrongStorageClass(Refusal):
    """A bin for another temperature."""

    message = N_("{location} is for {place_class} goods; lot {lot} needs {goods_class}.")


class PlaceFull(Refusal):
    """The bin takes no more."""

    message = N_("{location} takes {capacity} and holds {on_hand}; {wanted} more do not fit.")


class PeriodClosed(Refusal):
    """The period of the asked time is closed; a correction goes into the open one."""

    message = N_("The books are closed up to {until}; {occurred_at} lies before that.")


class NotEnoughInBook(Refusal):
    """The account book has less available than a document would promise."""

    message = N_("Book item {item} has {available} available; {wanted} wanted.")


class NoSuchHold(Refusal):
    """A lift asks for more than the hold bars there."""

    message = N_("Hold {hold} bars {held} at {location}; {wanted} wanted.")


class NothingPromised(Refusal):
    """A withdrawal finds no open promise."""

    message = N_("Document {document} has no open promise to take back.")


class NotOnDisplay(Refusal):
    """More would come back than was lent."""

    message = N_("Document {document} has {displayed} of item {item} on display; {wanted} wanted.")


class ShelfLife(Refusal):
    """The goods are there or in the book, but too few of them keep long enough."""

    message = N_(
        "Item {item} has {sellable} in stock that keep {min_remaining_days} more days, "
        "of which {promised} are promised; {wanted} wanted."
    )


class NotReserved(Refusal):
    """More would be released than the document reserved."""

    message = N_("Document {document} has {reserved} of item {item} reserved; {wanted} wanted.")


class YearlyAmount(Refusal):
    """The buyer's yearly amount would be exceeded."""

    message = N_("The buyer used {used} of {limit} fen this year; {wanted} more are too many.")


class YearlyQuantity(Refusal):
    """The buyer's yearly quantity of one item would be exceeded."""

    message = N_("The buyer had {used} of {limit} of item {item} this year; {wanted} more are too many.")


class NothingUsed(Refusal):
    """A document gives back more than it used."""

    message = N_("Document {document} used {used} of the allowance; {wanted} cannot be given back.")


class SerialQuantity(Refusal):
    """A serial is one unit."""

    message = N_("Serial {lot} is one unit; {wanted} wanted.")
    status = 422


class SerialElsewhere(Refusal):
    """A serial is in one place at a time."""

    message = N_("Serial {lot} is not at {location}.")
