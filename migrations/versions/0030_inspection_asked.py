"""Lists and passes remember that customs' last review asks for an inspection."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0030_inspection_asked"
down_revision = "0029_changed"
_TABLES = ("bonded_list", "gate_pass")


def upgrade() -> None:
    comment = "customs' last review asks for an inspection and none since lets the goods go"
    for table in _TABLES:
        op.add_column(
            table,
            sa.Column(
                "inspection_asked", sa.Boolean(), nullable=False, server_default=sa.false(), comment=comment
            ),
        )
        op.alter_column(table, "inspection_asked", server_default=None)
        updatable(table, "inspection_asked")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "inspection_asked")
