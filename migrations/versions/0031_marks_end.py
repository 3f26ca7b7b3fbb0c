"""A product's mark is taken away with a reason, and neither that nor a revoked permit is ever undone."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0031_marks_end"
down_revision = "0030_inspection_asked"
_COLUMNS = (("product_paper", "ended_at"), ("permit", "revoked_at"))


def upgrade() -> None:
    op.add_column(
        "product_paper",
        sa.Column(
            "ended_reason",
            sa.String(200),
            nullable=False,
            server_default="",
            comment="why it was taken away; empty while it counts",
        ),
    )
    op.alter_column("product_paper", "ended_reason", server_default=None)
    updatable("product_paper", "ended_reason")
    for table, column in _COLUMNS:
        op.execute(
            f'create trigger "{table}_ends_once" before update on "{table}" for each row '
            f"when (old.{column} is not null) execute function refuse_change()"
        )


def downgrade() -> None:
    for table, _ in _COLUMNS:
        op.execute(f'drop trigger "{table}_ends_once" on "{table}"')
    op.drop_column("product_paper", "ended_reason")
