"""Rules of the registry's files, by the day they begin."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import mutable

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "rule_set",
        sa.Column("id", sa.BigInteger, primary_key=True, comment="Key inside the system"),
        sa.Column(
            "valid_from", sa.Date, nullable=False, comment="First day of the rules, in the zone's calendar"
        ),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), nullable=False, comment="When they were loaded last"
        ),
        sa.Column("rules", JSONB, nullable=False, comment="The rules by name, numbers as text"),
        sa.UniqueConstraint("valid_from"),
        comment="Limits, tolerances and thresholds a zone works by, from a day on",
    )
    mutable("rule_set")


def downgrade() -> None:
    op.drop_table("rule_set")
