"""A parcel to declare, in plain values, and the CEB621 it becomes. Pure.

Customs know neither orders nor payments: whoever accepts an order hands over what the declaration says of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from wms.customs.duty import Taxes
from wms.customs.messages.ceb.frame import Transfer
from wms.customs.messages.ceb.retail_declaration import (
    RetailDeclarationDraft,
    RetailDeclarationHead,
    RetailDeclarationLine,
    RetailDeclarationMessage,
)
from wms.customs.messages.signing.envelope import Signer
from wms.registry.products import Product
from wms.registry.units import first_quantity, half_up, second_quantity

NEW: Final = "1"
_DECLARE: Final = "2"
"""appStatus: not a draft at the e-port."""
_VERSION: Final = "1.0"


@dataclass(frozen=True, kw_only=True)
class Firm:
    """A company as messages name it: its customs code and its name."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Declarant:
    """Who declares, from which book, through which terminal, with which key.

    The firm that keeps the book declares for itself and stands guarantor. Goods leave the zone through its own
    office, so that office is both where they are declared and where they cross.
    """

    firm: Firm
    book_id: int
    book_no: str
    customs_code: str
    supervision_mode: str
    transport_mode: str
    country: str
    currency: str
    packaging_kg: Decimal
    dxp_id: str
    signer: Signer


@dataclass(frozen=True, kw_only=True)
class RetailBuyer:
    """Who gets it; `key` is the hash under which the ledger knows them."""

    key: str
    id_type: str
    id_no: str
    name: str
    phone: str
    address: str


@dataclass(frozen=True, kw_only=True)
class RetailDraftLine:
    """One line: the product and its book line, quantity declared and in stock units, CNY, and its taxes."""

    line_no: int
    product: Product
    book_item_id: int
    book_line_no: int
    item_no: str
    name: str
    specification: str
    origin: str
    unit: str
    quantity: Decimal
    stock_quantity: int
    price: Decimal
    total: Decimal
    taxes: Taxes


@dataclass(frozen=True, kw_only=True)
class RetailDraft:
    """What is declared; amounts in CNY."""

    number: str
    order_no: str
    platform: Firm
    merchant: Firm
    carrier: Firm
    waybill_no: str
    buyer: RetailBuyer
    freight: Decimal
    insurance: Decimal
    dutiable_value: Decimal
    packages: int
    lines: Sequence[RetailDraftLine]

    def net_kg(self) -> Decimal:
        """What the goods weigh, kilograms."""
        grams = sum((line.quantity * line.product.net_g for line in self.lines), Decimal(0))
        return half_up(Fraction(grams) / 1000)

    def gross_kg(self, *, packaging_kg: Decimal) -> Decimal:
        """What the packed parcel weighs, kilograms."""
        grams = sum((line.quantity * line.product.gross_g for line in self.lines), Decimal(0))
        return half_up(Fraction(grams) / 1000) + packaging_kg


@dataclass(frozen=True, kw_only=True)
class Guids:
    """Numbers of a message and of the declaration in it, UUIDs in capitals."""

    message: str
    declaration: str


def declaration_message(
    draft: RetailDraft, *, declarant: Declarant, guids: Guids, at: datetime, day: date, kind: str = NEW
) -> RetailDeclarationMessage:
    """The CEB621 of one parcel, still unsigned; `kind` is the appType (1 new, 2 changed)."""
    return RetailDeclarationMessage(
        guid=guids.message,
        version=_VERSION,
        documents=(
            RetailDeclarationDraft(
                head=_head(draft, declarant, guid=guids.declaration, at=at, day=day, kind=kind),
                lines=tuple(_line(line, currency=declarant.currency) for line in draft.lines),
            ),
        ),
        transfer=Transfer(
            sender_code=declarant.firm.code,
            sender_name=declarant.firm.name,
            dxp_mode="DXP",
            dxp_id=declarant.dxp_id,
        ),
    )


def _head(
    draft: RetailDraft, declarant: Declarant, *, guid: str, at: datetime, day: date, kind: str
) -> RetailDeclarationHead:
    firm, buyer = declarant.firm, draft.buyer
    return RetailDeclarationHead(
        guid=guid,
        declaration_type=kind,
        declared_at=at,
        declaration_status=_DECLARE,
        order_no=draft.order_no,
        platform_code=draft.platform.code,
        platform_name=draft.platform.name,
        merchant_code=draft.merchant.code,
        merchant_name=draft.merchant.name,
        waybill_no=draft.waybill_no,
        carrier_code=draft.carrier.code,
        carrier_name=draft.carrier.name,
        inner_no=draft.number,
        guarantor_code=firm.code,
        book_no=declarant.book_no,
        direction="I",
        declared_on=day,
        customs_code=declarant.customs_code,
        port_customs_code=declarant.customs_code,
        crossed_on=day,
        buyer_id_type=buyer.id_type,
        buyer_id_no=buyer.id_no,
        buyer_name=buyer.name,
        buyer_phone=buyer.phone,
        consignee_address=buyer.address,
        declarant_code=firm.code,
        declarant_name=firm.name,
        zone_firm_code=firm.code,
        zone_firm_name=firm.name,
        supervision_mode=declarant.supervision_mode,
        transport_mode=declarant.transport_mode,
        country_code=declarant.country,
        freight=draft.freight,
        insurance=draft.insurance,
        currency=declarant.currency,
        packages=draft.packages,
        gross_kg=draft.gross_kg(packaging_kg=declarant.packaging_kg),
        net_kg=draft.net_kg(),
    )


def _line(line: RetailDraftLine, *, currency: str) -> RetailDeclarationLine:
    product, quantity = line.product, line.quantity
    return RetailDeclarationLine(
        line_no=line.line_no,
        item_record_no=str(line.book_line_no),
        item_no=line.item_no,
        item_name=line.name,
        hs10=product.hs10,
        name=line.name,
        specification=line.specification,
        barcode=product.gtin,
        origin=line.origin,
        currency=currency,
        quantity=quantity,
        unit=line.unit,
        legal_quantity=first_quantity(quantity, product.factors),
        legal_unit=product.unit1,
        second_legal_quantity=second_quantity(quantity, product.factors),
        second_legal_unit=product.unit2,
        price=line.price,
        total=line.total,
    )
