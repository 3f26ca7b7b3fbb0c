"""Orders, payments and waybills as filed, elements that came again, and the verdicts of the matching run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only, mutable

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _tables()
    append_only("customer_order", "order_line", "payment", "waybill", "repeated_element")
    mutable("order_match")


def downgrade() -> None:
    for table in ("order_match", "repeated_element", "order_line", "waybill", "payment", "customer_order"):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "customer_order",
        sa.Column("platform_code", sa.String(length=18), nullable=False, comment="ebpCode"),
        sa.Column("platform_name", sa.String(length=100), nullable=False, comment="ebpName"),
        sa.Column("merchant_code", sa.String(length=18), nullable=False, comment="ebcCode"),
        sa.Column("merchant_name", sa.String(length=100), nullable=False, comment="ebcName"),
        sa.Column(
            "goods_value", sa.Numeric(precision=19, scale=5), nullable=False, comment="goodsValue, CNY"
        ),
        sa.Column("freight", sa.Numeric(precision=19, scale=5), nullable=False, comment="freight, CNY"),
        sa.Column("discount", sa.Numeric(precision=19, scale=5), nullable=False, comment="discount, CNY"),
        sa.Column("tax_total", sa.Numeric(precision=19, scale=5), nullable=False, comment="taxTotal, CNY"),
        sa.Column(
            "amount_paid", sa.Numeric(precision=19, scale=5), nullable=False, comment="acturalPaid, CNY"
        ),
        sa.Column("buyer_account", sa.String(length=60), nullable=False, comment="buyerRegNo"),
        sa.Column("buyer_name", sa.String(length=60), nullable=False, comment="buyerName"),
        sa.Column("buyer_phone", sa.String(length=30), nullable=False, comment="buyerTelephone"),
        sa.Column(
            "buyer_id_type",
            sa.String(length=1),
            nullable=False,
            comment="buyerIdType: 1 identity card, 2 other",
        ),
        sa.Column("buyer_id_no", sa.String(length=60), nullable=False, comment="buyerIdNumber"),
        sa.Column("payment_no", sa.String(length=60), nullable=True, comment="payTransactionId, where given"),
        sa.Column("consignee", sa.String(length=100), nullable=False, comment="consignee"),
        sa.Column("consignee_phone", sa.String(length=50), nullable=False, comment="consigneeTelephone"),
        sa.Column("consignee_address", sa.String(length=200), nullable=False, comment="consigneeAddress"),
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; the same one again is set aside",
        ),
        sa.Column(
            "order_no", sa.String(length=60), nullable=False, comment="orderNo: what joins the three filings"
        ),
        sa.Column(
            "declared_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="appTime; the greatest is in force",
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of every text of the element, hexadecimal: tells a repetition from a conflict",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_customer_order_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("guid", name=op.f("uq_customer_order_guid")),
        comment="Orders as filed (CEB311), every version",
        info={"audited": False},
    )
    op.create_index(op.f("ix_customer_order_order_no"), "customer_order", ["order_no"], unique=False)
    op.create_table(
        "payment",
        sa.Column("platform_code", sa.String(length=18), nullable=False, comment="ebpCode"),
        sa.Column("payment_no", sa.String(length=60), nullable=False, comment="payTransactionId"),
        sa.Column("payer_id_no", sa.String(length=60), nullable=False, comment="payerIdNumber"),
        sa.Column("payer_name", sa.String(length=60), nullable=False, comment="payerName"),
        sa.Column(
            "amount_paid", sa.Numeric(precision=19, scale=5), nullable=False, comment="amountPaid, CNY"
        ),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False, comment="payTime"),
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; the same one again is set aside",
        ),
        sa.Column(
            "order_no", sa.String(length=60), nullable=False, comment="orderNo: what joins the three filings"
        ),
        sa.Column(
            "declared_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="appTime; the greatest is in force",
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of every text of the element, hexadecimal: tells a repetition from a conflict",
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbox_message.id"], name=op.f("fk_payment_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("guid", name=op.f("uq_payment_guid")),
        comment="Payments as filed (CEB411), every version",
        info={"audited": False},
    )
    op.create_index(op.f("ix_payment_order_no"), "payment", ["order_no"], unique=False)
    op.create_table(
        "waybill",
        sa.Column("carrier_code", sa.String(length=18), nullable=False, comment="logisticsCode"),
        sa.Column("carrier_name", sa.String(length=100), nullable=False, comment="logisticsName"),
        sa.Column("waybill_no", sa.String(length=60), nullable=False, comment="logisticsNo"),
        sa.Column(
            "insurance",
            sa.Numeric(precision=19, scale=5),
            nullable=True,
            comment="insuredFee, CNY, where given",
        ),
        sa.Column("gross_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="weight, kilograms"),
        sa.Column("packages", sa.BigInteger(), nullable=False, comment="packNo"),
        sa.Column("consignee", sa.String(length=100), nullable=False, comment="consignee"),
        sa.Column("consignee_address", sa.String(length=200), nullable=False, comment="consigneeAddress"),
        sa.Column("consignee_phone", sa.String(length=50), nullable=False, comment="consigneeTelephone"),
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; the same one again is set aside",
        ),
        sa.Column(
            "order_no", sa.String(length=60), nullable=False, comment="orderNo: what joins the three filings"
        ),
        sa.Column(
            "declared_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="appTime; the greatest is in force",
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of every text of the element, hexadecimal: tells a repetition from a conflict",
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbox_message.id"], name=op.f("fk_waybill_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waybill")),
        sa.UniqueConstraint("guid", name=op.f("uq_waybill_guid")),
        comment="Waybills as filed (CEB511), every version",
        info={"audited": False},
    )
    op.create_index(op.f("ix_waybill_order_no"), "waybill", ["order_no"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("order_id", sa.BigInteger(), nullable=False, comment="its order"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="gnum"),
        sa.Column(
            "item_no", sa.String(length=30), nullable=True, comment="itemNo, 料号; empty when not given"
        ),
        sa.Column("item_name", sa.String(length=250), nullable=False, comment="itemName"),
        sa.Column("specification", sa.String(length=510), nullable=False, comment="gmodel"),
        sa.Column("unit", sa.String(length=3), nullable=False, comment="unit"),
        sa.Column("quantity", sa.Numeric(precision=19, scale=5), nullable=False, comment="qty in that unit"),
        sa.Column("price", sa.Numeric(precision=19, scale=5), nullable=False, comment="price of one, CNY"),
        sa.Column("total", sa.Numeric(precision=19, scale=5), nullable=False, comment="totalPrice, CNY"),
        sa.Column("origin", sa.String(length=3), nullable=False, comment="country of origin, three digits"),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        comment="Lines of orders as filed",
        info={"audited": False},
    )
    op.create_index(op.f("ix_order_line_order_id"), "order_line", ["order_id"], unique=False)
    op.create_table(
        "repeated_element",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column("kind", sa.String(length=6), nullable=False, comment="CEB311, CEB411 or CEB511"),
        sa.Column("guid", sa.String(length=36), nullable=False, comment="number of the element"),
        sa.Column("order_no", sa.String(length=60), nullable=False, comment="orderNo it names"),
        sa.Column(
            "outcome",
            sa.Enum(
                "DUPLICATE_IGNORED",
                "DUPLICATE_CONFLICT",
                name="repetition",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="the same again, or with other content",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_repeated_element_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeated_element")),
        comment="Elements of messages that came again",
        info={"audited": False},
    )
    op.create_table(
        "order_match",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("order_no", sa.String(length=60), nullable=False, comment="orderNo"),
        sa.Column(
            "order_id",
            sa.BigInteger(),
            nullable=True,
            comment="version of the order that was judged; none when it is missing",
        ),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False, comment="when it was judged last"),
        sa.Column(
            "verdict",
            sa.Enum(
                "ACCEPTED", "REFUSED", "WAITING", name="verdict", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="accepted, refused or waiting",
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "RETAIL_70",
                "RETAIL_FULL_TAX",
                "GENERAL_TRADE",
                "NONE",
                name="channel",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="how it is taxed, or what remains",
        ),
        sa.Column(
            "faults",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="rule, pair, field and line of every fault",
        ),
        sa.Column(
            "missing",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="documents that are not here: 311, 411, 511",
        ),
        sa.Column(
            "dutiable_value",
            sa.Numeric(precision=19, scale=5),
            nullable=True,
            comment="dutiable value, CNY; empty while order or waybill is missing",
        ),
        sa.Column(
            "declaration",
            sa.String(length=64),
            nullable=True,
            comment="copNo of the retail declaration, once accepted",
        ),
        sa.Column(
            "taxes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="line, item, quantity and taxes in CNY as text, once accepted",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_order_match_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_match")),
        sa.UniqueConstraint("order_no", name=op.f("uq_order_match_order_no")),
        comment="Last verdict of the matching run on each order",
    )
