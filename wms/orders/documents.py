"""Order, payment and waybill as three parties filed them: every version kept, none ever changed.

Which version is in force is asked, not stored: the one with the greatest appTime, whatever the order of arrival.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.audit import UNAUDITED
from wms.db import Base
from wms.sealed import Sealed

#: N19,5 of the messages.
_NUMBER = Numeric(19, 5)


class _Filed:
    """What every filing has: who sent it is in its message, what it says in its columns."""

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    guid: Mapped[str] = mapped_column(
        String(36), comment="number of the element; the same one again is set aside"
    )
    order_no: Mapped[str] = mapped_column(
        String(60), index=True, comment="orderNo: what joins the three filings"
    )
    declared_at: Mapped[datetime] = mapped_column(comment="appTime; the greatest is in force")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    digest: Mapped[str] = mapped_column(
        String(64),
        comment="keyed hash of every text of the element, hexadecimal: tells a repetition from a conflict",
    )


class Order(_Filed, Base):
    """电子订单 (CEB311): who bought what from whom, for how much, and where it goes."""

    __tablename__ = "customer_order"
    __table_args__ = (
        UniqueConstraint("guid"),
        {"comment": "Orders as filed (CEB311), every version", "info": UNAUDITED},
    )

    platform_code: Mapped[str] = mapped_column(String(18), comment="ebpCode")
    platform_name: Mapped[str] = mapped_column(String(100), comment="ebpName")
    merchant_code: Mapped[str] = mapped_column(String(18), comment="ebcCode")
    merchant_name: Mapped[str] = mapped_column(String(100), comment="ebcName")
    goods_value: Mapped[Decimal] = mapped_column(_NUMBER, comment="goodsValue, CNY")
    freight: Mapped[Decimal] = mapped_column(_NUMBER, comment="freight, CNY")
    discount: Mapped[Decimal] = mapped_column(_NUMBER, comment="discount, CNY")
    tax_total: Mapped[Decimal] = mapped_column(_NUMBER, comment="taxTotal, CNY")
    amount_paid: Mapped[Decimal] = mapped_column(_NUMBER, comment="acturalPaid, CNY")
    buyer_account: Mapped[str] = mapped_column(Sealed, comment="buyerRegNo")
    buyer_name: Mapped[str] = mapped_column(Sealed, comment="buyerName")
    buyer_phone: Mapped[str] = mapped_column(Sealed, comment="buyerTelephone")
    buyer_id_type: Mapped[str] = mapped_column(String(1), comment="buyerIdType: 1 identity card, 2 other")
    buyer_id_no: Mapped[str] = mapped_column(Sealed, comment="buyerIdNumber")
    payment_no: Mapped[str | None] = mapped_column(String(60), comment="payTransactionId, where given")
    consignee: Mapped[str] = mapped_column(Sealed, comment="consignee")
    consignee_phone: Mapped[str] = mapped_column(Sealed, comment="consigneeTelephone")
    consignee_address: Mapped[str] = mapped_column(Sealed, comment="consigneeAddress")
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.line_no", lazy="selectin")


class OrderLine(Base):
    """One line of an order; a gift has price 0."""

    __tablename__ = "order_line"
    __table_args__ = ({"comment": "Lines of orders as filed", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True, comment="its order")
    line_no: Mapped[int] = mapped_column(comment="gnum")
    item_no: Mapped[str | None] = mapped_column(String(30), comment="itemNo, 料号; empty when not given")
    item_name: Mapped[str] = mapped_column(String(250), comment="itemName")
    specification: Mapped[str] = mapped_column(String(510), comment="gmodel")
    unit: Mapped[str] = mapped_column(String(3), comment="unit")
    quantity: Mapped[Decimal] = mapped_column(_NUMBER, comment="qty in that unit")
    price: Mapped[Decimal] = mapped_column(_NUMBER, comment="price of one, CNY")
    total: Mapped[Decimal] = mapped_column(_NUMBER, comment="totalPrice, CNY")
    origin: Mapped[str] = mapped_column(String(3), comment="country of origin, three digits")


class Payment(_Filed, Base):
    """支付凭证 (CEB411): who paid how much for which order."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("guid"),
        {"comment": "Payments as filed (CEB411), every version", "info": UNAUDITED},
    )

    platform_code: Mapped[str] = mapped_column(String(18), comment="ebpCode")
    payment_no: Mapped[str] = mapped_column(String(60), comment="payTransactionId")
    payer_id_no: Mapped[str] = mapped_column(Sealed, comment="payerIdNumber")
    payer_name: Mapped[str] = mapped_column(Sealed, comment="payerName")
    amount_paid: Mapped[Decimal] = mapped_column(_NUMBER, comment="amountPaid, CNY")
    paid_at: Mapped[datetime] = mapped_column(comment="payTime")


class Waybill(_Filed, Base):
    """物流运单 (CEB511): which parcel carries the order to whom."""

    __tablename__ = "waybill"
    __table_args__ = (
        UniqueConstraint("guid"),
        {"comment": "Waybills as filed (CEB511), every version", "info": UNAUDITED},
    )

    carrier_code: Mapped[str] = mapped_column(String(18), comment="logisticsCode")
    carrier_name: Mapped[str] = mapped_column(String(100), comment="logisticsName")
    waybill_no: Mapped[str] = mapped_column(String(60), comment="logisticsNo")
    insurance: Mapped[Decimal | None] = mapped_column(_NUMBER, comment="insuredFee, CNY, where given")
    gross_kg: Mapped[Decimal] = mapped_column(_NUMBER, comment="weight, kilograms")
    packages: Mapped[int] = mapped_column(comment="packNo")
    consignee: Mapped[str] = mapped_column(Sealed, comment="consignee")
    consignee_address: Mapped[str] = mapped_column(Sealed, comment="consigneeAddress")
    consignee_phone: Mapped[str] = mapped_column(Sealed, comment="consigneeTelephone")


Filed = Order | Payment | Waybill
