"""What else one posting guards: buyers' years, reservations, display, serials; counts and closed periods."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0007_guarded"
down_revision = "0006_findings"

FACTS = (
    "buyer_entry",
    "reservation",
    "display_entry",
    "stock_count",
    "count_line",
    "period_balance",
    "period_figure",
)
KINDS = (
    "OPENING",
    "BONDED_LIST",
    "RETAIL_DECLARATION",
    "STOCK_BILL",
    "GATE_PASS",
    "RETURN_REQUEST",
    "ADJUSTMENT",
    "CASE",
)


def upgrade() -> None:
    _tables()
    for table in FACTS:
        op.execute(
            f"create trigger {table}_stays before update or delete on {table} "
            "for each row execute function facts_stay()"
        )
        op.execute(
            f"create trigger {table}_stays_whole before truncate on {table} "
            "for each statement execute function facts_stay()"
        )
    updatable("buyer_figure", "used", "version")
    updatable("reservation_figure", "reserved", "version")
    updatable("serial_place", "location_id")


def downgrade() -> None:
    op.drop_table("serial_place")
    op.drop_table("period_figure")
    op.drop_table("period_balance")
    op.drop_table("count_line")
    op.drop_table("stock_count")
    op.drop_table("reservation_figure")
    op.drop_table("reservation")
    op.drop_table("display_entry")
    op.drop_table("buyer_figure")
    op.drop_table("buyer_entry")


def _tables() -> None:
    op.create_table(
        "buyer_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("figure_id", sa.BigInteger(), nullable=False, comment="buyer, year and item"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="fen or stock units, signed"),
        sa.Column(
            "document_kind",
            sa.Enum(*KINDS, name="documentkind", native_enum=False, create_constraint=True),
            nullable=False,
            comment="document that carries it",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="its number"),
        sa.Column(
            "document_line", sa.BigInteger(), nullable=False, comment="its line; 0 for the whole document"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_entry")),
    )
    op.create_index(
        "ix_buyer_entry_document", "buyer_entry", ["document_number", "document_line"], unique=False
    )
    op.create_index(op.f("ix_buyer_entry_figure_id"), "buyer_entry", ["figure_id"], unique=False)
    op.create_table(
        "buyer_figure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "buyer", sa.String(length=64), nullable=False, comment="keyed hash of the buyer's identity number"
        ),
        sa.Column("year", sa.BigInteger(), nullable=False, comment="calendar year in China"),
        sa.Column(
            "item_no", sa.String(length=32), nullable=False, comment="料号; empty for the amount in fen"
        ),
        sa.Column("used", sa.BigInteger(), nullable=False, comment="fen, or stock units of the item"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="rises with every change"),
        sa.CheckConstraint("used >= 0", name=op.f("ck_buyer_figure_used_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_figure")),
        sa.UniqueConstraint("buyer", "year", "item_no", name=op.f("uq_buyer_figure_buyer_year_item_no")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "display_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="the book item"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units, signed"),
        sa.Column(
            "document_kind",
            sa.Enum(*KINDS, name="documentkind", native_enum=False, create_constraint=True),
            nullable=False,
            comment="document that carries it",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="its number"),
        sa.Column(
            "document_line", sa.BigInteger(), nullable=False, comment="its line; 0 for the whole document"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_display_entry")),
    )
    op.create_index(
        "ix_display_entry_document", "display_entry", ["document_number", "document_line"], unique=False
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("figure_id", sa.BigInteger(), nullable=False, comment="book item, owner and mode"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units, signed"),
        sa.Column(
            "document_kind",
            sa.Enum(*KINDS, name="documentkind", native_enum=False, create_constraint=True),
            nullable=False,
            comment="document that carries it",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="its number"),
        sa.Column(
            "document_line", sa.BigInteger(), nullable=False, comment="its line; 0 for the whole document"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    op.create_index(
        "ix_reservation_document", "reservation", ["document_number", "document_line"], unique=False
    )
    op.create_index(op.f("ix_reservation_figure_id"), "reservation", ["figure_id"], unique=False)
    op.create_table(
        "reservation_figure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="the book item"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="whose goods"),
        sa.Column("mode", sa.String(length=4), nullable=False, comment="supervision mode, e.g. 1210"),
        sa.Column(
            "reserved", sa.BigInteger(), nullable=False, comment="stock units promised and not yet picked"
        ),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="rises with every change"),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_reservation_figure_reserved_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_figure")),
        sa.UniqueConstraint(
            "book_item_id", "owner_id", "mode", name=op.f("uq_reservation_figure_book_item_id_owner_id_mode")
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "stock_count",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False, comment="number of the count sheet"),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False, comment="when it was counted"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who counted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
        sa.UniqueConstraint("number", name=op.f("uq_stock_count_number")),
    )
    op.create_table(
        "count_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("count_id", sa.BigInteger(), nullable=False, comment="the count"),
        sa.Column("location_id", sa.BigInteger(), nullable=False, comment="the place"),
        sa.Column("lot_id", sa.BigInteger(), nullable=False, comment="the lot"),
        sa.Column("counted", sa.BigInteger(), nullable=False, comment="stock units that were there"),
        sa.Column("on_hand", sa.BigInteger(), nullable=False, comment="stock units the ledger said"),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="version of the balance it said so at; 0 if it had none",
        ),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_line_count_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_line")),
    )
    op.create_index(op.f("ix_count_line_count_id"), "count_line", ["count_id"], unique=False)
    op.create_table(
        "period_balance",
        sa.Column("period_id", sa.BigInteger(), nullable=False, comment="the period"),
        sa.Column("balance_id", sa.BigInteger(), nullable=False, comment="the balance"),
        sa.Column(
            "on_hand",
            sa.BigInteger(),
            nullable=False,
            comment="stock units; below zero where goods were recorded late",
        ),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_period_balance_period_id")),
        sa.PrimaryKeyConstraint("period_id", "balance_id", name=op.f("pk_period_balance")),
    )
    op.create_table(
        "period_figure",
        sa.Column("period_id", sa.BigInteger(), nullable=False, comment="the period"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="the book item"),
        sa.Column("actual_in", sa.BigInteger(), nullable=False, comment="实增 by then"),
        sa.Column("actual_out", sa.BigInteger(), nullable=False, comment="实减 by then"),
        sa.Column("moved_in", sa.BigInteger(), nullable=False, comment="moved in by then"),
        sa.Column("moved_out", sa.BigInteger(), nullable=False, comment="moved out by then"),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_period_figure_period_id")),
        sa.PrimaryKeyConstraint("period_id", "book_item_id", name=op.f("pk_period_figure")),
    )
    op.create_table(
        "serial_place",
        sa.Column("lot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "location_id",
            sa.BigInteger(),
            nullable=True,
            comment="the real place it lies in; none with a partner",
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_serial_place_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_serial_place_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_serial_place")),
    )
