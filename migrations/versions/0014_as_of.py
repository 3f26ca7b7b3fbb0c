"""As-of reading answers from the index: the versions of a balance with their clock and quantity."""

from alembic import op

revision = "0014"
down_revision = "0013"

ENDS = ("source", "target")


def upgrade() -> None:
    for end in ENDS:
        op.drop_index(f"uq_stock_move_{end}_version", table_name="stock_move")
        op.create_index(
            f"uq_stock_move_{end}_version",
            "stock_move",
            [f"{end}_balance_id", f"{end}_version"],
            unique=True,
            postgresql_include=["recorded_at", f"{end}_on_hand"],
        )


def downgrade() -> None:
    for end in ENDS:
        op.drop_index(f"uq_stock_move_{end}_version", table_name="stock_move")
        op.create_index(
            f"uq_stock_move_{end}_version",
            "stock_move",
            [f"{end}_balance_id", f"{end}_version"],
            unique=True,
        )
