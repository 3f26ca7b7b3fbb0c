"""The bytes of exports are sealed: evidence asked for in clear names persons."""

import sqlalchemy as sa
from alembic import op

revision = "0044_exports_sealed"
down_revision = "0043_paper_receipts"

_OPEN = "the file as written"
_SEALED = "the file as written, packed and sealed: evidence may name persons"


def upgrade() -> None:
    # files can be asked for again, so those in the open go; the list still says who asked for what, and the digest
    _forget_files()
    op.alter_column(
        "export_file", "content", existing_type=sa.LargeBinary(), comment=_SEALED, existing_comment=_OPEN
    )


def downgrade() -> None:
    _forget_files()
    op.alter_column(
        "export_file", "content", existing_type=sa.LargeBinary(), comment=_OPEN, existing_comment=_SEALED
    )


def _forget_files() -> None:
    op.execute(
        "update export set deleted_at = clock_timestamp() where id in (select export_id from export_file)"
    )
    op.execute("delete from export_file")
