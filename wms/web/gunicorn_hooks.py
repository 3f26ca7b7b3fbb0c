"""Settings of gunicorn that are code: ``gunicorn --config python:wms.web.gunicorn_hooks``."""

import gc
import logging
import os
import socket
import struct
from typing import Any, Final

from gunicorn.workers import gthread
from prometheus_client.multiprocess import mark_process_dead

#: A radio that dies in the middle of a request or of its answer holds a thread no longer than this, in seconds.
STALLED_S: Final = 10
#: Browsers open connections they may need later; a thread waits this long before such a one is only watched.
SILENT_S: Final = 0.2


class _Stalled(logging.Filter):
    """A client that stalled is no fault of ours: one sentence in the log, and no trace of calls."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
            record.msg, record.args = "A client stalled for %d s; its connection was given up.", (STALLED_S,)
        return True


def when_ready(server: Any) -> None:
    """The application is loaded: what it is made of is never garbage, and its pages stay shared by the processes.

    What is accepted takes its patience from the socket that listens; gunicorn itself would wait forever.
    """
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALLED_S, 0))
    gthread.DEFAULT_WORKER_DATA_TIMEOUT = SILENT_S
    server.log.error_log.addFilter(_Stalled())
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def post_fork(_server: Any, worker: Any) -> None:
    """A web process begins: connections of the process it was made from are not its own."""
    worker.app.wsgi().extensions["wms"].engine.dispose(close=False)


def child_exit(_server: Any, worker: Any) -> None:
    """A web process ended: its gauges no longer count."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
