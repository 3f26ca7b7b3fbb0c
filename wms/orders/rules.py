"""The rules of the match in words: what each says, where it comes from, since when, and who can mend its fault.

`match` finds faults by code; here is what people are told. A rule changes by a new row with a later day, never by
editing an old one, so a verdict of last year still reads as it was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule from a day on; `source` names the notice or document it comes from."""

    code: str
    says: str
    mended_by: tuple[Party, ...]
    source: str
    since: date


_FORM: Final = "海关总署公告2018年第194号；跨境统一版报文规范 2022-05"
_RETAIL: Final = "海关总署公告2018年第194号"
_LIMITS: Final = "财关税〔2018〕49号"
_LIST: Final = "财政部等八部门公告2022年第7号"
_BOOK: Final = "海关总署公告2018年第52号（金关二期账册）"
_MATCHED_SINCE, _LIMITS_SINCE, _LIST_SINCE = date(2019, 1, 1), date(2019, 1, 1), date(2022, 3, 1)


def _rule(code: str, says: str, *parties: Party, source: str = _FORM, since: date = _MATCHED_SINCE) -> Rule:
    return Rule(code=code, says=says, mended_by=parties, source=source, since=since)


RULES: Final[Sequence[Rule]] = (
    _rule("AMOUNT", N_("The amount paid is not that of the order."), Party.PAYMENT, Party.PLATFORM),
    _rule(
        "PAYER_NAME",
        N_("Another person paid: the names differ."),
        Party.PAYMENT,
        Party.PLATFORM,
        source=_RETAIL,
    ),
    _rule(
        "PAYER_ID",
        N_("Another person paid: the identity numbers differ."),
        Party.PAYMENT,
        Party.PLATFORM,
        source=_RETAIL,
    ),
    _rule("EBP_CODE", N_("The payment names another platform."), Party.PAYMENT),
    _rule(
        "PAY_TXN", N_("The payment has another number than the order says."), Party.PAYMENT, Party.PLATFORM
    ),
    _rule("CONSIGNEE", N_("The parcel goes to another person than the order says."), Party.CARRIER),
    _rule("CONSIGNEE_PHONE", N_("The waybill has another telephone than the order."), Party.CARRIER),
    _rule("ADDRESS", N_("The parcel goes to another address than the order says."), Party.CARRIER),
    _rule("PACK_NO", N_("A retail parcel is one piece; the waybill says otherwise."), Party.CARRIER),
    _rule("QTY_PRICE", N_("Quantity times price is not the line's total."), Party.PLATFORM),
    _rule("NEGATIVE", N_("The line's total is below zero."), Party.PLATFORM),
    _rule("GOODS_VALUE", N_("The goods' value is not the sum of the lines."), Party.PLATFORM),
    _rule("ACTURAL_PAID", N_("Goods, freight and tax less discount are not what was paid."), Party.PLATFORM),
    _rule(
        "ID_CHECK",
        N_("The identity number is none: its check character is wrong."),
        Party.PLATFORM,
        source="GB 11643-1999",
        since=date(1999, 7, 1),
    ),
    _rule("UNKNOWN_ITEM", N_("The item is not on file."), Party.PLATFORM, Party.WAREHOUSE, source=_BOOK),
    _rule(
        "NOT_POSITIVE",
        N_("The item is not on the list of goods allowed in retail import."),
        Party.PLATFORM,
        source=_LIST,
        since=_LIST_SINCE,
    ),
    _rule("UNIT", N_("The unit is not that of the account book."), Party.PLATFORM, source=_BOOK),
    _rule(
        "COUNTRY", N_("The country of origin is not that of the account book."), Party.PLATFORM, source=_BOOK
    ),
    _rule("WHOLE_UNITS", N_("The quantity is not a whole number of pieces."), Party.PLATFORM, source=_BOOK),
    _rule("BOOK_QTY", N_("The account book has not enough left."), Party.WAREHOUSE, source=_BOOK),
    _rule("SHELF_LIFE", N_("Not enough stock keeps long enough."), Party.WAREHOUSE, source="本库作业规则"),
    _rule(
        "YEARLY_QTY",
        N_("The buyer would have more of this item in the year than is allowed."),
        Party.BUYER,
        source=_LIST,
        since=_LIST_SINCE,
    ),
    _rule(
        "LIMIT_YEARLY",
        N_("The buyer's yearly limit is passed; only general trade remains."),
        Party.BUYER,
        source=_LIMITS,
        since=_LIMITS_SINCE,
    ),
    _rule(
        "LIMIT_SINGLE",
        N_("The order is above the single limit and not one indivisible item."),
        Party.PLATFORM,
        Party.BUYER,
        source=_LIMITS,
        since=_LIMITS_SINCE,
    ),
)


def rule_on(code: str, *, day: date) -> Rule | None:
    """The rule with this code as it stood on a day; none when it had not begun."""
    found = [rule for rule in RULES if rule.code == code and rule.since <= day]
    return max(found, key=lambda rule: rule.since, default=None)
