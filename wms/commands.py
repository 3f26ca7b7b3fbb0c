"""Commands of the work itself: the registry, messages, the worker, the books. See `wms.cli` for people and tokens."""

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from pydantic import ValidationError

from wms.auth.users import SYSTEM_ID
from wms.cli import run_as_system, says_no
from wms.customs.doors import receive
from wms.customs.double_random import read_published, write_published
from wms.customs.double_random import verify as verify_published
from wms.customs.draw import published
from wms.customs.inbox import Outcome
from wms.customs.overview import reconcile_all
from wms.customs.retail_declaration import releases
from wms.db import make_sessions
from wms.kept_key import kept_key
from wms.ledger.past import ledger_now
from wms.ledger.periods import close_period
from wms.ledger.verify import verify
from wms.orders.acceptance import match_orders
from wms.orders.history import PriorLine, load_history, read_history
from wms.registry.cells import Fault
from wms.registry.files import read_registry
from wms.registry.load import Loaded, Summary, load_registry, rehearse
from wms.seed import seed
from wms.web.customs.desk import system_desk
from wms.web.house import House
from wms.web.house import house as this_house
from wms.zone import ZoneLoaders

registry = AppGroup(
    "registry", help="What is filed once: companies, products, places, people, the account book."
)
messages = AppGroup("messages", help="Messages of the single window and of partners.")
orders = AppGroup("orders", help="Orders of the trade with abroad.")
inspection = AppGroup("inspection", help="Random draws, and what is to be inspected.")


def register(app: Flask) -> None:
    """Hang every command on the application."""
    books = (reconcile_command, verify_command, close_period_command)
    for command in (registry, messages, orders, inspection, seed_command, *books):
        app.cli.add_command(command)


@registry.command("load")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@says_no
def load(folder: Path, dry_run: bool) -> None:
    """Load a registry folder; every row's fault is listed, and then nothing is loaded."""
    house = this_house()
    files = read_registry(folder)
    if isinstance(files, list):
        for fault in files:
            click.echo(str(fault), err=True)
        click.echo(f"{len(files)} faults; nothing was loaded.", err=True)
        sys.exit(1)
    at = house.clock.now()
    loaders = ZoneLoaders(
        zone=house.settings.zone,
        time_zone=house.settings.time_zone,
        by_id=SYSTEM_ID,
        buyer_key=kept_key(house.settings.data_dir, "buyers"),
    ).all()
    day = at.astimezone(ZoneInfo(house.settings.time_zone)).date()
    loading = rehearse if dry_run else load_registry
    summary = run_as_system(
        lambda session: loading(session, files, at=at, day=day, loaders=loaders), action="registry.load"
    )
    _tell(summary, dry_run=dry_run)


def _tell(summary: Summary, *, dry_run: bool) -> None:
    for remark in summary.remarks:
        click.echo(f"note: {remark}")
    for part in summary.loaded:
        click.echo(
            f"{part.file}: {len(part.added)} added, {len(part.changes)} changed, {part.unchanged} as before"
        )
        for change in part.changes:
            click.echo(f"  {change.key} {change.column}: {change.before} -> {change.after}")
    if dry_run:
        click.echo("Dry run: nothing was changed.")


@messages.command("receive")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@says_no
def receive_messages(paths: tuple[Path, ...]) -> None:
    """Take in message files, folders in order of their names; ends with 1 when one was refused."""
    house = this_house()
    refused = 0
    for path in paths:
        files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
        for file in files:
            got = receive(
                house.sessions,
                raw=file.read_bytes(),
                file_name=file.name,
                door="command",
                desk=system_desk(house),
            )
            click.echo(f"{file.name}: {got.outcome.value} {got.reason} {got.said}")
            refused += got.outcome is Outcome.REFUSED
    sys.exit(1 if refused else 0)


@orders.command("match")
@says_no
def match_command() -> None:
    """Judge every order known and accept those with nothing wrong."""
    house = this_house()
    done = match_orders(house.sessions, desk=system_desk(house))
    click.echo(
        f"{done.accepted} accepted, {done.refused} refused, {done.waiting} waiting, {done.left} to judge again"
    )


@inspection.command("publish")
@click.argument("number")
@says_no
def publish_draw(number: str) -> None:
    """Print what is published of a draw: with it anybody draws again."""
    with this_house().sessions() as session:
        click.echo(write_published(published(session, number)).decode(), nl=False)


@inspection.command("verify-draw")
@click.argument("draw")
@says_no
def verify_draw(draw: str) -> None:
    """Draw again out of a published file, or by the number of a draw here; ends with 1 and names each difference."""
    if Path(draw).is_file():
        try:
            found = read_published(Path(draw).read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "/"
            click.echo(f"{draw} is no published draw: {place}: {first['msg']}", err=True)
            sys.exit(1)
    else:
        with this_house().sessions() as session:
            found = published(session, draw)
    faults = verify_published(found)
    for fault in faults:
        click.echo(fault, err=True)
    of = f"{len(found.drawn)} of {len(found.population.subjects)}"
    click.echo(f"{len(faults)} differences." if faults else f"Draw {found.number} recomputes: {of}.")
    sys.exit(1 if faults else 0)


@orders.command("history")
@click.argument("file", type=click.Path(path_type=Path))
@says_no
def history_command(file: Path) -> None:
    """Load declarations released on earlier days (prior_lists.csv); every fault is listed, then nothing is loaded."""
    house = this_house()
    rows = read_history(file)
    loaded = rows if isinstance(rows, list) else _keep_history(house, rows, file=file.name)
    if isinstance(loaded, list):
        for fault in loaded:
            click.echo(str(fault), err=True)
        click.echo(f"{len(loaded)} faults; nothing was loaded.", err=True)
        sys.exit(1)
    click.echo(f"{loaded.file}: {len(loaded.added)} added, {loaded.unchanged} as before")


def _keep_history(house: House, rows: tuple[PriorLine, ...], *, file: str) -> Loaded | list[Fault]:
    key, at = kept_key(house.settings.data_dir, "buyers"), house.clock.now()
    zone = ZoneInfo(house.settings.time_zone)
    return run_as_system(
        lambda session: load_history(session, rows, file=file, key=key, zone=zone, at=at),
        action="orders.history",
    )


@click.command("seed")
@with_appcontext
def seed_command() -> None:
    """Load the demonstration zone where it is missing; prints one sign-in per role."""
    for sign_in in seed(this_house().sessions):
        click.echo(f"{sign_in.role}\t{sign_in.name}\t{sign_in.password}")


@click.command("reconcile")
@with_appcontext
def reconcile_command() -> None:
    """Put 账, 单 and 货 of every book item side by side; ends with 1 when one differs."""
    house = this_house()
    differing = 0
    with house.sessions() as session:
        for each in reconcile_all(session, at=ledger_now(session)):
            click.echo(f"{each.book_number}: {len(each.items)} items, {len(each.differing)} differ")
            for item in each.differing:
                differing += 1
                click.echo(
                    f"  {item.item_no}: 账 {item.statement} 单 {item.documents} 货 {item.present},"
                    f" expected {item.expected}, difference {item.difference}"
                )
    sys.exit(1 if differing else 0)


@click.command("verify")
@with_appcontext
def verify_command() -> None:
    """Prove every balance, book figure, link and open row from the facts; ends with 1 and names each difference."""
    engine = this_house().engine.execution_options(isolation_level="REPEATABLE READ")
    with make_sessions(engine)() as session:
        findings = verify(session, released_at=releases(session))
    for finding in findings:
        click.echo(str(finding), err=True)
    click.echo(f"{len(findings)} differences." if findings else "The ledgers are whole.")
    sys.exit(1 if findings else 0)


@click.command("close-period")
@click.argument("until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]))
@with_appcontext
@says_no
def close_period_command(until: datetime) -> None:
    """Close the books up to an instant of the site's zone; what comes later is a correction after it."""
    house = this_house()
    instant = until.replace(tzinfo=ZoneInfo(house.settings.time_zone))
    at = house.clock.now()
    run_as_system(lambda session: close_period(session, until=instant, at=at), action="period.close")
    click.echo(f"The books are closed up to {instant.isoformat()}.")
