"""Reads what `match` needs: the filings as values, the book, the stock and the buyer's year."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.customs.retail_promises import Guards, fen
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookItem, Side
from wms.ledger.buyers import used
from wms.ledger.queries import book_figure
from wms.ledger.reservations import ReservationFigure, candidates, keeps_long_enough
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.identity import buyer_hash
from wms.orders.matching import World
from wms.orders.views import Buyer, Item, Limits, OrderLineView, OrderView, PaymentView, WaybillView
from wms.registry.products import Product
from wms.registry.rows import Rules
from wms.registry.rules import rules_needed
from wms.registry.units import declared_quantity


class NoSuchBook(Refusal):
    """The rules name a book that is not kept here."""

    message = N_("The rules name account book {book}, which is not kept here.")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What one matching run stands on: day and rules, the book, its items by 料号, the key of buyers' hashes."""

    day: date
    rules: Rules
    book: AccountBook
    items: Mapping[str, BookItem]
    products: Mapping[str, Product]
    buyer_key: bytes

    @property
    def guards(self) -> Guards:
        """The rules as promises must keep them."""
        rules = self.rules
        return Guards(
            owner_id=self.book.company_id,
            yearly_fen=fen(rules.limit_yearly_cny),
            yearly_max={
                number: int(product.yearly_max_qty / product.factors.declared)
                for number, product in self.products.items()
                if product.yearly_max_qty is not None
            },
            day=self.day,
            min_remaining_days=rules.min_remaining_shelf_life_days,
        )

    @property
    def limits(self) -> Limits:
        """The rules as `match` asks for them."""
        rules = self.rules
        return Limits(
            single=rules.limit_single_cny,
            yearly=rules.limit_yearly_cny,
            are_inclusive=rules.limits_inclusive,
            amount_tolerance=rules.amount_tolerance,
            price_tolerance=rules.qty_price_tolerance,
            buyer_must_pay=rules.buyer_must_be_payer == "stop",
        )


def read_ground(session: Session, *, day: date, buyer_key: bytes) -> Ground:
    """Rules, book and registry of the day. Raises NoRulesInForce and NoSuchBook."""
    rules = rules_needed(session, day=day)
    book = session.scalar(select(AccountBook).where(AccountBook.number == rules.book_no))
    if book is None:
        raise NoSuchBook(book=rules.book_no)
    items = session.scalars(select(BookItem).where(BookItem.book_id == book.id))
    return Ground(
        day=day,
        rules=rules,
        book=book,
        items={item.item_no: item for item in items},
        products={product.item_no: product for product in session.scalars(select(Product))},
        buyer_key=buyer_key,
    )


def read_world(session: Session, order: Order | None, waybill: Waybill | None, *, ground: Ground) -> World:
    """The items the order names, the year of its buyer and whether its waybill's number is free, now."""
    named = [] if order is None else [item_no(line.item_no) for line in order.lines]
    is_taken = waybill is not None and bool(taken_waybills(session, [waybill.id]))
    world = Worlds(session, ground=ground).of(named, buyer=buyer_of(order, ground=ground))
    return replace(world, is_waybill_taken=is_taken)


# A carrier may give a number again after six months (customs' specification of the form, as in its unique logisticsNo).
_TAKEN = text("""
    select distinct w.id
    from waybill w
    join retail_declaration d
      on d.waybill_no = w.waybill_no and d.carrier_code = w.carrier_code and d.order_no <> w.order_no
    where w.id = any(:waybills) and d.book_effect <> 'WITHDRAWN'
      and d.declared_at > w.declared_at - interval '6 months'
""")


def taken_waybills(session: Session, waybills: Iterable[int]) -> frozenset[int]:
    """Of these filings, by key, those whose number another order's parcel bears."""
    return frozenset(session.scalars(_TAKEN, {"waybills": list(waybills)}))


def buyer_of(order: Order | None, *, ground: Ground) -> str:
    """The keyed hash of an order's buyer; empty without an order."""
    return "" if order is None else buyer_hash(ground.buyer_key, order.buyer_id_no)


class Worlds:
    """The worlds of many orders at one moment: each item and each buyer's year is read once."""

    def __init__(self, session: Session, *, ground: Ground) -> None:
        self._ground = ground
        self._item = cache(partial(_item, session, ground=ground))
        self._buyer = cache(partial(_buyer, session, ground=ground))

    def of(self, named: Iterable[str], *, buyer: str) -> World:
        """The world of an order that names these items, by the hash of its buyer; empty when nobody is known."""
        numbers = tuple(sorted(set(named) & self._ground.products.keys()))
        return World(
            items={number: self._item(number) for number in numbers},
            buyer=self._buyer(buyer, numbers),
            limits=self._ground.limits,
        )


def _item(session: Session, number: str, *, ground: Ground) -> Item:
    product, line = ground.products[number], ground.items.get(number)
    return Item(
        is_on_positive_list=product.positive_list,
        declared_per_stock=product.factors.declared,
        book_unit=None if line is None else line.unit,
        book_origin=None if line is None else line.origin,
        is_stopped=line is not None and line.is_stopped(Side.OUT),
        available=0 if line is None else _available(session, number, ground=ground),
        sellable=0 if line is None else _sellable(session, line, ground=ground),
        yearly_max=product.yearly_max_qty,
    )


def _available(session: Session, number: str, *, ground: Ground) -> int:
    figure = book_figure(session, book_number=ground.book.number, item_no=number)
    return figure.actual_in - figure.actual_out - figure.promised_out - figure.displayed_out


def _sellable(session: Session, line: BookItem, *, ground: Ground) -> int:
    """Stock units that keep long enough, less what is promised already; as the valve counts it."""
    owner_id, mode = ground.book.company_id, ground.rules.supervision_mode
    promised = session.scalar(
        select(ReservationFigure.reserved).where(
            ReservationFigure.book_item_id == line.id,
            ReservationFigure.owner_id == owner_id,
            ReservationFigure.mode == mode,
        )
    )
    lots = candidates(session, book_item_id=line.id, owner_id=owner_id, mode=mode)
    least = ground.rules.min_remaining_shelf_life_days
    keeping = (
        lot.usable
        for lot in lots
        if keeps_long_enough(lot.expiry, on_day=ground.day, min_remaining_days=least)
    )
    return sum(keeping) - (promised or 0)


def _buyer(session: Session, buyer: str, numbers: Sequence[str], *, ground: Ground) -> Buyer:
    if not buyer:
        return Buyer(spent=Decimal(0), had={})
    year = ground.day.year
    limited = [number for number in numbers if ground.products[number].yearly_max_qty is not None]
    return Buyer(
        spent=Decimal(used(session, buyer=buyer, year=year)).scaleb(-2),
        had={
            number: declared_quantity(
                used(session, buyer=buyer, year=year, item_no=number), ground.products[number].factors
            )
            for number in limited
        },
    )


def item_no(text: str | None) -> str:
    """料号 as it is compared."""
    return (text or "").strip()


def order_view(order: Order | None) -> OrderView | None:
    """The order as `match` sees it."""
    if order is None:
        return None
    return OrderView(
        platform_code=order.platform_code,
        goods_value=order.goods_value,
        freight=order.freight,
        discount=order.discount,
        tax_total=order.tax_total,
        amount_paid=order.amount_paid,
        buyer_name=order.buyer_name,
        buyer_id_type=order.buyer_id_type,
        buyer_id_no=order.buyer_id_no,
        payment_no=order.payment_no or "",
        consignee=order.consignee,
        consignee_phone=order.consignee_phone,
        consignee_address=order.consignee_address,
        lines=tuple(
            OrderLineView(
                line_no=line.line_no,
                item_no=item_no(line.item_no),
                unit=line.unit,
                origin=line.origin,
                quantity=line.quantity,
                price=line.price,
                total=line.total,
            )
            for line in order.lines
        ),
    )


def payment_view(payment: Payment | None) -> PaymentView | None:
    """The payment as `match` sees it."""
    if payment is None:
        return None
    return PaymentView(
        platform_code=payment.platform_code,
        payment_no=payment.payment_no,
        payer_id_no=payment.payer_id_no,
        payer_name=payment.payer_name,
        amount_paid=payment.amount_paid,
    )


def waybill_view(waybill: Waybill | None) -> WaybillView | None:
    """The waybill as `match` sees it."""
    if waybill is None:
        return None
    return WaybillView(
        insurance=waybill.insurance or Decimal(0),
        packages=waybill.packages,
        consignee=waybill.consignee,
        consignee_phone=waybill.consignee_phone,
        consignee_address=waybill.consignee_address,
    )


def stock_units(quantity: Decimal, product: Product) -> int:
    """A quantity that `match` found to be whole stock units."""
    exact = Fraction(quantity) / product.factors.declared
    assert exact.denominator == 1
    return exact.numerator
