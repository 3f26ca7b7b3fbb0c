"""What is missing of a receipt may follow on a later truck."""

from alembic import op

revision = "0037_follows"
down_revision = "0036_scans_told"

BEFORE = ("AS_IT_LIES", "BY_LIST", "EXPLAINED")


def _remedies(*words: str) -> None:
    op.drop_constraint(op.f("ck_discrepancy_remedy"), "discrepancy", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f("ck_discrepancy_remedy"), "discrepancy", f"remedy in ({listed})")


def upgrade() -> None:
    _remedies(*BEFORE, "FOLLOWS")


def downgrade() -> None:
    _remedies(*BEFORE)
