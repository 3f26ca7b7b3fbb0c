"""Customs' answers to the papers of an order, and what carriers say of a parcel's end."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import append_only

revision = "0043_paper_receipts"
down_revision = "0042_moves_by_paper"


def upgrade() -> None:
    op.create_table(
        "paper_receipt",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in first"),
        sa.Column("kind", sa.String(length=6), nullable=False, comment="CEB312, CEB412, CEB512 or CEB514"),
        sa.Column("guid", sa.String(length=36), nullable=False, comment="number of the answer itself"),
        sa.Column(
            "firm_code",
            sa.String(length=18),
            nullable=False,
            comment="platform, payment firm or carrier that filed it",
        ),
        sa.Column(
            "number",
            sa.String(length=60),
            nullable=False,
            comment="paper it answers: orderNo, payTransactionId or logisticsNo",
        ),
        sa.Column("status", sa.String(length=10), nullable=False, comment="returnStatus"),
        sa.Column(
            "returned_at", sa.DateTime(timezone=True), nullable=False, comment="returnTime, by customs' clock"
        ),
        sa.Column("text", sa.String(length=1000), nullable=False, comment="returnInfo"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_paper_receipt_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_receipt")),
        sa.UniqueConstraint(
            "kind", "number", "firm_code", "guid", "status", "returned_at", name="uq_paper_receipt_said"
        ),
        comment="Customs' answers to orders, payments and waybills",
        info={"audited": False},
    )
    op.create_index("ix_paper_receipt_number", "paper_receipt", ["kind", "number"])
    op.create_table(
        "delivery_report",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; the same one again is set aside",
        ),
        sa.Column("carrier_code", sa.String(length=18), nullable=False, comment="logisticsCode"),
        sa.Column("waybill_no", sa.String(length=60), nullable=False, comment="logisticsNo"),
        sa.Column(
            "declaration_type",
            sa.String(length=1),
            nullable=False,
            comment="appType: 1 new, 2 changed, 3 taken back",
        ),
        sa.Column(
            "declared_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="appTime; the greatest is in force",
        ),
        sa.Column("status", sa.String(length=1), nullable=False, comment="logisticsStatus: S signed for"),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False, comment="logisticsTime"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_delivery_report_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_report")),
        sa.UniqueConstraint("guid", name=op.f("uq_delivery_report_guid")),
        comment="States of parcels as carriers report them (CEB513)",
        info={"audited": False},
    )
    op.create_index("ix_delivery_report_waybill_no", "delivery_report", ["waybill_no"])
    append_only("paper_receipt", "delivery_report")


def downgrade() -> None:
    op.drop_table("delivery_report")
    op.drop_table("paper_receipt")
