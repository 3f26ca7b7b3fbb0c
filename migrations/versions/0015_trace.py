"""A trace reads the changes of lots alone.

Nearly all moves keep their lot, so the index costs them nothing.
"""

from alembic import op

revision = "0015_trace"
down_revision = "0014"


def upgrade() -> None:
    op.create_index(
        "ix_stock_move_changed_lot",
        "stock_move",
        ["source_lot_id", "target_lot_id"],
        postgresql_where="target_lot_id <> source_lot_id",
    )


def downgrade() -> None:
    op.drop_index("ix_stock_move_changed_lot", table_name="stock_move")
