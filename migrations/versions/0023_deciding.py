"""Cases are decided: a remedy is proposed, and an adjustment waits for the list that corrects the book.

Customs' figures carry the moment they became known here, so that a reconciliation reads back; a case finds its rows.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0023_deciding"
down_revision = "0022_retail_receipts"

REMEDIES = ("AS_IT_LIES", "BY_LIST", "EXPLAINED")


def _remedy(*, nullable: bool, comment: str) -> sa.Column[str]:
    return sa.Column(
        "remedy",
        sa.Enum(*REMEDIES, name="remedy", native_enum=False, create_constraint=True),
        nullable=nullable,
        comment=comment,
    )


def upgrade() -> None:
    op.add_column(
        "book_statement",
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
            comment="the ledger's clock when it became known here, for as-of reading",
        ),
    )
    op.create_index(
        "ix_open_row_case", "open_row", ["case_number"], postgresql_where=sa.text("case_number <> ''")
    )
    op.add_column("discrepancy", _remedy(nullable=True, comment="what was proposed; none before a proposal"))
    updatable("discrepancy", "remedy")
    op.execute("create sequence adjustment_number_seq")
    op.create_table(
        "adjustment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False, comment="number of the adjustment"),
        sa.Column("case_id", sa.BigInteger(), nullable=False, comment="the case it decides"),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="into the book or out of it",
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units the book must change by"),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=False, comment="officer who decided"),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False, comment="when it was decided"),
        sa.Column(
            "list_no",
            sa.String(64),
            nullable=False,
            comment="list that answers it; empty until the declarant names one",
        ),
        sa.Column(
            "done_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when that list was booked; none while it waits",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["discrepancy.id"], name=op.f("fk_adjustment_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint("number", name=op.f("uq_adjustment_number")),
        sa.UniqueConstraint("case_id", name=op.f("uq_adjustment_case_id")),
    )
    op.create_index(
        "ix_adjustment_list_no", "adjustment", ["list_no"], postgresql_where=sa.text("list_no <> ''")
    )
    updatable("adjustment", "list_no", "done_at")


def downgrade() -> None:
    op.drop_table("adjustment")
    op.execute("drop sequence adjustment_number_seq")
    op.drop_column("discrepancy", "remedy")
    op.drop_index("ix_open_row_case", table_name="open_row")
    op.drop_column("book_statement", "recorded_at")
