"""A document may name a company by its credit code, 18 characters."""

import sqlalchemy as sa
from alembic import op

revision = "0027_wider_codes"
down_revision = "0026_trade"

_COLUMNS = {
    "inspection": (
        "company behind it, as its documents name it; empty if none is known",
        "company behind it, customs code; empty if none is known",
    ),
    "inspection_conflict": (
        "code of the company, as its documents name it",
        "customs code of the company",
    ),
    "inspection_control": (
        "company that keeps the account book, customs code; empty fits any",
        "company that keeps the account book, customs code; empty fits any",
    ),
}


def upgrade() -> None:
    for table, (comment, before) in _COLUMNS.items():
        op.alter_column(table, "company_code", type_=sa.String(18), comment=comment, existing_comment=before)


def downgrade() -> None:
    for table, (before, comment) in _COLUMNS.items():
        op.alter_column(table, "company_code", type_=sa.String(10), comment=comment, existing_comment=before)
