"""Payment voucher 支付凭证: CEB411 filed by the payment firm, CEB412 customs' answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import Extension, Numbered, Retail, Subscription, Transfer
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, YUAN, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PaymentHead(Retail):
    """Who paid how much for which order; holds personal data."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", some(3))]
    payment_firm_code: Annotated[str, wire("payCode", some(18))]
    payment_firm_name: Annotated[str, wire("payName", some(100))]
    payment_no: Annotated[str, wire("payTransactionId", some(60))]
    order_no: Annotated[str, wire("orderNo", some(60))]
    platform_code: Annotated[str, wire("ebpCode", some(18))]
    platform_name: Annotated[str, wire("ebpName", some(100))]
    payer_id_type: Annotated[str, wire("payerIdType", exactly(1))]
    payer_id_no: Annotated[str, wire("payerIdNumber", some(60), personal=True)]
    payer_name: Annotated[str, wire("payerName", some(60), personal=True)]
    payer_phone: Annotated[str | None, wire("telephone", upto(60), personal=True)] = None
    amount_paid: Annotated[Decimal, wire("amountPaid", N19_5)]
    currency: Annotated[str, wire("currency", YUAN)]
    paid_at: Annotated[datetime, wire("payTime", STAMP)]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PaymentFiling(Retail):
    """One payment."""

    head: Annotated[PaymentHead, part("PaymentHead")]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PaymentMessage(Numbered):
    """CEB411: up to a hundred payments."""

    documents: Annotated[tuple[PaymentFiling, ...], many("Payment", 1, 100)]
    transfer: Annotated[Transfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    extension: Annotated[Extension | None, part("ExtendMessage")] = None
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PaymentReceipt(Retail):
    """What customs says to one payment."""

    guid: Annotated[str, wire("guid", exactly(36))]
    payment_firm_code: Annotated[str, wire("payCode", some(18))]
    payment_no: Annotated[str, wire("payTransactionId", some(60))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", some(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PaymentReceipts(Numbered):
    """CEB412: customs' answers to payments."""

    receipts: Annotated[tuple[PaymentReceipt, ...], many("PaymentReturn", 1, 100)]
