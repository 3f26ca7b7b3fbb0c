"""An adjustment knows the list that was drafted for it here."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0035_drafted_lists"
down_revision = "0034_exports_deleted"


def upgrade() -> None:
    op.add_column(
        "adjustment",
        sa.Column(
            "drafted_no",
            sa.String(64),
            nullable=False,
            server_default="",
            comment="our own number of the list drafted for it; empty if none",
        ),
    )
    op.alter_column("adjustment", "drafted_no", server_default=None)
    op.create_index(op.f("ix_adjustment_drafted_no"), "adjustment", ["drafted_no"])
    updatable("adjustment", "drafted_no")


def downgrade() -> None:
    op.drop_index(op.f("ix_adjustment_drafted_no"), "adjustment")
    op.drop_column("adjustment", "drafted_no")
