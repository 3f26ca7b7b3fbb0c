"""A move belongs to a posting: asked once for all rows of an insert, as a foreign key asks for each.

A posting is never deleted or renumbered (facts stay), so the insert is the only moment to look.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_moves_posting"
down_revision = "0032_judged_by"


def upgrade() -> None:
    op.drop_constraint("fk_stock_move_posting_id", "stock_move", type_="foreignkey")
    op.execute(
        sa.text("""
        create function moves_have_postings() returns trigger language plpgsql as $$
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
        end $$
        """)
    )
    op.execute(
        "create trigger stock_move_has_posting after insert on stock_move referencing new table as new_moves"
        " for each statement execute function moves_have_postings()"
    )


def downgrade() -> None:
    op.execute("drop trigger stock_move_has_posting on stock_move")
    op.execute("drop function moves_have_postings()")
    op.create_foreign_key("fk_stock_move_posting_id", "stock_move", "posting", ["posting_id"], ["id"])
