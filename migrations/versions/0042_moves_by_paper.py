"""The moves under a document or a gate pass are found at once, however many moves there are; most have neither."""

import sqlalchemy as sa
from alembic import op

revision = "0042_moves_by_paper"
down_revision = "0041_moves_by_balance"


def upgrade() -> None:
    op.create_index(
        "ix_stock_move_document_number",
        "stock_move",
        ["document_number"],
        postgresql_where=sa.text("document_number is not null"),
    )
    op.create_index(
        "ix_stock_move_pass_number",
        "stock_move",
        ["pass_number"],
        postgresql_where=sa.text("pass_number <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_stock_move_pass_number", "stock_move")
    op.drop_index("ix_stock_move_document_number", "stock_move")
