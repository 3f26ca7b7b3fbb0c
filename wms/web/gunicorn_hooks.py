"""Settings of gunicorn that are code: ``gunicorn --config python:wms.web.gunicorn_hooks``."""

import gc
import os
from typing import Any

from prometheus_client.multiprocess import mark_process_dead


def when_ready(_server: Any) -> None:
    """The application is loaded: what it is made of is never garbage, and its pages stay shared by the processes."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def post_fork(_server: Any, worker: Any) -> None:
    """A web process begins: connections of the process it was made from are not its own."""
    worker.app.wsgi().extensions["wms"].engine.dispose(close=False)


def child_exit(_server: Any, worker: Any) -> None:
    """A web process ended: its gauges no longer count."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
