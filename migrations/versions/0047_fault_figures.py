"""What a rule counted stands with its fault."""

from alembic import op

revision = "0047_fault_figures"
down_revision = "0046_moves_have_postings"

BEFORE = "rule, pair, field and line of every fault"


def upgrade() -> None:
    op.alter_column("order_match", "faults", comment=f"{BEFORE}, with the figures its rule counted")


def downgrade() -> None:
    op.alter_column("order_match", "faults", comment=BEFORE)
