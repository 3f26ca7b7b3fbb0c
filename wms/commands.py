"""Commands of the work itself: the registry, messages, the worker, the books. See `wms.cli` for people and tokens."""

import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from pydantic import ValidationError
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from wms import audit
from wms.alerts import Severity, raise_alert
from wms.auth.users import SYSTEM_ID
from wms.cli import run_as_system, says_no
from wms.customs.doors import receive
from wms.customs.double_random import read_published, write_published
from wms.customs.double_random import verify as verify_published
from wms.customs.draw import published
from wms.customs.drop import DropFolder, watch
from wms.customs.effects import Desk
from wms.customs.inbox import Outcome
from wms.customs.inspection_watch import watch as watch_inspections
from wms.customs.overview import reconcile_all
from wms.customs.retail_declaration import releases
from wms.customs.sending import channel, watch_outbox
from wms.customs.watching import watch_cases
from wms.db import make_sessions, run
from wms.embedded import database_urls
from wms.exports.exports import JOB
from wms.exports.make import Office, make_export
from wms.i18n import N_
from wms.jobs import Task, work
from wms.kept_key import kept_key
from wms.ledger.findings import keep_watch
from wms.ledger.past import ledger_now
from wms.ledger.periods import close_period
from wms.ledger.verify import Finding, verify
from wms.orders.acceptance import match_orders
from wms.orders.alarms import raise_alarms
from wms.orders.history import PriorLine, load_history, read_history
from wms.orders.merchants import merchants_of
from wms.orders.procedures import PROCEDURES
from wms.registry.cells import Fault
from wms.registry.files import read_registry
from wms.registry.load import Loaded, Summary, load_registry, rehearse
from wms.seed import seed
from wms.sensing import consequences
from wms.web.house import House
from wms.web.sensing.site import stands_now
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
    for command in (registry, messages, orders, inspection, work_command, seed_command, *books):
        app.cli.add_command(command)


def _house() -> House:
    found = current_app.extensions["wms"]
    assert isinstance(found, House)
    return found


def _desk(house: House) -> Desk:
    return Desk(
        settings=house.settings,
        rules=CustomsRules.load(),
        by_id=SYSTEM_ID,
        at=house.clock.now(),
        procedures=PROCEDURES,
        merchants_of=merchants_of,
    )


@registry.command("load")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@says_no
def load(folder: Path, dry_run: bool) -> None:
    """Load a registry folder; every row's fault is listed, and then nothing is loaded."""
    house = _house()
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
    house = _house()
    refused = 0
    for path in paths:
        files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
        for file in files:
            got = receive(
                house.sessions, raw=file.read_bytes(), file_name=file.name, door="command", desk=_desk(house)
            )
            click.echo(f"{file.name}: {got.outcome.value} {got.reason} {got.said}")
            refused += got.outcome is Outcome.REFUSED
    sys.exit(1 if refused else 0)


@orders.command("match")
@says_no
def match_command() -> None:
    """Judge every order known and accept those with nothing wrong."""
    house = _house()
    done = match_orders(house.sessions, desk=_desk(house))
    click.echo(
        f"{done.accepted} accepted, {done.refused} refused, {done.waiting} waiting, {done.left} to judge again"
    )


@inspection.command("publish")
@click.argument("number")
@says_no
def publish_draw(number: str) -> None:
    """Print what is published of a draw: with it anybody draws again."""
    with _house().sessions() as session:
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
        with _house().sessions() as session:
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
    house = _house()
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
    for sign_in in seed(_house().sessions):
        click.echo(f"{sign_in.role}\t{sign_in.name}\t{sign_in.password}")


@click.command("reconcile")
@with_appcontext
def reconcile_command() -> None:
    """Put 账, 单 and 货 of every book item side by side; ends with 1 when one differs."""
    house = _house()
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
    engine = _house().engine.execution_options(isolation_level="REPEATABLE READ")
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
    house = _house()
    instant = until.replace(tzinfo=ZoneInfo(house.settings.time_zone))
    at = house.clock.now()
    run_as_system(lambda session: close_period(session, until=instant, at=at), action="period.close")
    click.echo(f"The books are closed up to {instant.isoformat()}.")


@click.command("work")
@with_appcontext
def work_command() -> None:
    """The worker: jobs of the queue, the drop folder and what leaves, until told to stop."""
    house = _house()
    messages = house.settings.data_dir / "messages"
    deliver = channel(url=house.settings.single_window_url, folder=messages / "out")
    stop = threading.Event()
    watchers = [
        threading.Thread(target=watching, name=name, daemon=True)
        for name, watching in (
            (
                "drop",
                lambda: watch(
                    house.sessions, DropFolder(root=messages), desk=lambda: _desk(house), stop=stop
                ),
            ),
            ("out", lambda: watch_outbox(house.sessions, deliver, now=house.clock.now, stop=stop)),
        )
    ]
    for watcher in watchers:
        watcher.start()
    try:
        work(database_urls(house.settings).app, _tasks(house))
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join(timeout=10)


def _inspect(house: House) -> None:
    """A round of what must be inspected by rule or by customs' own word."""
    rules, at = CustomsRules.load().inspection, house.clock.now()
    run(
        house.sessions,
        lambda session: watch_inspections(
            session, merchants_of=merchants_of, officers=rules.officers, by_id=SYSTEM_ID, at=at
        ),
        by_id=SYSTEM_ID,
        action="inspection.watch",
    )


def _tasks(house: House) -> list[Task]:
    """What the queue may ask for, and what runs by the clock."""
    sessions = house.sessions

    def seal() -> None:
        while run(sessions, audit.seal, by_id=SYSTEM_ID, action="audit.seal") is not None:
            pass

    def look_for_waiting() -> None:
        at = house.clock.now()
        day = at.astimezone(ZoneInfo(house.settings.time_zone)).date()
        alarms = partial(raise_alarms, day=day, at=at)
        run(sessions, alarms, by_id=SYSTEM_ID, action="alarms.waiting")

    def match_all() -> None:
        match_orders(sessions, desk=_desk(house))

    def watch_sensors() -> None:
        at = house.clock.now()
        run(
            sessions,
            lambda session: consequences.watch(session, stands_now(session, house), by_id=SYSTEM_ID, at=at),
            by_id=SYSTEM_ID,
            action="sensing.watch",
        )

    def look_at_sensor(device: str, kind: str) -> None:
        at = house.clock.now()
        run(
            sessions,
            lambda session: consequences.look(
                session, stands_now(session, house), device=device, kind=kind, by_id=SYSTEM_ID, at=at
            ),
            by_id=SYSTEM_ID,
            action="sensing.look",
        )

    return [
        Task(name="inspection.watch", do=lambda: _inspect(house), cron="* * * * *"),
        Task(name="sensing.watch", do=watch_sensors, cron="* * * * *"),
        # Once: the next reading and the watch of the minute look again, and a retry would hold back the next look.
        Task(name=consequences.LOOK_JOB, do=look_at_sensor, attempts=1),
        Task(name="audit.seal", do=seal, cron="*/5 * * * *"),
        Task(name="ledger.watch", do=partial(_watch_books, house), cron="* * * * *"),
        export_task(house),
        Task(name="alarms.waiting", do=look_for_waiting, cron="*/10 * * * *"),
        Task(name="orders.match", do=match_all, cron=house.settings.matching_cron or None),
    ]


def export_task(house: House) -> Task:
    """Making files that people asked for."""
    office = Office(
        sessions=house.sessions,
        time_zone=house.settings.time_zone,
        house=N_("Lhasa bonded zone"),
        data_dir=house.settings.data_dir,
        now=house.clock.now,
    )
    return Task(name=JOB, do=lambda export_id: make_export(office, export_id=export_id))


def _watch_books(house: House) -> None:
    """Prove the ledgers and compare the three figures, again and again for most of a minute."""
    keep_watch(
        house.engine,
        by_id=SYSTEM_ID,
        releases=releases,
        on_opened=lambda found: _alarm(house, found),
        beside=lambda: watch_cases(house.engine, by_id=SYSTEM_ID, at=house.clock.now()),
    )


def _alarm(house: House, findings: Sequence[Finding]) -> None:
    """One alert for each new difference of the ledgers."""

    def tell(session: Session) -> None:
        for finding in findings:
            raise_alert(
                session,
                kind="ledger.finding",
                subject=f"{finding.check} {finding.subject}",
                sentence=finding.say(),
                severity=Severity.CRITICAL,
                at=house.clock.now(),
            )

    run(house.sessions, tell, by_id=SYSTEM_ID, action="ledger.alarm")
