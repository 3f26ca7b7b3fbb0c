"""The rules of the match in words: what each says, where it comes from, since when, and who can mend its fault.

`match` finds faults by code; here is what people are told. What nobody here has read in its source says so, and stays
configuration (customs.toml), as do the figures of the rules themselves (the registry's rule sets, by day).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from config.customs_rules import Certainty, CustomsRules, Source
from wms.i18n import N_


class Party(StrEnum):
    """Who can mend a fault."""

    PLATFORM = "PLATFORM"
    PAYMENT = "PAYMENT"
    CARRIER = "CARRIER"
    BUYER = "BUYER"
    WAREHOUSE = "WAREHOUSE"


PARTIES: Final = {
    Party.PLATFORM: N_("platform or merchant: file the order again"),
    Party.PAYMENT: N_("payment firm: file the payment again"),
    Party.CARRIER: N_("carrier: file the waybill again"),
    Party.BUYER: N_("nobody: the buyer's limit decides"),
    Party.WAREHOUSE: N_("warehouse: look at book, stock and product file"),
}


#: What people read beside a source that nobody has read.
DOUBTS: Final[Mapping[Certainty, str]] = {
    Certainty.SECOND_HAND: N_("from a second-hand source"),
    Certainty.UNVERIFIED: N_("unverified: the customs office must confirm it"),
}

_sources = cache(lambda: CustomsRules.load().sources)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; where it comes from, since when and how sure stands in customs.toml under `known_by`."""

    code: str
    says: str
    mended_by: tuple[Party, ...]
    known_by: str

    @property
    def source(self) -> Source:
        """The notice or document it comes from."""
        return _sources()[self.known_by]

    @property
    def doubt(self) -> str | None:
        """What to say of its source; nothing where that was read."""
        return DOUBTS.get(self.source.certainty)


def _rule(code: str, says: str, *parties: Party, known_by: str = "form") -> Rule:
    return Rule(code=code, says=says, mended_by=parties, known_by=known_by)


RULES: Final[Sequence[Rule]] = (
    _rule("AMOUNT", N_("The amount paid is not that of the order."), Party.PAYMENT, Party.PLATFORM),
    _rule(
        "PAYER_NAME",
        N_("Another person paid: the names differ."),
        Party.PAYMENT,
        Party.PLATFORM,
        known_by="buyer_pays",
    ),
    _rule(
        "PAYER_ID",
        N_("Another person paid: the identity numbers differ."),
        Party.PAYMENT,
        Party.PLATFORM,
        known_by="buyer_pays",
    ),
    _rule("EBP_CODE", N_("The payment names another platform."), Party.PAYMENT),
    _rule(
        "PAY_TXN", N_("The payment has another number than the order says."), Party.PAYMENT, Party.PLATFORM
    ),
    _rule("CONSIGNEE", N_("The parcel goes to another person than the order says."), Party.CARRIER),
    _rule("CONSIGNEE_PHONE", N_("The waybill has another telephone than the order."), Party.CARRIER),
    _rule("ADDRESS", N_("The parcel goes to another address than the order says."), Party.CARRIER),
    _rule("PACK_NO", N_("A retail parcel is one piece; the waybill says otherwise."), Party.CARRIER),
    _rule("WAYBILL_TAKEN", N_("Another order's parcel bears this waybill number."), Party.CARRIER),
    _rule("GNUM", N_("Two lines of the order have one number."), Party.PLATFORM),
    _rule("QTY_PRICE", N_("Quantity times price is not the line's total."), Party.PLATFORM),
    _rule(
        "NEGATIVE",
        N_("The amount is below zero."),
        Party.PLATFORM,
        Party.CARRIER,
        known_by="form_sums",
    ),
    _rule(
        "GOODS_VALUE",
        N_("The goods' value is not the sum of the lines."),
        Party.PLATFORM,
        known_by="form_sums",
    ),
    _rule("ACTURAL_PAID", N_("Goods, freight and tax less discount are not what was paid."), Party.PLATFORM),
    _rule(
        "ID_CHECK",
        N_("The identity number is none: its check character is wrong."),
        Party.PLATFORM,
        known_by="identity",
    ),
    _rule("UNKNOWN_ITEM", N_("The item is not on file."), Party.PLATFORM, Party.WAREHOUSE, known_by="book"),
    _rule(
        "NOT_POSITIVE",
        N_("The item is not on the list of goods allowed in retail import."),
        Party.PLATFORM,
        known_by="positive_list",
    ),
    _rule("UNIT", N_("The unit is not that of the account book."), Party.PLATFORM, known_by="book"),
    _rule(
        "COUNTRY",
        N_("The country of origin is not that of the account book."),
        Party.PLATFORM,
        known_by="book",
    ),
    _rule(
        "WHOLE_UNITS", N_("The quantity is not a whole number of pieces."), Party.PLATFORM, known_by="house"
    ),
    _rule(
        "BOOK_STOPPED",
        N_("Customs has stopped this line of the account book; nothing may leave on it."),
        Party.WAREHOUSE,
        known_by="book",
    ),
    _rule("BOOK_QTY", N_("The account book has not enough left."), Party.WAREHOUSE, known_by="book"),
    _rule("SHELF_LIFE", N_("Not enough stock keeps long enough."), Party.WAREHOUSE, known_by="house"),
    _rule(
        "YEARLY_QTY",
        N_("The buyer would have more of this item in the year than is allowed."),
        Party.BUYER,
        known_by="positive_list",
    ),
    _rule(
        "LIMIT_YEARLY",
        N_("The buyer's yearly limit is passed; only general trade remains."),
        Party.BUYER,
        known_by="limits",
    ),
    _rule(
        "LIMIT_SINGLE",
        N_("The order is above the single limit and not one indivisible item."),
        Party.PLATFORM,
        Party.BUYER,
        known_by="single_item",
    ),
)


def rule_on(code: str, *, day: date) -> Rule | None:
    """The rule with this code as it stood on a day; none when it had not begun."""
    found = [rule for rule in RULES if rule.code == code and rule.source.since <= day]
    return max(found, key=lambda rule: rule.source.since, default=None)
