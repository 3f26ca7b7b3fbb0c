"""Counts that several people work on until somebody closes them, and cases with their spot and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only, updatable

revision = "0018_counts"
down_revision = "0017"

OLD_KINDS = (
    *("RECEIPT_OVER", "RECEIPT_SHORT", "RECEIPT_WRONG_ITEM_MISSING", "RECEIPT_WRONG_ITEM_EXTRA"),
    *("RECEIPT_DAMAGED", "BOOKED_OTHERWISE", "OPENING_DIFFERS", "NEGATIVE_BOOK"),
)
KINDS = (
    *("RECEIPT_OVER", "RECEIPT_SHORT", "RECEIPT_WRONG_ITEM_MISSING", "RECEIPT_WRONG_ITEM_EXTRA"),
    *("RECEIPT_DAMAGED", "COUNT_SHORTAGE", "COUNT_SURPLUS", "COUNT_LOT_SWAP", "COUNT_MISPLACED"),
    *("COUNT_CONDITION", "BOOKED_OTHERWISE", "OPENING_DIFFERS", "NEGATIVE_BOOK", "STATEMENT_DIFFERS"),
    "UNEXPLAINED",
)
OLD_STATES = ("OPEN", "PROPOSED", "DECIDED")
STATES = (*OLD_STATES, "CLOSED")
ACTS = (
    *("OPENED", "CHANGED", "EXPLAINED", "PROPOSED", "APPROVED", "SENT_BACK", "SETTLED", "NAMED", "CLOSED"),
)
SPOT = {
    "location_id": "where it should lie, or was found",
    "lot_id": "lot that should lie there, or was found",
    "other_location_id": "where it was found instead",
    "other_lot_id": "lot that was found instead",
}
CLOCK = sa.text("clock_timestamp()")


def _words(column: str, length: int, name: str, words: tuple[str, ...]) -> None:
    """Let a column hold these words."""
    op.drop_constraint(op.f(f"ck_discrepancy_{name}"), "discrepancy", type_="check")
    op.alter_column("discrepancy", column, type_=sa.String(length))
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_discrepancy_{name}"), "discrepancy", f"{column} in ({listed})")


def upgrade() -> None:
    op.add_column(
        "stock_count",
        sa.Column(
            "warehouses",
            sa.ARRAY(sa.String(20)),
            nullable=False,
            server_default="{}",
            comment="warehouses counted whole",
        ),
    )
    op.alter_column("stock_count", "warehouses", server_default=None)
    op.alter_column("stock_count", "counted_at", comment="when it was begun")
    op.alter_column("stock_count", "by_id", comment="who began it")
    op.create_table(
        "count_closing",
        sa.Column("count_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="the count"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False, comment="when it was closed"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who closed it"),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=CLOCK,
            comment="the ledger's clock, for as-of reading",
        ),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_closing_count_id")),
        sa.PrimaryKeyConstraint("count_id", name=op.f("pk_count_closing")),
    )
    op.create_index("ix_count_closing_recorded_at", "count_closing", ["recorded_at"])
    append_only("count_closing")
    op.execute("create sequence count_number_seq")
    _lines()
    _cases()


def _lines() -> None:
    op.add_column(
        "count_line",
        sa.Column(
            "visit",
            postgresql.UUID(),
            nullable=False,
            server_default=sa.text("gen_random_uuid()"),
            comment="one person's stay at a place; lines of one visit add up, a later visit replaces them",
        ),
    )
    op.add_column(
        "count_line",
        sa.Column("by_id", sa.BigInteger(), nullable=False, server_default="0", comment="who counted"),
    )
    op.add_column(
        "count_line",
        sa.Column(
            "takes_back_id",
            sa.BigInteger(),
            nullable=True,
            comment="line this one takes back, a slip of the worker; none for what counts",
        ),
    )
    for name, comment in (
        ("counted_at", "when it was counted"),
        ("recorded_at", "the ledger's clock at that moment"),
    ):
        op.add_column(
            "count_line",
            sa.Column(
                name, sa.DateTime(timezone=True), nullable=False, server_default=CLOCK, comment=comment
            ),
        )
    for name in ("visit", "by_id", "counted_at"):
        op.alter_column("count_line", name, server_default=None)


def _cases() -> None:
    _words("kind", 26, "casekind", KINDS)
    _words("state", 8, "casestate", STATES)
    op.add_column(
        "discrepancy",
        sa.Column(
            "count_id",
            sa.BigInteger(),
            nullable=True,
            comment="the count that found it last; none for other findings",
        ),
    )
    op.create_foreign_key(op.f("fk_discrepancy_count_id"), "discrepancy", "stock_count", ["count_id"], ["id"])
    for name, comment in SPOT.items():
        op.add_column("discrepancy", sa.Column(name, sa.BigInteger(), nullable=True, comment=comment))
    op.add_column(
        "discrepancy",
        sa.Column(
            "proposed_by_id",
            sa.BigInteger(),
            nullable=True,
            comment="who proposed last; somebody else decides; none before a proposal",
        ),
    )
    updatable("discrepancy", "count_id", "proposed_by_id")
    op.create_table(
        "case_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False, comment="the case"),
        sa.Column(
            "act",
            sa.Enum(*ACTS, name="act", native_enum=False, create_constraint=True),
            nullable=False,
            comment="what was done",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="by whom"),
        sa.Column(
            "said", sa.String(1000), nullable=False, comment="what the person said; empty for the system"
        ),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="figures and names that belong to it"),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=CLOCK,
            comment="the ledger's clock, for as-of reading",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["discrepancy.id"], name=op.f("fk_case_entry_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entry")),
    )
    op.create_index(op.f("ix_case_entry_case_id"), "case_entry", ["case_id"])
    append_only("case_entry")


def downgrade() -> None:
    op.drop_table("case_entry")
    op.drop_constraint(op.f("fk_discrepancy_count_id"), "discrepancy", type_="foreignkey")
    for name in ("proposed_by_id", *reversed(SPOT), "count_id"):
        op.drop_column("discrepancy", name)
    _words("state", 8, "casestate", OLD_STATES)
    _words("kind", 26, "casekind", OLD_KINDS)
    for name in ("recorded_at", "counted_at", "takes_back_id", "by_id", "visit"):
        op.drop_column("count_line", name)
    op.drop_table("count_closing")
    op.alter_column("stock_count", "by_id", comment="who counted")
    op.alter_column("stock_count", "counted_at", comment="when it was counted")
    op.drop_column("stock_count", "warehouses")
    op.execute("drop sequence count_number_seq")
