"""Other bonded trade: who stands on the other side of a list, declarations, stock bills, goods on their way out."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import append_only, updatable

revision = "0026_trade"
down_revision = "0025_filings"
_COUNTERPARTS = ("ABROAD", "HOME", "ZONE")
_COURSES = ("ORDINARY", "GOODS_FIRST", "INSIDE_ZONE", "COLLECTIVE", "RETAIL")


def upgrade() -> None:
    op.execute("create sequence dispatch_number_seq")
    _list_columns()
    _declarations()
    _bills()
    _dispatches()
    updatable("declaration", "pre_entry_no", "number", "state", "stated_at", "released_at", "remark")
    updatable("business_filing", "number", "state")
    updatable("stock_bill", "number", "state", "gathered_by_id")
    updatable("dispatch", "state")
    updatable("dispatch_pick", "staging_id", "staged_at", "staged_by_id", "left_at")
    append_only("filing_line", "stock_bill_line")


def downgrade() -> None:
    for table in (
        "dispatch_pick",
        "dispatch",
        "stock_bill_line",
        "stock_bill",
        "filing_line",
        "business_filing",
    ):
        op.drop_table(table)
    op.drop_table("declaration")
    for column in ("filing_no", "related_book_no", "related_list_no", "course", "counterpart"):
        op.drop_column("bonded_list", column)
    op.execute("drop sequence dispatch_number_seq")


def _list_columns() -> None:
    op.add_column(
        "bonded_list",
        sa.Column(
            "counterpart",
            sa.Enum(*_COUNTERPARTS, name="counterpart", native_enum=False, create_constraint=True),
            nullable=True,
            comment="where the goods come from or go to: abroad, home or another zone",
        ),
    )
    op.add_column(
        "bonded_list",
        sa.Column(
            "course",
            sa.Enum(*_COURSES, name="course", native_enum=False, create_constraint=True),
            nullable=True,
            comment="how the goods move and when customs books them, by the list's type",
        ),
    )
    for name, comment in (
        ("related_list_no", "list of the other side (rltInvtNo); empty if none"),
        ("related_book_no", "book of the other side (rltPutrecNo); empty if none"),
        ("filing_no", "business filing a collective list gathers (applyNo); empty if none"),
    ):
        op.add_column("bonded_list", sa.Column(name, sa.String(length=64), nullable=True, comment=comment))
    # Lists so far came from abroad, or took retail goods out.
    op.execute(
        "update bonded_list set counterpart = case side when 'IN' then 'ABROAD' else 'HOME' end, "
        "course = case when side = 'OUT' and list_type = '8' then 'RETAIL' else 'ORDINARY' end, "
        "related_list_no = '', related_book_no = '', filing_no = ''"
    )
    for name in ("counterpart", "course", "related_list_no", "related_book_no", "filing_no"):
        op.alter_column("bonded_list", name, nullable=False)
    op.create_index("ix_bonded_list_related_list_no", "bonded_list", ["related_list_no"])
    op.create_index("ix_bonded_list_filing_no", "bonded_list", ["filing_no"])


def _declarations() -> None:
    op.create_table(
        "declaration",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("list_id", sa.BigInteger(), nullable=False, comment="its list"),
        sa.Column(
            "pre_entry_no",
            sa.String(length=18),
            nullable=False,
            comment="number of the draft; empty before it",
        ),
        sa.Column(
            "number", sa.String(length=64), nullable=False, comment="number given by customs; empty before it"
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DRAFTED",
                "FAILED",
                "RELEASED",
                "RETURNED",
                name="declarationstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands",
        ),
        sa.Column(
            "stated_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="time of the newest receipt that counts",
        ),
        sa.Column(
            "released_at", sa.DateTime(timezone=True), nullable=True, comment="when customs released it"
        ),
        sa.Column("remark", sa.String(length=1000), nullable=False, comment="what customs said last"),
        sa.ForeignKeyConstraint(["list_id"], ["bonded_list.id"], name=op.f("fk_declaration_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("list_id", name=op.f("uq_declaration_list_id")),
        comment="Customs declarations (报关单) that go with bonded lists",
    )


def _bills() -> None:
    op.create_table(
        "business_filing",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column(
            "pre_entry_no", sa.String(length=64), nullable=False, comment="number it was declared under"
        ),
        sa.Column(
            "number", sa.String(length=64), nullable=False, comment="number given by customs; empty before it"
        ),
        sa.Column(
            "business_type",
            sa.String(length=1),
            nullable=False,
            comment="businessTypecd: A collective declaration",
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False, comment="book inside the zone"),
        sa.Column(
            "guarantee_no", sa.String(length=64), nullable=False, comment="guarantee letter; empty if none"
        ),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="last day it is good for"),
        sa.Column(
            "state",
            sa.Enum(
                "DECLARED",
                "APPROVED",
                "RETURNED",
                "PARKED",
                "GATHERED",
                name="paperstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands, by receipts",
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="when it was handed in"),
        sa.ForeignKeyConstraint(["book_id"], ["account_book.id"], name=op.f("fk_business_filing_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_filing")),
        sa.UniqueConstraint("pre_entry_no", name=op.f("uq_business_filing_pre_entry_no")),
        comment="Business filings (业务申报表), permission in advance",
    )
    op.create_index(op.f("ix_business_filing_number"), "business_filing", ["number"], unique=False)
    op.create_table(
        "filing_line",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("filing_id", sa.BigInteger(), nullable=False, comment="its filing"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number on the filing"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line"),
        sa.Column(
            "quantity", sa.Numeric(precision=19, scale=5), nullable=False, comment="granted, declared units"
        ),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_filing_line_book_item_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["business_filing.id"], name=op.f("fk_filing_line_filing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_line")),
        sa.UniqueConstraint("filing_id", "line_no", name=op.f("uq_filing_line_filing_id_line_no")),
        comment="Goods a business filing grants",
    )
    op.create_table(
        "stock_bill",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column(
            "pre_entry_no", sa.String(length=64), nullable=False, comment="number it was declared under"
        ),
        sa.Column(
            "number", sa.String(length=64), nullable=False, comment="number given by customs; empty before it"
        ),
        sa.Column("filing_id", sa.BigInteger(), nullable=False, comment="its filing"),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="OUT of the zone, or back IN",
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DECLARED",
                "APPROVED",
                "RETURNED",
                "PARKED",
                "GATHERED",
                name="paperstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands, by receipts",
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="when it was handed in"),
        sa.Column(
            "gathered_by_id",
            sa.BigInteger(),
            nullable=True,
            comment="collective list that took it into the book",
        ),
        sa.ForeignKeyConstraint(["filing_id"], ["business_filing.id"], name=op.f("fk_stock_bill_filing_id")),
        sa.ForeignKeyConstraint(
            ["gathered_by_id"], ["bonded_list.id"], name=op.f("fk_stock_bill_gathered_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_bill")),
        sa.UniqueConstraint("pre_entry_no", name=op.f("uq_stock_bill_pre_entry_no")),
        comment="Stock bills (出入库单) under business filings",
    )
    op.create_index(op.f("ix_stock_bill_filing_id"), "stock_bill", ["filing_id"], unique=False)
    op.create_index(op.f("ix_stock_bill_number"), "stock_bill", ["number"], unique=False)
    op.create_table(
        "stock_bill_line",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("bill_id", sa.BigInteger(), nullable=False, comment="its bill"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number on the bill"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column("quantity", sa.Numeric(precision=19, scale=5), nullable=False, comment="declared quantity"),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False, comment="the same in stock units"),
        sa.ForeignKeyConstraint(["bill_id"], ["stock_bill.id"], name=op.f("fk_stock_bill_line_bill_id")),
        sa.ForeignKeyConstraint(
            ["book_item_id"], ["book_item.id"], name=op.f("fk_stock_bill_line_book_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_bill_line")),
        sa.UniqueConstraint("bill_id", "line_no", name=op.f("uq_stock_bill_line_bill_id_line_no")),
        comment="Goods of stock bills",
    )


def _dispatches() -> None:
    op.create_table(
        "dispatch",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the task"),
        sa.Column(
            "document_kind",
            sa.Enum(
                "OPENING",
                "BONDED_LIST",
                "RETAIL_DECLARATION",
                "STOCK_BILL",
                "GATE_PASS",
                "RETURN_REQUEST",
                "ADJUSTMENT",
                "CASE",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="list or stock bill",
        ),
        sa.Column(
            "document_number",
            sa.String(length=64),
            nullable=False,
            comment="its number as the ledger names it",
        ),
        sa.Column(
            "gate_number", sa.String(length=64), nullable=False, comment="its number as a gate pass names it"
        ),
        sa.Column(
            "state",
            sa.Enum(
                "OPEN", "STAGED", "LEFT", name="dispatchstate", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="where it stands",
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="when lots were chosen"),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False, comment="who opened it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint(
            "document_kind", "document_number", name=op.f("uq_dispatch_document_kind_document_number")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_dispatch_number")),
        comment="Goods of exit lists and stock bills on their way to the gate",
    )
    op.create_index(op.f("ix_dispatch_gate_number"), "dispatch", ["gate_number"], unique=False)
    op.create_table(
        "dispatch_pick",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("dispatch_id", sa.BigInteger(), nullable=False, comment="its dispatch"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line of the document"),
        sa.Column("lot_id", sa.BigInteger(), nullable=False, comment="lot that was chosen"),
        sa.Column("location_id", sa.BigInteger(), nullable=False, comment="bin it comes from"),
        sa.Column(
            "handling_unit_id",
            sa.BigInteger(),
            nullable=True,
            comment="pallet or box it stands on there; none if loose",
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units"),
        sa.Column(
            "staging_id",
            sa.BigInteger(),
            nullable=True,
            comment="place it was brought to; none while it lies in its bin",
        ),
        sa.Column(
            "staged_at", sa.DateTime(timezone=True), nullable=True, comment="when it was brought there"
        ),
        sa.Column("staged_by_id", sa.BigInteger(), nullable=True, comment="who brought it"),
        sa.Column(
            "left_at", sa.DateTime(timezone=True), nullable=True, comment="when its vehicle passed the gate"
        ),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatch.id"], name=op.f("fk_dispatch_pick_dispatch_id")),
        sa.ForeignKeyConstraint(
            ["handling_unit_id"], ["handling_unit.id"], name=op.f("fk_dispatch_pick_handling_unit_id")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_dispatch_pick_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_dispatch_pick_lot_id")),
        sa.ForeignKeyConstraint(["staging_id"], ["location.id"], name=op.f("fk_dispatch_pick_staging_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_pick")),
        comment="Goods chosen for a dispatch, and where they are now",
        info={"audited": False},
    )
    op.create_index(op.f("ix_dispatch_pick_dispatch_id"), "dispatch_pick", ["dispatch_id"], unique=False)
