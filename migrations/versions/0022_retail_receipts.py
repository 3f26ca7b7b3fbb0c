"""Customs' answers of the retail trade, cancel requests, returns, tax bills, and who buyers are."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import append_only, updatable

revision = "0022_retail_receipts"
down_revision = "0021"


def upgrade() -> None:
    _tables()
    append_only("retail_receipt", "return_line", "tax_bill_status")
    updatable("cancel_request", "guid", "requested_at", "reason", "message_id", "answered_before", "outcome")
    updatable("return_case", "application", "goods_back_on", "reentry", "given_back", "given_back_on")
    updatable("tax_bill", "status")
    updatable("buyer_identity", "id_no")


def downgrade() -> None:
    for table in (
        "return_line",
        "return_case",
        "tax_bill_status",
        "tax_bill",
        "retail_receipt",
        "cancel_request",
        "buyer_identity",
    ):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "buyer_identity",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column(
            "buyer",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the number, as the ledger has it",
        ),
        sa.Column("id_no", sa.LargeBinary(), nullable=False, comment="identity number as filed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_identity")),
        sa.UniqueConstraint("buyer", name=op.f("uq_buyer_identity_buyer")),
        comment="Identity numbers behind the keyed hashes of buyers",
        info={"audited": False},
    )
    op.create_table(
        "cancel_request",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="our own number (copNo)"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; a new one asks again",
        ),
        sa.Column("order_no", sa.String(length=60), nullable=False, comment="order it names"),
        sa.Column("list_no", sa.String(length=18), nullable=False, comment="declaration it names (invtNo)"),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, comment="appTime"),
        sa.Column("reason", sa.String(length=1000), nullable=False, comment="why, in the declarant's words"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column(
            "answered_before",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="customs' newest answer when it was asked again; older ones belong to the earlier request",
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "WAITING",
                "CANCELLED",
                "REFUSED",
                name="canceloutcome",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="by all its receipts",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_cancel_request_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancel_request")),
        sa.UniqueConstraint("number", name=op.f("uq_cancel_request_number")),
        comment="Requests to cancel a retail declaration (CEB623)",
    )
    op.create_index(op.f("ix_cancel_request_list_no"), "cancel_request", ["list_no"], unique=False)
    op.create_index(op.f("ix_cancel_request_order_no"), "cancel_request", ["order_no"], unique=False)
    op.create_table(
        "retail_receipt",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column("kind", sa.String(length=6), nullable=False, comment="CEB622, CEB624 or CEB626"),
        sa.Column("guid", sa.String(length=36), nullable=False, comment="number of the answer itself"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="document it answers (copNo)"),
        sa.Column("pre_no", sa.String(length=18), nullable=False, comment="number of the e-port (preNo)"),
        sa.Column(
            "list_no",
            sa.String(length=18),
            nullable=False,
            comment="number of the declaration (invtNo); empty if not given",
        ),
        sa.Column("status", sa.String(length=10), nullable=False, comment="returnStatus"),
        sa.Column(
            "returned_at", sa.DateTime(timezone=True), nullable=False, comment="returnTime, by customs' clock"
        ),
        sa.Column("text", sa.String(length=1000), nullable=False, comment="returnInfo"),
        sa.Column(
            "is_repeated",
            sa.Boolean(),
            nullable=False,
            comment="same document, status and time as one before: counted, of no effect",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_retail_receipt_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_receipt")),
        comment="Customs' answers to declarations, cancel and return requests",
        info={"audited": False},
    )
    op.create_index(op.f("ix_retail_receipt_list_no"), "retail_receipt", ["list_no"], unique=False)
    op.create_index("ix_retail_receipt_number", "retail_receipt", ["kind", "number"], unique=False)
    op.create_table(
        "tax_bill",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("number", sa.String(length=50), nullable=False, comment="number of the bill (taxNo)"),
        sa.Column("list_no", sa.String(length=18), nullable=False, comment="declaration it bills (invtNo)"),
        sa.Column(
            "customs_tax", sa.Numeric(precision=19, scale=5), nullable=False, comment="duty as billed, CNY"
        ),
        sa.Column(
            "vat", sa.Numeric(precision=19, scale=5), nullable=False, comment="value-added tax as billed, CNY"
        ),
        sa.Column(
            "consumption_tax",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="consumption tax as billed, CNY",
        ),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False, comment="returnTime of the bill"),
        sa.Column("first_status", sa.String(length=1), nullable=False, comment="status it was made with"),
        sa.Column(
            "status",
            sa.String(length=1),
            nullable=False,
            comment="newest status by customs' clock: 1 made, 2 gathered, 3 void",
        ),
        sa.Column(
            "message_id",
            sa.BigInteger(),
            nullable=True,
            comment="message it came in; none for one of the history",
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbox_message.id"], name=op.f("fk_tax_bill_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_bill")),
        sa.UniqueConstraint("number", name=op.f("uq_tax_bill_number")),
        comment="Tax bills of released declarations as customs made them (CEB816)",
    )
    op.create_index(op.f("ix_tax_bill_list_no"), "tax_bill", ["list_no"], unique=False)
    op.create_table(
        "tax_bill_status",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="message it came in"),
        sa.Column("number", sa.String(length=50), nullable=False, comment="number of the bill (taxNo)"),
        sa.Column("list_no", sa.String(length=18), nullable=False, comment="declaration it bills (invtNo)"),
        sa.Column("status", sa.String(length=1), nullable=False, comment="1 made, 2 gathered, 3 void"),
        sa.Column(
            "returned_at", sa.DateTime(timezone=True), nullable=False, comment="returnTime, by customs' clock"
        ),
        sa.Column(
            "payment_book_no",
            sa.String(length=50),
            nullable=False,
            comment="payment book it was gathered into (entDutyNo); empty if none",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox_message.id"], name=op.f("fk_tax_bill_status_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_bill_status")),
        comment="Statuses of tax bills as received (CEB818)",
        info={"audited": False},
    )
    op.create_index(op.f("ix_tax_bill_status_number"), "tax_bill_status", ["number"], unique=False)
    op.create_table(
        "return_case",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("number", sa.String(length=64), nullable=False, comment="our own number (copNo)"),
        sa.Column(
            "guid",
            sa.String(length=36),
            nullable=False,
            comment="number of the element; empty for the history",
        ),
        sa.Column(
            "declaration_id", sa.BigInteger(), nullable=False, comment="declaration whose goods come back"
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False, comment="why, in the declarant's words"),
        sa.Column(
            "applied_on", sa.Date(), nullable=False, comment="day of the request, in the zone's calendar"
        ),
        sa.Column(
            "apply_day",
            sa.BigInteger(),
            nullable=False,
            comment="the same, counted from the release; the release is day 0",
        ),
        sa.Column(
            "is_late", sa.Boolean(), nullable=False, comment="asked for after the last day that passes"
        ),
        sa.Column(
            "back_days_max",
            sa.BigInteger(),
            nullable=False,
            comment="last day on which goods may be back, from the release",
        ),
        sa.Column(
            "application",
            sa.Enum(
                "WAITING",
                "ACCEPTED",
                "REFUSED",
                "REFUSED_LATE",
                name="application",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="by all its receipts",
        ),
        sa.Column("goods_back_on", sa.Date(), nullable=True, comment="day the goods came back; empty before"),
        sa.Column(
            "reentry",
            sa.Enum(
                "NOT_ARRIVED",
                "WAITING_SORT",
                "REFUSED",
                "REFUSED_LATE_GOODS",
                "REENTERED",
                name="reentry",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="whether they enter the book again",
        ),
        sa.Column(
            "given_back",
            sa.Numeric(precision=19, scale=2),
            nullable=False,
            comment="given back to the buyer's yearly amount, CNY; 0 before",
        ),
        sa.Column(
            "given_back_on", sa.Date(), nullable=True, comment="the day of that, in the zone's calendar"
        ),
        sa.Column(
            "message_id",
            sa.BigInteger(),
            nullable=True,
            comment="message it came in; none for one of the history",
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["retail_declaration.id"], name=op.f("fk_return_case_declaration_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbox_message.id"], name=op.f("fk_return_case_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_case")),
        sa.UniqueConstraint("number", name=op.f("uq_return_case_number")),
        comment="Requests to return goods of a released declaration (CEB625)",
    )
    op.create_index(op.f("ix_return_case_declaration_id"), "return_case", ["declaration_id"], unique=False)
    op.create_table(
        "return_line",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("case_id", sa.BigInteger(), nullable=False, comment="its request"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line of the declaration (gnum)"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line it goes back to"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column(
            "quantity",
            sa.Numeric(precision=19, scale=5),
            nullable=False,
            comment="quantity that comes back, declared unit",
        ),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False, comment="the same in stock units"),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_return_line_book_item_id")),
        sa.ForeignKeyConstraint(["case_id"], ["return_case.id"], name=op.f("fk_return_line_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint("case_id", "line_no", name=op.f("uq_return_line_case_id_line_no")),
        comment="Lines of requests to return goods",
    )
