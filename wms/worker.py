"""The worker: what the queue asks for, what runs by the clock, the drop folder, and what leaves."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from wms import audit
from wms.alerts import Severity, raise_alert
from wms.auth.users import SYSTEM_ID
from wms.customs.drop import DropFolder, watch
from wms.customs.inspection_watch import watch as watch_inspections
from wms.customs.retail_declaration import releases
from wms.customs.sending import channel, watch_outbox
from wms.customs.watching import watch_cases
from wms.db import run
from wms.embedded import database_urls
from wms.exports import exports
from wms.exports.exports import JOB
from wms.exports.make import Office, make_export
from wms.floor import short
from wms.i18n import DEFAULT_LOCALE, N_, render
from wms.jobs import Task, work
from wms.ledger.findings import keep_watch
from wms.ledger.verify import Finding
from wms.orders.acceptance import match_orders
from wms.orders.alarms import raise_alarms
from wms.orders.merchants import merchants_of
from wms.sensing import consequences
from wms.web.customs.desk import system_desk
from wms.web.house import House
from wms.web.house import house as this_house
from wms.web.sensing.site import stands_now


def register(app: Flask) -> None:
    """Hang the command on the application."""
    app.cli.add_command(work_command)


@click.command("work")
@with_appcontext
def work_command() -> None:
    """The worker: jobs of the queue, the drop folder and what leaves, until told to stop."""
    house = this_house()
    messages = house.settings.data_dir / "messages"
    deliver = channel(url=house.settings.single_window_url, folder=messages / "out")
    folder = DropFolder(root=messages, in_words=lambda said: str(render(said, DEFAULT_LOCALE)))
    stop = threading.Event()
    watchers = [
        threading.Thread(target=watching, name=name, daemon=True)
        for name, watching in (
            (
                "drop",
                lambda: watch(house.sessions, folder, desk=lambda: system_desk(house), stop=stop),
            ),
            ("out", lambda: watch_outbox(house.sessions, deliver, now=house.clock.now, stop=stop)),
        )
    ]
    for watcher in watchers:
        watcher.start()
    try:
        work(database_urls(house.settings).app, _tasks(house, stop), stop=stop)
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


def _tasks(house: House, stop: threading.Event) -> list[Task]:
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
        match_orders(sessions, desk=system_desk(house))

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
        Task(name="ledger.watch", do=partial(_watch_books, house, stop), cron="* * * * *"),
        export_task(house),
        Task(name="exports.delete_old", do=partial(_delete_old_files, house), cron="40 18 * * *"),
        Task(name=short.JOB, do=partial(_cover_short_picks, house), cron="* * * * *"),
        Task(name="alarms.waiting", do=look_for_waiting, cron="*/10 * * * *"),
        Task(name="orders.match", do=match_all, cron=house.settings.matching_cron or None),
    ]


def _cover_short_picks(house: House) -> None:
    """Deal out what the bins have to picks that wait for it."""
    at = house.clock.now()
    covering = partial(short.cover, day=house.day_of(at), at=at)
    run(house.sessions, covering, by_id=SYSTEM_ID, action="picks.cover")


def _delete_old_files(house: House) -> None:
    """Delete the bytes of exports whose term is over, some hundred at a time."""
    at = house.clock.now()
    made_before = at - timedelta(days=house.settings.export_retention_days)
    old = partial(exports.delete_old, made_before=made_before, at=at)
    while run(house.sessions, old, by_id=SYSTEM_ID, action="exports.delete_old"):
        pass


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


def _watch_books(house: House, stop: threading.Event) -> None:
    """Prove the ledgers and compare the three figures, again and again for most of a minute."""
    keep_watch(
        house.engine,
        by_id=SYSTEM_ID,
        releases=releases,
        on_opened=lambda found: _alarm(house, found),
        beside=lambda: watch_cases(house.engine, by_id=SYSTEM_ID, at=house.clock.now()),
        rest=stop.wait,
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
