"""The reconciler proves closed periods too."""

from alembic import op

revision = "0028_periods_proven"
down_revision = "0027_wider_codes"

BEFORE = (
    *("VERSIONS", "ENDS", "BALANCE", "HELD", "RESERVED", "AUTHORITY", "BOOK_ITEM", "UNIT", "MOVED"),
    *("FIGURES", "OPEN", "OPEN_COPY", "LINK", "LAW", "LEFT_EARLY", "BOOKED_TWICE", "REQUEST_TWICE"),
    *("RESERVATION", "ALLOWANCE", "SERIAL"),
)


def _checks(*words: str) -> None:
    op.drop_constraint(op.f("ck_ledger_finding_check"), "ledger_finding", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f("ck_ledger_finding_check"), "ledger_finding", f'"check" in ({listed})')


def upgrade() -> None:
    _checks(*BEFORE, "PERIOD")


def downgrade() -> None:
    _checks(*BEFORE)
