"""What the reconciler finds, and the picks that reserved stock, so that reserved figures can be proven too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import updatable

revision = "0006_findings"
down_revision = "0005"

CHECKS = (
    "VERSIONS",
    "ENDS",
    "BALANCE",
    "HELD",
    "RESERVED",
    "AUTHORITY",
    "BOOK_ITEM",
    "UNIT",
    "MOVED",
    "FIGURES",
    "OPEN",
    "OPEN_COPY",
    "LINK",
    "LAW",
    "LEFT_EARLY",
    "BOOKED_TWICE",
    "REQUEST_TWICE",
    "RESERVATION",
    "ALLOWANCE",
    "SERIAL",
)


def upgrade() -> None:
    op.create_table(
        "reserve_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("balance_id", sa.BigInteger(), nullable=False, comment="place and lot it is chosen from"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units, signed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserve_entry")),
    )
    op.create_index(op.f("ix_reserve_entry_balance_id"), "reserve_entry", ["balance_id"], unique=False)
    op.execute(
        "create trigger reserve_entry_stays before update or delete on reserve_entry "
        "for each row execute function facts_stay()"
    )
    op.execute(
        "create trigger reserve_entry_stays_whole before truncate on reserve_entry "
        "for each statement execute function facts_stay()"
    )
    op.create_table(
        "ledger_finding",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "check",
            sa.Enum(*CHECKS, name="check", native_enum=False, create_constraint=True),
            nullable=False,
            comment="what was checked",
        ),
        sa.Column("subject", sa.String(length=300), nullable=False, comment="on what, in words"),
        sa.Column(
            "sentence", sa.String(length=300), nullable=False, comment="the marked sentence, for translation"
        ),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="the figures of the sentence"),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False, comment="when it was first seen"),
        sa.Column(
            "gone_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the proofs no longer found it; none: open",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_finding")),
    )
    op.create_index(
        "uq_ledger_finding_open",
        "ledger_finding",
        ["check", "subject"],
        unique=True,
        postgresql_where=sa.text("gone_at is null"),
    )
    updatable("ledger_finding", "gone_at")


def downgrade() -> None:
    op.drop_table("ledger_finding")
    op.drop_table("reserve_entry")
