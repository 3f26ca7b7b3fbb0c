"""Retail declarations: one parcel each, and their lines."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import append_only, updatable

revision = "0016"
down_revision = "0015_trace"


def upgrade() -> None:
    _tables()
    updatable(
        "retail_declaration",
        "list_no",
        "pre_no",
        "state",
        "released_at",
        "release_stamp",
        "book_effect",
        "cancel_pending",
        "exit_list_id",
    )
    append_only("retail_declaration_line")


def downgrade() -> None:
    for table in ("retail_declaration_line", "retail_declaration"):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "retail_declaration",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=64), nullable=False, comment="our own number (copNo)"),
        sa.Column("order_no", sa.String(length=60), nullable=False, comment="order it was made for"),
        sa.Column(
            "list_no",
            sa.String(length=18),
            nullable=False,
            comment="number given by customs (invtNo); empty until a receipt names it",
        ),
        sa.Column(
            "pre_no",
            sa.String(length=18),
            nullable=False,
            comment="number of the e-port (preNo); empty until known",
        ),
        sa.Column("waybill_no", sa.String(length=60), nullable=False, comment="parcel number (logisticsNo)"),
        sa.Column(
            "carrier_code",
            sa.String(length=18),
            nullable=False,
            comment="carrier (logisticsCode); empty if unknown",
        ),
        sa.Column(
            "carrier_name", sa.String(length=100), nullable=False, comment="its name; empty if unknown"
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False, comment="account book it leaves"),
        sa.Column("supervision_mode", sa.String(length=4), nullable=False, comment="e.g. 1210"),
        sa.Column(
            "buyer",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the buyer, as the ledger knows them",
        ),
        sa.Column("year", sa.BigInteger(), nullable=False, comment="calendar year whose allowance it uses"),
        sa.Column(
            "dutiable_value", sa.Numeric(precision=19, scale=5), nullable=False, comment="完税价格, CNY"
        ),
        sa.Column(
            "gross_kg",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="gross weight, kilograms; 0 if unknown",
        ),
        sa.Column(
            "net_kg",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="net weight, kilograms; 0 if unknown",
        ),
        sa.Column(
            "declared_at", sa.DateTime(timezone=True), nullable=False, comment="when it was drafted and sent"
        ),
        sa.Column(
            "is_history",
            sa.Boolean(),
            nullable=False,
            comment="released before this system kept the book; out of the book already",
        ),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="newest return status, CANCELLED, or empty before any receipt",
        ),
        sa.Column(
            "released_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first release (800, or else 899) by customs' clock",
        ),
        sa.Column(
            "release_stamp",
            sa.String(length=17),
            nullable=False,
            comment="the same as received, 17 digits; empty before",
        ),
        sa.Column(
            "book_effect",
            sa.Enum(
                "PROMISED",
                "BOOKED",
                "WITHDRAWN",
                name="bookeffect",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="promised when accepted, booked by its exit list, or withdrawn",
        ),
        sa.Column(
            "cancel_pending",
            sa.Boolean(),
            nullable=False,
            comment="a cancel request waits for its answer: not to be picked",
        ),
        sa.Column(
            "exit_list_id", sa.BigInteger(), nullable=True, comment="exit list of type 8 that takes it out"
        ),
        sa.ForeignKeyConstraint(["book_id"], ["account_book.id"], name=op.f("fk_retail_declaration_book_id")),
        sa.ForeignKeyConstraint(
            ["exit_list_id"], ["bonded_list.id"], name=op.f("fk_retail_declaration_exit_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_declaration")),
        sa.UniqueConstraint("number", name=op.f("uq_retail_declaration_number")),
        comment="Retail import declarations, one per parcel",
    )
    op.create_index(
        op.f("ix_retail_declaration_exit_list_id"), "retail_declaration", ["exit_list_id"], unique=False
    )
    op.create_index(op.f("ix_retail_declaration_list_no"), "retail_declaration", ["list_no"], unique=False)
    op.create_index(op.f("ix_retail_declaration_order_no"), "retail_declaration", ["order_no"], unique=False)
    op.create_index(op.f("ix_retail_declaration_state"), "retail_declaration", ["state"], unique=False)
    op.create_index(
        op.f("ix_retail_declaration_waybill_no"), "retail_declaration", ["waybill_no"], unique=False
    )
    op.create_table(
        "retail_declaration_line",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("declaration_id", sa.BigInteger(), nullable=False, comment="its declaration"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number (gnum)"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line it names"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column("hs10", sa.String(length=10), nullable=False, comment="commodity code (gcode)"),
        sa.Column("name", sa.String(length=250), nullable=False, comment="name as declared (gname)"),
        sa.Column("unit", sa.String(length=3), nullable=False, comment="declared unit code"),
        sa.Column("quantity", sa.Numeric(precision=19, scale=5), nullable=False, comment="declared quantity"),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False, comment="the same in stock units"),
        sa.Column("price", sa.Numeric(precision=19, scale=5), nullable=False, comment="price of one, CNY"),
        sa.Column(
            "total",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="total, CNY; for one of the history its dutiable value",
        ),
        sa.Column(
            "tax_price",
            sa.Numeric(precision=19, scale=2),
            nullable=False,
            comment="dutiable value with its share of freight, CNY",
        ),
        sa.Column("customs_tax", sa.Numeric(precision=19, scale=2), nullable=False, comment="duty, CNY"),
        sa.Column("vat", sa.Numeric(precision=19, scale=2), nullable=False, comment="value-added tax, CNY"),
        sa.Column(
            "consumption_tax",
            sa.Numeric(precision=19, scale=2),
            nullable=False,
            comment="consumption tax, CNY",
        ),
        sa.ForeignKeyConstraint(
            ["book_item_id"], ["book_item.id"], name=op.f("fk_retail_declaration_line_book_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["retail_declaration.id"],
            name=op.f("fk_retail_declaration_line_declaration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_declaration_line")),
        sa.UniqueConstraint(
            "declaration_id", "line_no", name=op.f("uq_retail_declaration_line_declaration_id_line_no")
        ),
        comment="Lines of retail import declarations",
    )
