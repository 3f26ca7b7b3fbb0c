"""What the application's role may do with a table, said in one word in each migration.

New tables start with SELECT and INSERT only (default privileges of revision 0001), so a forgotten grant is a
refusal and never a hole. Facts stay that way; the rest says here what else it needs.
"""

from alembic import context, op


def app_role() -> str:
    """Name of the role the application signs in with, as given by whoever runs the migration."""
    name = context.config.attributes["app_role"]
    assert isinstance(name, str)
    assert name.replace("_", "").isalnum()
    return name


def mutable(*tables: str) -> None:
    """Rows of these tables may be changed and removed by the application."""
    for table in tables:
        op.execute(f'grant update, delete on "{table}" to "{app_role()}"')


def updatable(table: str, *columns: str) -> None:
    """Only these columns of the table may be changed; rows stay."""
    names = ", ".join(f'"{column}"' for column in columns)
    op.execute(f'grant update ({names}) on "{table}" to "{app_role()}"')


def append_only(*tables: str) -> None:
    """Rows of these tables are facts: besides the missing grant, a trigger stops even the owner's slip."""
    for table in tables:
        op.execute(
            f'create trigger "{table}_rows_stay" before update or delete on "{table}" '
            "for each row execute function refuse_change()"
        )
        op.execute(
            f'create trigger "{table}_table_stays" before truncate on "{table}" '
            "for each statement execute function refuse_change()"
        )
