"""An accepted order as the parcel customs are told of, and the firm that tells them."""

from base64 import b32encode
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session

from config.settings import Settings
from wms.customs.duty import Taxes
from wms.customs.retail_draft import Declarant, Firm, RetailBuyer, RetailDraft, RetailDraftLine
from wms.customs.signing_key import signing_key
from wms.orders.documents import Order, OrderLine, Waybill
from wms.orders.identity import buyer_hash
from wms.orders.matching import Judgement
from wms.orders.surroundings import Ground, item_no, stock_units
from wms.registry.companies import Company

#: copNo of a 621 (C..20).
_COP_NO_CHARS: Final = 20


def declaration_number(order_no: str) -> str:
    """CopNo of an order's retail declaration: receipts are joined by it.

    It has room for 20 signs, an order's number may have 60: a longer one is told by its digest, the same every time.
    """
    if len(order_no) < _COP_NO_CHARS:
        return f"L{order_no}"
    digest = b32encode(sha256(order_no.encode()).digest()).decode()
    return f"L{digest[: _COP_NO_CHARS - 1]}"


def read_declarant(session: Session, ground: Ground, *, settings: Settings) -> Declarant:
    """The firm that keeps the book, with its key. Raises UnusableKey."""
    firm = session.get_one(Company, ground.book.company_id)
    rules = ground.rules
    return Declarant(
        firm=Firm(code=firm.customs_code, name=firm.name),
        book_id=ground.book.id,
        book_no=ground.book.number,
        customs_code=rules.customs_code,
        supervision_mode=rules.supervision_mode,
        transport_mode=rules.second_line_transport,
        country=rules.head_country,
        currency=rules.currency,
        packaging_kg=rules.parcel_packaging_kg,
        dxp_id=settings.dxp_id,
        signer=signing_key(settings),
    )


def draft_of(
    order: Order, waybill: Waybill, taxes: Sequence[Taxes], judgement: Judgement, *, ground: Ground
) -> RetailDraft:
    """What the declaration of an accepted order says; line n is line n of the order."""
    assert judgement.dutiable_value is not None
    return RetailDraft(
        number=declaration_number(order.order_no),
        order_no=order.order_no,
        platform=Firm(code=order.platform_code, name=order.platform_name),
        merchant=Firm(code=order.merchant_code, name=order.merchant_name),
        carrier=Firm(code=waybill.carrier_code, name=waybill.carrier_name),
        waybill_no=waybill.waybill_no,
        buyer=RetailBuyer(
            key=buyer_hash(ground.buyer_key, order.buyer_id_no),
            id_type=order.buyer_id_type,
            id_no=order.buyer_id_no,
            name=order.buyer_name,
            phone=order.buyer_phone,
            address=order.consignee_address,
        ),
        freight=order.freight,
        insurance=waybill.insurance or Decimal(0),
        dutiable_value=judgement.dutiable_value,
        packages=waybill.packages,
        lines=[_line(line, tax, ground=ground) for line, tax in zip(order.lines, taxes, strict=True)],
    )


def _line(line: OrderLine, taxes: Taxes, *, ground: Ground) -> RetailDraftLine:
    number = item_no(line.item_no)
    product, item = ground.products[number], ground.items[number]
    return RetailDraftLine(
        line_no=line.line_no,
        product=product,
        book_item_id=item.id,
        book_line_no=item.line_no,
        item_no=number,
        name=line.item_name,
        specification=line.specification,
        origin=line.origin,
        unit=line.unit,
        quantity=line.quantity,
        stock_quantity=stock_units(line.quantity, product),
        price=line.price,
        total=line.total,
        taxes=taxes,
    )
