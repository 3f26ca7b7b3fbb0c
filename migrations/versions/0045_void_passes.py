"""A gate pass that is not used may be made void."""

from alembic import op

revision = "0045_void_passes"
down_revision = "0044_exports_sealed"

BEFORE = ("DECLARED", "REFUSED", "APPROVED", "PARKED", "RETURNED", "PASSED")


def _states(*words: str) -> None:
    op.drop_constraint(op.f("ck_gate_pass_passstate"), "gate_pass", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f("ck_gate_pass_passstate"), "gate_pass", f"state in ({listed})")


def upgrade() -> None:
    _states(*BEFORE, "VOID")


def downgrade() -> None:
    _states(*BEFORE)
