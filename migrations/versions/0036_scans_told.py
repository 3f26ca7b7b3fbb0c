"""A task's memory becomes ciphertext, and a scan keeps what was said of it in parts, to be told in any language."""

import sqlalchemy as sa
from alembic import op

from migrations.sealing import seal, unseal

revision = "0036_scans_told"
down_revision = "0035_drafted_lists"

_SAID = "The same as marked text and facts, to be told in any language, sealed"


def upgrade() -> None:
    seal("flow_run", ("state", "jsonb"))
    op.execute("comment on column flow_run.state is 'Fields of that step, sealed'")
    op.add_column("scan_event", sa.Column("said", sa.LargeBinary, nullable=True, comment=_SAID))


def downgrade() -> None:
    op.drop_column("scan_event", "said")
    unseal("flow_run", ("state", "jsonb"))
    op.execute("comment on column flow_run.state is 'Fields of that step'")
