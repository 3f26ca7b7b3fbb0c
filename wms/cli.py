"""The command line: ``flask --app wsgi …``. Commands parse, call one function, and print.

A refusal is one sentence on standard error and exit code 1; never a trace.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.orm import Session

from wms import audit
from wms.auth import users
from wms.auth.permissions import Role
from wms.auth.sign_in import end_sign_ins
from wms.db import run
from wms.dictionary import data_dictionary
from wms.errors import Refusal
from wms.i18n import DEFAULT_LOCALE, LOCALES

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., None])
_ROLES: Final = click.Choice([role.value for role in Role])

people = AppGroup("users", help="People who sign in.")
tokens = AppGroup("tokens", help="API tokens of partners' systems.")


def register(app: Flask) -> None:
    """Hang every command on the application."""
    app.cli.add_command(people)
    app.cli.add_command(tokens)
    app.cli.add_command(dictionary)
    app.cli.add_command(seal)
    app.cli.add_command(verify_seals)


def says_no(command: Command) -> Command:
    """Say a refusal in one sentence and end with 1."""

    @wraps(command)
    def careful(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Refusal as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(1)

    return careful  # type: ignore[return-value]


def run_as_system(work: Callable[[Session], T], *, action: str) -> T:
    """Do `work` in one transaction as the system itself."""
    house = current_app.extensions["wms"]
    return run(house.sessions, work, by_id=users.SYSTEM_ID, action=action, device="command line")


@people.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, required=True)
@click.option("--display-name", default="", help="Name as colleagues know it.")
@click.option("--company", "company_code", help="Customs code of the company.")
@click.option("--locale", type=click.Choice(LOCALES), default=DEFAULT_LOCALE, show_default=True)
@click.password_option(help="Asked for when not given.")
@says_no
def add_user(
    name: str, role: str, display_name: str, company_code: str | None, locale: str, password: str
) -> None:
    """Add a person with a first password."""
    at = current_app.extensions["wms"].clock.now()

    def work(session: Session) -> None:
        user = users.add_user(
            session,
            name=name,
            display_name=display_name,
            role=Role(role),
            company_code=company_code,
            locale=locale,
            at=at,
        )
        users.set_password(session, user, password)

    run_as_system(work, action="user.add")
    click.echo(f"{name} was added as {role}.")


@people.command("password")
@click.argument("name")
@click.password_option(help="Asked for when not given.")
@says_no
def set_password(name: str, password: str) -> None:
    """Give a new password and sign the person out everywhere."""
    at = current_app.extensions["wms"].clock.now()

    def work(session: Session) -> None:
        user = users.find_user(session, name)
        users.set_password(session, user, password)
        end_sign_ins(session, user, at=at)

    run_as_system(work, action="user.password")
    click.echo(f"{name} has a new password and is signed out everywhere.")


@people.command("badge")
@click.argument("name")
@click.option("--text", help="Text on a badge that exists; a new one is made up otherwise.")
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True, help="4 to 8 digits.")
@says_no
def set_badge(name: str, text: str | None, pin: str) -> None:
    """Give a badge and its PIN; prints the badge's text, to be printed as a barcode."""
    badge, at = text or users.new_badge(), current_app.extensions["wms"].clock.now()

    def work(session: Session) -> None:
        user = users.find_user(session, name)
        users.set_badge(session, user, badge=badge, pin=pin)
        end_sign_ins(session, user, at=at, way="badge")

    run_as_system(work, action="user.badge")
    click.echo(badge)


@tokens.command("add")
@click.argument("user")
@click.option("--for", "purpose", required=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
@says_no
def add_token(user: str, purpose: str, days: int) -> None:
    """Make a token that acts as a user; its text is printed once and never kept."""
    at = current_app.extensions["wms"].clock.now()
    text = run_as_system(
        lambda session: users.make_token(
            session, users.find_user(session, user), name=purpose, days=days, at=at
        ),
        action="token.add",
    )
    click.echo(text)


@tokens.command("revoke")
@click.argument("user")
@click.option("--for", "purpose", required=True, help="What the token was for.")
@says_no
def revoke_tokens(user: str, purpose: str) -> None:
    """Take back a user's tokens of that purpose."""
    at = current_app.extensions["wms"].clock.now()
    count = run_as_system(
        lambda session: users.revoke_tokens(session, users.find_user(session, user), name=purpose, at=at),
        action="token.revoke",
    )
    click.echo(f"{count} taken back.")


@click.command("data-dictionary")
def dictionary() -> None:
    """Print the data dictionary, made from the comments of the columns."""
    click.echo(data_dictionary(), nl=False)


@click.command("seal")
@with_appcontext
def seal() -> None:
    """Seal every audit entry that is in no seal yet."""
    count = 0
    while run_as_system(audit.seal, action="audit.seal") is not None:
        count += 1
    click.echo(f"{count} seals made.")


@click.command("verify-seals")
@with_appcontext
def verify_seals() -> None:
    """Recompute the audit trail's seals; ends with 1 and names each fault when the trail was changed."""
    with current_app.extensions["wms"].sessions() as session:
        broken = audit.verify_seals(session)
        last = audit.last_seal(session)
    for fault in broken:
        where = f"seal {fault.seal_id}" if fault.seal_id is not None else "no seal"
        entry = "" if fault.entry_id is None else f", entry {fault.entry_id}"
        click.echo(f"{where}{entry}: {fault.reason}", err=True)
    if broken:
        sys.exit(1)
    click.echo("Nothing is sealed yet." if last is None else f"Whole up to seal {last.id}: {last.digest}")
