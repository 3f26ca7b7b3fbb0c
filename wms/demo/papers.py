"""The papers of the demonstration's trade: what the three parties file and what customs answers, as message bytes.

Orders are rows of `config/demo/outward/`; days and hours are those of the first start, so a newcomer reads of today.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from wms.customs.duty import TaxedLine, Taxes, tax_lines
from wms.customs.messages.ceb.cancellation import (
    CancellationDraft,
    CancellationMessage,
    CancellationReceipt,
    CancellationReceipts,
)
from wms.customs.messages.ceb.frame import Transfer
from wms.customs.messages.ceb.order import OrderFiling, OrderHead, OrderLine, OrderMessage
from wms.customs.messages.ceb.payment import PaymentFiling, PaymentHead, PaymentMessage
from wms.customs.messages.ceb.retail_declaration import RetailDeclarationReceipt, RetailDeclarationReceipts
from wms.customs.messages.ceb.waybill import WaybillFiling, WaybillHead, WaybillMessage
from wms.customs.messages.signing.envelope import Signer
from wms.customs.messages.writing import write_message
from wms.registry.products import Product

FOLDER: Final = Path(__file__).resolve().parents[2] / "config" / "demo" / "outward"
PLATFORM: Final = ("5499W6K002", "格桑花跨境商城有限公司（演示）")
MERCHANT: Final = ("5499W6K003", "纳木措优品进出口有限公司（演示）")
PAYMENT: Final = ("5499W6K005", "青稞支付服务有限公司（演示）")
CARRIER: Final = ("5499W6K006", "牦牛快运有限公司（演示）")
WAREHOUSE: Final = ("5499W6K001", "拉萨雪域保税仓储有限公司（演示）")
CUSTOMS: Final = "8890"
FREIGHT: Final = Decimal(8)
_YUAN: Final = "142"
#: Share of the taxes that is due on retail import.
_REDUCTION: Final = Decimal("0.7")
_PACKAGING_KG: Final = Decimal("0.2")
_SAID: Final = {"100": "海关退单", "120": "海关已入库", "500": "海关查验", "800": "放行", "399": "准予撤销"}


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who buys: an invented person."""

    name: str
    id_no: str
    phone: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Trade:
    """One order as its three parties file it; `stage` is how far the demonstration takes it."""

    order_no: str
    stage: str
    buyer: Buyer
    fault: str
    lines: tuple[tuple[Product, int, Decimal], ...]
    """product, declared quantity and price in yuan of each line"""

    @property
    def goods_value(self) -> Decimal:
        """All lines, yuan."""
        return sum((quantity * price for _, quantity, price in self.lines), Decimal(0))

    @property
    def taxes(self) -> list[Taxes]:
        """Taxes of each line."""
        lines = [
            TaxedLine(
                total=quantity * price,
                duty_rate=product.duty_rate,
                consumption_tax_rate=product.consumption_tax_rate,
                vat_rate=product.vat_rate,
            )
            for product, quantity, price in self.lines
        ]
        return tax_lines(lines, extra=FREIGHT, reduction=_REDUCTION, in_full=False)

    @property
    def tax(self) -> Decimal:
        """What the platform collects of the buyer, yuan."""
        return sum((each.total for each in self.taxes), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """What the buyer pays, yuan."""
        return self.goods_value + FREIGHT + self.tax

    @property
    def waybill_no(self) -> str:
        """Number of its parcel."""
        return f"MN{self.order_no[-7:]}88"

    @property
    def inner_no(self) -> str:
        """Our own number of its declaration (copNo)."""
        return f"L{self.order_no}"

    @property
    def list_no(self) -> str:
        """Number customs gives its declaration."""
        return f"{CUSTOMS}2026I0{self.order_no[-7:]}0"

    @property
    def tax_no(self) -> str:
        """Number customs gives the tax bill of its declaration."""
        return f"{self.list_no}_0"

    @property
    def return_no(self) -> str:
        """Our own number of the request to send it back (copNo)."""
        return f"R{self.order_no}"


def read_trades(products: Mapping[str, Product]) -> list[Trade]:
    """The orders of the folder, in their order."""
    buyers = {
        row["buyer"]: Buyer(name=row["name"], id_no=row["id_no"], phone=row["phone"], address=row["address"])
        for row in _rows("buyers.csv")
    }
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _rows("orders.csv"):
        rows[row["order_no"]].append(row)
    return [
        Trade(
            order_no=order_no,
            stage=lines[0]["stage"],
            buyer=buyers[lines[0]["buyer"]],
            fault=lines[0]["fault"],
            lines=tuple(
                (products[line["item_no"]], int(line["quantity"]), Decimal(line["price"])) for line in lines
            ),
        )
        for order_no, lines in rows.items()
    ]


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((FOLDER / name).read_text("utf-8").splitlines()))


def orders(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB311 of the platform."""
    body = OrderMessage(
        guid=guid(),
        version="1.0",
        documents=tuple(_order(each, at=at) for each in trades),
        transfer=transfer(PLATFORM),
    )
    return write_message("CEB311", body)


def _order(trade: Trade, *, at: datetime) -> OrderFiling:
    buyer = trade.buyer
    head = OrderHead(
        guid=guid(),
        declaration_type="1",
        declared_at=whole(at),
        declaration_status="2",
        order_type="I",
        order_no=trade.order_no,
        platform_code=PLATFORM[0],
        platform_name=PLATFORM[1],
        merchant_code=MERCHANT[0],
        merchant_name=MERCHANT[1],
        goods_value=trade.goods_value,
        freight=FREIGHT,
        discount=Decimal(0),
        tax_total=trade.tax,
        amount_paid=trade.paid,
        currency=_YUAN,
        buyer_account=f"YS{buyer.phone[-3:]}",
        buyer_name=buyer.name,
        buyer_phone=buyer.phone,
        buyer_id_type="1",
        buyer_id_no=buyer.id_no,
        payment_firm_code=PAYMENT[0],
        payment_firm_name=PAYMENT[1],
        payment_no=payment_no(trade),
        consignee=buyer.name,
        consignee_phone=buyer.phone,
        consignee_address=buyer.address,
    )
    lines = tuple(
        OrderLine(
            line_no=number,
            item_no=product.item_no,
            item_name=product.name_zh,
            specification=product.spec,
            barcode=product.gtin,
            unit=product.unit,
            quantity=Decimal(quantity),
            price=price,
            total=quantity * price,
            currency=_YUAN,
            origin=product.origin_num,
        )
        for number, (product, quantity, price) in enumerate(trade.lines, start=1)
    )
    return OrderFiling(head=head, lines=lines)


def payments(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB411 of the payment firm; an order whose fault is ``payment`` has none, ``payer`` was paid by another."""
    body = PaymentMessage(
        guid=guid(),
        version="1.0",
        documents=tuple(_payment(each, at=at) for each in trades if each.fault != "payment"),
        transfer=transfer(PAYMENT),
    )
    return write_message("CEB411", body)


def _payment(trade: Trade, *, at: datetime) -> PaymentFiling:
    head = PaymentHead(
        guid=guid(),
        declaration_type="1",
        declared_at=whole(at),
        declaration_status="2",
        payment_firm_code=PAYMENT[0],
        payment_firm_name=PAYMENT[1],
        payment_no=payment_no(trade),
        order_no=trade.order_no,
        platform_code=PLATFORM[0],
        platform_name=PLATFORM[1],
        payer_id_type="1",
        payer_id_no=trade.buyer.id_no,
        payer_name="演示买家·他人" if trade.fault == "payer" else trade.buyer.name,
        payer_phone=trade.buyer.phone,
        amount_paid=trade.paid,
        currency=_YUAN,
        paid_at=whole(at),
    )
    return PaymentFiling(head=head)


def waybills(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB511 of the carrier; an order whose fault is ``address`` goes to another street."""
    body = WaybillMessage(
        guid=guid(),
        version="1.0",
        documents=tuple(_waybill(each, at=at) for each in trades),
        transfer=transfer(CARRIER),
    )
    return write_message("CEB511", body)


def _waybill(trade: Trade, *, at: datetime) -> WaybillFiling:
    gross_g = sum((quantity * product.gross_g for product, quantity, _ in trade.lines), Decimal(0))
    head = WaybillHead(
        guid=guid(),
        declaration_type="1",
        declared_at=whole(at),
        declaration_status="2",
        carrier_code=CARRIER[0],
        carrier_name=CARRIER[1],
        waybill_no=trade.waybill_no,
        order_no=trade.order_no,
        freight=FREIGHT,
        insurance=Decimal(0),
        currency=_YUAN,
        gross_kg=gross_g / 1000 + _PACKAGING_KG,
        packages=1,
        goods_text="跨境电商商品",
        consignee=trade.buyer.name,
        consignee_address="另一条路9号" if trade.fault == "address" else trade.buyer.address,
        consignee_phone=trade.buyer.phone,
    )
    return WaybillFiling(head=head)


def declaration_receipts(trades: Iterable[Trade], status: str, *, at: datetime) -> bytes:
    """CEB622: customs gives every declaration this status, one second after the other."""
    receipts = tuple(
        RetailDeclarationReceipt(
            guid=guid(),
            customs_code=CUSTOMS,
            platform_code=PLATFORM[0],
            merchant_code=MERCHANT[0],
            declarant_code=WAREHOUSE[0],
            inner_no=each.inner_no,
            pre_entry_no=pre_entry_no(each),
            list_no=None if status == "100" else each.list_no,
            status=status,
            returned_at=whole(at) + timedelta(seconds=number),
            text=_SAID[status],
        )
        for number, each in enumerate(trades)
    )
    return write_message("CEB622", RetailDeclarationReceipts(guid=guid(), version="1.0", receipts=receipts))


def asked_back(trade: Trade, *, number: str, reason: str, at: datetime) -> dict[str, Any]:
    """What a request about a declared parcel says, to cancel it (CEB623) or to send it back (CEB625)."""
    return {
        "guid": guid(),
        "declaration_type": "1",
        "declared_at": whole(at),
        "declaration_status": "2",
        "customs_code": CUSTOMS,
        "order_no": trade.order_no,
        "platform_code": PLATFORM[0],
        "platform_name": PLATFORM[1],
        "merchant_code": MERCHANT[0],
        "merchant_name": MERCHANT[1],
        "waybill_no": trade.waybill_no,
        "carrier_code": CARRIER[0],
        "carrier_name": CARRIER[1],
        "inner_no": number,
        "list_no": trade.list_no,
        "buyer_id_type": "1",
        "buyer_id_no": trade.buyer.id_no,
        "buyer_name": trade.buyer.name,
        "buyer_phone": trade.buyer.phone,
        "declarant_code": WAREHOUSE[0],
        "declarant_name": WAREHOUSE[1],
        "reason": reason,
    }


def cancellation(trade: Trade, *, signer: Signer, at: datetime) -> bytes:
    """CEB623: the buyer does not want it any more."""
    draft = CancellationDraft(**asked_back(trade, number=f"C{trade.order_no}", reason="买家取消订单", at=at))
    body = CancellationMessage(guid=guid(), version="1.0", documents=(draft,), transfer=transfer(WAREHOUSE))
    return write_message("CEB623", body, signer=signer)


def cancellation_receipt(trade: Trade, *, at: datetime) -> bytes:
    """CEB624: customs agrees."""
    receipt = CancellationReceipt(
        guid=guid(),
        customs_code=CUSTOMS,
        declarant_code=WAREHOUSE[0],
        platform_code=PLATFORM[0],
        merchant_code=MERCHANT[0],
        inner_no=f"C{trade.order_no}",
        pre_entry_no=pre_entry_no(trade),
        list_no=trade.list_no,
        status="399",
        returned_at=whole(at),
        text=_SAID["399"],
    )
    return write_message("CEB624", CancellationReceipts(guid=guid(), version="1.0", receipts=(receipt,)))


def zone_answer(name: str, **facts: object) -> bytes:
    """A paper of the zone's system out of its pattern in the folder: response, INV201 or SAS221."""
    return (FOLDER / f"{name}.xml").read_text("utf-8").format(**facts).encode()


def transfer(firm: tuple[str, str]) -> Transfer:
    """Who sends a retail message."""
    code, name = firm
    return Transfer(
        sender_code=code, sender_name=name, dxp_mode="DXP", dxp_id=f"DXPENT{code[:4]}0000{code[-2:]}"
    )


def payment_no(trade: Trade) -> str:
    """Number the payment firm gives its payment."""
    return f"QK{trade.order_no[-7:]}66"


def pre_entry_no(trade: Trade) -> str:
    """Number the e-port gives its declaration (preNo)."""
    return f"B2026{trade.order_no[-7:]:>013}"


def guid() -> str:
    """A new number of an element."""
    return str(uuid4()).upper()


def whole(at: datetime) -> datetime:
    """Without the parts of a second no paper has."""
    return at.replace(microsecond=0)
