"""What the site's sensors say, and the excursions that follow from it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import updatable

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    _tables()
    for table in ("reading", "dead_letter"):
        op.execute(
            f"create trigger {table}_stays before update or delete on {table} "
            "for each row execute function facts_stay()"
        )
        op.execute(
            f"create trigger {table}_stays_whole before truncate on {table} "
            "for each statement execute function facts_stay()"
        )
    updatable(
        "excursion",
        "began_at",
        "ended_at",
        "extreme",
        "hold_id",
        "release_reason",
        "first_release_by_id",
        "released_by_id",
        "released_at",
    )


def downgrade() -> None:
    for table in ("excursion", "reading", "dead_letter"):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the letter"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="the gateway"),
        sa.Column("epoch", sa.String(length=40), nullable=False, comment="life of the gateway's spool"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="its number within the epoch"),
        sa.Column(
            "item", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the item as it came"
        ),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="what is wrong with it"),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the item's canonical JSON"
        ),
        sa.Column(
            "committed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when it was stored here",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("source", "epoch", "seq", name=op.f("uq_dead_letter_source_epoch_seq")),
        comment="Facts that could not be understood, kept whole",
        info={"audited": False},
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the reading"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="the gateway"),
        sa.Column("epoch", sa.String(length=40), nullable=False, comment="life of the gateway's spool"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="its number within the epoch"),
        sa.Column("device", sa.String(length=64), nullable=False, comment="device, as in devices.toml"),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="temperature, door, scan …"),
        sa.Column(
            "value",
            sa.Double(),
            nullable=True,
            comment="measured value; none for events and impossible values",
        ),
        sa.Column(
            "unit", sa.String(length=16), nullable=False, comment="UCUM unit of the value; empty for events"
        ),
        sa.Column(
            "quality",
            sa.String(length=10),
            nullable=False,
            comment="good, uncertain (clock) or bad (no possible value)",
        ),
        sa.Column(
            "happened_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was measured; rules run on this",
        ),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, comment="when the gateway had it"
        ),
        sa.Column(
            "committed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when it was stored here",
        ),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="what an event says"
        ),
        sa.Column(
            "raw", sa.String(length=512), nullable=False, comment="what the device sent; empty if not given"
        ),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the item's canonical JSON"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sa.UniqueConstraint("source", "epoch", "seq", name=op.f("uq_reading_source_epoch_seq")),
        comment="Facts of the site's devices, never changed",
        info={"audited": False},
    )
    op.create_index("ix_reading_device", "reading", ["device", "kind", "happened_at"], unique=False)
    op.create_table(
        "excursion",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False, comment="sensor that saw it"),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="temperature or humidity"),
        sa.Column(
            "place",
            sa.String(length=40),
            nullable=False,
            comment="beginning of the codes of the places it stands for",
        ),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), nullable=False, comment="first reading outside the limits"
        ),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the tolerated minutes were over",
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first reading back inside; none while it lasts",
        ),
        sa.Column("extreme", sa.Double(), nullable=False, comment="farthest value, °C or percent"),
        sa.Column("hold_id", sa.BigInteger(), nullable=True, comment="the hold it placed; none if empty"),
        sa.Column(
            "release_reason",
            sa.String(length=500),
            nullable=False,
            comment="why the goods were let go; empty before",
        ),
        sa.Column(
            "first_release_by_id", sa.BigInteger(), nullable=True, comment="who proposed to let them go"
        ),
        sa.Column("released_by_id", sa.BigInteger(), nullable=True, comment="who let them go"),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True, comment="when they were let go"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_excursion_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excursion")),
    )
    op.create_index("ix_excursion_device", "excursion", ["device", "kind", "began_at"], unique=False)
