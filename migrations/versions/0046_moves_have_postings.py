"""Whether moves have their posting is asked once for each posting, whatever the planner thinks of their number."""

import textwrap

from alembic import op

revision = "0046_moves_have_postings"
down_revision = "0045_void_passes"

EACH = """
    declare
        asked bigint;
    begin
        for asked in select distinct n.posting_id from new_moves n loop
            if not exists (select from posting p where p.id = asked) then
                raise exception 'posting % of a move does not exist', asked
                    using errcode = 'foreign_key_violation';
            end if;
        end loop;
        return null;
    end
"""
TOGETHER = """
    declare
        missing bigint;
    begin
        select distinct n.posting_id into missing from new_moves n
        where not exists (select from posting p where p.id = n.posting_id) limit 1;
        if found then
            raise exception 'posting % of a move does not exist', missing
                using errcode = 'foreign_key_violation';
        end if;
        return null;
    end
"""


def _replace(body: str) -> None:
    words = textwrap.dedent(body)
    op.execute(
        f"create or replace function moves_have_postings() returns trigger language plpgsql as $${words}$$"
    )


def upgrade() -> None:
    _replace(EACH)


def downgrade() -> None:
    _replace(TOGETHER)
