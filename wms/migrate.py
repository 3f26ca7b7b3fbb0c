"""Bring a database to the newest revision, as its owner."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

ROOT = Path(__file__).resolve().parent.parent


def migrate(owner_url: str, *, app_role: str, revision: str = "head") -> None:
    """Upgrade (or downgrade, when `revision` lies behind) the database at `owner_url`.

    `app_role` is the role the application signs in with; migrations grant to it table by table.
    """
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            config = Config(toml_file=str(ROOT / "pyproject.toml"))
            config.attributes["connection"] = connection
            config.attributes["app_role"] = app_role
            command.upgrade(config, revision) if not revision.startswith("-") else command.downgrade(
                config, revision
            )
    finally:
        engine.dispose()
