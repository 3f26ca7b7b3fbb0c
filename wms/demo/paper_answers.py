"""What customs said of the papers of the demonstration's orders, and the buyer's signature for the parcel that left."""

from collections.abc import Iterable
from datetime import datetime

from wms.customs.messages.ceb.order import OrderReceipt, OrderReceipts
from wms.customs.messages.ceb.payment import PaymentReceipt, PaymentReceipts
from wms.customs.messages.ceb.waybill import WaybillReceipt, WaybillReceipts
from wms.customs.messages.ceb.waybill_status import WaybillStatusFiling, WaybillStatusMessage
from wms.customs.messages.writing import write_message
from wms.demo.papers import (
    CARRIER,
    MERCHANT,
    PAYMENT,
    PLATFORM,
    Trade,
    guid,
    payment_no,
    transfer,
    whole,
)

_TAKEN, _RETURNED = ("120", "海关已入库"), ("100", "支付人与订购人不一致")


def order_receipts(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB312: customs took every order in."""
    status, text = _TAKEN
    receipts = tuple(
        OrderReceipt(
            guid=guid(),
            platform_code=PLATFORM[0],
            merchant_code=MERCHANT[0],
            order_no=each.order_no,
            status=status,
            returned_at=whole(at),
            text=text,
        )
        for each in trades
    )
    return write_message("CEB312", OrderReceipts(guid=guid(), version="1.0", receipts=receipts))


def payment_receipts(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB412: customs sends back what somebody else paid."""
    receipts = []
    for each in trades:
        if each.fault == "payment":
            continue
        status, text = _RETURNED if each.fault == "payer" else _TAKEN
        receipts.append(
            PaymentReceipt(
                guid=guid(),
                payment_firm_code=PAYMENT[0],
                payment_no=payment_no(each),
                status=status,
                returned_at=whole(at),
                text=text,
            )
        )
    return write_message("CEB412", PaymentReceipts(guid=guid(), version="1.0", receipts=tuple(receipts)))


def waybill_receipts(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB512: customs took every waybill in."""
    status, text = _TAKEN
    receipts = tuple(
        WaybillReceipt(
            guid=guid(),
            carrier_code=CARRIER[0],
            waybill_no=each.waybill_no,
            status=status,
            returned_at=whole(at),
            text=text,
        )
        for each in trades
    )
    return write_message("CEB512", WaybillReceipts(guid=guid(), version="1.0", receipts=receipts))


def signed_for(trade: Trade, *, at: datetime) -> bytes:
    """CEB513 of the carrier: the buyer has the parcel."""
    report = WaybillStatusFiling(
        guid=guid(),
        declaration_type="1",
        declared_at=whole(at),
        declaration_status="2",
        carrier_code=CARRIER[0],
        carrier_name=CARRIER[1],
        waybill_no=trade.waybill_no,
        status="S",
        happened_at=whole(at),
    )
    body = WaybillStatusMessage(guid=guid(), version="1.0", documents=(report,), transfer=transfer(CARRIER))
    return write_message("CEB513", body)
