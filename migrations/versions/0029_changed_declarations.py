"""A returned declaration may be declared again with other content: its version, and which answers still count."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, updatable

revision = "0029_changed"
down_revision = "0028_periods_proven"
_TABLE, _LINES = "retail_declaration", "retail_declaration_line"


def upgrade() -> None:
    comment = "how often it was declared, 1 for the first time"
    op.add_column(
        _TABLE, sa.Column("version", sa.BigInteger(), nullable=False, server_default="1", comment=comment)
    )
    op.alter_column(_TABLE, "version", server_default=None)
    op.add_column(
        _TABLE,
        sa.Column(
            "answered_before",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="customs' newest answer when it was changed; older ones belong to the version before",
        ),
    )
    updatable(
        _TABLE,
        "version",
        "answered_before",
        "waybill_no",
        "carrier_code",
        "carrier_name",
        "buyer",
        "year",
        "dutiable_value",
        "gross_kg",
        "net_kg",
        "declared_at",
    )
    # The version before stays as the message that was sent.
    op.execute(f'drop trigger "{_LINES}_rows_stay" on "{_LINES}"')
    op.execute(f'grant delete on "{_LINES}" to "{app_role()}"')


def downgrade() -> None:
    op.execute(f'revoke delete on "{_LINES}" from "{app_role()}"')
    op.execute(
        f'create trigger "{_LINES}_rows_stay" before update or delete on "{_LINES}" '
        "for each row execute function refuse_change()"
    )
    op.drop_column(_TABLE, "answered_before")
    op.drop_column(_TABLE, "version")
