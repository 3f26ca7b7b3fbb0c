"""The application's role may read and add by default; anything more is granted table by table."""

from alembic import op

from migrations.grants import app_role

revision = "0001"
down_revision = None


def upgrade() -> None:
    role = app_role()
    op.execute(f'grant usage on schema public to "{role}"')
    op.execute(f'alter default privileges in schema public grant select, insert on tables to "{role}"')
    op.execute(f'alter default privileges in schema public grant usage, select on sequences to "{role}"')

    # What the triggers of `migrations.grants.append_only` call.
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are facts: they are added, never changed or removed', tg_table_name
                using errcode = 'restrict_violation';
        end $$
        """
    )


def downgrade() -> None:
    role = app_role()
    op.execute("drop function refuse_change()")
    op.execute(f'alter default privileges in schema public revoke all on sequences from "{role}"')
    op.execute(f'alter default privileges in schema public revoke all on tables from "{role}"')
    op.execute(f'revoke usage on schema public from "{role}"')
