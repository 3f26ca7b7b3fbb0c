"""The job queue, as Procrastinate 3.10 makes it; a newer Procrastinate needs a revision of its own."""

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.grants import app_role

revision = "0002"
down_revision = "0001"

_REMOVE = """
do $$
declare thing text;
begin
    for thing in select format('drop table %I cascade', relname) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and starts_with(relname, 'procrastinate_')
    loop execute thing; end loop;
    for thing in select format('drop function %s cascade', oid::regprocedure) from pg_proc
        where pronamespace = 'public'::regnamespace and starts_with(proname, 'procrastinate_')
    loop execute thing; end loop;
    for thing in select format('drop type %I cascade', typname) from pg_type
        where typnamespace = 'public'::regnamespace and starts_with(typname, 'procrastinate_') and typtype in ('e', 'c')
    loop execute thing; end loop;
end $$
"""
_GRANT = """
do $$
declare thing text;
begin
    for thing in select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and starts_with(relname, 'procrastinate_')
    loop execute format('grant update, delete on %I to %I', thing, '{role}'); end loop;
end $$
"""


def upgrade() -> None:
    # Through the driver: the schema holds percent signs and many statements, which a bound statement may not.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute(_GRANT.format(role=app_role()))


def downgrade() -> None:
    op.execute(_REMOVE)
