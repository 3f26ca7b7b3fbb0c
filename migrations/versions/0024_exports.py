"""Exports: files people asked for, apart from their bytes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only, updatable

revision = "0024_exports"
down_revision = "0023_deciding"


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column(
            "kind",
            sa.Enum(
                "BOOK",
                "RECONCILIATION",
                "STOCK",
                "BONDED_LIST",
                "CASE",
                "EVIDENCE",
                name="exportkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="what was asked for",
        ),
        sa.Column(
            "format",
            sa.Enum("XLSX", "PDF", "ZIP", name="exportformat", native_enum=False, create_constraint=True),
            nullable=False,
            comment="XLSX, PDF (PDF/A) or ZIP",
        ),
        sa.Column(
            "number",
            sa.String(length=64),
            nullable=False,
            comment="list, case, document or lot it is about; empty if none",
        ),
        sa.Column(
            "as_of",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="instant of the ledgers it shows; none: when made",
        ),
        sa.Column(
            "in_clear",
            sa.Boolean(),
            nullable=False,
            comment="personal data in clear, as asked for; else sealed",
        ),
        sa.Column("locale", sa.String(length=10), nullable=False, comment="language of its words"),
        sa.Column(
            "asked_by_id", sa.BigInteger(), nullable=False, comment="who asked, and who alone may fetch it"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="when it was asked for"),
        sa.Column(
            "state",
            sa.Enum(
                "ASKED",
                "RUNNING",
                "DONE",
                "REFUSED",
                name="exportstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands",
        ),
        sa.Column("rows_done", sa.BigInteger(), nullable=False, comment="rows written so far"),
        sa.Column(
            "rows_total",
            sa.BigInteger(),
            nullable=True,
            comment="rows it will have; none until they are counted",
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="when it was done or refused"
        ),
        sa.Column(
            "file_name",
            sa.String(length=120),
            nullable=False,
            comment="name to save it under; empty until done",
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the file, hexadecimal; empty until done",
        ),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False, comment="size of the file; 0 until done"),
        sa.Column(
            "sentence",
            sa.String(length=500),
            nullable=False,
            comment="marked sentence why there is no file; else empty",
        ),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="facts of the sentence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        comment="Files people asked for, and how far they are",
    )
    op.create_index(op.f("ix_export_asked_by_id"), "export", ["asked_by_id"], unique=False)
    op.create_table(
        "export_file",
        sa.Column("export_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="its export"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the file as written"),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_file_export_id")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_export_file")),
        comment="Bytes of finished exports",
    )
    updatable(
        "export",
        "state",
        "rows_done",
        "rows_total",
        "finished_at",
        "file_name",
        "digest",
        "bytes_total",
        "sentence",
        "facts",
    )
    append_only("export_file")


def downgrade() -> None:
    op.drop_table("export_file")
    op.drop_index(op.f("ix_export_asked_by_id"), table_name="export")
    op.drop_table("export")
