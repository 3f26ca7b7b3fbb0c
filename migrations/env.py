"""Runs migrations as the owner. The caller (`wms.migrate`, the tests) hands in a connection and the app role."""

from alembic import context
from sqlalchemy import Connection

from wms.db import Base
from wms.tables import FOREIGN_TABLES, load_all

load_all()


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """The job queue keeps its own tables; they are not ours to compare."""
    return not (kind == "table" and name is not None and name.startswith(FOREIGN_TABLES))


connection = context.config.attributes["connection"]
assert isinstance(connection, Connection)
context.configure(connection=connection, target_metadata=Base.metadata, include_name=include_name)
with context.begin_transaction():
    context.run_migrations()
