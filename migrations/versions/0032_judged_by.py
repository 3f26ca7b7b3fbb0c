"""A verdict keeps what it was judged by, so that the same is not judged again."""

import sqlalchemy as sa
from alembic import op

revision = "0032_judged_by"
down_revision = "0031_marks_end"
_COLUMNS = (
    ("basis", "digest of all it was judged by: while it is the same, so is the verdict"),
    ("buyer", "keyed hash of the buyer, whose year is part of it; empty while the order is missing"),
)


def upgrade() -> None:
    for column, comment in _COLUMNS:
        # empty: judged before this was kept, and judged once more by the next run
        op.add_column(
            "order_match",
            sa.Column(column, sa.String(64), nullable=False, server_default="", comment=comment),
        )
        op.alter_column("order_match", column, server_default=None)


def downgrade() -> None:
    for column, _ in _COLUMNS:
        op.drop_column("order_match", column)
