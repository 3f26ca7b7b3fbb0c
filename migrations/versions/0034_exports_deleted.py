"""The bytes of old exports are deleted; the list says when."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, updatable

revision = "0034_exports_deleted"
down_revision = "0033_moves_posting"


def upgrade() -> None:
    op.add_column(
        "export",
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its bytes were deleted, their term being over",
        ),
    )
    updatable("export", "deleted_at")
    # made once and never changed; deleted when its term is over
    op.execute('drop trigger "export_file_rows_stay" on "export_file"')
    op.execute(
        'create trigger "export_file_rows_stay" before update on "export_file" '
        "for each row execute function refuse_change()"
    )
    op.execute(f'grant delete on "export_file" to "{app_role()}"')


def downgrade() -> None:
    op.execute(f'revoke delete on "export_file" from "{app_role()}"')
    op.execute('drop trigger "export_file_rows_stay" on "export_file"')
    op.execute(
        'create trigger "export_file_rows_stay" before update or delete on "export_file" '
        "for each row execute function refuse_change()"
    )
    op.drop_column("export", "deleted_at")
