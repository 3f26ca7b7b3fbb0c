"""The shipped settings do what they say on a real broker."""

from __future__ import annotations

import configparser
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.devices.conftest import until
from tests.devices.test_mqtt import MOSQUITTO

SITE = Path("config/site")


def make_certificates(folder: Path, *names: str) -> None:
    """A certificate authority and one certificate for each name, by openssl as the handbook says."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    # Extensions are written out: newer Pythons insist on them.
    (folder / "ca.ext").write_text(
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
    )
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=site", "-keyout", "ca.key", "-out", "ca.csr"
    )
    openssl(
        "x509",
        "-req",
        "-in",
        "ca.csr",
        "-signkey",
        "ca.key",
        "-days",
        "3",
        "-extfile",
        "ca.ext",
        "-out",
        "ca.crt",
    )
    (folder / "box.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in names:
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            "x.csr",
        )
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "box.ext")
        openssl("x509", "-req", "-in", "x.csr", *signed, "-out", f"{name}.crt")


@pytest.fixture
def broker_port(tmp_path: Path) -> Iterator[int]:
    if MOSQUITTO is None or shutil.which("openssl") is None:
        pytest.skip("Mosquitto or openssl is not installed; the shipped broker settings are not tried.")
    make_certificates(tmp_path, "broker", "cool-1", "gw-lhasa-1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    shutil.copy(SITE / "acl", tmp_path / "acl")
    conf = (SITE / "mosquitto.conf").read_text().replace("listener 8883", f"listener {port} 127.0.0.1")
    conf = conf.replace("/etc/lhasa-gateway", str(tmp_path)).replace("/var/lib/mosquitto/", f"{tmp_path}/")
    (tmp_path / "mosquitto.conf").write_text(conf + "\nuser root\n")
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen(
            [MOSQUITTO, "-c", str(tmp_path / "mosquitto.conf")], stdout=log, stderr=log
        )

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    until(listens)
    yield port
    process.terminate()
    process.wait()


def client_of(folder: Path, port: int, name: str) -> tuple[mqtt.Client, list[str], list[str]]:
    """A connected box; what it hears, and how the broker answered its publishing."""
    heard: list[str] = []
    answers: list[str] = []
    connected = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
    client.tls_set(str(folder / "ca.crt"), str(folder / f"{name}.crt"), str(folder / f"{name}.key"))
    client.on_connect = lambda *_: connected.set()
    client.on_message = lambda _client, _data, message: heard.append(message.topic)
    client.on_publish = lambda _client, _data, _mid, reason, _properties: answers.append(str(reason))
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(5)
    return client, heard, answers


@pytest.mark.mosquitto
def test_a_box_speaks_for_itself_alone(broker_port: int, tmp_path: Path) -> None:
    """A forged topic does not reach the gateway, and the forger is told."""
    gateway, heard, _answers = client_of(tmp_path, broker_port, "gw-lhasa-1")
    subscribed = threading.Event()
    gateway.on_subscribe = lambda *_: subscribed.set()
    gateway.subscribe("bz/lhasa/#", qos=1)
    assert subscribed.wait(5)
    box, _heard, answers = client_of(tmp_path, broker_port, "cool-1")

    for topic in ("bz/lhasa/wb01/cool-2/telemetry", "bz/lhasa/wb01/cool-1/telemetry"):
        box.publish(topic, "{}", qos=1)

    until(lambda: len(answers) == 2 and heard)
    assert heard == ["bz/lhasa/wb01/cool-1/telemetry"]
    assert sorted(answers) == ["Not authorized", "Success"]
    for client in (gateway, box):
        client.disconnect()
        client.loop_stop()


@pytest.mark.mosquitto
def test_nobody_without_a_certificate_gets_in(broker_port: int, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=tmp_path / "ca.crt")

    def knock() -> None:
        with (
            socket.create_connection(("127.0.0.1", broker_port), timeout=5) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as channel,
        ):
            channel.sendall(b"\x10\x00")
            assert channel.recv(1) != b"", "the broker hung up"

    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        knock()


def test_the_service_checks_before_it_runs() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read(SITE / "lhasa-gateway.service")

    assert unit["Service"]["ExecStartPre"].endswith("check")
    assert unit["Service"]["ExecStart"].endswith("run")
    assert unit["Service"]["Restart"] == "always"


def test_device_names_stay_whatever_is_plugged_in_first() -> None:
    rules = [line for line in (SITE / "99-lhasa-devices.rules").read_text().splitlines() if "SYMLINK" in line]

    assert rules
    assert all('SYMLINK+="lhasa/' in rule and 'GROUP="dialout"' in rule for rule in rules)
