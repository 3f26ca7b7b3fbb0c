"""What an intruder with the superuser's password could do: edit facts with the triggers switched off."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from tests.databases import Database, TestServer


@contextlib.contextmanager
def superuser(server: TestServer, database: Database) -> Iterator[Session]:
    """A session that no trigger and no grant stops; what is not committed in it is rolled back."""
    url = make_url(server.admin_url).set(drivername="postgresql+psycopg", database=database.name)
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            session.execute(text("set session_replication_role = replica"))
            yield session
    finally:
        engine.dispose()
