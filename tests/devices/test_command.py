"""python -m devices, as an installer and a service manager use it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.__main__ import main
from devices.scenarios import Scenario, SitePlayed, claim, is_played, wish, wished, withdraw
from devices.simulate import send_scan
from devices.simulated_ports import PtyWire
from devices.spool import Spool
from tests.devices.conftest import Warehouse, until
from tests.devices.test_runner import texts
from tests.devices.test_spool import of, scan


@pytest.fixture
def config(tmp_path: Path, warehouse: Warehouse) -> Path:
    file = tmp_path / "devices.toml"
    file.write_text(
        f'[gateway]\nid = "gw-1"\nspool = "spool.db"\n[warehouse]\nurl = "{warehouse.url}"\n'
        '[[device]]\ntype = "scanner"\nid = "lane-1"\nport = "./lane-1"\nconfirm = true\n'
    )
    return file


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[PtyWire]:
    made = PtyWire(tmp_path / "lane-1")
    yield made
    made.close()


def run(config: Path, *arguments: str) -> int:
    return main(["--config", str(config), *arguments])


def test_check_says_that_a_registry_is_right(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "check") == 0
    assert "gateway gw-1, 1 devices" in capsys.readouterr().out


def test_check_tells_a_fault_with_its_line_and_no_trace(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text() + "speed = 3\n")

    assert run(config, "check") == 1
    assert re.search(r"devices\.toml:11: device\.0\.speed is no known key\.", capsys.readouterr().err)


def test_list_names_every_device(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "list") == 0
    assert "lane-1" in capsys.readouterr().out


def test_probe_tells_a_port_that_is_not_there(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "probe", "lane-1") == 1
    assert "There is no port" in capsys.readouterr().out
    assert run(config, "probe", "nobody") == 1


def test_probe_judges_what_a_scanner_sends(
    config: Path, wire: PtyWire, capsys: pytest.CaptureFixture[str]
) -> None:

    timer = threading.Timer(0.5, wire.write, [b"]C100106141412345678908\r"])
    timer.start()
    assert run(config, "probe", "lane-1") == 0
    timer.join()
    assert "as HandlingUnitCode" in capsys.readouterr().out


def test_spool_tells_what_waits_and_sends_the_refused_again(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "spool") == 1
    spool = Spool(config.parent / "spool.db")
    spool.append([of(scan("A"), scan("B"))])
    spool.refuse(1, reason="413")
    capsys.readouterr()

    assert run(config, "spool", "status") == 0
    assert re.search(r"waiting +1\n", said := capsys.readouterr().out)
    assert re.search(r"refused +1\n", said)
    assert run(config, "spool", "requeue") == 1
    spool.close()
    assert run(config, "spool", "requeue") == 0
    assert "1 facts go to the warehouse again" in capsys.readouterr().out


def gateway(config: Path) -> subprocess.Popen[bytes]:
    with (config.parent / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "devices", "--config", str(config), "run"], stderr=log
        )


def send(wire: PtyWire, text: str) -> None:

    assert send_scan(wire, text.encode() + b"\r", confirm=True, stop=threading.Event())


def test_the_service_runs_is_killed_runs_again_and_ends_cleanly(
    config: Path, wire: PtyWire, warehouse: Warehouse
) -> None:
    """kill -9 between scans loses none; SIGTERM ends with status 0; a second owner is refused."""
    first = gateway(config)
    try:
        send(wire, "A")
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    second = gateway(config)
    try:
        send(wire, "B")
        thief = gateway(config)
        assert thief.wait(30) == 1
        until(lambda: texts(warehouse) == ["A", "B"])
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    assert "in use by another gateway process" in (config.parent / "log").read_text()


def test_a_capture_is_replayed_into_a_running_gateway(config: Path, warehouse: Warehouse) -> None:
    """Over TCP, where the first chunk waits for the gateway to call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    config.write_text(config.read_text().replace("./lane-1", f"socket://127.0.0.1:{port}"))
    capture = config.parent / "scans.capture"
    capture.write_text("# two scans\n0.0 410d\n0.1 420d\n")
    assert run(config, "replay", "lane-1", str(config)) == 1
    running = gateway(config)
    try:
        assert run(config, "replay", "lane-1", str(capture)) == 0
        until(lambda: texts(warehouse) == ["A", "B"], seconds=30)
    finally:
        running.terminate()
        assert running.wait(30) == 0


def test_a_site_that_is_played_takes_a_wish_and_only_its_own_maker_withdraws_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`simulate --site` beside `make run` asks for another scenario; nobody plays one site twice."""
    folder = config.parent / "site"
    lock = claim(folder)
    try:
        with pytest.raises(SitePlayed):
            claim(folder)
        assert run(config, "simulate", "--site", "demo", "--scenario", "late", "--minutes", "0.002") == 0
        assert "it plays late now" in capsys.readouterr().out
        assert wished(folder) == (None, 0.0)

        first = wish(folder, Scenario.EXCURSION, seconds=60)
        second = wish(folder, Scenario.LATE, seconds=60)
        withdraw(folder, first)
        assert wished(folder) == (Scenario.LATE, second)
        withdraw(folder, second)
        assert wished(folder)[0] is None
    finally:
        os.close(lock)
    assert not is_played(folder)
