"""The warehouse and logistics system. `create_app` is the one place where things are put together."""
# ruff: noqa: PLC0415 - it imports inside, so that `wms.db` and its neighbours can be used without Flask

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from wms.floor.flows import Flow


def create_app(settings: Settings, *, flows: "Sequence[Flow] | None" = None) -> "Flask":
    """The web application and its command line, on the site's database or on a private one.

    `flows` replaces what the handheld menu offers; tests use it. Raises NoDatabase with one sentence.
    """
    from wms import cli, commands, upkeep, worker
    from wms.audit import hang_listener
    from wms.clock import Clock
    from wms.db import make_engine, make_sessions
    from wms.embedded import database_urls
    from wms.floor.counting import COUNTING
    from wms.floor.dispatching import dispatching_flow
    from wms.floor.loading import loading_flow
    from wms.floor.packing import PACKING
    from wms.floor.picking import picking_flow
    from wms.floor.pulling import PULLING
    from wms.floor.putaway import PUTAWAY
    from wms.floor.receiving import receiving_flow
    from wms.floor.returns import returns_flow
    from wms.floor.sorting import SORTING
    from wms.logs import set_up_logs
    from wms.sealed import Keyring, hang_keyring
    from wms.tables import load_all
    from wms.web import make_app
    from wms.web.house import House

    set_up_logs()
    load_all()
    engine = make_engine(database_urls(settings).app, pool_size=settings.web_threads + 2)
    clock = Clock(settings)
    hang_keyring(engine, Keyring(settings.data_dir, clock.month))
    sessions = make_sessions(engine)
    hang_listener(sessions)
    house = House(settings=settings, engine=engine, sessions=sessions, clock=clock)
    offered = (
        receiving_flow(hold_over=settings.hold_over_receipt),
        PUTAWAY,
        picking_flow(day_of=house.day_of),
        PACKING,
        PULLING,
        loading_flow(day_of=house.day_of),
        dispatching_flow(day_of=house.day_of),
        returns_flow(day_of=house.day_of),
        SORTING,
        COUNTING,
    )
    app = make_app(house, offered if flows is None else flows)
    cli.register(app)
    commands.register(app)
    upkeep.register(app)
    worker.register(app)
    return app
