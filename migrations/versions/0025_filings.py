"""Filings: what companies file of themselves, and what staff decide."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only

revision = "0025_filings"
down_revision = "0024_exports"


def upgrade() -> None:
    op.create_table(
        "registry_filing",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the filing"),
        sa.Column("customs_code", sa.String(length=10), nullable=False, comment="company that filed it"),
        sa.Column(
            "kind",
            sa.Enum("COMPANY", "PRODUCTS", name="filingkind", native_enum=False, create_constraint=True),
            nullable=False,
            comment="the company itself, or products",
        ),
        sa.Column(
            "content",
            postgresql.JSONB(),
            nullable=False,
            comment="cells as filed: credit_code, name, roles; or the table as rows of texts",
        ),
        sa.Column("row_count", sa.BigInteger(), nullable=False, comment="rows of the table; 1 for a company"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False, comment="when it was filed"),
        sa.Column("filed_by_id", sa.BigInteger(), nullable=False, comment="who filed it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_filing")),
        sa.UniqueConstraint("number", name=op.f("uq_registry_filing_number")),
        comment="What companies filed of themselves; never changed",
    )
    op.create_index(
        op.f("ix_registry_filing_customs_code"), "registry_filing", ["customs_code"], unique=False
    )
    op.create_table(
        "filing_decision",
        sa.Column("filing_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="the filing"),
        sa.Column(
            "approved",
            sa.Boolean(),
            nullable=False,
            comment="true: brought into the registry; false: returned",
        ),
        sa.Column(
            "reason",
            sa.String(length=500),
            nullable=False,
            comment="what is to be mended; empty when approved",
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=False, comment="by whom"),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["registry_filing.id"], name=op.f("fk_filing_decision_filing_id")
        ),
        sa.PrimaryKeyConstraint("filing_id", name=op.f("pk_filing_decision")),
        comment="What staff decided on filings; never changed",
    )
    append_only("registry_filing", "filing_decision")
    op.execute("create sequence filing_number_seq")


def downgrade() -> None:
    op.drop_table("filing_decision")
    op.drop_index(op.f("ix_registry_filing_customs_code"), table_name="registry_filing")
    op.drop_table("registry_filing")
    op.execute("drop sequence filing_number_seq")
