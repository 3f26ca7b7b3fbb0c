"""A move is found by its balances, also when a lot is asked for: one index entry less for each move written."""

from alembic import op

revision = "0041_moves_by_balance"
down_revision = "0040_answer_of_request"


def upgrade() -> None:
    op.drop_index("ix_stock_move_source_lot_id", "stock_move")


def downgrade() -> None:
    op.create_index("ix_stock_move_source_lot_id", "stock_move", ["source_lot_id"])
