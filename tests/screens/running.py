"""A system of its own for the photographs: started as `make run` does, with its sign-ins and its pages."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
#: Not pages: for machines, or parts of a page that already has its photograph.
NOT_PAGES = ("/api", "/static", "/healthz", "/metrics", "/fragment", "/file", ".svg")


class CannotStart(Exception):
    """The system did not come up; the sentence is its own."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the demonstration zone; badge and PIN only for the floor."""

    role: str
    name: str
    password: str
    badge: str = ""
    pin: str = ""


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where the system is, who may enter, and what can be asked for."""

    address: str
    people: dict[str, Person]
    rules: frozenset[str]
    """Addresses as the application knows them, e.g. ``/customs/lists/<int:list_id>``."""


@contextmanager
def running() -> Iterator[Running]:
    """Start the whole system in a temporary folder; stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="wms-screens-") as name:
        Path(name).chmod(0o755)
        environ = {key: value for key, value in os.environ.items() if not key.startswith("WMS_")}
        environ |= {"WMS_DATA_DIR": f"{name}/var", "WMS_PORT": str(port), "WMS_WEB_PROCESSES": "1"}
        with subprocess.Popen(
            [sys.executable, "-m", "wms.supervisor"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as system:
            assert system.stdout is not None
            try:
                said = system.stdout.readline()
                if not said.startswith("Ready"):
                    raise CannotStart(said.strip())
                yield Running(
                    address=f"http://127.0.0.1:{port}",
                    people=_people(Path(name) / "var"),
                    rules=_rules({key: value for key, value in environ.items() if key.startswith("WMS_")}),
                )
            finally:
                system.terminate()
                system.wait(60)


def _people(data_dir: Path) -> dict[str, Person]:
    entries = json.loads((data_dir / "demo-sign-ins.json").read_text("utf-8"))
    return {entry["role"]: Person(**entry) for entry in reversed(entries)}


def _rules(environ: dict[str, str]) -> frozenset[str]:
    from wms import create_app

    app = create_app(Settings.load(environ))
    found = {str(rule) for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods}
    app.extensions["wms"].engine.dispose()
    return frozenset(rule for rule in found if not any(part in rule for part in NOT_PAGES))
