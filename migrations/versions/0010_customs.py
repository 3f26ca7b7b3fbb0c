"""Customs' documents: the inbox, bonded lists, gate passes, customs' statement, and cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import updatable

revision = "0010"
down_revision = "0007_guarded"


def upgrade() -> None:
    op.execute("create sequence case_number_seq")
    _tables()
    updatable(
        "inbox_message",
        "kind",
        "document_number",
        "outcome",
        "reason",
        "sentence",
        "facts",
        "elements",
        "waits_for",
    )
    updatable("bonded_list", "pre_entry_no", "list_no", "state", "reviewed_at", "booked_at", "remark")
    updatable(
        "gate_pass",
        "pre_entry_no",
        "pass_no",
        "state",
        "collected_kg",
        "weight_ok",
        "reviewed_at",
        "passed_at",
        "receipt_closed_at",
        "receipt_closed_by_id",
        "remark",
    )
    updatable("discrepancy", "state", "quantity", "book_difference")


def downgrade() -> None:
    for table in (
        "listed_declaration",
        "discrepancy",
        "bonded_list_line",
        "book_statement",
        "bonded_list",
        "passed_list",
        "gate_pass_line",
        "inbox_message",
        "gate_pass",
    ):
        op.drop_table(table)
    op.execute("drop sequence case_number_seq")


def _tables() -> None:
    op.create_table(
        "gate_pass",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("inner_no", sa.String(length=64), nullable=False, comment="our own number (EtpsPreentNo)"),
        sa.Column(
            "pre_entry_no", sa.String(length=18), nullable=False, comment="number of the client's answer"
        ),
        sa.Column(
            "pass_no",
            sa.String(length=40),
            nullable=False,
            comment="number given by customs; empty before it",
        ),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="IN to the zone or OUT of it",
        ),
        sa.Column("pass_type", sa.String(length=1), nullable=False, comment="passportTypecd, 1 to 7"),
        sa.Column(
            "bind_type",
            sa.Enum("1", "2", "3", "", name="bindtype", native_enum=False, create_constraint=True),
            nullable=False,
            comment="bindTypecd",
        ),
        sa.Column("vehicle_no", sa.String(length=64), nullable=False, comment="number plate"),
        sa.Column("vehicle_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="empty vehicle"),
        sa.Column("frame_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="frame"),
        sa.Column("container_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="container"),
        sa.Column(
            "gross_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="goods with packing"
        ),
        sa.Column("total_kg", sa.Numeric(precision=19, scale=5), nullable=False, comment="declared total"),
        sa.Column(
            "collected_kg", sa.Numeric(precision=19, scale=5), nullable=True, comment="what the gate weighed"
        ),
        sa.Column(
            "weight_ok",
            sa.Boolean(),
            nullable=True,
            comment="weighed within the tolerance; none before the gate",
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DECLARED",
                "REFUSED",
                "APPROVED",
                "PARKED",
                "RETURNED",
                "PASSED",
                name="passstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands, by receipts",
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="when it was handed in"),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True, comment="customs' review"),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True, comment="when the vehicle passed"),
        sa.Column(
            "receipt_closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a person closed the receiving",
        ),
        sa.Column("receipt_closed_by_id", sa.BigInteger(), nullable=True, comment="who closed it"),
        sa.Column(
            "remark", sa.String(length=1000), nullable=False, comment="what customs or the client said last"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_pass")),
        sa.UniqueConstraint("inner_no", name=op.f("uq_gate_pass_inner_no")),
    )
    op.create_index(op.f("ix_gate_pass_pass_no"), "gate_pass", ["pass_no"], unique=False)
    op.create_index(op.f("ix_gate_pass_pre_entry_no"), "gate_pass", ["pre_entry_no"], unique=False)
    op.create_index(op.f("ix_gate_pass_vehicle_no"), "gate_pass", ["vehicle_no"], unique=False)
    op.create_table(
        "inbox_message",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, comment="when it reached the door"
        ),
        sa.Column("door", sa.String(length=10), nullable=False, comment="api, drop or command"),
        sa.Column(
            "file_name", sa.String(length=255), nullable=False, comment="name it came under; empty if none"
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who handed it in"),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the bytes, hexadecimal"
        ),
        sa.Column("raw", sa.LargeBinary(), nullable=False, comment="the bytes as received"),
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="kind of message; empty when it could not be told",
        ),
        sa.Column("document_number", sa.String(length=64), nullable=False, comment="document it is about"),
        sa.Column(
            "outcome",
            sa.Enum(
                "ACCEPTED",
                "REPEATED",
                "WAITING",
                "PARKED",
                "REFUSED",
                name="outcome",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what became of it",
        ),
        sa.Column(
            "reason",
            sa.String(length=40),
            nullable=False,
            comment="reason of a refusal in one word; else empty",
        ),
        sa.Column(
            "sentence",
            sa.String(length=500),
            nullable=False,
            comment="marked sentence that explains the outcome",
        ),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="facts of the sentence"
        ),
        sa.Column("elements", sa.BigInteger(), nullable=False, comment="business elements in it"),
        sa.Column(
            "waits_for",
            sa.String(length=80),
            nullable=False,
            comment="key of the document it waits for; else empty",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_message")),
        comment="Every message as received",
        info={"audited": False},
    )
    op.create_index(op.f("ix_inbox_message_digest"), "inbox_message", ["digest"], unique=False)
    op.create_index(
        op.f("ix_inbox_message_document_number"), "inbox_message", ["document_number"], unique=False
    )
    op.create_index(op.f("ix_inbox_message_received_at"), "inbox_message", ["received_at"], unique=False)
    op.create_index(
        "ix_inbox_message_waits_for",
        "inbox_message",
        ["waits_for"],
        unique=False,
        postgresql_where="waits_for <> ''",
    )
    op.create_table(
        "gate_pass_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False, comment="the pass"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number on the pass"),
        sa.Column("list_line_no", sa.BigInteger(), nullable=False, comment="line of the one list it names"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column(
            "quantity",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="declared quantity on this vehicle",
        ),
        sa.ForeignKeyConstraint(["pass_id"], ["gate_pass.id"], name=op.f("fk_gate_pass_line_pass_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_pass_line")),
    )
    op.create_index(op.f("ix_gate_pass_line_pass_id"), "gate_pass_line", ["pass_id"], unique=False)
    op.create_table(
        "passed_list",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False, comment="the pass"),
        sa.Column("list_no", sa.String(length=64), nullable=False, comment="number of the list"),
        sa.ForeignKeyConstraint(["pass_id"], ["gate_pass.id"], name=op.f("fk_passed_list_pass_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passed_list")),
    )
    op.create_index(op.f("ix_passed_list_list_no"), "passed_list", ["list_no"], unique=False)
    op.create_index(op.f("ix_passed_list_pass_id"), "passed_list", ["pass_id"], unique=False)
    op.create_table(
        "bonded_list",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "inner_no", sa.String(length=64), nullable=False, comment="our own number (EtpsInnerInvtNo)"
        ),
        sa.Column(
            "pre_entry_no",
            sa.String(length=18),
            nullable=False,
            comment="number given by the client's answer; empty before it",
        ),
        sa.Column(
            "list_no",
            sa.String(length=64),
            nullable=False,
            comment="number given by customs; empty before it",
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False, comment="the account book"),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="IN or OUT of the book",
        ),
        sa.Column(
            "list_type",
            sa.String(length=1),
            nullable=False,
            comment="0 ordinary, 8 retail exit … (bondInvtTypecd)",
        ),
        sa.Column("supervision_mode", sa.String(length=4), nullable=False, comment="e.g. 1210"),
        sa.Column(
            "needs_declaration",
            sa.Boolean(),
            nullable=False,
            comment="a customs declaration goes with it (dclcusFlag 1)",
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DECLARED",
                "REFUSED",
                "PRE_BOOKED",
                "APPROVED",
                "PARKED",
                "RETURNED",
                "BOOKED",
                name="liststate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands, by receipts",
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="when it was handed in"),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True, comment="customs' review"),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True, comment="customs' booking"),
        sa.Column(
            "remark", sa.String(length=1000), nullable=False, comment="what customs or the client said last"
        ),
        sa.ForeignKeyConstraint(["book_id"], ["account_book.id"], name=op.f("fk_bonded_list_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonded_list")),
        sa.UniqueConstraint("inner_no", name=op.f("uq_bonded_list_inner_no")),
    )
    op.create_index(op.f("ix_bonded_list_list_no"), "bonded_list", ["list_no"], unique=False)
    op.create_index(op.f("ix_bonded_list_pre_entry_no"), "bonded_list", ["pre_entry_no"], unique=False)
    op.create_table(
        "book_statement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False, comment="the account book"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="list that was booked, or OPENING"),
        sa.Column(
            "source_line", sa.BigInteger(), nullable=False, comment="line of that list, or of the book"
        ),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号 as customs wrote it"),
        sa.Column(
            "side",
            sa.Enum("IN", "OUT", name="side", native_enum=False, create_constraint=True),
            nullable=False,
            comment="IN or OUT",
        ),
        sa.Column(
            "quantity",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="declared units as customs wrote them",
        ),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False, comment="when customs booked it"),
        sa.ForeignKeyConstraint(["book_id"], ["account_book.id"], name=op.f("fk_book_statement_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_statement")),
        sa.UniqueConstraint(
            "book_id",
            "source",
            "source_line",
            "side",
            name=op.f("uq_book_statement_book_id_source_source_line_side"),
        ),
    )
    op.create_index("ix_book_statement_item", "book_statement", ["book_id", "item_no"], unique=False)
    op.create_table(
        "bonded_list_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False, comment="its list"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line number on the list"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line it names"),
        sa.Column("product_id", sa.BigInteger(), nullable=False, comment="the filed product"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column("unit", sa.String(length=3), nullable=False, comment="declared unit code"),
        sa.Column("quantity", sa.Numeric(precision=19, scale=5), nullable=False, comment="declared quantity"),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False, comment="the same in stock units"),
        sa.Column(
            "price",
            sa.Numeric(precision=25, scale=5),
            nullable=False,
            comment="declared unit price, in the currency",
        ),
        sa.Column(
            "total",
            sa.Numeric(precision=25, scale=5),
            nullable=False,
            comment="declared total, in the currency",
        ),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="currency code, three digits"),
        sa.ForeignKeyConstraint(
            ["book_item_id"], ["book_item.id"], name=op.f("fk_bonded_list_line_book_item_id")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["bonded_list.id"], name=op.f("fk_bonded_list_line_list_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_bonded_list_line_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonded_list_line")),
        sa.UniqueConstraint("list_id", "line_no", name=op.f("uq_bonded_list_line_list_id_line_no")),
    )
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the case"),
        sa.Column(
            "kind",
            sa.Enum(
                "RECEIPT_OVER",
                "RECEIPT_SHORT",
                "RECEIPT_WRONG_ITEM_MISSING",
                "RECEIPT_WRONG_ITEM_EXTRA",
                "RECEIPT_DAMAGED",
                "BOOKED_OTHERWISE",
                "OPENING_DIFFERS",
                "NEGATIVE_BOOK",
                name="casekind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what was found to differ",
        ),
        sa.Column(
            "state",
            sa.Enum(
                "OPEN", "PROPOSED", "DECIDED", name="casestate", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="where the case stands",
        ),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book item; 0 for none"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column(
            "document_number",
            sa.String(length=64),
            nullable=False,
            comment="list it belongs to; empty if none",
        ),
        sa.Column("document_line", sa.BigInteger(), nullable=False, comment="line of that list; 0 if none"),
        sa.Column(
            "pass_number",
            sa.String(length=40),
            nullable=False,
            comment="gate pass it was found on; empty if none",
        ),
        sa.Column(
            "quantity",
            sa.BigInteger(),
            nullable=False,
            comment="how much differs, stock units, never negative",
        ),
        sa.Column(
            "book_difference",
            sa.BigInteger(),
            nullable=False,
            comment="what lies there less what documents explain, stock units, signed",
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="when it was found"),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False, comment="who or what found it"),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_discrepancy_book_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancy")),
        sa.UniqueConstraint("number", name=op.f("uq_discrepancy_number")),
    )
    op.create_table(
        "listed_declaration",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False, comment="the exit list"),
        sa.Column(
            "retail_no", sa.String(length=18), nullable=False, comment="number of the declaration (invtNo)"
        ),
        sa.ForeignKeyConstraint(["list_id"], ["bonded_list.id"], name=op.f("fk_listed_declaration_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_declaration")),
    )
    op.create_index(
        op.f("ix_listed_declaration_retail_no"), "listed_declaration", ["retail_no"], unique=False
    )
