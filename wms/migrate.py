"""Bring a database to the newest revision, as its owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

from wms.sealed import Keyring

ROOT = Path(__file__).resolve().parent.parent


def migrate(owner_url: str, *, app_role: str, revision: str = "head", keyring: Keyring | None = None) -> None:
    """Upgrade the database at `owner_url`, or downgrade it when `revision` is ``base`` or begins with a minus.

    `app_role` is the role the application signs in with; migrations grant to it table by table. `keyring` seals
    what lies in columns that become sealed; a database without such rows needs none.
    """
    with alembic_config(owner_url, app_role=app_role) as config:
        config.attributes["keyring"] = keyring
        if revision == "base" or revision.startswith("-"):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


@contextmanager
def alembic_config(owner_url: str, *, app_role: str) -> Iterator[Config]:
    """What Alembic's commands need, in one transaction that is kept when the block ends well."""
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            config = Config(toml_file=str(ROOT / "pyproject.toml"))
            config.attributes["connection"] = connection
            config.attributes["app_role"] = app_role
            yield config
    finally:
        engine.dispose()
