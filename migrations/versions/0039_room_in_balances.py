"""Room in the pages of `balance`: a new figure stays beside its old one, and no index has to be told."""

from alembic import op

revision = "0039_room_in_balances"
down_revision = "0038_guarantees"


def upgrade() -> None:
    # A row has about 100 bytes, and each of its updates leaves one dead version until the page is tidied.
    op.execute("alter table balance set (fillfactor = 60)")


def downgrade() -> None:
    op.execute("alter table balance reset (fillfactor)")
