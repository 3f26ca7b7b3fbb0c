"""Settings of gunicorn that are code: ``gunicorn --config python:wms.web.gunicorn_hooks``."""

import os
from typing import Any

from prometheus_client.multiprocess import mark_process_dead


def child_exit(_server: Any, worker: Any) -> None:
    """A web process ended: its gauges no longer count."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
