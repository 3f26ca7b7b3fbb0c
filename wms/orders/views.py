"""The filings and the world as `match` sees them: plain values, so that a verdict needs no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class OrderLineView:
    """One line; `item_no` is empty when none was given."""

    line_no: int
    item_no: str
    unit: str
    origin: str
    quantity: Decimal
    price: Decimal
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """What a CEB311 says; amounts in CNY, `payment_no` empty when not given."""

    platform_code: str
    goods_value: Decimal
    freight: Decimal
    discount: Decimal
    tax_total: Decimal
    amount_paid: Decimal
    buyer_name: str
    buyer_id_type: str
    buyer_id_no: str
    payment_no: str
    consignee: str
    consignee_phone: str
    consignee_address: str
    lines: tuple[OrderLineView, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """What a CEB411 says."""

    platform_code: str
    payment_no: str
    payer_id_no: str
    payer_name: str
    amount_paid: Decimal


@dataclass(frozen=True, kw_only=True)
class WaybillView:
    """What a CEB511 says; insurance not given is 0."""

    insurance: Decimal
    packages: int
    consignee: str
    consignee_phone: str
    consignee_address: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item on file, its book line (none when it is in no book) and what is left of it, in stock units.

    `is_stopped`: customs let nothing out on its book line. `sellable` keeps long enough and is not promised;
    `yearly_max` is in declared units.
    """

    is_on_positive_list: bool
    declared_per_stock: Fraction
    book_unit: str | None
    book_origin: str | None
    is_stopped: bool
    available: int
    sellable: int
    yearly_max: int | None


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """The buyer's year before this order: CNY spent, and declared units had by item."""

    spent: Decimal
    had: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The rules of the day; amounts in CNY."""

    single: Decimal
    yearly: Decimal
    are_inclusive: bool
    amount_tolerance: Decimal
    price_tolerance: Decimal
    buyer_must_pay: bool

    def is_over(self, value: Decimal, limit: Decimal) -> bool:
        """Whether a value breaks a limit; exactly the limit passes where limits are inclusive."""
        return value > limit or (value == limit and not self.are_inclusive)
