"""The two ledgers: places, lots, balances and moves; account book, facts, links and open rows.

Facts are added, never edited: the application's role may not update or delete them, and triggers stop everybody
else who has not switched triggers off.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

from migrations.grants import mutable, updatable

revision = "0005"
down_revision = "0004"

FACTS = ("posting", "stock_move", "hold_entry", "book_fact", "book_link", "lot", "period")
PARTNERS = ("SUPPLIER", "BUYER", "DESTROYED", "CUSTODY", "SAMPLE", "SURPLUS")
REGIMES = ("FOREIGN", "BONDED", "DOMESTIC")


class Xid8(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


XID8 = Xid8()


def upgrade() -> None:
    _tables()
    op.execute(
        """
        create function facts_stay() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are facts: they are added, never changed', tg_table_name
                using errcode = 'insufficient_privilege';
        end $$
        """
    )
    for table in FACTS:
        op.execute(
            f"create trigger {table}_stays before update or delete on {table} "
            "for each row execute function facts_stay()"
        )
        op.execute(
            f"create trigger {table}_stays_whole before truncate on {table} "
            "for each statement execute function facts_stay()"
        )
    updatable("balance", "on_hand", "reserved", "held", "version")
    updatable("open_row", "open", "case_number")
    updatable(
        "book_figure",
        "actual_in",
        "actual_out",
        "promised_in",
        "promised_out",
        "moved_in",
        "moved_out",
        "displayed_out",
        "version",
    )
    updatable("book_item", "name", "execution_mark")
    mutable("warehouse", "location")
    # Goods outside any book carry this item, never null.
    op.execute(
        "insert into book_item (id, book_id, line_no, item_no, hs10, name, origin, unit, unit1, unit2,"
        " execution_mark) values (0, null, 0, 'NONE', '', 'outside any account book', '', '', '', '', '7')"
    )
    for purpose in PARTNERS:
        for regime in REGIMES:
            op.execute(
                "insert into location (code, warehouse_id, purpose, regime, zone, storage_class, area, aisle,"
                f" bay, level, capacity) values ('{purpose}-{regime}', null, '{purpose}', '{regime}', 'NONE',"
                " '', '', '', '', '', null)"
            )


def downgrade() -> None:
    for table in (
        "balance",
        "lot",
        "book_figure",
        "book_item",
        "stock_move",
        "location",
        "hold_entry",
        "book_fact",
        "account_book",
        "warehouse",
        "posting",
        "period",
        "open_row",
        "hold",
        "handling_unit",
        "book_link",
    ):
        op.drop_table(table)
    op.execute("drop function facts_stay()")


def _tables() -> None:
    op.create_table(
        "book_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("booked_id", sa.BigInteger(), nullable=False, comment="the booked fact"),
        sa.Column("other_id", sa.BigInteger(), nullable=False, comment="the promised or moved fact"),
        sa.Column(
            "axis",
            sa.Enum(
                "PROMISED_UNBOOKED",
                "MOVED_UNBOOKED",
                "BOOKED_UNPROMISED",
                "BOOKED_UNMOVED",
                name="axis",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="which side of the other fact it closes",
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units"),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_book_link_quantity_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_link")),
    )
    op.create_index(op.f("ix_book_link_booked_id"), "book_link", ["booked_id"], unique=False)
    op.create_index(op.f("ix_book_link_other_id"), "book_link", ["other_id"], unique=False)
    op.create_table(
        "handling_unit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sscc", sa.String(length=18), nullable=False, comment="serial shipping container code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_unit")),
        sa.UniqueConstraint("sscc", name=op.f("uq_handling_unit_sscc")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason",
            sa.String(length=200),
            nullable=False,
            comment="why, in words a worker reads on the screen",
        ),
        sa.Column(
            "case_number",
            sa.String(length=40),
            nullable=False,
            comment="the case that decides; empty if none",
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who placed it"),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False, comment="when it was placed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_table(
        "open_row",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=False, comment="the fact"),
        sa.Column(
            "axis",
            sa.Enum(
                "PROMISED_UNBOOKED",
                "MOVED_UNBOOKED",
                "BOOKED_UNPROMISED",
                "BOOKED_UNMOVED",
                name="axis",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what it waits for",
        ),
        sa.Column("open", sa.BigInteger(), nullable=False, comment="stock units still unanswered"),
        sa.Column(
            "case_number",
            sa.String(length=40),
            nullable=False,
            comment="the case that decides; empty: its document answers",
        ),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="as on the fact, for finding it"),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="as on the fact",
        ),
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
            comment="as on the fact",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="as on the fact"),
        sa.Column("document_line", sa.BigInteger(), nullable=False, comment="as on the fact"),
        sa.Column("pass_number", sa.String(length=40), nullable=False, comment="as on the fact"),
        sa.CheckConstraint("open >= 0", name=op.f("ck_open_row_open_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_row")),
        sa.UniqueConstraint("fact_id", "axis", name=op.f("uq_open_row_fact_id_axis")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_open_row_item", "open_row", ["book_item_id", "axis"], unique=False, postgresql_where="open > 0"
    )
    op.create_index(
        "ix_open_row_match",
        "open_row",
        ["document_number", "document_line", "book_item_id", "axis"],
        unique=False,
        postgresql_where="open > 0",
    )
    op.create_table(
        "period",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="closed up to and including this instant",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False, comment="when it was closed"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who closed it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("until", name=op.f("uq_period_until")),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "action",
            sa.String(length=60),
            nullable=False,
            comment="human word of the action, e.g. receipt.scan",
        ),
        sa.Column("request_id", sa.UUID(), nullable=True, comment="request it answers; none for jobs"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="person or service that acted"),
        sa.Column(
            "device", sa.String(length=60), nullable=False, comment="handheld, lane or program; empty if none"
        ),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it happened, by document or scan",
        ),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="database clock under the locks; ledger order",
        ),
        sa.Column(
            "xid",
            XID8,
            server_default=sa.text("pg_current_xact_id()"),
            nullable=False,
            comment="transaction, for reading in commit order",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_occurred_at"), "posting", ["occurred_at"], unique=False)
    op.create_index(op.f("ix_posting_recorded_at"), "posting", ["recorded_at"], unique=False)
    op.create_table(
        "warehouse",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False, comment="short name on labels, e.g. WB01"),
        sa.Column("name", sa.String(length=100), nullable=False, comment="name shown to people"),
        sa.Column(
            "kind",
            sa.Enum(
                "bonded",
                "border",
                "overseas",
                "shop",
                name="warehousekind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="bonded, border, overseas or shop",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse")),
        sa.UniqueConstraint("code", name=op.f("uq_warehouse_code")),
    )
    op.create_table(
        "account_book",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False, comment="book number, e.g. T8899W000001"),
        sa.Column(
            "kind",
            sa.String(length=1),
            nullable=False,
            comment="kind of site, Z is a comprehensive bonded zone",
        ),
        sa.Column("cumulative", sa.Boolean(), nullable=False, comment="lines are summed by item (可累计)"),
        sa.Column(
            "company_id", sa.BigInteger(), nullable=False, comment="enterprise in the zone that keeps it"
        ),
        sa.Column("customs_code", sa.String(length=4), nullable=False, comment="customs office in charge"),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), nullable=False, comment="moment of the opening balances"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_account_book_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_book")),
        sa.UniqueConstraint("number", name=op.f("uq_account_book_number")),
    )
    op.create_table(
        "book_fact",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="the book item"),
        sa.Column(
            "kind",
            sa.Enum(
                "PROMISED", "MOVED", "BOOKED", name="factkind", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="PROMISED, MOVED or BOOKED",
        ),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="IN or OUT",
        ),
        sa.Column(
            "quantity", sa.BigInteger(), nullable=False, comment="stock units; negative only for a withdrawal"
        ),
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
            comment="document that carries it",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="its number"),
        sa.Column(
            "document_line", sa.BigInteger(), nullable=False, comment="its line; 0 for the whole document"
        ),
        sa.Column(
            "pass_number", sa.String(length=40), nullable=False, comment="gate pass it rode on; empty if none"
        ),
        sa.Column("withdraws_id", sa.BigInteger(), nullable=True, comment="the promised fact it takes back"),
        sa.CheckConstraint(
            "quantity > 0 or (kind = 'PROMISED' and withdraws_id is not null)",
            name=op.f("ck_book_fact_only_withdrawals_negative"),
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_book_fact_quantity_not_zero")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_book_fact_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_fact")),
    )
    op.create_index("ix_book_fact_document", "book_fact", ["document_number", "document_line"], unique=False)
    op.create_index("ix_book_fact_item", "book_fact", ["book_item_id", "id"], unique=False)
    op.create_index(op.f("ix_book_fact_posting_id"), "book_fact", ["posting_id"], unique=False)
    op.create_table(
        "hold_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False, comment="the hold"),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting that wrote it"),
        sa.Column("balance_id", sa.BigInteger(), nullable=False, comment="place and lot it bars"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units, signed"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_entry_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_entry")),
    )
    op.create_index(op.f("ix_hold_entry_balance_id"), "hold_entry", ["balance_id"], unique=False)
    op.create_table(
        "location",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False, comment="what the label says"),
        sa.Column(
            "warehouse_id", sa.BigInteger(), nullable=True, comment="its warehouse; none for partner places"
        ),
        sa.Column(
            "purpose",
            sa.Enum(
                "STORE",
                "RECEIVING",
                "STAGING",
                "INSPECTION",
                "RETURNS",
                "RETURNS_DOMESTIC",
                "QUARANTINE",
                "PROCESSING",
                "SHORTAGE",
                "TRANSIT",
                "SUPPLIER",
                "BUYER",
                "DESTROYED",
                "CUSTODY",
                "SAMPLE",
                "SURPLUS",
                name="purpose",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what the place is for",
        ),
        sa.Column(
            "regime",
            sa.Enum(
                "FOREIGN", "BONDED", "DOMESTIC", name="regime", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="FOREIGN, BONDED or DOMESTIC",
        ),
        sa.Column(
            "zone", sa.String(length=20), nullable=False, comment="special zone it lies in; NONE outside"
        ),
        sa.Column(
            "storage_class",
            sa.String(length=20),
            nullable=False,
            comment="ambient, cool, frozen as on products; empty takes any",
        ),
        sa.Column(
            "area", sa.String(length=20), nullable=False, comment="area of the warehouse, for walking order"
        ),
        sa.Column("aisle", sa.String(length=10), nullable=False, comment="aisle, for walking order"),
        sa.Column("bay", sa.String(length=10), nullable=False, comment="bay in the aisle"),
        sa.Column("level", sa.String(length=10), nullable=False, comment="level, 1 is the floor"),
        sa.Column(
            "capacity",
            sa.BigInteger(),
            nullable=True,
            comment="most stock units it takes; none means no limit set",
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_location_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("code", name=op.f("uq_location_code")),
    )
    op.create_table(
        "stock_move",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False, comment="the posting"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="place it left"),
        sa.Column("source_lot_id", sa.BigInteger(), nullable=False, comment="lot that left"),
        sa.Column("target_id", sa.BigInteger(), nullable=False, comment="place it reached"),
        sa.Column("target_lot_id", sa.BigInteger(), nullable=False, comment="lot that arrived"),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units"),
        sa.Column("source_balance_id", sa.BigInteger(), nullable=True, comment="none for a partner place"),
        sa.Column(
            "source_version",
            sa.BigInteger(),
            nullable=True,
            comment="version of that balance after this move",
        ),
        sa.Column("source_on_hand", sa.BigInteger(), nullable=True, comment="its quantity after this move"),
        sa.Column("target_balance_id", sa.BigInteger(), nullable=True, comment="none for a partner place"),
        sa.Column(
            "target_version",
            sa.BigInteger(),
            nullable=True,
            comment="version of that balance after this move",
        ),
        sa.Column("target_on_hand", sa.BigInteger(), nullable=True, comment="its quantity after this move"),
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
            nullable=True,
            comment="document that allowed it",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=True, comment="its number"),
        sa.Column("document_line", sa.BigInteger(), nullable=True, comment="its line"),
        sa.Column(
            "pass_number", sa.String(length=40), nullable=False, comment="gate pass it rode on; empty if none"
        ),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="as on the posting, for as-of reading",
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_move_quantity_positive")),
        sa.CheckConstraint(
            "source_balance_id is distinct from target_balance_id",
            name=op.f("ck_stock_move_between_two_ends"),
        ),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_stock_move_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
    )
    op.create_index(op.f("ix_stock_move_posting_id"), "stock_move", ["posting_id"], unique=False)
    op.create_index("ix_stock_move_source_lot_id", "stock_move", ["source_lot_id"], unique=False)
    op.create_index(
        "ix_stock_move_target_lot_id",
        "stock_move",
        ["target_lot_id"],
        unique=False,
        postgresql_where="target_lot_id <> source_lot_id",
    )
    op.create_index(
        "uq_stock_move_source_version", "stock_move", ["source_balance_id", "source_version"], unique=True
    )
    op.create_index(
        "uq_stock_move_target_version", "stock_move", ["target_balance_id", "target_version"], unique=True
    )
    op.create_table(
        "book_item",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "book_id",
            sa.BigInteger(),
            nullable=True,
            comment="its book; none only for item 0, goods outside any book",
        ),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number in the book (gdsSeqno)"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号 (gdsMtno)"),
        sa.Column("hs10", sa.String(length=10), nullable=False, comment="commodity code, ten digits"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="name as filed"),
        sa.Column("origin", sa.String(length=3), nullable=False, comment="country of origin, three digits"),
        sa.Column(
            "unit", sa.String(length=3), nullable=False, comment="declared unit code; movements must use it"
        ),
        sa.Column("unit1", sa.String(length=3), nullable=False, comment="first statutory unit code"),
        sa.Column(
            "unit2", sa.String(length=3), nullable=False, comment="second statutory unit code; empty if none"
        ),
        sa.Column(
            "execution_mark",
            sa.String(length=1),
            nullable=False,
            comment="1 normal, 4 stopped, 5 in stopped, 6 out stopped, 7 all stopped",
        ),
        sa.ForeignKeyConstraint(["book_id"], ["account_book.id"], name=op.f("fk_book_item_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_item")),
        sa.UniqueConstraint("book_id", "item_no", name=op.f("uq_book_item_book_id_item_no")),
        sa.UniqueConstraint("book_id", "line_no", name=op.f("uq_book_item_book_id_line_no")),
    )
    op.create_table(
        "book_figure",
        sa.Column("book_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actual_in", sa.BigInteger(), nullable=False, comment="实增: booked, side in"),
        sa.Column("actual_out", sa.BigInteger(), nullable=False, comment="实减: booked, side out"),
        sa.Column(
            "promised_in", sa.BigInteger(), nullable=False, comment="预增: promised in and not yet booked"
        ),
        sa.Column(
            "promised_out", sa.BigInteger(), nullable=False, comment="预减: promised out and not yet booked"
        ),
        sa.Column("moved_in", sa.BigInteger(), nullable=False, comment="moved into bonded places, ever"),
        sa.Column("moved_out", sa.BigInteger(), nullable=False, comment="moved out of bonded places, ever"),
        sa.Column(
            "displayed_out", sa.BigInteger(), nullable=False, comment="展示在外: on display under guarantee"
        ),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="rises with every change"),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_book_figure_book_item_id")),
        sa.PrimaryKeyConstraint("book_item_id", name=op.f("pk_book_figure")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False, comment="the filed product"),
        sa.Column(
            "code",
            sa.String(length=40),
            nullable=False,
            comment="batch number on the goods; not unique by itself",
        ),
        sa.Column(
            "expiry", sa.Date(), nullable=True, comment="last day of shelf life; none if it has no end"
        ),
        sa.Column(
            "origin",
            sa.String(length=3),
            nullable=False,
            comment="country of origin, three letters or digits",
        ),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="whose goods they are"),
        sa.Column(
            "quality",
            sa.Enum("GOOD", "DAMAGED", "UNSORTED", name="quality", native_enum=False, create_constraint=True),
            nullable=False,
            comment="GOOD, DAMAGED or UNSORTED",
        ),
        sa.Column(
            "mode",
            sa.String(length=4),
            nullable=False,
            comment="supervision mode they entered under, e.g. 1210",
        ),
        sa.Column(
            "book_item_id",
            sa.BigInteger(),
            nullable=False,
            comment="account book item; 0 for goods outside any book",
        ),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_lot_book_item_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["company.id"], name=op.f("fk_lot_owner_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_lot_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint(
            "product_id",
            "code",
            "expiry",
            "origin",
            "owner_id",
            "quality",
            "mode",
            "book_item_id",
            name="uq_lot_traits",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "balance",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False, comment="the place"),
        sa.Column("lot_id", sa.BigInteger(), nullable=False, comment="the lot"),
        sa.Column(
            "handling_unit_id",
            sa.BigInteger(),
            nullable=True,
            comment="the labelled container; none for loose goods",
        ),
        sa.Column("on_hand", sa.BigInteger(), nullable=False, comment="stock units lying here"),
        sa.Column("reserved", sa.BigInteger(), nullable=False, comment="of these, chosen for a pick"),
        sa.Column("held", sa.BigInteger(), nullable=False, comment="of these, barred by holds"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="number of moves that touched it"),
        sa.CheckConstraint("held between 0 and on_hand", name=op.f("ck_balance_held_within")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_balance_on_hand_not_negative")),
        sa.CheckConstraint("reserved between 0 and on_hand", name=op.f("ck_balance_reserved_within")),
        sa.ForeignKeyConstraint(
            ["handling_unit_id"], ["handling_unit.id"], name=op.f("fk_balance_handling_unit_id")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_balance_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_balance_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance")),
        sa.UniqueConstraint(
            "location_id",
            "lot_id",
            "handling_unit_id",
            name=op.f("uq_balance_location_id_lot_id_handling_unit_id"),
            postgresql_nulls_not_distinct=True,
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_balance_lot_id", "balance", ["lot_id"], unique=False)
