"""The gateway beside `make run`: it gets its own token once, and what stands in its way is one sentence."""

import json
import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config.settings import Settings
from devices.registry import load_registry
from tests.databases import Database
from tests.test_supervisor import Site, free_port, ready, site, until
from wms.auth.users import ApiToken, token_person
from wms.db import make_sessions
from wms.edge import edge, keep_token, taken_ports

__all__ = ["site"]
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SITE_FILE = Path(__file__).resolve().parents[1] / "config" / "devices.toml"


def own_file(folder: Path) -> Path:
    """The demonstration site on ports of its own."""
    text = SITE_FILE.read_text("utf-8")
    for port in ("4101", "4102", "4103", "4104", "1884"):
        text = text.replace(port, str(free_port()))
    file = folder / "devices.toml"
    file.write_text(text, "utf-8")
    return file


@contextmanager
def listening(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_the_gateway_gets_one_token_and_keeps_it_until_it_ends(
    fresh_database: Database, tmp_path: Path
) -> None:
    sessions, file = make_sessions(fresh_database.engine), tmp_path / "secrets" / "gateway.token"

    keep_token(file, sessions, at=NOON)
    first = file.read_text()
    keep_token(file, sessions, at=NOON + timedelta(days=300))
    assert file.read_text() == first
    assert file.stat().st_mode & 0o777 == 0o600

    later = NOON + timedelta(days=366)
    keep_token(file, sessions, at=later)
    with sessions() as session:
        assert token_person(session, first, at=NOON) is None
        person = token_person(session, file.read_text(), at=later)
        assert len(session.scalars(select(ApiToken)).all()) == 2
    assert person is not None
    assert (person.name, person.role) == ("gateway", "gate")


def test_a_taken_port_leaves_the_system_without_a_site_and_says_which(
    fresh_database: Database, tmp_path: Path
) -> None:
    file = own_file(tmp_path)
    settings = Settings.load({"WMS_DATA_DIR": str(tmp_path), "WMS_DEVICES_FILE": str(file)})
    registry = load_registry(file)
    printer = registry.find("printer-packing")
    assert printer is not None
    assert printer.type == "printer"

    with listening(printer.port):
        assert taken_ports(registry) == [printer.port]
        found = edge(settings, make_sessions(fresh_database.engine), at=NOON)

    assert found.programs == ()
    assert f"port {printer.port}" in found.said


def test_a_faulty_file_of_devices_is_said_with_its_line(fresh_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text("[gateway]\nid = 'gw'\nspeed = 3\n", "utf-8")
    settings = Settings.load({"WMS_DATA_DIR": str(tmp_path), "WMS_DEVICES_FILE": str(file)})

    found = edge(settings, make_sessions(fresh_database.engine), at=NOON)

    assert found.programs == ()
    assert ":3: gateway.speed is no known key." in found.said


@pytest.mark.mosquitto
def test_the_simulated_site_lives_beside_the_system_and_survives_its_broker(
    site: Site, tmp_path: Path
) -> None:
    """Readings arrive, a killed broker and a killed gateway come back, and all of it ends together."""
    site.edge, site.devices_file = "simulated", str(own_file(tmp_path))
    health = site.data_dir / "gateway" / "spool.db.health.json"

    def delivered() -> int:
        return int(json.loads(health.read_text())["delivered"]) if health.exists() else 0

    with site.running() as running:
        assert ready(running).startswith("Ready after ")
        until(lambda: delivered() > 10)
        for word in ("mosquitto", "run"):
            (killed,) = [pid for pid in site.processes(word) if is_edge(pid, word)]
            os.kill(killed, signal.SIGKILL)
            until(lambda word=word, killed=killed: others(site, word, killed) != [])
        before = delivered()
        until(lambda: 0 < delivered() != before)
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/healthz", timeout=5) as answer:
            assert answer.status == 200

        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert [word for word in ("mosquitto", "devices") if site.processes(word)] == []


def is_edge(pid: int, word: str) -> bool:
    """The broker, or the gateway: `run` alone is said by others too."""
    said = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return word in said[-2:] if word == "run" else word in said[0]


def others(site: Site, word: str, killed: int) -> list[int]:
    return [pid for pid in site.processes(word) if pid != killed and is_edge(pid, word)]
