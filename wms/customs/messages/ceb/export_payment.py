"""Money received 收款单: CEB403 filed by payment firm or merchant, CEB404 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Text, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportPaymentFiling(Retail):
    """How much was received for which order."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", Text(least=1, most=1, default="1"))]
    platform_code: Annotated[str, wire("ebpCode", upto(18))]
    platform_name: Annotated[str, wire("ebpName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    payment_firm_code: Annotated[str | None, wire("payCode", upto(18))] = None
    payment_firm_name: Annotated[str, wire("payName", upto(100))]
    payment_no: Annotated[str | None, wire("payNo", upto(60))] = None
    charged: Annotated[Decimal, wire("charge", N19_5)]
    currency: Annotated[str, wire("currency", exactly(3))]
    credited_at: Annotated[datetime, wire("accountingDate", STAMP)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportPaymentMessage(Numbered):
    """CEB403: up to a hundred payments."""

    documents: Annotated[tuple[ExportPaymentFiling, ...], many("Receipts", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportPaymentReceipt(Retail):
    """What customs says to one payment."""

    guid: Annotated[str, wire("guid", exactly(36))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    order_no: Annotated[str, wire("orderNo", upto(60))]
    payment_no: Annotated[str | None, wire("payNo", upto(60))] = None
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ExportPaymentReceipts(Numbered):
    """CEB404: customs' answers to payments."""

    receipts: Annotated[tuple[ExportPaymentReceipt, ...], many("ReceiptsReturn", 1, 100)]
