"""Guarantee letters behind business filings, and what stock bills use of them."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import append_only

revision = "0038_guarantees"
down_revision = "0037_follows"


def upgrade() -> None:
    op.create_table(
        "guarantee",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(64), nullable=False, comment="its number (dpstLevyBlNo)"),
        sa.Column("amount", sa.Numeric(25, 5), nullable=False, comment="what it covers, CNY"),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="last day on which a bill may use it"),
        sa.Column("filed_by_id", sa.BigInteger(), nullable=False, comment="who filed it"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_guarantee_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee")),
        sa.UniqueConstraint("number", name=op.f("uq_guarantee_number")),
        comment="Guarantee letters and deposits behind business filings",
    )
    op.create_table(
        "guarantee_entry",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("guarantee_id", sa.BigInteger(), nullable=False, comment="the letter"),
        sa.Column(
            "bill_no",
            sa.String(64),
            nullable=False,
            comment="stock bill, by the number it was declared under",
        ),
        sa.Column("amount", sa.Numeric(25, 5), nullable=False, comment="CNY, signed"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was used or given back"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who brought the paper"),
        sa.ForeignKeyConstraint(
            ["guarantee_id"], ["guarantee.id"], name=op.f("fk_guarantee_entry_guarantee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_entry")),
        comment="Uses of guarantee letters, never changed",
    )
    for column in ("guarantee_id", "bill_no"):
        op.create_index(op.f(f"ix_guarantee_entry_{column}"), "guarantee_entry", [column])
    append_only("guarantee", "guarantee_entry")
    op.add_column(
        "stock_bill",
        sa.Column(
            "guaranteed",
            sa.Numeric(25, 5),
            nullable=True,
            comment="guarantee it asks for (levyBlAmt), CNY; none if it names no amount",
        ),
    )
    op.add_column(
        "stock_bill",
        sa.Column(
            "related_no",
            sa.String(64),
            nullable=False,
            server_default="",
            comment="bill whose goods it brings back (rltSasStockNo); empty if none",
        ),
    )
    op.alter_column("stock_bill", "related_no", server_default=None)


def downgrade() -> None:
    op.drop_column("stock_bill", "related_no")
    op.drop_column("stock_bill", "guaranteed")
    op.drop_table("guarantee_entry")
    op.drop_table("guarantee")
