"""A radio that dies in the middle of a request costs nobody else an answer: connections hold no thread for long."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.databases import Database
from wms.supervisor import web_command
from wms.web.gunicorn_hooks import STALLED_S

THREADS = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(fresh_database: Database, tmp_path: Path) -> Iterator[int]:
    """The web server as `make run` starts it, with one process of two threads."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")} | {
        "WMS_DATABASE_URL": fresh_database.url,
        "WMS_OWNER_DATABASE_URL": fresh_database.owner_url,
        "WMS_DATA_DIR": str(tmp_path),
        "WMS_PORT": str(free_port()),
        "WMS_WEB_PROCESSES": "1",
        "WMS_WEB_THREADS": str(THREADS),
    }
    settings = Settings.load({name: value for name, value in environ.items() if name.startswith("WMS_")})
    with (tmp_path / "web.log").open("wb") as log:
        server = subprocess.Popen(web_command(settings), env=environ, stdout=log, stderr=log)
        try:
            seconds_to_health(settings.port, most=60)
            yield settings.port
        finally:
            server.terminate()
            server.wait(timeout=30)


def seconds_to_health(port: int, *, most: float) -> float:
    """How long until somebody gets an answer."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=most).close()
            return time.monotonic() - began
        assert time.monotonic() - began < most, "nobody got an answer"
        time.sleep(0.1)


def test_connections_that_stall_are_given_up(port: int, tmp_path: Path) -> None:
    """Browsers open some they may need later; a radio dies within the head of a request, or within its body."""
    with contextlib.ExitStack() as stack:

        def stall(sent: bytes) -> None:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(sent)

        for _ in range(3 * THREADS):
            stall(b"")
        assert seconds_to_health(port, most=4) < 4
        stall(b"POST /h/sign-in HTTP/1.1\r\nHost: x\r\nContent-Le")
        stall(
            b"POST /h/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nbadge="
        )
        time.sleep(0.5)
        assert 1 < seconds_to_health(port, most=STALLED_S + 4) < STALLED_S + 4
    log = (tmp_path / "web.log").read_text("utf-8")
    assert "A client stalled for 10 s; its connection was given up." in log
    assert "Traceback" not in log
