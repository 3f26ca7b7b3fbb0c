"""Inspection: draws, controls, officers and their results, holds let go, papers, and what lanes were told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only, updatable

revision = "0019_inspection"
down_revision = "0018_counts"

TABLES = (
    "lane_verdict",
    "permit_use",
    "product_paper",
    "permit",
    "hold_lift",
    "inspection_drawn_from",
    "inspection_draw",
    "inspection_control",
    "inspection_result",
    "inspection_officer",
    "inspection",
    "inspection_conflict",
)
SEQUENCES = ("control_number_seq", "draw_number_seq", "inspection_number_seq")


def upgrade() -> None:
    _tables()
    for sequence in SEQUENCES:
        op.execute(f"create sequence {sequence}")
    updatable("inspection", "state", "result", "hold_id", "started_at", "closed_at")
    updatable("inspection_officer", "replaced_reason")
    updatable("inspection_result", "agreed_by_id", "agreed_at", "withdrawn_by_id", "withdrawn_at")
    updatable("inspection_conflict", "ended_at", "ended_by_id")
    updatable("inspection_control", "ended_at", "ended_by_id")
    updatable("inspection_draw", "drawn_at", "drawn_by_id")
    updatable("hold_lift", "agreed_by_id", "agreed_at")
    updatable("permit", "revoked_at", "revoked_by_id")
    updatable("product_paper", "ended_at", "ended_by_id")
    append_only("inspection_drawn_from", "permit_use", "lane_verdict")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for sequence in SEQUENCES:
        op.execute(f"drop sequence {sequence}")


def _tables() -> None:
    op.create_table(
        "inspection_conflict",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("officer_id", sa.BigInteger(), nullable=False, comment="user id of the officer"),
        sa.Column(
            "company_code", sa.String(length=10), nullable=False, comment="customs code of the company"
        ),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why, as declared"),
        sa.Column("declared_by_id", sa.BigInteger(), nullable=False, comment="who declared it"),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="since when it counts"),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when it counted; none while it does",
        ),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True, comment="who ended it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_conflict")),
        comment="Companies an officer must not inspect",
    )
    op.create_index(
        op.f("ix_inspection_conflict_officer_id"), "inspection_conflict", ["officer_id"], unique=False
    )
    op.create_table(
        "inspection_control",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the control"),
        sa.Column(
            "hs",
            sa.String(length=10),
            nullable=False,
            comment="beginning of the tariff number; empty fits any",
        ),
        sa.Column(
            "origin",
            sa.String(length=3),
            nullable=False,
            comment="country of origin, customs' number; empty: any",
        ),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号; empty fits any"),
        sa.Column(
            "company_code",
            sa.String(length=10),
            nullable=False,
            comment="company that keeps the account book, customs code; empty fits any",
        ),
        sa.Column(
            "document_no",
            sa.String(length=64),
            nullable=False,
            comment="one declaration (copNo or invtNo) or list; empty fits any",
        ),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why, in words"),
        sa.Column("placed_by_id", sa.BigInteger(), nullable=False, comment="officer who placed it"),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False, comment="since when it counts"),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True, comment="officer who ended it"),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when it counted; none while it does",
        ),
        sa.CheckConstraint(
            "hs || origin || item_no || company_code || document_no <> ''",
            name=op.f("ck_inspection_control_fits_something"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_control")),
        sa.UniqueConstraint("number", name=op.f("uq_inspection_control_number")),
        comment="Directed controls: what fits is inspected without a draw",
    )
    op.create_table(
        "inspection_draw",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the draw"),
        sa.Column(
            "population",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="who may be drawn, officers with conflicts, and the weights, as published",
        ),
        sa.Column(
            "population_hash", sa.String(length=64), nullable=False, comment="SHA-256 of its canonical JSON"
        ),
        sa.Column(
            "commitment", sa.String(length=64), nullable=False, comment="SHA-256 of seed and that hash"
        ),
        sa.Column(
            "seed",
            sa.String(length=64),
            nullable=False,
            comment="the seed, hexadecimal; shown once it is drawn",
        ),
        sa.Column(
            "prepared_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the commitment was published",
        ),
        sa.Column("prepared_by_id", sa.BigInteger(), nullable=False, comment="who prepared it"),
        sa.Column(
            "drawn_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the seed was published; none before",
        ),
        sa.Column("drawn_by_id", sa.BigInteger(), nullable=True, comment="who drew"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_draw")),
        sa.UniqueConstraint("number", name=op.f("uq_inspection_draw_number")),
        comment="Random draws of declarations, lists and officers",
    )
    op.create_table(
        "inspection_drawn_from",
        sa.Column("subject_kind", sa.String(length=20), nullable=False, comment="declaration or list"),
        sa.Column("subject_number", sa.String(length=100), nullable=False, comment="its number"),
        sa.Column("draw_number", sa.String(length=20), nullable=False, comment="number of the draw"),
        sa.PrimaryKeyConstraint("subject_kind", "subject_number", name=op.f("pk_inspection_drawn_from")),
        comment="What stood in a draw; once and never again",
    )
    op.create_index(
        op.f("ix_inspection_drawn_from_draw_number"), "inspection_drawn_from", ["draw_number"], unique=False
    )
    op.create_table(
        "lane_verdict",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="the gateway that asked"),
        sa.Column("device", sa.String(length=64), nullable=False, comment="its scanner, as in devices.toml"),
        sa.Column("scanned", sa.String(length=500), nullable=False, comment="what was scanned, as it came"),
        sa.Column(
            "parcel", sa.String(length=60), nullable=False, comment="waybill it was read as; empty if none"
        ),
        sa.Column(
            "declaration", sa.String(length=64), nullable=False, comment="declaration of it; empty if unknown"
        ),
        sa.Column(
            "word",
            sa.Enum(
                "released", "inspect", "unknown", name="laneword", native_enum=False, create_constraint=True
            ),
            nullable=False,
            comment="released, inspect or unknown",
        ),
        sa.Column("reason", sa.String(length=300), nullable=False, comment="marked sentence of the answer"),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="facts of that sentence"
        ),
        sa.Column(
            "happened_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was scanned, by the gateway's clock",
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was answered"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_verdict")),
        comment="Answers to inspection lanes, never changed",
        info={"audited": False},
    )
    op.create_index("ix_lane_verdict_parcel", "lane_verdict", ["parcel", "happened_at"], unique=False)
    op.create_table(
        "permit",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="kind of paper, as in customs.toml"),
        sa.Column("number", sa.String(length=40), nullable=False, comment="its number, as issued"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号 it is for"),
        sa.Column("issued_by", sa.String(length=100), nullable=False, comment="who issued it"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first day it counts"),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="last day it counts"),
        sa.Column(
            "quantity",
            sa.BigInteger(),
            nullable=True,
            comment="stock units it allows; none: no quantity is named",
        ),
        sa.Column("filed_by_id", sa.BigInteger(), nullable=False, comment="who filed it here"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "revoked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="not to be used from this moment on",
        ),
        sa.Column("revoked_by_id", sa.BigInteger(), nullable=True, comment="who revoked it"),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_permit_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit")),
        comment="Papers goods need before they are loaded",
    )
    op.create_index(op.f("ix_permit_item_no"), "permit", ["item_no"], unique=False)
    op.create_index("uq_permit_number", "permit", ["kind", "number", "item_no"], unique=True)
    op.create_table(
        "product_paper",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="kind of paper, as in customs.toml"),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="species, recipe: why"),
        sa.Column("marked_by_id", sa.BigInteger(), nullable=False, comment="who marked it"),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False, comment="since when"),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True, comment="who took the mark away"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="until when it counted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_paper")),
        comment="Products marked as needing a paper",
    )
    op.create_index(
        "uq_product_paper",
        "product_paper",
        ["item_no", "kind"],
        unique=True,
        postgresql_where="ended_at is null",
    )
    op.create_table(
        "hold_lift",
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="the hold"),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="why the goods may go"),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=False, comment="who proposed it"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("agreed_by_id", sa.BigInteger(), nullable=True, comment="who agreed; none while it waits"),
        sa.Column(
            "agreed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the goods were let go",
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_lift_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold_lift")),
        comment="Who lets a hold go, and why",
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the inspection"),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "RETAIL_DECLARATION",
                "BONDED_LIST",
                "BATCH",
                name="subjectkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="declaration, list, or a batch wherever it lies",
        ),
        sa.Column(
            "subject_number",
            sa.String(length=100),
            nullable=False,
            comment="its number (copNo, list number, ITEM/BATCH)",
        ),
        sa.Column(
            "company_code",
            sa.String(length=10),
            nullable=False,
            comment="company behind it, customs code; empty if none is known",
        ),
        sa.Column(
            "ordered_by",
            sa.Enum(
                "DRAW",
                "CONTROL",
                "OFFICER",
                "RECEIPT",
                "SAMPLING",
                name="orderedby",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="draw, control, officer, receipt or sampling",
        ),
        sa.Column(
            "order_number",
            sa.String(length=40),
            nullable=False,
            comment="number of the draw or control, or the state of the receipt; empty if none",
        ),
        sa.Column(
            "reason",
            sa.String(length=200),
            nullable=False,
            comment="why, in words; empty where the order says it",
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ORDERED",
                "STARTED",
                "WAITING",
                "CLOSED",
                name="inspectionstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands",
        ),
        sa.Column(
            "result",
            sa.Enum(
                "RELEASE",
                "DESTROY",
                "DETAIN",
                "AMEND",
                "TAX",
                "REEXPORT",
                "SAMPLE",
                name="result",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
            comment="the last decision in force",
        ),
        sa.Column(
            "hold_id", sa.BigInteger(), nullable=True, comment="hold on its goods; none before there are any"
        ),
        sa.Column(
            "seed",
            sa.String(length=64),
            nullable=False,
            comment="seed its officers were drawn with, hexadecimal",
        ),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was ordered"),
        sa.Column(
            "ordered_by_id", sa.BigInteger(), nullable=False, comment="who ordered it; 0 is the system"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="when officers began"),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the last decision came into force",
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_inspection_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("number", name=op.f("uq_inspection_number")),
        sa.UniqueConstraint(
            "subject_kind",
            "subject_number",
            "ordered_by",
            "order_number",
            name=op.f("uq_inspection_subject_kind_subject_number_ordered_by_order_number"),
        ),
        comment="What customs wants to see before it may go on",
    )
    op.create_index(
        "ix_inspection_open",
        "inspection",
        ["subject_number"],
        unique=False,
        postgresql_where="state <> 'CLOSED'",
    )
    op.create_index(op.f("ix_inspection_subject_number"), "inspection", ["subject_number"], unique=False)
    op.create_table(
        "permit_use",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("permit_id", sa.BigInteger(), nullable=False, comment="the permit"),
        sa.Column(
            "document_number",
            sa.String(length=64),
            nullable=False,
            comment="declaration or list that was loaded",
        ),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="料号"),
        sa.Column(
            "quantity",
            sa.BigInteger(),
            nullable=False,
            comment="stock units, signed; 0 where no quantity is named",
        ),
        sa.Column(
            "used_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was loaded or unloaded",
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who loaded or unloaded it"),
        sa.ForeignKeyConstraint(["permit_id"], ["permit.id"], name=op.f("fk_permit_use_permit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_use")),
        comment="Uses of permits, never changed",
        info={"audited": False},
    )
    op.create_index("ix_permit_use_document", "permit_use", ["document_number"], unique=False)
    op.create_index(op.f("ix_permit_use_permit_id"), "permit_use", ["permit_id"], unique=False)
    op.create_table(
        "inspection_officer",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False, comment="the inspection"),
        sa.Column("officer_id", sa.BigInteger(), nullable=False, comment="user id of the officer"),
        sa.Column(
            "came_later", sa.Boolean(), nullable=False, comment="drawn afterwards, in place of another"
        ),
        sa.Column(
            "replaced_reason",
            sa.String(length=200),
            nullable=False,
            comment="why another was drawn instead; empty while on duty",
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_officer_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_officer")),
        sa.UniqueConstraint(
            "inspection_id", "officer_id", name=op.f("uq_inspection_officer_inspection_id_officer_id")
        ),
        comment="Officers drawn for inspections",
    )
    op.create_index(
        op.f("ix_inspection_officer_officer_id"), "inspection_officer", ["officer_id"], unique=False
    )
    op.create_table(
        "inspection_result",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="line of the inspection as a document"),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False, comment="of which"),
        sa.Column(
            "result",
            sa.Enum(
                "RELEASE",
                "DESTROY",
                "DETAIN",
                "AMEND",
                "TAX",
                "REEXPORT",
                "SAMPLE",
                name="result",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what was decided",
        ),
        sa.Column("finding", sa.String(length=1000), nullable=False, comment="what was seen, in words"),
        sa.Column(
            "location_id",
            sa.BigInteger(),
            nullable=True,
            comment="where a sample is taken; none: all held goods",
        ),
        sa.Column("lot_id", sa.BigInteger(), nullable=True, comment="lot a sample is taken of"),
        sa.Column(
            "quantity", sa.BigInteger(), nullable=False, comment="stock units of a sample; 0: all held goods"
        ),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=False, comment="officer who recorded it"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("agreed_by_id", sa.BigInteger(), nullable=True, comment="officer who agreed"),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True, comment="since when it counts"),
        sa.Column(
            "withdrawn_by_id", sa.BigInteger(), nullable=True, comment="officer who took it back or disagreed"
        ),
        sa.Column(
            "withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="when it was taken back"
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_result_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_inspection_result_location_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_inspection_result_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_result")),
        comment="What officers decided of an inspection",
    )
    op.create_index(
        op.f("ix_inspection_result_inspection_id"), "inspection_result", ["inspection_id"], unique=False
    )
    op.create_index(
        "uq_inspection_result_waiting",
        "inspection_result",
        ["inspection_id"],
        unique=True,
        postgresql_where="agreed_at is null and withdrawn_at is null",
    )
