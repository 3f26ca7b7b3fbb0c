"""Commands of the installation's upkeep: tables at the newest revision, backups, and what must be forgotten in time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from wms.audit import mark
from wms.cli import run_as_system, says_no
from wms.embedded import database_urls, postgres_folder
from wms.embedded.folder import Folder
from wms.embedded.programs import find_programs
from wms.migrate import migrate
from wms.sealed import forget_before, keyring_of
from wms.web.house import House

personal = AppGroup("personal", help="Personal data: keys by month, destroyed when their term is over.")


def register(app: Flask) -> None:
    """Hang every command on the application."""
    app.cli.add_command(personal)
    app.cli.add_command(migrate_command)
    app.cli.add_command(database_command)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database to the newest revision, as the owner of its tables, in one transaction."""
    house: House = current_app.extensions["wms"]
    urls = database_urls(house.settings)
    app_role = make_url(urls.app).username
    if not urls.owner or not app_role:
        click.echo(
            "setting owner_database_url is empty: migrations sign in as the owner of the tables", err=True
        )
        sys.exit(1)
    with house.sessions() as session:
        migrate(urls.owner, app_role=app_role, keyring=keyring_of(session))
    click.echo("The tables are at the newest revision.")


@click.command(
    "database",
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    },
)
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def database_command(program: str, arguments: tuple[str, ...]) -> None:
    """Run a program of PostgreSQL (pg_dump, pg_restore, psql) on the database as the owner of its tables.

    It is the program of the server's own version, and the password stays out of the process list.
    """
    house: House = current_app.extensions["wms"]
    urls = database_urls(house.settings)
    if not urls.owner:
        click.echo("setting owner_database_url is empty: the owner of the tables signs in", err=True)
        sys.exit(1)
    url = make_url(urls.owner)
    environ = os.environ | {
        "PGHOST": url.host or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    command = [str(_program(house, program)), *arguments]
    # a child, not this process: the private server stays for as long as we hold its folder
    sys.exit(subprocess.run(command, env=environ, check=False).returncode)


def _program(house: House, name: str) -> Path:
    """The program for the private server, or the one on the path for a site's own."""
    if house.settings.database_url:
        found = shutil.which(name)
    else:
        data = Folder(postgres_folder(house.settings)).server.resolve() / "data"
        path = find_programs(data).path(name)
        found = str(path) if path.is_file() else None
    if found is None:
        click.echo(f"there is no program {name} of PostgreSQL here", err=True)
        sys.exit(1)
    return Path(found)


@personal.command("forget")
@click.option("--before", required=True, metavar="MONTH", help="First month that stays, like 2023-11.")
@says_no
def forget(before: str) -> None:
    """Destroy the keys of all months before MONTH; what they sealed can never be read again.

    Rows stay and go on working. Destroy the same keys in the backups too.
    """
    house: House = current_app.extensions["wms"]
    keep_months = house.settings.personal_retention_months

    def work(session: Session) -> list[str]:
        gone = forget_before(
            keyring_of(session), before=before, today=house.clock.month(), keep_months=keep_months
        )
        if gone:
            mark(session, months=gone)
        return gone

    gone = run_as_system(work, action="personal.forget")
    click.echo(f"Forgotten: {', '.join(gone)}." if gone else f"No key is older than {before}.")
