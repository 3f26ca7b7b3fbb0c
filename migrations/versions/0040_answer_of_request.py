"""Waiting for a request's turn and reading its kept answer, in one question to the server."""

import sqlalchemy as sa
from alembic import op

revision = "0040_answer_of_request"
down_revision = "0039_room_in_balances"


def upgrade() -> None:
    # Volatile, so the second statement sees what was committed while the first one waited.
    op.execute(
        sa.text("""
        create function answer_of_request(asked uuid)
        returns table (content_digest text, refusal text, answer bytea) language plpgsql volatile as $$
        begin
            perform pg_advisory_xact_lock(hashtextextended(cast(asked as text), 0));
            return query
                select cast(r.content_digest as text), cast(r.refusal as text), r.answer
                from answered_request r where r.request_id = asked;
        end $$
        """)
    )


def downgrade() -> None:
    op.execute("drop function answer_of_request(uuid)")
