"""A broker for the simulated site: Mosquitto when it is installed, else amqtt; with one named user either way."""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import structlog
from argon2 import PasswordHasher

from devices.registry import Broker

_log = structlog.get_logger("devices.simulate")


def password_of(broker: Broker) -> str | None:
    """The broker's password, made when there is none yet; readable by its owner only."""
    file = broker.password_file
    if file is None:
        return None
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as kept:
            kept.write(secrets.token_urlsafe(18))
    return file.read_text(encoding="ascii").strip()


def start_broker(broker: Broker, folder: Path) -> subprocess.Popen[bytes] | None:
    """Starts one when nothing listens at the broker's address; `folder` keeps its files."""
    try:
        socket.create_connection((broker.host, broker.port), timeout=1).close()
    except OSError:
        pass
    else:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is not None and shutil.which("mosquitto_passwd") is not None:
        command = mosquitto_command(program, broker, folder)
    else:
        command = amqtt_command(broker, folder)
    _log.info("broker started", program=command[0], port=broker.port)
    with (folder / "broker.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def mosquitto_command(program: str, broker: Broker, folder: Path) -> list[str]:
    """How to start Mosquitto on the broker's address, nobody let in without a name."""
    config, users, password = folder / "mosquitto.conf", folder / "mosquitto.users", password_of(broker)
    lines = [
        f"listener {broker.port} {broker.host}",
        f"user {getpass.getuser()}",
        "max_inflight_messages 1000",
        "max_queued_messages 0",
        "max_queued_bytes 268435456",
        "set_tcp_nodelay true",
        "message_size_limit 65536",
    ]
    if broker.username is None or password is None:
        lines.append("allow_anonymous true")
    else:
        users.unlink(missing_ok=True)
        users.touch(mode=0o600)
        subprocess.run(
            ["mosquitto_passwd", "-b", str(users), broker.username, password],
            check=True,
            capture_output=True,
        )
        lines += ["allow_anonymous false", f"password_file {users}"]
    config.write_text("\n".join(lines) + "\n")
    return [program, "-c", str(config)]


def amqtt_command(broker: Broker, folder: Path) -> list[str]:
    """How to start amqtt: a demonstration broker, MQTT 3.1.1 only, forgets all at its end."""
    config, users, password = folder / "amqtt.yaml", folder / "amqtt.users", password_of(broker)
    text = f"listeners:\n  default:\n    type: tcp\n    bind: {broker.host}:{broker.port}\nplugins:\n"
    if broker.username is None or password is None:
        text += "  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
    else:
        digest = PasswordHasher().hash(password)
        users.touch(mode=0o600)
        users.write_text(f"{broker.username}:{digest}\n")
        text += f"  amqtt.plugins.authentication.FileAuthPlugin:\n    password_file: {users}\n"
    config.write_text(text)
    return [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)]
