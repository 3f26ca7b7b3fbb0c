"""Incidents of the site and what is added to them; both are facts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only

revision = "0021"
down_revision = "0020"

_KINDS = (
    *("seal_broken", "smoke", "passage", "door_open", "missing", "stuck", "out_of_range"),
    *("vibration", "battery", "gateway_silent"),
)


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the incident"),
        sa.Column(
            "kind",
            sa.Enum(*_KINDS, name="incidentkind", native_enum=False, create_constraint=True, length=14),
            nullable=False,
            comment="What happened",
        ),
        sa.Column(
            "device",
            sa.String(length=64),
            nullable=False,
            comment="device that saw it, or the gateway itself",
        ),
        sa.Column(
            "place",
            sa.String(length=40),
            nullable=False,
            comment="where the device stands; empty if not declared",
        ),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it began, by the time of measuring",
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), nullable=False, comment="when the system learned of it"
        ),
        sa.Column("message", sa.String(), nullable=False, comment="Marked sentence, translated by the page"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Facts of the sentence",
        ),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="numbers of the readings that showed it, what they said, version of the rules",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("kind", "device", "began_at", name=op.f("uq_incident_kind_device_began_at")),
        comment="What happened at the site: seal breaks, smoke, silent sensors; never changed",
    )
    op.create_index(op.f("ix_incident_recorded_at"), "incident", ["recorded_at"], unique=False)
    op.create_table(
        "incident_entry",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the entry"),
        sa.Column("incident_id", sa.BigInteger(), nullable=False, comment="the incident"),
        sa.Column(
            "kind",
            sa.Enum(
                *("ended", "remark", "closed"),
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=6,
            ),
            nullable=False,
            comment="ended, remark or closed",
        ),
        sa.Column(
            "note",
            sa.String(length=500),
            nullable=False,
            comment="what was found and done; empty for an end",
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="who added it; 0 is the system itself"),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), nullable=False, comment="when it ended or was said"
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_entry_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
        comment="What was added to an incident; never changed",
    )
    op.create_index(op.f("ix_incident_entry_incident_id"), "incident_entry", ["incident_id"], unique=False)
    append_only("incident", "incident_entry")


def downgrade() -> None:
    op.drop_table("incident_entry")
    op.drop_table("incident")
