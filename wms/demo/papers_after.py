"""The papers that follow a parcel: tax bills of what was released, and a buyer's request to send goods back."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from wms.customs.messages.ceb.goods_return import (
    GoodsReturnDraft,
    GoodsReturnHead,
    GoodsReturnLine,
    GoodsReturnMessage,
    GoodsReturnReceipt,
    GoodsReturnReceipts,
)
from wms.customs.messages.ceb.tax_bill import (
    TaxBill,
    TaxBillHead,
    TaxBillLine,
    TaxBillMessage,
    TaxBillStatus,
    TaxBillStatusHead,
    TaxBillStatusMessage,
)
from wms.customs.messages.signing.envelope import Signer
from wms.customs.messages.writing import write_message
from wms.demo.papers import (
    CARRIER,
    CUSTOMS,
    MERCHANT,
    PLATFORM,
    WAREHOUSE,
    Trade,
    asked_back,
    guid,
    pre_entry_no,
    transfer,
    whole,
)

#: A bill that was just made; one that is void.
_MADE, _VOID = "1", "3"
_SAID: Final = {"120": "海关已入库", "399": "准予退货"}


def tax_bills(trades: Iterable[Trade], *, at: datetime) -> bytes:
    """CEB816: customs bill each declaration the three taxes of every line."""
    bills = tuple(_tax_bill(each, at=at) for each in trades)
    return write_message("CEB816", TaxBillMessage(guid=guid(), version="1.0", documents=bills))


def _tax_bill(trade: Trade, *, at: datetime) -> TaxBill:
    taxes = trade.taxes
    head = TaxBillHead(
        guid=guid(),
        returned_at=whole(at),
        list_no=trade.list_no,
        tax_no=trade.tax_no,
        customs_tax=sum((each.duty for each in taxes), Decimal(0)),
        vat=sum((each.vat for each in taxes), Decimal(0)),
        consumption_tax=sum((each.consumption_tax for each in taxes), Decimal(0)),
        status=_MADE,
        guarantor_code=WAREHOUSE[0],
        merchant_code=MERCHANT[0],
        carrier_code=CARRIER[0],
        declarant_code=WAREHOUSE[0],
        customs_code=CUSTOMS,
    )
    lines = tuple(
        TaxBillLine(
            line_no=number,
            hs10=product.hs10,
            tax_price=tax.value,
            customs_tax=tax.duty,
            vat=tax.vat,
            consumption_tax=tax.consumption_tax,
        )
        for number, ((product, _, _), tax) in enumerate(zip(trade.lines, taxes, strict=True), start=1)
    )
    return TaxBill(head=head, lines=lines)


def void_bill(trade: Trade, *, at: datetime) -> bytes:
    """CEB818: the bill of a parcel that came back is void."""
    head = TaxBillStatusHead(
        guid=guid(),
        returned_at=whole(at),
        list_no=trade.list_no,
        tax_no=trade.tax_no,
        status=_VOID,
        guarantor_code=WAREHOUSE[0],
    )
    body = TaxBillStatusMessage(guid=guid(), version="1.0", documents=(TaxBillStatus(head=head),))
    return write_message("CEB818", body)


def return_request(trade: Trade, *, reason: str, signer: Signer, at: datetime) -> bytes:
    """CEB625: the buyer sends everything back."""
    head = GoodsReturnHead(**asked_back(trade, number=trade.return_no, reason=reason, at=at))
    lines = tuple(
        GoodsReturnLine(
            line_no=number,
            hs10=product.hs10,
            name=product.name_zh,
            quantity=Decimal(quantity),
            unit=product.unit,
        )
        for number, (product, quantity, _) in enumerate(trade.lines, start=1)
    )
    body = GoodsReturnMessage(
        guid=guid(),
        version="1.0",
        documents=(GoodsReturnDraft(head=head, lines=lines),),
        transfer=transfer(WAREHOUSE),
    )
    return write_message("CEB625", body, signer=signer)


def return_receipt(trade: Trade, status: str, *, at: datetime) -> bytes:
    """CEB626: what customs says to the request."""
    receipt = GoodsReturnReceipt(
        guid=guid(),
        customs_code=CUSTOMS,
        declarant_code=WAREHOUSE[0],
        platform_code=PLATFORM[0],
        merchant_code=MERCHANT[0],
        inner_no=trade.return_no,
        pre_entry_no=pre_entry_no(trade),
        list_no=trade.list_no,
        status=status,
        returned_at=whole(at),
        text=_SAID[status],
    )
    return write_message("CEB626", GoodsReturnReceipts(guid=guid(), version="1.0", receipts=(receipt,)))
